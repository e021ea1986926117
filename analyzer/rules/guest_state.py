"""Rules on guests as a whole: snapshots mistaken for backups, consolidation, registration, tools."""

from __future__ import annotations

from analyzer.derived.guest_state import GuestState
from analyzer.derived.snapshot_growth import SnapshotGrowth
from analyzer.guest_judging import aged
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import listed, many, size


@rule("snapshot/masquerades-as-backup", on=GuestState, severity="critical", controls=("C18", "C10"))
def masquerades_as_backup(
    row: GuestState, *, after_hours: float = 24.0, rpo_hours: float = 24.0, rpo_times: float = 3.0
) -> Verdict:
    """Snapshots are the only recovery points of the guest.

    Why it matters
        A snapshot lies on the storage of the disk it belongs to and needs that disk. A failed array, a
        deleted datastore, a stolen administrator's account or a fire takes both. It is a step back for an
        hour of change, never a backup.

    What to do
        1. Make a real backup on other storage, with another account. First of all.
        2. Restore it once, beside the guest, and look at what came back.
        3. Only then remove the snapshots, oldest first, after a look at the room that merging takes.

    What not to do
        Do not remove the snapshots before the backup was restored: they are all there is. Do not revert to
        one to see whether it works: that throws away everything since.

    References
        The makers of vSphere and of XCP-ng say it in these words: snapshots are not backups. BSI CON.3 allows
        them only beside backups on media of their own.
    """
    if row.kind == "template" or (not row.kept_snapshots and row.snapshots_known):
        return NA if row.kind == "template" else OK
    if not row.kept_snapshots:
        return Unknown(f"{row.name}: the list of its snapshots was not read")
    if row.backup_age_hours is not None and row.backup_age_hours <= rpo_times * rpo_hours:
        return OK
    scheduled = row.scheduled_snapshots > 1
    if row.oldest_hours is None and not scheduled:
        return Unknown(f"{row.name}: when its {many(row.kept_snapshots, 'snapshot')} were made was not told")
    if not scheduled and (row.oldest_hours or 0.0) <= after_hours:
        return OK
    severity: Severity = "critical" if (row.tier or 2) <= 2 else "high"
    return Fail(
        f"{row.name}: {_points(row, scheduled)}; {_evidence(row)}{_noted(row)}; limits {after_hours:g} hours"
        f" for a snapshot, {rpo_times * rpo_hours:g} hours for a backup",
        severity,
        "kept_snapshots",
    )


def _points(row: GuestState, scheduled: bool) -> str:
    made = "snapshots of a schedule" if scheduled else "snapshots"
    where = f" ({listed(row.storages.split(chr(10)))})" if row.storages else ""
    beside = f"on the storage of its own disks{where}"
    age = aged(row.oldest_hours) if row.oldest_hours is not None else ""
    if row.kept_snapshots == 1:
        old = f" {age} old" if age else ""
        return f"1 snapshot{old}, {beside}, is its only recovery point in evidence"
    old = f", the oldest {age} old" if age else ""
    return f"{row.kept_snapshots} {made}{old}, {beside}, are its only recovery points in evidence"


def _evidence(row: GuestState) -> str:
    if row.backup_age_hours is not None:
        return f"its newest backup elsewhere is {aged(row.backup_age_hours)} old"
    if row.backups_beside:
        return f"{many(row.backups_beside, 'backup')} of it lie on the same storage"
    if row.backup_collected:
        return "no backup of it was found where backups were looked for"
    return "no backup evidence was collected, so nothing shows that any other copy exists"


def _noted(row: GuestState) -> str:
    """What a note says, beside the evidence: it stands for no copy."""
    if row.noted_hours is None:
        return ""
    return f" (a note of {row.noted} tells of one {aged(row.noted_hours)} ago, which proves no copy)"


@rule("snapshot/size-vs-base", on=GuestState, severity="medium", controls=("C18",))
def size_against_base(
    row: GuestState, *, medium: float = 20.0, high: float = 50.0, critical: float = 90.0
) -> Verdict:
    """The snapshots hold a large share of the guest's disks.

    Why it matters
        Each snapshot can grow as large as the disk. The larger it is, the longer the merge takes, and the
        more room and load it needs.

    What to do
        See that there is room to merge (capacity/snapshot-headroom), see that a backup exists, then remove
        the snapshots in an hour of little load.

    What not to do
        Do not merge several large guests at once.

    References
        Broadcom: a delta disk can reach the size of its base disk.
    """
    if not row.snapshots or row.kind == "template":
        return NA
    if row.delta_percent is None:
        return Unknown(f"{row.name}: what its {many(row.snapshots, 'snapshot')} hold was not told")
    ladder: tuple[tuple[float, Severity], ...] = ((critical, "critical"), (high, "high"), (medium, "medium"))
    severity = next((level for limit, level in ladder if row.delta_percent >= limit), None)
    if severity is None:
        return OK
    room = f"; merging them takes up to {size(row.consolidation_bytes)}" if row.consolidation_bytes else ""
    free = f" of {size(row.free_bytes)} free" if room and row.free_bytes is not None else ""
    return Fail(
        f"{row.name}: snapshots hold {size(row.delta_bytes)}, {row.delta_percent:.0f} % of its disks"
        f" ({size(row.provisioned_bytes)}){room}{free}; limits {medium:g}, {high:g} and {critical:g} %",
        severity,
        "delta_percent",
    )


