"""A workbook: summary, findings, what was not seen, passed checks, and a sheet for every table with rows.

Every cell has the type of its value. Text is written as text, whatever it begins with: never a formula, a
link or a number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from analyzer.engine import Judgement
from analyzer.site import DERIVED
from reports import json
from reports.exports import finding_rows, workbook
from reports.exports.workbook import Sheet
from reports.text import short


def write(judgement: Judgement) -> bytes:
    """The workbook's bytes: the same judgement gives the same workbook."""
    title = f"Storage audit of {short(judgement.site.name, 120)}"
    return workbook.written(sheets(judgement), title=title, at=judgement.site.at)


def sheets(judgement: Judgement) -> Iterator[Sheet]:
    """Every sheet in order."""
    yield Sheet("Summary", ("what", "value"), list(summary(judgement)))
    found = (tuple(one.told().values()) for one in finding_rows.rows(judgement))
    yield Sheet("Findings", finding_rows.NAMES, found)
    names = ("target", "table", "subject", "reason", "detail", "rules")
    gaps = (json.blind_spot(spot) for spot in judgement.blind_spots)
    yield Sheet("Not examined", names, ((*list(gap.values())[:5], ", ".join(gap["rules"])) for gap in gaps))
    passed = (f for f in judgement.findings if f.outcome == "pass")
    told = ((f.rule, f.target, f.label or f.subject, f.subject) for f in passed)
    yield Sheet("Passed checks", ("rule", "target", "thing", "subject"), told)
    told_by_rules = {rule.on for rule in judgement.rules.values()}
    for row_type in DERIVED:  # those that no rule judges may not have been asked for yet
        if row_type not in told_by_rules:
            judgement.site.facts(row_type)
    for row_type, facts in sorted(judgement.site.tables.items(), key=lambda item: item[0].TABLE):
        if facts:
            columns = tuple(one.name for one in fields(row_type))
            rows = ((fact.target, *(getattr(fact.row, name) for name in columns)) for fact in facts)
            yield Sheet(row_type.TABLE, ("target", *columns), rows)


def summary(judgement: Judgement) -> Iterator[tuple[str, Any]]:
    """What the first sheet says."""
    score = judgement.score
    yield "Site", judgement.site.name
    yield "Evidence of", judgement.site.at
    yield "Targets", len(judgement.site.targets)
    yield "Grade", score.grade
    yield "Number (0 to 100)", score.number
    yield "Lowest, if the unknown were half a failure", score.low
    yield "Highest, if the unknown passed", score.high
    yield "Confidence in percent", score.confidence_percent
    for cap in score.caps:
        yield "Held down by", cap.action or cap.condition
    for kind, count in judgement.counts().items():
        yield f"Findings: {kind}", count
    yield "Gaps", len(judgement.blind_spots)
    yield "Rule set", score.ruleset
    yield "Scoring", score.scoring
