"""Rules on Windows hosts: Storage Spaces, volumes, shadow copies, events about storage."""

from __future__ import annotations

from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import size
from collectors.windows_tables import ShadowStorage, SpacesPart, WindowsEvent, WindowsVolume

_LOST = (
    "Detached",
    "No Redundancy",
    "No Contact",
    "Lost Communication",
    "Non-Recoverable Error",
    "Incomplete",
)


@rule("raid/spaces-health", on=SpacesPart, severity="high", controls=("C2",))
def spaces_health(row: SpacesPart) -> Verdict:
    """A pool, virtual disk or disk of Storage Spaces is not healthy.

    Why it matters
        Windows goes on working with a degraded pool without a sign on the drive letter. The next disk that
        fails may take the volume.

    What to do
        Find the disk by its serial number, retire it (`Set-PhysicalDisk -Usage Retired`), add a new one, then
        `Repair-VirtualDisk`, and watch `Get-StorageJob` until it is done.

    What not to do
        Do not reset or remove a disk before the repair is done, and do not restart in the middle of it.

    References
        Microsoft: "Troubleshoot Storage Spaces health and operational states".
    """
    which = f"{row.kind} {row.name}"
    states = f" ({row.operational})" if row.operational else ""
    lost = [word for word in _LOST if word.lower() in row.operational.lower()]
    if row.health is None and not lost:
        return Unknown(f"{which}: its health was not told")
    if row.health == "Unhealthy" or (lost and row.health != "Healthy"):
        severity: Severity | None = "critical" if row.kind != "disk" else None
        return Fail(
            f"{which}: {row.health or 'health not told'}{states}; expected Healthy", severity, "health"
        )
    if row.health == "Warning":
        return Fail(f"{which}: Warning{states}; expected Healthy", None, "health")
    if row.health != "Healthy":
        return Unknown(f"{which}: health {row.health}{states}")
    if (row.kind == "disk" and row.usage is None) or (row.kind == "pool" and row.read_only is None):
        return Unknown(f"{which}: whether it is in use was not told")
    if row.usage == "Retired":
        return Fail(f"{which}: retired, and still there", "low", "usage")
    if row.read_only:
        return Fail(f"{which}: takes no writes", None, "read_only")
    return OK


@rule("raid/spaces-reserve", on=SpacesPart, severity="medium", controls=("C2",))
def spaces_reserve(row: SpacesPart) -> Verdict:
    """A storage pool has no room to heal itself.

    Why it matters
        Storage Spaces repairs a virtual disk into free space of the pool. With less than one disk's worth of
        it, a failed disk stays a hole until somebody brings a new one.

    What to do
        Leave at least the size of the largest disk unallocated, or add a disk.

    What not to do
        Do not give the rest of the pool to virtual disks because it looks unused.

    References
        Microsoft: "Planning volumes", reserve capacity.
    """
    if row.kind != "pool":
        return NA
    if row.size_bytes is None or row.allocated_bytes is None or row.largest_disk_bytes is None:
        return Unknown(f"pool {row.name}: its space was not told")
    free = row.size_bytes - row.allocated_bytes
    if free >= row.largest_disk_bytes:
        return OK
    return Fail(
        f"pool {row.name}: {size(free)} unallocated; limit {size(row.largest_disk_bytes)}, its largest disk",
        None,
        "allocated_bytes",
    )


@rule("fs/ntfs-dirty", on=WindowsVolume, severity="high", controls=("C5",))
def ntfs_dirty(row: WindowsVolume) -> Verdict:
    """A volume is marked to be checked.

    Why it matters
        Windows met something that does not fit together. The check runs at the next start, for an unknown
        time, and may remove what it cannot place.

    What to do
        Secure a backup and look at the disk's health first; then plan `chkdsk /f` in a maintenance window.

    What not to do
        Do not run `chkdsk /r` or `/f` on a failing disk, and do not restart a server with large volumes
        unprepared.

    References
        Win32_Volume: DirtyBitSet; fsutil dirty query.
    """
    if row.dirty is None:
        return Unknown(f"{row.name}: whether it is marked was not told") if row.fs_type == "NTFS" else NA
    return Fail(f"{row.name} ({row.fs_type}): marked dirty", None, "dirty") if row.dirty else OK


