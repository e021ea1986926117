"""Rules on what the kernel logged of memory, processes and storage on the network."""

from __future__ import annotations

import re

from analyzer.derived.kernel_trouble import KernelTrouble
from analyzer.kernel_judging import message, standing
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Verdict

BACKUP_PROGRAMS = re.compile(
    r"(?:restic|borg|bacula-|bareos-|veeam|proxmox-backup|vzdump|rsync|rsnapshot|duplicity|duplicati|kopia|bup\b"
    r"|mysqldump|mariadb-dump|mariabackup|mariadb-backup|xtrabackup|pg_dump|pg_basebackup|pgbackrest|barman"
    r"|mongodump|wal-g|rclone|dsmc|bpbkar|urbackup|amanda|dumper\b|tar$|btrbk|syncoid|zrepl|snebu|cbackup)"
)


def _uncorrected(row: KernelTrouble) -> bool:
    return bool({"edac-uncorrected", "mce-fatal"} & set(row.kinds.split()))


@rule("fs/memory-errors-logged", on=KernelTrouble, severity="high", controls=("C1",))
def memory_errors(
    row: KernelTrouble, *, fresh_days: float = 7.0, old_days: float = 30.0, many: int = 10
) -> Verdict:
    """The memory of the machine reports errors.

    Why it matters
        Everything passes through memory: what is wrong there is written wrong, with a checksum that fits,
        onto every copy. Corrected errors in number announce uncorrected ones.

    What to do
        Find the module by its label (edac-util, ras-mc-ctl, the machine's own management), replace it,
        then scrub every array and file system written since.

    What not to do
        Do not run a scrub that repairs, a resync or a file system repair on a machine whose memory is in
        doubt.

    References
        Documentation/admin-guide/RAS of the kernel.
    """
    if row.trouble != "memory":
        return NA
    match standing(row, fresh_days, old_days):
        case "none" | "past":
            return OK
        case "old":
            return Fail(message(row), "medium" if _uncorrected(row) else "low", "kinds")
    if _uncorrected(row):
        return Fail(message(row), None, "kinds")
    severity: Severity = "medium" if row.recent_count >= many else "low"
    return Fail(message(row, f"; corrected; medium from {many} a week"), severity, "recent_count")


@rule("fs/tasks-hung-logged", on=KernelTrouble, severity="low", controls=("C1",))
def tasks_hung(row: KernelTrouble, *, fresh_days: float = 7.0, many: int = 5) -> Verdict:
    """Programs hung waiting for storage.

    Why it matters
        The kernel reports a task that waits for two minutes and more without being able to be
        interrupted. Mostly a disk, an array or a file server does not answer, or is far too slow.

    What to do
        Look for I/O errors, resets and slow disks of that time, and for a resync or scrub that leaves no
        room for anything else.

    What not to do
        Do not silence the report by raising the limit.

    References
        Documentation/admin-guide/sysctl/kernel.rst: hung_task_timeout_secs.
    """
    if row.trouble != "hung":
        return NA
    match standing(row, fresh_days, fresh_days):
        case "none" | "old" | "past":
            return OK
    severity: Severity = "medium" if row.recent_count >= many else "low"
    return Fail(message(row, f"; medium from {many} a week"), severity, "recent_count")


@rule("capacity/backup-killed-for-memory", on=KernelTrouble, severity="medium", controls=("C6",))
def backup_killed(row: KernelTrouble, *, old_days: float = 30.0) -> Verdict:
    """The kernel killed a backup program for want of memory.

    Why it matters
        The run ended in the middle. Whoever started it may have seen nothing, and what it leaves can look
        like a backup.

    What to do
        See whether a later run was complete, and give the program memory or a smaller job.

    What not to do
        Do not count the interrupted run as a backup.

    References
        mm/oom_kill.c of the kernel. The name of a process is cut at fifteen characters.
    """
    if row.trouble != "killed":
        return NA
    match standing(row, old_days, old_days):
        case "none" | "old" | "past":
            return OK
    if not BACKUP_PROGRAMS.match(row.thing):
        return OK
    return Fail(message(row), None, "count")


@rule("fs/storage-path-lost-logged", on=KernelTrouble, severity="medium", controls=("C1",))
def path_lost(row: KernelTrouble, *, old_days: float = 30.0) -> Verdict:
    """The way to storage on the network, or one of its paths, was lost.

    Why it matters
        While a file server, an iSCSI session or a path does not answer, programs hang or get errors, and
        soft mounts lose writes.

    What to do
        Look at switch, cable and server of that time; see that more than one path is there and that
        timeouts fit together.

    What not to do
        Do not mount soft or with short timeouts what data are written to.

    References
        nfs(5): soft and hard; multipath.conf(5).
    """
    if row.trouble != "network":
        return NA
    match standing(row, old_days, old_days):
        case "fresh":
            return Fail(message(row), None, "count")
    return OK
