# SPDX-License-Identifier: Apache-2.0
"""Writes a fabricated NVMe drive: controller, name space and the health log."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

SECTOR = 512


@dataclass(frozen=True)
class NvmeDrive:
    """All that can differ between fabricated NVMe drives."""

    serial: str
    model: str = "Samsung SSD 980 PRO 1TB"
    firmware: str = "5B2QGXA7"
    blocks: int = 1953525168
    critical_warning: int = 0
    kelvin: int = 318
    spare: int = 100
    spare_threshold: int = 10
    used: int = 3
    units_read: int = 10**6
    units_written: int = 2 * 10**7
    hours: int = 9000
    unsafe_shutdowns: int = 12
    media_errors: int = 0
    logged_errors: int = 0


def controller(drive: NvmeDrive) -> bytes:
    """The answer to IDENTIFY for the controller."""
    data = bytearray(4096)
    struct.pack_into("<HH", data, 0, 0x144D, 0x144D)
    data[4:24] = drive.serial.ljust(20).encode()
    data[24:64] = drive.model.ljust(40).encode()
    data[64:72] = drive.firmware.ljust(8).encode()
    data[77], data[261], data[262] = 7, 0x0F, 63
    struct.pack_into("<I", data, 80, 0x10300)
    struct.pack_into("<H", data, 256, 0x17)
    struct.pack_into("<HH", data, 266, 355, 358)
    data[280:296] = (drive.blocks * SECTOR).to_bytes(16, "little")
    struct.pack_into("<I", data, 516, 1)
    return bytes(data)


def name_space(drive: NvmeDrive) -> bytes:
    """The answer to IDENTIFY for the name space."""
    data = bytearray(4096)
    struct.pack_into("<QQQ", data, 0, drive.blocks, drive.blocks, drive.blocks // 2)
    data[130] = 9
    return bytes(data)


def health(drive: NvmeDrive) -> bytes:
    """The SMART / health information log."""
    data = bytearray(SECTOR)
    data[0] = drive.critical_warning
    struct.pack_into("<H", data, 1, drive.kelvin)
    data[3], data[4], data[5] = drive.spare, drive.spare_threshold, drive.used
    counters = {
        32: drive.units_read,
        48: drive.units_written,
        64: drive.units_read * 50,
        80: drive.units_written * 50,
        96: 500,
        112: 900,
        128: drive.hours,
        144: drive.unsafe_shutdowns,
        160: drive.media_errors,
        176: drive.logged_errors,
    }
    for offset, value in counters.items():
        data[offset : offset + 16] = value.to_bytes(16, "little")
    return bytes(data)


def write_nvme(path: Path, drive: NvmeDrive) -> None:
    """Write the drive where shim.c looks for it."""
    image = bytearray(SECTOR * (16 + 8 * 256))
    for sector, data in ((0, controller(drive)), (8, name_space(drive)), (16 + 8 * 2, health(drive))):
        image[sector * SECTOR : sector * SECTOR + len(data)] = data
    path.write_bytes(image)
