"""Hyper-V asked by PowerShell over SSH: guests, checkpoints, disks, chains of images, replication.

Cmdlets of the Hyper-V module: Get-VM, Get-VMSnapshot, Get-VMHardDiskDrive, Get-VHD, Get-VMReplication.
There is no account that may only read: membership in "Hyper-V Administrators" is the least that shows guests,
and an account without it is told of none, without an error. Enums are asked for by name, times in UTC.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from collectors.collector import Asking, collector, reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.hyperv_rows import disks_of, guest_of, image_of, replicated_guest, snapshots_of
from collectors.hypervisor_tables import DiskImage, Guest, GuestDisk, GuestSnapshot
from collectors.powershell import HYPERV_ADMINISTRATORS, Told, powershell, text, told, when
from collectors.question import Answer, Form
from collectors.table import Row

_TABLES: tuple[type[Row], ...] = (Guest, GuestSnapshot, GuestDisk, DiskImage)
_UTC = ".ToUniversalTime().ToString('o')"


def _words(*names: str) -> str:
    """Properties told as text, which is what enums and GUIDs are then."""
    return ",".join(f"@{{n='{name}';e={{[string]$_.{name}}}}}" for name in names)


def _time(name: str) -> str:
    return f"@{{n='{name}';e={{if($_.{name}){{$_.{name}{_UTC}}}}}}}"


def _asked(body: str, *, reads: str, why: str, seconds: float = 60.0) -> Form:
    return powershell(body, reads=reads, why=why, seconds=seconds, group=HYPERV_ADMINISTRATORS)


HYPERV_HERE = _asked(
    "Get-Service -Name vmms|Select-Object Name," + _words("Status"),
    reads="hyperv-here",
    why="Whether this Windows host runs guests of Hyper-V",
)
HYPERV_GUESTS = _asked(
    "Get-VM|Select-Object Name,ComputerName,Generation,Notes,AutomaticCheckpointsEnabled,"
    + _words("VMId", "State", "Status", "CheckpointType", "ReplicationHealth", "ReplicationState")
    + f",{_time('CreationTime')}",
    reads="hyperv-guests",
    why="Guests of Hyper-V: state, merges under way, what checkpoints they are set to",
)
HYPERV_CHECKPOINTS = _asked(
    "Get-VM|Get-VMSnapshot|Select-Object Name,VMName,Notes,ParentSnapshotName,"
    + _words("Id", "VMId", "ParentSnapshotId", "SnapshotType", "State")
    + f",{_time('CreationTime')}",
    reads="hyperv-checkpoints",
    why="Checkpoints of guests, also those that backups made (recovery)",
)
HYPERV_DISKS = _asked(
    "Get-VM|Get-VMHardDiskDrive|Select-Object VMName,ControllerNumber,ControllerLocation,Path,DiskNumber,"
    "SupportPersistentReservations," + _words("VMId", "ControllerType"),
    reads="hyperv-disks",
    why="Disks of guests, passed-through and shared ones too",
)
HYPERV_IMAGES = _asked(
    "$seen=@{};$todo=@(Get-VM|Get-VMHardDiskDrive|ForEach-Object{$_.Path});"
    "$todo+=@(Get-VM|Get-VMSnapshot|Get-VMHardDiskDrive|ForEach-Object{$_.Path});"
    "while($todo.Count){$path=$todo[0];$todo=@($todo|Select-Object -Skip 1);"
    "if($path -match '\\.a?vhd[xs]?$' -and -not $seen[$path]){$seen[$path]=1;$vhd=Get-VHD -Path $path;"
    "if($vhd){$todo+=$vhd.ParentPath;$vhd|Select-Object Path,ParentPath,FileSize,Size,Attached,"
    + _words("VhdFormat", "VhdType")
    + "}else{[pscustomobject]@{Path=$path;Missing=-not(Test-Path -LiteralPath $path)}}}}",
    reads="hyperv-images",
    why="Chains of images from each disk and checkpoint down to its base",
    seconds=180,
)
HYPERV_FILES = _asked(
    "$in=@(Get-VM|Get-VMHardDiskDrive|ForEach-Object{$_.Path})+@(Get-VM|ForEach-Object{$_.SnapshotFileLocation});"
    "$in|Where-Object{$_}|ForEach-Object{if($_ -match '\\.a?vhd[xs]?$'){Split-Path -Parent $_}else{$_}}|"
    "Sort-Object -Unique|ForEach-Object{Get-ChildItem -LiteralPath $_ -Filter *.avhd* -File}|"
    "Sort-Object FullName -Unique|Select-Object FullName,Length,"
    "@{n='Written';e={$_.LastWriteTimeUtc.ToString('o')}}",
    reads="hyperv-files",
    why="Differencing files beside the disks of guests, to find those that belong to none",
    seconds=120,
)
HYPERV_REPLICAS = _asked(
    "Get-VMReplication|Select-Object VMName,PrimaryServer,ReplicaServer,FrequencySec,"
    + _words("VMId", "Health", "State", "Mode")
    + f",{_time('LastReplicationTime')}",
    reads="hyperv-replicas",
    why="Health and age of replicas of guests on other hosts",
)


@collector(
    "hyperv",
    asks=(
        *(HYPERV_HERE, HYPERV_GUESTS, HYPERV_CHECKPOINTS, HYPERV_DISKS),
        *(HYPERV_IMAGES, HYPERV_FILES, HYPERV_REPLICAS),
    ),
    system="windows",
)
def ask() -> Asking:
    """Hyper-V: guests, checkpoints, chains of images, replicas"""
    (here,) = yield (HYPERV_HERE(),)
    if here.refusal is None and here.status == 0 and not _found(here):
        return
    yield (HYPERV_GUESTS(), HYPERV_CHECKPOINTS(), HYPERV_DISKS(), HYPERV_REPLICAS())
    yield (HYPERV_IMAGES(), HYPERV_FILES())


def _found(answer: Answer) -> bool:
    try:
        return bool(told(answer).items)
    except (ValueError, RecursionError):
        return True  # not readable: the reader tells so, and the rest is asked all the same


def _keys(*names: str) -> Any:
    return lambda said: 0.95 if '"admin":' in said and all(f'"{name}"' in said for name in names) else 0.0


@reader("hyperv-here", fills=_TABLES, recognises=lambda said: 0.95 if '"vmms"' in said[:2000] else 0.0)
def read_here(answer: Answer) -> Iterator[Reading]:
    """whether a Windows host has the service of Hyper-V"""
    found = told(answer)
    if found.items:
        return
    if any("NoServiceFound" in name for _, name, _ in found.errors):
        for row_type in _TABLES:
            yield NotHere(row_type, "this host has no service of Hyper-V")
    else:
        yield from found.gaps(*_TABLES)
        if not found.errors and found.admin is not False:
            yield Missing(Guest, "empty", "nothing is told of the service of Hyper-V")


@reader("hyperv-guests", fills=(Guest,), recognises=_keys("AutomaticCheckpointsEnabled", "VMId", "State"))
def read_guests(answer: Answer) -> Iterator[Reading]:
    """guests of Hyper-V as Get-VM tells them"""
    found = told(answer)
    for where, one in found.items:
        yield At(guest_of(one), where)
    yield from _left(found, Guest, none="Hyper-V has no guest")


@reader(
    "hyperv-checkpoints",
    fills=(GuestSnapshot,),
    recognises=_keys("SnapshotType", "ParentSnapshotId", "VMId"),
)
def read_checkpoints(answer: Answer) -> Iterator[Reading]:
    """checkpoints as Get-VMSnapshot tells them"""
    found = told(answer)
    yield from snapshots_of([dict(one) for _, one in found.items], "unnamed")
    yield from _left(found, GuestSnapshot, none="no guest has a checkpoint")


@reader("hyperv-disks", fills=(GuestDisk,), recognises=_keys("ControllerType", "ControllerLocation", "VMId"))
def read_disks(answer: Answer) -> Iterator[Reading]:
    """disks of guests as Get-VMHardDiskDrive tells them"""
    found = told(answer)
    for where, one in found.items:
        for row in disks_of(one):
            yield At(row, where)
    yield from _left(found, GuestDisk, none="no guest has a disk")


@reader("hyperv-images", fills=(DiskImage,), recognises=_keys("VhdFormat", "ParentPath"))
def read_images(answer: Answer) -> Iterator[Reading]:
    """images and what they build on as Get-VHD tells them"""
    found = told(answer)
    for where, one in found.items:
        if "VhdFormat" in one or one.get("Missing") is True:
            yield At(image_of(one), where)
        else:
            path = text(one.get("Path")) or "?"
            said = found.errors[0][2][:200] if found.errors else "Get-VHD did not tell why"
            yield Missing(DiskImage, "failed", f"{path}: {said}", path)
    if not found.items:
        yield from found.gaps(DiskImage)


@reader("hyperv-files", fills=(DiskImage,), recognises=_keys("FullName", "Length", "Written"))
def read_files(answer: Answer) -> Iterator[Reading]:
    """differencing files in the folders of guests"""
    found = told(answer)
    for where, one in found.items:
        row = image_of({"Path": one.get("FullName"), "FileSize": one.get("Length")})
        yield At(dataclasses.replace(row, stray=True, modified_at=when(one.get("Written"))), where)
    yield from found.gaps(DiskImage)


@reader("hyperv-replicas", fills=(Guest,), recognises=_keys("LastReplicationTime", "Health", "VMId"))
def read_replicas(answer: Answer) -> Iterator[Reading]:
    """replicas of guests as Get-VMReplication tells them"""
    found = told(answer)
    for where, one in found.items:
        guest = replicated_guest(one)
        if guest is not None:
            yield At(guest, where)
    yield from found.gaps(Guest, harmless="NoReplication")


def _left(found: Told, row_type: type[Row], *, none: str) -> Iterator[Reading]:
    """What is missing; where an administrator is told of nothing, there is nothing."""
    gaps = list(found.gaps(row_type))
    yield from gaps
    if not found.items and not gaps:
        if found.admin:
            yield NotHere(row_type, none)
        else:
            yield Missing(row_type, "denied", "nothing is told, and whether the account may see it neither")
