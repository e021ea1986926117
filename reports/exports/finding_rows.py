"""Findings as flat rows: one declaration for CSV, spreadsheets and Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any

from analyzer.engine import Judgement
from analyzer.finding import Finding
from reports.groups import Measures, rule_title
from reports.text import told, words


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """One finding that is no pass; None is what was not told."""

    severity: str = field(metadata={"about": "critical, high, medium, low or info"})
    outcome: str = field(metadata={"about": "fail, waived, unknown or error"})
    priority: str = field(metadata={"about": "P1 now, P2 within a month, P3 later; empty if no open fault"})
    rule: str = field(metadata={"about": "family/name"})
    title: str = field(metadata={"about": "The fault in one sentence"})
    target: str = field(metadata={"about": "Where"})
    thing: str = field(metadata={"about": "What, as people call it"})
    subject: str = field(metadata={"about": "What, as it is known for certain: WWN, serial, UUID"})
    message: str = field(metadata={"about": "What was found, with the measured value and the limit"})
    measured: str = field(metadata={"about": "The value that decided"})
    limits: str = field(metadata={"about": "The limits used"})
    probability: float | None = field(
        metadata={"about": "Of the harm within a year, where a study gives one"}
    )
    controls: str = field(metadata={"about": "Controls it is relevant to"})
    command: str = field(metadata={"about": "The command or call whose answer it rests on"})
    answer: str = field(metadata={"about": "That answer in the evidence bundle"})
    place: str = field(metadata={"about": "Line or JSON path in the answer"})
    collected_at: datetime | None = field(metadata={"about": "When it was collected, UTC"})
    waived_by: str = field(metadata={"about": "Who answers for leaving it"})
    waived_until: date | None = field(metadata={"about": "Until when"})
    waiver_reason: str = field(metadata={"about": "Why"})
    waiver: str = field(metadata={"about": "in force or not in force; empty without one"})

    def told(self) -> dict[str, Any]:
        """Column → value."""
        return {one: getattr(self, one) for one in NAMES}


NAMES = tuple(one.name for one in fields(FindingRow))
ABOUT = {one.name: str(one.metadata["about"]) for one in fields(FindingRow)}


def rows(judgement: Judgement) -> Iterator[FindingRow]:
    """Every finding that is no pass, worst first."""
    measures = Measures(judgement)
    for finding in judgement.findings:
        if finding.outcome != "pass":
            yield _row(finding, judgement, measures)


def _row(finding: Finding, judgement: Judgement, measures: Measures) -> FindingRow:
    rule = judgement.rules.get(finding.rule)
    source = finding.sources[0] if finding.sources else None
    waiver = finding.waiver
    return FindingRow(
        severity=finding.severity,
        outcome=finding.outcome,
        priority=finding.priority or "",
        rule=finding.rule,
        title=rule_title(rule, finding.rule),
        target=finding.target,
        thing=finding.label or finding.subject,
        subject=finding.subject,
        message=finding.message,
        measured=measures.of(finding),
        limits=", ".join(f"{words(name)} {told(name, value)}" for name, value in finding.limits.items()),
        probability=finding.probability,
        controls=", ".join(rule.controls) if rule else "",
        command=" ".join(source.origin.argv) if source else "",
        answer=source.origin.member if source else "",
        place=source.where if source else "",
        collected_at=source.origin.at if source else None,
        waived_by=waiver.by if waiver else "",
        waived_until=waiver.until if waiver else None,
        waiver_reason=waiver.reason if waiver else "",
        waiver="" if waiver is None else "in force" if finding.outcome == "waived" else "not in force",
    )
