"""Rules on what the kernel logged of file systems, arrays and pools."""

from __future__ import annotations

from analyzer.derived.kernel_trouble import KernelTrouble
from analyzer.kernel_judging import message, standing
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Verdict


@rule("fs/xfs-corruption", on=KernelTrouble, severity="critical", controls=("C5",))
def xfs_corruption(row: KernelTrouble, *, old_days: float = 30.0) -> Verdict:
    """XFS found its metadata corrupt, or shut itself down.

    Why it matters
        XFS stops a file system when it finds damage, to keep what is left. The cause is often below it:
        disk, memory, controller.

    What to do
        Unmount it, mount it once so that its log is replayed, unmount, preview with `xfs_repair -n`, then
        repair. If the disk has errors, copy everything to a good one first.

    What not to do
        Do not use `xfs_repair -L`: a log that is thrown away takes files with it. Do not repair it while
        it is mounted.

    References
        xfs_repair(8).
    """
    if row.trouble != "xfs":
        return NA
    match standing(row, old_days, old_days):
        case "none":
            return OK
        case "fresh":
            return Fail(message(row), None, "count")
    return Fail(message(row, "; whether it was repaired since is not told"), "medium", "count")


@rule("fs/corruption-logged", on=KernelTrouble, severity="critical", controls=("C5",))
def corruption(row: KernelTrouble, *, old_days: float = 30.0) -> Verdict:
    """The kernel found a file system damaged.

    Why it matters
        Checksums that do not fit, trees that lead nowhere, a file system that cannot be mounted: data are
        lost already, or will be with the next write. Memory and disk are the usual causes.

    What to do
        Take what can be read to another disk. Look for the cause in drive, cable and memory. Then follow
        the repair of the file system in question, beginning with its preview.

    What not to do
        Do not run `btrfs check --repair` or `e2fsck -y` as a first step, and do not balance or
        defragment.

    References
        btrfs-check(8), e2fsck(8).
    """
    if row.trouble != "corruption":
        return NA
    match standing(row, old_days, old_days):
        case "none":
            return OK
        case "old" | "past":
            return Fail(message(row, "; whether it was repaired since is not told"), "medium", "count")
    if set(row.kinds.split()) <= {"beyond-end", "btrfs-missing-device"}:
        return Fail(message(row), "high", "kinds")
    return Fail(message(row), None, "count")


@rule("fs/ro-remount-logged", on=KernelTrouble, severity="critical", controls=("C5",))
def read_only(row: KernelTrouble, *, fresh_days: float = 7.0, old_days: float = 30.0) -> Verdict:
    """The kernel made a file system read-only after an error.

    Why it matters
        It protects what is left. Services go on and fail quietly; what they believe to have stored since
        is not stored. After a reboot the file system may be writable again, with the damage still in it.

    What to do
        Find the cause first, copy the data out while they can be read, then check the file system
        unmounted.

    What not to do
        Do not remount it writable, and do not check it while it is mounted.

    References
        ext4(5): errors=remount-ro; btrfs(5).
    """
    if row.trouble != "read-only":
        return NA
    match standing(row, fresh_days, old_days):
        case "none" | "past":
            return OK
        case "old":
            return Fail(message(row), "high", "count")
    return Fail(message(row), None, "count")


@rule("raid/array-failure-logged", on=KernelTrouble, severity="critical", controls=("C1", "C2"))
def array_failure(row: KernelTrouble, *, old_days: float = 30.0) -> Verdict:
    """The kernel threw a member out of an array, or stopped the array.

    Why it matters
        From that moment the array runs with less redundancy than it was built with, or not at all. What
        was written since is not on the member that went.

    What to do
        Compare with the array's state of today. Replace the member if its health is not beyond doubt;
        where an array stopped, take images before anything else.

    What not to do
        Do not re-create an array to bring it back, and do not force members in whose event counts differ.

    References
        md(4); mdadm(8): --assemble.
    """
    if row.trouble != "array":
        return NA
    match standing(row, old_days, old_days):
        case "none":
            return OK
        case "old" | "past":
            return OK if row.array_whole else Fail(message(row), "medium", "count")
    if row.array_whole:
        return Fail(message(row, "; the array is whole again"), "low", "array_whole")
    if set(row.kinds.split()) <= {"md-kicked-member", "md-degraded"}:
        return Fail(message(row), "high", "kinds")
    return Fail(message(row), None, "count")


@rule("capacity/pool-exhausted-logged", on=KernelTrouble, severity="high", controls=("C4",))
def pool_exhausted(row: KernelTrouble, *, old_days: float = 30.0) -> Verdict:
    """A pool, snapshot or file system ran out of space.

    Why it matters
        When the last block of a thin pool is gone every volume on it stops or fails its writes; a
        snapshot without room is lost; a btrfs that cannot write its metadata goes read-only.

    What to do
        See whether room was made since, what grows, and whether somebody is told in time. Check the file
        systems on the pool.

    What not to do
        Do not delete snapshots of a running backup or virtual machine by hand to gain room.

    References
        lvmthin(7): data and metadata space exhaustion; btrfs-balance(8).
    """
    if row.trouble != "pool":
        return NA
    match standing(row, old_days, old_days):
        case "none" | "old" | "past":
            return OK
    return Fail(message(row), "medium" if row.kinds == "thin-pool-low" else None, "kinds")
