"""ZFS pools: state, errors, scrubs, space and settings, out of all that tells of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from analyzer.derived.array import Array
from analyzer.derived.disk import Disk
from analyzer.derived.filesystem import Filesystem
from analyzer.derived.zfs_array import array_id, short
from analyzer.joining import by_target, first, keyed, row_of, sources
from analyzer.site import Site, derived
from analyzer.zfs_tree import Group, Names, groups
from collectors.block_tables import BlockDevice
from collectors.fact import Fact
from collectors.table import Row, column, table
from collectors.zfs_tables import (
    ZfsDataset,
    ZfsSchedule,
    ZpoolProperties,
    ZpoolStatus,
    ZpoolVdev,
)


@table("zfs_pool", key=("pool",), root=("fault_of",))
class ZfsPool(Row):
    """A pool, everything that is known of it."""

    pool: str = column("Name")
    fault_of: str = column("What is at fault: the array that lost a member, else the pool itself")
    state: str | None = column("The worst word on its state", default=None)
    status: str | None = column("What is wrong, in the tool's words", default=None)
    arrays_tell: bool = column("Its state is explained by an array that is judged as such", default=False)
    no_margin: bool | None = column(
        "A group of it has no redundancy left; None if its devices are not known", default=None
    )
    devices: str = column("Devices that are not well, for messages", default="")
    data_errors: int | None = column("Permanent errors of data", default=None)
    damaged: str = column("First of the damaged files and objects, newline-separated", default="")
    metadata_damaged: bool | None = column("Its own metadata are damaged", default=None)
    scan_kind: str | None = column("scrub, resilver or none: the last scan", default=None)
    scan_state: str | None = column("finished, running, paused or canceled", default=None)
    scan_errors: int | None = column("Blocks that the last scan could not repair", default=None)
    scan_repaired_bytes: int | None = column("What it repaired", default=None)
    scrub_age_days: float | None = column(
        "Days since a scrub ended, by this or an earlier audit", default=None
    )
    never_scrubbed: bool | None = column("It was never scanned; None if not told", default=None)
    age_days: float | None = column("Days since it was made", default=None)
    scrub_scheduled: bool | None = column("A scrub is scheduled", default=None)
    size_bytes: int | None = column("Size, parity included", default=None)
    free_bytes: int | None = column("Free, parity included", default=None)
    capacity_percent: float | None = column("Used share", default=None)
    fragmentation_percent: float | None = column("Fragmentation of the free space", default=None)
    read_only: bool | None = column("Imported read-only", default=None)
    checkpoint_bytes: int | None = column("Held by a checkpoint, 0: there is none", default=None)
    checkpoint_hours: float | None = column(
        "Age of the checkpoint, or how long audits have seen it; None: not known", default=None
    )
    autotrim: bool | None = column("Trims freed space on its own", default=None)
    trim_scheduled: bool | None = column("A trim is scheduled", default=None)
    solid_state: bool | None = column(
        "All its data lie on solid-state drives; None if not told", default=None
    )
    features_disabled: str | None = column("Features not enabled, blank-separated", default=None)
    features_off: bool | None = column("It says that supported features are not enabled", default=None)
    lone: str | None = column("Devices that stand alone, comma-separated; None if not known", default=None)
    mixed: bool = column("Others of its groups have redundancy", default=False)
    on_controller: str | None = column(
        "Devices that are volumes of a RAID controller, comma-separated; None if the disks are not known",
        default=None,
    )
    lone_judged: bool = column("The lone disks are judged as such by what depends on them", default=False)

    @property
    def said(self) -> str:
        """pool tank, for a message."""
        return f"pool {self.pool}"


@dataclass(slots=True)
class Told:
    """What is known of one pool."""

    site: Site
    target: str
    status: Fact[ZpoolStatus] | None = None
    settings: Fact[ZpoolProperties] | None = None
    groups: list[Group] = field(default_factory=list)
    arrays: list[Fact[Array]] = field(default_factory=list)
    schedule: ZfsSchedule | None = None
    made_at: datetime | None = None
    names: Names | None = None
    disks: list[Fact[Disk]] = field(default_factory=list)
    mounted: bool = False


_OUT_OF = (ZpoolStatus, ZpoolProperties, ZpoolVdev, Array, ZfsSchedule)


@derived(ZfsPool, out_of=_OUT_OF)
def zfs_pool(site: Site) -> Iterator[Fact[ZfsPool]]:
    for (target, pool), told in sorted(_told(site).items()):
        yield Fact(target, _row(pool, told), sources(told.status, told.settings, *told.arrays))


def _told(site: Site) -> dict[tuple[str, str], Told]:
    found: dict[tuple[str, str], Told] = {}
    for status in site.facts(ZpoolStatus):
        key = (status.target, status.row.pool)
        found.setdefault(key, Told(site, status.target)).status = status
    for settings in site.facts(ZpoolProperties):
        key = (settings.target, settings.row.pool)
        found.setdefault(key, Told(site, settings.target)).settings = settings
    if not found:
        return found
    schedules = keyed(site.facts(ZfsSchedule), lambda r: r.name)
    blocks, disks = by_target(site.facts(BlockDevice)), by_target(site.facts(Disk))
    roots = {(f.target, f.row.dataset): f.row.created_at for f in site.facts(ZfsDataset)}
    mounts = {
        (f.target, (f.row.source or "").partition("/")[0])
        for f in site.facts(Filesystem)
        if f.row.fs_type == "zfs"
    }
    for (target, pool), told in found.items():
        schedule = schedules.get("zfs")
        told.schedule = schedule.row if schedule and schedule.target == target else None
        told.made_at, told.mounted = roots.get((target, pool)), (target, pool) in mounts
        told.names, told.disks = Names(blocks.get(target, [])), disks.get(target, [])
    for one in site.once(groups):
        if (one.target, one.pool) in found:
            found[one.target, one.pool].groups.append(one)
    arrays = {(f.target, f.row.array): f for f in site.facts(Array) if f.row.kind == "zfs"}
    for told in found.values():
        mine = (arrays.get((one.target, array_id(one))) for one in told.groups)
        told.arrays = [fact for fact in mine if fact is not None]
    return found


_WORST = ("SUSPENDED", "FAULTED", "UNAVAIL", "REMOVED", "OFFLINE", "DEGRADED", "ONLINE")


def _row(pool: str, told: Told) -> ZfsPool:
    status, settings = row_of(told.status), row_of(told.settings)
    words = [status.state, status.tree_state] if status else []
    words.append(settings.health if settings else None)
    state = next((word for word in _WORST if word in words), first(*words))
    ill = [f.row for f in told.arrays if f.row.state in ("degraded", "failed")]
    ill.sort(key=lambda one: one.state != "failed")
    explained = (state == "DEGRADED" and bool(ill)) or (
        state in ("UNAVAIL", "FAULTED") and any(one.state == "failed" for one in ill)
    )
    return ZfsPool(
        pool=pool,
        fault_of=ill[0].array if ill else f"zfs:{pool}",
        state=state,
        status=status.status if status else None,
        arrays_tell=explained,
        no_margin=_no_margin(told.groups),
        devices=_ill_devices(told.groups),
        data_errors=status.data_errors if status else None,
        damaged=status.damaged if status else "",
        metadata_damaged=status.metadata_damaged if status else None,
        features_off=status.features_off if status else None,
        **_scan(pool, told, status),
        **_space(settings),
        **_checkpoint(pool, told, status, settings),
        **_make(told),
    )


def _no_margin(found: Sequence[Group]) -> bool | None:
    if not found:
        return None
    mine = [one for one in found if one.top.role != "log"]
    if any(one.missing >= max(1, one.redundancy) for one in mine):
        return True
    return False if all(one.slots for one in mine) else None


def _ill_devices(found: Sequence[Group]) -> str:
    told = []
    for one in found:
        for fact in one.facts:
            row = fact.row
            if row.state not in ("ONLINE", "AVAIL", "INUSE", None) and row.kind in ("disk", "file"):
                told.append(f"{short(row)} {row.state}" + (f" ({row.note})" if row.note else ""))
    return ", ".join(told[:8])


def _scan(pool: str, told: Told, status: ZpoolStatus | None) -> dict[str, Any]:
    at, ends = told.site.at, []
    seen = [f.row for e in told.site.history for f in e.facts_of(told.target, ZpoolStatus)]
    for one in (*(row for row in seen if row.pool == pool), *((status,) if status else ())):
        if one.scan_kind == "scrub" and one.scan_state == "finished" and one.scan_ended_at:
            ends.append(one.scan_ended_at)
    made = told.made_at
    return {
        "scan_kind": status.scan_kind if status else None,
        "scan_state": status.scan_state if status else None,
        "scan_errors": status.scan_errors if status else None,
        "scan_repaired_bytes": status.scan_repaired_bytes if status else None,
        "scrub_age_days": max(0.0, (at - max(ends)).total_seconds() / 86_400) if ends else None,
        "never_scrubbed": status.scan_kind == "none" if status and status.scan_kind else None,
        "age_days": max(0.0, (at - made).total_seconds() / 86_400) if made else None,
        "scrub_scheduled": told.schedule.scrub_scheduled if told.schedule else None,
        "trim_scheduled": told.schedule.trim_scheduled if told.schedule else None,
    }


def _space(settings: ZpoolProperties | None) -> dict[str, Any]:
    if settings is None:
        return {}
    share = settings.capacity_percent
    if settings.size_bytes and settings.allocated_bytes is not None:
        share = 100.0 * settings.allocated_bytes / settings.size_bytes  # capacity is cut to whole percents
    return {
        "size_bytes": settings.size_bytes,
        "free_bytes": settings.free_bytes,
        "capacity_percent": share,
        "fragmentation_percent": settings.fragmentation_percent,
        "read_only": settings.read_only,
        "autotrim": settings.autotrim,
        "features_disabled": settings.features_disabled,
    }


def _checkpoint(
    pool: str, told: Told, status: ZpoolStatus | None, settings: ZpoolProperties | None
) -> dict[str, Any]:
    made = status.checkpoint_at if status else None
    held = settings.checkpoint_bytes if settings else None
    if held:
        for earlier in reversed(told.site.history):
            mine = (f.row for f in earlier.facts_of(told.target, ZpoolProperties))
            if not any(row.pool == pool and row.checkpoint_bytes for row in mine):
                break
            made = min(made, earlier.at) if made else earlier.at
    hours = max(0.0, (told.site.at - made).total_seconds() / 3600) if made else None
    return {"checkpoint_bytes": held if held is not None else 1 if made else None, "checkpoint_hours": hours}


def _make(told: Told) -> dict[str, Any]:
    """What its groups are made of."""
    data = [one for one in told.groups if one.top.role == "data"]
    if not data:
        return {"lone": None}
    lone = [one for one in data if not one.level]
    disks = {name: f.row for f in told.disks for name in (f.row.names or f.row.name).split()}
    blocks = {fact.row.name: fact.row for fact in told.site.facts_of(told.target, BlockDevice)}

    def below(name: str | None) -> Disk | None:
        for _ in range(6):
            if name is None or name in disks:
                break
            parents = blocks[name].parents.split() if name in blocks else []
            name = parents[0] if len(parents) == 1 else None
        return disks.get(name or "")

    names = told.names or Names([])
    leaves = [slot.filled for one in data for slot in one.slots if slot.filled]
    kinds = [disk.rotational if (disk := below(names.of(leaf))) else None for leaf in leaves]
    alone = [below(names.of(one.top)) for one in lone]
    every = [slot.filled for one in told.groups for slot in one.slots if slot.filled]
    under = [(leaf, below(names.of(leaf))) for leaf in every]
    volumes = [f"{short(leaf)} ({disk.said})" for leaf, disk in under if disk and disk.behind_controller]
    known = bool(under) and all(disk is not None for _, disk in under)
    return {
        "lone": ", ".join(short(one.top) for one in lone),
        "on_controller": ", ".join(volumes) if volumes or known else None,
        "mixed": len(lone) < len(data),
        "lone_judged": bool(lone) and told.mounted and all(disk is not None for disk in alone),
        "solid_state": None if None in kinds or not kinds else not any(kinds),
    }
