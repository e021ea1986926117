"""Holes of backup software: `analyzer/data/advisories.toml`, an updatable file with a date of its own."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).parent / "data" / "advisories.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One hole; the file explains its fields."""

    id: str
    product: str
    fixed: str
    domain: bool
    effect: str
    source: str


@dataclass(frozen=True, slots=True)
class AdvisoryTable:
    """The whole file. *newest*: product → newest main version that it knows of."""

    newest: dict[str, int]
    entries: tuple[Entry, ...]


@cache
def table() -> AdvisoryTable:
    """The table, read on first demand."""
    told = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return AdvisoryTable(told["newest"], tuple(Entry(**entry) for entry in told["entry"]))


def holes(product: str, version: str) -> list[Entry] | None:
    """The holes of a version, the one that is closed last coming last; None if the table does not tell."""
    name = next((one for one in table().newest if re.search(rf"\b{one}\b", product, re.IGNORECASE)), None)
    numbers = _numbers(version)
    if name is None or not numbers or numbers[0] > table().newest[name]:
        return None
    found = [one for one in table().entries if one.product == name and _older(numbers, _numbers(one.fixed))]
    return sorted(found, key=lambda one: _numbers(one.fixed))


def _older(version: tuple[int, ...], fixed: tuple[int, ...]) -> bool:
    """Whether it is older; a version that was told in part (12.3) counts as its first release."""
    return version < fixed


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(word) for word in re.findall(r"\d{1,9}", version)[:6])
