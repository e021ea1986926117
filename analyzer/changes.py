"""What changed between two audits of a site: new, worse, better, fixed, and no longer looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from analyzer.finding import BlindSpot, Finding
from analyzer.score_card import Grade
from analyzer.scoring import carried_over, is_stale
from analyzer.verdict import Severity, rank

Kind = Literal["new", "worse", "reopened", "unseen", "better", "waived", "fixed"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""In the order of telling. unseen: looked at before, and now it could not be; nobody knows how it is.
reopened: it was waived and counts again. waived: it is there, and somebody answers for it since."""

_URGENT: tuple[Kind, ...] = ("new", "worse", "reopened", "unseen")

Key = tuple[str, str, str]
"""Rule, target, subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What is compared of one audit: of a judgement, or as the store keeps it."""

    at: datetime
    targets: tuple[str, ...]
    findings: Sequence[Finding]
    blind_spots: Sequence[BlindSpot]
    grade: Grade
    number: float | None
    ruleset: str
    scoring: str

    @property
    def method(self) -> tuple[str, str]:
        """Grades are comparable only where this is equal."""
        return (self.ruleset, self.scoring)


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """The grade of one audit, and what it was judged by. *number*: None where it could not be rated."""

    at: datetime
    grade: Grade
    number: float | None
    low: float
    high: float
    ruleset: str
    scoring: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that changed. *severity*: now, or before for what is fixed; *before*: None if none was.

    *rule* is empty for a gap that came up: then *subject* is a table, or one thing of it. *finding*: the
    fault itself, of the later audit if it is there.
    """

    kind: Kind
    rule: str
    target: str
    subject: str
    label: str
    severity: Severity | None
    before: Severity | None
    message: str
    finding: Finding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """All that changed. *items*: by kind, worst first. *unchanged*: faults that stand as they stood.

    *same_rules*: both were judged by the same rules and the same scoring; if not, grades must not be compared
    and a fault may be new only because its rule is.
    """

    before_at: datetime
    after_at: datetime
    same_rules: bool
    grades: tuple[Grade, Grade]
    numbers: tuple[float | None, float | None]
    items: tuple[Change, ...]
    unchanged: int
    targets_new: tuple[str, ...]
    targets_gone: tuple[str, ...]

    def of(self, kind: Kind) -> tuple[Change, ...]:
        """Those of one kind."""
        return tuple(one for one in self.items if one.kind == kind)

    def counts(self) -> dict[Kind, int]:
        """How many of each kind."""
        return {kind: len(self.of(kind)) for kind in KINDS}

    @property
    def urgent(self) -> bool:
        """Whether a high or critical fault came up, or could not be looked at again, or a gap came up."""
        return any(
            one.kind in _URGENT and (one.severity is None or rank(one.severity) >= rank("high"))
            for one in self.items
        )


def changes(before: Audited, after: Audited) -> Changes:
    """Compare two audits of one site; pure, and the order of findings does not matter."""
    was, now = _faults(before.findings), _faults(after.findings)
    lost = {one.key for one in carried_over(before.findings, after.findings, after.blind_spots)}
    lost |= {key for key, one in now.items() if is_stale(one)}
    items = [*_standing(was, now, lost), *_gone(was, now, lost, after.findings), *_gaps(before, after)]
    items.sort(key=_order)
    return Changes(
        before_at=before.at,
        after_at=after.at,
        same_rules=before.method == after.method,
        grades=(before.grade, after.grade),
        numbers=(before.number, after.number),
        items=tuple(items),
        unchanged=_unchanged(was, now, lost),
        targets_new=tuple(sorted(set(after.targets) - set(before.targets))),
        targets_gone=tuple(sorted(set(before.targets) - set(after.targets))),
    )


def _faults(findings: Sequence[Finding]) -> dict[Key, Finding]:
    """The faults by key; where a rule says two things of one subject, the worse."""
    found: dict[Key, Finding] = {}
    for one in sorted(findings, key=lambda f: (rank(f.severity), f.message)):
        if one.outcome in ("fail", "waived"):  # a waived fault is not mended
            found[one.key] = one
    return found


def _standing(was: Mapping[Key, Finding], now: Mapping[Key, Finding], lost: set[Key]) -> Iterator[Change]:
    """Faults of the later audit that were seen in it: new, worse, better, waived or no longer so."""
    for key, one in now.items():
        if key in lost:
            continue
        before = was.get(key)
        if before is None:
            yield _change("new", one, None, one.message)
        elif one.outcome != before.outcome:
            yield _change(
                "waived" if one.outcome == "waived" else "reopened", one, before.severity, one.message
            )
        elif rank(one.severity) != rank(before.severity):
            kind: Kind = "worse" if rank(one.severity) > rank(before.severity) else "better"
            yield _change(kind, one, before.severity, one.message)


def _gone(
    was: Mapping[Key, Finding], now: Mapping[Key, Finding], lost: set[Key], findings: Sequence[Finding]
) -> Iterator[Change]:
    """Faults of the earlier audit that were not found again: fixed, or not looked at."""
    passed = {one.key for one in findings if one.outcome == "pass"}
    for key, one in was.items():
        if key in lost:
            if not is_stale(one):
                yield _change(
                    "unseen", one, one.severity, f"could not be looked at again; it was: {one.message}"
                )
        elif key not in now:
            how = "passes now" if key in passed else "is gone"
            yield _change("fixed", one, one.severity, f"{how}; it was: {one.message}")


def _gaps(before: Audited, after: Audited) -> Iterator[Change]:
    """Gaps that came up where rules had judged before."""
    judged = {(one.rule, one.target) for one in before.findings if one.outcome in ("pass", "fail", "waived")}
    known = {_place(spot) for spot in before.blind_spots}
    for spot in after.blind_spots:
        gap = spot.gap
        blinded = [rule for rule in spot.rules if (rule, gap.target) in judged]
        if blinded and _place(spot) not in known:
            yield Change(
                kind="unseen",
                rule="",
                target=gap.target,
                subject=gap.subject or gap.table.TABLE,
                label=gap.subject or gap.table.TABLE,
                severity=None,
                before=None,
                message=f"{gap.reason}{': ' if gap.detail else ''}{gap.detail}",
            )


def _place(spot: BlindSpot) -> tuple[str, str, str]:
    return (spot.gap.target, spot.gap.table.TABLE, spot.gap.subject)


def _change(kind: Kind, told: Finding, before: Severity | None, message: str) -> Change:
    return Change(
        kind=kind,
        rule=told.rule,
        target=told.target,
        subject=told.subject,
        label=told.label or told.subject,
        severity=told.severity,
        before=before,
        message=message,
        finding=told,
    )


def _unchanged(was: Mapping[Key, Finding], now: Mapping[Key, Finding], lost: set[Key]) -> int:
    same = (key for key in was.keys() & now.keys() if key not in lost)
    return sum((was[k].severity, was[k].outcome) == (now[k].severity, now[k].outcome) for k in same)


def _order(one: Change) -> tuple[int, int, str, str, str, str]:
    severity = -1 if one.severity is None else rank(one.severity)
    return (KINDS.index(one.kind), -severity, one.rule, one.target, one.subject, one.message)
