"""Lists that Veeam's PowerShell writes as CSV: repositories, jobs, sessions, restore points, guests.

The columns tell which list it is: those of the PowerShell objects, as the widespread health check of Veeam
exports them, and the lists of sessions and restore points of docs/backups.md. Lists of proxies, licences,
roles and so on tell nothing of copies and are refused. A time without its zone is taken for UTC.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping

from collectors import veeam_words as words
from collectors.backup_tables import BackupCheck, BackupJob, BackupRepository, BackupSession, RestorePoint
from collectors.collector import reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.guest_backup_tables import GuestNotBackedUp
from collectors.plain_text import whole_number
from collectors.question import Answer
from collectors.table import Row

Line = Mapping[str, str]
_UNSET = "00000000-0000-0000-0000-000000000000"


def _columns(text: str) -> set[str]:
    """Names in the first line; PowerShell may put a line with the type before it."""
    lines = text.lstrip("\ufeff").split("\n", 2)
    head = lines[1] if len(lines) > 1 and lines[0].startswith("#TYPE") else lines[0]
    return {one.strip().strip('"') for one in re.split("[,;\t]", head)}


def _list_of(text: str) -> str | None:
    columns = _columns(text[:8000])
    return next((name for needed, name in _LISTS if set(needed.split()) <= columns), None)


def _recognises(text: str) -> float:
    return 0.93 if _list_of(text) else 0.0


_FILLS = (BackupRepository, BackupJob, BackupSession, RestorePoint, BackupCheck, GuestNotBackedUp)
_TABLE_OF: dict[str, type[Row]] = {
    "repository": BackupRepository,
    "scale-out": BackupRepository,
    "capacity": BackupRepository,
    "job": BackupJob,
    "configuration": BackupJob,
    "session": BackupSession,
    "point": RestorePoint,
    "infected": BackupCheck,
    "protected": BackupJob,
    "unprotected": GuestNotBackedUp,
    "machines": BackupJob,
}
_LISTS = (
    ("Name FriendlyPath CachedTotalSpace CachedFreeSpace", "repository"),
    ("Name Extents EnableCapacityTier", "scale-out"),
    ("Immute immutabilityperiod RepoId", "capacity"),
    ("Name Target LastResult EncryptionOptions", "configuration"),
    ("JobName CreationTime EndTime Result", "session"),
    ("Name CreationTime IsConsistent IsCorrupted Repository", "point"),
    ("ObjectName DetectionTime RestorePointId", "infected"),
    ("Name PowerState ProvisionedSize Path Type", "unprotected"),
    ("Name PowerState ProvisionedSize Path", "protected"),
    ("Name HostName ProtectionGroupId DiscoveryTime", "machines"),
    ("Name RepoName RetentionType", "job"),
    ("Name ScheduleOptions JobType", "job"),
    ("Name ScheduleOptions Description", "job"),
    ("Name SourceVMs RPOSeconds", "job"),
    ("Name Tenant ShortTermRepo", "job"),
)
"""Columns that tell a list, the more particular one first → what it lists."""


@reader("veeam-export", fills=_FILLS, recognises=_recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """lists that Veeam's PowerShell exports as CSV"""
    sort = _list_of(answer.text)
    if sort is None:
        raise ValueError("the columns are those of no list of Veeam that tells of copies")
    if sort == "machines":
        raise ValueError("protected and unprotected machines are listed with the same columns: not usable")
    table, lines = _TABLE_OF[sort], list(_lines(answer.text))
    if not lines:
        yield NotHere(table, "the list is empty")
    elif sort == "protected":
        yield _selected([name for _, line in lines if (name := words.first_of(line, "Name"))])
    else:
        rows = [(number, _row(sort, line)) for number, line in lines]
        yield from (At(row, f"line {number}") for number, row in rows if row is not None)
        unread = sum(row is None for _, row in rows)
        if unread:
            yield Missing(table, "unreadable", f"{unread} lines hold no name")


