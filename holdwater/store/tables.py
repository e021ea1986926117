"""What the store adds to the facts: tables of audits, findings, gaps and scores, the columns of all."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collectors.table import column

FIRST = {"site": (str, "The site"), "audit_at": (datetime, "When the audit was begun (UTC)")}
"""Columns before all others of every table."""
LAST = {"audit_id": (str, "Which audit: its time and the beginning of its bundle's hash")}
"""Column after all others of every table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """One audit: its grade, and by which rules."""

    grade: str = column("A+ to F, or U: unrated")
    number: float | None = column("0 to 100 after caps; none: nothing was judged")
    low: float = column("The number if all that is unknown were half a failure")
    high: float = column("The number if it passed")
    confidence_percent: float = column("How much of what applies was judged")
    assured_percent: float = column("How much of what did not fail was seen to pass")
    critical: int = column("Critical faults")
    high_faults: int = column("High faults")
    medium: int = column("Medium faults")
    low_faults: int = column("Low faults")
    info: int = column("Faults that are worth a note")
    unknown: int = column("Checks that could not be decided")
    errors: int = column("Rules that broke")
    waived: int = column("Faults that somebody answers for, for a time")
    passed: int = column("Checks that passed")
    blind_spots: int = column("Things that should have been told and were not")
    targets: int = column("Targets asked")
    unreachable: int = column("Targets that were not reached")
    complete: bool = column("Collected without being interrupted")
    ruleset: str = column("Fingerprint of the rules that judged; only equal ones can be compared")
    scoring: str = column("Version of the scoring")
    tool: str = column("What collected it")
    bundle: str = column("File name of the evidence bundle")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A target of an audit."""

    target: str = column("Its name")
    kind: str = column("How it was asked: local, ssh, proxmox, vsphere, imported")
    address: str = column("Where")
    system: str = column("What it runs, where that is not Unix: vsphere, proxmox, windows")
    reached: bool = column("Whether it could be asked")
    detail: str = column("Why not")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFinding:
    """One rule's word on one row, passed checks among them."""

    rule: str = column("Id of the rule: family/name")
    family: str = column("Family of the rule")
    title: str = column("The fault in one sentence")
    outcome: str = column("fail, waived, unknown, error or pass")
    severity: str = column("critical, high, medium, low or info")
    severity_rank: int = column("4 for critical down to 0 for info")
    target: str = column("On which target")
    system: str = column("System in whose grade it counts; empty: in that of the site alone")
    subject: str = column("Of which thing: key of the row that was judged")
    label: str = column("What a person calls it")
    root: str = column("The thing at fault")
    message: str = column("What was measured, and the limit")
    decided_by: str = column("Column of the row that decided")
    probability: float | None = column("Chance of the harm within twelve months, 0 to 1")
    priority: str | None = column("P1 now, P2 within a month, P3 with the next planned work (open faults)")
    stale: bool = column("Carried over from an earlier audit: could not be looked at again")
    waived_by: str | None = column("Who answers for it, if the outcome is waived; else whose waiver ran out")
    waived_because: str | None = column("The reason given")
    waived_until: str | None = column("Last day of the waiver, as in 2031-05-06")
    limits: str = column("Limits used, as JSON")
    evidence: str = column("Which answers, where in them and when, as JSON")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredGap:
    """Something that should have been told and was not."""

    target: str = column("On which target")
    table_name: str = column("Table that has the gap")
    subject: str = column("Row of it; empty: all of it")
    reason: str = column("denied, timed-out, tool-missing and so on")
    detail: str = column("In words")
    rules: str = column("Rules that could not judge, comma-separated")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAbsence:
    """Proof that a table does not apply to a target."""

    target: str = column("On which target")
    table_name: str = column("Table that does not apply")
    proof: str = column("The proof")


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetGrade:
    """The score of one asset."""

    target: str = column("The asset")
    tier: int = column("1 vital, 2 important, 3 nice to have")
    grade: str = column("A+ to F, or U: unrated")
    number: float | None = column("0 to 100 after caps")
    low: float = column("The number if all that is unknown were half a failure")
    high: float = column("The number if it passed")
    confidence_percent: float = column("How much of what applies was judged")
    assured_percent: float = column("How much of what did not fail was seen to pass")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pillar:
    """One part of the score, of the site or of an asset."""

    target: str = column("The asset; empty: the site")
    pillar: str = column("Short name")
    title: str = column("In words")
    weight: float = column("Percent of the whole")
    number: float | None = column("0 to 100; none: not examined")
    examined: bool = column("Whether anything passed or failed")
    applicable: bool = column("False only where there is proved to be nothing to examine")


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeCap:
    """What holds a grade down."""

    target: str = column("The asset; empty: the site")
    condition: str = column("The condition")
    grade: str = column("No better than this")
    action: str = column("What lifts it")
    rules: str = column("Failed rules behind it, comma-separated")


@dataclass(frozen=True, slots=True, kw_only=True)
class BestAction:
    """What lifts the site's grade most, best first."""

    place: int = column("1 for the best")
    target: str = column("On which target")
    root: str = column("The thing to mend")
    label: str = column("What a person calls it")
    rules: str = column("Rules that failed for it, comma-separated")
    severity: str = column("The worst of them")
    number: float = column("The site's number if it were mended")
    grade: str = column("The site's grade then")
    gain: float = column("Points gained before caps")
    priority: str | None = column("Of the most urgent fault that is mended with it: P1, P2 or P3")


OWN: dict[str, type[Any]] = {
    "audit": Audit,
    "target": Target,
    "finding": StoredFinding,
    "blind_spot": StoredGap,
    "absence": StoredAbsence,
    "asset_grade": AssetGrade,
    "pillar": Pillar,
    "grade_cap": GradeCap,
    "best_action": BestAction,
}
"""The store's own tables by name."""


def known(hint: Any) -> Any:
    """The type of a value that is told: `int` for `int | None`."""
    arms = [arm for arm in typing.get_args(hint) if arm is not type(None)]
    return arms[0] if arms else hint


def columns(row_type: type[Any], *, with_target: bool) -> dict[str, tuple[Any, str]]:
    """Every column as it stands in the store: name → (type, sentence). *with_target*: facts have one each."""
    told: dict[str, tuple[Any, str]] = dict(FIRST)
    if with_target:
        told["target"] = (str, "The target it is true of")
    hints = typing.get_type_hints(row_type)
    for field in dataclasses.fields(row_type):
        name = kept_as(field.name) if with_target else field.name
        told[name] = (known(hints[field.name]), str(field.metadata.get("doc", "")))
    return told | LAST


def kept_as(column: str) -> str:
    """What a column of a table of facts is called in the store, where all tables have some in common."""
    return f"own_{column}" if column in (*FIRST, "target", *LAST) else column


def declared(facts: Mapping[str, type[Any]]) -> dict[str, dict[str, tuple[Any, str]]]:
    """Columns of every table that the store may hold. *facts*: the tables of facts by name."""
    told = {name: columns(row_type, with_target=True) for name, row_type in facts.items()}
    return told | {name: columns(row_type, with_target=False) for name, row_type in OWN.items()}
