"""What changed since an earlier audit, in words: for the report, the terminal and `holdwater diff`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analyzer.changes import KINDS, Change, Changes, Kind
from analyzer.rule import Rule
from reports.groups import rule_title
from reports.headline import names_it
from reports.text import listed, many, moment, one_line, words

TITLES: dict[Kind, str] = {
    "new": "New",
    "worse": "Worse",
    "reopened": "No longer waived",
    "unseen": "No longer looked at",
    "better": "Better",
    "waived": "Waived",
    "fixed": "Fixed",
}
_WORDS: dict[Kind, str] = {
    "new": "new",
    "worse": "worse",
    "reopened": "no longer waived",
    "unseen": "no longer looked at",
    "better": "better",
    "waived": "waived",
    "fixed": "fixed",
}
MOST = 40
"""Changes of one kind that the report lists one by one."""


@dataclass(frozen=True, slots=True)
class Line:
    """One change. *shape*: the severity whose sign stands before it, or unknown, or pass."""

    shape: str
    severity: str
    title: str
    rule: str
    host: str
    label: str
    message: str


@dataclass(frozen=True, slots=True)
class Part:
    """All changes of one kind; *more* are not listed."""

    kind: Kind
    title: str
    count: int
    lines: tuple[Line, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Compared:
    """The whole comparison in words. *notes*: what keeps it from being plain."""

    since: str
    grades: str
    counts: str
    notes: tuple[str, ...]
    parts: tuple[Part, ...]

    @property
    def count(self) -> int:
        return sum(part.count for part in self.parts)


def compared(told: Changes, rules: Mapping[str, Rule], most: int = MOST) -> Compared:
    """The changes in words."""
    parts = tuple(
        Part(
            kind, TITLES[kind], len(of), tuple(_line(one, rules) for one in of[:most]), max(0, len(of) - most)
        )
        for kind in KINDS
        if (of := told.of(kind))
    )
    return Compared(moment(told.before_at), _grades(told), counted(told), tuple(_notes(told)), parts)


def counted(told: Changes) -> str:
    """2 new, 1 fixed; 12 as they were."""
    counts = told.counts()
    said = ", ".join(f"{counts[kind]} {_WORDS[kind]}" for kind in KINDS if counts[kind])
    return f"{said or 'nothing changed'}; {many(told.unchanged, 'fault')} as before"


def _grades(told: Changes) -> str:
    (was, now), (number_was, number_now) = told.grades, told.numbers
    if not told.same_rules:
        return f"grade {now}; the grade before was given by other rules and is not compared"
    if was == now and number_was == number_now:
        return f"grade {now}, as before"
    return f"grade {_scored(now, number_now)}, before {_scored(was, number_was)}"


def _scored(grade: str, number: float | None) -> str:
    return grade if number is None or grade == "U" else f"{grade} · {number:.0f}"


def _notes(told: Changes) -> Iterator[str]:
    if not told.same_rules:
        yield "The two audits were judged by different rules: what is new may be so because its rule is."
    if told.targets_new:
        yield f"Audited for the first time: {listed(one_line(name, 60) for name in told.targets_new)}."
    if told.targets_gone:
        yield f"No longer audited: {listed(one_line(name, 60) for name in told.targets_gone)}."


def _line(one: Change, rules: Mapping[str, Rule]) -> Line:
    title = rule_title(rules.get(one.rule), one.rule) if one.rule else "Could not be examined this time"
    label = words(one.label) if not one.rule and "/" not in one.label else one_line(one.label, 100)
    message = one_line(one.message, 300)
    severity: str = one.severity or "unknown"
    if one.kind in ("worse", "better"):
        severity = f"{one.before} → {one.severity}"
    return Line(
        shape="pass" if one.kind == "fixed" else "unknown" if one.kind == "unseen" else str(one.severity),
        severity=severity,
        title=title,
        rule=one.rule,
        host=one_line(one.target, 60),
        label="" if label == one_line(one.target, 100) or names_it(message, label) else label,
        message=message,
    )


def text(told: Compared) -> list[str]:
    """Lines for `holdwater diff`."""
    lines = [f"Since {told.since}: {told.counts}", f"  {told.grades}"]
    lines += [f"  {note}" for note in told.notes]
    for part in told.parts:
        lines += ["", f"{part.title} ({part.count})"]
        lines += [f"  {_said(line)}" for line in part.lines]
        if part.more:
            lines.append(f"  and {part.more} more")
    return lines


def _said(line: Line) -> str:
    label = f"{line.label}: " if line.label else ""
    rule = f" [{line.rule}]" if line.rule else ""
    return f"{line.severity} {line.host}: {label}{line.message}{rule}"


def as_json(told: Changes) -> dict[str, Any]:
    """The changes for programs."""
    return {
        "before": told.before_at,
        "after": told.after_at,
        "same_rules": told.same_rules,
        "grades": list(told.grades),
        "numbers": list(told.numbers),
        "counts": told.counts(),
        "unchanged": told.unchanged,
        "targets_new": list(told.targets_new),
        "targets_gone": list(told.targets_gone),
        "changes": [_change(one) for one in told.items],
    }


def _change(one: Change) -> dict[str, Any]:
    names = ("kind", "rule", "target", "subject", "label", "severity", "before", "message")
    return {name: getattr(one, name) for name in names}


def rows(told: Sequence[Change]) -> list[dict[str, Any]]:
    """A flat row for each change, for CSV and tables."""
    return [_change(one) for one in told]
