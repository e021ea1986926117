"""The restore points of each system in each repository, added up: times, sizes and checks, never row by row.

Points lie in the millions; what is kept of each is its time and whether it is good. A point is good if it is
whole, no check of its content failed, its time is told, and that time is not in the future.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from analyzer.asset_index import Match
from analyzer.backup_server_store import StoreTwins, store_repository, twins_of
from analyzer.copy_chain import Chain
from analyzer.declared import DeclaredCopy
from analyzer.derived.asset import BACKUP_SYSTEMS, REPOSITORY_SYSTEMS, Systems, systems_of
from analyzer.replicas import replicas_of
from analyzer.site import Site
from analyzer.unread_places import shut
from collectors.backup_tables import BackupRepository, RestorePoint
from collectors.fact import Fact
from collectors.guest_backup_tables import GuestBackup, GuestBackupRun

FUTURE_SECONDS = 1800.0
"""A clock may be so far ahead of ours without a word."""


@dataclass(slots=True)
class Series:
    """Copies of one system in one repository.

    Times are seconds since 1970, as the product's clock tells them.
    """

    asset: str
    repository: str
    reason: str
    product: str = ""
    good: array[float] = field(default_factory=lambda: array("d"))
    sizes: array[float] = field(default_factory=lambda: array("d"))
    points: int = 0
    bad: int = 0
    failed_checks: int = 0
    newest_failed: float | None = None
    future: int = 0
    untimed: int = 0
    unknown_whole: int = 0
    verified: float | None = None
    verified_point: float | None = None
    encrypted: bool | None = None
    locked_until: float | None = None
    consistent: str | None = None
    kinds: set[str] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)
    newest: Fact[Any] | None = None
    newest_at: float = float("-inf")
    failing: Fact[Any] | None = None
    chain: Chain = field(default_factory=Chain)

    def take(self, fact: Fact[RestorePoint], now: float) -> None:
        """Add one point."""
        row = fact.row
        self.points += 1
        if row.created_at is None:
            self.untimed += 1
            return
        at = row.created_at.timestamp()
        if at > now + FUTURE_SECONDS:
            self.future += 1
            return
        if row.verified == "failed":
            self.failed_checks += 1
            if self.newest_failed is None or at > self.newest_failed:
                self.newest_failed, self.failing = at, fact
        if row.complete is False or row.verified == "failed":
            self.bad += 1
            self.failing = self.failing or fact
            return
        self.chain.take(row, at)
        self.good.append(at)
        self.sizes.append(float(row.size_bytes) if row.size_bytes is not None else -1.0)
        if row.verified == "ok":
            checked = row.verified_at.timestamp() if row.verified_at else at
            if self.verified is None or checked > self.verified:
                self.verified = checked
            if self.verified_point is None or at > self.verified_point:
                self.verified_point = at
        if row.kind:
            self.kinds.add(row.kind)
        if at > self.newest_at:
            self.newest_at, self.newest = at, fact
            self.encrypted, self.consistent = row.encrypted, row.consistent
            self.locked_until = row.locked_until.timestamp() if row.locked_until else None
            self.paths = set((row.paths or "").split("\n")) - {""}

    def drop(self, times: set[float]) -> None:
        """Take back copies that cannot be put together: they are bad."""
        kept = [pair for pair in zip(self.good, self.sizes, strict=True) if pair[0] not in times]
        self.bad += len(self.good) - len(kept)
        self.chain.broken = len(self.good) - len(kept)
        self.good, self.sizes = array("d", (at for at, _ in kept)), array("d", (size for _, size in kept))
        self.failing = self.failing or self.newest


@dataclass(slots=True)
class Collected:
    """All series of a site, by asset and repository; sources that mean no system of it."""

    series: dict[tuple[str, str], Series] = field(default_factory=dict)
    strangers: dict[tuple[str, str, str], Stranger] = field(default_factory=dict)


@dataclass(slots=True)
class Stranger:
    """A source of restore points that means no system, or several. Key: target, repository, source."""

    fact: Fact[RestorePoint]
    rivals: tuple[str, ...] = ()
    points: int = 0
    newest: float = float("-inf")


def collected(site: Site) -> Collected:
    """Go through all restore points once."""
    known = site.once(systems_of)
    found = Collected()
    now = site.at.timestamp()
    twins = site.once(twins_of)
    matched: dict[tuple[str, str, str | None], Match | None] = {}
    for fact in _points(site, twins):
        row = fact.row
        key = (f"{fact.target} {row.repository}", row.source, row.source_name)
        if key not in matched:
            matched[key] = _meant(known, fact, twins)
        match = matched[key]
        if match is None or not match.asset:
            _strange(found, fact, match)
            continue
        place = (match.asset, row.repository)
        series = found.series.get(place)
        if series is None:
            series = found.series[place] = Series(match.asset, row.repository, match.reason)
        series.take(fact, now)
    _drop_broken(site, found)
    return found


def _drop_broken(site: Site, found: Collected) -> None:
    """Copies that build on one which is gone or damaged are none; only products that name parents tell."""
    chained = [series for series in found.series.values() if series.chain.parents]
    present: dict[str, set[str]] = {series.repository: set() for series in chained}
    for fact in site.facts(RestorePoint) if chained else ():
        row = fact.row
        if row.repository in present and row.complete is not False and row.verified != "failed":
            present[row.repository].add(row.point)
    for series in chained:
        if lost := set(series.chain.lost(present[series.repository])):
            series.drop(lost)


def in_use(site: Site) -> frozenset[str]:
    """Repositories in which copies were seen, of whatever system."""
    found = site.once(collected)
    return frozenset(
        [repository for _, repository in found.series] + [repository for _, repository, _ in found.strangers]
    )


def looked_through(site: Site) -> tuple[str, ...]:
    """Repositories in which any system might be: those that were asked themselves, or that hold copies.

    One that could not be opened was not. An empty folder that a machine keeps for its own dumps tells nothing
    about where else its copies may lie.
    """
    used = site.once(in_use)
    systems, silent = REPOSITORY_SYSTEMS | BACKUP_SYSTEMS, site.once(shut)
    asked = {target for target, system in site.systems.items() if system in systems} - silent
    return tuple(
        fact.row.name
        for fact in site.facts(BackupRepository)
        if fact.row.reachable is not False and (fact.row.repository in used or fact.target in asked)
    )


def _meant(known: Systems, fact: Fact[RestorePoint], twins: StoreTwins) -> Match | None:
    row = fact.row
    guest = twins.guests.get((row.repository, row.source)) or f"{fact.target}:{row.source}"
    exact = known.index.find(guest)
    if exact and exact.asset:
        return Match(exact.asset, "the guest of that hypervisor")
    told = known.index.find(row.source)
    if told is None or not told.asset:
        by_name = known.index.find(row.source_name)
        told = by_name if by_name and by_name.asset else told or by_name
    return told


def _strange(found: Collected, fact: Fact[RestorePoint], match: Match | None) -> None:
    row = fact.row
    key = (fact.target, row.repository, row.source)
    stranger = found.strangers.setdefault(key, Stranger(fact, match.rivals if match else ()))
    stranger.points += 1
    at = row.created_at.timestamp() if row.created_at else float("-inf")
    if at > stranger.newest:
        stranger.newest, stranger.fact = at, fact


def _points(site: Site, twins: StoreTwins) -> Iterator[Fact[RestorePoint]]:
    yield from site.facts(RestorePoint)
    yield from site.once(replicas_of).points
    rests = {
        (run.target, run.row.storage, _archive(run.row.volume)): run.row.rest
        for run in site.facts(GuestBackupRun)
        if run.row.volume and run.row.succeeded
    }
    for backup in site.facts(GuestBackup):
        if backup.row.guest and not twins.lists(backup):
            rest = rests.get((backup.target, backup.row.storage, _archive(backup.row.volume)))
            yield Fact(backup.target, _of_guest(backup, twins, rest), backup.sources)
    for copy in site.facts(DeclaredCopy):
        yield from (Fact(copy.target, row, copy.sources) for row in _of_declared(copy.row))


def _archive(volume: str) -> str:
    """The file of a dump, or guest and time on a backup server: a log names the path, a list the volume."""
    parts = volume.split("/")
    return parts[-1] if parts[-1].startswith("vzdump-") else "/".join(parts[-3:])


def _of_guest(fact: Fact[GuestBackup], twins: StoreTwins, rest: str | None) -> RestorePoint:
    row = fact.row
    name = store_repository(fact.target, row.storage)
    return RestorePoint(
        repository=twins.repositories.get(name, name),
        point=row.volume,
        source=row.guest or "",
        source_kind="guest",
        created_at=row.created_at,
        finished_at=row.created_at,
        size_bytes=row.size_bytes,
        verified=row.verified if row.verified in ("ok", "failed") else None,
        protected=row.protected,
        stored_bytes=row.size_bytes if "vzdump-" in row.volume else None,
        encrypted=row.encrypted,
        kind="full",
        consistent="file system" if rest == "frozen" else "crash" if rest else None,
    )


def _of_declared(row: DeclaredCopy) -> Iterator[RestorePoint]:
    """The newest and the oldest copy, as declared."""
    times: list[datetime | None] = [row.newest_at]
    if row.oldest_at is not None and row.oldest_at != row.newest_at:
        times.append(row.oldest_at)
    for number, at in enumerate(times):
        checked = row.verified_at is not None and at is not None and row.verified_at >= at
        yield RestorePoint(
            repository=f"declared:{row.where}",
            point=at.astimezone(UTC).isoformat() if at else f"copy {number}",
            source=row.asset,
            created_at=at,
            size_bytes=row.size_bytes,
            verified="ok" if checked else None,
            verified_at=row.verified_at if checked else None,
            encrypted=row.encrypted,
        )
