"""When support of systems ends: `analyzer/data/support.toml`, an updatable file with a date of its own."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

TABLE = Path(__file__).parent / "data" / "support.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One product of the table; the file explains its fields."""

    product: str
    names: str
    ends: dict[str, date]
    source: str
    checked: str


@cache
def entries() -> tuple[Entry, ...]:
    """The table, read on first demand."""
    told = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return tuple(Entry(**entry) for entry in told["entry"])


@lru_cache(maxsize=1024)
def support_ends(name: str, version: str | None) -> tuple[str, date] | None:
    """Product with release, and the last day of its support; None if the table does not tell."""
    for entry in entries():
        if not re.fullmatch(entry.names, name.strip(), re.IGNORECASE | re.DOTALL):
            continue
        told = (version or "").strip()
        known = [one for one in entry.ends if not one or told == one or told.startswith(one + ".")]
        if known:
            release = max(known, key=len)
            return f"{entry.product} {release}".strip(), entry.ends[release]
    return None
