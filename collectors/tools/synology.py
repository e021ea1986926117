"""Hyper Backup of Synology: its tasks, how the last run of each ended, and its log.

Only parts whose shape public tools agree on: of synobackup.conf the sections [task_N] with `name` and
`backup_folders` (never the keys and passwords beside them), of last_result/backup.last times and results, of
synolog/synobackup.log level, time, `[sort][task]` and English words. The log's times have no zone and are
taken for UTC. Written after these, not after a machine of ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from collectors.backup_tables import BackupCheck, BackupJob, BackupRepository, BackupSession, RestorePoint
from collectors.backup_values import unix_moment
from collectors.collector import reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.plain_text import unopened
from collectors.question import Answer, Form
from collectors.table import Row

PACKAGE = "/var/packages/HyperBackup"
TASKS = Form(
    (
        *("grep", "-ahE", r"^\[[a-z]+_[0-9]+\]|^(name|backup_folders)="),
        *(f"{PACKAGE}/etc/synobackup.conf", "/usr/syno/etc/synobackup.conf"),
    ),
    reads="synology-tasks",
    why="Tasks of Hyper Backup and the folders they take",
    right="root",
)
LAST = Form(
    (
        *("grep", "-ahE", r"^\[task_[0-9]+\]|^(task_name|dest_name|result|error|error_code)=|^[a-z_]+_time="),
        "/volume*/@appdata/HyperBackup/last_result/backup.last",
    ),
    reads="synology-last",
    why="How the last run of each task of Hyper Backup ended",
    right="root",
    expand=True,
)
LOG = Form(
    (
        *("grep", "-ahiE", "backup|integrity|exception|failed"),
        *(f"{PACKAGE}/var/log/synolog/synobackup.log", "/var/log/synolog/synobackup.log"),
    ),
    reads="synology-log",
    why="Runs and integrity checks of Hyper Backup",
    right="root",
)
PRODUCT = "synology"
_SECTION = re.compile(r"\[([a-z]+_\d+)\]\s*$")
_FIELD = re.compile(r"(\w+)=(.*)$")


def _sections(answer: Answer) -> dict[str, dict[str, str]]:
    """`[task_1]` and its `key=value` lines, without quotes."""
    found: dict[str, dict[str, str]] = {}
    current: dict[str, str] | None = None
    for line in answer.text.splitlines():
        if section := _SECTION.match(line):
            current = found.setdefault(section[1], {})
        elif current is not None and (told := _FIELD.match(line)):
            current.setdefault(told[1], told[2].strip().strip('"'))
    return {name: told for name, told in found.items() if name.startswith("task_")}


def _denied(answer: Answer, *tables: type[Row]) -> Iterator[Missing]:
    for path, why in unopened(answer).items():
        if "No such file" not in why:
            yield from (Missing(table, "denied", f"{path}: {why}", path) for table in tables)


def _name(section: str, told: dict[str, str]) -> str:
    return told.get("task_name") or told.get("name") or section.replace("_", " ")


def _recognises_tasks(text: str) -> float:
    known = re.search(r"^\[task_\d+\]", text[:50000], re.MULTILINE)
    return 0.95 if known and re.search(r"^backup_folders=", text[:50000], re.MULTILINE) else 0.0


@reader("synology-tasks", fills=(BackupJob,), recognises=_recognises_tasks)
def read_tasks(answer: Answer) -> Iterator[Reading]:
    """tasks of Synology's Hyper Backup"""
    sections = _sections(answer)
    for section, told in sections.items():
        folders = _folders(told.get("backup_folders", ""))
        if folders is None:
            detail = f"{_name(section, told)}: its folders are written in another way"
            yield Missing(BackupJob, "unreadable", detail, section)
        row = BackupJob(
            product=PRODUCT,
            server="?",
            job=_name(section, told),
            name=_name(section, told),
            purpose="backup",
            selects="\n".join(folders or ()) or None,
        )
        yield At(row, section)
    yield from _denied(answer, BackupJob)
    if not sections and not list(_denied(answer, BackupJob)):
        if answer.stdout.strip():
            raise ValueError("sections [task_N] of synobackup.conf were expected")
        yield NotHere(BackupJob, "Hyper Backup has no task")


