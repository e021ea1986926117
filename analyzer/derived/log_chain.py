"""Backups of the logs of databases: how new the newest is, by the rhythm of those before it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from analyzer.joining import sources
from analyzer.site import Site, derived
from collectors.backup_tables import DatabaseRecovery, RestorePoint
from collectors.fact import Fact
from collectors.table import Row, column, table

MOST_GAPS = 50


@table("log_chain", key=("source",), label=("source",), root=("source",))
class LogChain(Row):
    """A database whose log is backed up, or has to be."""

    source: str = column("Server and database")
    model: str | None = column("Recovery model: full, bulk logged, simple; None: not told", default=None)
    logs: int = column("Backups of its log on record", default=0)
    newest_hours: float | None = column("Age of the newest of them", default=None)
    interval_hours: float | None = column("Median of the time between the last 50", default=None)


@dataclass(slots=True)
class _Logs:
    times: list[datetime] = field(default_factory=list)
    newest: Fact[RestorePoint] | None = None


@derived(LogChain, out_of=(RestorePoint, DatabaseRecovery))
def log_chains(site: Site) -> Iterator[Fact[LogChain]]:
    models = {(fact.target, fact.row.database): fact for fact in site.facts(DatabaseRecovery)}
    found: dict[tuple[str, str], _Logs] = {key: _Logs() for key in models}
    for fact in site.facts(RestorePoint):
        at = fact.row.created_at
        if fact.row.kind == "log" and at is not None and at <= site.at and fact.row.complete is not False:
            logs = found.setdefault((fact.target, fact.row.source), _Logs())
            logs.times.append(at)
            if logs.newest is None or at >= (logs.newest.row.created_at or at):
                logs.newest = fact
    for key, logs in sorted(found.items()):
        model = models.get(key)
        times = sorted(logs.times)[-MOST_GAPS - 1 :]
        gaps = [(later - one).total_seconds() / 3600 for one, later in itertools.pairwise(times)]
        row = LogChain(
            source=key[1],
            model=model.row.model if model else None,
            logs=len(logs.times),
            newest_hours=(site.at - times[-1]).total_seconds() / 3600 if times else None,
            interval_hours=median(gaps) if gaps else None,
        )
        yield Fact(key[0], row, sources(logs.newest, model))
