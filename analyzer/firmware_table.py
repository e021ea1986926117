"""Firmware known to fail: `analyzer/data/firmware.toml`, an updatable file with a date of its own."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

from analyzer.verdict import Severity

TABLE = Path(__file__).parent / "data" / "firmware.toml"
_VERSION = re.compile(r"(.*?)(\d+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One product of the table; the file explains its fields."""

    id: str
    product: str
    models: str
    effect: str
    advice: str
    severity: Severity
    maybe: Severity
    source: str
    status: str
    fixed: str = ""
    bad: str = ""
    good: str = ""
    hours: int | None = None
    again_hours: int | None = None


@dataclass(frozen=True, slots=True)
class FirmwareTable:
    """The whole file."""

    version: str
    date: date
    entries: tuple[Entry, ...]


@cache
def table() -> FirmwareTable:
    """The table, read on first demand."""
    told = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return FirmwareTable(told["version"], told["date"], tuple(Entry(**entry) for entry in told["entry"]))


@lru_cache(maxsize=4096)
def matches(model: str) -> tuple[Entry, ...]:
    """Entries for a model name, with or without the vendor's name before it."""
    names = (model.strip(), model.strip().partition(" ")[2].strip())
    return tuple(
        entry
        for entry in table().entries
        if any(name and re.fullmatch(entry.models, name, re.IGNORECASE) for name in names)
    )


def affected(entry: Entry, firmware: str | None) -> bool | None:
    """Whether this version is affected; None if the table does not tell, or the version was not told."""
    if not firmware:
        return None
    if entry.good and re.fullmatch(entry.good, firmware):
        return False
    if entry.bad and re.fullmatch(entry.bad, firmware):
        return True
    return older(firmware, entry.fixed) if entry.fixed else None


def older(version: str, fixed: str) -> bool | None:
    """Whether a version is older than the fixed one; None where their prefixes differ."""
    ours, theirs = _VERSION.fullmatch(version.strip()), _VERSION.fullmatch(fixed)
    if ours is None or theirs is None or ours[1].upper() != theirs[1].upper():
        return None
    return int(ours[2]) < int(theirs[2])
