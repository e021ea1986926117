"""Single values of drives: packed counters, wear in both directions, identities, odd numbers."""

from __future__ import annotations

from typing import Any

import pytest

from collectors import smart_drive
from collectors.drive_tables import Drive
from collectors.smart_counts import count_of
from collectors.smart_identity import identity, is_raid_volume, is_virtual, who_of
from collectors.smart_logs import ata_error_kind, nvme_error_kind, passed_by_words
from collectors.smart_refusals import reason_of
from collectors.smart_text_stores import number_in
from collectors.smart_values import celsius, moment, natural, text, whole


def drive_row(told: dict[str, Any]) -> Drive:
    return smart_drive.drive_row(told, who_of(told))


SEAGATE, OTHER = "Seagate BarraCuda 3.5 ST4000DM004", "Western Digital Red WDC WD40EFRX"


@pytest.mark.parametrize(
    ("number", "name", "raw", "said", "model", "count"),
    [
        (5, "Reallocated_Sector_Ct", 184, "184", OTHER, 184),
        (5, "Reallocated_Sector_Ct", 0x0002_0000_0003, "3 (2 0)", OTHER, 3),
        (197, "Current_Pending_Sector", 0x0001_0000_0008, "4294967304", OTHER, 8),
        (188, "Command_Timeout", 4295032833, "4295032833", SEAGATE, 1),
        (188, "Command_Timeout", 0x0001_0002_0003, "1 2 3", SEAGATE, 3),
        (1, "Raw_Read_Error_Rate", 0x0005_1234_5678, "21780256376", SEAGATE, 5),
        (1, "Raw_Read_Error_Rate", 21780256376, "21780256376", OTHER, 21780256376),
        (7, "Seek_Error_Rate", 400_000_000, "400000000", SEAGATE, 0),
        (195, "Hardware_ECC_Recovered", 123_456_789, "123456789", SEAGATE, 0),
        (194, "Temperature_Celsius", 0x002B_0012_0020, "32 (Min/Max 18/43)", OTHER, 32),
        (190, "Airflow_Temperature_Cel", 0x2D1E_0022, "34", SEAGATE, 34),
        (194, "Temperature_Celsius", 0x0000_0000_0121, None, OTHER, 33),
        (9, "Power_On_Hours", 12241, "12241h+58m+00.000s", OTHER, 12241),
        (9, "Power_On_Hours", 0xABCD_0000_1000, "4096", SEAGATE, 4096),
        (3, "Spin_Up_Time", None, "489 (Average 490)", OTHER, 489),
        (5, "Reallocated_Sector_Ct", None, None, OTHER, None),
    ],
)
def test_counts_out_of_packed_raw_values(
    number: int, name: str, raw: int | None, said: str | None, model: str, count: int | None
) -> None:
    assert count_of(number, name, raw, said, model) == count


def attribute(number: int, name: str, value: int, raw: int = 0, thresh: int = 0) -> dict[str, Any]:
    return {
        "id": number,
        "name": name,
        "value": value,
        "thresh": thresh,
        "raw": {"value": raw, "string": str(raw)},
    }


@pytest.mark.parametrize(
    ("told", "used"),
    [
        ({"endurance_used": {"current_percent": 12}}, 12),
        ({"nvme_smart_health_information_log": {"percentage_used": 104}}, 104),
        ({"scsi_percentage_used_endurance_indicator": 11}, 11),
        ({"ata_smart_attributes": {"table": [attribute(177, "Wear_Leveling_Count", 97, 60)]}}, 3),
        ({"ata_smart_attributes": {"table": [attribute(202, "Percent_Lifetime_Remain", 80, 20)]}}, 20),
        ({"ata_smart_attributes": {"table": [attribute(231, "SSD_Life_Left", 1)]}}, 99),
        ({"ata_smart_attributes": {"table": [attribute(233, "Media_Wearout_Indicator", 99)]}}, 1),
        ({"ata_smart_attributes": {"table": [attribute(230, "Media_Wearout_Indicator", 1)]}}, None),
        ({"ata_smart_attributes": {"table": [attribute(177, "Unknown_Attribute", 3)]}}, None),
        ({"ata_smart_attributes": {"table": [attribute(173, "Wear_Leveling_Count", 200)]}}, None),
        ({}, None),
    ],
)
def test_endurance_counts_up_whoever_tells_it(told: dict[str, Any], used: int | None) -> None:
    assert drive_row(told).endurance_used_percent == used


def test_spare_of_virtual_drives_is_not_told() -> None:
    log = {"available_spare": 0, "available_spare_threshold": 0, "critical_warning": 0}
    row = drive_row({"nvme_smart_health_information_log": log})
    assert (row.spare_available_percent, row.spare_threshold_percent) == (None, None)
    row = drive_row({"nvme_smart_health_information_log": {**log, "critical_warning": 1}})
    assert row.spare_available_percent == 0


def test_spare_by_attribute() -> None:
    row = drive_row(
        {"ata_smart_attributes": {"table": [attribute(232, "Available_Reservd_Space", 97, 0, 10)]}}
    )
    assert (row.spare_available_percent, row.spare_threshold_percent) == (97, 10)


