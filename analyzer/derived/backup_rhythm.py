"""At which hours of the week backups run: a row for each hour in which something was or should have been.

Runs are taken from the record of the product; where it keeps none, from the times of the copies. Copies are
pruned, so of them only those that should have followed the newest are missed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median

from analyzer.derived.job_record import ZONES, job_key, jobs_of, same_named, sessions_of
from analyzer.joining import sources
from analyzer.schedule import understood
from analyzer.site import Site, derived
from collectors.backup_tables import BackupJob, BackupRepository, BackupSession, RestorePoint
from collectors.fact import Fact
from collectors.guest_backup_tables import GuestBackupJob
from collectors.table import Row, column, table

WEEKS = 4
"""So far back is looked."""


@table("backup_rhythm", key=("product", "server", "job", "week_day", "hour"), label=("name",), root=("job",))
class BackupRhythm(Row):
    """Runs of one job that begin in one hour of the week, over four weeks. Hours are UTC."""

    product: str = column("Product that runs it; empty: not told")
    server: str = column("Machine or instance that runs it", default="")
    job: str = column("Identity of the job; of the repository, where copies name none")
    name: str = column("Its name")
    week_day: int = column("0: Monday to 6: Sunday")
    hour: int = column("0 to 23, UTC")
    good: int = column("Runs that did not fail; copies made", default=0)
    failed: int = column("Runs that failed", default=0)
    missed: int = column("Runs that its schedule asks for and that were not", default=0)


@dataclass(slots=True)
class _Runs:
    """Times of runs by whether they failed; *pruned*: they are copies, of which old ones are taken away."""

    good: set[datetime] = field(default_factory=set)
    failed: set[datetime] = field(default_factory=set)
    pruned: bool = False


@derived(BackupRhythm, out_of=(BackupJob, GuestBackupJob, BackupSession, RestorePoint, BackupRepository))
def backup_rhythm(site: Site) -> Iterator[Fact[BackupRhythm]]:
    shared = site.once(same_named)
    of_jobs, of_places = _copies(site, shared)
    sessions = sessions_of(site)
    named: set[str] = set()
    for fact in site.once(jobs_of):
        job = fact.row
        keys = [job_key(fact.target, name, shared) for name in (job.name, job.job)]
        named |= {*keys}
        if (job.purpose or "backup") not in ("backup", "copy"):
            continue
        told = sessions.get((job.product, job.server, job.job), [])
        runs = _of_sessions(site.at, [one.row for one in told])
        if not runs.good | runs.failed:
            runs = of_jobs.get(keys[0]) or of_jobs.get(keys[1]) or _Runs()
        for row in _rows(job, runs, _missed(site.at, job, runs)):
            yield Fact(fact.target, row, sources(fact))
    for name in sorted(set(of_jobs) - named):
        yield from _unplanned(site, of_jobs[name], name, name)
    stores = {fact.row.repository: fact.row.name for fact in site.facts(BackupRepository)}
    for place in sorted(of_places):
        yield from _unplanned(site, of_places[place], place, stores.get(place, place))


def _unplanned(site: Site, runs: _Runs, job: str, name: str) -> Iterator[Fact[BackupRhythm]]:
    """Copies of which no schedule is known."""
    for row in _rows(BackupJob(product="", job=job, name=name), runs, []):
        yield Fact(site.name, row)


def _copies(site: Site, shared: frozenset[str]) -> tuple[dict[str, _Runs], dict[str, _Runs]]:
    """Times of copies by job, and by repository where they name no job."""
    of_jobs: dict[str, _Runs] = {}
    of_places: dict[str, _Runs] = {}
    since = site.at - timedelta(weeks=WEEKS)
    for fact in site.facts(RestorePoint):
        row = fact.row
        if row.created_at is None or not since < row.created_at <= site.at:
            continue
        found, name = of_places, row.repository
        if row.job:
            found, name = of_jobs, job_key(fact.target, row.job, shared)
        runs = found.setdefault(name, _Runs(pruned=True))
        (runs.failed if row.complete is False else runs.good).add(_minute(row.created_at))
    return of_jobs, of_places


def _of_sessions(at: datetime, rows: Sequence[BackupSession]) -> _Runs:
    runs = _Runs()
    for row in rows:
        began = row.started_at or row.ended_at
        if began and at - timedelta(weeks=WEEKS) < began <= at and row.outcome != "running":
            (runs.failed if row.outcome == "failed" else runs.good).add(_minute(began))
    return runs


def _minute(at: datetime) -> datetime:
    """One run makes copies of many sources within the minute."""
    return at.astimezone(UTC).replace(second=0, microsecond=0)


def _missed(at: datetime, job: BackupJob, runs: _Runs) -> list[datetime]:
    """When runs should have begun between the first and now that did not."""
    schedule = understood(job.schedule, job.schedule_kind)
    times = sorted(runs.good | runs.failed)
    if schedule is None or not times or job.enabled is False:
        return []
    wanted = [run for _, run in zip(range(WEEKS * 7 * 24), schedule.before(at + ZONES), strict=False)]
    if len(wanted) < 2:
        return []
    period = wanted[0] - wanted[1]
    shift = _shift(wanted, times, ZONES if period >= timedelta(hours=12) else period / 2)
    grace = max(timedelta(hours=1), min(period / 2, timedelta(hours=12)))
    begin = times[-1] if runs.pruned else times[0]
    due = [run + shift for run in wanted if begin + grace < run + shift < at - grace]
    return [run for run in due if _distance(run, times) > grace]


def _shift(wanted: Sequence[datetime], times: Sequence[datetime], most: timedelta) -> timedelta:
    """How much later than written the runs usually begin: zones are seldom told, and queues take time."""
    waits = [(_nearest(run, times) - run).total_seconds() for run in wanted]
    near = [wait for wait in waits if abs(wait) <= most.total_seconds()]
    return timedelta(seconds=median(near)) if near else timedelta()


def _nearest(at: datetime, times: Sequence[datetime]) -> datetime:
    place = bisect_left(times, at)
    return min(times[max(0, place - 1) : place + 1], key=lambda one: abs(one - at))


def _distance(at: datetime, times: Sequence[datetime]) -> timedelta:
    return abs(_nearest(at, times) - at)


def _rows(job: BackupJob, runs: _Runs, missed: Sequence[datetime]) -> Iterator[BackupRhythm]:
    good, failed, gone = (
        Counter((one.weekday(), one.hour) for one in times) for times in (runs.good, runs.failed, missed)
    )
    for week_day, hour in sorted({*good, *failed, *gone}):
        yield BackupRhythm(
            product=job.product,
            server=job.server,
            job=job.job,
            name=job.name,
            week_day=week_day,
            hour=hour,
            good=good[week_day, hour],
            failed=failed[week_day, hour],
            missed=gone[week_day, hour],
        )
