"""Rules on copies of guests that a hypervisor sends to another node on a schedule."""

from __future__ import annotations

from analyzer.derived.pve_cluster import ReplicationState
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import many


def _what(row: ReplicationState) -> str:
    return f"replication {row.job} of {row.guest or 'a guest'} to {row.target_node or 'another node'}"


def _since(row: ReplicationState) -> str:
    if row.never:
        return "; no copy ever ended well"
    return f"; last good copy {row.lag_hours:.1f} hours ago" if row.lag_hours is not None else ""


@rule("backup/replication-error", on=ReplicationState, severity="medium", controls=("C6",))
def replication_error(row: ReplicationState, *, failures: int = 1, rpo_hours: float = 24.0) -> Verdict:
    """Copies of a guest to another node fail or are switched off.

    Why it matters
        The copy falls behind unseen. Who fails over to it loses everything since the last good one.

    What to do
        Read the log of the job: space, network, the name of the storage on the other node. Then let it run
        once.

    What not to do
        Do not count the copy as a backup: it repeats deletion and damage within minutes.

    References
        Proxmox VE: pvesr(1). After an error it tries again every 30 minutes at most.
    """
    late = row.never or (row.lag_hours is not None and row.lag_hours > rpo_hours)
    severity: Severity | None = "high" if late else None
    if row.enabled is False:
        return Fail(f"{_what(row)} is switched off{_since(row)}", severity, "enabled")
    if row.failures is not None and row.failures >= failures:
        said = f" ({row.error[:200]})" if row.error else ""
        times = many(row.failures, "time")
        return Fail(
            f"{_what(row)} failed {times}{said}{_since(row)}; limits {failures} and {rpo_hours:g} hours",
            severity,
            "failures",
        )
    if row.failures is None or row.enabled is None:
        return Unknown(f"{_what(row)}: whether it succeeds was not told")
    return OK


@rule("backup/replication-late", on=ReplicationState, severity="medium", controls=("C6",))
def replication_late(row: ReplicationState, *, times: float = 3.0, rpo_hours: float = 24.0) -> Verdict:
    """The copy of a guest on another node is older than its schedule promises.

    Why it matters
        Nothing fails, and yet the copy ages: a schedule that never comes, a run that takes longer than its
        interval, a node whose scheduler stands still. Failing over to it loses what was written since.

    What to do
        See when the job ran last and how long it took, and whether pvescheduler runs on the node that sends.
        Lengthen the interval if a run takes longer than it.

    What not to do
        Do not start the guest from the copy to see whether it is current: that ends the replication.

    References
        Proxmox VE: pvesr(1), last_sync; calendar events of schedules.
    """
    if row.enabled is False:
        return NA  # replication-error says so
    if row.never:
        return Fail(f"{_what(row)} was tried and never ended well", "high", "never")
    if row.lag_hours is None:
        return Unknown(f"{_what(row)}: when it ended well last was not told")
    if row.lag_hours > rpo_hours:
        return Fail(f"{_what(row)}{_since(row)}; limit {rpo_hours:g} hours", "high", "lag_hours")
    if row.interval_hours is None:
        return Unknown(f"{_what(row)}: how often it should run was not told")
    most = max(times * row.interval_hours, 1.0)
    if row.lag_hours <= most:
        return OK
    return Fail(
        f"{_what(row)}{_since(row)}, due every {row.interval_hours:g} hours; limits {times:g} intervals (at"
        f" least an hour) and {rpo_hours:g} hours",
        None,
        "lag_hours",
    )


@rule("backup/replication-target-off", on=ReplicationState, severity="high", controls=("C6",))
def replication_target(row: ReplicationState) -> Verdict:
    """The node that should receive the copies of a guest is not there, or is the guest's own.

    Why it matters
        The copy that was to save the guest lies on a machine that is off, or on the very machine whose loss
        it was made for.

    What to do
        Bring the node back and let the job run once, or send the copies to another node.

    What not to do
        Do not remove the job while its old copy may be the only one.

    References
        Proxmox VE: pvesr(1), target.
    """
    if row.enabled is False:
        return NA
    if row.guest_node is not None and row.guest_node == row.target_node:
        return Fail(f"{_what(row)}: the guest is on that node itself", "medium", "guest_node")
    if row.target_online is None:
        return Unknown(f"{_what(row)}: whether that node is there was not told")
    return OK if row.target_online else Fail(f"{_what(row)}: that node is offline", None, "target_online")
