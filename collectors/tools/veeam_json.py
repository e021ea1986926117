"""Veeam Backup & Replication by its REST API, as saved: jobs, sessions, restore points, repositories.

Each answer is an object with a list `data`; what is listed is told by its fields. Also the summary that the
Enterprise Manager gives to monitoring. Source: the REST API reference of Veeam Backup & Replication.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors import veeam_words as words
from collectors.backup_tables import BackupJob, BackupRepository, BackupSession, RestorePoint
from collectors.backup_values import count_of, mapping_of, object_of, text_of
from collectors.collector import reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.question import Answer
from collectors.table import Row

_SHAPES: tuple[tuple[tuple[str, ...], type[Row]], ...] = (
    (("capacityGB", "freeGB"), BackupRepository),
    (("sessionType", "creationTime"), BackupSession),
    (("creationTime", "backupId"), RestorePoint),
    (("platformName", "jobId", "repositoryId"), BackupRepository),
    (("lastResult", "lastRun"), BackupJob),
    (("isDisabled", "storage"), BackupJob),
)
_SUMMARY = ('"job_statistics"', 'otalJobRuns"')


def _recognises(text: str) -> float:
    if all(word in text[:20000] for word in _SUMMARY):
        return 0.95
    beginning = text[:20000]
    listed = '"data"' in beginning and '"pagination"' in text
    known = any(all(f'"{one}"' in beginning for one in needed) for needed, _ in _SHAPES)
    return 0.95 if listed and known else 0.0


@reader(
    "veeam-json",
    fills=(BackupRepository, BackupJob, BackupSession, RestorePoint),
    recognises=_recognises,
)
def read(answer: Answer) -> Iterator[Reading]:
    """answers of Veeam's REST API, and the summary of its Enterprise Manager"""
    told = _lowered(object_of(answer.text))
    if "job_statistics" in told:
        yield from _summary(told)
        return
    listed = told["data"]
    if not isinstance(listed, list):
        raise ValueError("a list was expected")
    for number, one in enumerate(listed):
        yield At(_row(mapping_of(one)), f"data[{number}]")
    total = count_of(mapping_of(told.get("pagination")).get("total"))
    if not listed:
        yield NotHere(BackupJob, "the list is empty")
    elif total is not None and total > len(listed):
        table = _shape(mapping_of(listed[0]))
        yield Missing(table, "truncated", f"{total} are there and {len(listed)} are listed: save every page")


def _lowered(told: Any) -> Any:
    """With names as newer releases write them: capacity for Capacity."""
    if isinstance(told, dict):
        return {name[:1].lower() + name[1:]: _lowered(value) for name, value in told.items()}
    return [_lowered(one) for one in told] if isinstance(told, list) else told


def _shape(one: Mapping[str, Any]) -> type[Row]:
    """Raises LookupError for what tells nothing of copies."""
    found = next((table for needed, table in _SHAPES if set(needed) <= set(one)), None)
    if found is None:
        raise LookupError("fields of a list of Veeam that tells of copies were expected")
    return found


def _row(one: Mapping[str, Any]) -> Row:
    table = _shape(one)
    if table is BackupRepository:
        return _repository(one)
    if table is BackupSession:
        return _session(one)
    return _point(one) if table is RestorePoint else _job(one)


def _repository(one: Mapping[str, Any]) -> BackupRepository:
    """A repository with its state, or a backup, which is the place that restore points name."""
    if "capacityGB" not in one:
        place = text_of(one.get("repositoryName")) or f"repository {one['repositoryId']}"
        return BackupRepository(
            repository=words.repository(f"backup {one['id']}"),
            name=f"{place}: {one.get('name')}",
            product="veeam",
        )
    name, online = str(one["name"]), one.get("isOnline")
    kind = text_of(one.get("type"))
    return BackupRepository(
        repository=words.repository(name),
        name=name,
        product="veeam",
        kind=words.kind_of(kind),
        location=text_of(one.get("path")),
        host=text_of(one.get("hostName")),
        path=text_of(one.get("path")),
        size_bytes=words.gigabytes(one["capacityGB"]),
        free_bytes=words.gigabytes(one["freeGB"]),
        used_bytes=words.gigabytes(one.get("usedSpaceGB")),
        reachable=online if isinstance(online, bool) else None,
        lock_mode="hardened" if "hardened" in (kind or "").lower() else None,
    )


