"""What a rule says of one row."""

from __future__ import annotations

from typing import Literal, get_args

from collectors.frozen import frozen

Severity = Literal["info", "low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From harmless to worst."""


@frozen
class Ok:
    """The rule applies and the row passes."""


@frozen
class NotApplicable:
    """The rule has nothing to say about such a row (a spindle rule, a solid-state drive)."""


@frozen
class Fail:
    """The fault is there.

    *severity* replaces the rule's own; *column* is the column that decided; *probability* of the harm within
    twelve months, 0 to 1, where a field study gives one.
    """

    message: str
    severity: Severity | None = None
    column: str = ""
    probability: float | None = None


@frozen
class Unknown:
    """The rule applies, but what it needs was not told."""

    message: str


Verdict = Ok | Fail | Unknown | NotApplicable
_RANK = {severity: at for at, severity in enumerate(SEVERITIES)}
OK = Ok()
NA = NotApplicable()


def fault_if(value: bool | None, said: str, column: str, *, unknown: str, bad: bool = True) -> Verdict:
    """The verdict on one yes or no: Fail if it is *bad*, Unknown if it was not told."""
    if value is None:
        return Unknown(unknown)
    return Fail(said, None, column) if value is bad else OK


def rank(severity: Severity) -> int:
    """0 for info to 4 for critical."""
    return _RANK[severity]


def worse(severity: Severity, steps: int = 1) -> Severity:
    """The severity *steps* levels up (negative: down), within the scale."""
    return SEVERITIES[max(0, min(len(SEVERITIES) - 1, rank(severity) + steps))]
