"""Rules on single snapshots: age, owner, memory, what runs in the guest, leftovers of backups."""

from __future__ import annotations

from analyzer.derived.snapshot_state import SnapshotState
from analyzer.guest_judging import KEPT, aged, ageless
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import size


@rule("snapshot/age", on=SnapshotState, severity="medium", controls=("C18",))
def age(
    row: SnapshotState,
    *,
    info_hours: float = 24.0,
    medium_hours: float = 72.0,
    high_days: float = 7.0,
    critical_days: float = 30.0,
    critical_percent: float = 20.0,
) -> Verdict:
    """The snapshot is older than a snapshot should become.

    Why it matters
        A snapshot is a log of changes that needs its parent. It grows until it is as large as the disk, slows
        the guest down, and merging it takes longer with every day. Going back to an old one loses everything
        written since.

    What to do
        1. Ask who made it and whether it is still needed.
        2. See that a backup of the guest exists which does not lie on the same storage, and that it restores.
        3. See that the storage has room for the merge (capacity/snapshot-headroom).
        4. Remove it in an hour of little load, one guest at a time, and wait for the merge to end.

    What not to do
        Do not choose Revert, Rollback or Apply where Delete is meant: that throws away all since then. Do not
        delete its files by hand. Do not enlarge a disk that has snapshots.

    References
        Broadcom's advice for vSphere: no single snapshot for more than 72 hours; others allow 7 or 14 days.
    """
    if row.sort not in KEPT:
        return NA  # snapshot/backup-leftover judges those of products, a template is kept for years
    if row.age_hours is None:
        return ageless(row)
    days = row.age_hours / 24
    if row.age_hours <= info_hours:
        return OK
    severity: Severity = "info"
    if days > critical_days:
        grave = row.role in ("database", "domain controller") or (row.share_percent or 0) >= critical_percent
        severity = "critical" if grave else "high"
    elif days > high_days:
        severity = "high"
    elif row.age_hours > medium_hours:
        severity = "medium"
    held = f", holds {size(row.size_bytes)}" if row.size_bytes is not None else ""
    share = f" ({row.share_percent:.0f} % of the disks)" if row.share_percent is not None else ""
    by = f", made by {row.creator}" if row.creator else ""
    may = f", may be a {row.role}" if severity == "critical" and row.role else ""
    return Fail(
        f"{row.said} is {aged(row.age_hours)} old{held}{share}{by}{may}; limits {info_hours:g} and"
        f" {medium_hours:g} hours, {high_days:g} and {critical_days:g} days",
        severity,
        "age_hours",
    )


@rule("snapshot/created-in-future", on=SnapshotState, severity="low", controls=("C16",))
def created_in_future(row: SnapshotState) -> Verdict:
    """The snapshot claims to be made after the audit.

    Why it matters
        The clock of the hypervisor or of the machine that audits is wrong. Ages of snapshots, backups and
        logs are then all wrong, and a snapshot that is never old enough is never removed.

    What to do
        Compare both clocks with a time server and repair the one that is off; then look at this snapshot.

    What not to do
        Do not take the snapshot for new.

    References
        NTP: every host and every hypervisor follows the same source of time.
    """
    if row.ahead_hours is not None:
        return Fail(f"{row.said}: made {aged(row.ahead_hours)} after the audit", None, "ahead_hours")
    return OK if row.age_hours is not None else NA


@rule("snapshot/no-expiry-metadata", on=SnapshotState, severity="low", controls=("C18",))
def no_expiry(row: SnapshotState, *, after_hours: float = 24.0) -> Verdict:
    """Nothing tells whose the snapshot is and when it may go.

    Why it matters
        A snapshot without an owner is never removed: nobody dares to.

    What to do
        Agree on names that tell the change, the owner and the day on which it may go, and write them into the
        description of those that stay.

    What not to do
        Do not remove it before the one who made it was asked; tasks and events of the hypervisor tell who.

    References
        Change management; the words looked for are numbers of changes or tickets, owner, expires, until,
        keep.
    """
    if row.sort != "operator":
        return NA
    if row.owned:
        return OK
    if row.age_hours is None:
        return ageless(row)
    if row.age_hours <= after_hours:
        return OK
    maker = f"; {row.creator[:80]} made it" if row.creator else ""
    return Fail(
        f"{row.said}, {aged(row.age_hours)} old, names no change, owner or expiry{maker};"
        f" limit {after_hours:g} hours",
        None,
        "name",
    )


