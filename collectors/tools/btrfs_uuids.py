"""Who is whose snapshot or copy on btrfs: `btrfs subvolume list -u -q -R` (cmds/subvolume-list.c).

A subvolume that `btrfs receive` made keeps the UUID of the snapshot that was sent. Times are only told with
-s, which leaves out what was received whole, so two lists are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from collectors.btrfs_tables import BtrfsSubvolume
from collectors.collector import reader
from collectors.fact import At, GapReason, Missing, Reading
from collectors.plain_text import is_prompt, numbered_lines
from collectors.question import Answer, Form

BTRFS_UUIDS = Form(
    ("btrfs", "subvolume", "list", "-u", "-q", "-R", "{mountpoint}"),
    reads="btrfs-uuids",
    why="What snapshots of btrfs were received from where: a copy of another machine, or none",
    right="root",
    max_bytes=8 * 1024 * 1024,
)
BTRFS_TIMES = Form(
    ("btrfs", "subvolume", "list", "-s", "-u", "-q", "-R", "{mountpoint}"),
    reads="btrfs-uuids",
    why="When the snapshots of btrfs were made",
    right="root",
    max_bytes=8 * 1024 * 1024,
)

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_LINE = re.compile(
    r"ID \d{1,20} gen \d+ .*?(?:otime (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|-) )?"
    rf"parent_uuid ({_UUID}|-) +received_uuid ({_UUID}|-) +uuid ({_UUID}|-) +path (.+)"
)


def recognises(text: str) -> float:
    return 1.0 if re.search(r"^ID \d+ gen \d+ .*received_uuid .* path ", text[:4000], re.MULTILINE) else 0.0


@reader("btrfs-uuids", fills=(BtrfsSubvolume,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """subvolumes of a btrfs file system with the UUIDs of what they are snapshots or copies of"""
    place = answer.question.argv[-1]
    snapshots_only = "-s" in answer.question.argv
    if answer.status or (not answer.text.strip() and not snapshots_only):
        complaint = answer.complaint
        reason: GapReason = "denied" if re.search(r"ermission|not permitted", complaint) else "failed"
        nothing: GapReason = reason if complaint or answer.status else "empty"
        if nothing != "empty":
            yield Missing(BtrfsSubvolume, nothing, complaint or f"exit status {answer.status}", place)
        return
    for number, line in numbered_lines(answer.text):
        if match := _LINE.fullmatch(line.strip()):
            parent, received, uuid = (None if word == "-" else word for word in match.group(2, 3, 4))
            if uuid is not None:  # of a file system made before there were any
                row = BtrfsSubvolume(
                    place=place,
                    uuid=uuid,
                    path=match[5],
                    parent_uuid=parent,
                    received_uuid=received,
                    created_at=_time(match[1]),
                )
                yield At(row, f"line {number}")
        elif line.strip() and not is_prompt(line):
            yield Missing(BtrfsSubvolume, "unreadable", f"line {number}: {line.strip()[:120]}", place)


def _time(word: str | None) -> datetime | None:
    """Read as UTC: we ask with TZ=UTC0, a saved text may be hours off."""
    try:
        return datetime.strptime(word or "", "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
