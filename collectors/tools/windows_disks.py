"""Disks of Windows hosts: Get-PhysicalDisk with Get-StorageReliabilityCounter (MSFT_PhysicalDisk)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from collectors.collector import reader
from collectors.drive_tables import Drive
from collectors.fact import At, Missing, Reading
from collectors.powershell import named, number, powershell, text, told
from collectors.question import Answer
from collectors.windows_tables import SpacesPart
from collectors.windows_words import BUSES, HEALTH, MEDIA, USAGE, states

_COUNTERS = "Temperature,TemperatureMax,Wear,PowerOnHours,ReadErrorsUncorrected,WriteErrorsUncorrected"
WINDOWS_DISKS = powershell(
    "Get-PhysicalDisk|ForEach-Object{$counter=$_|Get-StorageReliabilityCounter;$_|Select-Object DeviceId,"
    "FriendlyName,Model,Manufacturer,SerialNumber,FirmwareVersion,Size,SpindleSpeed,LogicalSectorSize,"
    "PhysicalSectorSize,"
    + ",".join(
        f"@{{n='{name}';e={{[string]$_.{name}}}}}"
        for name in ("BusType", "MediaType", "HealthStatus", "Usage")
    )
    + ",@{n='OperationalStatus';e={$_.OperationalStatus -join ','}},@{n='Counter';e={$counter|Select-Object "
    f"{_COUNTERS}}}}}}}",
    reads="windows-disks",
    why="Health, wear, temperature and read errors of every disk of a Windows host",
    seconds=120,
)
_VIRTUAL = re.compile(r"virtual|qemu|vmware|vbox", re.IGNORECASE)
_SPEED_NOT_TOLD = 0xFFFFFFFF


@reader(
    "windows-disks",
    fills=(Drive, SpacesPart),
    recognises=lambda said: 0.94 if '"SpindleSpeed"' in said and '"HealthStatus"' in said else 0.0,
)
def read(answer: Answer) -> Iterator[Reading]:
    """disks of a Windows host with their reliability counters"""
    found = told(answer)
    for where, one in found.items:
        health, bus = named(one.get("HealthStatus"), HEALTH), named(one.get("BusType"), BUSES)
        operational = states(one.get("OperationalStatus"))
        yield At(_drive(one, bus, operational), where)
        yield At(_part(one, health, operational), where)
        if not isinstance(one.get("Counter"), Mapping):
            why = "the disk tells no reliability counters"
            yield Missing(Drive, "denied" if found.admin is False else "unsupported", why, _device(one))
    # a disk without counters is an error of PowerShell too, and was told of above
    if not found.items:
        yield from found.gaps(Drive, SpacesPart)
        if not found.errors and found.admin is not False:
            yield from (Missing(row_type, "empty", "no disk is told") for row_type in (Drive, SpacesPart))


def _device(one: Mapping[str, Any]) -> str:
    return f"PhysicalDisk{text(one.get('DeviceId')) or number(one.get('DeviceId')) or '?'}"


def _part(one: Mapping[str, Any], health: str | None, operational: str) -> SpacesPart:
    inside = [
        _device(one),
        f"serial {text(one.get('SerialNumber'))}" if text(one.get("SerialNumber")) else "",
    ]
    return SpacesPart(
        kind="disk",
        name=f"{text(one.get('FriendlyName')) or '?'} ({', '.join(filter(None, inside))})",
        health=health,
        operational=operational,
        usage=named(one.get("Usage"), USAGE),
        size_bytes=number(one.get("Size")),
    )


def _drive(one: Mapping[str, Any], bus: str | None, operational: str) -> Drive:
    told_counter = one.get("Counter")
    counter: Mapping[str, Any] = told_counter if isinstance(told_counter, Mapping) else {}
    model, serial = text(one.get("Model")) or text(one.get("FriendlyName")), text(one.get("SerialNumber"))
    media, speed = named(one.get("MediaType"), MEDIA), number(one.get("SpindleSpeed"))
    errors = [number(counter.get(name)) for name in ("ReadErrorsUncorrected", "WriteErrorsUncorrected")]
    known = [count for count in errors if count is not None]
    solid = media in ("SSD", "SCM")
    temperature = number(counter.get("Temperature"))
    return Drive(
        drive=f"serial:{model or '?'}/{serial}" if serial else f"device:{_device(one)}",
        device=_device(one),
        vendor=text(one.get("Manufacturer")),
        model=model,
        serial=serial,
        firmware_version=text(one.get("FirmwareVersion")),
        capacity_bytes=number(one.get("Size")),
        logical_sector_bytes=number(one.get("LogicalSectorSize")),
        physical_sector_bytes=number(one.get("PhysicalSectorSize")),
        rotation_rpm=0 if solid else speed if speed and speed != _SPEED_NOT_TOLD else None,
        transport=bus.lower() if bus else None,
        virtual=bool(_VIRTUAL.search(f"{model or ''} {bus or ''}")) or bus == "Storage Spaces",
        raid_volume=bus == "RAID",
        # "Healthy" is what Windows says of any disk that answers: only the bad verdict is the drive's own
        passed=False if "Predictive Failure" in operational else None,
        power_on_hours=number(counter.get("PowerOnHours")),
        temperature_celsius=temperature or None,
        temperature_critical_celsius=number(counter.get("TemperatureMax")) or None,
        endurance_used_percent=number(counter.get("Wear")) if solid else None,
        uncorrected_errors=sum(known) if known else None,
    )
