"""The recovery plan: in which order systems come back, when, out of what, and what to have in hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analyzer.declared import DeclaredKey, DeclaredRecovery
from analyzer.derived.recovery_step import RecoveryStep
from analyzer.derived.repository import Repository
from analyzer.engine import Judgement
from reports.text import listed, moment, one_line


def steps(judgement: Judgement) -> list[dict[str, Any]]:
    """The steps as plain values, in order."""
    names = _names(judgement)
    return [
        {
            "place": row.place,
            "system": row.asset,
            "label": row.label,
            "tier": row.tier,
            "level": row.level,
            "standing": row.standing,
            "from": names.get(row.repository, row.repository),
            "waits_for": [one for one in row.waits_for.split("\n") if one],
            "starts_hours": row.starts_hours,
            "ends_hours": row.ends_hours,
            "wanted_hours": row.wanted_hours,
            "basis": row.basis,
            "cycle": row.cycle,
            "lost_with": row.lost_with,
        }
        for row in _rows(judgement)
    ]


def _rows(judgement: Judgement) -> list[RecoveryStep]:
    return sorted((fact.row for fact in judgement.site.facts(RecoveryStep)), key=lambda row: row.place)


def _names(judgement: Judgement) -> dict[str, str]:
    return {fact.row.repository: fact.row.name for fact in judgement.site.facts(Repository)}


def text(judgement: Judgement) -> str:
    """The plan as text to be printed and kept in a safe."""
    rows, site = _rows(judgement), judgement.site
    lines = [f"Recovery plan of {one_line(site.name, 100)}, by the evidence of {moment(site.at)}", ""]
    lines += ["In hand before it begins"]
    lines += [f"  [ ] {one}" for one in in_hand(judgement)]
    lines += ["", "Order (hours count from the loss of everything; a star: speed assumed, not measured)"]
    names = _names(judgement)
    for row in rows:
        lines.extend(_step(row, names))
    lost = [row for row in rows if row.standing in ("no", "unknown")]
    if lost:
        lines += ["", "Nothing is known that these could be restored from"]
        lines += [f"  {one_line(row.label, 80)} ({row.standing})" for row in lost]
    lines += [
        "",
        "After each step: log in, look at the data, note the time. Do not restore over what still runs.",
    ]
    return "\n".join(lines)


def _step(row: RecoveryStep, names: dict[str, str]) -> Iterator[str]:
    when = "time not known"
    if row.ends_hours is not None and row.starts_hours is not None:
        star = "" if row.basis.startswith("measured") else "*"
        when = f"hour {row.starts_hours:.1f} to {row.ends_hours:.1f}{star}"
        if row.wanted_hours is not None:
            late = row.ends_hours > row.wanted_hours
            when += f", wanted within {row.wanted_hours:g}" + (" — LATE" if late else "")
    level = "R?" if row.level is None else f"R{row.level}"
    yield f"{row.place:>3}. {one_line(row.label, 60)} ({level}, {row.standing}): {when}"
    if row.repository:
        yield f"     from {one_line(names.get(row.repository, row.repository), 100)}"
    if row.waits_for:
        yield f"     after {listed([one_line(one, 40) for one in row.waits_for.split(chr(10))], 6)}"
    if row.cycle:
        yield f"     CIRCLE: {one_line(row.cycle, 120)} wait for one another"
    if row.lost_with:
        yield f"     CIRCLE: {one_line(row.lost_with, 160)}"


def in_hand(judgement: Judgement) -> list[str]:
    """What must be at hand: the plan, keys, credentials, as far as anybody said."""
    site = judgement.site
    found = []
    plan = next((fact.row for fact in site.facts(DeclaredRecovery)), None)
    where = one_line(plan.runbook or "", 80) if plan else ""
    found.append(f"the written plan: {where or 'NOT KNOWN where'}")
    for key in site.facts(DeclaredKey):
        places = listed([one_line(one, 60) for one in key.row.kept.split("\n") if one], 4)
        found.append(f"the key of {one_line(key.row.opens, 60)}: {places or 'NOT KNOWN where'}")
    for fact in site.facts(Repository):
        if fact.row.encrypted and fact.row.keys_kept is None:
            found.append(f"the key of {one_line(fact.row.name, 80)}: NOT KNOWN where")
    if plan is None or plan.break_glass is None:
        found.append("credentials that need no directory: NOT KNOWN whether there are any")
    elif plan.break_glass:
        found.append("credentials that need no directory")
    return found
