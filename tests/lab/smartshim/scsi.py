# SPDX-License-Identifier: Apache-2.0
"""Writes a fabricated SAS drive: inquiry, mode and log pages as records which shim.c looks up."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

INQUIRY, MODE_SENSE_6, CAPACITY_10, DEFECTS_10, LOG_SENSE = 0x12, 0x1A, 0x25, 0x37, 0x4D
MODE_SENSE_10, CAPACITY_16, DEFECTS_12 = 0x5A, 0x9E, 0xB7


@dataclass(frozen=True)
class ScsiDrive:
    """All that can differ between fabricated SAS drives."""

    serial: str
    vendor: str = "SEAGATE"
    product: str = "ST1200MM0088"
    revision: str = "N004"
    blocks: int = 2344225968
    celsius: int = 34
    failing: bool = False
    grown_defects: int = 0
    uncorrected_reads: int = 0
    uncorrected_writes: int = 0
    failed_self_test: bool = False


def parameters(entries: dict[int, bytes]) -> bytes:
    """Log parameters one after the other."""
    return b"".join(struct.pack(">HBB", code, 3, len(data)) + data for code, data in entries.items())


def counters(uncorrected: int) -> bytes:
    """An error counter page's parameters."""
    amounts = (1200, 3, 0, 1203, 1203, 45_000 * 10**9, uncorrected)
    return parameters({code: amount.to_bytes(8, "big") for code, amount in enumerate(amounts)})


def self_tests(failed: bool) -> bytes:
    """Twenty self-test results, of which the newest two are filled."""
    entries = {code: bytes(16) for code in range(1, 21)}
    # code and result, number, hours, first bad address, sense key and codes
    newest = struct.pack(">BBHQBBBB", 2 << 5 | 7, 1, 21000, 0x1234, 3, 0x11, 0, 0)
    passed = struct.pack(">BBHQBBBB", 1 << 5, 0, 20000, (1 << 64) - 1, 0, 0, 0, 0)
    entries[1], entries[2] = (newest, passed) if failed else (passed, passed)
    return parameters(entries)


def log_pages(drive: ScsiDrive) -> dict[int, bytes]:
    """Every log page's parameters."""
    codes = bytes([0x5D, 0x10]) if drive.failing else bytes(2)
    start_stop = parameters(
        {1: b"202001", 2: b"202001", 3: (10000).to_bytes(4, "big"), 4: (57).to_bytes(4, "big")}
    )
    pages = {
        0x02: counters(drive.uncorrected_writes),
        0x03: counters(drive.uncorrected_reads),
        0x05: counters(0),
        0x06: parameters({0: (7).to_bytes(4, "big")}),
        0x0D: parameters({0: bytes([0, drive.celsius]), 1: bytes([0, 60])}),
        0x0E: start_stop,
        0x10: self_tests(drive.failed_self_test),
        0x15: parameters({0: struct.pack(">IxBHH2x", 21000 * 60, 1, 12, 0)}),
        0x2F: parameters({0: codes + bytes([drive.celsius, 0])}),
    }
    return {0: bytes([0, *sorted(pages)]), **pages}


def records(drive: ScsiDrive) -> dict[tuple[int, int, int], bytes]:
    """What the drive answers: (command, first selector, second selector) to data."""
    names = drive.vendor.ljust(8) + drive.product.ljust(16) + drive.revision.ljust(4)
    serial = drive.serial.ljust(20).encode()
    identity = bytes([1, 3, 0, 8, 0x50, 0, 0xC5, 0, 0xAA]) + sum(serial).to_bytes(3, "big")
    exceptions = bytes([0x1C, 10, 0x10, 6]) + bytes(8)
    defects = bytes(8 * drive.grown_defects)
    capacity = struct.pack(">QI", drive.blocks - 1, 512)
    answers = {
        (INQUIRY, 0, 0): bytes([0, 0, 6, 0x12, 91, 0, 0, 2]) + names.encode() + bytes(60),
        (INQUIRY, 1, 0): bytes([0, 0, 0, 4, 0, 0x80, 0x83, 0xB1]),
        (INQUIRY, 1, 0x80): bytes([0, 0x80, 0, 20]) + serial,
        (INQUIRY, 1, 0x83): bytes([0, 0x83, 0, len(identity)]) + identity,
        (INQUIRY, 1, 0xB1): bytes([0, 0xB1, 0, 60]) + struct.pack(">H", 10000) + bytes([0, 3]) + bytes(56),
        (CAPACITY_10, 0, 0): struct.pack(">II", min(drive.blocks - 1, 0xFFFFFFFF), 512),
        (CAPACITY_16, 0, 0): capacity + bytes(20),
        (MODE_SENSE_6, 0x1C, 0): bytes([15, 0, 0, 0]) + exceptions,
        (MODE_SENSE_10, 0x1C, 0): bytes([0, 18, 0, 0, 0, 0, 0, 0]) + exceptions,
        (DEFECTS_10, 0, 0): struct.pack(">BBH", 0, 0x0D, len(defects)) + defects,
        (DEFECTS_12, 0, 0): struct.pack(">BBHI", 0, 0x0D, 0, len(defects)) + defects,
    }
    for page, data in log_pages(drive).items():
        answers[LOG_SENSE, page, 0] = struct.pack(">BBH", page, 0, len(data)) + data
    return answers


def write_scsi(path: Path, drive: ScsiDrive) -> None:
    """Write the drive where shim.c looks for it."""
    with path.open("wb") as handle:
        for (command, one, two), data in records(drive).items():
            handle.write(struct.pack("<BBBxI", command, one, two, len(data)) + data)
