"""Waivers as reports print them: who leaves what, why, until when, and whether that still holds."""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.engine import Judgement
from analyzer.waivers import TOLD, Applied
from reports.groups import rule_title
from reports.text import many, one_line

_ORDER = ("expired", "too-far", "matches-nothing", "in-force")


@dataclass(frozen=True, slots=True)
class Waived:
    """One waiver. *loud*: it does not hold, and somebody must know."""

    rule: str
    title: str
    scope: str
    by: str
    reason: str
    until: str
    standing: str
    loud: bool


def waived(judgement: Judgement) -> tuple[Waived, ...]:
    """Every waiver, those that do not hold first."""
    told = sorted(judgement.waivers, key=lambda one: (_ORDER.index(one.standing), one.waiver.until))
    return tuple(_waived(one, judgement) for one in told)


def _waived(one: Applied, judgement: Judgement) -> Waived:
    waiver = one.waiver
    scope = [f"{waiver.subject}"] if waiver.subject else ["everything"]
    scope += [f"on {waiver.target}"] if waiver.target else []
    counted = f", {many(one.count, 'finding')}" if one.count else ""
    return Waived(
        rule=waiver.rule,
        title=rule_title(judgement.rules.get(waiver.rule), waiver.rule),
        scope=one_line(" ".join(scope), 160),
        by=one_line(waiver.by, 80),
        reason=one_line(waiver.reason),
        until=f"{waiver.until.day} {waiver.until:%b %Y}",
        standing=TOLD[one.standing] + counted,
        loud=one.standing != "in-force",
    )


def overdue(judgement: Judgement) -> str:
    """One sentence about the waivers that have run out or cannot hold; empty if all do."""
    late = [one for one in judgement.waivers if one.standing in ("expired", "too-far")]
    if not late:
        return ""
    faults = sum(one.count for one in late)
    return f"{many(len(late), 'waiver')} not in force: {many(faults, 'fault')} counted again."
