"""Runs of vzdump by node and guest: how the newest one ended, how fast it was, and how many failed in a row.

A job for several guests is one task on each node, without the number of a guest; where its log was read, each
guest counts by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from analyzer.ages import hours_between
from analyzer.joining import sources
from analyzer.site import Site, derived
from collectors.fact import Fact
from collectors.frozen import frozen
from collectors.guest_backup_tables import GuestBackupRun, HypervisorTask
from collectors.table import Row, column, table

_EVER = datetime.min.replace(tzinfo=UTC)


@table("backup_run", key=("node", "guest"), root=("node",))
class BackupRun(Row):
    """Backups of one guest, or of several together, on one node."""

    node: str = column("Node they ran on")
    guest: str = column("Number of the guest; empty: several together", default="")
    runs: int = column("Ended runs on record")
    outcome: str | None = column("How the newest ended, in the hypervisor's words", default=None)
    succeeded: bool | None = column("The newest ended well; None: not told", default=None)
    age_hours: float | None = column("Since the newest began", default=None)
    failed_in_row: int = column("Failed runs since the last good one", default=0)
    failures: int = column("Failed runs on record", default=0)
    failure_hours: float | None = column("Since the last failed run began", default=None)
    duration_seconds: float | None = column("How long the newest good one took", default=None)
    usual_seconds: float | None = column("Median duration of the good ones before it", default=None)
    transferred_bytes: int | None = column("What the newest good one read", default=None)
    bytes_per_second: float | None = column("How fast the newest good one read", default=None)
    archive_bytes: int | None = column("What the newest good one wrote", default=None)


@frozen
class _Try:
    """One backup that ended."""

    at: datetime | None
    name: str
    succeeded: bool | None
    outcome: str | None
    fact: Fact[HypervisorTask] | Fact[GuestBackupRun]
    run: GuestBackupRun | None = None


@derived(BackupRun, out_of=(HypervisorTask, GuestBackupRun))
def backup_run(site: Site) -> Iterator[Fact[BackupRun]]:
    found: dict[tuple[str, str, str], list[_Try]] = {}
    logs: dict[tuple[str, str], list[Fact[GuestBackupRun]]] = {}
    for log in site.facts(GuestBackupRun):
        logs.setdefault((log.target, log.row.task), []).append(log)
    for fact in site.facts(HypervisorTask):
        row = fact.row
        if row.kind != "vzdump" or (row.ended_at is None and row.outcome is None):
            continue
        for guest, one in _tries(fact, logs.get((fact.target, row.task), [])):
            found.setdefault((fact.target, row.node or "", guest), []).append(one)
    for (target, node, guest), tries in found.items():
        tries.sort(key=lambda one: (one.at or _EVER, one.name), reverse=True)
        yield Fact(target, _row(site.at, node, guest, tries), sources(*(one.fact for one in tries[:3])))


def _tries(fact: Fact[HypervisorTask], logs: list[Fact[GuestBackupRun]]) -> Iterator[tuple[str, _Try]]:
    """The task by guests as its log tells them; as a whole where it was not read or names none."""
    task = fact.row
    if not logs:
        yield task.guest or "", _Try(task.started_at, task.task, task.succeeded, task.outcome, fact)
    for log in logs:
        run = log.row
        outcome = run.outcome or task.outcome
        started = run.started_at or task.started_at
        yield run.guest.rpartition("/")[2], _Try(started, run.task, run.succeeded, outcome, log, run)


def _row(at: datetime, node: str, guest: str, tries: list[_Try]) -> BackupRun:
    in_row = next((n for n, one in enumerate(tries) if one.succeeded is not False), len(tries))
    failed = next((one for one in tries if one.succeeded is False), None)
    good = [one.run for one in tries if one.run is not None and one.succeeded]
    durations = sorted(run.duration_seconds for run in good[1:] if run.duration_seconds is not None)
    return BackupRun(
        node=node,
        guest=guest,
        runs=len(tries),
        outcome=tries[0].outcome,
        succeeded=tries[0].succeeded,
        age_hours=hours_between(tries[0].at, at),
        failed_in_row=in_row,
        failures=sum(one.succeeded is False for one in tries),
        failure_hours=hours_between(failed.at, at) if failed else None,
        duration_seconds=good[0].duration_seconds if good else None,
        usual_seconds=durations[len(durations) // 2] if len(durations) > 1 else None,
        transferred_bytes=good[0].transferred_bytes if good else None,
        bytes_per_second=good[0].bytes_per_second if good else None,
        archive_bytes=good[0].archive_bytes if good else None,
    )
