"""Which systems are scored, what belongs to each of them, and what depends on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from analyzer.derived.asset import REPOSITORY_SYSTEMS, System
from analyzer.derived.backup_software import BackupSoftware
from analyzer.derived.protection import Protection
from analyzer.derived.readiness import ExposureState, RecoveryReadiness
from analyzer.finding import Finding
from analyzer.rule import Rule
from analyzer.score_method import Method
from analyzer.site import Asset, Site
from collectors.hypervisor_tables import Guest

THE_SITE = ""
"""Stands where the name of a system does: what counts for the site, but is about none of its systems."""

_OF_THE_WHOLE = frozenset((BackupSoftware, ExposureState, RecoveryReadiness))
"""Tables whose rows are about the whole site. They bear its name, which a host may have too."""

_OF_GUESTS = ("media", "integrity")
_OF_DECLARED = ("media", "integrity", "snapshot")
_OF_THE_SITE = ("media", "integrity", "snapshot", "backup")
_OF_REPOSITORIES = (*_OF_THE_SITE, "recovery", "exposure")


@dataclass(frozen=True, slots=True)
class Scored:
    """The systems of a site as the score sees them.

    *owners*: (target, thing at fault) → system, for findings of a hypervisor that are about one guest.
    *levels*: recoverability level, by system. *dependents*: names of all that need it, by system.
    *not_applicable*: pillars in which a system has nothing to examine.
    """

    assets: tuple[Asset, ...] = ()
    owners: Mapping[tuple[str, str], str] = field(default_factory=dict)
    levels: Mapping[str, int] = field(default_factory=dict)
    dependents: Mapping[str, frozenset[str]] = field(default_factory=dict)
    not_applicable: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def owner(self, finding: Finding, rules: Mapping[str, Rule]) -> str:
        """The system that a finding is about; :data:`THE_SITE` if it is about none of them."""
        if finding.rule in rules and rules[finding.rule].on in _OF_THE_WHOLE:
            return THE_SITE
        if not self.owners:
            return finding.target
        return self.owners.get((finding.target, finding.root), finding.target)


def scored_systems(site: Site) -> Scored:
    """What the tables of systems and of their protection say; both must be worked out already.

    Where they are not (working them out failed), each target and each declared asset stands for itself.
    """
    told = [fact.row for fact in site.tables.get(System, ())]
    guestless = _without_guests(site)
    if not told:
        missing = {THE_SITE: _OF_THE_SITE, **dict.fromkeys(guestless, ("snapshot",))}
        return Scored(site.assets, not_applicable=missing)
    return Scored(
        assets=tuple(Asset(row.asset, row.tier) for row in told),
        owners={
            (row.hypervisor, row.guest): row.asset
            for row in told
            if row.hypervisor and row.guest and row.asset != row.hypervisor
        },
        levels={
            fact.row.asset: fact.row.level
            for fact in site.tables.get(Protection, ())
            if fact.row.level is not None
        },
        dependents=_dependents(told),
        not_applicable={
            THE_SITE: _OF_THE_SITE,
            **{
                name: _OF_REPOSITORIES
                for name in site.targets
                if site.systems.get(name) in REPOSITORY_SYSTEMS
            },
            **{row.asset: pillars for row in told if (pillars := _not_here(row, guestless))},
        },
    )


def dependent_weights(known: Scored, how: Method) -> dict[str, float]:
    """System → sum of the tier weights of all that needs it."""
    tiers = {asset.name: how.tier_weights[how.tier(asset.tier)] for asset in known.assets}
    default = how.tier_weights[how.tier(None)]
    return {
        name: float(sum(tiers.get(one, default) for one in above)) for name, above in known.dependents.items()
    }


def _not_here(row: System, guestless: frozenset[str]) -> tuple[str, ...]:
    if row.target:
        return ("snapshot",) if row.target in guestless and not row.guest else ()
    return _OF_GUESTS if row.guest else _OF_DECLARED


def _without_guests(site: Site) -> frozenset[str]:
    """The targets that are proved to hold no guest: snapshots of guests are nothing to examine there."""
    doubtful = {gap.target for gap in site.gaps if gap.table is Guest and gap.reason != "not-asked"}
    holding = {fact.target for fact in site.facts(Guest)}
    proved = {one.target for one in site.absences if one.table is Guest}
    return frozenset(proved - doubtful - holding)


def _dependents(told: list[System]) -> dict[str, frozenset[str]]:
    """All that needs each system: the guests of a hypervisor, and what is declared to depend on it."""
    above: dict[str, set[str]] = {}
    for row in told:
        lowers = {one for one in (row.hypervisor, *row.depends_on.split("\n")) if one and one != row.asset}
        for lower in lowers:
            above.setdefault(lower, set()).add(row.asset)
    found = {}
    for name in above:
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            new = above.get(waiting.pop(), set()) - seen
            seen |= new
            waiting.extend(new)
        found[name] = frozenset(seen - {name})
    return found
