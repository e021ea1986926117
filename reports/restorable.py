"""How many systems can be restored, by what the evidence supports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from analyzer.derived.protection import Protection
from analyzer.engine import Judgement
from analyzer.recovery_level import Standing
from reports.language import mark

STANDINGS: Mapping[Standing, str] = {
    "proven": mark("proven"),
    "plausible": mark("plausible"),
    "doubtful": mark("doubtful"),
    "no": mark("not restorable"),
    "unknown": mark("unknown"),
}
"""From best to worst, with their words. Only the first two count as restorable; unknown never does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One system somebody would want back. Ages and times in seconds; None: not told."""

    name: str
    standing: Standing
    tier: int | None = None
    newest_age_seconds: float | None = None
    because: str = ""


@dataclass(frozen=True, slots=True)
class Restorable:
    """All systems of a site, the worst of the most important first."""

    systems: tuple[System, ...]

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
    return Restorable(tuple(sorted(_systems(judgement), key=_worst_first)))


def _systems(judgement: Judgement) -> Iterable[System]:
    """One for each row of the table of protection; where working it out failed, nothing is known of any."""
    told = [fact.row for fact in judgement.site.tables.get(Protection, ())]
    tiers = {asset.name: asset.tier for asset in judgement.site.assets}
    for name in sorted({*tiers, *judgement.site.targets}) if not told else ():
        yield System(name=name, standing="unknown", tier=tiers.get(name))
    for row in told:
        age = row.age_hours * 3600 if row.age_hours is not None else None
        yield System(
            name=row.label,
            standing=standing_of(row),
            tier=row.tier,
            newest_age_seconds=age,
            because=row.proof.split("\n")[-1].rpartition(": ")[2],
        )


def standing_of(row: Protection) -> Standing:
    """The standing of a system, typed; a word that is not known stands for unknown."""
    return next((one for one in STANDINGS if one == row.standing), "unknown")


def _worst_first(system: System) -> tuple[int, int, str]:
    order: tuple[Standing, ...] = ("no", "doubtful", "unknown", "plausible", "proven")
    return (system.tier or 2, order.index(system.standing), system.name)
