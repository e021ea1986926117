"""Targets of the device mapper that have a state: `dmsetup status`.

The kernel's Documentation/admin-guide/device-mapper/ explains the words of each target.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from collectors.collector import reader
from collectors.crypt_tables import IntegrityDevice
from collectors.fact import At, GapReason, Missing, NotHere, Reading
from collectors.lvm_tables import DmTarget
from collectors.plain_text import ends_within_a_line, is_prompt, numbered_lines
from collectors.question import Answer, Form

DMSETUP = Form(
    ("dmsetup", "status"),
    reads="dmsetup",
    why="What the kernel says of RAID volumes, thin pools and snapshots",
    right="root",
)
_LINE = re.compile(r"\s*(\S+): (\d{1,20}) (\d{1,20}) ([a-z][\w-]*) ?(.*)")
_SHORT = re.compile(r"\s*\S+: \d+ \d+(?: \S+)*\s*")
_PAIR = re.compile(r"(\d{1,20})/(\d{1,20})")
_NO_DEVICES = "No devices found"


def recognises(text: str) -> float:
    lines = [line for _, line in numbered_lines(text[:8000]) if line.strip() and not is_prompt(line)]
    hits = sum(_LINE.fullmatch(line) is not None or _SHORT.fullmatch(line) is not None for line in lines)
    if lines and lines[0].strip() == _NO_DEVICES:
        return 0.9
    return 0.9 * hits / len(lines) if lines and hits * 2 > len(lines) else 0.0


@reader("dmsetup", fills=(DmTarget, IntegrityDevice), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """targets of the device mapper with a state, as dmsetup status tells them"""
    if answer.text.strip() == _NO_DEVICES:
        for row_type in (DmTarget, IntegrityDevice):
            yield NotHere(row_type, "the device mapper has no devices")
        return
    told = rows = 0
    for number, line in numbered_lines(answer.text):
        match = _LINE.fullmatch(line)
        if match:
            told += 1
            yield from _integrity(match[1], match[4], match[5], number)
            more = _READ.get(match[4], _nothing)(match[5].split())
            if more is not None:
                rows += 1
                row = DmTarget(name=match[1], start=int(match[2]), type=match[4], **more)
                yield At(row, f"line {number}")
                if match[4] in _READ and not any(value is not None for value in more.values()):
                    yield Missing(DmTarget, "truncated", f"line {number}: {line.strip()[:120]}", match[1])
        elif line.strip() and not is_prompt(line):
            yield Missing(DmTarget, "unreadable", f"line {number}: {line.strip()[:120]}")
    if not told:
        reason: GapReason = "failed" if answer.complaint else "empty"
        if "ermission" in answer.complaint:
            reason = "denied"
        yield Missing(DmTarget, reason, answer.complaint or "no target is told")
    elif not rows and ends_within_a_line(answer.text):
        yield Missing(DmTarget, "truncated", "the list ends within a line")


def _integrity(name: str, kind: str, words: str, number: int) -> Iterator[Reading]:
    """Checksums of their own; those below a RAID volume of LVM are told by the volume."""
    count = words.partition(" ")[0]
    if kind == "integrity" and re.fullmatch(r"\d{1,18}", count) and not re.search(r"_rimage_\d+$", name):
        yield At(IntegrityDevice(name=name, mismatches=int(count)), f"line {number}")


def _nothing(words: list[str]) -> dict[str, Any] | None:
    """linear, striped, crypt…: nothing in their status is judged."""
    return None


def _raid(words: list[str]) -> dict[str, Any]:
    """`raid1 2 AA 32768/32768 idle 0 0 -`"""
    health = words[2] if len(words) > 2 and re.fullmatch(r"[AaD-]+", words[2]) else None
    return {
        "raid_health": health,
        "raid_percent": _share(words[3]) if len(words) > 3 else None,
        "raid_action": words[4] if len(words) > 4 else None,
        "mismatch_sectors": int(words[5][:20]) if len(words) > 5 and words[5].isdigit() else None,
    }


def _mirror(words: list[str]) -> dict[str, Any]:
    """`2 252:14 252:15 2048/2048 1 AA 3 disk 252:13 A`: images, share in sync, their health"""
    images = int(words[0]) if words and re.fullmatch(r"\d{1,2}", words[0]) else 0
    rest = words[1 + images :]
    health = rest[2] if images and len(rest) > 2 and re.fullmatch(r"[ADFSRU]+", rest[2]) else None
    in_sync = _share(rest[0]) if rest else None
    return {
        "raid_health": re.sub("[^A]", "D", health) if health else None,
        "raid_percent": in_sync,
    }


def _thin_pool(words: list[str]) -> dict[str, Any]:
    """`2 112/1024 0/256 - rw no_discard_passdown queue_if_no_space - 256`, `Fail` or `Error`"""
    if words[:1] in (["Fail"], ["Error"]):
        return {"mode": words[0]}
    modes = [word for word in words if word in ("rw", "ro", "out_of_data_space")]
    whole = len(words) >= 7
    return {
        "metadata_percent": _share(words[1]) if len(words) > 1 else None,
        "data_percent": _share(words[2]) if len(words) > 2 else None,
        "mode": modes[0] if modes else None,
        "needs_check": "needs_check" in words if whole else None,
    }


def _snapshot(words: list[str]) -> dict[str, Any]:
    """`616408/5120000 2408`, `Invalid`, `Overflow`, `Merge failed`"""
    share = _share(words[0]) if words else None
    return {"data_percent": share, "mode": " ".join(words) if words and share is None else None}


def _share(word: str) -> float | None:
    match = _PAIR.fullmatch(word)
    return 100.0 * int(match[1]) / int(match[2]) if match and int(match[2]) else None


_READ = {
    "raid": _raid,
    "mirror": _mirror,
    "thin-pool": _thin_pool,
    "snapshot": _snapshot,
    "snapshot-merge": _snapshot,
}
