"""Addresses of backup repositories: `restic:LOCATION`, `borg:LOCATION`, `files:/FOLDER`.

The location is written as the product wants it, without secrets: those are named by reference, as a file or a
command that tells them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PRODUCTS = ("restic", "borg", "files")

_SECRET = re.compile(r"//[^/@]*:[^/@]*@")
_URL = re.compile(r"(?:\w+://)?(?:[^/@]+@)?(?P<host>\[[^\]]+\]|[^/:]+)(?::\d+)?(?:/(?P<path>.*))?")
_SCP = re.compile(r"(?:[^@/:]+@)?(?P<host>\[[^\]]+\]|[^/:]+):(?P<path>.+)")
_CLOUDS = ("b2", "azure", "gs", "swift", "rclone", "s3", "rest", "sftp", "local")


@dataclass(frozen=True, slots=True)
class RepositoryPlace:
    """Where a repository lies. *host* is empty where it lies on the machine that runs holdwater."""

    product: str
    location: str
    kind: str
    host: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a repository is opened, by reference, and whether its content is to be checked.

    *check*: empty, `structure`, or the share of the content to read in percent.
    """

    password_file: str = ""
    password_command: str = ""
    location_file: str = ""
    check: str = ""


def is_repository(address: str) -> bool:
    """Whether the address names a repository."""
    return address.partition(":")[0] in PRODUCTS and not re.match(r"\w+://", address)


def is_catalog(address: str) -> bool:
    """Whether the address names the catalog of a backup product in its database."""
    return address.startswith("bacula+")


def parsed(address: str) -> RepositoryPlace:
    """The place of an address. Raises ValueError, whose words repeat no part of it: it may hold a secret."""
    product, _, location = address.partition(":")
    if not location:
        raise ValueError(f"{product}: names no place; say {product}:/folder")
    if _SECRET.search(location):
        raise ValueError(
            f"a {product} address must not hold a password, for it is kept with the evidence; write the whole"
            " location into a file and name that as location_file in the [[targets]] block of site.toml"
        )
    match product:
        case "restic":
            return _restic(location)
        case "borg":
            return _borg(location)
        case _:
            return RepositoryPlace("files", _absolute(location), "local", "", _absolute(location))


def _restic(location: str) -> RepositoryPlace:
    scheme, colon, rest = location.partition(":")
    if not colon or scheme not in _CLOUDS:
        return RepositoryPlace("restic", _absolute(location), "local", "", _absolute(location))
    if scheme == "local":
        return RepositoryPlace("restic", _absolute(rest), "local", "", _absolute(rest))
    if scheme == "sftp" and not rest.startswith("//"):
        host, path = _parts(_SCP, rest)
    elif scheme in ("b2", "azure", "gs", "swift", "rclone"):
        host, _, path = rest.partition(":")
        return RepositoryPlace("restic", location, "cloud", host, path)
    else:
        host, path = _parts(_URL, rest.removeprefix("//"))
    return RepositoryPlace("restic", location, scheme, host, path)


def _borg(location: str) -> RepositoryPlace:
    if location.startswith("ssh://"):
        host, path = _parts(_URL, location)
        relative = path.startswith(("./", "~"))  # to the home of the login
        path = path.removeprefix("./") if relative else f"/{path}"
        return RepositoryPlace("borg", location, "ssh", host, path)
    if not location.startswith(("/", ".", "~", "file://")) and (found := _SCP.fullmatch(location)):
        return RepositoryPlace("borg", location, "ssh", found["host"].strip("[]"), found["path"])
    path = _absolute(location.removeprefix("file://"))
    return RepositoryPlace("borg", path, "local", "", path)


def borg_place(location: str) -> RepositoryPlace | None:
    """The place of a borg location as borg tells it; None if it is none that can be understood."""
    try:
        return _borg(location) if location else None
    except (ValueError, OSError, RuntimeError):
        return None


def _parts(pattern: re.Pattern[str], text: str) -> tuple[str, str]:
    found = pattern.fullmatch(text)
    if found is None:
        raise ValueError("the place of the repository cannot be understood; write it as for the tool itself")
    return found["host"].strip("[]"), found["path"] or ""


def _absolute(path: str) -> str:
    """As the tool understands it here; one that is absolute stays as it is."""
    return path if path.startswith("/") else str(Path(path).expanduser().absolute())
