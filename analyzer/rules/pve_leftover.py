"""Rules on what guests left behind: backups without a guest, numbers used again, images nobody uses."""

from __future__ import annotations

from analyzer.derived.pve_leftover import BackupOwner, UnusedImage
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict
from analyzer.wording import listed, many, size


@rule("backup/orphan-points", on=BackupOwner, severity="low", controls=("C17",))
def orphan_points(row: BackupOwner) -> Verdict:
    """Backups are kept of a guest that is no longer there.

    Why it matters
        They take space, hold data whose time to be deleted may have come, and are pruned by no job. They may
        also be the only copy of a system that somebody still wants.

    What to do
        Ask the owner: move those that must be kept to an archive with a date, delete the others.

    What not to do
        Do not delete them because the guest is gone: that may be why they are needed. On a backup server that
        several clusters share, see first whether the guest lives in another one.

    References
        Proxmox VE: content of storages; numbers of guests in names of backups.
    """
    if row.guest is not None:
        return OK
    if not row.guest_known:
        return Unknown(f"{many(row.backups, 'backup')} of number {row.number}: not all guests were told")
    kept = f", {row.protected} of them protected" if row.protected else ""
    where = listed(row.storages.split("\n"))
    age = f", the newest {row.newest_days:.0f} days old" if row.newest_days is not None else ""
    return Fail(
        f"{many(row.backups, 'backup')} ({size(row.size_bytes)}) on {where} bear number {row.number}, which"
        f" no guest has{age}{kept}",
        None,
        "guest",
    )


@rule("backup/number-used-again", on=BackupOwner, severity="medium", controls=("C17",))
def number_used_again(row: BackupOwner) -> Verdict:
    """Backups of two different guests bear the same number.

    Why it matters
        Retention counts them as one guest: the backups of the new one push out those of the old one, or the
        other way round. And in an hour of need the wrong guest is restored over the right one.

    What to do
        Look into a backup of each sort for its name. Move those of the earlier guest to a storage or
        namespace of their own, or protect them, before the next job prunes.

    What not to do
        Do not restore by number. Do not use a number again while backups of it are kept.

    References
        Proxmox VE: numbers of guests; `meta: ctime` of a configuration, and the times of its backups.
    """
    if row.guest is None:
        if not row.guest_known:
            return Unknown(f"backups of number {row.number}: not all guests were told")
        if ", " in row.kinds:
            said = f"{many(row.backups, 'backup')} of number {row.number} are of a machine and of a container"
            return Fail(said, None, "kinds")
        return NA
    if row.kind_differs:
        return Fail(
            f"backups of number {row.number} are of {row.kinds}, but {row.guest} is of one sort only",
            None,
            "kind_differs",
        )
    if row.older_than_guest is None or row.kind_differs is None:
        return Unknown(f"{row.guest}: when it was created was not told, so whose its oldest backups are")
    if not row.older_than_guest:
        return OK
    return Fail(
        f"{row.older_than_guest} of {many(row.backups, 'backup')} of number {row.number} were made before"
        f" {row.guest}, which has it now, was created; unless it was restored, they are of another guest",
        "low",
        "older_than_guest",
    )


@rule("capacity/unused-image", on=UnusedImage, severity="low", controls=("C4",))
def unused_image(row: UnusedImage) -> Verdict:
    """An image lies on a storage and no guest uses it.

    Why it matters
        It takes space, is in no backup, and may hold data that somebody believes to be gone, or to be safe.

    What to do
        Attach it to a test machine read-only or look at it with its owner; then delete it, or back it up and
        attach it again.

    What not to do
        Do not delete it because nothing uses it today: a detached disk is how some people keep a copy before
        a change. Never delete layers of a chain.

    References
        Proxmox VE: unused0, unused1 … of a configuration; pvesm(1) list. Hyper-V: Get-VMHardDiskDrive.
    """
    if row.hypervisor != "proxmox":
        return NA
    if row.used:
        return OK
    held = f" ({size(row.size_bytes)})" if row.size_bytes is not None else ""
    where = f" on {row.node}" if row.node else ""
    if row.used is None:
        return Unknown(f"{row.volume}{where}{held} may be part of a snapshot, or its guest was not read")
    of = f" of {row.guest}" if row.guest else ""
    how = "is detached and kept as unused" if row.kept else "is used by no guest"
    return Fail(f"{row.volume}{of}{where}{held} {how}", None, "used")


@rule("snapshot/hv-avhdx-unreferenced", on=UnusedImage, severity="medium", controls=("C18",))
def unreferenced_file(row: UnusedImage) -> Verdict:
    """A differencing file lies beside the disks of guests and belongs to none.

    Why it matters
        A merge left it behind, or a guest was restored and this is where its newest data were. Nothing shows
        it, and it takes space.

    What to do
        See with Get-VHD what it builds on and when it was written last; ask what happened to that guest then.
        Keep a copy elsewhere for as long as a backup is kept, then delete it.

    What not to do
        Do not delete it while a guest has checkpoints that could not be read, and never because of its name.
        Do not merge it into a parent that was written to since.

    References
        Microsoft: Get-VHD, Get-VMHardDiskDrive -VMSnapshot.
    """
    if row.hypervisor != "hyperv":
        return NA
    held = f" ({size(row.size_bytes)})" if row.size_bytes is not None else ""
    if row.used is None:
        return Unknown(f"{row.volume}{held}: disks or checkpoints were not all read, or a merge is under way")
    if row.used:
        return OK
    when = f", last written {row.written_hours / 24:.0f} days ago" if row.written_hours is not None else ""
    return Fail(f"{row.volume}{held} belongs to no disk and no checkpoint{when}", None, "used")
