"""What guests left behind: backups of numbers that no guest has, and images that no guest uses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.guest_places import guests_of
from analyzer.joining import by_target, grouped, sources
from analyzer.site import Site, derived
from collectors.cluster_tables import StorageVolume
from collectors.fact import Fact
from collectors.guest_backup_tables import GuestBackup
from collectors.hypervisor_tables import Guest, GuestDisk, GuestSnapshot
from collectors.table import Row, column, table

_NUMBER = re.compile(r"(?:vm|base|subvol|basevol)-(\d{1,9})-")
_STATE = re.compile(r"-state-|-cloudinit(?:\.\w+)?$")


@table("backup_owner", key=("number",), label=("number",), root=("number",))
class BackupOwner(Row):
    """The backups that bear one number of a guest."""

    number: str = column("Number of the guest")
    kinds: str = column("Sorts of guests that they are of: qemu, lxc", default="")
    storages: str = column("Where they lie, newline-separated", default="")
    backups: int = column("How many", default=0)
    protected: int = column("Of these, kept on purpose", default=0)
    newest_days: float | None = column("Age of the newest", default=None)
    size_bytes: int | None = column("Their sizes together; None if one was not told", default=None)
    guest: str | None = column("Name of the guest that has the number now", default=None)
    guest_known: bool = column("The list of guests is whole", default=True)
    older_than_guest: int | None = column(
        "Backups made before that guest was created; None: its creation was not told", default=None
    )
    kind_differs: bool | None = column("Some are of the other sort than that guest", default=None)


@table("unused_image", key=("volume", "node"), label=("volume",), root=("volume",))
class UnusedImage(Row):
    """An image of a guest that nothing writes to."""

    volume: str = column("Volume or file")
    node: str = column("Node it lies on; empty: shared, or a host of its own", default="")
    hypervisor: str = column("proxmox, hyperv or xen", default="proxmox")
    guest: str | None = column("Guest that it is kept for, or whose number it bears", default=None)
    kept: bool = column("It stands in the guest's configuration as unused", default=False)
    size_bytes: int | None = column("Its size", default=None)
    written_hours: float | None = column("Since it was written to last", default=None)
    used: bool | None = column("A guest uses it after all; None: it may be part of a snapshot", default=None)


@derived(BackupOwner, out_of=(GuestBackup, Guest))
def backup_owner(site: Site) -> Iterator[Fact[BackupOwner]]:
    guests = {
        (f.target, f.row.guest.rpartition("/")[2]): f for f in site.once(guests_of) if "/" in f.row.guest
    }
    listed = {fact.target for fact in site.facts(Guest)}
    blind = {gap.target for gap in site.gaps if gap.table is Guest}
    for target, facts in by_target(site.facts(GuestBackup)).items():
        numbered = [fact for fact in facts if fact.row.guest and not fact.row.guest.startswith("uuid:")]
        by_number = grouped(numbered, lambda row: (row.guest or "").rpartition("/")[2])
        for number, mine in by_number.items():
            guest = guests.get((target, number))
            known = target in listed and target not in blind
            row = _owner(site, number, [one.row for one in mine], guest.row if guest else None, known)
            yield Fact(target, row, sources(guest, *mine[:5]))


def _owner(
    site: Site, number: str, backups: list[GuestBackup], guest: Guest | None, known: bool
) -> BackupOwner:
    kinds = sorted({one.guest.partition("/")[0] for one in backups if one.guest and "/" in one.guest})
    times = [one.created_at for one in backups if one.created_at]
    sizes = [one.size_bytes for one in backups]
    created = guest.created_at if guest else None
    return BackupOwner(
        number=number,
        kinds=", ".join(kinds),
        storages="\n".join(sorted({one.storage for one in backups if one.storage})),
        backups=len(backups),
        protected=sum(one.protected is True for one in backups),
        newest_days=(site.at - max(times)).total_seconds() / 86_400 if times else None,
        size_bytes=None if None in sizes else sum(size or 0 for size in sizes),
        guest=guest.name if guest else None,
        guest_known=known,
        older_than_guest=sum(time < created for time in times) if created else None,
        kind_differs=any(kind != guest.guest.partition("/")[0] for kind in kinds) if guest else None,
    )


@derived(UnusedImage, out_of=(StorageVolume, GuestDisk, Guest, GuestSnapshot))
def unused_image(site: Site) -> Iterator[Fact[UnusedImage]]:
    guests = {(f.target, f.row.guest): f.row for f in site.once(guests_of)}
    numbers = {(target, guest.rpartition("/")[2]): row for (target, guest), row in guests.items()}
    snapped = {(f.target, f.row.guest) for f in site.facts(GuestSnapshot)}
    unread = {
        (gap.target, gap.subject) for gap in site.gaps if gap.table in (Guest, GuestDisk, GuestSnapshot)
    }
    used: set[tuple[str, str]] = set()
    for disk in site.facts(GuestDisk):
        path, of = disk.row.path or "", guests.get((disk.target, disk.row.guest))
        used.add((disk.target, path))
        store, _, name = path.partition(":")
        used.add((disk.target, f"{store}:{name.rpartition('/')[2]}"))  # a clone: base-9-disk-0/vm-101-disk-0
        if disk.row.attached is False and disk.row.disk.startswith("unused"):
            row = UnusedImage(
                volume=path,
                node=(of.host if of else None) or "",
                guest=of.name if of else disk.row.guest_name or disk.row.guest,
                kept=True,
                size_bytes=disk.row.size_bytes,
                used=False,
            )
            yield Fact(disk.target, row, sources(disk))
    parents = {(f.target, f.row.parent or "") for f in site.facts(StorageVolume)}
    for fact in site.facts(StorageVolume):
        volume = fact.row
        store, _, name = volume.volume.partition(":")
        short = f"{store}:{name.rpartition('/')[2]}"
        if {(fact.target, volume.volume), (fact.target, short)} & used or _is_parent(fact, parents):
            continue
        number = volume.guest_number or _number(name)
        owner = numbers.get((fact.target, number or ""))
        if owner is not None and _STATE.search(name):
            continue  # the memory of a snapshot, the settings of cloud-init
        blind = (fact.target, "") in unread or (owner and (fact.target, owner.guest) in unread)
        held = owner is not None and (fact.target, owner.guest) in snapped
        row = UnusedImage(
            volume=volume.volume,
            node=volume.node,
            guest=owner.name if owner else f"number {number}, which no guest has" if number else None,
            size_bytes=volume.size_bytes,
            used=None if blind or held else False,
        )
        yield Fact(fact.target, row, sources(fact))


def _number(name: str) -> str | None:
    match = _NUMBER.search(name)
    return match[1] if match else None


def _is_parent(fact: Fact[StorageVolume], parents: set[tuple[str, str]]) -> bool:
    """Whether another image is a clone of it: such a base is in use whoever names it."""
    name = fact.row.volume.partition(":")[2]
    names = (fact.row.volume, name, name.rpartition("/")[2])
    return any((fact.target, parent) in parents for parent in names)
