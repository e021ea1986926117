"""Images of guests on file systems that keep snapshots of their own."""

from __future__ import annotations

from datetime import timedelta

from analyzer.derived.host_snapshot import HostSnapshot
from analyzer.site import Site
from collectors.block_tables import FsUsage, Mount
from collectors.btrfs_tables import BtrfsSnapshots
from collectors.fact import Fact
from collectors.hypervisor_tables import Guest, GuestDisk
from collectors.table import Row
from collectors.zfs_tables import ZfsSnapshotSet
from tests.derived_sites import AT


def site_with(*rows: Row) -> Site:
    site = Site("test", AT, targets=("t",))
    site.add(Fact("t", row) for row in rows)
    return site


def mounted(place: str, kind: str, source: str) -> tuple[Row, Row]:
    return (
        Mount(mountpoint=place, source=source, fs_type=kind, options="rw", read_only=False),
        FsUsage(mountpoint=place, source=source, fs_type=kind, size_bytes=10**12, used_bytes=0),
    )


def guest(name: str, path: str) -> tuple[Row, Row]:
    return (
        Guest(guest=f"uuid:{name}", name=name, hypervisor="libvirt", kind="vm"),
        GuestDisk(guest=f"uuid:{name}", guest_name=name, disk="vda", path=path, format="raw"),
    )


def test_snapshots_of_the_dataset_and_of_the_subvolume_are_counted() -> None:
    site = site_with(
        *mounted("/tank/vm", "zfs", "tank/vm"),
        *mounted("/srv", "btrfs", "/dev/sdb"),
        *mounted("/", "ext4", "/dev/sda1"),
        *guest("a", "/tank/vm/a.img"),
        *guest("b", "/srv/b.img"),
        *guest("c", "/var/lib/c.img"),
        ZfsSnapshotSet(dataset="tank/vm", family="sanoid", count=30, newest_at=AT - timedelta(hours=2)),
        ZfsSnapshotSet(dataset="tank/vm", family="other", count=1, newest_at=AT - timedelta(hours=9)),
        ZfsSnapshotSet(dataset="tank", family="other", count=5),
        BtrfsSnapshots(place="/srv", subvolumes=4, snapshots=3, newest_at=AT - timedelta(hours=5)),
    )
    rows = {fact.row.guest_name: fact.row for fact in site.facts(HostSnapshot)}
    assert set(rows) == {"a", "b"}
    assert (rows["a"].snapshots, rows["a"].newest_hours) == (31, 2.0)
    assert (rows["b"].snapshots, rows["b"].newest_hours) == (3, 5.0)


def test_snapshots_that_were_not_told_are_unknown() -> None:
    site = site_with(*mounted("/srv", "btrfs", "/dev/sdb"), *guest("b", "/srv/b.img"))
    (fact,) = site.facts(HostSnapshot)
    assert fact.row.snapshots is None