def _lines(text: str) -> Iterator[tuple[int, Line]]:
    told = text.lstrip("\ufeff").replace("\0", "")
    first = 1
    if told.startswith("#TYPE"):
        told, first = told.partition("\n")[2], 2
    head = told.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    rows = csv.reader(io.StringIO(told), delimiter=separator)
    try:
        columns = [one.strip() for one in next(rows, [])]
        for values in rows:
            if any(value.strip() for value in values):
                yield rows.line_num + first - 1, dict(zip(columns, values, strict=False))
    except csv.Error as error:
        raise ValueError(f"the list is broken: {error}") from error


def _row(sort: str, line: Line) -> Row | None:
    match sort:
        case "repository":
            return _repository(line)
        case "scale-out" | "capacity":
            return _tier(sort, line)
        case "session":
            return _session(line)
        case "point":
            return _point(line)
        case "infected":
            return _infected(line)
        case "unprotected":
            name = words.first_of(line, "Name")
            place = words.first_of(line, "Path") or ""
            return GuestNotBackedUp(guest=f"{place}\\{name}".lstrip("\\"), name=name) if name else None
        case _:
            return _job(sort, line)


def _repository(line: Line) -> BackupRepository | None:
    """Also an extent of a scale-out repository, which is called after both. Sizes are in GB there."""
    name, path = words.first_of(line, "Name"), words.first_of(line, "Path", "FullPath")
    if name is None:
        return None
    whole = words.first_of(line, "SOBR_Name")
    shown = words.first_of(line, "FriendlyPath") or ""
    host = shown.removesuffix(path or "").rstrip("\\/:") if path and shown.endswith(path) else None
    away = words.truth(line.get("IsUnavailable"))
    kind = words.first_of(line, "Type") or ""
    hardened = "hardened" in kind.lower()
    return BackupRepository(
        repository=words.repository(f"{whole}/{name}" if whole else name),
        name=f"{whole}/{name}" if whole else name,
        product="veeam",
        kind=words.kind_of(kind),
        location=shown or path,
        host=host or words.first_of(line, "Host"),
        path=path,
        size_bytes=words.gigabytes(line.get("CachedTotalSpace")),
        free_bytes=words.gigabytes(line.get("CachedFreeSpace")),
        reachable=None if away is None else not away,
        lock_mode="hardened" if hardened else _locked(line),
        offline=True if words.truth(line.get("IsRotatedDriveRepository")) else None,
    )


def _locked(line: Line) -> str | None:
    """Only that nothing is locked is told for sure: support for it is no use of it."""
    return "none" if words.truth(line.get("IsImmutabilitySupported")) is False else None


def _tier(sort: str, line: Line) -> BackupRepository | None:
    """A scale-out repository by its name, or its capacity tier by its number."""
    name = words.first_of(line, "Name") if sort == "scale-out" else words.first_of(line, "RepoId")
    if name is None:
        return None
    locked = words.truth(line.get("Immute")) if sort == "capacity" else None
    days = whole_number(line.get("immutabilityperiod") or "")
    return BackupRepository(
        repository=words.repository(name),
        name=name if sort == "scale-out" else f"capacity tier {name}",
        product="veeam",
        kind=None if sort == "scale-out" else words.kind_of(words.first_of(line, "Type")),
        reachable=words.first_of(line, "Status") == "Online" if line.get("Status") else None,
        lock_mode=None if locked is None else "compliance" if locked else "none",
        lock_days=float(days) if locked and days else None,
        encrypted=words.truth(line.get("EncryptionEnabled")) if sort == "scale-out" else None,
    )


