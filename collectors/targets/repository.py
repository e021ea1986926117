"""A backup repository, asked with the product's own tool from where holdwater runs.

Nothing is written into it. The key is named by reference (a file, a command, the environment of holdwater)
and goes to the tool by its environment: never on a command line, never into the evidence. restic gets a cache
of this audit's own, removed at its end: out of the user's it answers for files that are damaged by now.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import socket
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from collectors.question import Answer, Question
from collectors.redact import mark
from collectors.targets.local import LocalTarget
from collectors.targets.repository_address import Access, RepositoryPlace, parsed

SECRETS = ("PASSWORD", "PASSPHRASE", "SECRET", "_KEY", "TOKEN")
"""Words in the names of environment variables whose values must not come back in an answer."""
_TOOLS = ("RESTIC_", "BORG_", "AWS_", "B2_", "AZURE_", "GOOGLE_", "OS_", "ST_", "RCLONE_")
_SHORTEST_SECRET = 6
_RETRIED = b" returned error, retrying after "
"""restic 0.17 and newer try again for a quarter of an hour: what they met tells more than our patience."""


class RepositoryTarget:
    """A repository of restic or borg, or a folder of plain files: `restic:/srv/repo`, `files:/srv/dumps`."""

    kind = "repository"

    def __init__(
        self, address: str, *, name: str = "", access: Access | None = None, sudo: bool = False
    ) -> None:
        self._place = parsed(address)
        self._access = access or Access()
        self.name = name or address
        self.address = address
        self.about = {"system": self._place.product}
        environment = child_environment(os.environ, self._place, self._access)
        self._cache = _own_cache(environment) / f"restic-{uuid.uuid4().hex}"
        if self._place.product == "restic":
            environment["RESTIC_CACHE_DIR"] = str(self._cache)
        self._secrets = secrets_of(environment)
        sudo = sudo and self._place.product == "files"
        self._runner = LocalTarget(self.name, sudo=sudo, environment=environment)

    async def reach(self) -> str:
        """Always: why a repository cannot be opened is an answer, and which one it is stays known."""
        return ""

    async def ask(self, question: Question) -> Answer:
        if question.argv == ("holdwater", "location"):
            told = json.dumps(location(self._place, self._access), sort_keys=True)
            return Answer(question, stdout=told.encode(), status=0, started_at=datetime.now(UTC))
        answer = await self._runner.ask(question)
        if answer.refusal == "timed-out" and _RETRIED in answer.stderr:
            answer = replace(answer, refusal=None, detail="", status=-signal.SIGKILL)
        return replace(
            answer,
            stdout=self._clean(answer.stdout),
            stderr=self._clean(answer.stderr),
            detail=self._clean(answer.detail.encode()).decode(),
        )

    async def close(self) -> None:
        """Let go of the cache of this one audit."""
        shutil.rmtree(self._cache, ignore_errors=True)

    def _clean(self, raw: bytes) -> bytes:
        for secret in self._secrets:
            raw = raw.replace(secret, mark("password"))
        return raw


def location(place: RepositoryPlace, access: Access) -> dict[str, str]:
    """Where the repository lies and where its key is kept, as it was named."""
    return {
        "product": place.product,
        "location": place.location,
        "kind": place.kind,
        "host": place.host or socket.gethostname(),
        "path": place.path,
        "key_location": key_location(place.product, access, os.environ),
        "check": access.check,
    }


def key_location(product: str, access: Access, environment: Mapping[str, str]) -> str:
    """The reference to the key: what a person must find again before anything can be restored."""
    if product == "files":
        return ""
    if access.password_file:
        return f"file {access.password_file}"
    if access.password_command:
        return f"command {shlex.split(access.password_command)[0]}"
    prefix = product.upper()
    for name in ("PASSWORD_FILE", "PASSWORD_COMMAND", "PASSCOMMAND", "PASSWORD", "PASSPHRASE"):
        if value := environment.get(f"{prefix}_{name}"):
            words = shlex.split(value)[:1] if name.endswith("COMMAND") else [value]
            return f"{prefix}_{name}" if name in SECRETS else " ".join((f"{prefix}_{name}:", *words))
    return ""


def secrets_of(environment: Mapping[str, str]) -> tuple[bytes, ...]:
    """Values of variables that hold a secret itself, longest first."""
    found = {
        value.encode()
        for name, value in environment.items()
        if name.startswith(_TOOLS)
        and any(word in name for word in SECRETS)
        and not name.endswith(("_FILE", "_COMMAND"))
        and not value.startswith("/")
        and len(value) >= _SHORTEST_SECRET
    }
    return tuple(sorted(found, key=len, reverse=True))


def child_environment(
    environment: Mapping[str, str], place: RepositoryPlace, access: Access
) -> dict[str, str]:
    """The environment of the tool: holdwater's own, with the place and the references of this repository."""
    told = dict(environment) | {"SSH_ASKPASS_REQUIRE": "never"}
    if place.product == "restic":
        return told | _restic(told, place, access)
    if place.product == "borg":
        return told | _borg(told, place, access)
    return told


def _restic(told: dict[str, str], place: RepositoryPlace, access: Access) -> dict[str, str]:
    for name in ("RESTIC_REPOSITORY", "RESTIC_REPOSITORY_FILE"):
        told.pop(name, None)
    if access.password_file or access.password_command:
        for name in ("RESTIC_PASSWORD", "RESTIC_PASSWORD_FILE", "RESTIC_PASSWORD_COMMAND"):
            told.pop(name, None)
    wanted = {
        "RESTIC_PASSWORD_FILE": access.password_file,
        "RESTIC_PASSWORD_COMMAND": access.password_command,
        "RESTIC_REPOSITORY_FILE": access.location_file,
        "RESTIC_REPOSITORY": "" if access.location_file else place.location,
    }
    return {name: value for name, value in wanted.items() if value}


def _borg(told: dict[str, str], place: RepositoryPlace, access: Access) -> dict[str, str]:
    """A cache of our own: the user's is locked while he works with it. It holds no content."""
    if access.password_file or access.password_command:
        for name in ("BORG_PASSPHRASE", "BORG_PASSPHRASE_FD", "BORG_PASSCOMMAND"):
            told.pop(name, None)
    own = _own_cache(told) / "borg"
    wanted = {
        "BORG_REPO": _first_line(access.location_file) if access.location_file else place.location,
        "BORG_PASSCOMMAND": access.password_command
        or (f"cat {shlex.quote(access.password_file)}" if access.password_file else ""),
        "BORG_RSH": told.get("BORG_RSH", "ssh -oBatchMode=yes"),
        "BORG_CACHE_DIR": str(own / "cache"),
        "BORG_SECURITY_DIR": str(own / "security"),
        "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
        "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
    }
    return {name: value for name, value in wanted.items() if value}


def _own_cache(told: Mapping[str, str]) -> Path:
    return Path(told.get("XDG_CACHE_HOME") or Path(told.get("HOME", "/root"), ".cache")) / "holdwater"


def _first_line(path: str) -> str:
    try:
        return Path(path).read_text("utf-8").strip().partition("\n")[0]
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"location_file {path}: {error}") from error