def _folders(told: str) -> list[str] | None:
    """`["/photo","/homes/a"]`; None if it is written in another way."""
    try:
        listed = json.loads(told.replace('\\"', '"') or "[]")
    except ValueError:
        return None
    return [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else None


def _recognises_last(text: str) -> float:
    known = re.search(r"^\[task_\d+\]", text[:50000], re.MULTILINE)
    told = re.search(r"^result=", text[:50000], re.MULTILINE) and "end_time=" in text[:50000]
    return 0.95 if known and told else 0.0


@reader("synology-last", fills=(BackupJob, RestorePoint, BackupRepository), recognises=_recognises_last)
def read_last(answer: Answer) -> Iterator[Reading]:
    """how the last run of each task of Hyper Backup ended, and its newest good version"""
    sections = _sections(answer)
    for section, told in sections.items():
        for row in _of_last(section, told):
            yield At(row, section)
    yield from _denied(answer, BackupJob, RestorePoint)
    if not sections and not list(_denied(answer, BackupJob)):
        if answer.stdout.strip():
            raise ValueError("sections [task_N] of backup.last were expected")
        yield NotHere(RestorePoint, "no task of Hyper Backup has run")


def _of_last(section: str, told: dict[str, str]) -> Iterator[Row]:
    name, place = _name(section, told), told.get("dest_name") or section.replace("_", " ")
    begun, ended = unix_moment(told.get("start_time")), unix_moment(told.get("end_time"))
    done = told.get("result", "").lower() == "done" and told.get("error_code", "0") in ("", "0")
    good = ended if done else unix_moment(told.get("last_backup_success_time"))
    outcome = "ok" if done else None if "result" not in told else "failed"
    yield BackupJob(
        product=PRODUCT,
        server="?",
        job=name,
        name=name,
        purpose="backup",
        last_run_at=begun or ended,
        last_success_at=good,
        last_outcome=outcome,
        repository=f"{PRODUCT}:?/{place}",
    )
    yield BackupRepository(repository=f"{PRODUCT}:?/{place}", name=place, product=PRODUCT)
    if good is not None:
        yield RestorePoint(
            repository=f"{PRODUCT}:?/{place}",
            point=f"{name} {good.isoformat()}",
            source="host:?",
            source_kind="files",
            job=name,
            created_at=begun if done and begun else good,
            finished_at=good,
            complete=True,
        )


_LINE = re.compile(
    r"(info|warn|warning|err|error)\t(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d)\t[^\t]*\t(.*)$", re.IGNORECASE
)
_TASK = re.compile(r"\[[^\]]*\]\[(?P<name>[^\]]+)\]\s*(?P<said>.*)$")


def _recognises_log(text: str) -> float:
    lines = [line for line in text[:20000].splitlines() if _LINE.match(line)]
    return 0.94 if any("ackup" in line and _TASK.search(line) for line in lines) else 0.0


@dataclass(slots=True)
class _Run:
    """A run that has begun. *troubles*: what went wrong so far."""

    begun: datetime | None
    troubles: list[str] = field(default_factory=list)


@reader("synology-log", fills=(BackupSession, BackupCheck), recognises=_recognises_log)
def read_log(answer: Answer) -> Iterator[Reading]:
    """runs and integrity checks in the log of Hyper Backup"""
    under_way: dict[str, _Run] = {}
    count = 0
    for number, line in enumerate(answer.text.splitlines(), 1):
        entry = _LINE.match(line)
        task = _TASK.match(entry[3]) if entry else None
        if entry is None or task is None:
            continue
        count += 1
        bad = entry[1].lower().startswith("err")
        for row in _of_entry(task["name"], task["said"], _moment(entry[2]), bad, under_way):
            yield At(row, f"line {number}")
    for name, run in under_way.items():
        yield _session(name, run, None, "failed" if run.troubles else "running")
    yield from _denied(answer, BackupSession, BackupCheck)
    if not count and answer.stdout.strip():
        raise ValueError("no line is one of Hyper Backup's log")
    if not count and not list(_denied(answer, BackupSession)):
        yield NotHere(BackupSession, "the log of Hyper Backup is empty")


def _moment(told: str) -> datetime | None:
    try:
        return datetime.strptime(told, "%Y/%m/%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _of_entry(
    name: str, said: str, at: datetime | None, bad: bool, under_way: dict[str, _Run]
) -> Iterator[BackupSession | BackupCheck]:
    lower = said.lower()
    if "integrity check" in lower or "is found broken" in lower:
        if (result := _checked(lower, bad)) is not None:
            yield _check(name, at, result, said)
    elif "backup task started" in lower:
        if run := under_way.pop(name, None):
            yield _session(name, run, None, "failed" if run.troubles else None)
        under_way[name] = _Run(at)
    elif "backup task" in lower and (outcome := _ended(lower, bad)) is not None:
        run = under_way.pop(name, _Run(None))
        run.troubles += [said] if outcome != "ok" else []
        yield _session(name, run, at, outcome)
    elif bad:
        under_way.setdefault(name, _Run(at)).troubles.append(said)


def _ended(lower: str, bad: bool) -> str | None:
    if "finished successfully" in lower:
        return "ok"
    if "partially completed" in lower:
        return "warning"
    return "failed" if bad or "failed" in lower or "cancel" in lower else None


def _checked(lower: str, bad: bool) -> str | None:
    """What an integrity check found; None for its start."""
    if "no error was found" in lower:
        return "ok"
    return "failed" if bad or "broken" in lower or "failed" in lower else None


def _session(name: str, run: _Run, ended: datetime | None, outcome: str | None) -> BackupSession:
    at = run.begun or ended
    return BackupSession(
        product=PRODUCT,
        server="?",
        session=f"{name} {at.isoformat() if at else '?'}",
        job=name,
        purpose="backup",
        started_at=at,
        ended_at=ended,
        outcome=outcome,
        message="; ".join(run.troubles)[:300] or None,
    )


def _check(name: str, at: datetime | None, result: str, said: str) -> BackupCheck:
    """Whether it read the content depends on a setting that is not told, so it is one of structure."""
    return BackupCheck(
        repository=f"{PRODUCT}:?",
        check=f"{name} {at.isoformat() if at else '?'}",
        kind="structure",
        at=at,
        result=result,
        message=said[:300] if result != "ok" else None,
    )
