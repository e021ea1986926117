"""Arrays and their members, joined from what /proc/mdstat, sysfs and mdadm say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.derived.array import Array
from analyzer.derived.array_makeup import ArrayMakeup
from analyzer.derived.array_member import ArrayMember
from analyzer.derived.array_remains import ArrayRemains
from analyzer.derived.array_watch import ArrayWatch
from analyzer.site import Site
from collectors.block_tables import BlockDevice, MdCheck, MdDetail, MdMonitor, MdStatus, MdSuperblock, MdSysfs
from collectors.drive_tables import Drive, DriveAttribute
from collectors.table import Row
from tests.derived_sites import AT, HOST, UUID, disk, mirror, part, site_of


def only(site: Site) -> Array:
    (fact,) = site.facts(Array)
    assert fact.sources, "a derived fact carries the evidence of what it was made from"
    return fact.row


def status(level: str = "raid5", slots: int = 3, in_sync: int = 3, **more: object) -> MdStatus:
    return MdStatus(array="md5", active=True, level=level, slots=slots, slots_in_sync=in_sync, **more)


@pytest.mark.parametrize(("broken", "state"), [(True, "failed"), (False, "clean")])
def test_what_the_kernel_calls_broken_has_failed(broken: bool, state: str) -> None:
    row = MdStatus(array="md0", active=True, broken=broken, level="raid0", members="sda[0] sdb[1]")
    assert only(site_of([row])).state == state


def test_healthy_mirror() -> None:
    row = only(site_of(mirror()))
    assert (row.array, row.state, row.missing, row.redundancy_left, row.action) == (
        f"md:{UUID.replace('-', '')}",
        "clean",
        0,
        1,
        "idle",
    )
    assert row.member_text == "slot 0: sda1 (serial ZC1A0001), slot 1: sdb1 (serial ZC1A0002)"


def test_missing_slot_is_named_with_the_drive_that_was_in_it() -> None:
    before = site_of(mirror(), days=-1)
    row = only(site_of(mirror(broken=True), history=(before,)))
    assert (row.state, row.missing, row.redundancy_left) == ("degraded", 1, 0)
    assert "slot 1: missing, held sdb1 (serial ZC1A0002)" in row.member_text


def test_raid5_that_lost_two_reads_active_and_has_failed() -> None:
    row = only(site_of([status(in_sync=1, slot_map="U__"), MdSysfs(array="md5", raid_disks=3, degraded=2)]))
    assert (row.state, row.redundancy_left) == ("failed", -1)


def test_the_worst_source_counts_and_the_contradiction_is_told() -> None:
    row = only(site_of([status(), MdDetail(array="md5", slots=3, active_devices=2, state="clean, degraded")]))
    assert (row.state, row.in_sync) == ("degraded", 2)
    assert row.contradiction == "slots in sync: 3 by /proc/mdstat, 2 by mdadm"


def test_sources_may_differ_while_members_move() -> None:
    row = only(
        site_of([status(in_sync=2, action="recovery"), MdDetail(array="md5", slots=3, active_devices=3)])
    )
    assert row.contradiction == ""


@pytest.mark.parametrize(
    ("slot_map", "state"),
    [("U_U_", "degraded"), ("U__U", "degraded"), ("__UU", "failed"), ("UU__", "failed")],
)
def test_raid10_survives_one_loss_in_each_pair(slot_map: str, state: str) -> None:
    assert only(site_of([status("raid10", 4, 2, slot_map=slot_map)])).state == state


def test_mdadm_knows_the_layout_of_raid10() -> None:
    detail = MdDetail(array="md5", level="raid10", slots=4, active_devices=2, state="clean, degraded")
    assert only(site_of([status("raid10", 4, 2, slot_map="__UU"), detail])).state == "degraded"


def test_container_is_no_array_but_what_lies_in_it_is() -> None:
    rows = [
        MdStatus(array="md127", active=False, container=True, metadata="external:imsm"),
        MdStatus(array="md126", active=False, metadata="external:/md127/0"),
    ]
    row = only(site_of(rows))
    assert (row.name, row.state) == ("md126", "inactive")


def test_nothing_told_is_unknown_not_clean() -> None:
    assert only(site_of([MdSysfs(array="md0", level="raid1", raid_disks=2)])).state == "unknown"


def test_raid0_with_a_failed_member_has_failed() -> None:
    row = only(site_of([MdStatus(array="md0", active=True, level="raid0", failed_members="sdb1")]))
    assert row.state == "failed"


def test_stalled_rebuild_needs_an_earlier_look() -> None:
    rows: list[Row] = [status(in_sync=2, action="recovery", action_percent=12.5)]
    assert only(site_of(rows)).stalled_minutes is None
    assert only(site_of(rows, history=(site_of(rows, days=-0.125),))).stalled_minutes == 180
    moved: list[Row] = [status(in_sync=2, action="recovery", action_percent=11.0)]
    assert only(site_of(rows, history=(site_of(moved, days=-1),))).stalled_minutes is None


def test_age_of_the_last_check() -> None:
    assert only(site_of(mirror())).check_age_days is None
    done = MdCheck(array_uuid=UUID.replace("-", ":"), finished_at=AT)
    assert only(site_of([*mirror(), done], days=40)).check_age_days == 40
    checking: list[Row] = [status(action="check")]
    assert only(site_of([status()], days=5, history=(site_of(checking),))).check_age_days == 5


def test_spare_being_rebuilt_is_no_spare() -> None:
    detail = MdDetail(
        array="md5", slots=3, active_devices=2, spare_devices=1, state="clean, degraded, recovering"
    )
    assert only(site_of([detail])).spare_count == 0


def test_members_lead_to_their_disks() -> None:
    members = [fact.row for fact in site_of(mirror()).facts(ArrayMember)]
    assert [(m.slot, m.member, m.state, m.disk_name, m.serial) for m in members] == [
        (0, "sda1", "in-sync", "sda", "ZC1A0001"),
        (1, "sdb1", "in-sync", "sdb", "ZC1A0002"),
    ]
    assert members[1].said == "slot 1 (sdb1, ST4000NM0035, serial ZC1A0002)"


def test_an_empty_slot_is_a_member_that_is_missing() -> None:
    states = {fact.row.slot: fact.row.state for fact in site_of(mirror(broken=True)).facts(ArrayMember)}
    assert states == {0: "in-sync", 1: "missing"}


def test_makeup_counts_weak_and_unread_members() -> None:
    drive = "wwn:5000c500aabbcc01"
    sick = [
        Drive(drive=drive, device="/dev/sda", passed=True, rotation_rpm=7200),
        DriveAttribute(drive=drive, device="/dev/sda", id=197, name="Current_Pending_Sector", count=8),
    ]
    ((fact,)) = site_of([*mirror(), *sick]).facts(ArrayMakeup)
    assert (fact.row.sick, fact.row.unread) == (1, 1)
    assert "sda1, ST4000NM0035, serial ZC1A0001): 8 pending sectors" in fact.row.sick_text


def test_makeup_of_an_array_of_virtual_disks_is_not_told() -> None:
    rows = [disk("vda", 1, transport="virtio"), disk("vdb", 2, transport="virtio")]
    rows += [part("vda1", "vda"), part("vdb1", "vdb")]
    array = MdStatus(
        array="md0", active=True, level="raid1", members="vda1[0] vdb1[1]", slots=2, slots_in_sync=2
    )
    assert site_of([*rows, array]).facts(ArrayMakeup) == []


def test_watch_joins_what_two_answers_tell_and_needs_an_array() -> None:
    told = [MdMonitor(name="mdadm", monitor_active=True), MdMonitor(name="mdadm", mail_to="root")]
    (fact,) = site_of([*mirror(), *told]).facts(ArrayWatch)
    assert (fact.row.monitor_active, fact.row.mail_to, fact.row.arrays) == (True, "root", "md0")
    assert site_of(told).facts(ArrayWatch) == []


def test_remains_compare_the_superblocks_of_one_array() -> None:
    told = [
        MdSuperblock(device="/dev/sda1", array_uuid="a:b", slot=0, slots=3, events=90, slot_map="AA."),
        MdSuperblock(device="/dev/sdb1", array_uuid="a:b", slot=1, slots=3, events=88, slot_map="AAA"),
        MdSuperblock(device="/dev/sdx1", array_uuid="c:d", slot=0, slots=1, events=7),
    ]
    rows = {fact.row.array_uuid: fact.row for fact in site_of(told).facts(ArrayRemains)}
    assert (rows["ab"].event_spread, rows["ab"].missing, rows["ab"].newest_slot_map) == (2, 1, "AA.")
    assert (rows["cd"].event_spread, rows["cd"].missing) == (None, None)


LEVELS = st.sampled_from(["raid0", "raid1", "raid4", "raid5", "raid6", "raid10", "linear", None])


@given(LEVELS, st.integers(1, 24), st.data())
def test_one_more_loss_never_looks_better(level: str | None, slots: int, data: st.DataObject) -> None:
    """clean < degraded < failed, and the margin never grows with a loss."""
    standing = ["clean", "degraded", "failed"]
    lost = data.draw(st.integers(0, slots - 1))
    more, less = (only(site_of([status(level or "", slots, slots - n)])) for n in (lost + 1, lost))
    assert standing.index(more.state) >= standing.index(less.state)
    if more.redundancy_left is not None and less.redundancy_left is not None:
        assert more.redundancy_left <= less.redundancy_left


def test_derivation_does_not_depend_on_blocks() -> None:
    """A saved /proc/mdstat alone is enough; the host of the rows is kept."""
    (fact,) = site_of([status()]).facts(Array)
    assert fact.target == HOST
    assert fact.row.carries_swap is None


def test_swap_above_the_array_is_found() -> None:
    swap = BlockDevice(name="dm-1", type="lvm", parents="md0", mountpoints="[SWAP]")
    assert only(site_of([*mirror(), swap])).carries_swap is True
    assert only(site_of(mirror())).carries_swap is False
