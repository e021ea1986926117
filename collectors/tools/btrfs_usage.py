"""Space and profiles of btrfs: `btrfs filesystem usage`, `df` and `btrfs device usage`.

Texts of cmds/filesystem-usage.c and cmds/filesystem.c of btrfs-progs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from collectors.btrfs_tables import BtrfsProfile, BtrfsRoom, BtrfsUsage
from collectors.btrfs_text import amount, kind_of, profile_of
from collectors.collector import reader
from collectors.fact import At, GapReason, Missing, Reading
from collectors.plain_text import is_prompt, numbered_lines
from collectors.question import Answer, Form

BTRFS_USAGE = Form(
    ("btrfs", "filesystem", "usage", "-b", "{mountpoint}"),
    reads="btrfs-usage",
    why="Profiles of data and metadata, unallocated space and missing devices of a btrfs file system",
    right="root",
)

_TOTALS = {
    "Device size": "size_bytes",
    "Device allocated": "allocated_bytes",
    "Device unallocated": "unallocated_bytes",
    "Device missing": "missing_bytes",
    "Used": "used_bytes",
    "Free (estimated)": "free_bytes",
}
_TOTAL = re.compile(r"\s+([A-Z][\w ]+?(?: \([^)]*\))?):\s*(\S*)(.*)")
_CHUNK = re.compile(r"\s*([A-Z][A-Za-z+]+),\s*(\w+): Size:\s*(\S+), Used:\s*(\S+?)(?: \([\d.]+%\))?\s*")
_DF = re.compile(r"\s*([A-Z][A-Za-z+]+), (\w+): total=(\S+), used=(\S+)\s*")
_SHARE = re.compile(r"\s+(/\S.*?|missing|<missing disk>|devid:\d+|[\w.:/-]+)\s+(-?[\d.]+[KMGTPE]?i?B?)\s*")
_DEVICE = re.compile(r"\s*(/\S.*|missing|<missing disk>), ID:\s*\d+\s*")
_DEVICE_CHUNK = re.compile(r"\s+([A-Z][A-Za-z+]+),(\w+):\s+(-?\S+)\s*")
_SMALL = re.compile(r"(?:WARNING|ERROR): .*")
_HEADINGS = re.compile(r"\s*(?:Overall|Unallocated):\s*")


@dataclass(slots=True)
class _Space:
    """What was read so far. *section*: total, chunk, room or device."""

    place: str
    totals: dict[str, Any] = field(default_factory=dict)
    profiles: dict[tuple[str, str], BtrfsProfile] = field(default_factory=dict)
    lines: dict[Any, int] = field(default_factory=dict)
    room: dict[str, int | None] = field(default_factory=dict)
    section: str = ""
    device: str = ""


def recognises(text: str) -> float:
    head = text[:20000]
    if re.search(r"^[> \t]*Overall:\s*$\s+(?:> *)?\s*Device size:", head, re.MULTILINE):
        return 1.0
    lines = [line for _, line in numbered_lines(head) if line.strip() and not is_prompt(line)]
    if any(_DF.fullmatch(line) or _CHUNK.fullmatch(line) for line in lines[:12]):
        return 0.95
    return 0.9 if lines and _DEVICE.fullmatch(lines[0]) else 0.0


@reader("btrfs-usage", fills=(BtrfsUsage, BtrfsProfile, BtrfsRoom), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """space and profiles of a btrfs file system as btrfs filesystem usage, df or device usage tells them"""
    space = _Space(answer.question.argv[-1])
    for number, line in numbered_lines(answer.text):
        if not line.strip():
            continue
        if not is_prompt(line) and not _SMALL.fullmatch(line.strip()) and not _take(space, number, line):
            yield Missing(BtrfsUsage, "unreadable", f"line {number}: {line.strip()[:120]}", space.place)
    yield from _told(space, answer)


def _take(space: _Space, number: int, line: str) -> bool:
    if _HEADINGS.fullmatch(line):
        space.section = line.strip().lower()
        return True
    if match := _DEVICE.fullmatch(line):
        space.section, space.device = "device", match[1]
        return True
    if match := _CHUNK.fullmatch(line) or _DF.fullmatch(line):
        space.section = "chunk"
        _profile(space, number, match[1], match[2], amount(match[3]), amount(match[4]))
        return True
    if space.section == "device":
        return _of_device(space, number, line)
    if space.section in ("chunk", "unallocated:") and (match := _SHARE.fullmatch(line)):
        if space.section == "unallocated:":
            space.room[match[1]] = amount(match[2])
            space.lines[match[1]] = number
        return True
    return space.section == "overall:" and _of_total(space, number, line)


def _of_total(space: _Space, number: int, line: str) -> bool:
    match = _TOTAL.fullmatch(line)
    if match is None:
        return False
    space.lines.setdefault("total", number)
    if match[1] in _TOTALS:
        space.totals[_TOTALS[match[1]]] = amount(match[2])
    elif match[1] == "Multiple profiles":
        space.totals["multiple_profiles"] = {"yes": True, "no": False}.get(match[2])
    return True


def _of_device(space: _Space, number: int, line: str) -> bool:
    if match := _DEVICE_CHUNK.fullmatch(line):
        _profile(space, number, match[1], match[2], None, None)
        return True
    if match := _TOTAL.fullmatch(line):
        if match[1] == "Unallocated":
            space.room[space.device] = amount(match[2])
            space.lines[space.device] = number
        return True
    return False


def _profile(space: _Space, number: int, kind: str, profile: str, size: int | None, used: int | None) -> None:
    ours, shape = kind_of(kind), profile_of(profile)
    if ours is not None and shape is not None:
        row = BtrfsProfile(place=space.place, kind=ours, profile=shape, size_bytes=size, used_bytes=used)
        space.profiles.setdefault((ours, shape), row)
        space.lines.setdefault((ours, shape), number)


def _told(space: _Space, answer: Answer) -> Iterator[Reading]:
    totals = dict(space.totals)
    if _all_missing(totals):
        totals["missing_bytes"] = None
        yield Missing(
            BtrfsUsage, "denied", "all devices told as missing: asked without the right", space.place
        )
    if not totals and not space.profiles and not space.room:
        yield from _nothing(answer, space.place)
        return
    if "multiple_profiles" not in totals and space.profiles:
        kinds = [kind for kind, _ in space.profiles]
        totals["multiple_profiles"] = len(kinds) > len(set(kinds))
    if not space.totals and space.room:
        told = [size for size in space.room.values() if size is not None]
        totals["unallocated_bytes"] = sum(told) if len(told) == len(space.room) else None
    yield At(BtrfsUsage(place=space.place, **totals), f"line {space.lines.get('total', 1)}")
    for key, row in space.profiles.items():
        yield At(row, f"line {space.lines[key]}")
    for device, size in space.room.items():
        room = BtrfsRoom(place=space.place, device=device, unallocated_bytes=size)
        yield At(room, f"line {space.lines[device]}")
    if not space.profiles:
        yield Missing(BtrfsProfile, "truncated", "the profiles are missing", space.place)


def _all_missing(totals: dict[str, Any]) -> bool:
    """A mounted file system has a device; usage says otherwise if it may not read the tree of chunks."""
    size, gone = totals.get("size_bytes"), totals.get("missing_bytes")
    return bool(size) and gone is not None and gone >= size


def _nothing(answer: Answer, place: str) -> Iterator[Reading]:
    complaint = answer.complaint
    reason: GapReason = "failed" if complaint else "empty"
    if re.search(r"ermission|not permitted", complaint):
        reason = "denied"
    for row_type in (BtrfsUsage, BtrfsProfile, BtrfsRoom):
        yield Missing(row_type, reason, complaint or "nothing is told", place)
