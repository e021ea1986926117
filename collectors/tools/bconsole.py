"""Bacula's and Bareos' console: `llist jobs`, `list jobs` and `list volumes`, as saved by its people.

The short list of jobs names no client, so it tells of runs only; `llist jobs` tells of copies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.backup_tables import BackupCheck, BackupJob, BackupRepository, BackupSession, RestorePoint
from collectors.bacula_rows import jobs_of, rows_of, volume_rows, words
from collectors.collector import reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.question import Answer

Line = dict[str, str]
_PAIR = re.compile(r"\s*(\w+): ?(.*)")
_KNOWN = re.compile(r"^\|\s*(?:JobId|MediaId)\s*\|.*\|\s*$|^\s+JobId: \d", re.IGNORECASE | re.MULTILINE)


def _recognises(text: str) -> float:
    return 0.9 if _KNOWN.search(text[:200_000]) else 0.0


@reader(
    "bconsole",
    fills=(BackupSession, RestorePoint, BackupCheck, BackupJob, BackupRepository),
    recognises=_recognises,
)
def read(answer: Answer) -> Iterator[Reading]:
    """what the console of Bacula lists: jobs and volumes"""
    if not _KNOWN.search(answer.text):
        raise ValueError("a list of jobs or volumes was expected")
    blocks, lines = list(_blocks(answer.text)), list(_tables(answer.text))
    jobs = {words(one, "jobid"): (number, one) for number, one in lines if "jobstatus" in one}
    jobs |= {words(one, "jobid"): (number, one) for number, one in blocks if "jobstatus" in one}
    unread = 0
    for number, one in jobs.values():
        try:
            for row in rows_of(one):
                yield At(row, f"line {number}")
        except LookupError:
            unread += 1
    yield from jobs_of(one for _, one in jobs.values())
    volumes = [one for _, one in (*lines, *blocks) if "volstatus" in one]
    yield from volume_rows(volumes)
    if jobs and not any("clientname" in one for _, one in jobs.values()):
        detail = "the short list names no client: save `llist jobs`"
        yield Missing(RestorePoint, "not-asked", detail)
    if unread:
        yield Missing(BackupSession, "unreadable", f"{unread} jobs have no number or name")
    if not jobs and not volumes:
        yield NotHere(RestorePoint, "the lists are empty")


def _blocks(text: str) -> Iterator[tuple[int, Line]]:
    """Of llist: `   Name: value` lines up to an empty one."""
    block: Line = {}
    begun = 0
    for number, line in enumerate([*text.splitlines(), ""], 1):
        found = _PAIR.fullmatch(line) if line[:1] in (" ", "\t") or line[:5] == "JobId" else None
        if found is not None:
            begun = begun or number
            block[found[1].lower()] = found[2].strip()
        elif not line.strip() and block:
            yield begun, block
            block, begun = {}, 0


def _tables(text: str) -> Iterator[tuple[int, Line]]:
    """Of list: columns between bars, with a line of names."""
    columns: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("|"):
            columns = columns if line.startswith("+") else []
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not columns:
            columns = [cell.lower() for cell in cells]
        elif len(cells) == len(columns):
            yield number, dict(zip(columns, cells, strict=True))
