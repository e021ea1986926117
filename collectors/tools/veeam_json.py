"""Veeam Backup & Replication by its REST API, as saved: jobs, sessions, restore points, repositories.

Each answer is an object with a list `data`; what is listed is told by its fields. Also the summary that the
Enterprise Manager gives to monitoring. Source: the REST API reference of Veeam Backup & Replication.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from collectors import veeam_places, veeam_runs
from collectors import veeam_words as words
from collectors.backup_tables import (
    BackupChain,
    BackupCheck,
    BackupJob,
    BackupRepository,
    BackupSession,
    RestorePoint,
)
from collectors.backup_values import count_of, mapping_of, object_of
from collectors.collector import reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.question import Answer
from collectors.table import Row

Told = Mapping[str, Any]
Decode = Callable[[Told], Row | Iterator[Row] | None]
_SHAPES: tuple[tuple[tuple[str, ...], type[Row], Decode], ...] = (
    (("capacityGB", "freeGB"), BackupRepository, veeam_places.state),
    (("sessionType", "sessionId"), BackupCheck, veeam_runs.check),
    (("sessionType", "creationTime"), BackupSession, veeam_runs.session),
    (("creationTime", "backupId"), RestorePoint, veeam_places.point),
    (("platformName", "repositoryId"), BackupChain, veeam_places.chain),
    (("performanceTier",), BackupRepository, veeam_places.scale_out),
    (("lastResult", "status"), BackupJob, veeam_runs.job),
    (("isDisabled",), BackupJob, veeam_runs.job),
    (("restorePointsToKeep", "isEnabled"), BackupJob, veeam_runs.configuration),
    (("hostId", "repository"), BackupRepository, veeam_places.repository),
    (("type", "bucket"), BackupRepository, veeam_places.repository),
    (("type", "share"), BackupRepository, veeam_places.repository),
)
"""Fields that tell a list, the more particular one first → what it lists and how it reads."""
_SUMMARY = ('"job_statistics"', 'otalJobRuns"')


def _recognises(text: str) -> float:
    if all(word in text[:20000] for word in _SUMMARY):
        return 0.95
    beginning = text[:20000]
    listed = '"data"' in beginning and '"pagination"' in text
    known = any(all(f'"{one}"' in beginning for one in needed) for needed, _, _ in _SHAPES)
    return 0.95 if listed and known else 0.0


@reader(
    "veeam-json",
    fills=(BackupRepository, BackupJob, BackupSession, BackupChain, RestorePoint, BackupCheck),
    recognises=_recognises,
)
def read(answer: Answer) -> Iterator[Reading]:
    """answers of Veeam's REST API, and the summary of its Enterprise Manager"""
    told = lowered(object_of(answer.text))
    if "job_statistics" in told:
        yield from _summary(told)
        return
    listed = told["data"]
    if not isinstance(listed, list):
        raise ValueError("a list was expected")
    for number, one in enumerate(listed):
        item = mapping_of(one)
        yield from rows_at(_shape(item)[1], item, number)
    total = count_of(mapping_of(told.get("pagination")).get("total"))
    if not listed:
        yield NotHere(BackupJob, "the list is empty")
    elif total is not None and total > len(listed):
        table = _shape(mapping_of(listed[0]))[0]
        yield Missing(table, "truncated", f"{total} are there and {len(listed)} are listed: save every page")


def rows_at(decode: Decode, item: Told, number: int) -> Iterator[At[Row]]:
    """The rows of one element of `data`, with their place."""
    told = decode(item)
    if isinstance(told, Row):
        yield At(told, f"data[{number}]")
    elif told is not None:
        yield from (At(row, f"data[{number}]") for row in told)


def lowered(told: Any) -> Any:
    """With names as newer releases write them: capacity for Capacity."""
    if isinstance(told, dict):
        return {name[:1].lower() + name[1:]: lowered(value) for name, value in told.items()}
    return [lowered(one) for one in told] if isinstance(told, list) else told


def _shape(one: Told) -> tuple[type[Row], Decode]:
    """Raises LookupError for what tells nothing of copies."""
    found = next((shape[1:] for shape in _SHAPES if set(shape[0]) <= set(one)), None)
    if found is None:
        raise LookupError("fields of a list of Veeam that tells of copies were expected")
    return found


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
