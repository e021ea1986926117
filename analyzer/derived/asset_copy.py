"""The copies of each system in each repository: how new, how good, how often checked, what they share."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from statistics import median
from typing import Any

from analyzer.clocks_ahead import ahead_of
from analyzer.copy_series import Series, collected
from analyzer.declared import RestoreTest
from analyzer.derived.asset import System, systems_of
from analyzer.derived.repository import Repository
from analyzer.fate import Meeting, Node, fates_of
from analyzer.joining import sources
from analyzer.repository_checks import Checks, checks_of
from analyzer.site import Site, derived
from analyzer.wording import listed
from collectors.backup_tables import BackupChain, BackupJob, RestorePoint
from collectors.fact import Fact
from collectors.guest_backup_tables import GuestBackup
from collectors.table import Row, column, table

GAP_DAYS = 30.0
"""How far back the largest gap between good copies is looked for."""


@table("asset_copy", key=("asset", "repository"), label=("asset", "repository_name"), root=("asset",))
class AssetCopy(Row):
    """The copies of one system in one repository."""

    asset: str = column("Name of the system")
    repository: str = column("Identity of the repository")
    repository_name: str = column("What its people call it")
    product: str = column("Product that made them")
    matched_by: str = column("Why they are taken for copies of this system")
    points: int = column("Copies on record")
    good: int = column("Copies that are whole and that no check found damaged")
    future: int = column("Copies from the future: a clock is wrong", default=0)
    untimed: int = column("Copies that do not tell their time", default=0)
    ahead_hours: float = column(
        "How far the clock that stamped them may be ahead: ages are told by that clock", default=0.0
    )
    age_hours: float | None = column("Age of the newest good one", default=None)
    oldest_days: float | None = column("Age of the oldest good one", default=None)
    gap_hours: float | None = column("Longest time without a new good one, of the last 30 days", default=None)
    interval_hours: float | None = column("Usual time between two", default=None)
    size_bytes: int | None = column("Size of what is restored from the newest", default=None)
    usual_bytes: int | None = column("Median of the eight before it", default=None)
    added_bytes: int | None = column("What the newest took in the repository", default=None)
    usual_added_bytes: int | None = column("Median of the 14 of its kind before it", default=None)
    chain: int = column("Increments since the last full copy on record", default=0)
    rootless: bool = column("There are increments, and no full copy is on record", default=False)
    broken: int = column("Copies that build on one which is gone or damaged", default=0)
    failed_checks: int = column("Copies that a check of their content found damaged", default=0)
    newest_failed: bool = column("The newest copy of all is one of them", default=False)
    verified_days: float | None = column("Since the content of a good copy was last checked", default=None)
    verified_age_hours: float | None = column(
        "Age of the newest copy whose content was checked", default=None
    )
    check_failed_days: float | None = column(
        "Since a check of content failed that no good one followed", default=None
    )
    tested_days: float | None = column("Since a restore from here succeeded", default=None)
    encrypted: bool | None = column("Copies are encrypted", default=None)
    locked_days: float | None = column("Days for which the newest cannot be deleted", default=None)
    consistent: str | None = column("application, file system or crash", default=None)
    paths: str = column("Folders, disks or databases in the newest, newline-separated", default="")
    shared_storage: str = column("Storage that it and the system both rest on", default="")
    shared_host: str = column("Machine that it and the system both need", default="")
    same_storage: bool | None = column(
        "It lies on storage of the system; None: not known where it lies", default=None
    )
    same_host: bool | None = column("It needs the machine of the system", default=None)
    same_place: bool | None = column("It stands at the same place; None: not said", default=None)
    same_admin: bool | None = column("The same credentials administer both; None: not said", default=None)
    out_of_reach: bool | None = column("An intruder cannot delete it: immutable or offline", default=None)
    offline: bool | None = column("Out of reach between backups", default=None)
    place: str | None = column("Where it stands", default=None)
    keys_kept: str | None = column("Where its key is kept, newline-separated; None: not told", default=None)
    sick: str = column("What is wrong with the storage that it lies on", default="")

    @property
    def damaged(self) -> bool:
        """Whether the last check of its content found damage, or found its newest copy damaged."""
        return self.check_failed_days is not None or self.newest_failed

    @property
    def independent(self) -> bool | None:
        """Whether it survives what destroys the system. None: not enough is known."""
        told = (self.same_storage, self.same_host, self.same_place, self.same_admin)
        return False if True in told else None if None in told else True

    @property
    def apart(self) -> bool | None:
        """Whether it survives the loss of the system's storage and machine."""
        told = (self.same_storage, self.same_host)
        return False if True in told else None if None in told else True


