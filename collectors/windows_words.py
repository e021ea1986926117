"""Words for the numbers that the storage classes of Windows use (MSFT_PhysicalDisk, MSFT_VirtualDisk)."""

from __future__ import annotations

import re
from typing import Any

from collectors.powershell import named, number


def _numbered(words: str) -> dict[int, str]:
    """`1 SCSI, 2 ATAPI` as names by number."""
    pairs = (one.split(" ", 1) for one in re.split(r",\s+", words.strip()))
    return {int(code): name for code, name in pairs}


HEALTH = {0: "Healthy", 1: "Warning", 2: "Unhealthy", 5: "Unknown"}
_BUSES = """
    1 SCSI, 2 ATAPI, 3 ATA, 4 1394, 6 Fibre Channel, 7 USB, 8 RAID, 9 iSCSI, 10 SAS, 11 SATA, 12 SD, 13 MMC,
    15 File Backed Virtual, 16 Storage Spaces, 17 NVMe"""
BUSES = _numbered(_BUSES)
MEDIA = {0: "Unspecified", 3: "HDD", 4: "SSD", 5: "SCM"}
USAGE = {1: "Auto-Select", 2: "Manual-Select", 3: "Hot Spare", 4: "Retired", 5: "Journal"}
_OPERATIONAL = """
    0 Unknown, 1 Other, 2 OK, 3 Degraded, 4 Stressed, 5 Predictive Failure, 6 Error, 7 Non-Recoverable Error,
    8 Starting, 9 Stopping, 10 Stopped, 11 In Service, 12 No Contact, 13 Lost Communication, 15 Dormant,
    53250 Detached, 53251 Incomplete"""
OPERATIONAL = _numbered(_OPERATIONAL)


def states(value: Any) -> str:
    """Operational states: a list or a text of names or numbers → names, comma-separated."""
    parts = (
        value
        if isinstance(value, list)
        else re.split(r"\s*,\s*", value)
        if isinstance(value, str)
        else [value]
    )
    words = [named(number(one) if number(one) is not None else one, OPERATIONAL) for one in parts]
    return ", ".join(word for word in words if word)
