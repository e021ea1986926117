"""Faults that somebody answers for, for a time: they leave the counts and stay in the report.

A waiver changes who acts, never what is there: a waived fault weighs in the score, its range and its caps
like any other. What a waiver moves is told in `docs/scoring.md`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from analyzer.finding import Finding, Waiver

Standing = Literal["in-force", "expired", "too-far", "matches-nothing"]
"""too-far: it ends more than twelve months after the audit, and so does not hold."""

TOLD: Mapping[Standing, str] = {
    "in-force": "in force",
    "expired": "expired: the fault counts again",
    "too-far": "not in force: it ends more than twelve months after this audit",
    "matches-nothing": "matches no fault of this audit: remove it, or mend its scope",
}


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a waiver. *count*: the faults it names, waived or not."""

    waiver: Waiver
    standing: Standing
    count: int


def waived(
    findings: Sequence[Finding], waivers: Sequence[Waiver], at: datetime
) -> tuple[list[Finding], tuple[Applied, ...]]:
    """The findings with every fault that a waiver names marked, and what became of each waiver.

    *at*: the time of the evidence. A fault whose waiver holds has the outcome `waived`; one whose waiver has
    run out stays a fault and keeps the waiver, so that reports can say so.
    """
    if not waivers:
        return list(findings), ()
    by_rule: dict[str, list[int]] = {}
    for place, waiver in enumerate(waivers):
        by_rule.setdefault(waiver.rule, []).append(place)
    counts = [0] * len(waivers)
    marked = []
    for finding in findings:
        places = [p for p in by_rule.get(finding.rule, ()) if names(waivers[p], finding)]
        if finding.outcome == "fail" and places:
            for place in places:
                counts[place] += 1
            finding = _marked(finding, [waivers[p] for p in places], at.date())
        marked.append(finding)
    told = zip(waivers, counts, strict=True)
    return marked, tuple(Applied(one, standing(one, at.date(), count), count) for one, count in told)


def names(waiver: Waiver, finding: Finding) -> bool:
    """Whether the waiver's scope holds the finding: rule, target and subject (or label) exactly."""
    return (
        waiver.rule == finding.rule
        and waiver.target in ("", finding.target)
        and waiver.subject in ("", finding.subject, finding.label)
    )


def standing(waiver: Waiver, day: date, count: int = 1) -> Standing:
    """Whether a waiver that names *count* faults holds on that day."""
    if not count:
        return "matches-nothing"
    if waiver.until < day:
        return "expired"
    return "too-far" if waiver.until > a_year_after(day) else "in-force"


def a_year_after(day: date) -> date:
    """The last day on which a waiver given on *day* may end."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year + 1, day=28)


def _marked(finding: Finding, named: Iterable[Waiver], day: date) -> Finding:
    best = max(named, key=lambda one: (standing(one, day) == "in-force", one.until, one.by, one.reason))
    if standing(best, day) == "in-force":
        return replace(finding, outcome="waived", waiver=best)
    return replace(finding, waiver=best)
