"""Rules on repositories that count as offline."""

from __future__ import annotations

from analyzer.derived.repository import Repository
from analyzer.guest_judging import aged
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict


@rule("backup/always-attached", on=Repository, severity="high", controls=("C11",))
def always_attached(row: Repository, *, limit_hours: float = 24.0) -> Verdict:
    """A disk that counts as offline hangs on its machine all the time.

    Why it matters
        What is attached can be encrypted, deleted or struck by lightning with the machine. It is no offline
        copy, only one more folder.

    What to do
        Unmount and unplug it after each backup, and rotate at least two, so that one is always away.

    What not to do
        Do not attach all of them at once.

    References
        NCSC: offline backups in an online world. fstab(5): what it mounts has been there since the boot.
    """
    if not row.offline or not row.located or row.kind == "tape":
        return NA
    if row.attached is None:
        return Unknown(f"{row.name}: whether its disk is attached was not told")
    if not row.attached:
        return OK
    if row.attached_hours is None:
        return Unknown(f"{row.name}: its disk is attached now; since when was not told")
    if row.attached_hours <= limit_hours:
        return OK
    seen = f", seen there by {row.attached_audits} audits in a row" if row.attached_audits > 1 else ""
    return Fail(
        f"{row.name}: counts as offline, and its disk has been attached for {aged(row.attached_hours)}{seen};"
        f" limit {limit_hours:g} hours",
        None,
        "attached_hours",
    )
