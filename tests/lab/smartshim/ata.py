# SPDX-License-Identifier: Apache-2.0
"""Writes a fabricated ATA drive: identity, attributes, thresholds, logs and device statistics."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512
SMART_LOGS = 16  # first sector of the SMART logs, one sector each
GENERAL_LOGS = 512  # first sector of the general purpose logs, sixteen sectors each


@dataclass(frozen=True)
class Attribute:
    """One SMART attribute with its threshold."""

    value: int = 100
    raw: int = 0
    flags: int = 0x0032
    threshold: int = 0
    worst: int | None = None


@dataclass(frozen=True)
class SelfTest:
    """One entry of the self-test log."""

    kind: int  # 1 short, 2 extended
    status: int  # 0x00 passed, 0x7n read failure with n tenths left
    hours: int
    address: int = 0


@dataclass(frozen=True)
class AtaDrive:
    """All that can differ between fabricated ATA drives."""

    serial: str
    model: str = "ST4000DM004-2CV104"
    firmware: str = "0001"
    sectors: int = 7814037168
    rotation: int = 5425  # 1 for a solid state drive
    attributes: Mapping[int, Attribute] = field(default_factory=dict)
    self_tests: tuple[SelfTest, ...] = ()
    failing: bool = False
    logged_errors: int = 0
    hours: int = 39800
    standby: bool = False
    # Device statistics: page -> offset in the page -> value; None leaves the log out.
    statistics: Mapping[int, Mapping[int, int]] | None = None


def swapped(text: str, length: int) -> bytes:
    """An ATA string: two characters a word, the first in the high byte."""
    raw = text.ljust(length).encode()[:length]
    return bytes(raw[index ^ 1] for index in range(length))


def summed(sector: bytes | bytearray) -> bytes:
    """The sector with the checksum in its last byte."""
    body = bytes(sector[:511])
    return body + bytes([-sum(body) & 0xFF])


def identity(drive: AtaDrive) -> bytes:
    """The answer to IDENTIFY DEVICE."""
    words = [0] * 256
    fixed = {0: 0x0040, 49: 0x0F00, 53: 7, 76: 0x850E, 77: 6, 80: 0x0FF0, 81: 0x6D, 106: 0x6003, 222: 0x107F}
    features = {82: 0x7469, 83: 0x7D09, 84: 0x4163, 85: 0x7469, 86: 0xBC09, 87: 0x4163}
    for index, word in (fixed | features).items():
        words[index] = word
    words[60], words[61], words[217] = 0xFFFF, 0x0FFF, drive.rotation
    for index in range(3):
        words[100 + index] = drive.sectors >> (16 * index) & 0xFFFF
    name = sum(drive.serial.encode())
    words[108:112] = [0x5000, 0xC500, 0xB1B2, name & 0xFFFF]
    raw = bytearray(struct.pack("<256H", *words))
    raw[20:40] = swapped(drive.serial.rjust(20), 20)
    raw[46:54] = swapped(drive.firmware, 8)
    raw[54:94] = swapped(drive.model, 40)
    raw[510] = 0xA5
    return summed(raw)


def values(drive: AtaDrive) -> tuple[bytes, bytes]:
    """The attribute values and the thresholds sectors."""
    data, thresholds = bytearray(SECTOR), bytearray(SECTOR)
    struct.pack_into("<H", data, 0, 10)
    struct.pack_into("<H", thresholds, 0, 1)
    for index, (number, attribute) in enumerate(drive.attributes.items()):
        worst = attribute.value if attribute.worst is None else attribute.worst
        at = 2 + 12 * index
        struct.pack_into("<BHBB", data, at, number, attribute.flags, attribute.value, worst)
        data[at + 5 : at + 11] = attribute.raw.to_bytes(6, "little")
        struct.pack_into("<BB", thresholds, at, number, attribute.threshold)
    data[362], data[367], data[370], data[372], data[373] = 0x82, 0x7B, 1, 1, 0xFF
    struct.pack_into("<H", data, 364, 600)
    struct.pack_into("<H", data, 368, 3)
    struct.pack_into("<H", data, 375, 430)
    if drive.self_tests:
        data[363] = drive.self_tests[0].status
    return summed(data), summed(thresholds)


def error_log(drive: AtaDrive) -> bytes:
    """The summary error log: the newest five errors in a ring."""
    log = bytearray(SECTOR)
    log[0] = 1
    log[1] = (drive.logged_errors - 1) % 5 + 1 if drive.logged_errors else 0
    struct.pack_into("<H", log, 452, drive.logged_errors)
    for slot in range(min(drive.logged_errors, 5)):
        at = 2 + 90 * slot
        log[at + 48 : at + 60] = bytes(
            [0, 0, 8, 0x10, 0x27, 0, 0xE0, 0x25, *(0, 0, 1, 0)]
        )  # the read which failed
        log[at + 60 : at + 68] = bytes([0, 0x40, 0, 0x10, 0x27, 0, 0xE0, 0x51])  # uncorrectable
        struct.pack_into("<H", log, at + 88, drive.hours)
    return summed(log)


def self_test_log(drive: AtaDrive) -> bytes:
    """The self-test log, newest first: the drive numbers them from the oldest slot on."""
    log = bytearray(SECTOR)
    struct.pack_into("<H", log, 0, 1)
    for index, test in enumerate(reversed(drive.self_tests)):
        entry = (test.kind, test.status, test.hours, 0, test.address)
        struct.pack_into("<BBHBI", log, 2 + 24 * index, *entry)
    log[508] = len(drive.self_tests)
    return summed(log)


def statistics_pages(statistics: Mapping[int, Mapping[int, int]]) -> dict[int, bytes]:
    """The pages of the device statistics log; page 0 lists the others."""
    listed = [0, *sorted(statistics)]
    first = bytearray(SECTOR)
    struct.pack_into("<HB", first, 0, 1, 0)
    first[8] = len(listed)
    first[9 : 9 + len(listed)] = bytes(listed)
    pages = {0: bytes(first)}
    for number, entries in statistics.items():
        page = bytearray(SECTOR)
        struct.pack_into("<HB", page, 0, 1, number)
        for offset, value in entries.items():
            page[offset : offset + 7] = (value & (1 << 56) - 1).to_bytes(7, "little")
            page[offset + 7] = 0xC0  # supported and valid
        pages[number] = bytes(page)
    return pages


def write_ata(path: Path, drive: AtaDrive) -> None:
    """Write the drive where shim.c looks for it."""
    image = bytearray(SECTOR * (GENERAL_LOGS + 256 * 16))

    def put(sector: int, data: bytes) -> None:
        image[sector * SECTOR : sector * SECTOR + len(data)] = data

    data, thresholds = values(drive)
    put(0, identity(drive))
    put(1, data)
    put(2, thresholds)
    put(3, bytes([drive.failing, 0x00 if drive.standby else 0xFF]))
    directory = bytearray(SECTOR)
    struct.pack_into("<H", directory, 0, 1)
    directory[2 * 1] = directory[2 * 6] = 1
    put(SMART_LOGS, bytes(directory))
    put(SMART_LOGS + 1, error_log(drive))
    put(SMART_LOGS + 6, self_test_log(drive))
    if drive.statistics is not None:
        struct.pack_into("<H", directory, 2 * 4, 8)
        for number, page in statistics_pages(drive.statistics).items():
            put(GENERAL_LOGS + 4 * 16 + number, page)
    put(GENERAL_LOGS, bytes(directory))
    path.write_bytes(image)
