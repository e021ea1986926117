"""Replicas of btrfs subvolumes, seen on both ends: copies of the machine that sends, on another file system.

What `btrfs receive` makes keeps the UUID of the snapshot that was sent, also when it is sent on. The snapshot
that has this UUID as its own is the origin; where two have it, one is a clone of the disk, and neither is
taken for one. What was received before on the same branch, and whose origin is deleted, counts as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from posixpath import commonpath
from typing import Any

from analyzer.guest_places import within
from analyzer.joining import sources
from analyzer.site import Site
from collectors.backup_tables import BackupRepository, RestorePoint
from collectors.block_tables import Mount
from collectors.btrfs_tables import BtrfsSubvolume, BtrfsUsage
from collectors.fact import Fact

Volume = tuple[str, str]
"""Target and the mountpoint by which the file system was asked."""


@dataclass(slots=True)
class Branch:
    """A subvolume and what was received of it on another file system. *times*: of what it can go back to.

    *paths*: where the subvolume is seen on its machine. *held*: where the newest copy is on the other. Of
    several mounts the nearest comes first.
    """

    sender: str
    receiver: Volume
    paths: tuple[str, ...]
    held: tuple[str, ...]
    times: set[datetime] = field(default_factory=set)
    facts: list[Fact[Any]] = field(default_factory=list)


@dataclass(slots=True)
class Tree:
    """Subvolumes of one file system, by UUID."""

    facts: dict[str, Fact[BtrfsSubvolume]] = field(default_factory=dict)
    times: dict[str, datetime] = field(default_factory=dict)


def btrfs_replicas(
    site: Site,
) -> Iterator[tuple[Fact[BackupRepository], tuple[str, str], list[Fact[RestorePoint]]]]:
    """Each place that received something, its node in the dependency graph, and the copies there."""
    groups: dict[tuple[str, Volume], list[Branch]] = {}
    for branch in site.once(branches_of):
        groups.setdefault((branch.sender, branch.receiver), []).append(branch)
    for (sender, receiver), branches in sorted(groups.items()):
        yield _taken(site, sender, receiver, branches)


def subvolume_trees(site: Site) -> dict[Volume, Tree]:
    """What is known of the subvolumes of each file system, of both lists."""
    trees: dict[Volume, Tree] = {}
    for fact in site.facts(BtrfsSubvolume):
        tree = trees.setdefault((fact.target, fact.row.place), Tree())
        tree.facts.setdefault(fact.row.uuid, fact)
        if fact.row.created_at is not None:
            tree.times[fact.row.uuid] = fact.row.created_at
    return trees


def branches_of(site: Site) -> list[Branch]:
    """All that was received of something else; worked out once for a site."""
    return list(_branches(site, site.once(subvolume_trees)))


def _branches(site: Site, trees: Mapping[Volume, Tree]) -> Iterator[Branch]:
    origins: dict[str, list[Volume]] = {}
    for volume, tree in trees.items():
        for uuid, fact in tree.facts.items():
            if fact.row.received_uuid is None:
                origins.setdefault(uuid, []).append(volume)
    for receiver, tree in sorted(trees.items()):
        found: dict[tuple[Volume, str], list[tuple[datetime, Fact[BtrfsSubvolume]]]] = {}
        for fact in tree.facts.values():
            own = origins.get(fact.row.received_uuid or "", [])
            if len(own) != 1 or own[0] == receiver:
                continue
            sent = trees[own[0]].facts[fact.row.received_uuid or ""]
            at = trees[own[0]].times.get(sent.row.uuid)
            if at is not None and sent.row.parent_uuid is not None:
                found.setdefault((own[0], sent.row.parent_uuid), []).append((at, fact))
        for (sender, subvolume), copies in sorted(found.items()):
            branch = _branch(site, trees[sender], sender, receiver, subvolume, tree, copies)
            if branch is not None:
                yield branch


def _branch(
    site: Site,
    sent: Tree,
    sender: Volume,
    receiver: Volume,
    subvolume: str,
    tree: Tree,
    copies: list[tuple[datetime, Fact[BtrfsSubvolume]]],
) -> Branch | None:
    """None where the subvolume is seen nowhere on its machine: nobody knows then what it is."""
    source = sent.facts.get(subvolume)
    paths = seen_at(site, sender, source.row.path) if source else []
    if source is None or not paths:
        return None
    newest, last = max(copies, key=lambda one: (one[0], one[1].row.path))
    held = seen_at(site, receiver, last.row.path) or [f"{receiver[1].rstrip('/')}/{last.row.path}"]
    times = {at for at, _ in copies}
    known = {fact.row.received_uuid for _, fact in copies}
    for _, fact in copies:
        for older in _older(tree, fact):
            at = tree.times.get(older.row.uuid)
            if older.row.received_uuid not in known and at is not None and at < newest:
                times.add(at)
    return Branch(sender[0], receiver, tuple(paths), tuple(held), times, [source, last])


def _older(tree: Tree, fact: Fact[BtrfsSubvolume]) -> Iterator[Fact[BtrfsSubvolume]]:
    """What was received before it: each increment is a snapshot of the one that it builds on."""
    seen = {fact.row.uuid}
    parent = tree.facts.get(fact.row.parent_uuid or "")
    while parent is not None and parent.row.received_uuid is not None and parent.row.uuid not in seen:
        yield parent
        seen.add(parent.row.uuid)
        parent = tree.facts.get(parent.row.parent_uuid or "")


def seen_at(site: Site, volume: Volume, path: str) -> list[str]:
    """Where a subvolume is seen on its machine, by the nearest mount first; empty if none reaches it."""
    target, place = volume
    mounts = [fact.row for fact in site.facts_of(target, Mount) if fact.row.fs_type == "btrfs"]
    same = {m.device_number or m.source for m in mounts if m.mountpoint == place}
    told = [m for m in mounts if (m.device_number or m.source) in same]
    reaching = [m for m in told if within(f"/{path}", m.subtree or "/")]
    reaching.sort(key=lambda m: (-len(m.subtree or "/"), len(m.mountpoint), m.mountpoint))
    return [_below(m, path) for m in reaching]


def _below(mount: Mount, path: str) -> str:
    below = f"/{path}"[len((mount.subtree or "/").rstrip("/")) :].strip("/")
    return f"{mount.mountpoint.rstrip('/')}/{below}".rstrip("/") or "/"


def _taken(
    site: Site, sender: str, receiver: Volume, branches: list[Branch]
) -> tuple[Fact[BackupRepository], tuple[str, str], list[Fact[RestorePoint]]]:
    """One repository, and points at the times of the subvolume that is furthest behind: all are as new."""
    target, place = receiver
    folders = [branch.held[0].rpartition("/")[0] or "/" for branch in branches]
    folder = commonpath(folders)
    stalest = min(branches, key=lambda one: (max(one.times), one.paths))
    told = sources(*(fact for branch in branches for fact in branch.facts))
    free = next((f.row.free_bytes for f in site.facts_of(target, BtrfsUsage) if f.row.place == place), None)
    repository = BackupRepository(
        repository=f"btrfs:{target}{folder}",
        name=f"{folder} of {target}",
        product="btrfs",
        kind="local",
        host=target,
        path=folder,
        free_bytes=free,
        reachable=True,
    )
    points = [
        RestorePoint(
            repository=repository.repository,
            point=f"{stalest.held[0].rpartition('/')[2]} {at:%Y-%m-%dT%H:%M:%SZ}",
            source=sender,
            source_kind="files",
            paths="\n".join(sorted(branch.paths[0] for branch in branches)),
            kind="replica",
            created_at=at,
            complete=True,
            consistent="crash",
        )
        for at in sorted(stalest.times)
    ]
    return (
        Fact(target, repository, told),
        (target, f"mount:{place}"),
        [Fact(target, point, told) for point in points],
    )


def unseen_subvolumes(site: Site) -> list[str]:
    """Machines whose subvolumes could not be listed while others have snapshots that may lie there."""
    having = {fact.target for fact in site.facts(BtrfsSubvolume) if fact.row.parent_uuid}
    blind = {gap.target for gap in site.gaps if gap.table is BtrfsSubvolume and gap.reason != "not-asked"}
    return [f"the subvolumes of {target}" for target in sorted(blind) if having - {target}]
