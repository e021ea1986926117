# SPDX-License-Identifier: Apache-2.0
"""The fabricated drives, by device name; run as a program it writes them into a directory."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from .ata import AtaDrive, Attribute, SelfTest, write_ata
from .nvme import NvmeDrive, write_nvme
from .scsi import ScsiDrive, write_scsi

Drive = AtaDrive | NvmeDrive | ScsiDrive
PREFAIL, WORN = 0x0033, 0x0013

BASE = {
    1: Attribute(117, 1234567, 0x000F, 6, 99),
    3: Attribute(96, 0, 3),
    4: Attribute(100, 57, threshold=20),
    5: Attribute(100, 0, PREFAIL, 10),
    7: Attribute(86, 400000000, 0x000F, 45, 60),
    9: Attribute(55, 39800),
    10: Attribute(100, 0, 0x0013, 97),
    12: Attribute(100, 57, threshold=20),
    187: Attribute(),
    188: Attribute(),
    190: Attribute(66, 34, 0x0022, 40, 55),
    194: Attribute(34, 34, 0x0022, 0, 45),
    197: Attribute(flags=0x0012),
    198: Attribute(flags=0x0010),
    199: Attribute(200, 0, 0x003E),
}
SOLID_STATE = {
    5: Attribute(100, 0, PREFAIL, 10),
    9: Attribute(92, 35000),
    12: Attribute(99, 100),
    177: Attribute(3, 1900, WORN),
    179: Attribute(100, 0, WORN, 10),
    181: Attribute(100, 0, threshold=10),
    182: Attribute(100, 0, threshold=10),
    183: Attribute(100, 0, WORN, 10),
    187: Attribute(),
    190: Attribute(70, 30, worst=50),
    195: Attribute(200, 0, 0x001A),
    199: Attribute(100, 0, 0x003E),
    235: Attribute(99, 20, 0x0012),
    241: Attribute(99, 10**11),
}
REALLOCATED = {
    5: Attribute(98, 184, PREFAIL, 10),
    187: Attribute(88, 12),
    197: Attribute(99, 24, 0x0012),
    198: Attribute(99, 24, 0x0010),
}
# Device statistics: general (1), errors (4: uncorrectable), temperature (5), transport (6), solid state (7)
GENERAL = {8: 57, 16: 39800, 24: 90 * 10**9, 40: 120 * 10**9}
STATISTICS = {1: GENERAL, 4: {8: 0, 16: 0}, 5: {8: 34, 32: 51, 80: 0, 88: 60}, 6: {24: 0}}
BAD_STATISTICS = {**STATISTICS, 4: {8: 12, 16: 3}}

HEALTHY = AtaDrive("ZFN00001", attributes=BASE, self_tests=(SelfTest(1, 0, 39700),), statistics=STATISTICS)
FAILED_TESTS = (SelfTest(2, 0x70, 39790, 123456789), SelfTest(1, 0, 39000))
WORN_DRIVE = AtaDrive(
    "S3Z1NB0K",
    model="Samsung SSD 860 EVO 500GB",
    firmware="RVT04B6Q",
    sectors=976773168,
    rotation=1,
    hours=35000,
    attributes=SOLID_STATE,
    statistics={1: GENERAL, 7: {8: 97}},
)

DRIVES: dict[str, Drive] = {
    "sda": HEALTHY,
    "sdb": replace(
        HEALTHY,
        serial="ZFN00002",
        attributes=BASE | REALLOCATED,
        logged_errors=12,
        self_tests=FAILED_TESTS,
        statistics=BAD_STATISTICS,
    ),
    "sdc": replace(
        HEALTHY, serial="ZFN00003", attributes=BASE | {5: Attribute(4, 3980, PREFAIL, 10)}, failing=True
    ),
    "sdd": WORN_DRIVE,
    "sde": ScsiDrive("Z400SAS1"),
    "sdf": ScsiDrive(
        "Z400SAS2",
        failing=True,
        grown_defects=312,
        uncorrected_reads=9,
        uncorrected_writes=1,
        failed_self_test=True,
        celsius=58,
    ),
    "sdg": replace(HEALTHY, serial="ZFN00004", standby=True),
    "nvme0": NvmeDrive("S5GXNX0R"),
    "nvme1": NvmeDrive("S5GXNX1R", used=104, spare=7, critical_warning=1, media_errors=31, logged_errors=120),
    "nvme2": NvmeDrive("S5GXNX2R", critical_warning=8 | 4, used=99),
}
# What each device stands for, to read tests by.
MEANING = {
    "healthy": "sda",
    "reallocated": "sdb",
    "failing": "sdc",
    "worn-ssd": "sdd",
    "sas-healthy": "sde",
    "sas-failing": "sdf",
    "standby": "sdg",
    "nvme-healthy": "nvme0",
    "nvme-spare-low": "nvme1",
    "nvme-read-only": "nvme2",
}


def write_drive(directory: Path, name: str, drive: Drive) -> Path:
    """Write one drive under the device name it shall appear as."""
    if isinstance(drive, AtaDrive):
        path = directory / f"{name}.ata"
        write_ata(path, drive)
    elif isinstance(drive, NvmeDrive):
        path = directory / f"{name}.nvme"
        write_nvme(path, drive)
    else:
        path = directory / f"{name}.scsi"
        write_scsi(path, drive)
    return path


def make_drives(directory: Path, drives: dict[str, Drive] | None = None) -> None:
    """Write all drives of a table, by default the standard ones."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, drive in (DRIVES if drives is None else drives).items():
        write_drive(directory, name, drive)


if __name__ == "__main__":
    make_drives(Path(sys.argv[1]))
