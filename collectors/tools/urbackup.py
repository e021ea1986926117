"""UrBackup: the status of its clients as its web interface tells it in JSON (`/x?a=status`), as saved.

Source: the API of UrBackup's web interface, and the administration manual.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.backup_tables import BackupJob, BackupRepository, RestorePoint
from collectors.backup_values import count_of, object_of, text_of, unix_moment
from collectors.collector import reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.question import Answer

_PLACE = "urbackup:?"
_SORTS = (
    ("file", "lastbackup", "file_ok", "file_disabled", "files"),
    ("image", "lastbackup_image", "image_ok", "image_disabled", "host"),
)


def _recognises(text: str) -> float:
    known = ('"status"', '"lastbackup"', '"lastbackup_image"')
    return 0.95 if all(one in text[:200_000] for one in known) else 0.0


@reader("urbackup-status", fills=(BackupJob, RestorePoint, BackupRepository), recognises=_recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """clients of UrBackup with their last file and image backups"""
    listed = object_of(answer.text)["status"]
    if not isinstance(listed, list):
        raise ValueError("a list of clients was expected")
    yield BackupRepository(repository=_PLACE, name="UrBackup", product="urbackup", host="?")
    unread = 0
    for number, one in enumerate(listed):
        if not isinstance(one, dict) or not text_of(one.get("name")):
            unread += 1
            continue
        for row in _rows(one):
            yield At(row, f"status[{number}]")
    if unread:
        yield Missing(RestorePoint, "unreadable", f"{unread} clients have no name")
    if not listed:
        yield NotHere(RestorePoint, "the server has no client")


def _rows(one: Mapping[str, Any]) -> Iterator[BackupJob | RestorePoint]:
    """For each sort of backup that is switched on a job, and the newest copy if there is one.

    `…_ok` tells whether the newest copy is as young as the settings want it.
    """
    name = str(one["name"])
    for sort, last, fine, off, kind in _SORTS:
        at, good, disabled = unix_moment(one.get(last)), one.get(fine), one.get(off)
        if disabled is True:
            continue
        yield BackupJob(
            product="urbackup",
            server="?",
            job=f"{name} {sort}",
            name=f"{sort} backup of {name}",
            purpose="backup",
            enabled=True if disabled is False else None,
            last_success_at=at,
            last_outcome="failed" if good is False else "ok" if good is True else None,
            selects=name,
            repository=_PLACE,
        )
        if at is not None:
            issues = count_of(one.get("last_filebackup_issues")) if sort == "file" else None
            yield RestorePoint(
                repository=_PLACE,
                point=f"{name} {sort} {int(at.timestamp())}",
                source=name,
                source_name=name,
                source_kind=kind,
                job=f"{name} {sort}",
                created_at=at,
                # files that could not be read do not make the others worthless
                complete=None if issues else True,
            )
