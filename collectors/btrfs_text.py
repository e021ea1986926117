"""Shapes that the texts of btrfs-progs share: sizes, device paths, dates, profile names."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from collectors.plain_text import size_bytes, whole_number

_DATE = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d{2}):(\d{2}):(\d{2}) (?:[A-Z]+ )?(\d{4})")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_KINDS = {"data": "data", "metadata": "metadata", "system": "system", "data+metadata": "data+metadata"}
PROFILES = ("single", "dup", "raid0", "raid1", "raid1c3", "raid1c4", "raid10", "raid5", "raid6")


def amount(word: str | None) -> int | None:
    """`5.46TiB`, `2147483648`, `-1073741824` in bytes; None if it is none of these."""
    word = (word or "").strip()
    if word.startswith("-"):
        number = whole_number(word)
        return number if number is not None else _negative(size_bytes(word[1:]))
    return size_bytes(word)


def _negative(number: int | None) -> int | None:
    return -number if number is not None else None


def kind_of(word: str) -> str | None:
    """data, metadata, system or data+metadata; None for the global reserve, which is part of metadata."""
    return _KINDS.get(word.strip().lower())


def profile_of(word: str) -> str | None:
    """The profile in lower case; None if it is none."""
    word = word.strip().lower()
    return word if word in PROFILES else None


def date_of(text: str) -> datetime | None:
    """`Wed Jun  5 18:51:01 2019`, the target's local time, taken as UTC: wrong by hours, not by days."""
    match = _DATE.search(text)
    if match is None or match[1] not in _MONTHS:
        return None
    month = _MONTHS.index(match[1]) + 1
    try:
        return datetime(
            int(match[6]), month, int(match[2]), int(match[3]), int(match[4]), int(match[5]), tzinfo=UTC
        )
    except ValueError:
        return None


def seconds_of(text: str) -> int | None:
    """`10:04:57`, `0:00:05` or `1523 seconds`."""
    match = re.fullmatch(r"(\d{1,6}):(\d{2}):(\d{2})", text.strip())
    if match:
        return int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3])
    match = re.match(r"(\d{1,9}) seconds", text.strip())
    return int(match[1]) if match else None
