"""Rules on scheduled backups of guests: jobs, where they go, whom they take, how they ended."""

from __future__ import annotations

import re

from analyzer.derived.pve_backup_job import BackupJobState
from analyzer.derived.pve_backup_run import BackupRun
from analyzer.derived.pve_guest_job import GuestJob
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import listed


@rule("backup/job-disabled", on=BackupJobState, severity="high", controls=("C6",))
def job_disabled(row: BackupJobState) -> Verdict:
    """A backup job is switched off or has no schedule.

    Why it matters
        A job that was switched off "for today" stays off, and its list of guests still looks like protection.

    What to do
        Switch it on again, or delete it with the consent of the owners of its guests. Run it once now.

    What not to do
        Do not keep it as a reminder: nobody sees that it does not run.

    References
        Proxmox VE: vzdump(1), jobs.
    """
    if row.enabled is None:
        return Unknown(f"job {row.job}: whether it is switched on was not told")
    if not row.enabled:
        return Fail(f"job {row.job} ({row.members}) is switched off", None, "enabled")
    if not row.schedule:
        return Fail(f"job {row.job} ({row.members}) has no schedule", None, "schedule")
    return OK


@rule("backup/job-storage-missing", on=BackupJobState, severity="high", controls=("C6",))
def job_storage_missing(row: BackupJobState) -> Verdict:
    """A backup job writes to a storage that is not there for every node.

    Why it matters
        The guests of a node that does not reach the storage are not backed up, whatever the job's list says.

    What to do
        Mend the storage or name another one in the job, then run the job once and look at its result.

    What not to do
        Do not create an empty folder in place of a mount that is gone: backups would fill the system disk.

    References
        Proxmox VE: pvesm(1), storages limited to nodes.
    """
    if row.enabled is False:
        return NA
    if row.storage is None or row.storage_exists is None:
        return Unknown(f"job {row.job}: where its backups go, or which storages there are, was not told")
    if not row.storage_exists:
        return Fail(f"job {row.job}: its storage {row.storage} does not exist", None, "storage_exists")
    if row.storage_disabled:
        return Fail(f"job {row.job}: its storage {row.storage} is switched off", None, "storage_disabled")
    if row.nodes_without:
        where = listed(row.nodes_without.split("\n"))
        return Fail(
            f"job {row.job}: its storage {row.storage} is not reached by {where}", None, "nodes_without"
        )
    if row.storage_disabled is None:
        return Unknown(f"job {row.job}: whether its storage {row.storage} is switched on was not told")
    return OK


@rule("backup/vzdump-storage-local", on=BackupJobState, severity="high", controls=("C10",))
def storage_local(row: BackupJobState) -> Verdict:
    """Backups lie on the node they are to protect from.

    Why it matters
        When the node dies, is stolen or encrypted, guests and backups go together.

    What to do
        Send the job to a backup server or a share on another machine. Keep the local copy as a fast first one
        if there is room.

    What not to do
        Do not count a second disk in the same node as another place.

    References
        BSI CON.3: backups on media of their own.
    """
    if row.enabled is False:
        return NA
    if row.storage_local is None:
        return (
            NA
            if row.storage_exists is False
            else Unknown(f"job {row.job}: where {row.storage} lies was not told")
        )
    if not row.storage_local:
        return OK
    return Fail(f"job {row.job} writes to {row.storage}, a storage of the node itself", None, "storage_local")


@rule("backup/prune-risk", on=BackupJobState, severity="medium", controls=("C17",))
def prune_risk(row: BackupJobState) -> Verdict:
    """A job keeps a single backup, or all of them for ever.

    Why it matters
        With one backup kept, damage that is noticed a day late has already replaced the only good copy. With
        all kept, the storage fills, and then no backup succeeds.

    What to do
        Keep several days and some weeks and months, and prune on the backup server.

    What not to do
        Do not delete the old backup before the new one has ended well.

    References
        Proxmox VE: backup retention, prune-backups.
    """
    if row.enabled is False:
        return NA
    if row.keep is None:
        if row.keep_told:
            none = "neither it nor its storage says how many are kept"
            return Fail(f"job {row.job} keeps all backups for ever: {none}", None, "keep")
        return Unknown(f"job {row.job}: what is kept is left to the storage's settings, which were not told")
    kept = {name: int(number) for name, number in re.findall(r"keep-(\w+)=(\d{1,9})", row.keep)}
    if kept.get("all"):
        return Fail(f"job {row.job} keeps all backups for ever ({row.keep})", None, "keep")
    if kept and sum(kept.values()) <= 1:
        return Fail(f"job {row.job} keeps a single backup ({row.keep})", "high", "keep")
    return OK