def _job(sort: str, line: Line) -> BackupJob | None:
    name = words.first_of(line, "Name")
    if name is None:
        return None
    place = words.first_of(line, "RepoName", "ShortTermRepo", "Target", "TargetRepository")
    schedule = words.first_of(line, "ScheduleOptions", "SheduleEnabledTime")
    labs = "VirtualLabId" in line
    tells = words.first_of(line, "NotificationOptions")
    configuration = sort == "configuration"
    return BackupJob(
        product="veeam",
        server="?",
        job=name,
        name=name,
        purpose="verify" if labs else _purpose(words.first_of(line, "JobType", "Type") or "", line),
        enabled=words.truth(words.first_of(line, "ScheduleEnabled", "IsEnabled", "Enabled")),
        schedule=schedule,
        schedule_kind="text" if schedule else None,
        next_run_at=words.moment(line.get("NextRun")),
        last_outcome=words.outcome(line.get("LastResult")),
        selects="configuration of Veeam" if configuration else words.first_of(line, "SourceVMs"),
        repository=words.repository(place) if place else None,
        retention=_retention(line),
        notifies=tells if tells and tells not in ("Disabled", "None") else "" if tells else None,
    )


def _purpose(told: str, line: Line) -> str:
    lower = told.lower()
    if "replica" in lower or "cdp" in lower:
        return "replication"
    copies = ("SourceJobId", "SourceRepositoryId", "SourceType")
    return "copy" if "copy" in lower or any(one in line for one in copies) else "backup"


def _retention(line: Line) -> str | None:
    kind, count = words.first_of(line, "RetentionType"), words.first_of(line, "RetentionCount")
    days = words.first_of(line, "RetainDaysToKeep")
    if kind and (count or days):
        return f"{days or count} days" if kind == "Days" else f"{count} restore points"
    return words.first_of(line, "RetentionPolicy", "LongTermRetention")


def _selected(names: list[str]) -> BackupJob:
    """Veeam's own list of what has a backup, as a job that selects it: it tells no time of a copy."""
    return BackupJob(
        product="veeam",
        server="?",
        job="protected guests",
        name="guests that Veeam calls protected",
        purpose="backup",
        selects="\n".join(dict.fromkeys(names)),
    )


def _session(line: Line) -> BackupSession | None:
    job, begun = words.first_of(line, "JobName"), words.moment(line.get("CreationTime"))
    if job is None:
        return None
    result = words.outcome(line.get("Result"), line.get("State"))
    return BackupSession(
        product="veeam",
        server="?",
        session=words.first_of(line, "Id") or f"{job} {line.get('CreationTime')}",
        job=job,
        purpose=_purpose(words.first_of(line, "JobType", "JobTypeString") or "", line),
        started_at=begun,
        ended_at=None if result == "running" else words.moment(line.get("EndTime")),
        outcome=result,
        message=words.first_of(line, "Reason", "Details", "Message"),
    )


def _point(line: Line) -> RestorePoint | None:
    name, place = words.first_of(line, "Name"), words.first_of(line, "Repository")
    if name is None or place is None:
        return None
    whole, corrupt = words.truth(line.get("IsConsistent")), words.truth(line.get("IsCorrupted"))
    source = words.first_of(line, "Uuid", "ObjectId")
    kind = (words.first_of(line, "Type") or "").lower()
    return RestorePoint(
        repository=words.repository(place),
        point=words.first_of(line, "Id") or f"{name} {line.get('CreationTime')}",
        source=source or name,
        source_name=name,
        source_kind="guest",
        job=words.first_of(line, "JobName"),
        kind={"full": "full", "increment": "incremental"}.get(kind),
        created_at=words.moment(line.get("CreationTime")),
        size_bytes=whole_number(line.get("ApproxSize") or ""),
        complete=None if whole is None and corrupt is None else whole is not False and corrupt is not True,
        verified="failed" if corrupt else None,
    )


def _infected(line: Line) -> BackupCheck | None:
    name = words.first_of(line, "ObjectName")
    if name is None:
        return None
    return BackupCheck(
        repository="veeam:?",
        check=words.first_of(line, "Id") or f"{name} {line.get('DetectionTime')}",
        kind="malware",
        source=name,
        point=words.first_of(line, "RestorePointId"),
        at=words.moment(line.get("DetectionTime")),
        result="failed",
        message=words.first_of(line, "ThreatName", "Status"),
    )
