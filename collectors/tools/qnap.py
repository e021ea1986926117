"""QNAP Hybrid Backup Sync (HBS 3): runs of its jobs in the event log of the NAS, as saved: the log's export
as CSV (severity, date, time and further columns), and the lines that QuLog sends to a syslog server.

After public scripts and decoders that read both, not after a machine: none was asked. They prove
`[Hybrid Backup Sync] Started|Finished SORT job: "NAME".` and the severities; other words about a job are
never success. A line that syslog kept without its severity does not tell that a run ended well. English only.
Times have no zone and are taken for UTC.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

from collectors.backup_tables import BackupJob, BackupSession
from collectors.collector import reader
from collectors.fact import At, Missing, Reading
from collectors.kernel_log_lines import moment_of_syslog
from collectors.question import Answer

PRODUCT = "qnap"
_APPLICATION, _CATEGORY = "Hybrid Backup Sync", "Job Status"
_SAID = re.compile(
    r'(?:\[Hybrid Backup Sync\] )?(?P<said>[A-Za-z][^"]*?)job: "(?P<name>[^"]+)"(?P<rest>.*)', re.DOTALL
)
_DATE = re.compile(r"\d{4}[-/]\d\d[-/]\d\d")
_CSV = re.compile(
    r'^"?[^\W\d][^,\n]*,"?\d{4}[-/]\d\d[-/]\d\d"?,"?\d\d:\d\d:\d\d"?,.*Hybrid Backup Sync', re.MULTILINE
)
_LINE = re.compile(
    r"(?:<(?P<priority>\d+)>(?:1 )?)?"
    r"(?P<stamp>[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) (?P<host>\S+) "
    r"(?:(?:kern|user|daemon|syslog|local\d)[ .](?P<level>[a-z]+) )?\S+ (?:\S+ ){0,3}?"
    r"event log: (?P<told>.*)$"
)
_FAILED = re.compile(r"fail|stop|abort|cancel|interrupt|unable|error", re.IGNORECASE)
_LEVELS = {
    **dict.fromkeys(("information", "info", "notice"), "ok"),
    **dict.fromkeys(("warning", "warn"), "warning"),
    **dict.fromkeys(("error", "err", "crit", "critical", "alert", "emerg"), "failed"),
}
_EVER = datetime.min.replace(tzinfo=UTC)
_PURPOSES = {"backup": "backup", "sync": "copy", "restore": "restore"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    """What the log says at one time. *level*: ok, warning, failed; None: not told.

    *of_job*: its category is that of jobs.
    """

    at: datetime | None
    level: str | None
    server: str
    content: str
    where: str
    of_job: bool


@dataclass(slots=True)
class _Run:
    begun: datetime | None
    purpose: str | None
    worst: str = "ok"
    troubles: list[str] = field(default_factory=list)
    last: datetime | None = None


@reader(
    "qnap-events-csv",
    fills=(BackupJob, BackupSession),
    recognises=lambda text: 0.95 if _CSV.search(text[:500_000]) else 0.0,
)
def read_csv(answer: Answer) -> Iterator[Reading]:
    """jobs of QNAP's Hybrid Backup Sync in the event log, exported as CSV"""
    events: list[_Event] = []
    for number, row in enumerate(_cells(answer.text), 1):
        if len(row) > 3 and _DATE.fullmatch(row[1].strip()) and any(_APPLICATION in cell for cell in row):
            event = _Event(
                at=_moment(row[1], row[2]),
                level=_LEVELS.get(row[0].strip().lower()),
                server="?",
                content=next((cell for cell in row[3:] if _SAID.match(cell)), row[-1]),
                where=f"line {number}",
                of_job=_CATEGORY in row,
            )
            events.append(event)
    yield from _runs(events)


