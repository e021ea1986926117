"""Where machines keep their files, and disks of theirs that are those of another machine (vSphere)."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.derived.snapshot_state import SnapshotState
from analyzer.joining import sources
from analyzer.site import Site, derived
from collectors.fact import Fact
from collectors.hypervisor_tables import Datastore, GuestDisk
from collectors.table import Row, column, table
from collectors.vsphere_tables import GuestFiles

BACKUP_HOURS = 24.0
"""A snapshot of a backup product so young may belong to a backup that runs."""


@table("guest_folder", key=("guest",), label=("name",), root=("guest",))
class GuestFolder(Row):
    """The datastores of a machine's configuration and of its snapshots."""

    guest: str = column("Identity of the guest")
    name: str = column("Its name")
    home: str | None = column("Datastore of its configuration", default=None)
    snapshots: str | None = column("Datastore that its snapshots grow on", default=None)
    home_free_bytes: int | None = column("Free on the first", default=None)
    snapshots_free_bytes: int | None = column("Free on the second", default=None)


@table("foreign_disk", key=("guest", "disk"), label=("guest_name", "disk"), root=("guest",))
class ForeignDisk(Row):
    """A disk that is attached to one machine and belongs to the files of another."""

    guest: str = column("Identity of the machine that it is attached to")
    guest_name: str = column("Its name")
    disk: str = column("Its label there")
    path: str = column("The file")
    owner: str = column("Name of the machine whose file it is")
    sharing: str | None = column("Shared on purpose: multi-writer, bus sharing", default=None)
    backup_hours: float | None = column(
        "Age of the owner's youngest snapshot of a backup product", default=None
    )


@derived(GuestFolder, out_of=(GuestFiles, Datastore))
def guest_folder(site: Site) -> Iterator[Fact[GuestFolder]]:
    free = {(f.target, f.row.name): f.row.free_bytes for f in site.facts(Datastore)}
    for fact in site.facts(GuestFiles):
        home, below = _store(fact.row.home), _store(fact.row.snapshot_folder)
        row = GuestFolder(
            guest=fact.row.guest,
            name=fact.row.guest_name,
            home=home,
            snapshots=below,
            home_free_bytes=free.get((fact.target, home or "")),
            snapshots_free_bytes=free.get((fact.target, below or "")),
        )
        yield Fact(fact.target, row, sources(fact))


@derived(ForeignDisk, out_of=(GuestFiles, GuestDisk, SnapshotState))
def foreign_disk(site: Site) -> Iterator[Fact[ForeignDisk]]:
    homes = {(f.target, f.row.guest): f.row.home for f in site.facts(GuestFiles)}
    owners = {(f.target, f.row.home): f for f in site.facts(GuestFiles) if f.row.home}
    for disk in site.facts(GuestDisk):
        path = disk.row.path or ""
        folder = path.rpartition("/")[0]
        owner = owners.get((disk.target, folder))
        home = homes.get((disk.target, disk.row.guest))
        if owner is None or home is None or folder == home or owner.row.guest == disk.row.guest:
            continue
        if path in owner.row.files.split("\n"):
            row = ForeignDisk(
                guest=disk.row.guest,
                guest_name=disk.row.guest_name,
                disk=disk.row.disk,
                path=path,
                owner=owner.row.guest_name,
                sharing=disk.row.sharing,
                backup_hours=_youngest(site, disk.target, owner.row.guest),
            )
            yield Fact(disk.target, row, sources(disk, owner))


def _youngest(site: Site, target: str, guest: str) -> float | None:
    ages = [
        fact.row.age_hours
        for fact in site.facts(SnapshotState)
        if fact.target == target and fact.row.guest == guest and fact.row.sort == "backup"
    ]
    return min((age for age in ages if age is not None), default=None)


def _store(path: str | None) -> str | None:
    """`[ds1] web1/web1.vmx` → ds1."""
    return path[1:].partition("]")[0] if path and path.startswith("[") else None
