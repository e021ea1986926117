"""Rules on the record of backup jobs: silence, failures, warnings, lengths, alarms."""

from __future__ import annotations

from analyzer.derived.job_record import JobRecord
from analyzer.guest_judging import aged
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import many


def _said(row: JobRecord) -> str:
    where = f" on {row.server}" if row.server else ""
    return f"{row.product} job {row.name}{where}"


def _last(row: JobRecord) -> str:
    return f"the last good one {aged(row.good_hours)} ago" if row.good_hours is not None else "none on record"


@rule("backup/job-silent", on=JobRecord, severity="high", controls=("C6", "C14"))
def job_silent(
    row: JobRecord, *, medium_runs: int = 1, high_runs: int = 2, critical_runs: int = 7
) -> Verdict:
    """A job has not run well when its own schedule says it should have.

    Why it matters
        Nobody is told of what does not happen. Jobs that stopped in March are found in November, by the
        failed restore.

    What to do
        Look at the scheduler, the account and the log of the first run that is missing, mend the cause, run
        it, and see that a copy appears. Then set an alarm on missing success.

    What not to do
        Do not take the absence of error mails for success.

    References
        Expected runs are worked out from the schedule as written; where no time zone is told, a run may come
        14 hours later than by UTC.
    """
    if row.enabled is False or row.schedule == "" or row.purpose == "copy":
        return NA  # of copies elsewhere backup/sync-failed says it
    if row.missed is None:
        if row.schedule is None or row.runs:
            return NA
        return Unknown(
            f"{_said(row)}: no good run is on record, or its schedule was not understood ({row.schedule})"
        )
    if row.missed < medium_runs:
        return OK
    severity: Severity = (
        "critical" if row.missed >= critical_runs else "high" if row.missed >= high_runs else "medium"
    )
    if row.purpose == "snapshot":
        severity = "medium"  # no copy is lost with it, and a machine that was off took none
    return Fail(
        f"{_said(row)}: {many(row.missed, 'run')} missing by its schedule ({row.schedule}), {_last(row)};"
        f" limits {medium_runs}, {high_runs} and {critical_runs}",
        severity,
        "missed",
    )


@rule("backup/job-failing", on=JobRecord, severity="medium", controls=("C6",))
def job_failing(row: JobRecord, *, high: int = 2, critical: int = 3) -> Verdict:
    """The last runs of a job failed.

    Why it matters
        One failure is bad luck, two are a cause, three are an incident.

    What to do
        Read the log, mend the cause, run it again and see a new copy.

    What not to do
        Do not only start it again.

    References
        The product's own word on each run.
    """
    if (not row.runs and not row.failed_in_row) or row.purpose == "copy":
        return NA
    if not row.failed_in_row:
        return OK
    severity: Severity = (
        "critical" if row.failed_in_row >= critical else "high" if row.failed_in_row >= high else "medium"
    )
    said = f": {row.last_message[:160]}" if row.last_message else ""
    return Fail(
        f"{_said(row)}: last {many(row.failed_in_row, 'run')} failed{said}; limits {high} and {critical}",
        severity,
        "failed_in_row",
    )


@rule("backup/warnings-ignored", on=JobRecord, severity="medium", controls=("C6",))
def warnings_ignored(row: JobRecord, *, runs: int = 7) -> Verdict:
    """A job ends with warnings again and again.

    Why it matters
        Warnings name what was skipped: open files, a disk, a mailbox. After a week nobody reads them.

    What to do
        Read the list of what was skipped and mend it, or exclude it in writing.

    What not to do
        Do not lower the level of the messages.

    References
        The product's own word on each run.
    """
    if not row.runs:
        return NA
    if row.warned_in_row < runs:
        return OK
    return Fail(
        f"{_said(row)}: warnings in the last {many(row.warned_in_row, 'run')}; limit {runs}",
        None,
        "warned_in_row",
    )


@rule("backup/success-ratio", on=JobRecord, severity="medium", controls=("C6",))
def success_ratio(row: JobRecord, *, low: float = 98.0, medium: float = 95.0, high: float = 90.0) -> Verdict:
    """Too few of the runs that should have been ended well.

    Why it matters
        One good run today hides a weak month. A run that is missing counts as failed.

    What to do
        Mend the job with the worst share first; give it a window that its storage can hold.

    What not to do
        Do not count only the runs that began.

    References
        Of the last 30 days, since the oldest run on record.
    """
    if row.ratio_percent is None:
        return NA
    if row.ratio_percent >= low:
        return OK
    severity: Severity = (
        "high" if row.ratio_percent < high else "medium" if row.ratio_percent < medium else "low"
    )
    return Fail(
        f"{_said(row)}: {row.good_runs} of {row.expected_runs} runs good ({row.ratio_percent:.0f} %);"
        f" limits {low:g}, {medium:g} and {high:g} %",
        severity,
        "ratio_percent",
    )


