"""How often a calendar event of Proxmox VE comes: `*/15`, `22:00`, `mon..fri 1:30`, `daily`."""

from __future__ import annotations

import re

_WORDS = {
    "minutely": 1 / 60,
    "hourly": 1.0,
    "daily": 24.0,
    "weekly": 168.0,
    "monthly": 744.0,
    "quarterly": 2232.0,
    "semiannually": 4416.0,
    "yearly": 8784.0,
    "annually": 8784.0,
}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def interval_hours(event: str | None) -> float | None:
    """The longest time between two of its moments, in hours; None for what cannot be told.

    Source: the chapter "Calendar Events" of the Proxmox VE administration guide.
    """
    said = (event or "").strip().lower()
    if said in _WORDS:
        return _WORDS[said]
    words = said.split()
    if not words or len(words) > 2 or any(re.search(r"[a-z]{4,}|-.*-", word) for word in words):
        return None
    time = words[-1] if re.fullmatch(r"[\d*/,.:]+", words[-1]) else "0:0"
    days = words[0] if words[0] != time else ""
    between = _of_time(time)
    if between is None or not days:
        return between
    gap = _of_days(days)
    return None if gap is None else between if gap == 1 else 24.0 * (gap - 1) + max(between, 24.0)


def _of_time(time: str) -> float | None:
    """Hours between two moments of a day: of `*/15` (minutes) or `2/4:30` (hours and minutes)."""
    hours, colon, minutes = time.partition(":")
    if not colon:
        hours, minutes = "*", time
    repeats = _step(minutes.partition(":")[0], 60)
    if repeats is None:
        return None
    if hours == "*":
        return repeats / 60
    step = _step(hours, 24)
    return None if step is None else step


def _step(field: str, whole: int) -> float | None:
    """The longest distance between two values of one field that starts anew after *whole*."""
    if field == "*":
        return 1.0
    if match := re.fullmatch(r"(\*|\d{1,2})/(\d{1,2})", field):
        return float(int(match[2])) if int(match[2]) else None
    if not re.fullmatch(r"\d{1,2}(?:(?:\.\.|,)\d{1,2})*", field):
        return None
    values: set[int] = set()
    for part in field.split(","):
        first, _, last = part.partition("..")
        values.update(range(int(first), int(last or first) + 1))
    ordered = sorted(value for value in values if value < whole)
    if not ordered:
        return None
    around = [*ordered[1:], ordered[0] + whole]
    return float(max(after - before for before, after in zip(ordered, around, strict=True)))


def _of_days(days: str) -> int | None:
    """The longest distance in days between two of the weekdays: `mon..fri`, `sat,sun`, `sun`."""
    chosen: set[int] = set()
    for part in days.split(","):
        first, _, last = part.partition("..")
        if first not in _DAYS or (last and last not in _DAYS):
            return None
        begin, end = _DAYS.index(first), _DAYS.index(last or first)
        chosen.update(range(begin, (end if end >= begin else end + 7) + 1))
    ordered = sorted({day % 7 for day in chosen})
    around = [*ordered[1:], ordered[0] + 7]
    return max(after - before for before, after in zip(ordered, around, strict=True))
