"""Drives from facts to findings: meanings, trends, growth, logs, peers."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analyzer.derived.drive_counter import DriveCounter
from analyzer.derived.drive_endurance import DriveEndurance
from analyzer.derived.drive_error_state import DriveErrorState
from analyzer.derived.drive_history import DriveHistory
from analyzer.derived.drive_measure import DriveMeasure
from analyzer.derived.drive_peer import DrivePeer, percentile
from analyzer.derived.drive_test_state import DriveTestState
from analyzer.derived.smart_trend import SmartTrend
from analyzer.engine import every_rule, judge
from analyzer.finding import Finding
from analyzer.site import Site
from collectors.drive_tables import Drive, DriveAttribute, DriveError, DriveSelfTest, DriveStatistic
from collectors.fact import Fact, Gap
from collectors.table import Row

AT = datetime(2026, 6, 1, tzinfo=UTC)
DRIVE = "wwn:5000c500a1b2c3d4"

every_rule()


def drive(**told: Any) -> Drive:
    columns: dict[str, Any] = {
        "drive": DRIVE,
        "device": "/dev/sda",
        "model": "ST4000DM004-2CV104",
        "serial": "ZFN0A1B2",
        "protocol": "ATA",
        "rotation_rpm": 5425,
        "passed": True,
    }
    return Drive(**(columns | told))


def attribute(number: int, name: str, count: int | None, **told: Any) -> DriveAttribute:
    columns: dict[str, Any] = {
        "drive": DRIVE,
        "device": "/dev/sda",
        "id": number,
        "name": name,
        "count": count,
    }
    return DriveAttribute(**(columns | told))


def site(*rows: Row, days_ago: float = 0.0, history: tuple[Site, ...] = (), target: str = "nas") -> Site:
    made = Site(name="office", at=AT - timedelta(days=days_ago), targets=(target,), history=history)
    made.add(Fact(target, row) for row in rows)
    return made


def pending(count: int, days_ago: float, **told: Any) -> Site:
    return site(drive(**told), attribute(197, "Current_Pending_Sector", count), days_ago=days_ago)


def of(found: Site, rule: str) -> list[Finding]:
    return [one for one in judge(found).findings if one.rule == rule]


def test_one_reading_is_unknown_once_for_each_drive() -> None:
    found = site(
        drive(), *(attribute(n, name, 3) for n, name in ((5, "Reallocated_Sector_Ct"), (199, "CRC")))
    )
    assert not found.facts(SmartTrend)
    (only,) = [one for one in judge(found).findings if one.outcome == "unknown" and "baseline" in one.message]
    assert (only.rule, only.severity) == ("smart/counter-growth", "info")


def test_growth_raises_the_severity() -> None:
    then = site(drive(), attribute(187, "Reported_Uncorrect", 1), days_ago=5)
    now = attribute(187, "Reported_Uncorrect", 2)
    assert of(site(drive(), now), "smart/reported-uncorrectable")[0].severity == "high"
    (grown,) = of(site(drive(), now, history=(then,)), "smart/reported-uncorrectable")
    assert grown.severity == "critical"
    assert "1 more within 7 days" in grown.message
    (history,) = site(drive(), now, history=(then,)).facts(DriveHistory)
    assert history.row.growing == "reported uncorrectable errors +1"


@pytest.mark.parametrize(
    ("earlier", "severity"),
    [
        ((), "medium"),
        ((pending(2, 0.5),), "medium"),
        ((pending(2, 2),), "high"),
        ((pending(1, 2),), "critical"),
    ],
)
def test_pending_sectors_weigh_by_their_history(earlier: tuple[Site, ...], severity: str) -> None:
    found = site(drive(), attribute(197, "Current_Pending_Sector", 2), history=earlier)
    assert of(found, "smart/pending-sectors")[0].severity == severity


def test_the_pending_flip_of_crucial_is_no_alarm() -> None:
    told = drive(model="CT500MX500SSD1", rotation_rpm=0), attribute(197, "Current_Pending_ECC_Cnt", 1)
    assert not of(site(*told), "smart/pending-sectors")
    assert of(site(*told), "smart/pending-flip-mx500")[0].severity == "info"


def test_a_drive_known_by_its_device_name_is_not_followed_to_another_host() -> None:
    then = site(
        drive(drive="device:sda"), attribute(5, "Reallocated_Sector_Ct", 1, drive="device:sda"), days_ago=9
    )
    other = site(
        drive(drive="device:sda"),
        attribute(5, "Reallocated_Sector_Ct", 50, drive="device:sda"),
        history=(then,),
        target="other",
    )
    assert not other.facts(SmartTrend)


def test_a_drive_is_followed_to_another_host() -> None:
    then = site(drive(), attribute(5, "Reallocated_Sector_Ct", 1), days_ago=9)
    moved = site(drive(), attribute(5, "Reallocated_Sector_Ct", 50), history=(then,), target="other")
    assert of(moved, "smart/reallocated-sectors")[0].severity == "critical"


def test_the_statistics_page_and_the_attribute_are_one_counter() -> None:
    found = site(
        drive(),
        attribute(187, "Reported_Uncorrect", 0),
        DriveStatistic(
            drive=DRIVE,
            device="/dev/sda",
            page=4,
            offset=8,
            name="Number of Reported Uncorrectable Errors",
            value=29,
        ),
    )
    (one,) = [f.row for f in found.facts(DriveMeasure) if f.row.measure == "reported_uncorrectable"]
    assert one.count == 29


def test_virtual_disks_have_no_health_of_their_own() -> None:
    found = site(
        drive(virtual=True, passed=False, model="QEMU HARDDISK"),
        attribute(5, "Reallocated_Sector_Ct", 9, when_failed=""),
    )
    assert not [f for f in judge(found).findings if f.rule.startswith("smart/") and f.outcome != "pass"]


def test_impossible_counts_are_unknown() -> None:
    found = site(drive(rotation_rpm=0), attribute(181, "Program_Fail_Cnt_Total", 18_809_241))
    (one,) = of(found, "smart/ssd-bad-blocks")
    assert one.outcome == "unknown"


def self_test(number: int, passed: bool | None, hours: int, type_: str = "extended offline") -> DriveSelfTest:
    return DriveSelfTest(
        drive=DRIVE,
        device="/dev/sda",
        number=number,
        type=type_,
        status="Completed",
        passed=passed,
        power_on_hours=hours,
    )


def test_a_later_full_test_outdates_a_failed_one_and_a_short_one_does_not() -> None:
    told = drive(power_on_hours=1000, self_test_supported=True)
    failed = self_test(2, False, 900)
    (short,) = site(told, self_test(1, True, 950, "short offline"), failed).facts(DriveTestState)
    assert (short.row.failed, short.row.outdated, short.row.failed_hours_ago) == (True, False, 100)
    (full,) = site(told, self_test(1, True, 950), failed).facts(DriveTestState)
    assert full.row.outdated


def test_hours_of_self_tests_wrap() -> None:
    told = drive(power_on_hours=66_000, self_test_supported=True)
    (one,) = site(told, self_test(1, True, 400)).facts(DriveTestState)
    assert one.row.extended_hours_ago == 64


def test_a_gap_in_the_self_test_log_is_not_a_test_that_never_ran() -> None:
    found = site(drive(self_test_supported=True))
    found.gaps.append(Gap("nas", DriveSelfTest, "empty", "no log", "/dev/sda"))
    assert [f.outcome for f in of(found, "smart/selftest-stale")] == ["unknown"]


def test_old_errors_are_no_alarm_and_cables_are_no_media() -> None:
    told = drive(power_on_hours=20_000, error_count=3)
    entry = {"drive": DRIVE, "device": "/dev/sda", "description": "Error: UNC", "power_on_hours": 19_500}
    recent = site(told, DriveError(number=3, kind="media", **entry))
    assert of(recent, "smart/error-log-media")[0].outcome == "fail"
    cable = site(told, DriveError(number=3, kind="link", **entry))
    (state,) = cable.facts(DriveErrorState)
    assert (state.row.link, state.row.media) == (1, 0)
    assert of(cable, "smart/error-log-media")[0].outcome == "pass"
    old = site(told, DriveError(number=3, kind="media", **(entry | {"power_on_hours": 1000})))
    assert of(old, "smart/error-log-media")[0].outcome == "pass"


def test_wear_leads_to_a_day() -> None:
    worn = {"rotation_rpm": 0, "model": "CT1000BX500SSD1"}
    then = site(drive(endurance_used_percent=40, **worn), days_ago=50)
    now = site(drive(endurance_used_percent=50, **worn), history=(then,))
    (row,) = now.facts(DriveEndurance)
    assert row.row.growth_per_day == pytest.approx(0.2)
    assert row.row.days_left == pytest.approx(250)
    assert of(now, "smart/ssd-wear-forecast")[0].severity == "medium"


def test_peers_are_compared_with_the_others_only() -> None:
    drives = [
        (
            drive(drive=f"wwn:{n}", device=f"/dev/sd{n}"),
            attribute(5, "Reallocated_Sector_Ct", 9 * (n == 4), drive=f"wwn:{n}"),
        )
        for n in range(5)
    ]
    found = site(*(row for pair in drives for row in pair))
    rows = {f.row.drive: f.row for f in found.facts(DrivePeer)}
    assert (rows["wwn:4"].peers, rows["wwn:4"].peers_high) == (4, 0)
    assert [f.subject for f in of(found, "smart/peer-outlier") if f.outcome == "fail"] == [
        "wwn:4/reallocated"
    ]
    assert percentile([], 0.95) is None
    assert percentile([1, 2, 3], 0.5) == 2


def test_solid_state_drives_take_no_likelihood_from_disks() -> None:
    told = attribute(187, "Reported_Uncorrect", 3)
    (flash,) = site(drive(rotation_rpm=0), told).facts(DriveCounter)
    (disk,) = site(drive(), told).facts(DriveCounter)
    assert flash.row.probability is None
    assert disk.row.probability is not None


def test_judging_drives_without_history_needs_no_pandas() -> None:
    program = (
        "import sys; from analyzer.engine import judge; from analyzer.site import Site; "
        "from datetime import datetime, UTC; from collectors.drive_tables import Drive; "
        "from collectors.fact import Fact; s = Site(name='x', at=datetime(2026, 1, 1, tzinfo=UTC)); "
        "s.add([Fact('a', Drive(drive='d', device='/dev/sda'))]); judge(s); print('pandas' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


def test_attributes_at_their_thresholds_are_one_finding_for_each_drive() -> None:
    failing = {"value": 4, "worst": 4, "threshold": 36, "when_failed": "now"}
    found = site(
        drive(),
        attribute(5, "Reallocated_Sector_Ct", 2000, prefailure=True, **failing),
        attribute(190, "Airflow_Temperature_Cel", 60, when_failed="past"),
        attribute(9, "Power_On_Hours", 60, when_failed=""),
    )
    (now,) = of(found, "smart/prefail-now")
    assert (now.severity, now.column) == ("critical", "failing_prefail")
    assert "5 Reallocated_Sector_Ct (value 4, worst 4, threshold 36)" in now.message
    assert [f.severity for f in of(found, "smart/attribute-failed-past")] == ["low"]
