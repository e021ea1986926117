"""Systems as text, rows and plain values: for the terminal, spreadsheets and JSON."""

from __future__ import annotations

import dataclasses
from typing import Any

from analyzer.derived.protection import Protection
from analyzer.engine import Judgement
from reports.systems import systems, worst_faults, worst_first
from reports.text import one_line

EVERY = 10**9


def listing(judgement: Judgement) -> list[dict[str, str]]:
    """The table as rows of text, for a terminal or a spreadsheet."""
    return [
        {
            "system": row.name,
            "tier": row.tier,
            "level": row.level,
            "standing": row.word,
            "newest": row.newest,
            "loss / wanted": row.loss,
            "restore / wanted": row.time,
            "copies": row.copies,
            "checked": row.verified,
            "restored": row.tested,
            "worst": row.worst,
        }
        for row in systems(judgement, most=EVERY).rows
    ]


def summary(judgement: Judgement) -> list[dict[str, Any]]:
    """Every system as plain values, worst of the most important first."""
    facts = sorted(judgement.site.facts(Protection), key=lambda fact: worst_first(fact.row))
    worst = worst_faults(judgement)
    told = []
    for fact in facts:
        row = {one.name: getattr(fact.row, one.name) for one in dataclasses.fields(fact.row)}
        found = worst.get(fact.row.asset)
        told.append(
            {**row, "worst": found.message if found else "", "worst_rule": found.rule if found else ""}
        )
    return told


def meant(judgement: Judgement, name: str) -> str | None:
    """The system of that name or label; None if there is none."""
    known = [fact.row for fact in judgement.site.facts(Protection)]
    exact = [row.asset for row in known if name.lower() in (row.asset.lower(), row.label.lower())]
    return exact[0] if exact else None


def argument(judgement: Judgement, name: str) -> str:
    """The argument for the verdict on one system, as text."""
    row = next(one for one in systems(judgement, most=EVERY).rows if one.asset == name)
    marks = {"pass": "yes", "critical": "no ", "unknown": "?  "}
    lines = [f"{row.name} ({row.kind}, tier {row.tier}): {row.level}, {row.word}", ""]
    lines += [f"  {marks[shape]}  {title}: {why}" for shape, title, why in row.steps]
    if row.lift:
        lines += ["", f"What lifts it: {row.lift}."]
    lines += ["", "Copies" if row.held else f"Copies: {row.copies}."]
    for copy in row.held:
        said = f"newest {copy.newest}, {copy.points}; {copy.fate}; checked {copy.checked}; {copy.reach}"
        lines.append(f"  {copy.name}: {said}")
    lines += ["", "3-2-1-1-0"]
    lines += [f"  {marks[d.state]}  {d.digit} {d.wanted}: {d.told}" for d in row.digits]
    lines += ["", f"Loss: {row.loss}. Restore: {row.time}" + (f" = {row.basis}" if row.basis else "")]
    if row.searched:
        lines.append(f"Looked for in: {row.searched}")
    lines += [f"Evidence: {one}" for one in row.sources]
    found = [f for f in judgement.failed() if f.target == name]
    lines += ["", "Findings"] if found else []
    lines += [f"  {f.severity}: {one_line(f.message)} [{f.rule}]" for f in found]
    return "\n".join(lines)
