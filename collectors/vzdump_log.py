"""Logs of vzdump, the backup of Proxmox VE: what each guest's backup took, how long, how fast, how it ended.

Source: the messages of PVE::VZDump and of its plug-ins for machines and containers. Times in a log are local
times of the node without a zone; the start of the task, which is known in UTC, tells how far off they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from collectors.guest_backup_tables import GuestBackupRun
from collectors.hypervisor_words import kept
from collectors.plain_text import size_bytes

_BEGUN = re.compile(r"INFO: Starting Backup of VM (\d{1,9}) \((\w+)\)")
_ENDED = re.compile(r"INFO: Finished Backup of VM (\d{1,9}) \((\d{1,4}):(\d\d):(\d\d)\)")
_FAILED = re.compile(r"ERROR: Backup of VM (\d{1,9}) failed - (.*)")
_WHEN = re.compile(r"INFO: (?:Backup started|Backup finished|Failed) at (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)")
_NAME = re.compile(r"INFO: (?:VM|CT) Name: (.{1,200})")
_MODE = re.compile(r"INFO: backup mode: (\w{1,20})")
_ARCHIVE = re.compile(r"INFO: creating (?:vzdump |Proxmox Backup Server )?archive '([^']{1,500})'")
_LEFT_OUT = re.compile(r"INFO: exclude disk '(\w{1,20})' '([^']{0,300})'")
_MOUNT_LEFT_OUT = re.compile(r"INFO: excluding .{0,40}mount ?point (\w{1,20}) \('([^']{0,300})'\)")
_MOVED = re.compile(r"INFO: transferred ([\d.]{1,20} ?[KMGTP]?i?B) in <?\s?(\d{1,9}) seconds?")
_TAR = re.compile(r"INFO: Total bytes written: (\d{1,20}) \(")
_PXAR = re.compile(
    r"INFO: \S{1,80}: had to backup [\d.]{1,20} [KMGTP]?i?B of ([\d.]{1,20} [KMGTP]?i?B)"
    r".{0,80} in ([\d.]{1,20}) ?s"
)
_SIZE = re.compile(r"INFO: archive file size: ([\d.]{1,20} ?[KMGTP]?i?B)")
_STORAGE = re.compile(r"--storage[ =]([A-Za-z][\w.-]{0,99})")
_TELLING = re.compile(
    r"Finished|[Ff]ailed|started at|finished at|exclud|transferred|Total bytes|had to backup|archive"
    r"|Name:|backup mode|fs-freeze"
)
"""Most lines tell the progress: only those with one of these words are looked at closer."""
_REST = (
    ("issuing guest-agent 'fs-freeze' command", "frozen"),
    ("skipping guest-agent 'fs-freeze', agent configured but not running", "agent silent"),
    ("skipping guest-agent 'fs-freeze', disabled", "freeze off"),
)
_TASK = re.compile(
    r"UPID:[A-Za-z0-9-]{1,63}:[0-9A-Fa-f]{8}:[0-9A-Fa-f]{8,9}:([0-9A-Fa-f]{8}):"
    r"[\w-]{1,40}:[\w.@!-]{0,100}:[\w.@!-]{1,200}:"
)


@dataclass(slots=True)
class _Run:
    """A guest's backup while its part of the log is read."""

    guest: str
    told: dict[str, Any] = field(default_factory=dict)
    excluded: list[str] = field(default_factory=list)
    local: datetime | None = None
    over: bool = False


def is_task(text: str) -> bool:
    """Whether it is the identity of a task, which may stand in a path."""
    return _TASK.fullmatch(text) is not None and ".." not in text


def begun_at(task: str) -> datetime | None:
    """When a task began: the hexadecimal seconds in its identity."""
    match = _TASK.fullmatch(task)
    return datetime.fromtimestamp(int(match[1], 16), UTC) if match and int(match[1], 16) < 1 << 34 else None


