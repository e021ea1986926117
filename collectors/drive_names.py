"""Tells apart drives of one target that give the same serial number, and no WWN.

Cheap enclosures and forged drives repeat serial numbers. Such a number names nothing: of two drives with it,
one would hide the other. Drives that are one disk on several paths have a WWN; NVMe controllers of one
subsystem share a serial number rightly.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import Any

from collectors.drive_tables import Drive, DriveAttribute, DriveError, DriveSelfTest, DriveStatistic
from collectors.fact import Absent, Fact, Gap
from collectors.table import Row

Told = Fact[Row] | Gap | Absent
_TABLES = (Drive, DriveAttribute, DriveError, DriveSelfTest, DriveStatistic)
_DISK = re.compile(r"/dev/[sh]d[a-z]+")


def told_apart(told: Sequence[Told]) -> Sequence[Told]:
    """The same; where several disks of a target share a serial number, each is named by its device."""
    drives = [(one.target, one.row) for one in told if type(one) is Fact and type(one.row) is Drive]
    if len(drives) < 2:
        return told
    named: dict[tuple[str, str], set[str]] = {}
    for target, row in drives:
        if row.drive.startswith("serial:"):
            named.setdefault((target, row.drive), set()).add(row.device)
    repeated = {key for key, devices in named.items() if sum(map(_is_disk, devices)) > 1}
    return [_by_device(one, repeated) for one in told] if repeated else told


def _is_disk(device: str) -> bool:
    return _DISK.fullmatch(device) is not None


def _by_device(one: Told, repeated: set[tuple[str, str]]) -> Told:
    if not isinstance(one, Fact) or not isinstance(one.row, _TABLES):
        return one
    row: Any = one.row
    if (one.target, row.drive) not in repeated or not _is_disk(row.device):
        return one
    return dataclasses.replace(one, row=dataclasses.replace(row, drive=f"{row.drive} {row.device}"))