@derived(AssetCopy, out_of=(RestorePoint, GuestBackup, BackupChain))
def asset_copies(site: Site) -> Iterator[Fact[AssetCopy]]:
    if not site.once(collected).series:
        return
    systems = {fact.row.asset: fact for fact in site.facts(System)}
    stores = {fact.row.repository: fact for fact in site.facts(Repository)}
    starts = {name: site.once(fates_of).of_system(fact.row) for name, fact in systems.items()}
    checks = site.once(checks_of)
    tests = _tests(site)
    for (asset, repository), series in site.once(collected).series.items():
        system, store = systems[asset], stores.get(repository)
        kept = store.row if store else None
        ahead = ahead_of(site, series, system.row, kept)
        row = _row(site, series, system.row, kept, starts, checks, tests, ahead)
        job = None if row.paths else site.once(_of_borgmatic).get((system.row.target, repository))
        row = row if job is None else replace(row, paths=_folders(job.row.selects or ""))
        yield Fact(asset, row, sources(series.newest or series.failing, series.failing, store, job))


def _of_borgmatic(site: Site) -> dict[tuple[str | None, str | None], Fact[BackupJob]]:
    """By target and repository: since 1.9 it hands folders to borg in a file that no archive remembers."""
    jobs = (job for job in site.facts(BackupJob) if job.row.product == "borgmatic")
    return {(job.target, job.row.repository): job for job in jobs}


def _folders(selects: str) -> str:
    return "\n".join(sorted(one for one in selects.split("\n") if one.startswith("/")))


def _row(
    site: Site,
    series: Series,
    system: System,
    store: Repository | None,
    starts: Mapping[str, list[Node]],
    checks: Mapping[str, Checks],
    tests: Mapping[tuple[str, str], float],
    ahead: float,
) -> AssetCopy:
    now = site.at.timestamp() + ahead
    times = sorted(series.good)
    sizes = [size for _, size in sorted(zip(series.good, series.sizes, strict=True)) if size >= 0]
    added, usual_added = series.chain.added()
    meets = _meetings(site, store, starts[system.asset])
    verified, verified_point = _verified(series, times, checks.get(series.repository))
    failed = _failed(series, checks.get(series.repository), verified)
    tested = max((tests.get((system.asset, name), 0.0) for name in _names(series, store)), default=0.0)
    storage = [one.label for one in meets or () if one.sort == "storage"]
    hosts = [one.label for one in meets or () if one.sort == "host"]
    return AssetCopy(
        asset=system.asset,
        repository=series.repository,
        repository_name=store.name if store else series.repository,
        product=store.product if store else "",
        matched_by=series.reason,
        points=series.points,
        good=len(times),
        future=series.future,
        untimed=series.untimed,
        ahead_hours=ahead / 3600,
        age_hours=(now - times[-1]) / 3600 if times else None,
        oldest_days=(now - ahead - times[0]) / 86_400 if times else None,
        gap_hours=_gap(times, now),
        interval_hours=_interval(times),
        size_bytes=int(sizes[-1]) if sizes else None,
        usual_bytes=int(median(sizes[-9:-1])) if len(sizes) > 1 else None,
        added_bytes=added,
        usual_added_bytes=usual_added,
        chain=series.chain.length(),
        rootless=series.chain.rootless(),
        broken=series.chain.broken,
        failed_checks=series.failed_checks,
        newest_failed=series.newest_failed is not None and (not times or series.newest_failed >= times[-1]),
        verified_days=(now - verified) / 86_400 if verified is not None else None,
        verified_age_hours=(now - verified_point) / 3600 if verified_point is not None else None,
        check_failed_days=(now - failed) / 86_400 if failed else None,
        tested_days=(now - tested) / 86_400 if tested else None,
        encrypted=series.encrypted if series.encrypted is not None else store.encrypted if store else None,
        locked_days=(series.locked_until - now) / 86_400 if series.locked_until else None,
        consistent=series.consistent,
        paths="\n".join(sorted(series.paths)),
        shared_storage=listed(storage, 3),
        shared_host=listed(hosts, 3),
        same_storage=bool(storage) if meets is not None else None,
        same_host=bool(storage or hosts) if meets is not None else None,
        same_place=_same(system.place, store.place if store else None, bool(meets)),
        same_admin=_same(system.admin, store.admin if store else None, False),
        out_of_reach=_out_of_reach(series, store, now),
        offline=store.offline if store else None,
        place=store.place if store else None,
        keys_kept=store.keys_kept if store else None,
        sick=store.sick if store else "",
    )