def _session(one: Mapping[str, Any]) -> BackupSession:
    result = mapping_of(one.get("result"))
    outcome = words.outcome(result.get("result"), one.get("state"))
    name = text_of(one.get("name")) or ""
    return BackupSession(
        product="veeam",
        server="?",
        session=str(one["id"]),
        job=text_of(one.get("jobId")) or name,
        purpose=_purpose(text_of(one.get("sessionType")) or ""),
        started_at=words.moment(one["creationTime"]),
        ended_at=None if outcome == "running" else words.moment(one.get("endTime")),
        outcome=outcome,
        message=text_of(result.get("message")),
    )


def _purpose(told: str) -> str:
    """Of a session or a job, by its type."""
    lower = told.lower()
    for part, purpose in (
        ("surebackup", "verify"),
        ("replica", "replication"),
        ("copy", "copy"),
        ("restore", "restore"),
        ("recovery", "restore"),
    ):
        if part in lower:
            return purpose
    return "backup"


def _point(one: Mapping[str, Any]) -> RestorePoint:
    """Which repository it lies in stands in the list of backups only."""
    name = text_of(one.get("name")) or str(one["id"])
    return RestorePoint(
        repository=words.repository(f"backup {one['backupId']}"),
        point=str(one["id"]),
        source=name,
        source_name=name,
        created_at=words.moment(one["creationTime"]),
    )


def _job(one: Mapping[str, Any]) -> BackupJob:
    """A job as configured (`/jobs`), or as it stands (`/jobs/states`)."""
    storage, schedule = mapping_of(one.get("storage")), mapping_of(one.get("schedule"))
    kept = mapping_of(storage.get("retentionPolicy"))
    chosen = mapping_of(one.get("virtualMachines"))
    place = text_of(one.get("repositoryName"))
    result = words.outcome(one.get("lastResult"), one.get("status"))
    off, automatic = one.get("isDisabled"), schedule.get("runAutomatically")
    aware = mapping_of(mapping_of(one.get("guestProcessing")).get("appAwareProcessing")).get("isEnabled")
    quantity = count_of(kept.get("quantity"))
    running = text_of(one.get("status"))
    return BackupJob(
        product="veeam",
        server="?",
        job=str(one["id"]),
        name=text_of(one.get("name")) or str(one["id"]),
        purpose=_purpose(text_of(one.get("type")) or ""),
        enabled=not off if isinstance(off, bool) else running != "disabled" if running else None,
        schedule="" if automatic is False else None,
        next_run_at=words.moment(one.get("nextRun")),
        last_run_at=words.moment(one.get("lastRun")),
        last_outcome=result,
        selects=_names(chosen.get("includes")),
        excludes=_names(mapping_of(chosen.get("excludes")).get("vms")),
        repository=words.repository(place) if place else None,
        retention=f"{quantity} {kept.get('type')}" if quantity else None,
        application_aware=aware if isinstance(aware, bool) else None,
    )


def _names(told: Any) -> str | None:
    objects = [mapping_of(one) for one in told] if isinstance(told, list) else []
    named = (text_of(mapping_of(one.get("inventoryObject")).get("name")) for one in objects)
    return "\n".join(one for one in named if one) or None


def _summary(told: Mapping[str, Any]) -> Iterator[Reading]:
    """Repositories with their space, and how the runs of the last day ended, all jobs together."""
    listed = mapping_of(told.get("repository")).get("periods")
    for number, one in enumerate(listed if isinstance(listed, list) else ()):
        period = mapping_of(one)
        name = str(period["name"])
        row = BackupRepository(
            repository=words.repository(name),
            name=name,
            product="veeam",
            size_bytes=count_of(period.get("capacity")),
            free_bytes=count_of(period.get("freeSpace")),
            used_bytes=count_of(period.get("backupSize")),
        )
        yield At(row, f"repository.periods[{number}]")
    runs = mapping_of(told["job_statistics"])
    total, failed = count_of(runs.get("totalJobRuns")), count_of(runs.get("failedJobRuns"))
    warned = count_of(runs.get("warningsJobRuns"))
    lost = count_of(mapping_of(told.get("overview")).get("failedVmLastestStates"))
    if total is None or failed is None:
        yield Missing(BackupSession, "unreadable", "the summary tells no number of runs")
        return
    session = BackupSession(
        product="veeam",
        server="?",
        session="summary",
        job="all jobs",
        outcome="failed" if failed or lost else "warning" if warned else "ok" if total else None,
        message=f"{failed} of {total} runs failed, {warned or 0} with warnings; {lost or 0} machines failed",
    )
    yield At(session, "job_statistics")
