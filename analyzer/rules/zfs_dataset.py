"""Rules on ZFS datasets: acknowledged writes, keys, snapshots; and on pools that are not imported."""

from __future__ import annotations

from analyzer.derived.zfs_absent_pool import ZfsAbsentPool
from analyzer.derived.zfs_dataset_state import ZfsDatasetState
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import size


@rule("fs/zfs-sync-disabled", on=ZfsDatasetState, severity="high", controls=("C15",))
def sync_disabled(row: ZfsDatasetState) -> Verdict:
    """A dataset acknowledges writes that are not stored.

    Why it matters
        With sync=disabled a database or a virtual machine is told that its data are safe while they are in
        memory only. A power cut loses the last seconds of what was acknowledged, and what was told to others
        about it is wrong.

    What to do
        Set sync=standard; if that is too slow, add a log device with power loss protection.

    What not to do
        Do not rely on a UPS: a crash of the system has the same effect.

    References
        zfsprops(7): sync.
    """
    if row.sync is None:
        return Unknown(f"{row.dataset}: its sync setting was not told")
    if row.sync != "disabled":
        return OK
    if row.sync_inherited:
        return NA  # told of the dataset that sets it
    severity: Severity | None = None if row.weighty else "medium"
    return Fail(f"{row.dataset} ({row.type or 'dataset'}): sync is disabled", severity, "sync")


@rule("fs/zfs-key-only-on-pool", on=ZfsDatasetState, severity="high", controls=("C12",))
def key_beside_data(row: ZfsDatasetState) -> Verdict:
    """The key of an encrypted dataset is a file of the same host.

    Why it matters
        If the host is lost, and no copy of the key lies elsewhere, everything it encrypted is lost too,
        replicas and backups of the raw dataset included. A key on the pool itself cannot even be read before
        the pool is open.

    What to do
        Keep a copy of the key where the host cannot reach it, and record that with a waiver: from here it
        cannot be seen.

    What not to do
        Do not store the copy in the backup that needs it.

    References
        zfs-load-key(8), zfsprops(7): keylocation.
    """
    if row.encryption_root is None:
        return Unknown(f"{row.dataset}: its encryption was not told")
    if not row.encryption_root:
        return NA
    if row.key_location is None:
        return Unknown(f"{row.dataset}: where its key lies was not told")
    if not row.key_location.startswith("file://"):
        return OK
    where = ", on the pool itself" if row.key_on_pool else ""
    return Fail(
        f"{row.dataset}: its key is {row.key_location}{where}; no copy elsewhere is on record",
        "critical" if row.key_on_pool else None,
        "key_location",
    )


@rule("fs/zfs-snapshot-count", on=ZfsDatasetState, severity="low", controls=("C4",))
def snapshot_count(row: ZfsDatasetState, *, most: int = 1000, percent: float = 30.0) -> Verdict:
    """A dataset keeps very many snapshots, or they hold much of the pool.

    Why it matters
        Snapshots that nobody prunes take the space that data need, and thousands of them make every listing,
        replication and deletion slow.

    What to do
        See whether the pruning of the tool that makes them still runs; delete the oldest with it.

    What not to do
        Do not delete the snapshot from which the next replication goes on.

    References
        zfs-snapshot(8), zfs-destroy(8).
    """
    if row.snapshot_percent is not None and row.snapshot_percent >= percent:
        return Fail(
            f"{row.dataset}: its snapshots hold {size(row.snapshot_bytes)}, {row.snapshot_percent:.0f} % of"
            f" the pool, limit {percent:g} %",
            "medium",
            "snapshot_percent",
        )
    if row.snapshots is None:
        return Unknown(f"{row.dataset}: its snapshots were not told")
    if row.snapshots > most:
        oldest = f", the oldest {row.oldest_days:.0f} days old" if row.oldest_days is not None else ""
        return Fail(f"{row.dataset}: {row.snapshots} snapshots{oldest}; limit {most}", None, "snapshots")
    if row.snapshot_percent is None and row.snapshots:
        return Unknown(f"{row.dataset}: what its {row.snapshots} snapshots hold was not told")
    return OK


@rule("fs/zfs-pool-not-imported", on=ZfsAbsentPool, severity="high", controls=("C2",))
def pool_not_imported(row: ZfsAbsentPool) -> Verdict:
    """Disks carry a pool that is not imported.

    Why it matters
        A pool that failed to import after a boot is simply not there: no list shows it, nothing is degraded,
        and services may go on writing into the empty directory below.

    What to do
        Look with `zpool import` (without a name it only looks) what it says of the pool. Import it read-only
        first if anything is missing. If the labels are left over from an earlier use, record that with a
        waiver.

    What not to do
        Do not force the import while another host may have it; do not create a new pool on these disks.

    References
        zpool-import(8).
    """
    if row.imported is None:
        return Unknown(f"pool {row.pool} on {row.devices}: whether it is imported was not told")
    if row.imported:
        return OK
    return Fail(f"pool {row.pool} is on {row.devices} and is not imported", None, "imported")
