"""Every disk that should be there, and whether it was read."""

from __future__ import annotations

import pytest

from analyzer.derived.coverage import Coverage
from analyzer.derived.disk import Disk
from analyzer.engine import judge
from analyzer.site import Asset, Site
from collectors.block_tables import BlockDevice, Host
from collectors.drive_tables import Drive, DriveAttribute, DriveScan, DriveSelfTest
from collectors.fact import Fact, Gap
from collectors.joining import joined
from collectors.question import Refusal
from collectors.table import Row
from tests.derived_sites import AT, HOST, disk, site_of, source


def status(site: Site) -> dict[str, str]:
    return {fact.row.name: fact.row.status for fact in site.facts(Disk)}


def read(name: str, number: int, **more: object) -> Drive:
    told: dict[str, object] = {
        "drive": f"wwn:5000c500aabbcc0{number}",
        "passed": True,
        "model": "ST4000NM0035",
        "serial": f"ZC1A000{number}",
    }
    return Drive(device=f"/dev/{name}", **(told | more))


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("standby", "standby"),
        ("denied", "denied"),
        ("tool-missing", "tool-missing"),
        ("timed-out", "unreadable"),
    ],
)
def test_unread_disks_say_why(reason: Refusal, expected: str) -> None:
    gap = Gap(HOST, Drive, reason, "so it is", "/dev/sdb")
    site = site_of([disk("sda", 1), disk("sdb", 2), read("sda", 1)], gaps=[gap])
    assert status(site) == {"sda": "read", "sdb": expected}
    assert [fact.row.detail for fact in site.facts(Disk)] == ["", "so it is"]


def test_a_gap_about_everything_is_a_gap_about_each() -> None:
    gap = Gap(HOST, DriveScan, "tool-missing", "smartctl: not found")
    assert status(site_of([disk("sda", 1), disk("sdb", 2)], gaps=[gap])) == {
        "sda": "tool-missing",
        "sdb": "tool-missing",
    }


def test_a_disk_that_nothing_speaks_of_is_not_healthy() -> None:
    assert status(site_of([disk("sda", 1)])) == {"sda": "unreadable"}


def test_drives_are_matched_by_name_then_by_identity() -> None:
    """The scan may reach a disk by another name than the kernel's."""
    by_name = read("sda", 7, drive="serial:ST4000NM0035/X", serial="X")
    by_wwn = read("disk/by-id/x", 2, wwn="5000c500aabbcc02")
    assert status(site_of([disk("sda", 1), disk("sdb", 2), by_name, by_wwn])) == {
        "sda": "read",
        "sdb": "read",
    }


def test_two_namespaces_are_one_drive() -> None:
    rows: list[Row] = [
        BlockDevice(name=name, type="disk", serial="S5GX", model="Samsung 980", transport="nvme")
        for name in ("nvme1n1", "nvme1n2")
    ]
    drive = Drive(drive="serial:Samsung 980/S5GX", device="/dev/nvme1", serial="S5GX", critical_warning=0)
    (fact,) = site_of([*rows, drive]).facts(Disk)
    assert (fact.row.names, fact.row.status, fact.row.disk) == (
        "nvme1n1 nvme1n2",
        "read",
        "serial:Samsung 980/S5GX",
    )


def test_two_paths_are_one_disk_and_two_usb_bridges_with_one_serial_are_two() -> None:
    paths = [disk("sda", 1), disk("sdb", 1)]
    assert [fact.row.names for fact in site_of(paths).facts(Disk)] == ["sda sdb"]
    bridges = [disk(name, 1, wwn=None, serial="0123456789", transport="usb") for name in ("sda", "sdb")]
    assert len(site_of(bridges).facts(Disk)) == 2


def test_drives_behind_a_controller() -> None:
    volume = disk("sda", 1, model="PERC H730", vendor="DELL", transport=None)
    behind = Drive(drive="wwn:5000c50000000009", device="/dev/bus/0 megaraid,9", passed=True)
    (alone,) = site_of([volume]).facts(Disk)
    assert (alone.row.status, alone.row.controller_members_read) == ("behind-controller", 0)
    found = {fact.row.name: fact.row for fact in site_of([volume, behind]).facts(Disk)}
    assert found["sda"].controller_members_read == 1
    assert found["bus/0 megaraid,9"].status == "read"


def test_a_scanned_device_that_was_not_read_is_a_disk() -> None:
    scan = DriveScan(device="/dev/bus/4", type="megaraid,1")
    gap = Gap(HOST, Drive, "failed", "INQUIRY failed", "/dev/bus/4 megaraid,1")
    assert status(site_of([scan], gaps=[gap])) == {"bus/4 megaraid,1": "unreadable"}


@pytest.mark.parametrize("told", [{"transport": "virtio"}, {"model": "QEMU HARDDISK"}, {"vendor": "VMware"}])
def test_virtual_disks_have_no_health(told: dict[str, str]) -> None:
    assert status(site_of([disk("sda", 1, **told)])) == {"sda": "virtual"}


