"""WMI objects as `name=value` lines (wmic /format:list): Hyper-V's guests, disks and volumes of Windows.

Sources: the classes Msvm_ComputerSystem, Win32_DiskDrive, MSFT_PhysicalDisk, Win32_LogicalDisk, Win32_Volume
in Microsoft's reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape

from collectors.block_tables import FsUsage, Mount
from collectors.collector import reader
from collectors.fact import At, Missing, Reading
from collectors.hypervisor_tables import Guest
from collectors.hypervisor_words import count, moment
from collectors.question import Answer
from collectors.storage_system_tables import StoragePart

Told = Mapping[str, str]

_GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_LINE = re.compile(r"(\w{1,80})=(.*)")
_POWER = {"2": "running", "3": "off", "32768": "paused", "32769": "suspended"}
_HEALTH = {"0": ("Healthy", True), "1": ("Warning", False), "2": ("Unhealthy", False)}
_FIXED_DISK = "3"


def objects(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Line and properties of each object; a blank line or a name that comes again begins the next."""
    found: dict[str, str] = {}
    begun = 1
    for number, line in enumerate(text.splitlines(), 1):
        match = _LINE.match(line.strip())
        if match is None or match[1] in found:
            if found:
                yield begun, found
            found, begun = {}, number
        if match:
            begun = begun if found else number
            found[match[1]] = unescape(match[2].strip())
    if found:
        yield begun, found


def _sort(told: Told) -> str:
    """The class of an object; recordings do not always tell it."""
    named = told.get("CreationClassName", "").lower()
    if named in ("win32_diskdrive", "win32_logicaldisk", "win32_volume", "msvm_computersystem"):
        return named
    if "HealthStatus" in told and "BusType" in told and "FriendlyName" in told:
        return "msft_physicaldisk"
    if "Capacity" in told and "FreeSpace" in told and "DriveType" in told:
        return "win32_volume"
    return "msvm_computersystem" if {"ElementName", "EnabledState", "Name"} <= set(told) else ""


def recognises(text: str) -> float:
    begin = text[:200_000]
    known = r"^CreationClassName=(?:Win32_(?:DiskDrive|LogicalDisk|Volume)|Msvm_ComputerSystem)\s*$"
    if re.search(known, begin, re.MULTILINE | re.IGNORECASE):
        return 0.95
    if not re.match(r"\s*\w+=", begin):
        return 0.0
    return 0.9 if any(_sort(told) for _, told in objects(begin)) else 0.0


@reader("wmi", fills=(Guest, StoragePart, Mount, FsUsage), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """guests of Hyper-V, disks and volumes of Windows by WMI objects (wmic /format:list)"""
    known = rows = 0
    for number, told in objects(answer.text):
        sort = _sort(told)
        known += bool(sort)
        for row in _rows(sort, told):
            rows += 1
            yield At(row, f"line {number}") if not isinstance(row, Missing) else row
    if not known:
        yield Missing(Guest, "unsupported", "no object of a class that is read")
    elif not rows:
        yield Missing(Guest, "empty", "the objects tell of no guest, disk or volume")


def _rows(sort: str, told: Told) -> Iterator[Guest | StoragePart | Mount | FsUsage | Missing]:
    if sort == "msvm_computersystem" and _GUID.fullmatch(told["Name"]):  # the host has its own name
        yield Guest(
            guest=f"uuid:{told['Name'].lower()}",
            name=told.get("ElementName") or told["Name"],
            hypervisor="hyperv",
            kind="vm",
            power=_POWER.get(told.get("EnabledState", "")),
            created_at=moment(told.get("InstallDate")),
        )
    elif sort == "win32_diskdrive":
        yield _disk(told)
    elif sort == "msft_physicaldisk":
        health, sound = _HEALTH.get(told["HealthStatus"], (told["HealthStatus"] or None, None))
        yield StoragePart(
            kind="drive",
            name=f"PhysicalDisk {told.get('DeviceId') or told.get('UniqueId') or '?'}",
            health=health,
            sound=sound,
            serial=told.get("SerialNumber") or None,
            model=told.get("FriendlyName") or None,
            size_bytes=count(told.get("Size")),
        )
    elif sort in ("win32_logicaldisk", "win32_volume") and told.get("DriveType") == _FIXED_DISK:
        yield from _volume(told)


def _disk(told: Told) -> StoragePart:
    """ "OK" is no proof of health: Windows says so for disks whose SMART it does not see."""
    status = told.get("Status") or None
    return StoragePart(
        kind="drive",
        name=told.get("DeviceID", "?").replace("\\\\.\\", ""),
        health=status,
        sound=None if status in (None, "OK", "Unknown") else False,
        serial=told.get("SerialNumber") or None,
        model=told.get("Model") or told.get("Caption") or None,
        size_bytes=count(told.get("Size")),
    )


def _volume(told: Told) -> Iterator[Mount | FsUsage | Missing]:
    place = told.get("Name") or told.get("DeviceID") or told.get("Caption") or ""
    size, free = count(told.get("Capacity") or told.get("Size")), count(told.get("FreeSpace"))
    kind = told.get("FileSystem", "").lower()
    if not place or not kind:
        yield Missing(FsUsage, "unreadable", f"{place or 'a volume'}: locked, raw or not told", place)
        return
    yield Mount(
        mountpoint=place, source=told.get("DeviceID") or place, fs_type=kind, options="", read_only=False
    )
    if size is None or free is None:
        yield Missing(FsUsage, "empty", f"{place}: size or free space is not told", place)
        return
    yield FsUsage(
        mountpoint=place,
        fs_type=kind,
        size_bytes=size,
        used_bytes=max(0, size - free),
        available_bytes=free,
    )
