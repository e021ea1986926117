"""Rules on scrubs and snapshots of btrfs file systems."""

from __future__ import annotations

from analyzer.derived.btrfs_unchecked import BtrfsUnchecked
from analyzer.derived.btrfs_volume import BtrfsVolume
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict


@rule("fs/btrfs-scrub-stale", on=BtrfsVolume, severity="medium", controls=("C1",))
def scrub_stale(row: BtrfsVolume, *, low_days: float = 35.0, medium_days: float = 90.0) -> Verdict:
    """The btrfs file system has not been scrubbed for long.

    Why it matters
        Checksums find damage only in what is read. A block that went bad unread is mended from its copy only
        while that copy is good.

    What to do
        Schedule a monthly scrub (btrfsmaintenance, `btrfs-scrub@.timer`) and see that its result is read.

    What not to do
        Do not scrub at the time of the backup, and not while a drive is known to be failing before its data
        are saved.

    References
        btrfs-scrub(8): the recommended period is a month.
    """
    if not row.mounted and not row.scrub_told:
        return NA
    limits = f"limits {low_days:g} and {medium_days:g} days"
    if row.scrub_status == "never":
        return Fail(f"{row.said}: no scrub on record; {limits}", None, "scrub_status")
    if row.scrub_age_days is None:
        return Unknown(f"{row.said}: when it was last scrubbed was not told")
    if row.scrub_age_days <= low_days:
        return OK
    severity: Severity = "medium" if row.scrub_age_days > medium_days else "low"
    return Fail(
        f"{row.said}: last scrub {row.scrub_age_days:.0f} days ago, {limits}", severity, "scrub_age_days"
    )


@rule("fs/btrfs-scrub-unfinished", on=BtrfsVolume, severity="medium", controls=("C1",))
def scrub_unfinished(row: BtrfsVolume) -> Verdict:
    """The last scrub of the btrfs file system did not come to its end.

    Why it matters
        What it did not reach was not checked. A scrub that aborts by itself met an error of the file system
        or of a device.

    What to do
        Look into the kernel log for the cause, then `btrfs scrub resume` or start it anew and let it finish.

    What not to do
        Do not count an interrupted scrub as a check.

    References
        btrfs-scrub(8).
    """
    if row.scrub_status == "never" or (not row.mounted and not row.scrub_told):
        return NA
    if row.scrub_status is None:
        return Unknown(f"{row.said}: how its last scrub ended was not told")
    if row.scrub_status in ("aborted", "interrupted"):
        return Fail(f"{row.said}: the last scrub was {row.scrub_status}", None, "scrub_status")
    return OK


@rule("raid/scrub-errors", on=BtrfsVolume, severity="medium", controls=("C1",))
def scrub_errors(row: BtrfsVolume) -> Verdict:
    """The last scrub found damaged blocks.

    Why it matters
        Corrected errors were damage at rest that nobody had noticed. What could not be corrected is lost in
        the file system and has to come from a backup.

    What to do
        Find the device in the error counters, check its SMART values, cable and memory. The kernel log names
        the files with uncorrectable blocks: restore them, then scrub again.

    What not to do
        Do not overwrite an old good backup with a new one of the damaged files.

    References
        btrfs-scrub(8).
    """
    if row.scrub_status == "never" or (not row.mounted and not row.scrub_told):
        return NA
    found, bad = row.scrub_found, row.scrub_uncorrectable
    if bad:
        return Fail(f"{row.said}: {bad} blocks could not be corrected; limit 0", "critical", "scrub_found")
    if found is None or bad is None:
        return Unknown(f"{row.said}: what its last scrub found was not told")
    if not found:
        return OK
    mended = f", {row.scrub_corrected} corrected" if row.scrub_corrected is not None else ""
    return Fail(f"{row.said}: {found} errors found{mended}; limit 0", None, "scrub_found")


@rule("fs/btrfs-snapshot-count", on=BtrfsVolume, severity="low", controls=("C4",))
def snapshot_count(row: BtrfsVolume, *, most: int = 1000) -> Verdict:
    """The btrfs file system holds very many snapshots.

    Why it matters
        Each keeps old blocks from being freed, and balance, send and quota become slower with their number.
        So many are mostly a cleaning job that no longer runs.

    What to do
        Look at the limits of snapper, btrbk or Timeshift and at the last run of their cleaning job.

    What not to do
        Do not remove the last snapshot that a copy on another machine has in common with this one: the next
        send would have to be a full one.

    References
        btrfs-subvolume(8).
    """
    if row.snapshots is None:
        return Unknown(f"{row.said}: its snapshots were not counted") if row.mounted else NA
    if row.snapshots <= most and not row.snapshots_cut_short:
        return OK
    more = " or more" if row.snapshots_cut_short else ""
    oldest = (
        f", the oldest {row.oldest_snapshot_days:.0f} days old"
        if row.oldest_snapshot_days is not None
        else ""
    )
    return Fail(f"{row.said}: {row.snapshots}{more} snapshots{oldest}; limit {most}", None, "snapshots")


@rule("fs/btrfs-nocow-images", on=BtrfsUnchecked, severity="medium", controls=("C5",))
def without_checksums(row: BtrfsUnchecked) -> Verdict:
    """Files on btrfs are kept without checksums.

    Why it matters
        btrfs cannot tell which of two copies is the good one, reads whichever comes first, and a scrub passes
        over both. Images of guests are made so by default where libvirt makes the pool.

    What to do
        Keep images that matter where they have checksums (a copy in a folder without the flag gets them), or
        let the guest's own file system, or the backup, verify them.

    What not to do
        Do not take a clean scrub as a word on these files; `chattr -C` changes no file that has data.

    References
        btrfs(5): nodatacow, nodatasum; chattr(1): C.
    """
    if not row.no_checksums:
        return OK
    if row.copies is None:
        return Unknown(f"{row.place}: no checksums ({row.why}), and whether it has copies was not told")
    copies = ", of two copies nobody knows the good one" if row.copies else ""
    return Fail(
        f"{row.place}: files made here have no checksums ({row.why}){copies}",
        None if row.copies else "low",
        "no_checksums",
    )
