"""What changed since the last audit of the site."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from analyzer.engine import Judgement
from analyzer.finding import Finding
from analyzer.score_card import Grade
from analyzer.verdict import rank


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
    was, faults = _by_key(before.failed()), _by_key(now.failed())
    both = [(was[key], fault) for key, fault in faults.items() if key in was]
    sure = {finding.key for finding in now.findings if finding.outcome == "pass"}
    doubtful = {(f.rule, f.target) for f in now.findings if f.outcome in ("unknown", "error")}
    doubtful |= {(rule, spot.gap.target) for spot in now.blind_spots for rule in spot.rules}
    looked = {(f.rule, f.target) for f in now.findings} - doubtful
    gone = [fault for key, fault in was.items() if key not in faults]
    seen = [f for f in gone if f.key in sure or (f.rule, f.target) in looked]
    seen_keys = {f.key for f in seen}
    return Since(
        at=before.site.at,
        grade=before.score.grade,
        comparable=(before.score.ruleset, before.score.scoring) == (now.score.ruleset, now.score.scoring),
        new=tuple(fault for key, fault in faults.items() if key not in was),
        worse=tuple(after for old, after in both if rank(after.severity) > rank(old.severity)),
        better=tuple(after for old, after in both if rank(after.severity) < rank(old.severity)),
        mended=tuple(seen),
        lost_sight=tuple(f for f in gone if f.key not in seen_keys),
        unchanged=sum(1 for old, after in both if after.severity == old.severity),
    )


def _by_key(findings: Iterable[Finding]) -> dict[tuple[str, str, str], Finding]:
    return {finding.key: finding for finding in findings if finding.severity != "info"}
