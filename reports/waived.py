"""Waivers as reports print them: who leaves what, why, until when, and whether that still holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from analyzer.engine import Judgement
from analyzer.waivers import TOLD, Applied
from reports.groups import rule_title
from reports.language import Words, marks
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
    """What is said of waivers that have run out, cannot hold or fit no fault; empty if there is none."""
    late = [one for one in judgement.waivers if one.standing in ("expired", "too-far")]
    idle = sum(one.standing == "matches-nothing" for one in judgement.waivers)
    faults = many(sum(one.count for one in late), "fault")
    said = [f"{many(len(late), 'waiver')} not in force: {faults} counted again."] if late else []
    said += [f"No fault was found for {many(idle, 'waiver')}."] if idle else []
    return " ".join(said)


def waivers(judgement: Judgement, words: Words) -> Iterator[str]:
    """What the management is told: how many faults somebody answers for, and whose time is up."""
    held = [one for one in judgement.waivers if one.standing == "in-force" and one.count]
    late = [one for one in judgement.waivers if one.standing in ("expired", "too-far")]
    if held:
        first = min(held, key=lambda one: one.waiver.until).waiver
        yield words.many(
            marks(
                "{count} fault is left as it is; answerable: {names}, first until {day}.",
                "{count} faults are left as they are; answerable: {names}, first until {day}.",
            ),
            sum(one.count for one in held),
            names=words.listed(sorted({one_line(one.waiver.by, 40) for one in held}), 4),
            day=words.day(datetime(first.until.year, first.until.month, first.until.day, tzinfo=UTC)),
        )
    if late:
        yield words.many(
            marks(
                "{count} permission to leave a fault has run out: what it covered counts again.",
                "{count} permissions to leave faults have run out: what they covered counts again.",
            ),
            len(late),
        )
    idle = sum(one.standing == "matches-nothing" for one in judgement.waivers)
    if idle:
        yield words.many(
            marks(
                "{count} permission to leave a fault fits nothing that was found: take it back, or mend it.",
                "{count} permissions to leave faults fit nothing that was found: take back, or mend them.",
            ),
            idle,
        )
