"""Rules on the replication of ZFS snapshots."""

from __future__ import annotations

from analyzer.derived.zfs_replication import ZfsReplication
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import many


@rule("fs/zfs-snapshots-local-only", on=ZfsReplication, severity="high", controls=("C10",))
def local_only(row: ZfsReplication) -> Verdict:
    """Nothing shows that the snapshots of the pool exist anywhere else.

    Why it matters
        Snapshots lie on the devices they are to protect from. They die with the pool, and whoever takes over
        the host can destroy them.

    What to do
        Replicate them to another machine that pulls them (syncoid, zrepl, `zfs send`), under another account.
        Name that machine as a target too: then the copies are compared. A plain `zfs send` by hand leaves no
        trace here; record it with a waiver.

    What not to do
        Do not count snapshots as backup.

    References
        zfs-send(8), zfs-bookmark(8).
    """
    if row.replicated is None:
        return Unknown(f"pool {row.pool}: what its replication leaves behind was not told")
    if row.replicated:
        return OK
    severity: Severity | None = None if row.automatic else "low"
    which = f" ({row.unreplicated_text})" if row.unreplicated_text else ""
    return Fail(
        f"pool {row.pool}: snapshots of {many(row.datasets, 'dataset')}{which}, no trace of a replication",
        severity,
        "replicated",
    )


@rule("fs/zfs-replication-stale", on=ZfsReplication, severity="medium", controls=("C6",))
def replication_stale(row: ZfsReplication, *, medium_days: float = 2.0, high_days: float = 7.0) -> Verdict:
    """The replication of the pool has stopped.

    Why it matters
        The copy elsewhere grows older in silence, past the time that anybody agreed to lose.

    What to do
        Look at the tool's log: space on the other side, network, keys. Resume an interrupted receive. Set the
        limits to twice your schedule and to the loss you accept.

    What not to do
        Do not destroy the last snapshot or bookmark both sides share: without it everything must be sent
        anew.

    References
        zfs-send(8): incremental and resumable streams.
    """
    if row.replicated is None:
        return Unknown(f"pool {row.pool}: what its replication leaves behind was not told")
    if row.replicated == 0:
        return NA
    if row.newest_days is None:
        return Unknown(f"pool {row.pool}: when its replication last ran was not told")
    if row.newest_days < medium_days:
        return OK
    stuck = f"; an interrupted receive on {row.interrupted}" if row.interrupted else ""
    severity: Severity = "high" if row.newest_days >= high_days else "medium"
    return Fail(
        f"{row.stalest or row.pool}: newest trace of its replication {row.newest_days:.1f} days old"
        f" ({row.evidence}), limits {medium_days:g} and {high_days:g} days{stuck}",
        severity,
        "newest_days",
    )