@pytest.mark.parametrize(
    ("told", "known_by"),
    [
        ({"wwn": {"naa": 5, "oui": 0xC50, "id": 0xB1B2B3B4}, "serial_number": "S"}, "wwn:5000c500b1b2b3b4"),
        ({"wwn": {"naa": 0, "oui": 0, "id": 0}, "model_name": "M", "serial_number": "S1"}, "serial:M/S1"),
        ({"logical_unit_id": "0x5000cca27076bfe8"}, "wwn:5000cca27076bfe8"),
        ({"device": {"name": "/dev/bus/0", "type": "sat+megaraid,3"}}, "device:/dev/bus/0 megaraid,3"),
        ({"model_name": "M", "serial_number": "0000", "device": {"name": "/dev/sda"}}, "device:/dev/sda"),
        (
            {
                "device": {"protocol": "NVMe"},
                "nvme_namespaces": [{"eui64": {"oui": 1, "ext_id": 2}}],
                "model_name": "M",
                "serial_number": "S1",
            },
            "serial:M/S1",
        ),
    ],
)
def test_identity(told: dict[str, Any], known_by: str) -> None:
    assert identity(told) == known_by


@pytest.mark.parametrize(
    ("model", "virtual", "volume"),
    [
        ("QEMU HARDDISK", True, False),
        ("VMware Virtual disk", True, False),
        ("Msft Virtual Disk", True, False),
        ("LIO-ORG block1", True, False),
        ("DELL PERC H730P", False, True),
        ("HP LOGICAL VOLUME", False, True),
        ("Intel Raid 1 Volume", False, True),
        ("ST4000DM004-2CV104", False, False),
        ("HP MB0500EBNCR", False, False),
        ("DELL(tm) SSDSCKKB240G8R", False, False),
    ],
)
def test_virtual_disks_and_raid_volumes(model: str, virtual: bool, volume: bool) -> None:
    assert is_virtual({"model_name": model}) is virtual
    assert is_raid_volume({"model_name": model}) is volume


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("1 000 204 886 016 [1,00 TB]", 1000204886016),
        ("1'000'204'886'016 bytes", 1000204886016),
        ("3.000.592.982.016 bytes", 3000592982016),
        ("3,000,592,982,016 bytes [3.00 TB]", 3000592982016),
        ("0x04", 4),
        ("100%", 100),
        ("-40/70 Celsius", -40),
        ("Disabled", None),
    ],
)
def test_numbers_in_every_locale(said: str, number: int | None) -> None:
    assert number_in(said) == number


@pytest.mark.parametrize(
    ("value", "number"),
    [
        *[(5, 5), (5.0, 5), ("5", 5), ("0x10", 16), ("39,800", 39800), ("310.0", 310), ("-3", -3)],
        *[(True, None), (None, None), (1 << 70, None), (float("nan"), None), (float("inf"), None)],
        *[("5 apples", None), ([], None)],
    ],
)
def test_whole(value: object, number: int | None) -> None:
    assert whole(value) == number


def test_values_that_no_drive_can_have() -> None:
    assert celsius(0) is None
    assert celsius(-273) is None
    assert celsius(31) == 31
    assert natural(-1) is None
    assert moment(-5) is None
    assert moment(10**14) is None
    assert text("\x1b[31mEVIL\x07 \u202eDISK") == "[31mEVIL   DISK"
    assert text("x" * 10_000) == "x" * 300


@pytest.mark.parametrize(
    ("said", "register", "kind"),
    [
        ("UNC at LBA = 0x3203e9c8 = 839117256", 0x40, "media"),
        ("ICRC, ABRT at LBA = 0x07ffaa67", 0x84, "link"),
        ("ABRT", 0x04, "host"),
        ("", 0x10, "media"),
        ("", 0x80, "link"),
        ("", None, "other"),
    ],
)
def test_kinds_of_ata_errors(said: str, register: int | None, kind: str) -> None:
    assert ata_error_kind(said, register) == kind


def test_kinds_of_nvme_errors() -> None:
    assert nvme_error_kind("Unrecovered Read Error", 2) == "media"
    assert nvme_error_kind("Invalid Field in Command", 0) == "host"
    assert nvme_error_kind("something", None) == "other"


@pytest.mark.parametrize(
    ("status", "passed"),
    [
        ("Completed without error", True),
        ("Completed", True),
        ("Completed: read failure", False),
        ("Failed in segment -->", False),
        ("Completed: failed segments", False),
        ("Fatal or unknown error", False),
        ("Aborted by host", None),
        ("Interrupted (host reset)", None),
        ("Self-test routine in progress", None),
    ],
)
def test_results_of_self_tests_in_words(status: str, passed: bool | None) -> None:
    assert passed_by_words(status) is passed


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("Device is in STANDBY mode, exit(2)", "standby"),
        ("Device is in STANDBY (OS) mode, exit(2)", "standby"),
        ("Device is in STANDBY BY COMMAND mode, exit(2)", "standby"),
        ("Smartctl open device: /dev/sda [SAT] failed: Permission denied", "denied"),
        ("/dev/sdc: Unknown USB bridge [0x0bc2:0xab28 (0x100)]", "unsupported"),
        ("/dev/vda: Unable to detect device type", "unsupported"),
        ("Smartctl open device: /dev/sdx failed: No such device", "failed"),
        ("", "empty"),
    ],
)
def test_reasons(said: str, reason: str) -> None:
    assert reason_of(said).reason == reason