def _cells(text: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(text.splitlines())
    except csv.Error as error:
        raise ValueError(f"it is not CSV: {error}") from None


@reader(
    "qnap-syslog",
    fills=(BackupJob, BackupSession),
    recognises=lambda text: 0.95 if any(map(_of_line, text[:500_000].splitlines())) else 0.0,
)
def read_syslog(answer: Answer) -> Iterator[Reading]:
    """jobs of QNAP's Hybrid Backup Sync in lines that a NAS sent to syslog"""
    events: list[_Event] = []
    for number, line in enumerate(answer.text.splitlines(), 1):
        if found := _of_line(line):
            priority, told = found["priority"], found["told"]
            event = _Event(
                at=moment_of_syslog(f"{found['stamp']} ", answer.started_at),
                level=_severity(int(priority[-6:])) if priority else _LEVELS.get(found["level"] or ""),
                server=found["host"],
                content=told.partition("Content: ")[2],
                where=f"line {number}",
                of_job=f"Category: {_CATEGORY}," in told,
            )
            events.append(event)
    yield from _runs(events)


def _of_line(line: str) -> re.Match[str] | None:
    """QuLog sends each event twice; the short form, without `event log:`, is left out."""
    return _LINE.search(line) if "event log: " in line and _APPLICATION in line else None


def _severity(priority: int) -> str:
    level = priority & 7
    return "failed" if level <= 3 else "warning" if level == 4 else "ok"


def _moment(date: str, time: str) -> datetime | None:
    try:
        return datetime.fromisoformat(f"{date.strip().replace('/', '-')}T{time.strip()}").replace(tzinfo=UTC)
    except ValueError:
        return None


def _runs(events: Sequence[_Event]) -> Iterator[Reading]:
    under_way: dict[tuple[str, str], _Run] = {}
    known: dict[tuple[str, str], str | None] = {}
    unread: list[_Event] = []
    unknown = 0
    for event in _in_order(events):
        said = _SAID.match(event.content)
        if said is None:
            unread.append(event)
            continue
        key, purpose = (event.server, said["name"]), _purpose(said["said"])
        if key not in known and purpose != "restore":
            known[key] = purpose
            yield At(_job(key, purpose), event.where)
        for row in _of_event(event, said, key, purpose, under_way):
            unknown += row.outcome is None and row.ended_at == event.at
            yield At(row, event.where)
    for key, run in under_way.items():
        unended = "running" if run.begun and not run.troubles else None
        yield _session(key, run, run.last, _broken_off(run) or unended)
    yield from _gaps(events, unread, unknown)


def _in_order(events: Sequence[_Event]) -> list[_Event]:
    """Oldest first: an export may begin with the newest, and a second may hold two events of a job."""
    times = [event.at for event in events if event.at]
    falls = sum(after < before for before, after in pairwise(times))
    rises = sum(after > before for before, after in pairwise(times))
    ordered = list(reversed(events)) if falls > rises else list(events)
    return sorted(ordered, key=lambda event: event.at or _EVER) if len(times) == len(events) else ordered


def _purpose(said: str) -> str | None:
    words = said.lower().split()
    return next((_PURPOSES[word] for word in words if word in _PURPOSES), None)


def _of_event(
    event: _Event,
    said: re.Match[str],
    key: tuple[str, str],
    purpose: str | None,
    under_way: dict[tuple[str, str], _Run],
) -> Iterator[BackupSession]:
    verb, words = said["said"].split()[0].lower(), f"{said['said']}job{said['rest']}"
    if verb == "started" and event.level != "failed":
        if before := under_way.pop(key, None):
            yield _session(key, before, before.last, _broken_off(before))
        under_way[key] = _Run(event.at, purpose)
        return
    failed = event.level == "failed" or _FAILED.search(words) is not None
    if verb != "finished" and not failed and event.level != "warning":
        return  # somebody changed the job, or a step of it
    run = under_way.setdefault(key, _Run(None, purpose))
    run.last = event.at
    plain = verb == "finished" and said["rest"].strip() in ("", ".")
    if failed or event.level == "warning" or not plain:
        run.worst = "failed" if failed or run.worst == "failed" else "warning"
        run.troubles.append(words)
    if verb == "finished":
        del under_way[key]
        yield _session(key, run, event.at, _ended(event, run, plain=plain))


def _ended(event: _Event, run: _Run, *, plain: bool) -> str | None:
    """ok: by the proven words and at the proven severity; whatever else is said of the end is not known."""
    if run.worst == "failed" or event.level == "warning":
        return run.worst
    return run.worst if plain and event.level == "ok" else None


def _broken_off(run: _Run) -> str | None:
    """A run whose end the log does not hold. None: nothing went wrong as far as it tells."""
    return "failed" if run.worst == "failed" else None


def _job(key: tuple[str, str], purpose: str | None) -> BackupJob:
    return BackupJob(product=PRODUCT, server=key[0], job=key[1], name=key[1], purpose=purpose)


def _session(key: tuple[str, str], run: _Run, ended: datetime | None, outcome: str | None) -> BackupSession:
    at = run.begun or ended
    return BackupSession(
        product=PRODUCT,
        server=key[0],
        session=f"{key[1]} {at.isoformat() if at else '?'}",
        job=key[1],
        purpose=run.purpose,
        started_at=at,
        ended_at=ended,
        outcome=outcome,
        message="; ".join(run.troubles)[:300] or None,
    )


def _gaps(events: Sequence[_Event], unread: Sequence[_Event], unknown: int) -> Iterator[Missing]:
    if not events:
        raise ValueError("no line of the event log is of Hybrid Backup Sync")
    whole = len(unread) == len(events)
    if doubtful := [event for event in unread if whole or event.of_job or event.level != "ok"]:
        detail = f"{len(doubtful)} events ({doubtful[0].where} …) name no job in English, all that is read"
        yield Missing(BackupSession, "unreadable", detail)
    if unknown:
        detail = f"{unknown} runs finished in unknown words or on lines without a severity: how is not told"
        yield Missing(BackupSession, "unreadable", detail)
