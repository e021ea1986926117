"""Windows Server Backup by its command line, as saved: `wbadmin get versions`, `wbadmin get status` or the
output of a run, and its events (`wevtutil qe Microsoft-Windows-Backup /f:xml`, or `/f:text` in English).

The identifier of a version is its time in UTC, whatever the language; so is the time in the name of a run's
log. Everything else is words, which are read in English only: other languages are a gap. Source: the
reference of wbadmin, and outputs in public guides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from collectors.backup_tables import BackupRepository, BackupSession, RestorePoint
from collectors.backup_values import moment_of
from collectors.collector import reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.question import Answer

JOB = "Windows Server Backup"
PRODUCT = "windows-backup"
_BANNER = re.compile(r"\s*wbadmin 1\.\d\b", re.IGNORECASE)
_IDENTIFIER = re.compile(r"^(?P<label>[^:\n]{3,60}): *(?P<id>\d\d/\d\d/\d{4}-\d\d:\d\d)\s*$", re.MULTILINE)
_TARGET = re.compile(r"Backup (?:target|location): *(?P<value>[^\n]*?)\s*$", re.MULTILINE)
_RECOVERS = re.compile(r"^Can recover: *(?P<value>[^\n]*?)\s*$", re.MULTILINE)
_DRIVE = re.compile(r"\(?\b([A-Z]:)\)?\\?$")
_NONE = re.compile(r"no backups? (?:were|was) found|there are no backups", re.IGNORECASE)
_ANOTHER = "it is not in English: save it on a console whose language is English, or Get-WBSummary as JSON"


def _recognises_versions(text: str) -> float:
    known = _IDENTIFIER.search(text[:20000]) or _NONE.search(text[:2000])
    return 0.95 if _BANNER.match(text) and known else 0.0


@reader("wbadmin-versions", fills=(RestorePoint, BackupRepository), recognises=_recognises_versions)
def read_versions(answer: Answer) -> Iterator[Reading]:
    """backups that `wbadmin get versions` lists"""
    text = answer.text.replace("\r\n", "\n")
    found = list(_IDENTIFIER.finditer(text))
    if not found and _NONE.search(text):
        yield NotHere(RestorePoint, "wbadmin finds no backup")
        return
    if not found:
        raise ValueError("a list of backups of wbadmin was expected")
    if any(one["label"].strip() != "Version identifier" for one in found):
        for table in (RestorePoint, BackupRepository):
            yield Missing(table, "unreadable", f"{len(found)} backups are listed: {_ANOTHER}")
        return
    places: dict[str, BackupRepository] = {}
    begin = 0
    for one in found:
        end = text.find("\n\n", one.end())
        block = text[begin : end if end > 0 else None]
        begin = one.end()
        target = _TARGET.findall(block[: block.find(one["id"])])
        place = _place(target[-1]) if target else "unnamed"
        places.setdefault(place, _repository(place))
        yield At(_point(one["id"], place, _RECOVERS.search(block, block.find(one["id"]))), f"at {one['id']}")
    yield from places.values()


def _place(told: str) -> str:
    """`Network Share labeled \\\\nas1\\wsb` → the share; `USB Disk labeled Copies(E:)` → the drive."""
    label = told.rpartition(" labeled ")[2].strip().strip("'\"") or told
    if label.startswith("\\\\"):
        return label.rstrip("\\")
    drive = _DRIVE.search(label)
    return drive[1] if drive else label


def _repository(place: str) -> BackupRepository:
    share = place.startswith("\\\\")
    return BackupRepository(
        repository=f"{PRODUCT}:?/{place}",
        name=place,
        product=PRODUCT,
        kind="smb" if share else "local",
        location=place,
        host=place.strip("\\").partition("\\")[0] if share else "?",
        path=place,
    )


def _point(identifier: str, place: str, recovers: re.Match[str] | None) -> RestorePoint:
    items = recovers["value"] if recovers else ""
    whole = "Bare Metal Recovery" in items
    return RestorePoint(
        repository=f"{PRODUCT}:?/{place}",
        point=identifier,
        source="host:?",
        source_kind="host" if whole else "files" if items else None,
        job=JOB,
        created_at=_moment(identifier, "%m/%d/%Y-%H:%M"),
        complete=True,
    )


def _moment(told: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(told, form).replace(tzinfo=UTC)
    except ValueError:
        return None


_LOG = re.compile(r"WindowsServerBackup\\\w*Backup(?:_Error)?[- ](\d\d-\d\d-\d{4}_\d\d-\d\d-\d\d)\.log")
_GOOD = re.compile(r"^The backup operation (?:successfully )?completed(?: successfully)?\.", re.MULTILINE)
_BAD = re.compile(
    r"^(?:.*\b(?:backup|system state)\b.*\b(?:failed|stopped before completing|was cancell?ed)\b.*"
    r"|ERROR - .*)$",
    re.MULTILINE | re.IGNORECASE,
)
_WARNED = re.compile(r"completed with (?:errors|warnings)|could not be backed up|skipped", re.IGNORECASE)
_UNDER_WAY = re.compile(
    r"copied \((\d{1,3})%\)|Creating a shadow copy|Scanning the file system|Overall progress"
)


def _recognises_status(text: str) -> float:
    told = any(one.search(text[:200_000]) for one in (_GOOD, _BAD, _UNDER_WAY, _LOG))
    return 0.93 if _BANNER.match(text) and told and not _IDENTIFIER.search(text[:20000]) else 0.0


@reader("wbadmin-status", fills=(BackupSession,), recognises=_recognises_status)
def read_status(answer: Answer) -> Iterator[Reading]:
    """a run of wbadmin, as `get status` or the run itself prints it"""
    text = answer.text.replace("\r\n", "\n")
    log, bad = _LOG.search(text), _BAD.search(text)
    begun = _moment(log[1], "%d-%m-%Y_%H-%M-%S") if log else None
    if bad:
        outcome = "failed"
    elif _GOOD.search(text):
        outcome = "warning" if _WARNED.search(text) else "ok"
    elif _UNDER_WAY.search(text):
        outcome = "running"
    elif log or _BANNER.match(text):
        yield Missing(BackupSession, "unreadable", f"how the run of wbadmin ended cannot be read: {_ANOTHER}")
        return
    else:
        raise ValueError("the output of a run of wbadmin was expected")
    yield BackupSession(
        product=PRODUCT,
        server="?",
        session=log[1] if log else "run",
        job=JOB,
        purpose="backup",
        started_at=begun,
        outcome=outcome,
        message=bad[0].strip()[:300] if bad else None,
    )


_XML = re.compile(r"<Event\b[^>]*>.*?</Event>", re.DOTALL)
_BLOCK = re.compile(r"^Event\[\d+\]:?\s*$", re.MULTILINE)
_SUCCESS = 4
"""The event that tells of a whole backup; failures have many numbers and the level error."""
_ERROR_LEVELS = ("1", "2", "critical", "error")


def _recognises_events(text: str) -> float:
    beginning = text[:20000]
    told = "Microsoft-Windows-Backup" in beginning
    return 0.95 if told and ("<EventID" in beginning or _BLOCK.search(beginning)) else 0.0


@reader("wbadmin-events", fills=(BackupSession,), recognises=_recognises_events)
def read_events(answer: Answer) -> Iterator[Reading]:
    """events of Windows Server Backup: runs that ended well, and errors"""
    text = answer.text.replace("\r\n", "\n")
    events = _XML.findall(text) or _BLOCK.split(text)[1:]
    if not events:
        raise ValueError("events of Microsoft-Windows-Backup were expected")
    unread = 0
    for number, one in enumerate(events):
        row = _of_xml(one) if one.startswith("<Event") else _of_text(one)
        if isinstance(row, BackupSession):
            yield At(row, f"event {number}")
        elif row is None:
            unread += 1
    if unread:
        yield Missing(BackupSession, "unreadable", f"{unread} of {len(events)} events: {_ANOTHER}")


def _of_xml(event: str) -> BackupSession | bool | None:
    """A run; True: an event about something else; None: cannot be read."""
    number = re.search(r"<EventID[^>]*>(\d+)<", event)
    at = re.search(r"<TimeCreated\s+SystemTime=['\"]([^'\"]+)", event)
    level = re.search(r"<Level>(\d)<", event)
    data = dict(re.findall(r"<Data Name=['\"](\w+)['\"]>([^<]*)<", event))
    if number is None or at is None:
        return None
    code = data.get("HRESULT", "")
    said = f"error {code}" if code.strip("0x") else None
    begun = _stamp(data.get("BackupTime"))
    return _run(int(number[1]), level[1] if level else "", begun, _stamp(at[1]), said)


def _of_text(event: str) -> BackupSession | bool | None:
    told = dict(re.findall(r"^ *(Date|Event ID|Level|Source): *(.*?) *$", event, re.MULTILINE))
    said = event.partition("Description:")[2].strip().split("\n")[0][:300]
    number = told.get("Event ID", "")
    if not number.isdecimal() or "Date" not in told:
        return None
    begun = re.search(r"started at '?\W*(\d{4})\W*(\d\d)\W*(\d\d)T(\d\d:\d\d:\d\d)", said)
    start = _stamp(f"{begun[1]}-{begun[2]}-{begun[3]}T{begun[4]}Z") if begun else None
    return _run(int(number), told.get("Level", ""), start, _stamp(told["Date"]), said or None)


def _stamp(told: str | None) -> datetime | None:
    """Nine digits of a second are more than a clock of ours takes."""
    return moment_of(re.sub(r"(\.\d{6})\d+", r"\1", told)) if told else None


def _run(
    number: int, level: str, begun: datetime | None, ended: datetime | None, said: str | None
) -> BackupSession | bool | None:
    failed = level.lower() in _ERROR_LEVELS
    if ended is None:
        return None
    if number != _SUCCESS and not failed:
        return True
    return BackupSession(
        product=PRODUCT,
        server="?",
        session=f"event {number} of {ended.isoformat()}",
        job=JOB,
        purpose="backup",
        started_at=begun or ended,
        ended_at=ended,
        outcome="failed" if failed else "ok",
        message=said if failed else None,
    )
