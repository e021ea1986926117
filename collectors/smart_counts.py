"""The event count in an attribute's raw value.

The 48 bits of a raw value are the maker's own. Some pack several counters: the string that smartctl formats
by its drive database is the best guide to them, because it prints the parts apart.
"""

from __future__ import annotations

import re
from functools import lru_cache

PLAIN = frozenset({5, 10, 171, 172, 181, 182, 183, 184, 187, 189, 196, 197, 198, 199, 200, 201})
"""Attributes that count events: beyond 32 bits the upper words are something else."""

SEAGATE = re.compile(r"\bSeagate\b|\bST\d{2,}|\bMaxtor\b|\bSamsung SpinPoint M8\b", re.IGNORECASE)
HITACHI = re.compile(r"\b(?:HGST|Hitachi)\b|\bH[DT]S\d", re.IGNORECASE)
"""Their attribute 187 packs three words; only the lowest grows by single events."""
_PARTS = re.compile(r"(\d+)(?: (\d+)){1,5}")
_HOURS = re.compile(r"(\d+)h(?:\+(\d+)m)?")
_DEGREES = re.compile(r"-?\d+")
_WORDS = re.compile(r"\d+(?: \d+)*")
_HEX = re.compile(r"0x[0-9a-fA-F]{8,12}")


def count_of(number: int, name: str, raw: int | None, said: str | None, model: str) -> int | None:
    """Events counted by attribute *number*, or degrees for temperatures; None if there is no telling.

    *said* is the raw value as smartctl formats it, *model* family and model.
    """
    if number in (190, 194):
        return _degrees(raw, said)
    if number in (1, 7, 195) and _of_seagate(model):
        return _seagate_errors(raw)
    if number == 188:
        return _low_word(raw, said)
    if number == 187 and HITACHI.search(model):
        return _low_word(raw, said)
    if number == 9:
        return _hours(name, raw, said)
    if said is not None and said.isdecimal():
        told = int(said)
        return told & 0xFFFFFFFF if number in PLAIN and told > 0xFFFFFFFF else told
    if said is not None and (parts := re.match(r"(\d+) \(", said)):
        return int(parts[1])
    if said is not None and _PARTS.fullmatch(said):
        return int(said.split()[0]) if raw is None else raw & 0xFFFF
    if raw is None:
        return None
    return raw & 0xFFFFFFFF if number in PLAIN else raw


@lru_cache(maxsize=32)
def _of_seagate(model: str) -> bool:
    return SEAGATE.search(model) is not None


def _degrees(raw: int | None, said: str | None) -> int | None:
    if said and (told := _DEGREES.match(said)):
        degrees = int(told[0])
        if -60 <= degrees <= 150:
            return degrees
    low = raw & 0xFF if raw is not None else None
    return low if low is not None and low <= 150 else None


def _seagate_errors(raw: int | None) -> int | None:
    """Upper 16 bits are errors, the lower 32 the operations they happened in (Seagate's attribute layout)."""
    return raw >> 32 if raw is not None else None


def _low_word(raw: int | None, said: str | None) -> int | None:
    """The lowest 16 bits; None if they are all set: the counter is stuck or was never filled.

    Command timeouts: the low word counts all, the upper two those over 5 and 7.5 seconds, included in it.
    """
    if raw is None:
        if not said or not _WORDS.fullmatch(said):
            return None
        raw = int(said.split()[-1])
    low = raw & 0xFFFF
    return low if low != 0xFFFF else None


def _hours(name: str, raw: int | None, said: str | None) -> int | None:
    if said and (told := _HOURS.match(said)):
        return int(told[1])
    if said and (told := re.match(r"\d+", said)) and not _HEX.match(said):
        hours = int(told[0])
        return hours // 60 if "minutes" in name.lower() and "half" not in name.lower() else hours
    return raw & 0xFFFFFFFF if raw is not None else None
