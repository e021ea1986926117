"""`[schedule]` of `site.toml`: when a site is audited, and who notices if it is not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from holdwater.secret import checked_reference
from holdwater.toml_value import only, text
from holdwater.webhook_file import checked_url

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_AT = re.compile(r"(?:(daily|[A-Za-z, ]+) +)?([0-9]{1,2}):([0-9]{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """*days*: 0 is Monday. *report*: days on which the result is told, empty for every run; on the others
    only what is new and critical is. *ping*, *ping_failed*: URL, file or reference.
    """

    days: tuple[int, ...] = (0,)
    hour: int = 6
    minute: int = 0
    ping: str = ""
    ping_failed: str = ""
    report: tuple[int, ...] = ()

    @property
    def longest_hours(self) -> int:
        """The longest time between two runs."""
        return _longest_gap(self.days)

    @property
    def longest_silence_hours(self) -> int:
        """The longest time between two regular messages."""
        return _longest_gap(self.report or self.days)


def _longest_gap(days: tuple[int, ...]) -> int:
    gaps = [(b - a) % 7 or 7 for a, b in zip(days, (*days[1:], days[0]), strict=True)]
    return 24 * max(gaps)


def understood(told: Any) -> Schedule:
    """The schedule of a `[schedule]` table. Raises ValueError, which names the key."""
    one = only(told, {"at", "report", "ping", "ping_failed"}, "in [schedule]")
    days, hour, minute = moments(text(one, "at", "Mon 06:00"))
    report = text(one, "report", "")
    return Schedule(
        days=days,
        report=_days(report, "schedule.report") if report else (),
        hour=hour,
        minute=minute,
        ping=_ping(text(one, "ping", ""), "schedule.ping"),
        ping_failed=_ping(text(one, "ping_failed", ""), "schedule.ping_failed"),
    )


def moments(at: str) -> tuple[tuple[int, ...], int, int]:
    """`Mon 06:00`, `Mon,Thu 18:30`, `daily 05:00`, `05:00` as days, hour and minute. Raises ValueError."""
    found = _AT.fullmatch(at.strip())
    if found is None or int(found[2]) > 23 or int(found[3]) > 59:
        raise ValueError(f'schedule.at: {at!r} is no time like "Mon 06:00", "Mon,Thu 18:30" or "daily 05:00"')
    return _days(found[1] or "daily", "schedule.at"), int(found[2]), int(found[3])


def _days(named: str, where: str) -> tuple[int, ...]:
    """`daily`, or days by their first three letters. Raises ValueError, which names the key."""
    if named.strip() == "daily":
        return tuple(range(7))
    days = set()
    for day in named.split(","):
        short = day.strip()[:3].title()
        if short not in DAYS:
            raise ValueError(f"{where}: {day.strip()!r} is no day; days are {', '.join(DAYS)}, or daily")
        days.add(DAYS.index(short))
    return tuple(sorted(days))


def _ping(told: str, where: str) -> str:
    if not told or told.startswith("file:/"):
        return told
    if told.startswith(("https://", "http://")):
        return checked_url(told, where)
    try:
        return checked_reference(told, where)
    except ValueError as error:
        raise ValueError(f"{where} must be an https:// URL, file:/PATH, or a reference: {error}") from error
