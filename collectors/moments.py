"""Times as C programs write them. `strptime` takes thirty times as long, and audits are full of times."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTHS = {name: number for number, name in enumerate(_NAMES, 1)}
_CTIME = re.compile(r"(?:[A-Z][a-z]{2} +)?([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})")
_DATE = (
    (re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})"), "ymd"),
    (re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d\d)"), "mdy"),
    (re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})"), "dmy"),
)


def ctime(words: str) -> datetime | None:
    """`Mon Nov 23 03:09:30 2026`, with or without its weekday, read as UTC; None if it is no such time."""
    found = _CTIME.fullmatch(words.strip())
    if found is None:
        return None
    name, *numbers = found.groups()
    day, hour, minute, second, year = map(int, numbers)
    try:
        return datetime(year, MONTHS[name], day, hour, minute, second, tzinfo=UTC)
    except (ValueError, KeyError):
        return None


def date(words: str) -> datetime | None:
    """`2023/05/12`, `2023-05-12`, `05/12/23` or `05/12/2023` (American), `12.05.2023`; None if it is no date.

    Two digits of a year are of this century from 00 to 68, as POSIX has it.
    """
    for pattern, order in _DATE:
        if found := pattern.fullmatch(words.strip()):
            told = dict(zip(order, map(int, found.groups()), strict=True))
            year = told["y"] if told["y"] > 99 else told["y"] + (2000 if told["y"] < 69 else 1900)
            try:
                return datetime(year, told["m"], told["d"], tzinfo=UTC)
            except ValueError:
                return None
    return None
