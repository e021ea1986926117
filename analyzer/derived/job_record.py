"""Backup jobs with their record: when they should have run, when they last did, and how well."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import median

from analyzer.joining import sources
from analyzer.schedule import interval, understood
from analyzer.site import Site, derived
from analyzer.snapshot_proofs import snapshot_proofs
from collectors.backup_tables import BackupJob, BackupSession, RestorePoint
from collectors.fact import Fact
from collectors.guest_backup_tables import GuestBackupJob, HypervisorTask
from collectors.table import Row, column, table

RATIO_DAYS = 30
SCHEDULED_ELSEWHERE = ("btrbk",)
ZONES = timedelta(hours=14)
"""A schedule without a time zone may mean any: so much later than by UTC a run may come."""


@table("job_record", key=("product", "server", "job"), label=("name",), root=("job",))
class JobRecord(Row):
    """A scheduled backup, weighed against its own schedule."""

    product: str = column("Product that runs it")
    server: str = column("Machine or instance that runs it", default="")
    job: str = column("Identity there")
    name: str = column("Its name")
    purpose: str = column("backup, copy, verify, prune, replication …", default="backup")
    enabled: bool | None = column("Switched on", default=None)
    schedule: str | None = column("When it runs, as written; empty: never by itself", default=None)
    period_hours: float | None = column(
        "Time between two runs by its schedule; None: not understood", default=None
    )
    good_hours: float | None = column(
        "Since its last good run began, or its newest copy was made", default=None
    )
    missed: int | None = column("Runs that should have ended well since then; None: not known", default=None)
    runs: int = column("Runs on record of the last 30 days", default=0)
    good_runs: int = column("Of these, runs that ended well", default=0)
    expected_runs: int | None = column("Runs that the schedule asks for in that time", default=None)
    ratio_percent: float | None = column("Good runs of those that should have been", default=None)
    failed_in_row: int = column("Failed runs since the last one that did not fail", default=0)
    warned_in_row: int = column("Runs with warnings since the last clean one", default=0)
    last_message: str = column("What the last run that did not end well says", default="")
    last_hours: float | None = column("How long the last run took", default=None)
    usual_hours: float | None = column("Median of the ten before it", default=None)
    notifies: str | None = column("Who is told; empty: nobody; None: not told", default=None)
    retention: str | None = column("What is kept, as configured", default=None)


@derived(JobRecord, out_of=(BackupJob, GuestBackupJob))
def job_records(site: Site) -> Iterator[Fact[JobRecord]]:
    jobs = site.once(jobs_of)
    if not jobs:
        return
    sessions = sessions_of(site)
    shared = site.once(same_named)
    newest, proofs, starters = _newest_points(site, shared), site.once(snapshot_proofs), _starters(jobs)
    for fact in jobs:
        job = fact.row
        runs = sessions.get((job.product, job.server, job.job), [])
        runs.sort(key=lambda one: one.row.started_at or one.row.ended_at or _EVER, reverse=True)
        proof = proofs.get((fact.target, job.product, job.job))
        keys = [job_key(fact.target, name, shared) for name in (job.name, job.job)]
        point = (proof.newest if proof else None) or newest.get(keys[0]) or newest.get(keys[1])
        if job.schedule is None and (starter := starters.get((fact.target, job.product))):
            job = replace(
                job, schedule=starter.schedule, schedule_kind=starter.schedule_kind, zone=starter.zone
            )
        never = proof is not None and proof.newest is None
        record = _row(site.at, job, [one.row for one in runs], point, never)
        yield Fact(fact.target, record, sources(fact, *runs[:3], proof.fact if proof else None))


_EVER = datetime.min.replace(tzinfo=UTC)


def jobs_of(site: Site) -> list[Fact[BackupJob]]:
    """Jobs of backup products and of hypervisors, in the same words."""
    return [*site.facts(BackupJob), *(_of_guests(fact) for fact in site.facts(GuestBackupJob))]


def sessions_of(site: Site) -> dict[tuple[str, str, str], list[Fact[BackupSession]]]:
    """Runs by product, server and job."""
    found: dict[tuple[str, str, str], list[Fact[BackupSession]]] = {}
    for told in [*site.facts(BackupSession), *_tasks(site)]:
        found.setdefault((told.row.product, told.row.server, told.row.job), []).append(told)
    return found


def _of_guests(fact: Fact[GuestBackupJob]) -> Fact[BackupJob]:
    """A job of vzdump in the words of all jobs."""
    row = fact.row
    job = BackupJob(
        product="vzdump",
        server=fact.target,
        job=row.job,
        name=row.job,
        enabled=row.enabled,
        schedule=row.schedule,
        schedule_kind="pve",
        next_run_at=row.next_run_at,
        retention=row.keep,
        notifies=row.mail_to,
    )
    return Fact(fact.target, job, fact.sources)


def _tasks(site: Site) -> Iterator[Fact[BackupSession]]:
    """Tasks of vzdump; they do not name their job, so they tell of it only where there is just one."""
    count: dict[str, list[str]] = {}
    for job in site.facts(GuestBackupJob):
        count.setdefault(job.target, []).append(job.row.job)
    for task in site.facts(HypervisorTask):
        row, jobs = task.row, count.get(task.target, [])
        if row.kind == "vzdump" and len(jobs) == 1 and not row.guest:
            outcome = None if row.succeeded is None else "ok" if row.succeeded else "failed"
            session = BackupSession(
                product="vzdump",
                server=task.target,
                session=row.task,
                job=jobs[0],
                started_at=row.started_at,
                ended_at=row.ended_at,
                outcome=outcome,
                message=row.outcome,
            )
            yield Fact(task.target, session, task.sources)


def same_named(site: Site) -> frozenset[str]:
    """Names that jobs of several servers have: a copy that names such a job is one of its own server."""
    servers: dict[str, set[tuple[str, str, str]]] = {}
    for fact in site.once(jobs_of):
        for name in {fact.row.job, fact.row.name}:
            servers.setdefault(name, set()).add((fact.target, fact.row.product, fact.row.server))
    return frozenset(name for name, known in servers.items() if len(known) > 1)


def job_key(target: str, name: str, shared: frozenset[str]) -> str:
    """What copies of a job are found by."""
    return f"{name} of {target}" if name in shared else name


def _newest_points(site: Site, shared: frozenset[str]) -> dict[str, datetime]:
    """Job → time of its newest whole copy."""
    found: dict[str, datetime] = {}
    for fact in site.facts(RestorePoint):
        row = fact.row
        if row.job and row.created_at and row.created_at <= site.at and row.complete is not False:
            key = job_key(fact.target, row.job, shared)
            found[key] = max(found.get(key, row.created_at), row.created_at)
    return found


def _starters(jobs: Sequence[Fact[BackupJob]]) -> dict[tuple[str, str], BackupJob]:
    """Cron entries and timers that start a tool whose own configuration says nothing of when it runs."""
    found: dict[tuple[str, str], BackupJob] = {}
    for fact in jobs:
        job = fact.row
        if job.product in ("cron", "systemd") and job.schedule and job.enabled is not False:
            for tool in SCHEDULED_ELSEWHERE:
                if re.search(rf"\b{tool}\b", f"{job.name} {job.command or ''}"):
                    found.setdefault((fact.target, tool), job)
    return found


def _row(
    at: datetime, job: BackupJob, runs: Sequence[BackupSession], point: datetime | None, never: bool
) -> JobRecord:
    schedule = understood(job.schedule, job.schedule_kind)
    expected = [run for _, run in zip(range(2000), schedule.before(at), strict=False)] if schedule else []
    every = interval(job.schedule, job.schedule_kind)
    between = expected[0] - expected[1] if len(expected) > 1 else every
    ended = [run for run in runs if run.outcome in ("ok", "warning", "failed")]
    good = [run for run in ended if run.outcome in ("ok", "warning")]
    proofs = [one for one in (point, job.last_success_at, good[0].started_at if good else None) if one]
    last = max(proofs, default=None)
    recent = [run for run in ended if run.started_at and run.started_at >= at - timedelta(days=RATIO_DAYS)]
    wanted = _wanted(at, expected, recent)
    good_runs = sum(run.outcome != "failed" for run in recent)
    lengths = [_hours(run) for run in good if run.ended_at]
    bad = next((run for run in ended[:1] if run.outcome != "ok"), None)
    return JobRecord(
        product=job.product,
        server=job.server,
        job=job.job,
        name=job.name,
        purpose=job.purpose or "backup",
        enabled=job.enabled,
        schedule=job.schedule,
        period_hours=between.total_seconds() / 3600 if between else None,
        good_hours=(at - last).total_seconds() / 3600 if last else None,
        missed=_missed_in_all(at, expected, every, last, job.zone, never),
        runs=len(recent),
        good_runs=good_runs,
        expected_runs=wanted,
        ratio_percent=100 * min(1.0, good_runs / wanted) if wanted else None,
        failed_in_row=next((n for n, run in enumerate(ended) if run.outcome != "failed"), len(ended)),
        warned_in_row=next((n for n, run in enumerate(ended) if run.outcome != "warning"), len(ended)),
        last_message=(bad.message or "") if bad else "",
        last_hours=lengths[0] if lengths else None,
        usual_hours=median(lengths[1:11]) if len(lengths) > 3 else None,
        notifies=job.notifies,
        retention=job.retention,
    )


def _missed_in_all(
    at: datetime,
    expected: Sequence[datetime],
    every: timedelta | None,
    last: datetime | None,
    zone: str | None,
    never: bool,
) -> int | None:
    """None: there is no good run, or no schedule that is understood.

    What is due some time after the last run may have to wait for a part of the day.
    """
    if last and every:
        return max(0, int((at - ZONES - last) / every))
    return _missed(at, expected, last, zone) if last and expected else _never(at, expected, never)


def _missed(at: datetime, expected: Sequence[datetime], last: datetime, zone: str | None) -> int:
    """Runs that should have begun after the last good one and before a grace that grows with the period."""
    period = expected[0] - expected[1] if len(expected) > 1 else timedelta(days=1)
    grace = max(timedelta(hours=1), min(period / 2, timedelta(hours=12)))
    shift = timedelta() if zone or period < timedelta(hours=12) else ZONES
    return sum(last + shift < run < at - grace - shift for run in expected)


def _never(at: datetime, expected: Sequence[datetime], never: bool) -> int | None:
    """Where somebody looked and nothing was made: the runs of two days, at most two, as it may be new."""
    due = sum(at - timedelta(days=2) <= run < at - timedelta(hours=1) for run in expected)
    return min(2, due) or None if never else None


def _wanted(at: datetime, expected: Sequence[datetime], recent: Sequence[BackupSession]) -> int | None:
    """Runs that should have been since the oldest one on record: nobody knows of the time before."""
    times = [run.started_at for run in recent if run.started_at]
    if not expected or len(times) < 2:
        return None
    return max(1, sum(min(times) <= run <= at - timedelta(hours=12) for run in expected))


def _hours(run: BackupSession) -> float:
    if run.ended_at is None or run.started_at is None:
        return 0.0
    return max(0.0, (run.ended_at - run.started_at).total_seconds() / 3600)
