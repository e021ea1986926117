"""Guests with their disks, snapshots, storage and what is known of their backups, one row each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from analyzer.copy_series import looked_through
from analyzer.derived.asset import System
from analyzer.derived.asset_copy import AssetCopy
from analyzer.derived.guest_disk_state import GuestDiskState
from analyzer.derived.guest_note import GuestNote
from analyzer.derived.snapshot_state import SnapshotState
from analyzer.guest_places import guests_of
from analyzer.joining import sources
from analyzer.site import Site, derived
from analyzer.snapshot_names import role_of
from collectors.cluster_tables import NodeStorage
from collectors.fact import Fact
from collectors.guest_backup_tables import GuestBackup
from collectors.hypervisor_tables import Guest
from collectors.table import Row, column, table


@table("guest_state", key=("guest",), label=("name",), root=("guest",))
class GuestState(Row):
    """A guest as a whole."""

    guest: str = column("Identity of the guest")
    name: str = column("Its name")
    hypervisor: str | None = column("vmware, proxmox, libvirt, hyperv, xen and so on", default=None)
    kind: str | None = column("vm, container or template", default=None)
    power: str | None = column("running, off, suspended or paused", default=None)
    state: str | None = column("What is wrong with its registration", default=None)
    lock: str | None = column("Lock that an operation holds", default=None)
    locked_hours: float | None = column("For how long", default=None)
    tools: str | None = column("Guest agent or tools: running, not running, not installed", default=None)
    consolidation_needed: bool | None = column("The hypervisor says so", default=None)
    changed_block_tracking: bool | None = column("Changes are tracked for backups", default=None)
    role: str | None = column("What may run in it by its name, notes or system", default=None)
    tier: int | None = column("Importance that its owner gave it; None: nobody did", default=None)
    disks: int = column("Disks", default=0)
    provisioned_bytes: int | None = column("Their sizes together; None if one was not told", default=None)
    snapshots: int = column("Snapshots on record, of whatever sort", default=0)
    kept_snapshots: int = column("Those that somebody or a schedule made and keeps", default=0)
    scheduled_snapshots: int = column("Those of a schedule", default=0)
    oldest_hours: float | None = column("Age of the oldest kept one", default=None)
    snapshots_known: bool = column("The list of its snapshots was read", default=True)
    delta_bytes: int | None = column("Space that the snapshots hold", default=None)
    delta_percent: float | None = column("Of the sizes of its disks", default=None)
    oldest_any_hours: float | None = column("Age of the oldest snapshot of whatever sort", default=None)
    consolidation_bytes: int | None = column("Room that merging them all may take", default=None)
    storages: str = column("Names of the storages it lies on, newline-separated", default="")
    free_bytes: int | None = column("Free on the fullest of them", default=None)
    backup_collected: bool = column("Evidence about backups of guests was collected", default=False)
    backup_age_hours: float | None = column("Age of the newest backup of it on another storage", default=None)
    backups_beside: int = column("Backups of it on the storage of its own disks", default=0)
    noted: str | None = column("Product whose note at it tells of a backup", default=None)
    noted_hours: float | None = column("How long ago, by that note", default=None)


@derived(GuestState, out_of=(Guest, GuestDiskState, SnapshotState, GuestBackup, NodeStorage, AssetCopy))
def guest_state(site: Site) -> Iterator[Fact[GuestState]]:
    if not site.facts(Guest):
        return
    disks: dict[tuple[str, str], list[Fact[GuestDiskState]]] = {}
    for disk in site.facts(GuestDiskState):
        disks.setdefault((disk.target, disk.row.guest), []).append(disk)
    snapshots: dict[tuple[str, str], list[Fact[SnapshotState]]] = {}
    for snapshot in site.facts(SnapshotState):
        snapshots.setdefault((snapshot.target, snapshot.row.guest), []).append(snapshot)
    copies: dict[tuple[str, str], list[GuestBackup]] = {}
    for one in site.facts(GuestBackup):
        if one.row.guest:
            copies.setdefault((one.target, one.row.guest), []).append(one.row)
    collected = {one.target for one in site.facts(GuestBackup)}
    collected |= {one.target for one in site.absences if one.table is GuestBackup}
    # a cluster whose storages were listed without a gap was searched for backups, found or not
    searched = {one.target for one in site.facts(NodeStorage)}
    collected |= searched - {gap.target for gap in site.gaps if gap.table is GuestBackup}
    unread = {
        (gap.target, gap.subject)
        for gap in site.blind_spots(SnapshotState)
        if gap.table.TABLE == "guest_snapshot"
    }
    notes = {(f.target, f.row.guest): f.row for f in site.facts(GuestNote)}
    tiers = {asset.name.lower(): asset.tier for asset in site.assets if asset.tier is not None}
    elsewhere = _elsewhere(site)
    looked = bool(site.once(looked_through))
    for fact in site.once(guests_of):
        key = (fact.target, fact.row.guest)
        held, mine = snapshots.get(key, []), disks.get(key, [])
        row = _row(
            site.at,
            fact.row,
            [one.row for one in mine],
            [one.row for one in held],
            copies.get(key, []),
            known=(fact.target, "") not in unread and key not in unread,
            collected=fact.target in collected or looked,
            elsewhere=elsewhere.get(key),
            tier=tiers.get(fact.row.name.lower()),
        )
        if (note := notes.get(key)) is not None and not note.failed:
            row = replace(row, noted=note.product or "somebody", noted_hours=note.age_hours)
        yield Fact(fact.target, row, sources(fact, *held, *mine))


def _row(
    at: datetime,
    guest: Guest,
    disks: list[GuestDiskState],
    held: list[SnapshotState],
    copies: list[GuestBackup],
    *,
    known: bool,
    collected: bool,
    elsewhere: float | None,
    tier: int | None,
) -> GuestState:
    kept = [one for one in held if one.sort in ("operator", "schedule")]
    ages = [one.age_hours for one in kept if one.age_hours is not None]
    provisioned = _all([disk.size_bytes for disk in disks])
    delta = _delta(disks, held)
    free = [disk.free_bytes for disk in disks if disk.free_bytes is not None]
    names = sorted({disk.storage_name for disk in disks if disk.storage_name})
    beside = [one for one in copies if one.storage and one.storage in names]
    apart = [_hours(at, one.created_at) for one in copies if one not in beside and one.created_at]
    apart += [elsewhere] if elsewhere is not None else []
    return GuestState(
        guest=guest.guest,
        name=guest.name,
        hypervisor=guest.hypervisor,
        kind=guest.kind,
        power=guest.power,
        state=guest.state,
        lock=guest.lock,
        locked_hours=_hours(at, guest.locked_at) if guest.locked_at else None,
        tools=guest.tools,
        consolidation_needed=guest.consolidation_needed,
        changed_block_tracking=guest.changed_block_tracking,
        role=role_of(guest.name, guest.annotation, guest.system),
        tier=tier,
        disks=len(disks),
        provisioned_bytes=provisioned,
        snapshots=len(held),
        kept_snapshots=len(kept),
        scheduled_snapshots=sum(one.sort == "schedule" for one in kept),
        oldest_hours=max(ages, default=None),
        oldest_any_hours=max((one.age_hours for one in held if one.age_hours is not None), default=None),
        snapshots_known=known,
        delta_bytes=delta,
        delta_percent=100.0 * delta / provisioned if delta is not None and provisioned else None,
        consolidation_bytes=_room(disks, delta),
        storages="\n".join(names),
        free_bytes=min(free, default=None),
        backup_collected=collected,
        backup_age_hours=min(apart, default=None),
        backups_beside=len(beside),
    )


def _elsewhere(site: Site) -> dict[tuple[str, str], float]:
    """Age of the newest copy of a guest that any product holds off the storage of its disks."""
    keys = {
        fact.row.asset: (fact.row.hypervisor, fact.row.guest)
        for fact in site.facts(System)
        if fact.row.hypervisor and fact.row.guest
    }
    found: dict[tuple[str, str], float] = {}
    for fact in site.facts(AssetCopy):
        row, key = fact.row, keys.get(fact.row.asset)
        if row.repository.startswith("store:") or row.age_hours is None or row.same_storage:
            continue  # storages of the hypervisor are told apart from the guest's own by name, above
        if key and key[0] and key[1]:
            place = (key[0], key[1])
            found[place] = min(found.get(place, row.age_hours), row.age_hours)
    return found


def _hours(at: datetime, then: datetime | None) -> float:
    return (at - then).total_seconds() / 3600 if then else 0.0


def _all(values: list[int | None]) -> int | None:
    told = [value for value in values if value is not None]
    return sum(told) if told and len(told) == len(values) else None


def _delta(disks: list[GuestDiskState], held: list[SnapshotState]) -> int | None:
    """What the hypervisor tells of each snapshot, else what the images above the bases take."""
    if held and all(one.size_bytes is not None for one in held):
        return sum(one.size_bytes or 0 for one in held)
    layered = [disk for disk in disks if disk.depth]
    if layered:
        return _all([disk.overlay_bytes for disk in layered])
    return 0 if not held and disks else None


def _room(disks: list[GuestDiskState], delta: int | None) -> int | None:
    """Merging writes the deltas into the base, which grows at most to its full size; then they go."""
    layered = [disk for disk in disks if disk.depth]
    known = [disk for disk in layered if None not in (disk.overlay_bytes, disk.base_bytes, disk.size_bytes)]
    if layered and len(known) == len(layered):
        return sum(
            min(disk.overlay_bytes or 0, max(0, (disk.size_bytes or 0) - (disk.base_bytes or 0)))
            for disk in known
        )
    return delta
