"""Backups that a host runs by itself: cron entries, systemd timers, configurations of backup tools.

One question proves for most hosts that there is nothing of the kind. Sources: crontab(5), systemd.timer(5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from collectors.backup_tables import BackupJob
from collectors.backup_words import PATTERN, folder_of, purpose_of, repository_of, tells_of_backup
from collectors.collector import Asking, collector, reader
from collectors.decoding import look_into
from collectors.fact import At, Missing, NotHere, Reading
from collectors.plain_text import file_lines, unopened
from collectors.question import Answer, Form, Question
from collectors.tools import backuppc, pgbackrest, synology
from collectors.tools.backup_runs import CRON_FILES, CRON_RUNS, TIMER, job_of_cron
from collectors.tools.borgmatic import BORGMATIC_CHECKS, BORGMATIC_INFO, BORGMATIC_LIST
from collectors.tools.borgmatic_config import CONFIG as BORGMATIC_CONFIG
from collectors.tools.plain_files import LISTING
from collectors.tools.rsnapshot import job_rows as rsnapshot_jobs
from collectors.tools.rsnapshot import root_of

MOST_FOLDERS = 8
MOST_TIMERS = 12

_PATHS = (
    *("/etc/crontab", "/etc/cron.d/*", "/var/spool/cron/*", "/var/spool/cron/crontabs/*"),
    *("/var/spool/cron/tabs/*", "/etc/anacrontab"),
    *(f"/etc/cron.{often}/*" for often in ("hourly", "daily", "weekly", "monthly")),
    *("/etc/systemd/system/timers.target.wants/*.timer", "/etc/systemd/system/*.timer"),
    *("/etc/borgmatic/config.yaml", "/etc/borgmatic.d/*.yaml", "/etc/rsnapshot.conf"),
    *("/etc/pgbackrest.conf", "/etc/pgbackrest/pgbackrest.conf"),
)
_ASKED = (
    *("grep", "-aHiE", "-m", "60", "-e", PATTERN, "-e", "^On(Calendar|BootSec|UnitActiveSec)="),
    *("-e", "^(retain|interval|backup)[[:blank:]]", "-e", "^repo[0-9]+-path"),
)
_MAIL = ("-e", "^[[:blank:]]*MAILTO[[:blank:]]*=")
_APPLIANCES = ("/etc/backuppc/config.pl", "/etc/BackupPC/config.pl", f"{synology.PACKAGE}/INFO")
TRACES = Form(
    (*_ASKED, *_MAIL, *_PATHS, *_APPLIANCES),
    formerly=((*_ASKED, *_MAIL, *_PATHS), (*_ASKED, *_PATHS)),
    reads="backup-traces",
    why="Whether the host makes backups by itself: cron entries, timers, configurations of backup tools",
    right="root",
    expand=True,
    max_bytes=2 * 1024 * 1024,
)

_SPOOL = re.compile(r"/var/spool/cron/(?:crontabs/|tabs/)?([^/]+)$")
_SCRIPT = re.compile(r"/etc/cron\.(hourly|daily|weekly|monthly)/([^/]+)$")
_TIMER = re.compile(r"/([\w@.:\\-]+)\.timer$")
_ASKABLE = re.compile(r"/?[A-Za-z0-9_][A-Za-z0-9_.@:/-]*")
"""Names of folders and units that may stand in a question."""
_MAILTO = re.compile(r"\s*MAILTO\s*=\s*[\"']?([^\"'\s]*)", re.IGNORECASE)
_CRON = re.compile(r"(@\w+|\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(.+)")


@collector(
    "backup-traces",
    asks=(
        *(TRACES, TIMER, CRON_RUNS, CRON_FILES, LISTING),
        *(BORGMATIC_LIST, BORGMATIC_INFO, BORGMATIC_CHECKS, pgbackrest.INFO),
        *(pgbackrest.SETTINGS, BORGMATIC_CONFIG, backuppc.SETTINGS, backuppc.BACKUPS, backuppc.STATUS),
        *(synology.TASKS, synology.LAST, synology.LOG),
    ),
)
def ask() -> Asking:
    """Backups that the host makes by itself: timers, cron, dated files, borgmatic, rsnapshot, BackupPC, …"""
    (answer,) = yield (TRACES(),)
    jobs = [one.row for one in look_into(answer) if isinstance(one, At) and isinstance(one.row, BackupJob)]
    questions: list[Question] = []
    if any(job.product == "cron" for job in jobs):
        questions.extend((CRON_RUNS(), CRON_FILES()))
    timers = {job.job for job in jobs if job.product == "systemd" and _ASKABLE.fullmatch(job.job)}
    for timer in sorted(timers)[:MOST_TIMERS]:
        questions.append(TIMER(timer=timer, service=timer.removesuffix(".timer") + ".service"))
    if "/etc/borgmatic" in answer.text:
        questions.extend((BORGMATIC_LIST(), BORGMATIC_INFO(), BORGMATIC_CHECKS(), BORGMATIC_CONFIG()))
    if re.search(r"^/etc/pgbackrest\S*:", answer.text, re.MULTILINE):
        questions.extend((pgbackrest.INFO(), pgbackrest.SETTINGS()))
    if re.search(r"^/etc/[bB]ackup[pP][cC]/config\.pl:", answer.text, re.MULTILINE):
        questions.extend((backuppc.SETTINGS(), backuppc.BACKUPS(), backuppc.STATUS()))
    if re.search(rf"^{synology.PACKAGE}/INFO:", answer.text, re.MULTILINE):
        questions.extend((synology.TASKS(), synology.LAST(), synology.LOG()))
    folders = {folder_of(job.command or "") for job in jobs} | {root_of(answer)}
    plain = (one for one in folders if one and _ASKABLE.fullmatch(one))
    for folder in sorted(plain)[:MOST_FOLDERS]:
        questions.append(LISTING(folder=folder))
    if questions:
        yield questions


def recognises(text: str) -> float:
    known = r"^(?:/etc/cron(?:tab|\.\w+/\S+)|/var/spool/cron/\S+|/etc/systemd/system/\S+\.timer):"
    lines = [line for line in text[:20000].splitlines() if re.match(known, line)]
    return 0.6 if any(tells_of_backup(line) for line in lines) else 0.0


@reader("backup-traces", fills=(BackupJob,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """backup jobs among cron entries and systemd timers"""
    count = 0
    timers: dict[str, list[tuple[int, str, str]]] = {}
    scripts: set[str] = set()
    mailed: dict[str, str] = {}
    for number, path, line in file_lines(answer):
        if line.lstrip().startswith("#"):
            continue
        job: BackupJob | None = None
        if timer := _TIMER.search(path):
            timers.setdefault(timer[1], []).append((number, path, line))
        elif (script := _SCRIPT.match(path)) and path not in scripts and tells_of_backup(line, path):
            scripts.add(path)
            job = _script(script, path, line)
        elif not script and (mail := _MAILTO.match(line)):
            mailed[path] = mail[1]
        elif not script and "cron" in path:
            job = _entry(path, line, mailed.get(path))
        if job is not None:
            count += 1
            yield At(job, f"line {number}")
    for name, lines in sorted(timers.items()):
        if any(tells_of_backup(line, path) for _, path, line in lines):
            count += 1
            yield At(_timer(name, lines), f"line {lines[0][0]}")
    for where, configured in rsnapshot_jobs(answer):
        count += 1
        yield At(configured, where)
    yield from _end(answer, count)


def _end(answer: Answer, count: int) -> Iterator[Reading]:
    denied = {path: why for path, why in unopened(answer).items() if "ermission" in why}
    for path, why in denied.items():
        yield Missing(BackupJob, "denied", f"{path}: {why}", path)
    if not count and not denied:
        if answer.stdout or "No such file" in answer.complaint or "Is a directory" in answer.complaint:
            yield NotHere(BackupJob, "no cron entry and no timer is about backups")
        elif answer.status != 1:
            yield Missing(BackupJob, "failed", answer.complaint or "nothing is told")
        else:
            yield NotHere(BackupJob, "no cron entry and no timer is about backups")


def _entry(path: str, line: str, mailed: str | None) -> BackupJob | None:
    """A line of a crontab: five fields or @daily, in the system's own files then the user, the command.

    *mailed*: MAILTO of the lines above; an empty one says nothing, for the command may tell by itself.
    """
    found = _CRON.fullmatch(line.strip())
    if found is None or re.match(r"\w+\s*=", line.strip()):
        return None
    schedule, command = " ".join(found[1].split()), found[2]
    own = _SPOOL.search(path)
    user = own[1] if own else command.split()[0]
    command = command if own else command.removeprefix(user).strip()
    if not tells_of_backup(command, path):
        return None
    return replace(job_of_cron(user, command, schedule), notifies=mailed or None)


def _script(found: re.Match[str], path: str, line: str) -> BackupJob:
    return BackupJob(
        product="cron",
        job=path,
        name=found[2],
        purpose=purpose_of(line),
        enabled=True,
        schedule=f"@{found[1]}",
        schedule_kind="cron",
        repository=repository_of(line),
        command=line.strip()[:500],
    )


def _timer(name: str, lines: list[tuple[int, str, str]]) -> BackupJob:
    """Only timers that are wanted by a target run; one that is merely there has to be switched on first."""
    times = {line.strip() for _, _, line in lines if re.match(r"On\w+=", line.strip())}
    return BackupJob(
        product="systemd",
        job=f"{name}.timer",
        name=name,
        purpose=purpose_of(name),
        enabled=True if any("/timers.target.wants/" in path for _, path, _ in lines) else None,
        schedule="\n".join(sorted(one.partition("=")[2] for one in times)) or None,
        schedule_kind="systemd",
    )
