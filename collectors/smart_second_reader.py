"""A second, independent reading of smartctl's text: what pySMART makes of it must not contradict our decoder.

pySMART is handed the lines in place of its smartctl and runs nothing. Measured on 964 saved reports it takes
one word for some models' names and finds no self-tests in `smartctl -x`, so neither is compared. The flags of
attributes in their short form (`-O--CK`), which it takes for a number, are left out of what it is given.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from collectors.decoding import NONSENSE
from collectors.drive_tables import Drive, DriveAttribute
from collectors.fact import At, Missing, Reading
from collectors.smart_text import BANNER

MOST_LINES = 4000
"""A longer report is no drive's."""

_SHORT_FLAGS = re.compile(r"\s*\d+ \S+\s+[A-Z-]{6}\s")
_INTERFACES = {"ATA": "ata", "SCSI": "scsi", "NVMe": "nvme"}
_STUMBLES = (*NONSENSE, AssertionError, NameError, StopIteration)
"""What pySMART raises on texts that it does not understand, beside InvalidSize."""


class Second(NamedTuple):
    """What pySMART read. *failing*: the drive's own verdict, or an attribute that fails now."""

    failing: bool | None
    serial: str | None
    capacity_bytes: int | None


class _Saved:
    """Stands where pySMART expects its smartctl, and answers every call with the saved lines."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines

    def info(self, disk: str, interface: str | None = None) -> list[str]:
        return list(self._lines)

    all = health = info

    def generic_call(self, params: list[str], pass_options: bool = False) -> tuple[list[str], int]:
        return list(self._lines), 0

    try_generic_call = generic_call


def second_reading(lines: Sequence[str], protocol: str | None) -> Second | None:
    """What pySMART reads in the report of one drive; None if it cannot."""
    start = next((at for at, line in enumerate(lines) if BANNER.match(line)), 0)
    plain = [line for line in lines[start:] if not _SHORT_FLAGS.match(line)]
    told = device_of(plain, _INTERFACES.get(protocol or "", "ata"))
    if told is None:
        return None
    serial = told.serial if isinstance(told.serial, str) and re.search(r"\w", told.serial) else None
    return Second({"PASS": False, "FAIL": True}.get(told.assessment), serial, told._capacity)


def device_of(lines: Sequence[str], interface: str) -> Any:
    """pySMART's device with a report's lines, which begin with smartctl's banner; None if it stumbles."""
    device, stumble = _pysmart()
    if len(lines) > MOST_LINES:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return device("/dev/saved", interface=interface, smartctl=_Saved(lines))
    except (*_STUMBLES, stumble):
        return None


def _pysmart() -> tuple[Any, type[Exception]]:
    """pySMART's Device and what its parser of sizes raises. Importing it changes LANG, which is put back."""
    language = os.environ.get("LANG")
    from humanfriendly import InvalidSize
    from pySMART import Device

    if language is None:
        os.environ.pop("LANG", None)
    else:
        os.environ["LANG"] = language
    return Device, InvalidSize


def compared(told: Sequence[Reading], lines: Sequence[str]) -> Iterator[Reading]:
    """What our decoder told of one drive, with what the second reader says of it; a gap if they disagree."""
    drive = next((one.row for one in told if isinstance(one, At) and isinstance(one.row, Drive)), None)
    if drive is None or any(isinstance(one, Missing) and one.table is Drive for one in told):
        yield from told
        return
    second = second_reading(lines, drive.protocol)
    differences = _differences(drive, _fails_now(told), second) if second else []
    word = "disagrees" if differences else "agrees" if second else "cannot read it"
    for one in told:
        ours = isinstance(one, At) and one.row is drive
        yield At(replace(drive, second_reader=word), one.where) if ours and isinstance(one, At) else one
    if differences:
        why = f"two readers of this text disagree: {'; '.join(differences)}; look at the text itself"
        yield Missing(Drive, "unreadable", why, drive.device)


def _fails_now(told: Sequence[Reading]) -> bool:
    """Whether an attribute fails now: pySMART takes that for the drive's verdict where it sees it."""
    rows = (one.row for one in told if isinstance(one, At))
    return any(isinstance(row, DriveAttribute) and row.when_failed == "now" for row in rows)


def _differences(drive: Drive, fails_now: bool, second: Second) -> list[str]:
    """In words. A health that only the second tells is a difference; a name or size is not."""
    found = []
    explained = drive.passed is not None and (
        drive.passed is not second.failing or (second.failing and fails_now)
    )
    if second.failing is not None and not explained:
        words = {True: "passed", False: "failing", None: "not told"}
        ours, other = words[drive.passed], words[not second.failing]
        found.append(f"its health is {ours} to one, {other} to the other")
    if drive.serial and second.serial and not drive.serial.startswith(second.serial):
        found.append(f"its serial number is {drive.serial} to one, {second.serial} to the other")
    sizes = (drive.capacity_bytes, second.capacity_bytes)
    if (
        all(sizes) and sizes[0] != sizes[1] and drive.protocol != "NVMe"
    ):  # which has the size of a namespace too
        found.append(f"it has {sizes[0]} bytes to one, {sizes[1]} to the other")
    return found