def _out_of_reach(series: Series, store: Repository | None, now: float) -> bool | None:
    if series.locked_until is not None and series.locked_until > now:
        return True
    return store.out_of_reach if store is not None else None


def _meetings(site: Site, store: Repository | None, start: list[Node]) -> tuple[Meeting, ...] | None:
    """What both need; None if it is not known where either lies. A disk in a safe meets nothing."""
    if store is not None and (store.offline or store.product == "declared"):
        return ()
    if store is None or not store.located or not start:
        return None
    nodes = [(target, node) for target, _, node in (line.partition("\t") for line in store.nodes.split("\n"))]
    return site.once(fates_of).meetings(start, nodes)


def _same(one: str | None, other: str | None, together: bool) -> bool | None:
    """Whether two declared words are the same. What shares storage or a machine stands at one place."""
    if together:
        return True
    return one.strip().lower() == other.strip().lower() if one and other else None


def _gap(times: list[float], now: float) -> float | None:
    """In hours: between neighbours that end within the window, and since the newest."""
    if not times:
        return None
    since = now - GAP_DAYS * 86_400
    ends = [*times, now]
    gaps = [b - a for a, b in itertools.pairwise(ends) if b >= since]
    return max(gaps, default=now - times[-1]) / 3600


def _interval(times: list[float]) -> float | None:
    """In hours: the median distance of the last twenty."""
    last = times[-21:]
    return median(b - a for a, b in itertools.pairwise(last)) / 3600 if len(last) > 2 else None


def _verified(series: Series, times: list[float], checks: Checks | None) -> tuple[float | None, float | None]:
    """When content was last checked, and the time of the newest copy that this check has seen."""
    found = [(series.verified, series.verified_point)] if series.verified is not None else []
    for name in ("", series.asset) if checks else ():
        at = checks.good.get(name) if checks else None
        before = [time for time in times if at is not None and time <= at]
        if at is not None and before:
            found.append((at, before[-1]))
    return max(found, key=lambda pair: (pair[1] or 0.0, pair[0] or 0.0), default=(None, None))


def _failed(series: Series, checks: Checks | None, verified: float | None) -> float | None:
    """When a check of content last failed, unless a later one was good."""
    told = [checks.failed[name] for name in ("", series.asset) if name in checks.failed] if checks else []
    last = max(told, default=0.0)
    return last if last > (verified or 0.0) else None


def _tests(site: Site) -> dict[tuple[str, str], float]:
    """(asset, repository as named) → when a restore last succeeded."""
    index = site.once(systems_of).index
    found: dict[tuple[str, str], float] = {}
    for fact in site.facts(RestoreTest):
        row = fact.row
        match = index.find(row.asset)
        if match and match.asset and row.result == "ok" and row.at <= site.at:
            key = (match.asset, (row.repository or "").lower())
            found[key] = max(found.get(key, 0.0), row.at.timestamp())
    return found


def _names(series: Series, store: Repository | None) -> list[str]:
    names: list[Any] = ["", series.repository, store.name if store else ""]
    return [str(name).lower() for name in names]
