"""When a job should have run: cron(5) lines, calendar events of systemd.time(7) and of Proxmox VE, plain
intervals.

A schedule is the set of minutes of a day and the days on which it runs. What is not understood is no schedule
(None): nothing is then said about missing runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

FAR_DAYS = 400
"""No schedule is looked back on for longer."""

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CRON_WORDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_CALENDAR_WORDS = {
    "minutely": "*:*",
    "hourly": "*:00",
    "daily": "00:00",
    "weekly": "mon 00:00",
    "monthly": "*-*-01 00:00",
    "quarterly": "*-01,04,07,10-01 00:00",
    "semiannually": "*-01,07-01 00:00",
    "yearly": "*-01-01 00:00",
    "annually": "*-01-01 00:00",
}


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a job runs. *minutes*: of the day, sorted. *either*: cron's rule that one sort of day suffices."""

    minutes: tuple[int, ...]
    months: frozenset[int] | None = None
    month_days: frozenset[int] | None = None
    week_days: frozenset[int] | None = None
    either: bool = False

    def on(self, day: datetime) -> bool:
        """Whether it runs on that day."""
        if self.months is not None and day.month not in self.months:
            return False
        of_month = self.month_days is None or day.day in self.month_days
        of_week = self.week_days is None or day.weekday() in self.week_days
        if self.either and self.month_days is not None and self.week_days is not None:
            return of_month or of_week
        return of_month and of_week

    def before(self, at: datetime) -> Iterator[datetime]:
        """The times at which it should have run, newest first, as far back as is looked."""
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
        for back in range(FAR_DAYS):
            day = midnight - timedelta(days=back)
            if self.on(day):
                for minute in reversed(self.minutes):
                    run = day + timedelta(minutes=minute)
                    if run <= at:
                        yield run


def interval(text: str | None, kind: str | None) -> timedelta | None:
    """`every 0.97 days, …`: the time after a run at which the next one is due, whatever the hour."""
    told = text if kind == "interval" and text else ""
    found = re.match(r"every (\d{1,6}(?:\.\d{1,6})?) (minute|hour|day)s?\b", told)
    every = timedelta(**{f"{found[2]}s": float(found[1])}) if found else timedelta()
    return every or None


def understood(text: str | None, kind: str | None) -> Schedule | None:
    """The schedule of a job; None if there is none, or it is written in another way."""
    told = (text or "").strip().lower()
    if not told:
        return None
    try:
        return _cron(told) if kind == "cron" else _calendar(told) if kind in ("systemd", "pve") else None
    except ValueError:
        return None


def _cron(text: str) -> Schedule:
    parts = _CRON_WORDS.get(text, text).split()
    if len(parts) != 5:
        raise ValueError(text)
    minutes, hours = _numbers(parts[0], 0, 59), _numbers(parts[1], 0, 23)
    days = _numbers(parts[4], 0, 7, _DAYS, first=1)
    return Schedule(
        tuple(sorted(60 * hour + minute for hour in hours for minute in minutes)),
        months=_unless_all(parts[3], _numbers(parts[3], 1, 12, _MONTHS, first=1)),
        month_days=_unless_all(parts[2], _numbers(parts[2], 1, 31)),
        week_days=_unless_all(parts[4], {(day - 1) % 7 for day in days}),
        either=True,
    )


def _unless_all(text: str, numbers: set[int]) -> frozenset[int] | None:
    return None if text == "*" else frozenset(numbers)


def _calendar(text: str) -> Schedule:
    """`[weekdays] [date] [time]` of one calendar event; seconds and years are passed over."""
    words = _CALENDAR_WORDS.get(text, text).split()
    week_days = date = None
    clock = "00:00"
    for word in words:
        if re.match(r"[a-z]{3}", word) and not word.startswith("utc"):
            week_days = _numbers(word.replace("..", "-"), 0, 6, _DAYS)
        elif re.fullmatch(r"[\d*,./~-]+-[\d*,./~-]+", word) and ":" not in word:
            date = word
        elif ":" in word or re.fullmatch(r"\*?/\d+|\d+", word):
            clock = word if ":" in word else f"*:{word}"
        elif word not in ("utc", "local"):
            raise ValueError(text)
    hours, minutes = (*clock.split(":"), "00")[:2]
    months = days = None
    if date is not None:
        *_, month, day = date.split("-")
        months = _unless_all(month, _numbers(month.replace("..", "-"), 1, 12))
        days = _unless_all(day, _numbers(day.replace("..", "-"), 1, 31))
    return Schedule(
        tuple(
            sorted(
                60 * hour + minute
                for hour in _numbers(hours.replace("..", "-"), 0, 23)
                for minute in _numbers(minutes.replace("..", "-"), 0, 59)
            )
        ),
        months=months,
        month_days=days,
        week_days=frozenset(week_days) if week_days is not None else None,
    )


def _numbers(text: str, low: int, high: int, names: tuple[str, ...] = (), first: int = 0) -> set[int]:
    """`*`, `5`, `1-5`, `*/15`, `0/4`, `mon-fri`, and lists of them. Raises ValueError."""
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        begin, dash, end = span.partition("-")
        start = low if begin in ("*", "") else _number(begin, names, first)
        stop = (
            high
            if begin in ("*", "") or (step and not dash)
            else _number(end, names, first)
            if dash
            else start
        )
        if not low <= start <= high or not low <= stop <= high:
            raise ValueError(text)
        steps = int(step) if step else 1
        if steps < 1:
            raise ValueError(text)
        wrapped = (
            range(start, stop + 1) if start <= stop else [*range(start, high + 1), *range(low, stop + 1)]
        )
        found.update(list(wrapped)[::steps])
    return found


def _number(word: str, names: tuple[str, ...], first: int) -> int:
    if word[:3] in names:
        return names.index(word[:3]) + first
    return int(word)
