"""Windows hosts: the machine, its volumes, shadow copies and events about storage, by PowerShell.

Classes: Win32_OperatingSystem, Win32_Volume, Win32_ShadowStorage, Win32_ShadowCopy; Get-WinEvent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.block_tables import FsUsage, Host, Mount
from collectors.collector import Asking, collector, reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.powershell import number, powershell, text, told, truth, when
from collectors.question import Answer
from collectors.tools.windows_disks import WINDOWS_DISKS
from collectors.tools.windows_shares import WINDOWS_SMB
from collectors.tools.windows_spaces import WINDOWS_SPACES
from collectors.windows_tables import ShadowStorage, WindowsEvent, WindowsVolume

_UTC = ".ToUniversalTime().ToString('o')"
WINDOWS_HOST = powershell(
    "Get-CimInstance Win32_OperatingSystem|Select-Object CSName,Caption,Version,TotalVisibleMemorySize,"
    f"@{{n='Boot';e={{$_.LastBootUpTime{_UTC}}}}},@{{n='Now';e={{(Get-Date){_UTC}}}}},"
    "@{n='Maker';e={(Get-CimInstance Win32_ComputerSystem).Manufacturer}},"
    "@{n='Model';e={(Get-CimInstance Win32_ComputerSystem).Model}}",
    reads="windows-host",
    why="Name, release, memory and last start of a Windows host",
)
WINDOWS_VOLUMES = powershell(
    "Get-CimInstance Win32_Volume -Filter 'DriveType=3'|Select-Object Name,DriveLetter,Label,FileSystem,"
    "Capacity,FreeSpace,DirtyBitSet,DeviceID",
    reads="windows-volumes",
    why="Space of every volume, and whether it is marked to be checked",
)
WINDOWS_SHADOWS = powershell(
    "$volumes=@{};Get-CimInstance Win32_Volume|ForEach-Object{$volumes[$_.DeviceID]=$_.Name};"
    "$copies=@(Get-CimInstance Win32_ShadowCopy);"
    "Get-CimInstance Win32_ShadowStorage|Select-Object UsedSpace,AllocatedSpace,"
    "@{n='Limit';e={[string]$_.MaxSpace}},"
    "@{n='Volume';e={$volumes[$_.Volume.DeviceID]}},@{n='Store';e={$volumes[$_.DiffVolume.DeviceID]}},"
    "@{n='Copies';e={$id=$_.Volume.DeviceID;@($copies|Where-Object{$_.VolumeName -eq $id}).Count}}",
    reads="windows-shadows",
    why="Room for shadow copies and how much of it is used",
)
_PROVIDERS = (
    *("Ntfs", "Microsoft-Windows-Ntfs", "disk", "storport", "storahci", "stornvme", "iaStorAC", "iaStorA"),
    *("iaStorVD", "volsnap", "Microsoft-Windows-ReFS", "ReFS", "volmgr", "partmgr", "mpio", "iScsiPrt"),
    *("Microsoft-Windows-StorageSpaces-Driver", "Microsoft-Windows-Chkdsk", "atapi", "nvme", "megasas2i"),
)
WINDOWS_EVENTS = powershell(
    "$week=(Get-Date).AddDays(-7);$who=@(" + ",".join(f"'{name}'" for name in _PROVIDERS) + ");"
    "Get-WinEvent -FilterHashtable @{LogName='System';Level=1,2,3;StartTime=(Get-Date).AddDays(-30)} "
    "-MaxEvents 5000|Where-Object{$who -contains $_.ProviderName}|Group-Object ProviderName,Id|"
    "ForEach-Object{$at=$_.Group|Sort-Object TimeCreated;[pscustomobject]@{Provider=$at[0].ProviderName;"
    f"Id=$at[0].Id;Count=$_.Count;First=$at[0].TimeCreated{_UTC};Last=$at[-1].TimeCreated{_UTC};"
    "Week=@($at|Where-Object{$_.TimeCreated -gt $week}).Count;Said=[string]$at[-1].Message}}",
    reads="windows-events",
    why="Errors and warnings about disks and file systems in the system log of the last thirty days",
    seconds=120,
)
_UNBOUNDED = 1 << 62
"""A limit as large as a 64-bit number stands for none."""


@collector(
    "windows",
    asks=(
        WINDOWS_HOST,
        WINDOWS_DISKS,
        WINDOWS_SPACES,
        WINDOWS_VOLUMES,
        WINDOWS_SHADOWS,
        WINDOWS_EVENTS,
        WINDOWS_SMB,
    ),
    system="windows",
)
def ask() -> Asking:
    """Windows: disks, Storage Spaces, volumes, shadow copies, events, SMB"""
    yield (WINDOWS_HOST(), WINDOWS_DISKS(), WINDOWS_SPACES())
    yield (WINDOWS_VOLUMES(), WINDOWS_SHADOWS(), WINDOWS_EVENTS(), WINDOWS_SMB())


def _keys(*names: str) -> Any:
    return lambda said: 0.93 if all(f'"{name}"' in said[:6000] for name in names) else 0.0


@reader("windows-host", fills=(Host,), recognises=_keys("CSName", "Caption"))
def read_host(answer: Answer) -> Iterator[Reading]:
    """a Windows machine"""
    found = told(answer)
    for where, one in found.items:
        memory, theirs = number(one.get("TotalVisibleMemorySize")), when(one.get("Now"))
        skew = (theirs - answer.started_at).total_seconds() if theirs and answer.started_at else None
        # the answer took a while to start: what cannot be told from its run time is no skew
        settled = skew if skew is None or not 0 <= skew <= answer.duration_seconds else 0.0
        row = Host(
            hostname=str(one["CSName"]),
            os_name=text(one.get("Caption")),
            os_version=text(one.get("Version")),
            kernel=text(one.get("Version")),
            boot_at=when(one.get("Boot") or one.get("LastBootUpTime")),
            clock_skew_seconds=round(settled, 1) if settled is not None else None,
            memory_bytes=memory * 1024 if memory else None,
            vendor=text(one.get("Maker")),
            product=text(one.get("Model")),
        )
        yield At(row, where)
    yield from found.gaps(Host)
    if not found.items and not found.errors and found.admin is not False:
        yield Missing(Host, "empty", "nothing is told")


@reader(
    "windows-volumes",
    fills=(WindowsVolume, FsUsage, Mount),
    recognises=_keys("DirtyBitSet", "FileSystem", "Capacity"),
)
def read_volumes(answer: Answer) -> Iterator[Reading]:
    """volumes of a Windows host"""
    found = told(answer)
    for where, one in found.items:
        name = _place(text(one.get("DriveLetter")) or text(one.get("Name")) or "?")
        system = text(one.get("FileSystem"))
        if system is None:
            continue  # no medium, or locked by BitLocker: it has no file system to speak of
        yield At(_volume(name, one), where)
        size, free = number(one.get("Capacity")), number(one.get("FreeSpace"))
        if name.startswith("\\\\?\\"):
            continue  # recovery and boot volumes, which nobody fills
        yield At(_usage(name, system, size, free), where)
        # Windows does not turn a volume read-only after an error, and has no mount options
        mount = Mount(
            mountpoint=name,
            source=str(one.get("DeviceID") or name),
            fs_type=system,
            options="",
            read_only=False,
        )
        yield At(mount, where)
    yield from found.gaps(WindowsVolume, FsUsage, Mount)
    if not found.items and not found.errors and found.admin is not False:
        yield Missing(WindowsVolume, "empty", "no volume is told")


def _place(name: str) -> str:
    return name.rstrip("\\") if len(name) <= 3 else name


def _volume(name: str, one: Mapping[str, Any]) -> WindowsVolume:
    return WindowsVolume(
        name=name,
        fs_type=text(one.get("FileSystem")),
        volume_name=text(one.get("Label")),
        dirty=truth(one.get("DirtyBitSet")),
    )


def _usage(name: str, system: str, size: int | None, free: int | None) -> FsUsage:
    return FsUsage(
        mountpoint=name,
        source=name,
        fs_type=system,
        size_bytes=size,
        used_bytes=size - free if size is not None and free is not None else None,
        available_bytes=free,
    )


@reader("windows-shadows", fills=(ShadowStorage,), recognises=_keys("UsedSpace", "AllocatedSpace", "Store"))
def read_shadows(answer: Answer) -> Iterator[Reading]:
    """room for shadow copies of a Windows host"""
    found = told(answer)
    for where, one in found.items:
        limit = number(one.get("Limit") if "Limit" in one else one.get("MaxSpace"))
        unbounded = limit >= _UNBOUNDED or limit < 0 if limit is not None else None
        row = ShadowStorage(
            volume=_place(text(one.get("Volume")) or "?"),
            stored_on=_place(text(one.get("Store")) or "") or None,
            used_bytes=number(one.get("UsedSpace")),
            allocated_bytes=number(one.get("AllocatedSpace")),
            limit_bytes=limit if unbounded is False else None,
            unbounded=unbounded,
            copies=number(one.get("Copies")),
        )
        yield At(row, where)
    yield from found.gaps(ShadowStorage)
    if not found.items and not found.errors and found.admin:
        yield NotHere(ShadowStorage, "no room is set aside for shadow copies")


@reader("windows-events", fills=(WindowsEvent,), recognises=_keys("Provider", "Id", "Week"))
def read_events(answer: Answer) -> Iterator[Reading]:
    """events about disks and file systems in the system log of a Windows host"""
    found = told(answer)
    for where, one in found.items:
        row = WindowsEvent(
            provider=str(one["Provider"]),
            event=int(one["Id"]),
            count=int(one["Count"]),
            count_week=number(one.get("Week")),
            first_at=when(one.get("First")),
            last_at=when(one.get("Last")),
            said=" ".join((text(one.get("Said")) or "").split())[:300],
        )
        yield At(row, where)
    yield from found.gaps(WindowsEvent, harmless="NoMatchingEventsFound")
    if (
        not found.items
        and found.admin is not False
        and not list(found.gaps(WindowsEvent, harmless="NoMatching"))
    ):
        yield NotHere(WindowsEvent, "the system log has no error or warning about storage in thirty days")