@rule("snapshot/memory-state", on=SnapshotState, severity="low", controls=("C18",))
def memory_state(row: SnapshotState, *, after_hours: float = 24.0) -> Verdict:
    """The snapshot holds the guest's memory of some time ago.

    Why it matters
        It takes as much space as the memory, making it stops the guest for a while, and going back to it
        revives sessions and locks that no other system remembers.

    What to do
        Remove it when the change it was made for is done; make the next one without memory.

    What not to do
        Do not resume a server from an old memory state into a running network.

    References
        Documentation of the hypervisors on snapshots with memory.
    """
    if row.sort not in KEPT or row.memory is False:
        return NA
    if row.memory is None:
        return NA if row.age_hours is not None and row.age_hours <= after_hours else _no_memory(row)
    if row.age_hours is None:
        return ageless(row)
    if row.age_hours <= after_hours:
        return OK
    return Fail(
        f"{row.said} holds memory and is {aged(row.age_hours)} old; limit {after_hours:g} hours",
        None,
        "memory",
    )


def _no_memory(row: SnapshotState) -> Unknown:
    return Unknown(f"{row.said}: whether it holds memory was not told")


@rule("snapshot/crash-consistent-only", on=SnapshotState, severity="medium", controls=("C9",))
def crash_consistent(row: SnapshotState) -> Verdict:
    """The state that backups are made of is like after a power cut.

    Why it matters
        A copy of a guest whose file systems were not brought to rest starts like a machine after a power cut.
        Databases may need their log, or a restore of their own.

    What to do
        Install the guest agent or tools and see that they bring file systems and databases to rest; keep
        dumps made by the databases themselves.

    What not to do
        Do not rely on it for databases until one was restored from such a copy.

    References
        Documentation of the hypervisors on quiescing, VSS and fsfreeze.
    """
    if row.sort not in ("backup", "backup base", "replication") or (row.tier or 2) > 2:
        return NA
    if row.quiesced is None:
        return Unknown(f"{row.said}: whether the guest was at rest was not told")
    if row.quiesced:
        return OK
    agent = f", its agent is {row.tools}" if row.tools and row.tools != "running" else ""
    return Fail(f"{row.said} was made without bringing the guest to rest{agent}", None, "quiesced")


@rule("snapshot/backup-leftover", on=SnapshotState, severity="high", controls=("C18", "C6"))
def backup_leftover(row: SnapshotState, *, after_hours: float = 24.0) -> Verdict:
    """A backup left its snapshot behind.

    Why it matters
        The program that made it could not take it away, often because a disk is still held by its proxy. The
        next backups add to the chain or fail, and the guest runs on the leftover.

    What to do
        1. Look at the log of the backup job and at the proxy: is the guest's disk still attached there?
        2. Let the program clean up, or end its session.
        3. Only then remove the snapshot, and consolidate if the hypervisor asks for it.

    What not to do
        Do not delete it while a backup or an instant recovery runs. Do not delete its files by hand. Detach a
        disk from a proxy without deleting it from the datastore.

    References
        The name is that of a known product; names outside the list of the vendors' own are from experience.
    """
    if row.sort != "backup":
        return NA
    if row.age_hours is None:
        return ageless(row)
    if row.age_hours <= after_hours:
        return OK
    of = f" of {row.product}" if row.product else ""
    busy = ", and a lock of a backup is held" if row.busy else ""
    return Fail(
        f"{row.said} is a temporary one{of}, {aged(row.age_hours)} old{busy}; limit {after_hours:g} hours",
        None,
        "age_hours",
    )
