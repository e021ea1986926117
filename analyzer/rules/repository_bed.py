"""The rule on copies whose rot nobody would notice."""

from __future__ import annotations

from analyzer.derived.repository_bed import RepositoryBed
from analyzer.rule import rule
from analyzer.verdict import OK, Fail, Unknown, Verdict


@rule("fs/no-checksums-for-repo", on=RepositoryBed, severity="medium", controls=("C7",))
def no_checksums(row: RepositoryBed, *, limit_days: float = 90.0) -> Verdict:
    """Copies lie on a file system without checksums, and nothing checks their content.

    Why it matters
        Drives hand out wrong bytes without an error now and then. In copies that are only ever written it
        shows on the day of the restore, unless the file system or the backup product compares checksums.

    What to do
        Let the product check the content of its copies on a schedule, or keep them on a file system with
        checksums and redundancy (ZFS, btrfs) that is scrubbed.

    What not to do
        Do not take a RAID for it: it repairs what a drive reports as unreadable, not what is wrong.

    References
        Bairavasundaram et al., FAST 2008: data corruption in the storage stack. Whether copies are checked at
        all: `backup/verify-never`.
    """
    if row.checksums:
        return OK
    if row.checked_days is not None and row.checked_days <= limit_days:
        return OK
    if row.checksums is None:
        return Unknown(f"{row.name}: whether its file system has checksums is not known")
    known = (
        f"last checked {row.checked_days:.0f} days ago" if row.checked_days is not None else "never checked"
    )
    said = f"{row.name} on {row.where} ({row.fs_type}): content {known}, limit {limit_days:g} days"
    return Fail(said, None, "fs_type")
