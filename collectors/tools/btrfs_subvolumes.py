"""Snapshots of btrfs, counted: `btrfs subvolume list` (cmds/subvolume-list.c)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from collectors.btrfs_tables import BtrfsSnapshots
from collectors.collector import reader
from collectors.fact import At, GapReason, Missing, Reading
from collectors.plain_text import is_prompt, numbered_lines
from collectors.question import Answer, Form

BTRFS_SNAPSHOTS = Form(
    ("btrfs", "subvolume", "list", "-s", "{mountpoint}"),
    reads="btrfs-subvolumes",
    why="How many snapshots a btrfs file system has, and how old the oldest is",
    right="root",
    max_bytes=4 * 1024 * 1024,
)

_LINE = re.compile(r"\s*ID (\d{1,20}) gen \d+ .*?(?:otime (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|-) )?.*?path (.*)")
_TABLE = re.compile(r"\s*(\d{1,20})\t+\d+\t.*?(?:(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\s+)?(\S[^\t]*?)\s*")
_HEADING = re.compile(r"\s*(?:ID\s+gen\s.*path|-[-\s]*)\s*")
_SNAPPER = re.compile(r"(?:^|/)\.snapshots/\d+/snapshot$")
_BTRBK = re.compile(r"\.\d{8}(?:T\d{4}(?:\d{2}[+-]\d{4})?)?(?:_\d+)?$")
_TIMESHIFT = re.compile(r"(?:^|/)timeshift-btrfs/snapshots/")
_OTHER = re.compile(r"(?:^|/)\.?snapshots?/", re.IGNORECASE)


def recognises(text: str) -> float:
    head = text[:4000]
    if " received_uuid " in head:
        return 0.9  # its UUIDs tell more
    if re.search(r"^[> \t]*ID \d+ gen \d+ .*top level \d+ .*path ", head, re.MULTILINE):
        return 1.0
    return 0.95 if re.search(r"^[> \t]*ID\s+gen\s.*top level\s.*path\s*$", head, re.MULTILINE) else 0.0


@reader("btrfs-subvolumes", fills=(BtrfsSnapshots,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """snapshots of a btrfs file system as btrfs subvolume list shows them, counted"""
    place = answer.question.argv[-1]
    only = "-s" in answer.question.argv
    if answer.status or (not answer.text.strip() and not only):
        complaint = answer.complaint
        reason: GapReason = "denied" if re.search(r"ermission|not permitted", complaint) else "failed"
        yield Missing(BtrfsSnapshots, reason if complaint else "empty", complaint or "nothing told", place)
        return
    told: list[tuple[datetime | None, str]] = []
    for number, line in numbered_lines(answer.text):
        match = _LINE.fullmatch(line) or _TABLE.fullmatch(line)
        if match:
            told.append((_time(match[2]), match[3]))
        elif line.strip() and not is_prompt(line) and not _HEADING.fullmatch(line):
            yield Missing(BtrfsSnapshots, "unreadable", f"line {number}: {line.strip()[:120]}", place)
    yield At(_counted(place, told, only, answer.refusal == "truncated"), "line 1")


def _time(word: str | None) -> datetime | None:
    try:
        return datetime.strptime(word or "", "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _counted(
    place: str, told: list[tuple[datetime | None, str]], only: bool, cut_short: bool
) -> BtrfsSnapshots:
    named = {"snapper_count": _SNAPPER, "btrbk_count": _BTRBK, "timeshift_count": _TIMESHIFT}
    known = (*named.values(), _OTHER)
    snapshots = told if only else [one for one in told if any(p.search(one[1]) for p in known)]
    times = [at for at, _ in snapshots if at is not None]
    return BtrfsSnapshots(
        place=place,
        subvolumes=None if only else len(told),
        snapshots=len(snapshots),
        oldest_at=min(times, default=None),
        newest_at=max(times, default=None),
        cut_short=cut_short,
        **{column: sum(p.search(path) is not None for _, path in snapshots) for column, p in named.items()},
    )
