"""Findings, facts and gaps for programs. `docs/json.md` is the schema; `SCHEMA` its version."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from analyzer.finding import BlindSpot, Finding
from analyzer.site import DERIVED, Site
from collectors.fact import Fact, Gap, Source
from collectors.table import Row

if TYPE_CHECKING:
    from analyzer.engine import Judgement

SCHEMA = 1


def dumps(told: Any) -> str:
    """JSON text of anything this module makes: keys in order of declaration, times in ISO 8601."""
    return json.dumps(told, indent=2, default=_plain, ensure_ascii=False)


def judgement(judged: Judgement) -> dict[str, Any]:
    """A whole judgement."""
    from reports import changes

    return {
        "schema": SCHEMA,
        "site": judged.site.name,
        "at": judged.site.at,
        "targets": sorted(judged.site.targets),
        "score": dataclasses.asdict(judged.score),
        "counts": judged.counts(),
        "changes": None if judged.changes is None else changes.as_json(judged.changes),
        "findings": [finding(f) for f in judged.findings if f.outcome != "pass"],
        "passed": passed(judged.findings),
        "waivers": [
            {**dataclasses.asdict(one.waiver), "standing": one.standing, "count": one.count}
            for one in judged.waivers
        ],
        "gaps": [blind_spot(b) for b in judged.blind_spots],
        "absent": sorted(
            ({"target": a.target, "table": a.table.TABLE, "proof": a.proof} for a in judged.site.absences),
            key=lambda told: (told["target"], told["table"], told["proof"]),
        ),
    }


def saved(kind: str, judged: Judgement) -> dict[str, Any]:
    """What `holdwater read` tells of one file."""
    return {
        "kind": kind,
        "facts": tables(judged.site),
        "findings": [finding(f) for f in judged.findings if f.outcome != "pass"],
        "passed": passed(judged.findings),
        "gaps": [blind_spot(b) for b in judged.blind_spots],
    }


def tables(site: Site, *, derived: bool = False) -> dict[str, list[dict[str, Any]]]:
    """The site's rows by table, collected ones or also derived ones."""
    told = sorted(site.tables.items(), key=lambda item: item[0].TABLE)
    return {
        row_type.TABLE: [row(fact) for fact in facts]
        for row_type, facts in told
        if facts and (derived or row_type not in DERIVED)
    }


def row(fact: Fact[Row]) -> dict[str, Any]:
    """One row with its target; a value that was not told is null."""
    names = (field.name for field in dataclasses.fields(fact.row))
    return {"target": fact.target, **{name: getattr(fact.row, name) for name in names}}


def finding(told: Finding) -> dict[str, Any]:
    """One finding, with its evidence."""
    return {
        "rule": told.rule,
        "outcome": told.outcome,
        "severity": told.severity,
        "priority": told.priority,
        "target": told.target,
        "subject": told.subject,
        "label": told.label,
        "message": told.message,
        "column": told.column or None,
        "probability": told.probability,
        "limits": dict(told.limits),
        "evidence": [source(s) for s in told.sources],
        "waiver": told.waiver and dataclasses.asdict(told.waiver),
    }


def passed(findings: Iterable[Finding]) -> dict[str, list[str]]:
    """Subjects that passed, by rule: `TARGET: SUBJECT`."""
    told: dict[str, list[str]] = {}
    for one in findings:
        if one.outcome == "pass":
            told.setdefault(one.rule, []).append(f"{one.target}: {one.subject}")
    return told


def source(told: Source) -> dict[str, Any]:
    """Where a value was read."""
    origin = told.origin
    return {"argv": list(origin.argv), "at": origin.at, "member": origin.member, "where": told.where or None}


def gap(told: Gap) -> dict[str, Any]:
    """What was not told."""
    return {
        "target": told.target,
        "table": told.table.TABLE,
        "subject": told.subject or None,
        "reason": told.reason,
        "detail": told.detail,
    }


def blind_spot(told: BlindSpot) -> dict[str, Any]:
    """What was not told, and the rules that could not judge."""
    return {**gap(told.gap), "rules": list(told.rules)}


def lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """One JSON object a line."""
    for one in rows:
        yield json.dumps(one, default=_plain, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, frozenset | set):
        return sorted(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    raise TypeError(f"{type(value).__name__} has no place in a report")
