"""How many systems can be restored, by what the evidence supports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analyzer.derived.protection import Protection
from analyzer.engine import Judgement
from analyzer.recovery_level import Standing
from reports.language import mark
from reports.tables import rows

STANDINGS: Mapping[Standing, str] = {
    "proven": mark("proven"),
    "plausible": mark("plausible"),
    "doubtful": mark("doubtful"),
    "no": mark("not restorable"),
    "unknown": mark("unknown"),
}
"""From best to worst, with their words. Only the first two count as restorable; unknown never does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoring:
    """How one system stands. *age_hours*: of the newest good copy that survives its loss; None: not told."""

    name: str
    standing: Standing
    tier: int | None = None
    level: int | None = None
    age_hours: float | None = None
    rpo_hours: float | None = None
    rto_hours: float | None = None
    rto_wanted_hours: float | None = None
    copies: int | None = None


@dataclass(frozen=True, slots=True)
class Restorable:
    """All systems of a site, the worst of the most important first."""

    systems: tuple[Restoring, ...]

    @property
    def total(self) -> int:
        return len(self.systems)

    @property
    def count(self) -> int:
        """How many are proven or plausible."""
        counts = self.counts
        return counts["proven"] + counts["plausible"]

    @property
    def counts(self) -> dict[Standing, int]:
        """How many of each standing, best first."""
        told: dict[Standing, int] = dict.fromkeys(STANDINGS, 0)
        for system in self.systems:
            told[system.standing] += 1
        return told


def restorable(judgement: Judgement) -> Restorable:
    """Where each system of a judgement stands; unknown where nothing tells, which is never restorable."""
    told = [_restoring(fact.row) for fact in rows(judgement, Protection)]
    known = {one.name for one in told}
    if not told:  # working them out failed, or the judgement is of a single answer
        names = {*(asset.name for asset in judgement.site.assets), *judgement.site.targets}
        told = [Restoring(name=name, standing="unknown") for name in sorted(names - known)]
    return Restorable(tuple(sorted(told, key=_worst_first)))


def _restoring(row: Protection) -> Restoring:
    return Restoring(
        name=row.said,
        standing=standing_of(row),
        tier=row.tier,
        level=row.level,
        age_hours=row.copy_age_hours,
        rpo_hours=row.rpo_hours,
        rto_hours=row.rto_hours,
        rto_wanted_hours=row.rto_wanted_hours,
        copies=row.copies,
    )


def standing_of(row: Protection) -> Standing:
    """The standing of a system, typed; a word that is not known stands for unknown."""
    return next((one for one in STANDINGS if one == row.standing), "unknown")


def _worst_first(system: Restoring) -> tuple[int, int, str]:
    order: tuple[Standing, ...] = ("no", "doubtful", "unknown", "plausible", "proven")
    return (system.tier or 2, order.index(system.standing), system.name)
