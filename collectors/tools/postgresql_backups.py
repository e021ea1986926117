"""Lists of PostgreSQL backups that others made: Barman and WAL-G, in their JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.backup_tables import BackupRepository, RestorePoint
from collectors.backup_values import count_of, moment_of, object_of, objects_of, text_of, unix_moment
from collectors.collector import reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.question import Answer

_DONE = {"DONE": True, "STARTED": False, "FAILED": False, "EMPTY": False}
"""Others (WAITING_FOR_WALS, SYNCING) may become either."""


def _recognises_barman(text: str) -> float:
    return 0.95 if '"backup_id"' in text and '"end_time_timestamp"' in text else 0.0


@reader("barman-list", fills=(RestorePoint, BackupRepository), recognises=_recognises_barman)
def read_barman(answer: Answer) -> Iterator[Reading]:
    """backups of PostgreSQL by barman list-backup all --format json"""
    if not answer.stdout.strip():
        yield Missing(RestorePoint, "failed", answer.complaint or "barman told nothing")
        return
    servers = object_of(answer.text)
    yield BackupRepository(repository="barman:?", name="", product="barman", reachable=True)
    count = 0
    for server, backups in servers.items():
        if not isinstance(backups, list):
            raise ValueError("a list of backups for each server was expected")
        for number, one in enumerate(backups):
            count += 1
            yield At(_barman_point(server, one), f"{server}[{number}]")
    if not count:
        yield NotHere(RestorePoint, "Barman holds no backup")


def _barman_point(server: str, one: Mapping[str, Any]) -> RestorePoint:
    ended = unix_moment(one.get("end_time_timestamp"))
    return RestorePoint(
        repository="barman:?",
        point=f"{server}/{one['backup_id']}",
        source=server,
        source_name=server,
        source_kind="database",
        job=server,
        kind="full",
        created_at=ended,
        finished_at=ended,
        size_bytes=count_of(one.get("size_bytes")),
        complete=_DONE.get(str(one.get("status"))),
        consistent="application",
    )


def _recognises_walg(text: str) -> float:
    return (
        0.95 if '"backup_name"' in text and ('"wal_file_name"' in text or '"storage_name"' in text) else 0.0
    )


@reader("wal-g-list", fills=(RestorePoint, BackupRepository), recognises=_recognises_walg)
def read_walg(answer: Answer) -> Iterator[Reading]:
    """backups of PostgreSQL by wal-g backup-list --json, best with --detail"""
    if not answer.stdout.strip():
        nothing = "No backups found" in answer.complaint
        yield (
            NotHere(RestorePoint, "WAL-G finds no backup")
            if nothing
            else Missing(RestorePoint, "failed", answer.complaint or "wal-g told nothing")
        )
        return
    backups = objects_of(answer.text)
    yield BackupRepository(repository="wal-g:?", name="", product="wal-g", reachable=True)
    names = {name.partition("_D_")[0]: name for name in (str(one["backup_name"]) for one in backups)}
    for number, one in enumerate(backups):
        yield At(_walg_point(one, names), f"[{number}]")
    if not backups:
        yield NotHere(RestorePoint, "WAL-G finds no backup")


def _walg_point(one: Mapping[str, Any], names: Mapping[str, str]) -> RestorePoint:
    """The name of a backup that builds on another holds `_D_` and the segment of that one, which may build on
    a third. *names*: by the part before `_D_`.
    """
    name, system = str(one["backup_name"]), one.get("system_identifier")
    below = f"base_{name.partition('_D_')[2]}" if "_D_" in name else None
    ended = moment_of(one.get("finish_time")) or moment_of(one.get("time") or one.get("modified"))
    host = text_of(one.get("hostname"))
    return RestorePoint(
        repository="wal-g:?",
        point=name,
        source=f"postgresql:{system}" if system else host or "",
        source_name=host,
        source_kind="database",
        kind="incremental" if below else "full",
        parent=names.get(below, below) if below else None,
        created_at=ended,
        finished_at=ended,
        size_bytes=count_of(one.get("uncompressed_size")),
        stored_bytes=count_of(one.get("compressed_size")),
        complete=True,
        protected=one["is_permanent"] if isinstance(one.get("is_permanent"), bool) else None,
        consistent="application",
    )
