"""Rules on what the tools of file systems tell beside mounts and space, and on how they are mounted."""

from __future__ import annotations

from analyzer.derived.network_mount import NetworkMount
from analyzer.derived.swap_state import SwapState
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from collectors.block_tables import FstabEntry
from collectors.fs_meta_tables import FsCheck, XfsGeometry


@rule("fs/check-found-damage", on=FsCheck, severity="high", controls=("C5",))
def check_found_damage(row: FsCheck) -> Verdict:
    """A file system check found damage.

    Why it matters
        Repairing makes the structures agree again; it does not bring back what was in them. Files may be in
        lost+found, cut short or gone, and whatever damaged them may still be there.

    What to do
        Find the cause in drive, cable, controller and memory before the next mount. If damage was left, take
        an image, then repair the unmounted file system. Compare with the backup, and look into lost+found.

    What not to do
        Do not repeat `e2fsck -y` or `xfs_repair -L` until it is quiet, and repair nothing on a failing drive.

    References
        e2fsck(8): exit status; xfs_repair(8).
    """
    which = f"{row.name}: {row.program}"
    about = f" ({row.problems} messages, the first: {row.first_problem})" if row.first_problem else ""
    worst: dict[str, tuple[Severity | None, str]] = {
        "uncorrected": (None, "left damage uncorrected"),
        "aborted": (None, "gave up"),
        "corrected": ("medium", "corrected damage"),
    }
    if row.outcome in worst:
        severity, said = worst[row.outcome]
        return Fail(f"{which} {said}{about}", severity, "outcome")
    if row.outcome == "clean":
        return OK
    return Unknown(f"{which}: its end is missing{about}")


@rule("fs/xfs-v4-nocrc", on=XfsGeometry, severity="low", controls=("C5",))
def xfs_without_checksums(row: XfsGeometry) -> Verdict:
    """An XFS file system keeps its metadata without checksums.

    Why it matters
        The old format cannot tell damaged metadata from good ones, and kernels are dropping it.

    What to do
        Plan to copy the data to a new XFS file system; the format cannot be changed in place.

    What not to do
        Do not wait for the kernel update that no longer mounts it.

    References
        xfs_info(8); mkfs.xfs(8): crc.
    """
    if row.checksums is None:
        return Unknown(f"{row.name}: its format was not told")
    return OK if row.checksums else Fail(f"{row.name}: crc=0", None, "checksums")


@rule("fs/mount-not-answering", on=NetworkMount, severity="high", controls=("C5",))
def mount_not_answering(row: NetworkMount) -> Verdict:
    """The server of a mounted file system does not answer.

    Why it matters
        Every program that touches it hangs or fails, backups that write there too. A process that waits for
        it often cannot be stopped without a restart.

    What to do
        Look at the server and the network between. If the server came back with another export (stale file
        handle), unmount and mount anew.

    What not to do
        Do not restart the client at once: find out first who was writing.

    References
        nfs(5); mount.cifs(8); umount(8): -l leaves hanging processes behind.
    """
    if row.answered is None:
        return Unknown(f"{row.mountpoint} ({row.source}): it was not asked for its space")
    if row.answered:
        return OK
    return Fail(
        f"{row.mountpoint} ({row.fs_type} from {row.source}): {row.refusal or 'no answer'}", None, "answered"
    )


@rule("fs/nfs-soft", on=NetworkMount, severity="medium", controls=("C5",))
def nfs_soft(row: NetworkMount) -> Verdict:
    """A writable NFS mount gives up on writes.

    Why it matters
        With `soft`, a write that the server did not take in time fails, and few programs look at the result
        of every write: files end up silently incomplete, backups and machine images too.

    What to do
        Mount with `hard` (the default); use a time limit of the job instead if it must not wait for ever.

    What not to do
        Do not use `soft` for disks of virtual machines or for backup storage.

    References
        nfs(5): soft, hard. oVirt mounts its storage soft on purpose and pauses the machines instead: waive it
        there.
    """
    if not row.fs_type.startswith("nfs") or row.read_only:
        return NA
    if row.soft is None:
        return Unknown(f"{row.mountpoint}: mount options were not told")
    return (
        Fail(f"{row.mountpoint} ({row.source}) is mounted soft and writable", None, "soft")
        if row.soft
        else OK
    )


@rule("fs/fsck-skipped", on=FstabEntry, severity="low", controls=("C5",))
def fsck_skipped(row: FstabEntry) -> Verdict:
    """A file system is never checked at boot.

    Why it matters
        With 0 in the last column of fstab even a file system that remembers errors is mounted again without
        a look, and the damage grows.

    What to do
        Set the last column to 1 for the root file system and to 2 for the others. A clean one costs no time.

    What not to do
        Do not use it to speed up the boot of a machine whose file system needs repair.

    References
        fstab(5): fs_passno; systemd-fsck(8).
    """
    if row.fs_type not in ("ext2", "ext3", "ext4"):
        return NA
    words = set(row.options.split(","))
    if words & {"bind", "rbind", "noauto", "loop"} or row.check_pass is None:
        return NA
    if row.check_pass:
        return OK
    return Fail(f"{row.mountpoint} ({row.source}): check pass 0 in fstab", None, "check_pass")


@rule("fs/swap-on-failing-disk", on=SwapState, severity="high", controls=("C1",))
def swap_on_failing_disk(row: SwapState) -> Verdict:
    """Swap lies on a failing disk.

    Why it matters
        Memory of running programs is kept there. A sector that cannot be read kills the program, or hands it
        wrong data, which then are written to the file systems that still are sound.

    What to do
        Put swap elsewhere (`swapon` the new area first, then `swapoff` the old one while there is memory for
        it), then replace the disk.

    What not to do
        Do not run `swapoff` with too little free memory: the system then kills programs.

    References
        swapon(8).
    """
    if row.sick:
        return Fail(f"swap {row.path} lies on {row.sick}", None, "sick")
    if row.unread:
        return Unknown(f"swap {row.path}: the health of {row.unread} was not read")
    return OK if row.disks else NA
