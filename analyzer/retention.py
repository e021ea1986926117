"""How far back what is kept reaches, by a policy as its product writes it.

`keep-daily=14, keep-weekly=8` · `daily 7, weekly 4` · `10 daily` · `20d 10w` · `30 days`. A number of copies
alone says nothing about days.
"""

from __future__ import annotations

import re

from collectors.frozen import frozen

_DAYS = {"hour": 1 / 24, "dai": 1.0, "day": 1.0, "week": 7.0, "month": 30.0, "year": 365.0}
_SHORT = {"h": "hour", "d": "day", "w": "week", "m": "month", "y": "year"}
_UNIT = r"(hour|dai|day|week|month|year)(?:ly|s)?"
_NAMED_FIRST = re.compile(rf"\b(?:keep[-_])?{_UNIT}\b[\s=:]+(\d{{1,5}})\b", re.IGNORECASE)
_NUMBER_FIRST = re.compile(rf"\b(\d{{1,5}})\s*(?:{_UNIT}|([hdwmy]))\b", re.IGNORECASE)


@frozen
class Promise:
    """Days back that a policy keeps copies for, and the days between its oldest ones."""

    days: float
    cycle_days: float


def promised(text: str | None) -> Promise | None:
    """The longest of the spans that the policy names; None if it names none."""
    told = text or ""
    named = _NAMED_FIRST.findall(told)
    pairs = [(unit, number) for unit, number in named] if named else []
    if not named:
        pairs = [
            (unit or _SHORT[short.lower()], number) for number, unit, short in _NUMBER_FIRST.findall(told)
        ]
    found = [
        (_DAYS[unit.lower()] * int(number), _DAYS[unit.lower()]) for unit, number in pairs if int(number)
    ]
    return Promise(*max(found)) if found else None
