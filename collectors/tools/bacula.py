"""Bacula and Bareos by their catalog: jobs that ran, what they copied, and the volumes it lies on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from collectors.backup_tables import BackupCheck, BackupJob, BackupRepository, BackupSession, RestorePoint
from collectors.backup_values import object_of
from collectors.bacula_rows import jobs_of, rows_of, volume_rows
from collectors.collector import Asking, collector, reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.question import Answer, Form

MOST = 100_000
JOBS = Form(
    (
        "catalog",
        "SELECT Job.JobId, Job.Job, Job.Name, Job.Type, Job.Level, Job.JobStatus, Job.SchedTime,"
        " Job.StartTime, Job.EndTime, Job.RealEndTime, Job.JobTDate, Job.JobFiles, Job.JobBytes,"
        " Job.ReadBytes, Job.JobErrors, Job.PurgedFiles, Client.Name AS ClientName,"
        " FileSet.FileSet AS FileSetName, Pool.Name AS PoolName, Places.Volumes AS Volumes,"
        " Storage.Name AS StorageName FROM Job"
        " LEFT JOIN Client ON Client.ClientId = Job.ClientId"
        " LEFT JOIN FileSet ON FileSet.FileSetId = Job.FileSetId"
        " LEFT JOIN Pool ON Pool.PoolId = Job.PoolId"
        " LEFT JOIN (SELECT JobMedia.JobId, MAX(Media.StorageId) AS StorageId,"
        " COUNT(DISTINCT Media.MediaId) AS Volumes FROM JobMedia"
        " JOIN Media ON Media.MediaId = JobMedia.MediaId GROUP BY JobMedia.JobId) Places"
        " ON Places.JobId = Job.JobId"
        " LEFT JOIN Storage ON Storage.StorageId = Places.StorageId"
        f" ORDER BY Job.JobId DESC LIMIT {MOST}",
    ),
    reads="bacula-jobs",
    why="Jobs that ran, of which client, how they ended, on which storage their copies lie",
    timeout_seconds=300.0,
    max_bytes=256 * 1024 * 1024,
)
MEDIA = Form(
    (
        "catalog",
        "SELECT Media.VolumeName, Media.MediaType, Media.VolStatus, Media.Enabled, Media.VolBytes,"
        " Media.VolRetention, Media.Recycle, Media.FirstWritten, Media.LastWritten, Media.VolErrors,"
        " Pool.Name AS PoolName, Storage.Name AS StorageName FROM Media"
        " LEFT JOIN Pool ON Pool.PoolId = Media.PoolId"
        f" LEFT JOIN Storage ON Storage.StorageId = Media.StorageId ORDER BY Media.MediaId LIMIT {MOST}",
    ),
    reads="bacula-media",
    why="Volumes: size, state, errors, for how long they are kept",
    timeout_seconds=120.0,
    max_bytes=64 * 1024 * 1024,
)


@collector("bacula", system="bacula", asks=(JOBS, MEDIA))
def ask() -> Asking:
    """Bacula and Bareos by their catalog: jobs that ran, copies, volumes"""
    yield JOBS(), MEDIA()


def _table(answer: Answer) -> list[dict[str, Any]]:
    """Rows with their columns. Raises ValueError or LookupError for what is no such answer."""
    told = object_of(answer.text)
    columns, rows = told["columns"], told["rows"]
    if not isinstance(columns, list) or not isinstance(rows, list):
        raise ValueError("columns and rows were expected")
    return [dict(zip(columns, row, strict=True)) for row in rows if isinstance(row, list)]


def _recognises(column: str) -> Any:
    return lambda text: 0.95 if text.startswith('{"columns"') and f'"{column}"' in text[:2000] else 0.0


@reader(
    "bacula-jobs",
    fills=(BackupSession, RestorePoint, BackupCheck, BackupJob),
    recognises=_recognises("jobstatus"),
)
def read_jobs(answer: Answer) -> Iterator[Reading]:
    """jobs in the catalog of Bacula or Bareos"""
    if answer.status:
        for table in (BackupSession, RestorePoint, BackupJob):
            yield Missing(table, "failed", answer.complaint)
        return
    told = _table(answer)
    unread = 0
    for number, one in enumerate(told):
        try:
            for row in rows_of(one):
                yield At(row, f"rows[{number}]")
        except LookupError:
            unread += 1
    yield from jobs_of(told)
    if unread:
        yield Missing(BackupSession, "unreadable", f"{unread} jobs have no number or name")
    if len(told) >= MOST:
        yield Missing(RestorePoint, "truncated", f"only the newest {MOST} jobs were asked for")
    if not told:
        yield NotHere(RestorePoint, "the catalog holds no job")


@reader("bacula-media", fills=(BackupRepository, BackupCheck), recognises=_recognises("volretention"))
def read_media(answer: Answer) -> Iterator[Reading]:
    """volumes in the catalog of Bacula or Bareos"""
    if answer.status:
        yield Missing(BackupRepository, "failed", answer.complaint)
        return
    told = _table(answer)
    yield from volume_rows(told)
    if not told:
        yield NotHere(BackupRepository, "the catalog holds no volume")
