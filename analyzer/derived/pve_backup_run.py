"""Runs of vzdump by node and guest: how the newest one ended, and how many failed in a row.

A job for several guests is one task on each node, without the number of a guest.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from analyzer.joining import sources
from analyzer.site import Site, derived
from collectors.fact import Fact
from collectors.guest_backup_tables import HypervisorTask
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


@derived(BackupRun, out_of=(HypervisorTask,))
def backup_run(site: Site) -> Iterator[Fact[BackupRun]]:
    found: dict[tuple[str, str, str], list[Fact[HypervisorTask]]] = {}
    for fact in site.facts(HypervisorTask):
        row = fact.row
        if row.kind == "vzdump" and (row.ended_at is not None or row.outcome is not None):
            found.setdefault((fact.target, row.node or "", row.guest or ""), []).append(fact)
    for (target, node, guest), facts in found.items():
        facts.sort(key=lambda fact: (fact.row.started_at or _EVER, fact.row.task), reverse=True)
        rows = [fact.row for fact in facts]
        in_row = next((n for n, row in enumerate(rows) if row.succeeded is not False), len(rows))
        failed = next((row for row in rows if row.succeeded is False), None)
        run = BackupRun(
            node=node,
            guest=guest,
            runs=len(rows),
            outcome=rows[0].outcome,
            succeeded=rows[0].succeeded,
            age_hours=_hours(site.at, rows[0].started_at),
            failed_in_row=in_row,
            failures=sum(row.succeeded is False for row in rows),
            failure_hours=_hours(site.at, failed.started_at) if failed else None,
        )
        yield Fact(target, run, sources(*facts[:3]))


def _hours(at: datetime, then: datetime | None) -> float | None:
    return (at - then).total_seconds() / 3600 if then else None
