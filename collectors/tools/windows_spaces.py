"""Storage Spaces of Windows hosts: Get-StoragePool, Get-VirtualDisk (MSFT_StoragePool, MSFT_VirtualDisk)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.collector import reader
from collectors.fact import At, Reading
from collectors.powershell import named, number, powershell, text, told, truth
from collectors.question import Answer
from collectors.windows_tables import SpacesPart
from collectors.windows_words import HEALTH, states

_STATES = (
    "@{n='HealthStatus';e={[string]$_.HealthStatus}},"
    "@{n='OperationalStatus';e={$_.OperationalStatus -join ','}}"
)
WINDOWS_SPACES = powershell(
    "Get-StoragePool -IsPrimordial $false|Select-Object FriendlyName,Size,AllocatedSize,IsReadOnly,"
    f"{_STATES},"
    "@{n='Kind';e={'pool'}},@{n='Disks';e={@($_|Get-PhysicalDisk).Count}},"
    "@{n='LargestDisk';e={($_|Get-PhysicalDisk|Measure-Object Size -Maximum).Maximum}};"
    f"Get-VirtualDisk|Select-Object FriendlyName,Size,{_STATES},@{{n='Kind';e={{'virtual disk'}}}},"
    "@{n='Resiliency';e={$_.ResiliencySettingName}},PhysicalDiskRedundancy,"
    "@{n='Detached';e={[string]$_.DetachedReason}}",
    reads="windows-spaces",
    why="Health of storage pools and virtual disks of a Windows host",
)


@reader(
    "windows-spaces",
    fills=(SpacesPart,),
    recognises=lambda said: 0.93 if '"LargestDisk"' in said or '"PhysicalDiskRedundancy"' in said else 0.0,
)
def read(answer: Answer) -> Iterator[Reading]:
    """storage pools and virtual disks of a Windows host"""
    found = told(answer)
    for where, one in found.items:
        yield At(_part(one), where)
    # asking for pools that are not there is an error of PowerShell
    yield from found.gaps(SpacesPart, harmless="ObjectNotFound")


def _part(one: Mapping[str, Any]) -> SpacesPart:
    largest = number(one.get("LargestDisk"))
    return SpacesPart(
        kind=text(one.get("Kind")) or ("pool" if "LargestDisk" in one else "virtual disk"),
        name=text(one.get("FriendlyName")) or "?",
        health=named(one.get("HealthStatus"), HEALTH),
        operational=states(one.get("OperationalStatus")),
        resiliency=text(one.get("Resiliency")) or text(one.get("ResiliencySettingName")),
        can_lose=number(one.get("PhysicalDiskRedundancy")),
        read_only=truth(one.get("IsReadOnly")),
        size_bytes=number(one.get("Size")),
        allocated_bytes=number(one.get("AllocatedSize")),
        largest_disk_bytes=largest,
        disks=number(one.get("Disks")),
    )