def runs_of(lines: Sequence[str], task: str, node: str | None) -> Iterator[GuestBackupRun]:
    """The backups of single guests in the log of a task."""
    storage = next((match[1] for line in lines[:3] if (match := _STORAGE.search(line))), None)
    last = next((line for line in reversed(lines) if line.startswith("TASK ")), "")
    offset: timedelta | None = None
    for run in _parts(lines):
        if offset is None and run.local is not None:
            offset = _offset(run.local, begun_at(task))
        if not run.over and last and not last.startswith("TASK OK"):
            run.told |= {"succeeded": False, "outcome": kept(last.removeprefix("TASK ERROR:").strip())}
        started = (run.local - offset).replace(tzinfo=UTC) if run.local and offset is not None else None
        yield _row(run, task, node, storage, started)


def _parts(lines: Sequence[str]) -> Iterator[_Run]:
    run: _Run | None = None
    for line in lines:
        if match := _BEGUN.match(line):
            if run is not None:
                yield run
            kind = "lxc" if match[2] in ("lxc", "openvz") else "qemu"
            run = _Run(f"{kind}/{match[1]}")
        elif run is not None:
            _take(run, line)
    if run is not None:
        yield run


def _take(run: _Run, line: str) -> None:
    """What one line adds to a guest's backup."""
    if not _TELLING.search(line):
        return
    number = run.guest.rpartition("/")[2]
    told = run.told
    if (match := _ENDED.match(line)) and match[1] == number:
        hours, minutes, seconds = (int(part) for part in match.groups()[1:])
        told |= {"succeeded": True, "duration_seconds": 3600.0 * hours + 60 * minutes + seconds}
        run.over = True
    elif (match := _FAILED.match(line)) and match[1] == number:
        told |= {"succeeded": False, "outcome": kept(match[2])}
        run.over = True
    elif match := _WHEN.match(line):
        _times(run, datetime.fromisoformat(match[1]), started="started" in line)
    elif match := _LEFT_OUT.match(line) or _MOUNT_LEFT_OUT.match(line):
        run.excluded.append(f"{match[1]} {match[2]}".strip())
    elif match := _MOVED.match(line):
        told |= {"transferred_bytes": size_bytes(match[1]), "transfer_seconds": float(match[2])}
    elif match := _TAR.match(line):
        told["transferred_bytes"] = int(match[1])
    elif match := _PXAR.match(line):
        told |= {"transferred_bytes": size_bytes(match[1]), "transfer_seconds": float(match[2])}
    elif match := _SIZE.match(line):
        told["archive_bytes"] = size_bytes(match[1])
    else:
        _words(run, line)


def _times(run: _Run, at: datetime, *, started: bool) -> None:
    if started:
        run.local = at
    elif run.local is not None:  # of one that failed no duration is told otherwise
        run.told.setdefault("duration_seconds", max(0.0, (at - run.local).total_seconds()))


def _words(run: _Run, line: str) -> None:
    for column, pattern in (("name", _NAME), ("mode", _MODE), ("volume", _ARCHIVE)):
        if match := pattern.match(line):
            run.told[column] = match[1].strip()
    for said, rest in _REST:
        if said in line:
            run.told["rest"] = rest


def _offset(local: datetime, begun: datetime | None) -> timedelta | None:
    """How far the node's clock is from UTC, in quarters of an hour; None if they do not fit together."""
    if begun is None:
        return None
    quarters = round((local - begun.replace(tzinfo=None)).total_seconds() / 900)
    return timedelta(minutes=15 * quarters) if -50 <= quarters <= 60 else None


def _row(
    run: _Run, task: str, node: str | None, storage: str | None, started: datetime | None
) -> GuestBackupRun:
    told = dict(run.told)
    moved = told.get("transferred_bytes")
    seconds = told.get("transfer_seconds") or told.get("duration_seconds")
    if moved is not None and seconds:
        told["bytes_per_second"] = moved / seconds
    volume = told.pop("volume", None)
    return GuestBackupRun(
        task=task,
        guest=run.guest,
        node=node,
        storage=storage,
        started_at=started,
        volume=_volume(str(volume), storage) if volume else None,
        excluded="\n".join(run.excluded[:20]),
        **told,
    )


def _volume(archive: str, storage: str | None) -> str:
    """The identity that the backup has in the list of its storage, where the storage is known."""
    if storage is None:
        return archive
    name = archive.rpartition("/")[2] if archive.startswith("/") else archive
    return f"{storage}:backup/{name}"
