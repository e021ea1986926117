"""Backups of SQL Server as its own history tells them: msdb.dbo.backupset, exported as CSV or JSON.

The query, for `sqlcmd`, `Invoke-Sqlcmd | ConvertTo-Csv` or SQL Server Management Studio::

    SELECT s.server_name, s.database_name, s.type, s.backup_set_uuid, s.backup_start_date,
           s.backup_finish_date, s.backup_size, s.compressed_backup_size, s.is_damaged,
           s.has_backup_checksums, s.encryptor_type, s.user_name, s.recovery_model, f.physical_device_name,
           DATEPART(TZOFFSET, SYSDATETIMEOFFSET()) AS offset_minutes
    FROM msdb.dbo.backupset s JOIN msdb.dbo.backupmediafamily f ON f.media_set_id = s.media_set_id
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from collectors.backup_tables import BackupRepository, DatabaseRecovery, RestorePoint
from collectors.backup_values import moment_of
from collectors.collector import reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.plain_text import whole_number
from collectors.question import Answer

_KINDS = {"D": "full", "I": "differential", "L": "log", "F": "full", "G": "differential", "P": "full",
          "Q": "differential"}  # fmt: skip
_DATE = re.compile(r"/Date\((-?\d{1,15})")
_EVER = datetime.min.replace(tzinfo=UTC)
_NEEDED = ("database_name", "backup_finish_date", "type")


def _recognises(text: str) -> float:
    return 0.95 if all(name in text[:4000] for name in _NEEDED) else 0.0


@reader(
    "sql-server-history", fills=(RestorePoint, BackupRepository, DatabaseRecovery), recognises=_recognises
)
def read(answer: Answer) -> Iterator[Reading]:
    """backups of SQL Server by its own history, exported with the documented query"""
    rows = list(_rows(answer.text))
    places: set[tuple[str, str]] = set()
    models: dict[str, tuple[datetime, str]] = {}
    unread = 0
    for number, row in enumerate(rows, 1):
        if not row.get("database_name") or not row.get("type"):
            unread += 1
            continue
        point = _point(row)
        places.add(_place(row))
        if told := _text(row, "recovery_model"):
            at = point.created_at or _EVER
            models[point.source] = max(
                models.get(point.source, (at, "")), (at, told.lower().replace("_", " "))
            )
        yield At(point, f"row {number}")
    for database, model in sorted(models.items()):
        yield DatabaseRecovery(database=database, model=model[1])
    for host, folder in sorted(places):
        yield BackupRepository(
            repository=f"mssql:{host}:{folder}",
            name=folder,
            product="mssql",
            location=folder,
            host=host or None,
            path=folder,
        )
    if unread:
        yield Missing(RestorePoint, "unreadable", f"{unread} rows name no database or no type")
    if not rows:
        yield NotHere(RestorePoint, "the history of SQL Server holds no backup")


def _rows(text: str) -> Iterator[Mapping[str, Any]]:
    """Rows of JSON, or of a table with commas, semicolons, tabs or bars; sqlcmd's line of dashes is none."""
    if text.lstrip()[:1] in ("[", "{"):
        told = json.loads(text)
        yield from (one for one in (told if isinstance(told, list) else [told]) if isinstance(one, dict))
        return
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith(("#TYPE", "("))]
    lines = [line for line in lines if not re.fullmatch(r"[-,;|\t ]+", line)]
    if not lines or not all(name in lines[0] for name in _NEEDED):
        raise ValueError("the columns of the documented query were expected")
    separator = max(",;|\t", key=lines[0].count)
    table = csv.DictReader(io.StringIO("\n".join(lines)), delimiter=separator, skipinitialspace=True)
    for row in table:
        yield {
            (name or "").strip(): (value or "").strip()
            for name, value in row.items()
            if isinstance(value, str)
        }


def _point(row: Mapping[str, Any]) -> RestorePoint:
    server, database = _text(row, "server_name") or "", str(row["database_name"])
    host, folder = _place(row)
    begun, ended = _time(row, "backup_start_date"), _time(row, "backup_finish_date")
    damaged = _text(row, "is_damaged")
    algorithm = _text(row, "encryptor_type")
    return RestorePoint(
        repository=f"mssql:{host}:{folder}",
        point=_text(row, "backup_set_uuid") or f"{database} {row.get('backup_finish_date')}",
        source=f"{server}/{database}",
        source_name=database,
        source_kind="database",
        paths=database,
        kind=_KINDS.get(str(row["type"]).strip().upper()[:1]),
        created_at=begun,
        finished_at=ended,
        size_bytes=whole_number(_text(row, "backup_size")),
        stored_bytes=whole_number(_text(row, "compressed_backup_size")),
        complete=True if ended is not None else None,
        verified="failed" if damaged in ("1", "True", "true") else None,
        encrypted=True if algorithm else None,
        consistent="application",
        owner=_text(row, "user_name"),
    )


def _place(row: Mapping[str, Any]) -> tuple[str, str]:
    """Host and folder of the file: a share is on its server, anything else on the SQL Server's own.

    A virtual device ({GUID}) is that of another product, which took the backup away.
    """
    device, server = _text(row, "physical_device_name"), _text(row, "server_name") or ""
    if not device:
        return server, "unknown device"
    folder = device if device.startswith("{") else re.sub(r"[\\/][^\\/]*$", "", device) or device
    share = re.match(r"\\\\([^\\]+)\\", device)
    return (share[1], folder) if share else (server.partition("\\")[0], folder)


def _text(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    told = "" if value is None else str(value).strip()
    return None if told in ("", "NULL") else told


def _time(row: Mapping[str, Any], name: str) -> datetime | None:
    """A time of the server's own clock; UTC if the query told no offset."""
    told = _text(row, name)
    if told is None:
        return None
    if stamp := _DATE.match(told):  # PowerShell 5.1 has turned it into UTC already
        return datetime.fromtimestamp(int(stamp[1]) / 1000, UTC)
    at = moment_of(told[:23])
    minutes = whole_number(_text(row, "offset_minutes"))
    return at - timedelta(minutes=minutes) if at and minutes is not None and abs(minutes) < 1000 else at
