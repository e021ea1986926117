"""Guests, snapshots, disks and storages put together."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TypeVar

import pytest

from analyzer.derived.blast_radius import BlastRadius
from analyzer.derived.guest_disk_state import GuestDiskState
from analyzer.derived.guest_state import GuestState
from analyzer.derived.guest_storage import GuestStorage
from analyzer.derived.image_chain import ImageChain
from analyzer.derived.rests_on import RestsOn
from analyzer.derived.snapshot_growth import SnapshotGrowth
from analyzer.derived.snapshot_state import SnapshotState
from analyzer.engine import judge
from analyzer.site import Asset, Site
from analyzer.snapshot_names import owned, role_of, sort_of
from collectors.block_tables import FsUsage
from collectors.fact import Gap
from collectors.guest_backup_tables import GuestBackup
from collectors.hypervisor_tables import Datastore, DiskImage, Guest, GuestDisk, GuestSnapshot
from collectors.table import Row
from reports.groups import Allowance, groups
from reports.headline import worst
from reports.language import words
from reports.threats import threats
from tests.derived_sites import AT, HOST, mirror, site_of

R = TypeVar("R", bound=Row)
GB = 10**9
DC = "uuid:1"


def guest(number: int = 1, name: str = "DC01", **more: object) -> Guest:
    return Guest(guest=f"uuid:{number}", name=name, **({"hypervisor": "libvirt"} | more))


def disk(path: str = "/srv/dc.2", number: int = 1, **more: object) -> GuestDisk:
    told = {"guest_name": "DC01", "disk": "vda", "path": path, "format": "qcow2"} | more
    return GuestDisk(guest=f"uuid:{number}", **told)


def snapshot(name: str, hours: float, **more: object) -> GuestSnapshot:
    told = {"guest": DC, "guest_name": "DC01", "snapshot": name, "name": name} | more
    return GuestSnapshot(created_at=AT - timedelta(hours=hours), **told)


def chain() -> list[Row]:
    """Base of 100 GB with 60 in it, two layers of 20 and 10 above."""
    sizes = {"/srv/dc.2": 10, "/srv/dc.1": 20, "/srv/dc.0": 60}
    paths = list(sizes)
    return [
        DiskImage(
            path=path,
            format="qcow2",
            size_bytes=100 * GB,
            used_bytes=sizes[path] * GB,
            backing=below,
            backing_path=below,
            backing_format="qcow2" if below else None,
            corrupt=False,
        )
        for path, below in zip(paths, [*paths[1:], None], strict=True)
    ]


def on_a_mirror(*, broken: bool = False) -> list[Row]:
    usage = FsUsage(
        mountpoint="/srv", size_bytes=1000 * GB, used_bytes=985 * GB, available_bytes=15 * GB, fs_type="ext4"
    )
    made = [
        snapshot("first", 240, files="/srv/dc.1", kind="external"),
        snapshot("second", 120, files="/srv/dc.2", kind="external", parent="first"),
    ]
    return [*mirror(broken=broken), usage, guest(), disk(), *made, *chain()]


def row(site: Site, row_type: type[R]) -> R:
    (fact,) = site.facts(row_type)
    return fact.row


def test_a_chain_is_added_up() -> None:
    found = row(site_of(on_a_mirror()), ImageChain)
    assert (found.top, found.depth, found.whole) == ("/srv/dc.2", 2, True)
    assert (found.overlay_bytes, found.base_bytes) == (30 * GB, 60 * GB)


def test_a_circle_of_images_ends() -> None:
    images = [
        DiskImage(path="/a", format="qcow2", backing="/b", backing_path="/b"),
        DiskImage(path="/b", format="qcow2", backing="/a", backing_path="/a"),
    ]
    found = row(site_of([guest(), disk("/a"), *images]), ImageChain)
    assert (found.depth, found.whole) == (1, None)


def test_snapshots_weighed_against_disks_and_storage() -> None:
    site = site_of(on_a_mirror())
    sizes = {
        fact.row.name: (fact.row.size_bytes, fact.row.share_percent) for fact in site.facts(SnapshotState)
    }
    assert sizes == {"first": (20 * GB, 20.0), "second": (10 * GB, 10.0)}
    found = row(site, GuestState)
    assert (found.delta_bytes, found.provisioned_bytes, found.free_bytes) == (30 * GB, 100 * GB, 15 * GB)
    assert found.consolidation_bytes == 30 * GB
    assert found.storages == "/srv"
    store = row(site, GuestStorage)
    assert (store.name, store.file_system, store.snapshotted, store.delta_bytes) == ("/srv", True, 1, 30 * GB)


def test_merging_never_takes_more_than_the_base_can_grow() -> None:
    rows = [
        DiskImage(
            path="/srv/dc.1",
            format="qcow2",
            size_bytes=100,
            used_bytes=50,
            backing="b",
            backing_path="/srv/b",
        ),
        DiskImage(path="/srv/b", format="qcow2", size_bytes=100, used_bytes=90),
    ]
    found = row(site_of([guest(), disk("/srv/dc.1"), snapshot("one", 1, kind="external"), *rows]), GuestState)
    assert (found.delta_bytes, found.consolidation_bytes) == (50, 10)


def test_layers_without_a_record() -> None:
    rows = [one for one in on_a_mirror() if getattr(one, "name", "") != "first"]
    assert row(site_of(rows), GuestDiskState).unrecorded == 1
    assert row(site_of(on_a_mirror()), GuestDiskState).unrecorded == 0


def test_a_degraded_array_names_the_guests_on_it() -> None:
    site = site_of(on_a_mirror(broken=True))
    edges = [fact.row for fact in site.facts(RestsOn) if fact.row.upper_kind == "guest"]
    assert [(edge.upper, edge.lower) for edge in edges] == [("guest:uuid:1", "mount:/srv")]
    radius = {fact.row.label: fact.row for fact in site.facts(BlastRadius)}
    array = next(one for one in radius.values() if one.kind == "array")
    assert (array.guests, array.guests_lost) == ("DC01", "DC01")
    found = {f.rule: f for f in judge(site).failed()}
    assert found["raid/guests-on-degraded"].severity == "critical"
    assert "DC01" in found["raid/guests-on-degraded"].message


def test_a_whole_array_is_no_danger_to_its_guests() -> None:
    found = {f.rule for f in judge(site_of(on_a_mirror())).failed()}
    assert "raid/guests-on-degraded" not in found


def test_backups_elsewhere_count_and_those_beside_do_not() -> None:
    def judged(*more: Row) -> str:
        (one,) = [
            f
            for f in judge(site_of([*on_a_mirror(), *more])).findings
            if f.rule == "snapshot/masquerades-as-backup"
        ]
        return one.message or one.outcome

    made = {"guest": DC, "created_at": AT - timedelta(hours=10)}
    assert "no backup evidence was collected" in judged()
    assert judged(GuestBackup(volume="pbs:1", storage="pbs", **made)) == "pass"
    assert "lie on the same storage" in judged(GuestBackup(volume="/srv:1", storage="/srv", **made))
    other = GuestBackup(volume="pbs:2", storage="pbs", guest="uuid:9", created_at=AT)
    assert "no backup of it was found" in judged(other)


def test_snapshots_taken_for_a_backup_are_told_before_all_that_is_as_bad() -> None:
    """Also where an array is broken and rules stand before it in the alphabet."""
    told = judge(site_of(on_a_mirror(broken=True)))
    assert len({f.rule for f in told.failed() if f.severity == "critical"}) > 2
    assert next(told.failed()).rule == "snapshot/masquerades-as-backup"
    found = groups(told, ("fail",), Allowance(lambda _: "", 0), 0)
    assert worst(found)[0].rule == "snapshot/masquerades-as-backup"
    (first, *_), _ = threats(told, words())
    assert first.title == "There is no backup, only snapshots"


def test_an_unread_list_of_snapshots_is_unknown() -> None:
    gap = Gap(HOST, GuestSnapshot, "failed", "virsh: connection lost")
    site = site_of([guest(), disk()], gaps=[gap])
    outcomes = {f.outcome for f in judge(site).findings if f.rule == "snapshot/masquerades-as-backup"}
    assert outcomes == {"unknown"}


def test_a_snapshot_from_the_future_is_a_clock_and_no_age() -> None:
    site = site_of([guest(), disk(), snapshot("one", -50)])
    told = {f.rule: f for f in judge(site).findings if f.rule.startswith("snapshot/")}
    assert told["snapshot/age"].outcome == "unknown"
    assert told["snapshot/created-in-future"].outcome == "fail"


def test_the_owner_decides_the_importance() -> None:
    site = site_of(on_a_mirror(), assets=(Asset("dc01", 3),))
    (found,) = [f for f in judge(site).failed() if f.rule == "snapshot/masquerades-as-backup"]
    assert found.severity == "high"


def test_growth_since_the_audit_before_and_else_since_it_was_made() -> None:
    now = site_of(on_a_mirror())
    assert row(now, SnapshotGrowth).growth_bytes_per_day == pytest.approx(3 * GB)
    earlier = [
        dataclasses.replace(one, used_bytes=2 * GB) if isinstance(one, DiskImage) and one.backing else one
        for one in on_a_mirror()
    ]
    now = site_of(on_a_mirror(), history=(site_of(earlier, days=-2),))
    found = row(now, SnapshotGrowth)
    assert found.growth_bytes_per_day == pytest.approx(13 * GB)
    assert found.days_to_full == pytest.approx(15 / 13)


def test_a_datastore_is_joined_by_name() -> None:
    rows = [
        Datastore(
            datastore="name:vmfs01", name="vmfs01", size_bytes=1000, free_bytes=100, uncommitted_bytes=700
        ),
        guest(hypervisor="vmware"),
        disk("[vmfs01] DC01/DC01-000001.vmdk", storage="vmfs01", size_bytes=500, format="vmdk"),
    ]
    site = site_of(rows)
    store = row(site, GuestStorage)
    assert (store.guests, store.promised_percent, store.hypervisor) == (1, 160.0, "vmware")
    assert row(site, GuestDiskState).delta is True
    assert "snapshot/vmw-undetected-delta" in {f.rule for f in judge(site).failed()}


@pytest.mark.parametrize(
    ("path", "volume"),
    [
        ("D:\\Hyper-V\\web.avhdx", "D:"),
        ("d:/hyper-v/web.avhdx", "D:"),
        ("C:\\ClusterStorage\\Volume1\\web.vhdx", "C:\\ClusterStorage\\Volume1\\"),
        ("C:\\ClusterStorage\\Volume10\\web.vhdx", "C:"),
    ],
)
def test_images_of_hyper_v_lie_on_volumes_of_its_host(path: str, volume: str) -> None:
    room = {"fs_type": "NTFS", "size_bytes": 100 * GB, "used_bytes": 96 * GB, "available_bytes": 4 * GB}
    volumes = [
        FsUsage(mountpoint=where, source=where, **room)  # type: ignore[arg-type]
        for where in ("C:", "D:", "C:\\ClusterStorage\\Volume1\\")
    ]
    told = site_of([*volumes, guest(name="web", hypervisor="hyperv"), disk(path, format="avhdx")])
    lower = {f.row.lower for f in told.facts(RestsOn) if f.row.upper_kind == "guest"}
    assert lower == {f"mount:{volume}"}
    (store,) = [f.row for f in told.facts(GuestStorage) if f.row.guests]
    assert (store.name, store.free_percent, store.file_system) == (volume, 4.0, True)


def test_a_guest_of_a_plain_list_is_not_told_twice() -> None:
    site = site_of([guest(), Guest(guest="name:DC01", name="DC01", hypervisor="libvirt", power="running")])
    assert [fact.row.guest for fact in site.facts(GuestState)] == [DC]


@pytest.mark.parametrize(
    ("name", "sort"),
    [
        ("VEEAM BACKUP TEMPORARY SNAPSHOT", "backup"),
        ("Consolidate Helper- 0", "backup"),
        ("__GX_BACKUP__", "backup"),
        ("NBU_SNAPSHOT nbu 12", "backup"),
        ("vzdump", "backup"),
        ("__replicate_101-0_1700000000__", "replication"),
        ("XO_DELTA_BASE_VDI_SNAPSHOT", "backup base"),
        ("autodaily260101000000", "schedule"),
        ("daily-2026-01-01", "schedule"),
        ("before upgrade", "operator"),
        ("backup", "operator"),
        ("pre-veeam-install", "operator"),
    ],
)
def test_who_made_a_snapshot_by_its_name(name: str, sort: str) -> None:
    assert sort_of(name, None, None, None)[0] == sort


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("DC01", "domain controller"),
        ("srv-dc-2", "domain controller"),
        ("SQL02", "database"),
        ("vm-mssql-prod", "database"),
        ("pg1", "database"),
        ("EXCH2019", "exchange"),
        ("mail", "mail"),
        ("docker01", None),
        ("cdcopy", None),
        ("feedback", None),
        ("exchanger-tool", None),
        ("dbus-test", None),
    ],
)
def test_what_may_run_in_a_guest_by_its_name(name: str, role: str | None) -> None:
    assert role_of(name, None, None) == role


def test_owners_and_expiries() -> None:
    assert owned("CHG-1234 / miller / expires 2026-07-01", None)
    assert owned("x", "keep until Friday")
    assert not owned("before upgrade", "snapshot of server")
