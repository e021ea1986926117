"""Rules on the superblocks of ext file systems."""

from __future__ import annotations

from analyzer.derived.ext_state import ExtState
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict


@rule("fs/ext4-state", on=ExtState, severity="high", controls=("C5",))
def ext_state(row: ExtState) -> Verdict:
    """The superblock says that the file system is not sound.

    Why it matters
        It holds errors the kernel met, or its last unmount or check did not end clean. Damage may spread
        with every write.

    What to do
        Take an image if the drive is suspect, then run `e2fsck -f` on the unmounted file system; preview
        with `-n`. Exit status 4 means that errors were left.

    What not to do
        Do not check it while it is mounted, and do not answer yes to everything at first.

    References
        e2fsck(8); dumpe2fs(8).
    """
    if row.state is None:
        return Unknown(f"{row.name}: its state was not told")
    if row.error_count or "error" in row.state:
        count = f", {row.error_count} errors remembered" if row.error_count else ""
        where = f", the last in {row.last_error_function}" if row.last_error_function else ""
        return Fail(f"{row.name}: state {row.state!r}{count}{where}; expected clean", None, "state")
    if "not clean" in row.state and row.mounted is False:
        return Fail(f"{row.name}: not unmounted cleanly; expected clean", None, "state")
    if "not clean" in row.state and row.mounted is None:
        return Unknown(f"{row.name}: not clean, which is normal only while it is mounted")
    return OK


@rule("fs/ext4-errors-continue", on=ExtState, severity="low", controls=("C5",))
def errors_continue(row: ExtState) -> Verdict:
    """The file system goes on writing after an error.

    Why it matters
        With "continue" the kernel keeps writing onto structures it knows to be damaged.

    What to do
        `tune2fs -e remount-ro`, and watch for file systems that became read-only.

    What not to do
        Do not choose "panic" where nobody can reach the console.

    References
        tune2fs(8): -e.
    """
    if row.errors_behavior is None:
        return Unknown(f"{row.name}: its behaviour after errors was not told")
    if row.errors_behavior.strip().lower() == "continue":
        return Fail(f"{row.name}: continues after errors", None, "errors_behavior")
    return OK


@rule("fs/ext-never-checked", on=ExtState, severity="low", controls=("C5",))
def never_checked(row: ExtState, *, limit_days: float = 365.0) -> Verdict:
    """The file system is never checked.

    Why it matters
        The journal is replayed after a crash, and hides damage that came another way. Without a check by
        count or interval it is found when a file is missing.

    What to do
        Plan an offline check once a year, or check a snapshot of the volume.

    What not to do
        Do not force the check on a large server's next boot without reckoning its time.

    References
        tune2fs(8): -c, -i.
    """
    if row.max_mount_count is None or row.check_interval_seconds is None:
        return Unknown(f"{row.name}: its check intervals were not told")
    if row.max_mount_count > 0 or row.check_interval_seconds > 0:
        return OK
    if row.checked_age_days is None:
        return Unknown(f"{row.name}: when it was last checked was not told")
    if row.checked_age_days <= limit_days:
        return OK
    return Fail(
        f"{row.name}: last checked {row.checked_age_days:.0f} days ago and never due; limit"
        f" {limit_days:g} days",
        None,
        "checked_age_days",
    )


@rule("fs/ext-no-journal", on=ExtState, severity="medium", controls=("C15",))
def ext_no_journal(row: ExtState) -> Verdict:
    """The superblock has no journal.

    Why it matters
        After every unclean stop its metadata may be inconsistent, and the check takes hours on a large
        volume.

    What to do
        Unmount it and add one: `tune2fs -j`. Protect the machine against power loss.

    What not to do
        Do not skip the check after an unclean stop.

    References
        tune2fs(8): -j.
    """
    if row.journal is None:
        return Unknown(f"{row.name}: whether it has a journal was not told")
    if row.journal or row.name.startswith("/boot"):
        return OK
    return Fail(f"{row.name}: no journal", None, "journal")


@rule("fs/reserved-zero-root", on=ExtState, severity="info", controls=("C4",))
def reserved_zero_root(row: ExtState) -> Verdict:
    """Nothing of the root file system is kept back for root.

    Why it matters
        When an ordinary program fills it up, root can no longer log in properly, write a log or clean up.

    What to do
        Keep 1 to 5 % back on system file systems: `tune2fs -m 1`.

    What not to do
        Do not keep 5 % back on a large volume for data only.

    References
        tune2fs(8): -m, -r.
    """
    if row.name != "/":
        return NA
    if row.reserved_bytes is None:
        return Unknown(f"{row.name}: how much is kept back was not told")
    return (
        OK if row.reserved_bytes else Fail(f"{row.name}: 0 blocks kept back for root", None, "reserved_bytes")
    )
