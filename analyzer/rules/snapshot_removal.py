"""Rules on operations on snapshots that did not end well."""

from __future__ import annotations

from analyzer.derived.snapshot_removal import SnapshotRemoval
from analyzer.derived.snapshot_state import SnapshotState
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict


@rule("snapshot/removal-failed", on=SnapshotRemoval, severity="high", controls=("C18",))
def removal_failed(row: SnapshotRemoval, *, within_days: float = 7.0) -> Verdict:
    """The removal of a snapshot failed.

    Why it matters
        The deltas are still there, perhaps without a snapshot that shows them, and each further backup makes
        the chain longer.

    What to do
        Find what held the disk: often the proxy of a backup. Release it there, see that there is room for the
        merge, then try again.

    What not to do
        Do not cancel a consolidation that runs, and do not restart management services to end it.

    References
        Task lists of the hypervisors; the newest task of its kind on the guest counts.
    """
    guest = f"guest {row.name or row.guest}"
    if row.succeeded is None:
        return Unknown(f"{guest}: how {row.kind} ended was not told")
    if row.succeeded:
        return OK
    if row.age_days is None:
        return Unknown(f"{guest}: when {row.kind} failed was not told")
    if row.age_days > within_days:
        return NA
    why = f": {row.outcome[:200]}" if row.outcome else ""
    return Fail(
        f"{guest}: {row.kind} failed {row.age_days:.1f} days ago{why}; limit {within_days:g} days",
        None,
        "succeeded",
    )


@rule("snapshot/operation-unfinished", on=SnapshotState, severity="high", controls=("C18",))
def unfinished(row: SnapshotState) -> Verdict:
    """A snapshot is half made or half removed.

    Why it matters
        The operation on it stopped. Whether the guest still depends on it is not certain, and backups of the
        guest may fail until it is ended.

    What to do
        Look whether the task still runs. If not, read its log, back up the guest, then remove the snapshot
        (Proxmox VE: `qm delsnapshot` with --force takes it out of the configuration).

    What not to do
        Do not force anything while the task runs, and not before there is a backup.

    References
        Proxmox VE: snapstate of a snapshot, prepare or delete.
    """
    if row.state is None:
        return NA
    if row.state not in ("prepare", "delete", "rollback"):
        return OK
    return Fail(f"{row.said}: {row.state} did not end", None, "state")
