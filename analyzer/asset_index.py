"""Finds the system that a name, identity or address means: the one place where backups meet systems.

Kinds of name, surest first: what `site.toml` says, UUID, serial number, a guest's number, full host name,
short name, address. A name that two systems bear means neither of them: what is ambiguous is said, never
guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from collectors.frozen import frozen

REASONS = {
    "declared": "named so in site.toml",
    "uuid": "same UUID",
    "serial": "same serial number",
    "number": "same number of the guest",
    "host": "same host name",
    "short": "same short name",
    "address": "same address",
}
"""Kind of name → why a match by it is believed, surest first."""

_UUID = re.compile(r"(?:uuid:)?([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})", re.IGNORECASE)
_NUMBER = re.compile(r"(?:.*/)?(?:qemu|vm|lxc|ct)[/-](\d{2,9})", re.IGNORECASE)
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:]+", re.IGNORECASE)


@frozen
class Match:
    """The system that is meant, and why. *rivals*: systems that bear the name too; then *asset* is empty."""

    asset: str
    reason: str
    rivals: tuple[str, ...] = ()


@dataclass(slots=True)
class AssetIndex:
    """Names of systems. *known*: (kind, name) → systems that bear it."""

    known: dict[tuple[str, str], dict[str, None]] = field(default_factory=dict)

    def add(self, asset: str, kind: str, names: Iterable[str | None]) -> None:
        """Let *asset* be known by *names* of that kind; empty ones are passed over."""
        for name in names:
            if name:
                self._note(asset, kind, name.strip().lower())

    def add_host(self, asset: str, *names: str | None) -> None:
        """Let it be known by host names, full and short."""
        for name in dict.fromkeys(names):
            if not name:
                continue
            full = name.strip().lower().rstrip(".")
            if _ADDRESS.fullmatch(full):
                self._note(asset, "address", full)
            elif full:
                self._note(asset, "host", full.strip())
                if short := full.partition(".")[0].strip():
                    self._note(asset, "short", short)

    def _note(self, asset: str, kind: str, name: str) -> None:
        self.known.setdefault((kind, name), {})[asset] = None

    def find(self, *names: str | None) -> Match | None:
        """The system meant by any of the names, by the surest kind that means just one; None if none does."""
        rivals: dict[str, None] = {}
        asked = [one for name in names if name for one in _read_as(name)]
        for kind in REASONS:
            for name_kind, name in asked:
                found = self.known.get((kind, name), {}) if name_kind in (kind, "any") else {}
                if len(found) == 1:
                    return Match(next(iter(found)), REASONS[kind])
                rivals.update(found)
        return Match("", "several systems bear that name", tuple(sorted(rivals))) if rivals else None


def _read_as(name: str) -> Iterator[tuple[str, str]]:
    """What the name may be: (kind or any, normalised)."""
    told = name.strip().lower().rstrip(".")
    yield "any", told
    if match := _UUID.fullmatch(told):
        yield from (("uuid", one) for one in uuids(match[1]))
    elif match := _NUMBER.fullmatch(told):
        yield "number", match[1]
    elif _ADDRESS.fullmatch(told):
        yield "address", told
    else:
        yield "short", told.partition(".")[0]


def uuids(told: str | None) -> tuple[str, ...]:
    """A UUID as written, and with its first three groups in the other byte order: SMBIOS tells both."""
    match = _UUID.fullmatch((told or "").strip().lower())
    if match is None:
        return ()
    one = match[1]
    groups = one.split("-")
    turned = [bytes.fromhex(group)[::-1].hex() for group in groups[:3]]
    return (one, "-".join([*turned, *groups[3:]]))


def guest_number(guest: str) -> str | None:
    """101 of `qemu/101`; None for another identity."""
    match = _NUMBER.fullmatch(guest.strip())
    return match[1] if match else None
