"""Rules on mounted file systems: read-only after an error, full, out of inodes, remembered errors."""

from __future__ import annotations

from analyzer.derived.filesystem import Filesystem
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import ago, many, size

_LARGE_BYTES = 10_000_000_000_000


@rule("fs/ro-remount", on=Filesystem, severity="critical", controls=("C5",))
def read_only_remount(row: Filesystem) -> Verdict:
    """A file system that should be writable is read-only.

    Why it matters
        The kernel stops writing to protect what is left after an error it could not repair. Services keep
        running and fail quietly; what they believe to have stored is not stored.

    What to do
        Find the cause first: kernel log, drive, cable, controller, memory. Copy the data out while they can
        be read, then check the file system unmounted.

    What not to do
        Do not remount it writable, do not run a file system check while it is mounted, do not reboot before
        the data are copied.

    References
        ext4(5): errors=remount-ro. Newer kernels leave `rw` in the options and add `emergency_ro`;
        late releases of 6.1 to 6.12 leave `rw` and add nothing.
    """
    if row.network or row.read_only_medium or row.alias_of:
        return NA
    if row.emergency_read_only:
        return Fail(f"{row.said}: the kernel stopped all writing after an error", None, "emergency_read_only")
    if row.read_only is None or row.emergency_read_only is None:
        return Unknown(f"{row.said}: mount options were not told")
    if not row.read_only and row.errors_count and "errors=remount-ro" in (row.options or "").split(","):
        return Unknown(
            f"{row.said} met {row.errors_count} errors and stops writing on errors; kernels 6.1 to 6.12 do so"
            " and still call it writable"
        )
    if not row.read_only:
        return OK
    if row.fstab_options is None:
        why = "is not listed in fstab" if row.fstab_known else "fstab was not read"
        return Unknown(f"{row.said} is mounted read-only and {why}: nothing tells whether that is meant")
    if "ro" in row.fstab_options.split(","):
        return OK
    return Fail(
        f"{row.said} is mounted read-only; fstab asks for it writable ({row.fstab_options})",
        None,
        "read_only",
    )


@rule("fs/ext4-errors", on=Filesystem, severity="high", controls=("C5",))
def ext4_errors(row: Filesystem, *, recent_days: float = 7.0) -> Verdict:
    """The file system remembers metadata errors.

    Why it matters
        The superblock keeps count of damage that the kernel met, also while everything seems to work. Files
        may already be lost, and the damage grows with every write.

    What to do
        Look for the cause in drive, cable and memory. Take an image if the drive is suspect, plan an unmount,
        preview with `e2fsck -fn` on the unmounted file system, then repair.

    What not to do
        Do not check or repair it while it is mounted, and do not start with `e2fsck -y`.

    References
        ext4(5); e2fsck(8); /sys/fs/ext4/*/errors_count.
    """
    if row.fs_type not in ("ext2", "ext3", "ext4") or row.alias_of:
        return NA
    if row.errors_count is None:
        return Unknown(f"{row.said}: its error memory was not told")
    if row.errors_count == 0:
        return OK
    when = ""
    severity: Severity | None = None
    if row.last_error_age_days is not None:
        when = f", the last {ago(row.last_error_age_days)}"
        severity = "critical" if row.last_error_age_days < recent_days else None
    if row.errors_grown:
        when, severity = f", {row.errors_grown} of them since the audit before{when}", "critical"
    where = f" in {row.last_error_function}" if row.last_error_function else ""
    return Fail(
        f"{row.said}: {many(row.errors_count, 'error')} recorded{when}{where}; limit 0, critical within"
        f" {recent_days:g} days or if growing",
        severity,
        "errors_count",
    )


@rule("fs/inode-exhaustion", on=Filesystem, severity="medium", controls=("C4",))
def inode_exhaustion(row: Filesystem, *, limit: float = 85.0, high: float = 95.0) -> Verdict:
    """The file system runs out of inodes.

    Why it matters
        Without a free inode nothing can be created, although bytes are free: mail queues, backups and
        databases stop with "disk full".

    What to do
        Find the directory with very many small files (sessions, caches, mail queues) and have its owner clear
        it. The number of inodes of ext4 is fixed when it is made.

    What not to do
        Do not delete files of a running service without its owner.

    References
        df(1) -i.
    """
    if row.network or row.read_only_medium or row.alias_of or row.inodes is None:
        return NA
    if row.inodes_used is None:
        return Unknown(f"{row.said}: used inodes were not told")
    used = 100.0 * row.inodes_used / row.inodes
    if used < limit:
        return OK
    severity: Severity = "high" if used >= high else "medium"
    return Fail(
        f"{row.said}: {used:.1f} % of {row.inodes} inodes used, limit {limit:g} %, high from {high:g} %",
        severity,
        "inodes_used",
    )


