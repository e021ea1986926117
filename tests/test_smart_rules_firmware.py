"""Firmware known to fail, batches, and firmware within arrays; disks slower than their peers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analyzer.derived.array_firmware import ArrayFirmware
from analyzer.derived.array_member import ArrayMember
from analyzer.derived.drive_batch import DriveBatch, serial_distance
from analyzer.derived.drive_firmware import DriveFirmware
from analyzer.derived.drive_latency import DriveLatency, mean_wait
from analyzer.engine import every_rule, judge
from analyzer.firmware_table import affected, matches, older, table
from analyzer.site import Site
from analyzer.verdict import SEVERITIES
from collectors.block_tables import IoCounter
from collectors.drive_tables import Drive
from collectors.fact import Fact
from collectors.table import Row

AT = datetime(2026, 6, 1, tzinfo=UTC)
every_rule()


def site(*rows: Row, days_ago: float = 0.0, history: tuple[Site, ...] = ()) -> Site:
    made = Site(name="office", at=AT - timedelta(days=days_ago), targets=("nas",), history=history)
    made.add(Fact("nas", row) for row in rows)
    return made


def drive(number: int = 0, **told: Any) -> Drive:
    columns: dict[str, Any] = {
        "drive": f"wwn:{number:016x}",
        "device": f"/dev/sd{number}",
        "protocol": "SCSI",
    }
    return Drive(**(columns | told))


def test_the_table_is_sound() -> None:
    ids = [entry.id for entry in table().entries]
    assert len(ids) == len(set(ids))
    for entry in table().entries:
        assert entry.severity in SEVERITIES
        assert entry.maybe in SEVERITIES
        for pattern in (entry.models, entry.good, entry.bad):
            re.compile(pattern)


@pytest.mark.parametrize(
    ("model", "firmware", "entry", "told"),
    [
        ("VO0960JFDGU", "HPD7", "hpe-32768", True),
        ("HP VO0960JFDGU", "HPD8", "hpe-32768", False),
        ("HPE VO0960JFDGU", "HPD10", "hpe-32768", False),
        ("HPE VO0960JFDGU", "A1B2", "hpe-32768", None),
        ("ST31000340AS", "SD15", "seagate-7200-11", True),
        ("ST31000340AS", "SD1A", "seagate-7200-11", False),
        ("Samsung SSD 980 PRO 2TB", "3B2QGXA7", "samsung-980-pro", True),
        ("Samsung SSD 980 PRO 2TB", "5B2QGXA7", "samsung-980-pro", False),
        ("M4-CT128M4SSD2", "0309", "crucial-m4-5184", False),
        ("M4-CT128M4SSD2", "0002", "crucial-m4-5184", True),
        ("UCS-SD400G12S4-EP", "C405", "cisco-40000", None),
        ("INTEL SSDSA2M080G2GC", "2CV102HD", "intel-x25-g2", True),
        ("INTEL SSDSA2M080G2GC", "2CV102J8", "intel-x25-g2", False),
    ],
)
def test_versions_against_the_table(model: str, firmware: str, entry: str, told: bool | None) -> None:
    (found,) = matches(model)
    assert found.id == entry
    assert affected(found, firmware) is told


@pytest.mark.parametrize("model", ["Samsung SSD 980 1TB", "WDC WD80EFAX-68KNBN0", "ST4000DM004-2CV104", ""])
def test_models_that_are_not_in_the_table(model: str) -> None:
    assert matches(model) == ()


def test_versions_compare_by_number() -> None:
    assert older("HPD9", "HPD10") is True
    assert older("HPD10", "HPD8") is False
    assert older("XX1", "HPD8") is None
    assert older("", "HPD8") is None


def test_a_fatal_drive_is_found_before_its_hour() -> None:
    told = drive(model="HP VO0960JFDGU", firmware_version="HPD3", power_on_hours=31_000, rotation_rpm=0)
    (one,) = [f for f in judge(site(told)).findings if f.rule == "firmware/fatal-hours"]
    assert (one.outcome, one.severity) == ("fail", "critical")
    (row,) = site(told).facts(DriveFirmware)
    assert row.row.table_age_days == 0


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        ("WD-WCC4E1234567", "WD-WCC4E1234569", 2),
        ("WD-WCC4E1234567", "WD-WCC4E1239567", 5000),
        ("ZFN0A1B2", "ZFN0A1B9", 7),
        ("ZFN0A1B2", "ZFN0A1C2", None),
        ("ZFN0A1B2", "WX12345678", None),
        ("ZFN0A1B2", "ZFN0A1B2", 0),
    ],
)
def test_distance_of_serial_numbers(one: str, other: str, distance: int | None) -> None:
    told = serial_distance(one, other)
    assert told == distance if distance is not None else told is None or told > 30


def test_a_batch_is_tied_by_serial_numbers_or_hours() -> None:
    same = {"model": "ST4000DM004-2CV104", "firmware_version": "0001"}
    found = site(
        drive(0x1000000, serial="ZFN0A1B2", power_on_hours=100, **same),
        drive(0x2000000, serial="ZFN0A1B9", power_on_hours=9000, **same),
        drive(0x3000000, serial="ZZZZZZZZ", power_on_hours=9040, **same),
        drive(0x4000000, serial="YYYYYYYY", power_on_hours=20_000, **same),
        drive(0x5000000, serial="ZFN0A1B3", power_on_hours=100, model="other"),
    )
    rows = [fact.row for fact in found.facts(DriveBatch)]
    assert [row.size for row in rows] == [3, 3, 3]
    assert {row.reason for row in rows} == {"hours, serial numbers"}
    assert len({row.batch for row in rows}) == 1


def member(array: str, name: str, **told: Any) -> ArrayMember:
    columns: dict[str, Any] = {
        "array": array,
        "array_name": "md0",
        "member": f"{name}1",
        "state": "in-sync",
        "disk": f"wwn:{name}",
        "disk_name": name,
        "model": "ST4000DM004-2CV104",
    }
    return ArrayMember(**(columns | told))


def test_firmware_is_compared_within_an_array() -> None:
    found = site(
        member("a", "sda", firmware_version="0001"),
        member("a", "sdb", firmware_version="0002"),
        member("a", "sdc", firmware_version="0001"),
        member("b", "sda", firmware_version="0001"),
    )
    (one,) = found.facts(ArrayFirmware)
    assert one.row.versions == "0001: sda, sdc; 0002: sdb"
    assert one.row.different == 2


def io(name: str, requests: int, waited: int) -> IoCounter:
    return IoCounter(name=name, reads=requests, writes=0, wait_milliseconds=waited)


def audit(days_ago: float, slow: int, history: tuple[Site, ...] = ()) -> Site:
    counters = [io("sda", 5000 * slow, 25_000 * slow), io("sdb", 5000 * slow, 26_000 * slow)]
    members = [member("a", name) for name in ("sda", "sdb", "sdc")]
    return site(
        *counters, io("sdc", 5000 * slow, 90_000 * slow), *members, days_ago=days_ago, history=history
    )


def test_a_disk_slower_than_its_peers_on_two_days() -> None:
    first, second = audit(2, 1), audit(1, 2)
    (once,) = [f.row for f in audit(1, 2, (first,)).facts(DriveLatency) if f.row.disk_name == "sdc"]
    assert (once.days, once.ratio_twice) == (1, None)
    found = audit(0, 3, (first, second))
    rows = {f.row.disk_name: f.row for f in found.facts(DriveLatency)}
    assert rows["sdc"].ratio_twice == pytest.approx(18 / 5.1)
    slow = [f for f in judge(found).findings if f.rule == "smart/fail-slow" and f.outcome == "fail"]
    assert [f.label for f in slow] == ["sdc ST4000DM004-2CV104"]


def test_counters_that_restarted_are_not_compared() -> None:
    assert mean_wait(io("sda", 9000, 9000), io("sda", 100, 50)) is None
    assert mean_wait(io("sda", 0, 0), io("sda", 999, 50)) is None
    assert mean_wait(io("sda", 0, 0), io("sda", 1000, 5000)) == 5
