"""What tools that take snapshots are set up to do: configurations of sanoid, snapper, btrbk and zrepl."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from collectors import btrbk_config, sanoid_config, snapper_config, zrepl_config
from collectors.backup_tables import BackupJob
from collectors.backup_values import moment_of
from collectors.collector import Asking, collector, reader
from collectors.fact import At, GapReason, Missing, Reading
from collectors.plain_text import file_lines, unopened
from collectors.question import Answer, Form

POLICIES = Form(
    (
        *("grep", "-aHivE", "-e", "^[[:blank:]]*(#|;|$)", "-e", "pass|secret|token"),
        *("/etc/sanoid/sanoid.conf", "/etc/snapper/configs/*", "/etc/btrbk/btrbk.conf", "/etc/btrbk.conf"),
        *("/etc/zrepl/zrepl.yml", "/usr/local/etc/zrepl/zrepl.yml"),
    ),
    reads="snapshot-policies",
    why="How often snapshots are to be taken and how long kept; no line that may hold a secret",
    right="root",
    expand=True,
)
SNAPPER_LIST = Form(
    (
        *("snapper", "--no-dbus", "--utc", "--iso", "--jsonout", "-c", "{config}"),
        *("list", "--columns", "number,type,date,cleanup"),
    ),
    reads="snapper-list",
    why="When snapper took its last hourly snapshot",
    right="root",
    max_bytes=4 * 1024 * 1024,
)
MOST_CONFIGS = 32

_SNAPPER = re.compile(r"/etc/snapper/configs/([^/]+)")
_ASKABLE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]*")


@collector("snapshot-policies", asks=(POLICIES, SNAPPER_LIST))
def ask() -> Asking:
    """What sanoid, snapper, btrbk and zrepl are set up to do, and when snapper last did it"""
    (answer,) = yield (POLICIES(),)
    told = [one.row for one in read(answer) if isinstance(one, At) and isinstance(one.row, BackupJob)]
    names = [job.job for job in told if job.product == "snapper" and job.enabled]
    askable = [name for name in sorted(names) if _ASKABLE.fullmatch(name)][:MOST_CONFIGS]
    if askable:
        yield [SNAPPER_LIST(config=name) for name in askable]


def _recognises(text: str) -> float:
    known = r"^/\S*(?:sanoid\.conf|snapper/configs/[^/:]+|btrbk\.conf|zrepl\.yml):"
    return 0.9 if re.search(known, text[:20000], re.MULTILINE) else 0.0


@reader("snapshot-policies", fills=(BackupJob,), recognises=_recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """datasets and subvolumes that sanoid, snapper, btrbk and zrepl are set up to take snapshots of"""
    files: dict[str, list[tuple[int, str]]] = {}
    for number, path, line in file_lines(answer):
        files.setdefault(path, []).append((number, line))
    said, refused = answer.text.strip(), unopened(answer)
    if not files and (said or not refused):  # of files that are not there, grep says so
        why = f"no line of a file in: {said[:80]}" if said else answer.complaint
        yield Missing(BackupJob, "unreadable", why or "neither a line nor why no file could be opened")
    for path, lines in sorted(files.items()):
        found = 0
        for number, job in _jobs(path, lines):
            found += 1
            yield At(job, f"line {number}")
        if not found:
            yield Missing(BackupJob, "unreadable", f"{path}: names nothing to take snapshots of", path)
    for path, why in refused.items():
        if "ermission" in why:
            yield Missing(BackupJob, "denied", f"{path}: {why}", path)


def _jobs(path: str, lines: list[tuple[int, str]]) -> Iterator[tuple[int, BackupJob]]:
    if path.endswith("sanoid.conf"):
        yield from sanoid_config.jobs(lines)
    elif path.endswith("btrbk.conf"):
        yield from btrbk_config.jobs(lines)
    elif path.endswith("zrepl.yml"):
        yield from zrepl_config.jobs(lines)
    elif named := _SNAPPER.search(path):
        yield from snapper_config.job(named[1], lines)


def _recognises_list(text: str) -> float:
    return 0.9 if re.match(r'\s*\{\s*"[^"]+":\s*\[', text) and '"cleanup"' in text else 0.0


@reader("snapper-list", fills=(BackupJob,), recognises=_recognises_list)
def read_list(answer: Answer) -> Iterator[Reading]:
    """when snapper last took a snapshot of its timeline; the others are those of updates and of people"""
    if answer.status:
        reason: GapReason = "denied" if re.search(r"ermission|not permitted", answer.complaint) else "failed"
        yield Missing(BackupJob, reason, answer.complaint or f"exit status {answer.status}")
        return
    told = json.loads(answer.text)
    for config, rows in sorted(told.items()):
        taken = [moment_of(row.get("date")) for row in rows if row.get("cleanup") == "timeline"]
        newest = max((at for at in taken if at), default=None)
        yield BackupJob(
            product="snapper",
            job=config,
            name=config,
            purpose="snapshot",
            last_run_at=newest,
            last_success_at=newest,
            last_outcome="ok" if newest else "never",
        )
