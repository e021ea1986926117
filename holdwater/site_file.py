"""`site.toml`: the name of a site, its targets, its assets, and the limits it wants."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analyzer.site import Asset, Limits
from collectors.targets.repository import Access
from collectors.targets.repository_address import is_repository
from holdwater.errors import CannotRun

NAME = "site.toml"

TEMPLATE = """\
# A site for holdwater: what to audit and by which limits.  Check it with:  holdwater plan
# Everything here is optional; without this file holdwater audits the machine it runs on.

[site]
name = "{name}"            # printed on the report and in file names
# language = "de"          # of the management page and the mail: en, de, or the path of a .po file
# templates = "templates"  # a folder with a management.html, mail.html or failure.html of your own
# sudo = true              # ask `sudo -n` for what needs root where the login is not root

# One block for each machine.  Log in once with ssh by hand first: the host key must be known.
# [[targets]]
# address = "ssh://auditor@server1.example:22"
# name = "server1"         # as it shall be called in the report; default: the host part

# A Proxmox VE cluster, by its API.  The secret of the token is read from HOLDWATER_PVE_TOKEN.
# [[targets]]
# address = "pve://auditor@pve!holdwater@pve1.example:8006"

# A repository of restic or borg, or a folder of dated files.  Its key is named, never written here.
# [[targets]]
# address = "restic:sftp:backup@store1.example:/srv/restic"
# password_file = "/etc/restic/password"      # or password_command = "pass show restic"
# check = "5%"             # also read back that share of the content; or "structure", or "full"

# What somebody would want back, how much it matters (1 vital, 2 important, 3 nice to have) and to whom.
# The name is a target's name.
# [[assets]]
# name = "server1"
# tier = 1
# owner = "accounting"

# Limits of rules, as `holdwater rules RULE` shows them.
# [limits."capacity/used"]
# high = 8
"""


_ACCESS = {"password_file", "password_command", "location_file", "check"}
"""Keys of a [[targets]] block that is a repository."""


@dataclass(frozen=True, slots=True)
class TargetEntry:
    """One target to ask: *address* is `""` or `local` for this machine, `ssh://user@host:port`, an API.

    *access*: how a repository is opened.
    """

    address: str
    name: str = ""
    access: Access | None = None


@dataclass(frozen=True, slots=True)
class SiteFile:
    """What `site.toml` says; all empty where there is none."""

    name: str = ""
    sudo: bool = True
    language: str = "en"
    templates: Path | None = None
    targets: tuple[TargetEntry, ...] = ()
    assets: tuple[Asset, ...] = ()
    limits: Limits = field(default_factory=dict)


def load(path: Path | None) -> SiteFile:
    """Read a site file; None means `site.toml` here if there is one.

    Raises CannotRun with the line to mend if it is no TOML or says what is not known.
    """
    if path is None:
        path = Path(NAME)
        if not path.is_file():
            return SiteFile()
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CannotRun(f"{path}: {error}") from error
    try:
        return _understood(told, path.parent)
    except (TypeError, ValueError, KeyError) as error:
        raise CannotRun(f"{path}: {error}") from error


def _understood(told: dict[str, Any], folder: Path) -> SiteFile:
    _only(told, {"site", "targets", "assets", "limits"}, "at the top")
    site = told.get("site", {})
    _only(site, {"name", "sudo", "language", "templates"}, "in [site]")
    limits = told.get("limits", {})
    if not isinstance(limits, dict) or not all(isinstance(one, dict) for one in limits.values()):
        raise ValueError('limits: one table for each rule is wanted, like [limits."capacity/used"]')
    return SiteFile(
        name=_text(site.get("name", ""), "site.name"),
        sudo=bool(site.get("sudo", True)),
        language=_text(site.get("language", "en"), "site.language"),
        templates=folder / _text(site["templates"], "site.templates") if "templates" in site else None,
        targets=tuple(_target(one) for one in _blocks(told, "targets")),
        assets=tuple(_asset(one) for one in _blocks(told, "assets")),
        limits=limits,
    )


def _blocks(told: dict[str, Any], name: str) -> list[Any]:
    blocks = told.get(name, [])
    if not isinstance(blocks, list):
        raise ValueError(f"{name}: blocks headed [[{name}]] are wanted, not {blocks!r}")
    return blocks


def _target(told: dict[str, Any]) -> TargetEntry:
    _only(told, {"address", "name"} | _ACCESS, "in [[targets]]")
    if "address" not in told:
        raise ValueError("a [[targets]] block has no address (ssh://user@host, or local)")
    address, name = _text(told["address"], "address"), _text(told.get("name", ""), "name")
    if not told.keys() & _ACCESS:
        return TargetEntry(address, name)
    if not is_repository(address):
        raise ValueError(f"{', '.join(sorted(told.keys() & _ACCESS))}: only for restic: and borg: addresses")
    references = {key: _text(told.get(key, ""), key) for key in _ACCESS - {"check"}}
    return TargetEntry(address, name, Access(**references, check=_check(told.get("check", False))))


def _check(told: Any) -> str:
    """`structure`, or the percentage of the content to be read; empty: no check."""
    share = re.fullmatch(r"(\d{1,2}|100)%", told) if isinstance(told, str) else None
    words: dict[Any, str] = {False: "", True: "structure", "structure": "structure", "full": "100"}
    if share is None and (not isinstance(told, bool | str) or told not in words):
        raise ValueError(f'check: "structure", "5%" or "full" is wanted, not {told!r}')
    return share[1] if share else words[told]


def _asset(told: dict[str, Any]) -> Asset:
    _only(told, {"name", "tier", "owner"}, "in [[assets]]")
    tier = told.get("tier")
    if tier not in (None, 1, 2, 3):
        raise ValueError(f"tier of {told.get('name')!r} must be 1, 2 or 3, not {tier!r}")
    if not told.get("name"):
        raise ValueError("an [[assets]] block has no name")
    return Asset(_text(told["name"], "name"), tier, _text(told.get("owner", ""), "owner"))


def _only(told: Any, known: set[str], where: str) -> None:
    if not isinstance(told, dict):
        raise ValueError(f"{where}: a table is wanted, not {told!r}")
    for name in told.keys() - known:
        raise ValueError(f"{where}: {name!r} is not known; known: {', '.join(sorted(known))}")


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} must be text, not {value!r}")
    return value
