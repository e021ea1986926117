"""Rules on snapshots that products keep while they work: the state that the next backup or copy builds on."""

from __future__ import annotations

from analyzer.derived.snapshot_state import SnapshotState
from analyzer.guest_judging import aged, ageless
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Verdict


@rule("snapshot/base-stale", on=SnapshotState, severity="medium", controls=("C18", "C6"))
def stale_base(row: SnapshotState, *, replication_hours: float = 48.0, backup_days: float = 35.0) -> Verdict:
    """The state that a backup or a copy builds on has not been renewed for long.

    Why it matters
        Such a snapshot is replaced by every run. One that stays is left from a job that was deleted, or shows
        that the job no longer gets through; meanwhile it grows as any other.

    What to do
        Look whether the job still exists and when it ended well last. If it does, mend it. If not, remove the
        snapshot with the product's own means.

    What not to do
        Do not remove it while the job exists: its next run would have to copy everything anew.

    References
        Proxmox VE: pvesr(1), __replicate_… ; Xen Orchestra: XO_DELTA_…; Hyper-V Replica; Zerto.
    """
    if row.sort not in ("replication", "backup base"):
        return NA
    if row.age_hours is None:
        return ageless(row)
    most = replication_hours if row.sort == "replication" else 24 * backup_days
    if row.age_hours <= most:
        return OK
    of = f" of {row.product}" if row.product else ""
    return Fail(
        f"{row.said}, a base{of}, is {aged(row.age_hours)} old; limits {replication_hours:g} hours for copies"
        f" and {backup_days:g} days for backups",
        None,
        "age_hours",
    )
