"""The verdict on each system: can it be restored, losing how much, by when, and what proves it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from analyzer.copy_series import looked_through
from analyzer.declared import RestoreTest
from analyzer.derived.asset import System, systems_of
from analyzer.derived.asset_copy import AssetCopy
from analyzer.derived.repository import Repository
from analyzer.derived.volume_coverage import VolumeCoverage, left_out
from analyzer.fallbacks import fallbacks
from analyzer.joining import sources
from analyzer.lost_keys import lost_keys
from analyzer.recovery_level import Known, Ladder, ladder
from analyzer.restore_time import Speeds, estimate, speeds_of
from analyzer.site import Site, derived
from analyzer.unread_places import listings, unread_places
from collectors.fact import Fact
from collectors.frozen import frozen
from collectors.table import Row, column, table


@table("protection", key=("asset",), label=("label",))
class Protection(Row):
    """What the evidence says about the recovery of one system."""

    asset: str = column("Name of the system")
    label: str = column("What its people call it")
    kind: str = column("machine, guest, mail, data and so on")
    tier: int | None = column("Importance by its owner", default=None)
    role: str | None = column("What may run on it", default=None)
    level: int | None = column("Proven recoverability level, R0 to R5; None: nothing is known", default=None)
    at_best: int = column("The level if all that is unknown were well")
    standing: str = column("proven, plausible, doubtful, no or unknown")
    proof: str = column("Each step with its state and reason, newline-separated")
    lift: str = column("The one action that lifts it", default="")
    copies: int = column("Repositories that hold a good copy", default=0)
    apart: int = column("Of these, known to survive the loss of its machine and storage", default=0)
    independent: bool | None = column(
        "A good copy shares neither storage, machine, place nor credentials with it; None: not known",
        default=None,
    )
    copies_apart: bool | None = column(
        "A good copy survives the loss of its machine and storage; None: not known", default=None
    )
    elsewhere: bool = column("Mail or a service that no machine of the site runs", default=False)
    where: str = column("Names of those repositories, newline-separated", default="")
    best: str = column("Repository that carries the level", default="")
    age_hours: float | None = column("Age of the newest good copy anywhere", default=None)
    copy_age_hours: float | None = column("Age of the newest good copy that survives its loss", default=None)
    gap_hours: float | None = column(
        "Longest time without a new one, in the repository where that is shortest", default=None
    )
    rpo_hours: float = column("Loss that is borne")
    rpo_stated: bool = column("Somebody said so", default=False)
    oldest_days: float | None = column("Age of the oldest good copy", default=None)
    points: int = column("Good copies everywhere", default=0)
    rto_wanted_hours: float | None = column("How long its owner can do without it", default=None)
    rto_hours: float | None = column("Estimated time to restore it by itself", default=None)
    rto_basis: str = column("How that was estimated: each term, measured or assumed", default="")
    rto_measured: bool = column("The speed was measured by a restore", default=False)
    size_bytes: int | None = column("What would have to be restored", default=None)
    verified_days: float | None = column("Since the content of a copy was last checked", default=None)
    tested_days: float | None = column("Since a restore succeeded", default=None)
    said_days: float | None = column("Since a restore that is only said to have succeeded", default=None)
    test_kind: str = column("What was restored then", default="")
    test_failed: bool = column("The last restore test failed", default=False)
    check_failed: bool = column("The last check of the content found damage", default=False)
    out_of_reach: bool | None = column("A copy is immutable or offline; None: not known", default=None)
    places: int | None = column(
        "Places its copies and itself are known to stand at; None: not known", default=None
    )
    media: int = column("Kinds of media, itself included", default=1)
    fallback: str = column("What there is that shares its fate: snapshots, redundancy", default="")
    searched: str = column("Repositories that were looked through, newline-separated", default="")
    unread: str = column("Repositories that could not be read, newline-separated", default="")
    no_backup: bool = column("site.toml says that nothing backs it up", default=False)
    only_said: bool = column("All that shows its copies is what somebody said or wrote down", default=False)
    left_out: str = column("What of it no copy holds, in words", default="")
    depends_on: str = column("Systems it needs, newline-separated", default="")
    consistent: str | None = column(
        "The best among its newest copies: application, file system or crash; None: not told", default=None
    )

    @property
    def said(self) -> str:
        """mail (mx1), for a message."""
        return self.asset if self.label == self.asset else f"{self.label} ({self.asset})"


@frozen
class _Around:
    """What is the same for all systems."""

    general: tuple[str, ...]
    listings: Mapping[str, str]
    unread: Mapping[str, str]
    fallbacks: Mapping[tuple[str, str], tuple[str, ...]]
    tests: Mapping[str, list[Fact[RestoreTest]]]
    speeds: Speeds
    lost_keys: Mapping[str, frozenset[str]]
    volumes: Mapping[str, list[VolumeCoverage]]
    stores: Mapping[str, Repository]


@derived(Protection, out_of=(System, AssetCopy, VolumeCoverage))
def protections(site: Site) -> Iterator[Fact[Protection]]:
    copies: dict[str, list[Fact[AssetCopy]]] = {}
    for copy in site.facts(AssetCopy):
        copies.setdefault(copy.row.asset, []).append(copy)
    around = _around(site)
    serving = _only_serving(around.stores.values(), copies)
    for fact in site.facts(System):
        if fact.row.asset in serving and not fact.row.declared:
            continue
        mine = copies.get(fact.row.asset, [])
        tests = around.tests.get(fact.row.asset, [])
        row = _row(site, fact.row, mine, tests, around)
        best = [one for one in mine if one.row.repository == row.best]
        copies_told: Sequence[Fact[Any]] = best or mine or [fact]
        evidence = [*copies_told, *tests[-1:]]
        yield Fact(fact.row.asset, row, sources(*evidence))


def _only_serving(
    stores: Iterable[Repository], copies: Mapping[str, list[Fact[AssetCopy]]]
) -> frozenset[str]:
    """Machines that hold copies of others and have none of their own: they are the copy."""
    used = {fact.row.repository for held in copies.values() for fact in held if fact.row.good}
    hosts = {store.host for store in stores if store.host and store.repository in used}
    return frozenset(host for host in hosts if not copies.get(host))


def _row(
    site: Site,
    system: System,
    mine: list[Fact[AssetCopy]],
    tests: list[Fact[RestoreTest]],
    around: _Around,
) -> Protection:
    copies = [fact.row for fact in mine]
    good = sorted([c for c in copies if c.good], key=lambda c: c.age_hours or 0.0)
    held = max([c.size_bytes for c in good if c.size_bytes is not None], default=None)
    known = _known(site, system, tests, around, held)
    told = ladder(system, copies, known)
    shown = [one.row for one in tests if one.row.result == "ok" and _shown(one)]
    said = [one.row for one in tests if one.row.result == "ok"]
    speed = estimate(system, good, told.best, around.speeds)
    return Protection(
        asset=system.asset,
        label=system.label,
        kind=system.kind,
        tier=system.tier,
        role=system.role,
        level=told.level,
        at_best=told.at_best,
        standing=told.standing,
        proof=_proof(told),
        lift=told.lift,
        elsewhere=system.kind in ("mail", "saas") and not system.target and not system.hypervisor,
        best=told.best,
        rpo_hours=system.rpo_hours,
        rpo_stated=system.rpo_stated,
        rto_wanted_hours=system.rto_hours,
        rto_hours=speed.hours if speed else None,
        rto_basis=speed.basis if speed else "",
        rto_measured=bool(speed and speed.measured),
        size_bytes=system.size_bytes,
        tested_days=known.tested_days,
        said_days=_days(site, said[-1]) if said else None,
        test_kind=shown[-1].kind if shown else "",
        test_failed=known.test_failed,
        places=_places(system, good),
        fallback="\n".join(known.fallback),
        searched="\n".join(known.searched),
        unread="\n".join(known.unread),
        no_backup=system.no_backup,
        only_said=_said(mine),
        left_out=known.left_out,
        depends_on=system.depends_on,
        **(_of_good(good, around.stores) if good else {}),
    )


def _of_good(good: list[AssetCopy], stores: Mapping[str, Repository]) -> dict[str, Any]:
    """Columns about its good copies, of which there is one at least; the newest comes first."""
    apart = [c for c in good if c.apart]
    return {
        "copies": len(good),
        "apart": len(apart),
        "independent": _any([c.independent for c in good]),
        "copies_apart": _any([c.apart for c in good]),
        "where": "\n".join([c.repository_name for c in good]),
        "age_hours": good[0].age_hours,
        "copy_age_hours": apart[0].age_hours if apart else None,
        "gap_hours": min([c.gap_hours for c in good if c.gap_hours is not None], default=None),
        "oldest_days": max([c.oldest_days for c in good if c.oldest_days is not None], default=None),
        "points": sum([c.good for c in good]),
        "verified_days": min([c.verified_days for c in good if c.verified_days is not None], default=None),
        "check_failed": True in [c.damaged for c in good],
        "out_of_reach": _any([c.out_of_reach for c in good]),
        "media": 1 + len({_medium(stores.get(c.repository)) for c in good} - {"disk"}),
        "consistent": _consistent([c.consistent for c in good]),
    }


def _known(
    site: Site, system: System, tests: Sequence[Fact[RestoreTest]], around: _Around, held: int | None
) -> Known:
    listing = around.listings.get(system.hypervisor or "")
    good = [one.row for one in tests if one.row.result == "ok" and _shown(one)]
    keys = [(system.target or "", ""), (system.hypervisor or "", system.guest or "")]
    return Known(
        searched=(*around.general, *((listing,) if listing else ())),
        unread=around.unread,
        fallback=tuple([word for key in keys for word in around.fallbacks.get(key, ())]),
        tested_days=_days(site, good[-1]) if good else None,
        test_failed=bool(tests) and tests[-1].row.result == "failed",
        left_out=left_out(around.volumes.get(system.asset, []), held, system.size_bytes),
        keys_lost_with=around.lost_keys.get(system.asset, frozenset()),
    )


def _said(copies: Sequence[Fact[AssetCopy]]) -> bool:
    """Whether no answer of any product or machine shows one of its good copies."""
    worth = [one.origin.worth for copy in copies if copy.row.good for one in copy.sources]
    return bool(worth) and all(one in ("statement", "document") for one in worth)


def _shown(test: Fact[RestoreTest]) -> bool:
    """Whether more than a word shows that it took place."""
    return all(source.origin.worth != "statement" for source in test.sources)


def _days(site: Site, test: RestoreTest) -> float:
    return (site.at - test.at).total_seconds() / 86_400


def _proof(told: Ladder) -> str:
    return "\n".join([f"R{step.level} {step.state}: {step.title}: {step.why}" for step in told.steps])


def _any(told: list[bool | None]) -> bool | None:
    return True if True in told else None if None in told else False if told else None


def _consistent(told: list[str | None]) -> str | None:
    """The best; crash only if that is said of all."""
    best = next((one for one in ("application", "file system") if one in told), None)
    return best or (None if None in told else "crash" if told else None)


def _places(system: System, copies: list[AssetCopy]) -> int | None:
    if system.place is None or any(c.place is None and not c.same_place for c in copies):
        return None
    own = system.place.strip().lower()
    return len({own, *((c.place or own).strip().lower() for c in copies)})


def _medium(store: Repository | None) -> str:
    told = (store.media or "") if store else ""
    return next((word for word in ("tape", "cloud", "s3", "removable disk") if word in told), "disk")


def _around(site: Site) -> _Around:
    index = site.once(systems_of).index
    tests: dict[str, list[Fact[RestoreTest]]] = {}
    for fact in sorted(site.facts(RestoreTest), key=lambda one: one.row.at):
        match = index.find(fact.row.asset)
        if match and match.asset and fact.row.at <= site.at:
            tests.setdefault(match.asset, []).append(fact)
    stores = {fact.row.repository: fact.row for fact in site.facts(Repository)}
    return _Around(
        general=site.once(looked_through),
        listings=listings(site),
        unread=site.once(unread_places),
        fallbacks=fallbacks(site),
        tests=tests,
        speeds=site.once(speeds_of),
        lost_keys=lost_keys(index, stores),
        stores=stores,
        volumes=_volumes(site),
    )


def _volumes(site: Site) -> dict[str, list[VolumeCoverage]]:
    found: dict[str, list[VolumeCoverage]] = {}
    for fact in site.facts(VolumeCoverage):
        found.setdefault(fact.row.asset, []).append(fact.row)
    return found
