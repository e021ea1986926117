"""Replicas seen on both ends: copies of the machine that sends, where they were received. ZFS here.

A snapshot keeps its GUID when it is sent, so the same GUID on two pools proves that it arrived. A received
dataset is created later than what it was sent from, so the older one is the origin; equal times mean one pool
seen twice, or a cloned disk, and no replica. What lies on the pool of the origin is never one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from analyzer.btrfs_replicas import btrfs_replicas, unseen_subvolumes
from analyzer.joining import sources
from analyzer.site import Site
from collectors.backup_tables import BackupRepository, RestorePoint
from collectors.block_tables import Mount
from collectors.fact import Fact
from collectors.zfs_tables import ZfsDataset, ZfsSnapshotSet

REPLICATING_SYSTEMS = frozenset(("btrfs", "zfs"))
"""Products whose repositories are file systems that received replicas."""

End = tuple[str, str]
"""Target and dataset."""


@dataclass(slots=True)
class Replicas:
    """*pools*: identity of a repository → target and node of the pool or mount that it lies on."""

    repositories: list[Fact[BackupRepository]] = field(default_factory=list)
    points: list[Fact[RestorePoint]] = field(default_factory=list)
    pools: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(slots=True)
class _Pair:
    """A dataset, what received it, and the times of the snapshots that both have."""

    origin: Fact[ZfsDataset]
    replica: Fact[ZfsDataset]
    times: set[datetime] = field(default_factory=set)
    facts: list[Fact[Any]] = field(default_factory=list)


def snapshot_guids(row: ZfsSnapshotSet) -> Iterator[tuple[str, datetime]]:
    """GUID and time of the newest snapshots of the set."""
    for word in (row.guids or "").split():
        guid, _, at = word.partition("@")
        yield guid, datetime.fromtimestamp(min(int(at), 4_000_000_000), UTC)


def replicas_of(site: Site) -> Replicas:
    """All replicas of a site whose both ends were asked."""
    found = Replicas()
    mounts = {
        (fact.target, fact.row.source): fact.row.mountpoint
        for fact in site.facts(Mount)
        if fact.row.fs_type == "zfs"
    }
    groups: dict[tuple[str, str, str], list[_Pair]] = {}
    for pair in _pairs(site):
        if (pair.origin.target, pair.origin.row.dataset) in mounts:
            key = (pair.origin.target, pair.replica.target, pair.replica.row.pool)
            groups.setdefault(key, []).append(pair)
    for (sender, receiver, pool), pairs in sorted(groups.items()):
        _take(found, sender, receiver, pool, pairs, mounts)
    for repository, node, points in btrfs_replicas(site):
        found.repositories.append(repository)
        found.pools[repository.row.repository] = node
        found.points.extend(points)
    return found


def _pairs(site: Site) -> list[_Pair]:
    """Each dataset with each that received it on another pool."""
    datasets = {(fact.target, fact.row.dataset): fact for fact in site.facts(ZfsDataset)}
    holders: dict[str, dict[End, tuple[datetime, Fact[ZfsSnapshotSet]]]] = {}
    for fact in site.facts(ZfsSnapshotSet):
        for guid, at in snapshot_guids(fact.row):
            holders.setdefault(guid, {})[fact.target, fact.row.dataset] = (at, fact)
    found: dict[tuple[End, End], _Pair] = {}
    for held in holders.values():
        ends = sorted((datasets[end] for end in held if end in datasets), key=_age)
        for later in ends[1:]:
            origin = ends[0]
            if _age(origin)[0] is False and _received(origin, later):
                one, other = (origin.target, origin.row.dataset), (later.target, later.row.dataset)
                pair = found.setdefault((one, other), _Pair(origin, later))
                pair.times.add(held[other][0])
                pair.facts = [held[one][1], held[other][1]]
    return list(found.values())


def _age(fact: Fact[ZfsDataset]) -> tuple[bool, float, str, str]:
    at = fact.row.created_at
    return (at is None, at.timestamp() if at else 0.0, fact.target, fact.row.dataset)


def _received(origin: Fact[ZfsDataset], later: Fact[ZfsDataset]) -> bool:
    one, other = origin.row.created_at, later.row.created_at
    apart = (origin.target, origin.row.pool) != (later.target, later.row.pool)
    return apart and one is not None and other is not None and one < other


def _take(
    found: Replicas,
    sender: str,
    receiver: str,
    pool: str,
    pairs: list[_Pair],
    mounts: dict[End, str],
) -> None:
    """One repository, and points at the times of the dataset that is furthest behind: all are as new."""
    replicas = [pair.replica.row for pair in pairs]
    dataset = _common([row.dataset for row in replicas])
    name = f"zfs:{receiver}/{dataset}"
    stalest = min(pairs, key=lambda pair: (max(pair.times), pair.replica.row.dataset))
    sizes = [row.referenced_bytes for row in replicas]
    encrypted = [row.encryption != "off" if row.encryption else None for row in replicas]
    told = sources(*(fact for pair in pairs for fact in pair.facts))
    repository = BackupRepository(
        repository=name,
        name=f"{dataset} of {receiver}",
        product="zfs",
        kind="local",
        host=receiver,
        path=mounts.get((receiver, dataset)),
        free_bytes=replicas[0].available_bytes,
        reachable=True,
        encrypted=None if None in encrypted else all(encrypted),
    )
    found.repositories.append(Fact(receiver, repository, told))
    found.pools[name] = (receiver, f"pool:{pool}")
    newest = max(stalest.times)
    for at in sorted(stalest.times):
        point = RestorePoint(
            repository=name,
            point=f"{stalest.replica.row.dataset}@{at:%Y-%m-%dT%H:%M:%SZ}",
            source=sender,
            source_kind="files",
            paths="\n".join(mounts[sender, pair.origin.row.dataset] for pair in pairs),
            kind="replica",
            created_at=at,
            size_bytes=sum(size or 0 for size in sizes) if at == newest and None not in sizes else None,
            complete=True,
            encrypted=repository.encrypted,
            consistent="crash",
        )
        found.points.append(Fact(receiver, point, told))


def _common(datasets: list[str]) -> str:
    """The dataset that all of them are or lie below; all are of one pool."""
    first, *others = [name.split("/") for name in datasets]
    same = 0
    while same < len(first) and all(one[: same + 1] == first[: same + 1] for one in others):
        same += 1
    return "/".join(first[:same])


def unseen_pools(site: Site) -> list[str]:
    """Machines whose snapshots could not be listed while others have some: they may have received those."""
    having = {fact.target for fact in site.facts(ZfsSnapshotSet)}
    blind = {gap.target for gap in site.gaps if gap.table is ZfsSnapshotSet and gap.reason != "not-asked"}
    unseen = [f"the snapshots of {target}" for target in sorted(blind) if having - {target}]
    return [*unseen, *unseen_subvolumes(site)]