@rule("backup/duration-anomaly", on=JobRecord, severity="medium", controls=("C6",))
def duration_anomaly(row: JobRecord, *, times: float = 2.0, least_hours: float = 1.0) -> Verdict:
    """A job takes much longer than it used to, or longer than the time to its next run.

    Why it matters
        A slow disk, a long chain or a full repository announce themselves this way, and runs that overlap are
        skipped.

    What to do
        Compare the speed of source and repository; look at the health of the repository's disks.

    What not to do
        Do not only move the next job.

    References
        Compared with the median of the ten runs before.
    """
    if row.last_hours is None:
        return NA
    if row.period_hours and row.last_hours > row.period_hours:
        return Fail(
            f"{_said(row)}: last run {aged(row.last_hours)}, the next is due after {aged(row.period_hours)}",
            None,
            "last_hours",
        )
    if row.usual_hours is None:
        return NA
    if row.last_hours <= least_hours or row.last_hours <= times * row.usual_hours:
        return OK
    return Fail(
        f"{_said(row)}: last run {row.last_hours:.1f} hours, usual {row.usual_hours:.1f};"
        f" limit {times:g} times and {least_hours:g} hours",
        None,
        "last_hours",
    )


@rule("backup/no-alerting", on=JobRecord, severity="high", controls=("C14",))
def no_alerting(row: JobRecord) -> Verdict:
    """Nobody is told how a job ends.

    Why it matters
        Silence looks like success.

    What to do
        Name somebody who is told, and set an alarm on the absence of success; try it every quarter.

    What not to do
        Do not send to a mailbox that nobody reads.

    References
        NCSC, principles for backups: alerts on significant changes.
    """
    if row.notifies is None or row.enabled is False:
        return NA
    return OK if row.notifies else Fail(f"{_said(row)}: nobody is told how it ends", None, "notifies")


@rule("backup/sync-failed", on=JobRecord, severity="high", controls=("C6",))
def sync_failed(row: JobRecord, *, failed_runs: int = 1, missed_runs: int = 2) -> Verdict:
    """The job that carries copies elsewhere failed or did not run.

    Why it matters
        The copy elsewhere is the one that is needed after fire or extortion, and it ages in silence while the
        near one is fine.

    What to do
        Mend the cause, run it, then compare the newest copy of each system on both sides.

    What not to do
        Do not let the job remove there what vanished here: then a deletion reaches both.

    References
        Sync, copy and tape jobs. Proxmox Backup Server: sync jobs, remove vanished.
    """
    if row.purpose != "copy" or row.enabled is False:
        return NA
    if row.failed_in_row >= failed_runs:
        said = f": {row.last_message[:160]}" if row.last_message else ""
        return Fail(
            f"{_said(row)}: last {many(row.failed_in_row, 'run')} failed{said}; limit {failed_runs}",
            None,
            "failed_in_row",
        )
    if row.missed is None:
        if row.runs:
            return OK
        return NA if not row.schedule else Unknown(f"{_said(row)}: no good run is on record")
    if row.missed < missed_runs:
        return OK
    return Fail(
        f"{_said(row)}: {many(row.missed, 'run')} missing by its schedule ({row.schedule}), {_last(row)};"
        f" limit {missed_runs}",
        None,
        "missed",
    )


@rule("backup/job-switched-off", on=JobRecord, severity="medium", controls=("C6",))
def job_switched_off(row: JobRecord) -> Verdict:
    """A job that makes copies or snapshots is switched off.

    Why it matters
        A job that was switched off "for today" stays off, and still looks like protection.

    What to do
        Switch it on again, or delete it with the consent of those whose data it takes.

    What not to do
        Do not keep it as a reminder: nobody sees that it does not run.

    References
        The product's own word; a timer of systemd that is wanted and does not run. Jobs of a hypervisor:
        backup/job-disabled. Hourly snapshots of snapper count less: many switch them off on purpose.
    """
    if row.product == "vzdump" or row.purpose not in ("backup", "copy", "replication", "snapshot"):
        return NA
    if row.enabled is None:
        return NA
    if row.enabled:
        return OK
    last = f"; {_last(row)}" if row.good_hours is not None else ""
    severity: Severity = "low" if row.purpose == "snapshot" else "medium"
    return Fail(f"{_said(row)} is switched off{last}", severity, "enabled")