_CORRUPT = {55: "structure is corrupt", 130: "structure is corrupt", 140: "data could not be flushed"}
_DISK_BAD = {7: "bad block", 52: "the disk predicts its failure", 154: "the disk reported a hardware error"}
_PATH = {11: "controller error", 15: "disk not ready", 51: "error while paging", 153: "request repeated"}
_RESET = 129
_STORAGE_PORTS = ("storport", "storahci", "stornvme", "nvme", "atapi", "megasas2i")


@rule("fs/ntfs-events", on=WindowsEvent, severity="high", controls=("C1",))
def ntfs_events(row: WindowsEvent, *, limit_week: int = 5) -> Verdict:
    """The system log tells of damage to a volume or of a failing disk.

    Why it matters
        Bad blocks, corrupt structures and requests that have to be repeated come before the loss of the disk,
        often by weeks.

    What to do
        Treat it as trouble of disk, cable or controller first: read the disk's health, secure a backup, then
        replace what is bad. Check the volume after that.

    What not to do
        Do not start with chkdsk: on a failing disk it makes things worse.

    References
        Events 55, 130 and 140 of Ntfs; 7, 11, 15, 51, 52, 153, 154 of disk; 129 of the storage ports. The
        numbers count for these writers only: display drivers use 153 too.
    """
    writer = row.provider.lower()
    said = f"{row.provider} {row.event}, {row.count} times in 30 days"
    text = f": {row.said}" if row.said else ""
    if writer in ("ntfs", "microsoft-windows-ntfs") and row.event in _CORRUPT:
        return Fail(f"{said} ({_CORRUPT[row.event]}){text}", "medium" if row.event == 140 else None, "event")
    if writer == "disk" and row.event in _DISK_BAD:
        return Fail(f"{said} ({_DISK_BAD[row.event]}){text}", None, "event")
    path = writer == "disk" and row.event in _PATH
    reset = row.event == _RESET and (writer in _STORAGE_PORTS or writer.startswith("iastor"))
    if not path and not reset:
        return NA
    if row.count_week is None:
        return Unknown(f"{said}: how many in the last week was not told")
    if row.count_week < limit_week:
        return OK
    why = _PATH.get(row.event, "reset of the device")
    return Fail(f"{said}, {row.count_week} in 7 ({why}); limit {limit_week}{text}", "medium", "count_week")


@rule("fs/refs-events", on=WindowsEvent, severity="high", controls=("C5",))
def refs_events(row: WindowsEvent) -> Verdict:
    """ReFS tells of damage.

    Why it matters
        ReFS has no offline check that mends: what it cannot repair from a second copy, it takes out of the
        directory.

    What to do
        Restore the files it names. Keep ReFS on Storage Spaces with a second copy, with integrity streams on
        for backup storage, and on disks that honour flushes.

    What not to do
        Do not run ReFS on USB disks or over iSCSI without a guarantee that flushes reach the disk.

    References
        Microsoft: "Resilient File System (ReFS) overview", integrity streams.
    """
    if "refs" not in row.provider.lower():
        return OK
    text = f": {row.said}" if row.said else ""
    return Fail(f"{row.provider} {row.event}, {row.count} times in 30 days{text}", None, "event")


@rule("fs/vss-storage", on=ShadowStorage, severity="low", controls=("C18",))
def vss_storage(row: ShadowStorage, *, limit_percent: float = 90.0) -> Verdict:
    """The room for shadow copies is badly measured.

    Why it matters
        When it is full, the oldest copies vanish without a word; without a limit they eat the volume. Backups
        that need a shadow copy then fail.

    What to do
        Set a limit that holds the copies wanted (`vssadmin resize shadowstorage`), best on another volume.

    What not to do
        Do not count shadow copies as a backup: they die with the volume, and attackers delete them first.

    References
        vssadmin(1); Win32_ShadowStorage.
    """
    on = f" on {row.stored_on}" if row.stored_on and row.stored_on != row.volume else ""
    if row.unbounded:
        return Fail(f"shadow copies of {row.volume}{on}: no limit", None, "unbounded")
    if row.used_bytes is None or not row.limit_bytes:
        return Unknown(f"shadow copies of {row.volume}{on}: their room was not told")
    used = 100.0 * row.used_bytes / row.limit_bytes
    if used < limit_percent:
        return OK
    return Fail(
        f"shadow copies of {row.volume}{on}: {used:.0f} % of {size(row.limit_bytes)} used; limit"
        f" {limit_percent:g} %",
        None,
        "used_bytes",
    )
