"""Storages that carry guests: what is promised to their disks, and the room that merging snapshots takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from analyzer.derived.filesystem import Filesystem
from analyzer.derived.guest_disk_state import GuestDiskState
from analyzer.derived.guest_state import GuestState
from analyzer.guest_places import Place, Places
from analyzer.joining import sources
from analyzer.site import Site, derived
from collectors.fact import Fact
from collectors.hypervisor_tables import Datastore, GuestDisk
from collectors.table import Row, column, table


@table("guest_storage", key=("storage",), label=("name",), root=("storage",))
class GuestStorage(Row):
    """A datastore, pool or file system with the guests on it."""

    storage: str = column("Identity of the storage")
    name: str = column("Its name")
    hypervisor: str | None = column("vmware, proxmox, libvirt and so on", default=None)
    kind: str | None = column("vmfs, nfs, dir, lvmthin and so on", default=None)
    file_system: bool = column("A file system of the host, judged as such too", default=False)
    accessible: bool | None = column("The hypervisor reaches it", default=None)
    maintenance: str | None = column("normal, or the maintenance mode it is in", default=None)
    size_bytes: int | None = column("Capacity", default=None)
    free_bytes: int | None = column("Free", default=None)
    free_percent: float | None = column("Free, of the capacity", default=None)
    uncommitted_bytes: int | None = column("Promised to thin disks and not yet taken", default=None)
    guests: int = column("Guests with a disk on it", default=0)
    provisioned_bytes: int | None = column(
        "Sizes of their disks there; None if one was not told", default=None
    )
    promised_percent: float | None = column("What is promised, of the capacity", default=None)
    snapshotted: int = column("Guests on it that have snapshots", default=0)
    largest_name: str | None = column("The largest guest with snapshots", default=None)
    largest_bytes: int | None = column("Sizes of its disks together", default=None)
    delta_name: str | None = column("The guest whose merge takes the most room", default=None)
    delta_bytes: int | None = column("That room", default=None)


@dataclass(slots=True)
class _Load:
    """What lies on a storage."""

    place: Place | None = None
    store: Fact[Datastore] | None = None
    disks: list[Fact[GuestDiskState]] = field(default_factory=list)


@derived(GuestStorage, out_of=(Datastore, Filesystem, GuestDisk, GuestDiskState, GuestState))
def guest_storage(site: Site) -> Iterator[Fact[GuestStorage]]:
    stores, disks = site.facts(Datastore), site.facts(GuestDiskState)
    if not stores and not disks:
        return
    places, loads = Places(site), dict[tuple[str, str], _Load]()
    for store in stores:
        place = places.of_store(store)
        load = loads.setdefault((store.target, place.id), _Load())
        load.place, load.store = place, store
    raw = {(f.target, f.row.guest, f.row.disk): f.row for f in site.facts(GuestDisk)}
    for disk in disks:
        one = raw.get((disk.target, disk.row.guest, disk.row.disk))
        found = places.of(disk.target, one) if one is not None else None
        if found is not None and not found.id.startswith("device:"):
            load = loads.setdefault((disk.target, found.id), _Load())
            load.place = load.place or found
            load.disks.append(disk)
    guests = {(f.target, f.row.guest): f.row for f in site.facts(GuestState)}
    for (target, _), load in loads.items():
        if load.place is not None:
            row = _row(load.place, load, [guests.get((target, d.row.guest)) for d in load.disks])
            yield Fact(target, row, sources(load.store, load.place.fact, *load.disks))


def _row(place: Place, load: _Load, owners: list[GuestState | None]) -> GuestStorage:
    store = load.store.row if load.store else None
    sizes = [disk.row.size_bytes for disk in load.disks]
    provisioned = sum(size or 0 for size in sizes) if None not in sizes else None
    guests = {one.guest: one for one in owners if one is not None}
    snapped = [one for one in guests.values() if one.snapshots]
    largest = max(snapped, key=lambda one: one.provisioned_bytes or -1, default=None)
    merged = [one for one in snapped if one.consolidation_bytes is not None]
    worst = max(merged, key=lambda one: one.consolidation_bytes or 0, default=None)
    promised = _promised(place, store, provisioned)
    share = promised is not None and place.size_bytes
    return GuestStorage(
        storage=place.id,
        name=place.name,
        hypervisor=_hypervisor(store, owners),
        kind=store.kind if store else None,
        file_system=place.mountpoint is not None,
        accessible=store.accessible if store else None,
        maintenance=store.maintenance if store else None,
        size_bytes=place.size_bytes,
        free_bytes=place.free_bytes,
        free_percent=_percent(place.free_bytes, place.size_bytes),
        uncommitted_bytes=store.uncommitted_bytes if store else None,
        guests=len({disk.row.guest for disk in load.disks}),
        provisioned_bytes=provisioned if load.disks else None,
        promised_percent=100.0 * (promised or 0) / (place.size_bytes or 1) if share else None,
        snapshotted=len(snapped),
        largest_name=largest.name if largest else None,
        largest_bytes=largest.provisioned_bytes if largest else None,
        delta_name=worst.name if worst else None,
        delta_bytes=worst.consolidation_bytes if worst else None,
    )


def _promised(place: Place, store: Datastore | None, provisioned: int | None) -> int | None:
    """Used and not yet taken, as the hypervisor counts; else the sizes of the disks."""
    if store is not None and None not in (store.uncommitted_bytes, place.size_bytes, place.free_bytes):
        return (place.size_bytes or 0) - (place.free_bytes or 0) + (store.uncommitted_bytes or 0)
    return provisioned


def _percent(part: int | None, whole: int | None) -> float | None:
    return 100.0 * part / whole if part is not None and whole else None


def _hypervisor(store: Datastore | None, owners: list[GuestState | None]) -> str | None:
    if store is not None and store.hypervisor:
        return store.hypervisor
    return next((one.hypervisor for one in owners if one is not None and one.hypervisor), None)
