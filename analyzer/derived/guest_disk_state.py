"""Disks of guests with the images they are made of, the storage they lie on and what can hold of them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

from analyzer.derived.filesystem import Filesystem
from analyzer.derived.image_chain import ImageChain
from analyzer.guest_places import Place, Places, guests_of, snapshots_by_guest
from analyzer.joining import sources
from analyzer.site import Site, derived
from collectors.cluster_tables import StorageSetting
from collectors.fact import Fact
from collectors.hypervisor_tables import Datastore, Guest, GuestDisk, GuestSnapshot
from collectors.table import Row, column, table

DELTA = re.compile(r"-\d{6}\.vmdk$|\.avhdx?$|-delta\.vmdk$|-sesparse\.vmdk$", re.IGNORECASE)


@table("guest_disk_state", key=("guest", "disk"), label=("guest_name", "disk"), root=("guest",))
class GuestDiskState(Row):
    """A virtual disk with everything that is known of its images and its storage."""

    guest: str = column("Identity of the guest")
    guest_name: str = column("Name of the guest", default="")
    disk: str = column("Slot or label")
    hypervisor: str | None = column("vmware, proxmox, libvirt, hyperv, xen and so on", default=None)
    template: bool = column("The guest is a template", default=False)
    running: bool | None = column("The guest runs", default=None)
    path: str | None = column("Image, volume or device that is written to now", default=None)
    format: str | None = column("qcow2, raw, vmdk, vhdx, avhdx", default=None)
    mode: str | None = column("persistent, independent_persistent, independent_nonpersistent", default=None)
    raw_device: str | None = column("virtual or physical for a pass-through", default=None)
    sharing: str | None = column("Shared by several guests: multi-writer, bus sharing", default=None)
    cache: str | None = column("Cache mode: none, writeback, unsafe", default=None)
    backup: bool | None = column("False: left out of backups by its configuration", default=None)
    host_folder: bool = column("A folder of the host that a container sees (bind mount)", default=False)
    volume_chain: bool | None = column("Its storage makes a chain of volumes of its snapshots", default=None)
    name_excludes: bool = column("Its name tells snapshots or backups to leave it out", default=False)
    size_bytes: int | None = column("Size that the guest sees", default=None)
    depth: int | None = column("Layers below the one written to", default=None)
    unrecorded: int | None = column("Layers that no snapshot on record accounts for", default=None)
    snapshots: int = column("Snapshots of the guest on record", default=0)
    delta: bool | None = column("What is written to is a delta of a snapshot", default=None)
    missing: str | None = column("File of its images that is not there", default=None)
    chain_whole: bool | None = column("Every image down to the base was seen", default=None)
    relative: str = column("Images that name the one below by a relative path, newline-separated", default="")
    unformatted: str = column("Images that do not tell the format of the one below", default="")
    corrupt: str = column("Images marked corrupt or with errors, newline-separated", default="")
    dirty: str = column("Images that were not closed cleanly, newline-separated", default="")
    damage_known: bool = column("Of every image its damage marks were told", default=False)
    written_below: str = column("Images of it that another guest writes to, newline-separated", default="")
    internal_snapshots: int | None = column("Snapshots inside the image", default=None)
    overlay_bytes: int | None = column("Space that the images above the base take", default=None)
    base_bytes: int | None = column("Space that the base takes", default=None)
    storage: str | None = column("Identity of the storage it lies on", default=None)
    storage_name: str | None = column("Its name", default=None)
    free_bytes: int | None = column("Free there", default=None)


@derived(
    GuestDiskState,
    out_of=(Guest, GuestDisk, GuestSnapshot, ImageChain, Filesystem, Datastore, StorageSetting),
)
def guest_disk_state(site: Site) -> Iterator[Fact[GuestDiskState]]:
    if not site.facts(GuestDisk):
        return
    guests = {(f.target, f.row.guest): f.row for f in site.once(guests_of)}
    chains = {(f.target, f.row.top): f for f in site.facts(ImageChain)}
    records, places = snapshots_by_guest(site), Places(site)
    snapped = {(f.target, f"uuid:{f.row.snapshot}") for f in site.facts(GuestSnapshot)}
    settings = {(f.target, f.row.storage): f.row for f in site.facts(StorageSetting)}
    for fact in site.facts(GuestDisk):
        if fact.row.attached is False:
            continue  # a leftover: no guest writes to it, and no backup is missing it
        disk, key = fact.row, (fact.target, fact.row.guest)
        if key in snapped:
            continue  # XCP-ng keeps a snapshot as a machine with disks of its own
        chain = chains.get((fact.target, disk.path or ""))
        place = places.of(fact.target, disk)
        held = [one.row for one in records.get(key, ())]
        row = _row(disk, guests.get(key), held, chain.row if chain else None, place)
        if (setting := settings.get((fact.target, disk.storage or ""))) is not None:
            row = _chained(row, setting, held)
        yield Fact(fact.target, row, sources(fact, chain, place.fact if place else None))


def _row(
    disk: GuestDisk,
    guest: Guest | None,
    held: list[GuestSnapshot],
    chain: ImageChain | None,
    place: Place | None,
) -> GuestDiskState:
    depth = chain.depth if chain else disk.chain_depth
    power = guest.power if guest else None
    return GuestDiskState(
        guest=disk.guest,
        guest_name=disk.guest_name or (guest.name if guest else ""),
        disk=disk.disk,
        hypervisor=guest.hypervisor if guest else None,
        template=guest is not None and guest.kind == "template",
        running=None if power is None else power == "running",
        path=disk.path,
        format=disk.format,
        mode=disk.mode,
        raw_device=disk.raw_device,
        sharing=disk.sharing,
        cache=disk.cache,
        backup=disk.backup,
        host_folder=disk.guest.startswith("lxc/") and (disk.path or "").startswith("/"),
        name_excludes=bool(re.search(r"\[NO(?:BAK|SNAP)\]", disk.disk, re.IGNORECASE)),
        size_bytes=disk.size_bytes if disk.size_bytes is not None else chain.virtual_bytes if chain else None,
        depth=depth,
        unrecorded=_unrecorded(depth, chain, held),
        snapshots=len(held),
        delta=_delta(disk),
        missing=chain.missing if chain else None,
        chain_whole=chain.whole if chain else None,
        relative=chain.relative if chain else "",
        unformatted=chain.unformatted if chain else "",
        corrupt=chain.corrupt if chain else "",
        dirty=chain.dirty if chain else "",
        damage_known=chain is not None and chain.damage_known,
        written_below=chain.written_below if chain else "",
        internal_snapshots=chain.internal_snapshots if chain else None,
        overlay_bytes=chain.overlay_bytes if chain and chain.depth else None,
        base_bytes=chain.base_bytes if chain else None,
        storage=place.id if place else None,
        storage_name=place.name if place else disk.storage,
        free_bytes=place.free_bytes if place else None,
    )


def _chained(row: GuestDiskState, setting: StorageSetting, held: list[GuestSnapshot]) -> GuestDiskState:
    """With snapshots as a chain of volumes each snapshot below the running state is a layer."""
    below = max((one.depth or 0 for one in held if one.current), default=0)
    known = not held or any(one.current for one in held)
    if not setting.volume_chain:
        return dataclasses.replace(row, volume_chain=setting.volume_chain)
    return dataclasses.replace(row, volume_chain=True, depth=below if known else None, unrecorded=0)


def _unrecorded(depth: int | None, chain: ImageChain | None, held: list[GuestSnapshot]) -> int | None:
    """Layers that no external snapshot names; without names each external snapshot stands for one layer."""
    if depth is None:
        return None
    named = {path for one in held if one.files for path in one.files.split("\n")}
    if chain is not None and named:
        return max(0, depth - len(named & set(chain.images.split("\n"))))
    return max(0, depth - sum(one.kind != "internal" for one in held))


def _delta(disk: GuestDisk) -> bool | None:
    if disk.delta is not None:
        return disk.delta
    if disk.path and DELTA.search(disk.path):
        return True
    return disk.chain_depth > 0 if disk.chain_depth is not None else None