@rule("backup/jobs-at-once", on=BackupJobState, severity="low", controls=("C6",))
def jobs_at_once(row: BackupJobState) -> Verdict:
    """Two backup jobs write to the same storage at the same time.

    Why it matters
        They share its speed, both take longer, and a node waits with the second until the first has ended:
        the night may be too short for both.

    What to do
        Begin the second when the first has usually ended (its log tells how long it takes), or make one job
        of the two.

    What not to do
        Do not limit the speed of both instead: that lengthens the time in which guests hold snapshots.

    References
        Proxmox VE: vzdump(1); one vzdump at a time on a node, others wait for its lock.
    """
    if row.enabled is False or not row.schedule:
        return NA
    if not row.at_once:
        return OK
    others = listed(row.at_once.split("\n"))
    return Fail(f"job {row.job} and {others} go to {row.storage} at {row.schedule}", None, "at_once")


@rule("backup/not-in-job", on=GuestJob, severity="high", controls=("C9",))
def not_in_job(row: GuestJob) -> Verdict:
    """No scheduled backup takes the guest.

    Why it matters
        New guests are forgotten where jobs list their guests one by one. Nobody notices before the restore.

    What to do
        Add it to a job today and run the job once. Let jobs take all guests with exceptions, so that new ones
        are in.

    What not to do
        Do not take an old backup of it for protection: nothing renews it.

    References
        Proxmox VE: /cluster/backup-info/not-backed-up, and the lists of the jobs.
    """
    if row.kind == "template":
        return NA
    if row.jobs:
        return OK
    if row.idle_jobs:
        names = listed(row.idle_jobs.split("\n"))
        return Fail(
            f"{row.name}: only {names} would take it, which is off or has no schedule", None, "idle_jobs"
        )
    if row.left_out or (row.jobs is not None and not row.pool_jobs):
        if row.excluded_by:
            names = listed(row.excluded_by.split("\n"))
            return Fail(
                f"{row.name}: left out by name in job {names}, and no other takes it", "medium", "excluded_by"
            )
        return Fail(f"{row.name} is in no backup job", None, "left_out")
    if row.left_out is None or row.jobs is None:
        return Unknown(f"{row.name}: which backup jobs take it was not told")
    return OK


@rule("backup/last-failed", on=BackupRun, severity="medium", controls=("C6",))
def last_failed(row: BackupRun, *, recent_hours: float = 48.0, high: int = 2, critical: int = 3) -> Verdict:
    """The last backup failed.

    Why it matters
        The newest good copy grows older with each failed run, and nobody sees it before it is needed.

    What to do
        Read the log of the task, mend the cause, run the job again and see that a new backup lies on the
        storage.

    What not to do
        Do not run it again and again without having read why it failed.

    References
        Proxmox VE: tasks of type vzdump and their exit status.
    """
    what = f"guest {row.guest}" if row.guest else "a job of several guests"
    if row.failed_in_row:
        level: Severity = "critical" if row.failed_in_row >= critical else "high"
        times = f"the last {row.failed_in_row} runs" if row.failed_in_row > 1 else "the last run"
        return Fail(
            f"{row.node}: {times} of backups of {what} failed ({row.outcome});"
            f" limits {high} and {critical} in a row",
            level if row.failed_in_row >= high else None,
            "failed_in_row",
        )
    if row.succeeded is None:
        return Unknown(f"{row.node}: how the last backup of {what} ended was not told")
    if row.failures and row.failure_hours is None:
        return Unknown(f"{row.node}: when a backup of {what} failed was not told")
    if row.failure_hours is not None and row.failure_hours <= recent_hours:
        return Fail(
            f"{row.node}: a backup of {what} failed {row.failure_hours:.0f} hours ago, a later run ended"
            f" well; limit {recent_hours:g} hours",
            "low",
            "failure_hours",
        )
    return OK
