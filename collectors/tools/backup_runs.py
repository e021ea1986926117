"""What became of scheduled backups: states of systemd's units, commands that cron says it started."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from collectors.backup_tables import BackupJob, BackupSession
from collectors.backup_values import moment_of
from collectors.backup_words import purpose_of, repository_of, tells_of_backup
from collectors.collector import reader
from collectors.fact import Missing, Reading
from collectors.question import Answer, Form

_PROPERTIES = (
    "Id,LoadState,ActiveState,SubState,UnitFileState,Result,ExecMainStatus,ExecMainStartTimestamp"
    ",ExecMainExitTimestamp,ExecStart,NextElapseUSecRealtime,LastTriggerUSec"
)
TIMER = Form(
    ("systemctl", "show", "--no-pager", f"--property={_PROPERTIES}", "{timer}", "{service}"),
    reads="systemd-timer",
    why="When a backup's timer runs next, when it ran last and how that ended",
)
CRON_RUNS = Form(
    (
        *("journalctl", "--quiet", "--no-pager", "--output=short-iso", "--since=-9d", "--utc"),
        *("--identifier=CRON", "--identifier=crond", "--identifier=cron", "--identifier=cronie"),
    ),
    reads="cron-runs",
    why="When cron started the backups, by the journal",
    right="root",
    max_bytes=16 * 1024 * 1024,
)
CRON_FILES = Form(
    ("grep", "-ahE", "-e", "CRON.* CMD ", "/var/log/syslog", "/var/log/cron", "/var/log/cron.log"),
    reads="cron-runs",
    why="When cron started the backups, by the log files",
    right="root",
    max_bytes=16 * 1024 * 1024,
)
_CONDITION = re.compile(r"^(?:\[ [^]]*\]|test [^&|;]*)\s*(?:&&|\|\||;)\s*")
"""What is tested before the command is run."""
_RUN = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*) \S+ (?:CRON|crond|cron)\[\d+\]: \((\S+)\) CMD \((.*)\)$"
)
_STAMP = re.compile(r"(?:[A-Z][a-z]{2} )?(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)? (\w+)")


def job_of_cron(user: str, command: str, schedule: str | None = None) -> BackupJob:
    """A cron entry; known by its user and command, which is all that the log tells of it."""
    command = " ".join(command.replace("\\%", "%").split())[:500]
    asked = _CONDITION.sub("", command)
    word = next((word for word in asked.split() if "=" not in word and not word.startswith("-")), command)
    told = None if schedule is None else "cron"
    return BackupJob(
        product="cron",
        job=f"{user}: {command}",
        name=word.rpartition("/")[2] or command[:60],
        purpose=purpose_of(command),
        enabled=True if schedule else None,
        schedule=schedule,
        schedule_kind=told,
        repository=repository_of(command),
        command=command,
    )


def _recognises_runs(text: str) -> float:
    return 0.7 if re.search(r" (?:CRON|crond|cron)\[\d+\]: \(\S+\) CMD \(", text[:20000]) else 0.0


@reader("cron-runs", fills=(BackupJob,), recognises=_recognises_runs)
def read_runs(answer: Answer) -> Iterator[Reading]:
    """when cron started commands that are about backups; how they ended it does not tell"""
    last: dict[tuple[str, str], datetime] = {}
    for line in answer.text.splitlines():
        found = _RUN.match(line)
        if found and tells_of_backup(found[3]) and (at := moment_of(_colon(found[1]))):
            entry = found[2], found[3].strip()
            last[entry] = max(at, last.get(entry, at))
    for (user, command), at in sorted(last.items()):
        job = job_of_cron(user, command)
        yield BackupJob(
            product="cron",
            job=job.job,
            name=job.name,
            purpose=job.purpose,
            last_run_at=at,
            repository=job.repository,
            command=job.command,
        )
    if answer.status and not answer.stdout and "No such file" not in answer.complaint and answer.complaint:
        yield Missing(BackupJob, "failed", answer.complaint)


def _colon(stamp: str) -> str:
    """`+0000`, as journalctl writes zones, with its colon."""
    return re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", stamp)


def _recognises_timer(text: str) -> float:
    return 0.9 if re.search(r"^Id=.*\.timer$", text, re.MULTILINE) and "LoadState=" in text else 0.0


@reader("systemd-timer", fills=(BackupJob, BackupSession), recognises=_recognises_timer)
def read_timer(answer: Answer) -> Iterator[Reading]:
    """a systemd timer and its service: next run, last run and how that ended"""
    units = [_unit(block) for block in re.split(r"\n\s*\n", answer.text) if "=" in block]
    timer = next((one for one in units if one.get("Id", "").endswith(".timer")), None)
    service = next((one for one in units if one.get("Id", "").endswith(".service")), {})
    if timer is None or timer.get("LoadState") not in ("loaded", "masked"):
        reason = (
            answer.complaint or f"the timer is {(timer or {}).get('LoadState') or 'not known to systemd'}"
        )
        yield Missing(BackupJob, "failed", reason, " ".join(answer.question.argv[-2:-1]))
        return
    started, ended = _time(service.get("ExecMainStartTimestamp")), _time(service.get("ExecMainExitTimestamp"))
    outcome = _outcome(service, started)
    name = timer["Id"].removesuffix(".timer")
    command = re.search(r"argv\[\]=(.*?) ;", service.get("ExecStart", ""))
    yield BackupJob(
        product="systemd",
        job=timer["Id"],
        name=name,
        purpose=purpose_of(name),
        enabled=timer.get("ActiveState") == "active",
        schedule_kind="systemd",
        next_run_at=_time(timer.get("NextElapseUSecRealtime")),
        last_run_at=started or _time(timer.get("LastTriggerUSec")),
        last_success_at=ended if outcome == "ok" else None,
        last_outcome=outcome,
        repository=repository_of(command[1]) if command else None,
        command=command[1][:500] if command else None,
    )
    if started is not None and outcome is not None:
        yield BackupSession(
            product="systemd",
            session=f"{timer['Id']} {started:%Y-%m-%dT%H:%M:%SZ}",
            job=timer["Id"],
            purpose=purpose_of(name),
            started_at=started,
            ended_at=None if outcome == "running" else ended,
            outcome=outcome,
            message=f"{service.get('Result')}, exit status {service.get('ExecMainStatus', '?')}",
        )


def _unit(block: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in block.splitlines())
    return {name: value for name, sign, value in pairs if sign}


def _outcome(service: dict[str, str], started: datetime | None) -> str | None:
    if service.get("ActiveState") in ("activating", "reloading"):
        return "running"
    if service.get("Result", "success") != "success":
        return "failed"
    return "ok" if started is not None and service.get("Result") == "success" else None


def _time(stamp: str | None) -> datetime | None:
    """`Wed 2026-11-25 02:00:03 UTC`; of another zone only its letters are told, so it stays unknown."""
    found = _STAMP.fullmatch((stamp or "").strip())
    if found is None or found[3] not in ("UTC", "GMT"):
        return None
    return datetime.fromisoformat(f"{found[1]}T{found[2]}").replace(tzinfo=UTC)
