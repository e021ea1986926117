"""LVM joined: RAID volumes as arrays, pools, snapshots, caches, missing physical volumes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from analyzer.derived.array import Array
from analyzer.derived.array_member import ArrayMember
from analyzer.derived.blast_radius import BlastRadius
from analyzer.derived.lvm_pool import LvmPool
from analyzer.derived.lvm_watch import LvmCache, LvmGroupState, LvmSnapshot
from analyzer.derived.rests_on import RestsOn
from analyzer.engine import judge
from collectors.block_tables import BlockDevice, Mount
from collectors.lvm_tables import DmTarget, LvmGroup, LvmPhysical, LvmSetting, LvmVolume
from collectors.table import Row
from tests.derived_sites import disk, site_of


def lv(name: str, kind: str = "linear", **more: Any) -> LvmVolume:
    told = {"attributes": "-wi-ao----", "active": True, "health": "", "mapped_name": f"vg-{name}"}
    return LvmVolume(name=f"vg/{name}", group="vg", volume=name, segment_type=kind, **{**told, **more})


def mirror(*, gone: bool = False, health: str = "", stale: bool = False) -> list[Row]:
    """vg/r1, RAID1 on sdb and sdc, mounted on /srv."""
    second: dict[str, Any] = {"attributes": "Iwi-aor---" if stale or gone else "iwi-aor---"}
    second |= {"health": "partial", "devices": "[unknown](1)"} if gone else {"devices": "/dev/sdc(1)"}
    rows: list[Row] = [
        disk("sdb", 1, path="/dev/sdb", fs_type="LVM2_member"),
        BlockDevice(name="dm-1", type="lvm", mapped_name="vg-r1_rimage_0", parents="sdb"),
        BlockDevice(
            name="dm-5", type="lvm", path="/dev/mapper/vg-r1", mapped_name="vg-r1", parents="dm-1 dm-3"
        ),
        Mount(mountpoint="/srv", source="/dev/mapper/vg-r1", fs_type="ext4", options="rw", read_only=False),
        lv(
            "r1",
            "raid1",
            attributes="rwi-aor---",
            devices="r1_rimage_0(0) r1_rimage_1(0)",
            health="partial" if gone else "",
            sync_action="recover" if stale else "idle",
            sync_percent=40.0 if stale else 100.0,
            mismatch_sectors=0,
            uuid="10qzzQ",
        ),
        lv("r1_rimage_0", hidden=True, attributes="iwi-aor---", devices="/dev/sdb(1)"),
        lv("r1_rimage_1", hidden=True, **second),
    ]
    if health:
        rows.append(DmTarget(name="vg-r1", type="raid", raid_health=health, raid_action="idle"))
    return rows if gone else [*rows, disk("sdc", 2, path="/dev/sdc", fs_type="LVM2_member")]


def array(rows: Iterable[Row]) -> Array:
    (fact,) = site_of(rows).facts(Array)
    return fact.row


def failed(rows: Iterable[Row]) -> dict[str, str]:
    return {f.rule: f.severity for f in judge(site_of(rows)).findings if f.outcome == "fail"}


def test_a_raid_volume_is_an_array_on_its_disks() -> None:
    row = array(mirror())
    assert (row.name, row.device, row.level, row.state, row.slots) == ("vg/r1", "dm-5", "raid1", "clean", 2)
    assert row.member_text == "slot 0: sdb (serial ZC1A0001), slot 1: sdc (serial ZC1A0002)"
    members = {f.row.member: f.row.state for f in site_of(mirror()).facts(ArrayMember)}
    assert members == {"sdb": "in-sync", "sdc": "in-sync"}


def test_the_way_down_leads_over_the_array() -> None:
    site = site_of(mirror())
    edges = {(f.row.upper, f.row.lower) for f in site.facts(RestsOn)}
    below = ("array:lvm:10qzzQ", "disk:wwn:5000c500aabbcc02")
    assert {("mount:/srv", "array:lvm:10qzzQ"), below} <= edges
    radius = {f.row.node: f.row for f in site.facts(BlastRadius)}
    assert radius["disk:wwn:5000c500aabbcc01"].lost == ""
    assert radius["array:lvm:10qzzQ"].lost == "/srv"


def test_a_missing_image_is_judged_as_of_every_array() -> None:
    row = array(mirror(gone=True))
    assert (row.state, row.missing, row.redundancy_left) == ("degraded", 1, 0)
    assert "slot 1: missing" in row.member_text
    told = failed(mirror(gone=True))
    assert told["raid/degraded-no-margin"] == "critical"
    assert "raid/lvm-health" not in told


def test_an_image_that_the_kernel_calls_dead_counts_although_its_device_is_there() -> None:
    row = array(mirror(health="AD"))
    assert (row.state, row.missing) == ("degraded", 1)
    assert "slot 1: sdc (serial ZC1A0002) FAILED" in row.member_text


def test_a_rebuilding_image_is_degraded_and_rebuilding() -> None:
    row = array(mirror(stale=True))
    assert (row.state, row.action, row.action_percent) == ("degraded", "recovery", 40.0)
    assert failed(mirror(stale=True))["raid/rebuilding"] == "high"


def test_rules_of_md_alone_leave_it_in_peace() -> None:
    rules = {f.rule for f in judge(site_of(mirror())).findings}
    assert not rules & {"raid/no-bitmap", "raid/no-hot-spare", "raid/member-bad-blocks"}


def pool(**more: Any) -> list[Row]:
    return [
        lv(
            "pool",
            "thin-pool",
            attributes="twi-aotz--",
            size_bytes=100,
            data_percent=50.0,
            monitored=True,
            **more,
        ),
        lv("a", "thin", pool="pool", size_bytes=80),
        lv("b", "thin", pool="pool", size_bytes=90),
        lv("lvol0_pmspare", hidden=True),
        LvmGroup(name="vg", free_bytes=7, missing_count=0),
        LvmSetting(name="activation/thin_pool_autoextend_threshold", value="100"),
    ]


def test_a_pool_knows_its_volumes_its_group_and_its_settings() -> None:
    (fact,) = site_of(pool()).facts(LvmPool)
    row = fact.row
    assert (row.volumes, row.virtual_bytes, row.group_free_bytes) == (2, 170, 7)
    assert (row.autoextend_percent, row.spare_metadata, row.monitored) == (100, True, True)


def test_the_kernel_knows_when_a_pool_wants_a_check() -> None:
    rows = [*pool(check_needed=False), DmTarget(name="vg-pool-tpool", type="thin-pool", needs_check=True)]
    assert failed(rows)["fs/lvmthin-needs-check"] == "critical"


def test_an_inactive_pool_is_unknown() -> None:
    rows = [lv("pool", "thin-pool", attributes="twi---tz--", active=False)]
    findings = {f.rule: f.outcome for f in judge(site_of(rows)).findings}
    assert findings["fs/lvmthin-data"] == findings["fs/lvmthin-metadata"] == "unknown"


def test_a_missing_physical_volume_names_what_it_takes_along() -> None:
    rows = [
        *mirror(gone=True),
        lv("lin", health="partial"),
        LvmGroup(name="vg", missing_count=1),
        LvmPhysical(name="[unknown]", uuid="GPo2cB", group="vg", missing=True),
    ]
    (fact,) = site_of(rows).facts(LvmGroupState)
    row = fact.row
    assert (row.missing, row.lost_text, row.degraded_text, row.missing_text) == (1, "lin", "r1", "GPo2cB")


def test_snapshots_of_thin_volumes_are_no_classic_ones() -> None:
    rows = [
        lv("thinsnap", "thin", attributes="Vwi-a-tz-k", pool="pool", origin="thin"),
        lv("snap", attributes="swi-I-s---", origin="lin", data_percent=100.0, snapshot_invalid=True),
    ]
    (fact,) = site_of(rows).facts(LvmSnapshot)
    assert (fact.row.name, fact.row.invalid) == ("vg/snap", True)


def cached(kind: str) -> list[Row]:
    return [
        lv("home", "cache", pool="fast", cache_mode="writeback", devices="home_corig(0)"),
        lv("fast", kind, hidden=True, devices="fast_rimage_0(0)" if kind == "raid1" else "/dev/nvme0n1(0)"),
    ]


def test_a_write_back_cache_is_as_safe_as_its_fast_device() -> None:
    (single,) = (f.row for f in site_of(cached("linear")).facts(LvmCache))
    assert (single.fast_redundant, single.fast_devices) == (False, "/dev/nvme0n1")
    (double,) = (f.row for f in site_of(cached("raid1")).facts(LvmCache))
    assert double.fast_redundant is True