@rule("fs/barriers-off", on=Filesystem, severity="high", controls=("C15",))
def barriers_off(row: Filesystem) -> Verdict:
    """The file system is mounted without write barriers.

    Why it matters
        Without barriers the drive may write in any order. A power cut then leaves metadata that never
        belonged together, and the journal cannot mend it.

    What to do
        Remove the option from fstab and mount again. The time it saved is only safe where every cache below
        is proven to survive a power cut.

    What not to do
        Do not rely on a UPS alone: a crash or a pulled plug behind it has the same effect.

    References
        ext4(5): barrier; btrfs(5): nobarrier.
    """
    if row.network or row.read_only_medium or row.alias_of:
        return NA
    if row.options is None:
        return Unknown(f"{row.said}: mount options were not told")
    found = {"nobarrier", "barrier=0", "barrier=none"} & set(row.options.split(","))
    if found:
        return Fail(f"{row.said} is mounted with {min(found)}", None, "options")
    return OK


@rule("fs/no-journal", on=Filesystem, severity="medium", controls=("C15",))
def no_journal(row: Filesystem) -> Verdict:
    """Data lie on a file system without a journal.

    Why it matters
        After every unclean stop its metadata may be inconsistent, and the check takes hours on a large
        volume.

    What to do
        Plan the move to a file system with a journal or copy-on-write; protect the machine against power loss
        until then.

    What not to do
        Do not skip the check after an unclean stop.

    References
        ext4(5).
    """
    if row.fs_type is None or row.network or row.read_only or row.alias_of:
        return NA
    if row.fs_type == "ext2" and not row.mountpoint.startswith("/boot"):
        return Fail(f"{row.said} has no journal", None, "fs_type")
    return OK


@rule("fs/fat-for-data", on=Filesystem, severity="low", controls=("C15",))
def fat_for_data(row: Filesystem) -> Verdict:
    """Data lie on a file system made for exchange.

    Why it matters
        FAT and exFAT have no journal, keep no owner and no rights, and lose whole directories when the power
        fails in the middle of a write. FAT32 cannot hold files of 4 GiB and more.

    What to do
        Use them to carry files, and a file system with a journal for data and backups that stay.

    What not to do
        Do not format the volume before its files are copied.

    References
        mkfs.fat(8); mkfs.exfat(8).
    """
    if row.fs_type is None or row.network or row.read_only or row.alias_of:
        return NA
    if row.fs_type.lower() not in ("vfat", "msdos", "exfat", "fat32", "fat"):
        return NA
    if row.mountpoint.startswith(("/boot", "/efi")):
        return OK
    return Fail(f"{row.said} has no journal", None, "fs_type")


@rule("capacity/used", on=Filesystem, severity="medium", controls=("C4",))
def used(
    row: Filesystem,
    *,
    low: float = 20.0,
    medium: float = 15.0,
    high: float = 10.0,
    critical: float = 5.0,
    large_free_bytes: int = 500_000_000_000,
) -> Verdict:
    """The file system is nearly full.

    Why it matters
        A full file system stops databases, mail and logs, and backups that are written to it; a full
        copy-on-write file system may refuse even the deletion that would free it.

    What to do
        Find what grows, ask its owner what may go, extend the volume before it is full.

    What not to do
        Do not delete snapshot deltas, qcow2 layers or backup chains by hand to free space.

    References
        df(1). Volumes of 10 TB and more also need less than 500 GB free to be counted as full.
    """
    if row.read_only_medium or row.alias_of or row.space_of or (row.read_only and not row.network):
        return NA
    if row.free_percent is None:
        return Unknown(f"{row.said}: its free space was not told")
    free = row.free_percent
    ladder: tuple[tuple[float, Severity], ...] = (
        (critical, "critical"),
        (high, "high"),
        (medium, "medium"),
        (low, "low"),
    )
    severity = next((level for limit, level in ladder if free <= limit), None)
    if severity is None:
        return OK
    if (row.size_bytes or 0) >= _LARGE_BYTES and (row.available_bytes or 0) >= large_free_bytes:
        return OK
    return Fail(
        f"{row.said}: {free:.1f} % free ({size(row.available_bytes)} of {size(row.size_bytes)}), limits"
        f" {low:g}/{medium:g}/{high:g}/{critical:g} %",
        severity,
        "free_percent",
    )