@rule("snapshot/growth", on=SnapshotGrowth, severity="high", controls=("C4", "C18"))
def growth(row: SnapshotGrowth, *, high_days: float = 7.0, critical_days: float = 2.0) -> Verdict:
    """The guest's snapshots will soon have filled its storage.

    Why it matters
        When the storage is full, every guest on it stops that needs another block: not only this one.

    What to do
        Extend the storage or move another guest away first. Find what writes in the guest and stop it. Then
        remove the snapshots.

    What not to do
        Do not start the merge while there is less room than it takes, and do not delete files of snapshots.

    References
        Growth between two audits, or else the mean since the oldest snapshot was made.
    """
    if row.growth_bytes_per_day is None or row.days_to_full is None:
        return Unknown(f"{row.name}: size of its snapshots, their age or the free space was not told")
    if row.days_to_full > high_days:
        return OK
    return Fail(
        f"{row.name}: its snapshots grow by {size(row.growth_bytes_per_day)} a day ({row.basis}) into"
        f" {size(row.free_bytes)} free on {listed(row.storage.split(chr(10)))}: full in"
        f" {row.days_to_full:.1f} days; limits {high_days:g} and {critical_days:g} days",
        "critical" if row.days_to_full <= critical_days else None,
        "days_to_full",
    )


@rule("snapshot/vmw-consolidation-needed", on=GuestState, severity="high", controls=("C18",))
def consolidation_needed(row: GuestState) -> Verdict:
    """Disks of the guest want to be consolidated.

    Why it matters
        The guest runs on delta disks that Snapshot Manager does not show. They grow like snapshots, and every
        further backup may add another.

    What to do
        1. See that the datastore has room for the merge.
        2. Look whether a backup's proxy still holds the disk; let it go there, without deleting it.
        3. Choose Consolidate in an hour of little load.

    What not to do
        Do not interrupt a consolidation and do not restart management services to end it. Do not delete delta
        files in the datastore.

    References
        vSphere API: VirtualMachineRuntimeInfo.consolidationNeeded.
    """
    if row.hypervisor != "vmware":
        return NA
    if row.consolidation_needed is None:
        return Unknown(f"{row.name}: whether its disks need consolidation was not told")
    if not row.consolidation_needed:
        return OK
    return Fail(f"{row.name}: vSphere says that its disks must be consolidated", None, "consolidation_needed")


@rule("snapshot/vmw-cbt-off", on=GuestState, severity="low", controls=("C6",))
def block_tracking_off(row: GuestState) -> Verdict:
    """Changed blocks of the guest are not tracked.

    Why it matters
        Each backup reads all of its disks; that takes long, and long backups hold their snapshots long.

    What to do
        Enable it in the backup program, with no snapshot present, and make a full backup afterwards.

    What not to do
        Do not enable it while the guest has snapshots.

    References
        vSphere API: VirtualMachineConfigInfo.changeTrackingEnabled.
    """
    if row.hypervisor != "vmware" or row.kind == "template":
        return NA
    if row.changed_block_tracking is None:
        return Unknown(f"{row.name}: whether changed blocks are tracked was not told")
    if row.changed_block_tracking:
        return OK
    return Fail(f"{row.name}: changed block tracking is off", None, "changed_block_tracking")


@rule("snapshot/vmw-tools-missing", on=GuestState, severity="medium", controls=("C9",))
def tools_missing(row: GuestState) -> Verdict:
    """No tools run in the guest, so that nobody brings it to rest for a backup.

    Why it matters
        Without VMware Tools a snapshot for a backup catches the guest in the midst of writing: its copy
        starts like a machine after a power cut.

    What to do
        Install VMware Tools or open-vm-tools and see that the service runs.

    What not to do
        Do not switch quiescing off in the backup job to be rid of the warning.

    References
        vSphere API: GuestInfo.toolsRunningStatus.
    """
    if row.hypervisor != "vmware" or row.kind == "template" or row.power not in (None, "running"):
        return NA
    if row.tools is None:
        return Unknown(f"{row.name}: whether its tools run was not told")
    if row.tools == "running":
        return OK
    return Fail(f"{row.name}: VMware Tools are {row.tools}", None, "tools")


@rule("snapshot/vmw-invalid-vm", on=GuestState, severity="high", controls=("C5",))
def invalid_guest(row: GuestState) -> Verdict:
    """The hypervisor has lost the guest's files.

    Why it matters
        An orphaned or inaccessible guest does not run and is in no backup. Its files may be on a datastore
        that is gone, or deleted.

    What to do
        Find the datastore and the files first. Keep every file there is, then register the guest anew or
        restore it.

    What not to do
        Do not remove it from the inventory before its files were found, and do not delete "orphaned" files.

    References
        vSphere API: VirtualMachineRuntimeInfo.connectionState.
    """
    if row.hypervisor != "vmware" or row.state is None:
        return NA
    if row.state.lower() not in ("orphaned", "inaccessible", "invalid"):
        return OK
    return Fail(f"{row.name} is {row.state}", None, "state")