def test_loops_memory_and_empty_card_readers_are_no_disks() -> None:
    names = ("loop0", "ram1", "zram0", "sr0", "mmcblk0boot0")
    rows: list[Row] = [BlockDevice(name=name, type="disk") for name in names]
    rows.append(BlockDevice(name="sdc", type="disk", size_bytes=0, removable=True))
    assert site_of(rows).facts(Disk) == []


def test_sickness_is_told_with_its_value_and_only_of_drives_that_were_read() -> None:
    drive = "wwn:5000c500aabbcc01"
    rows = [
        disk("sda", 1),
        read("sda", 1),
        DriveAttribute(drive=drive, device="/dev/sda", id=5, name="Reallocated_Sector_Ct", count=17),
        DriveAttribute(drive=drive, device="/dev/sda", id=197, name="Current_Pending_Sector", count=0),
        DriveSelfTest(
            drive=drive, device="/dev/sda", number=1, type="extended", status="read failure", passed=False
        ),
    ]
    (fact,) = site_of(rows).facts(Disk)
    assert fact.row.sick == "17 reallocated sectors; last self-test failed (read failure)"
    (unread,) = site_of([disk("sda", 1)]).facts(Disk)
    assert unread.row.sick is None


def test_spare_area_of_an_emulated_drive_is_no_sickness() -> None:
    """QEMU tells a spare area of 0 and a limit of 0."""
    drive = read("sda", 1, critical_warning=0, spare_available_percent=0, spare_threshold_percent=0)
    (fact,) = site_of([disk("sda", 1), drive]).facts(Disk)
    assert fact.row.sick == ""


def test_coverage_counts_and_names() -> None:
    gaps = [
        Gap(HOST, Drive, "standby", "asleep", "/dev/sdb"),
        Gap(HOST, Host, "denied", "no", "", source("dmidecode")),
        Gap(HOST, Host, "unreadable", "what?", "", source("lsblk")),
    ]
    rows = [disk("sda", 1), disk("sdb", 2), disk("vda", 3), read("sda", 1)]
    earlier = site_of(rows, days=-10)
    site = site_of(rows, gaps=gaps, history=(earlier,), assets=(Asset(HOST, 1),))
    (fact,) = site.facts(Coverage)
    row = fact.row
    assert (row.disks, row.disks_read, row.disks_virtual, row.unread_text) == (3, 1, 1, "standby: sdb")
    assert (row.denied, row.denied_text, row.unreadable) == (1, "host", 1)
    assert (row.audits, row.history_days, row.tier) == (2, 10.0, 1)
    assert fact.sources


def test_a_serial_number_that_repeats_hides_no_drive() -> None:
    """Both are judged, whichever comes first, and nobody trusts the number."""
    rows: list[Row] = []
    for name, raw in (("sda", 0), ("sdb", 24)):
        drive, device = "serial:X/SAME0001", f"/dev/{name}"
        rows.append(disk(name, 1, model="X", serial="SAME0001", wwn=None))
        rows.append(Drive(drive=drive, device=device, model="X", serial="SAME0001", passed=True))
        rows.append(
            DriveAttribute(
                drive=drive, device=device, id=197, name="Current_Pending_Sector", raw=raw, count=raw
            )
        )
    for order in (rows, rows[::-1]):
        site = Site("site", AT, (HOST,))
        site.add(joined([Fact(HOST, row) for row in order]))
        found = {fact.row.name: fact.row for fact in site.facts(Disk)}
        assert (found["sda"].sick, found["sda"].serial_repeats) == ("", True)
        assert "24" in (found["sdb"].sick or "")
        told = [f.message for f in judge(site).findings if f.outcome == "fail"]
        assert sum("same serial number" in message for message in told) == 2
        assert any("/dev/sdb" in message and "24" in message for message in told)


def test_disks_with_one_serial_number_that_nobody_read_stay_two() -> None:
    rows = [disk(name, 1, serial="SAME0001", wwn=None) for name in ("sda", "sdb")]
    assert [fact.row.names for fact in site_of(rows).facts(Disk)] == ["sda", "sdb"]


@pytest.mark.parametrize(
    ("wwn", "transport", "repeats"),
    [(None, "usb", True), ("5000c500aabbcc09", "sata", True), ("5000c500aabbcc09", "iscsi", False)],
)
def test_one_serial_number_on_disks_that_names_part(wwn: str | None, transport: str, repeats: bool) -> None:
    alike = disk("sdb", 1, wwn=wwn, transport=transport)
    site = site_of([disk("sda", 1, transport=transport), alike])
    told = {fact.row.name: (fact.row.serial_repeats, fact.row.disk) for fact in site.facts(Disk)}
    assert [told[name][0] for name in ("sda", "sdb")] == [repeats, repeats]
    assert told["sda"][1] != told["sdb"][1]


def test_two_paths_to_one_disk_are_one() -> None:
    site = site_of([disk("sda", 1), disk("sdb", 1)])
    assert [fact.row.serial_repeats for fact in site.facts(Disk)] == [False]
