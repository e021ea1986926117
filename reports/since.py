"""What changed since the last audit of the site."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from analyzer.changes import Changes, Kind, changes
from analyzer.engine import Judgement, audited
from analyzer.finding import Finding
from analyzer.score_card import Grade


@dataclass(frozen=True, slots=True)
class Since:
    """Two judgements of one site beside each other. *lost_sight*: faults that could not be looked at again.

    *comparable*: both were judged by the same rules and weights; only then may grades be compared.
    """

    at: datetime
    grade: Grade
    comparable: bool
    new: tuple[Finding, ...]
    worse: tuple[Finding, ...]
    better: tuple[Finding, ...]
    mended: tuple[Finding, ...]
    lost_sight: tuple[Finding, ...]
    unchanged: int

    @property
    def nothing(self) -> bool:
        """Whether all is as it was."""
        return not (self.new or self.worse or self.better or self.mended or self.lost_sight)


def since(before: Judgement, now: Judgement) -> Since:
    """Compare two judgements fault by fault; the same fault has the same key in both."""
    return told(changes(audited(before), audited(now)))


def told(found: Changes) -> Since:
    """The faults among the changes; those of severity info are left out."""

    def faults(kind: Kind) -> tuple[Finding, ...]:
        known = (one.finding for one in found.of(kind))
        return tuple(one for one in known if one is not None and one.severity != "info")

    return Since(
        at=found.before_at,
        grade=found.grades[0],
        comparable=found.same_rules,
        new=faults("new"),
        worse=faults("worse"),
        better=faults("better"),
        mended=faults("fixed"),
        lost_sight=faults("unseen"),
        unchanged=found.unchanged,
    )
