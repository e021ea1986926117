"""Images of guests on file systems that keep snapshots of their own, which no hypervisor lists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from analyzer.ages import hours_between
from analyzer.derived.filesystem import Filesystem
from analyzer.derived.guest_disk_state import GuestDiskState
from analyzer.joining import by_target, sources
from analyzer.site import Site, derived
from collectors.btrfs_tables import BtrfsSnapshots
from collectors.fact import Fact
from collectors.table import Row, column, table
from collectors.zfs_tables import ZfsSnapshotSet

SNAPSHOTTING = ("btrfs", "zfs")


@table("host_snapshot", key=("guest", "disk"), label=("guest_name", "disk"), root=("guest",))
class HostSnapshot(Row):
    """A disk whose image lies on a file system that can keep snapshots."""

    guest: str = column("Identity of the guest")
    guest_name: str = column("Name of the guest", default="")
    disk: str = column("Slot or label")
    path: str = column("Image")
    format: str | None = column("raw or qcow2", default=None)
    mountpoint: str = column("Where the file system is mounted")
    fs_type: str = column("btrfs or zfs")
    snapshots: int | None = column("Snapshots of it; None: not told", default=None)
    oldest_hours: float | None = column("Age of the oldest", default=None)
    newest_hours: float | None = column("Age of the newest", default=None)


@derived(HostSnapshot, out_of=(GuestDiskState, Filesystem, ZfsSnapshotSet, BtrfsSnapshots))
def host_snapshot(site: Site) -> Iterator[Fact[HostSnapshot]]:
    systems = {
        (f.target, f.row.mountpoint): f for f in site.facts(Filesystem) if f.row.fs_type in SNAPSHOTTING
    }
    if not systems:
        return
    sets, counts = by_target(site.facts(ZfsSnapshotSet)), by_target(site.facts(BtrfsSnapshots))
    absent = {one.target for one in site.absences if one.table is ZfsSnapshotSet}
    for disk in site.facts(GuestDiskState):
        path = disk.row.path
        place = (disk.row.storage or "").removeprefix("fs:")
        system = systems.get((disk.target, place))
        if system is None or path is None:
            continue
        held: tuple[int | None, datetime | None, datetime | None]
        if system.row.fs_type == "zfs":
            mine = [f.row for f in sets.get(disk.target, ()) if f.row.dataset == system.row.source]
            told = bool(sets.get(disk.target)) or disk.target in absent
            times = [t for row in mine for t in (row.oldest_at, row.newest_at) if t]
            held = (sum(row.count for row in mine) if told else None, *_ends(times))
        else:
            of = [f.row for f in counts.get(disk.target, ()) if f.row.place == place]
            held = (of[0].snapshots, of[0].oldest_at, of[0].newest_at) if of else (None, None, None)
        row = HostSnapshot(
            guest=disk.row.guest,
            guest_name=disk.row.guest_name,
            disk=disk.row.disk,
            path=path,
            format=disk.row.format,
            mountpoint=place,
            fs_type=system.row.fs_type or "",
            snapshots=held[0],
            oldest_hours=hours_between(held[1], site.at),
            newest_hours=hours_between(held[2], site.at),
        )
        yield Fact(disk.target, row, sources(disk, system))


def _ends(times: list[datetime]) -> tuple[datetime | None, datetime | None]:
    return min(times, default=None), max(times, default=None)
