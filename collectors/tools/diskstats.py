"""Read and write counters: /proc/diskstats (the kernel's Documentation/admin-guide/iostats.rst)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.block_tables import IoCounter
from collectors.collector import Asking, collector, reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.plain_text import is_prompt, numbered_lines
from collectors.question import Answer, Form

DISKSTATS = Form(
    ("cat", "/proc/diskstats"), reads="diskstats", why="How much was read and written since boot"
)
_LINE = re.compile(r"\s*(\d+)\s+(\d+)\s+(\S+)((?:\s+\d{1,20})+)\s*")
_SECTOR = 512  # whatever the disk's own sector size is
_VIRTUAL = re.compile(r"(?:loop|ram|zram|fd|sr)\d+")


@collector("io-counters", asks=(DISKSTATS,))
def ask() -> Asking:
    """Read and write counters of disks"""
    yield (DISKSTATS(),)


def recognises(text: str) -> float:
    lines = [line for line in text[:8000].splitlines() if line.strip() and not is_prompt(line)]
    hits = sum((match := _LINE.fullmatch(line)) is not None and len(match[4].split()) >= 11 for line in lines)
    return 0.95 if lines and hits >= len(lines) - 1 and hits else 0.0


@reader("diskstats", fills=(IoCounter,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """read and write counters since boot"""
    told = False
    for number, line in numbered_lines(answer.text):
        name, counts = _counted(line)
        told |= bool(counts)
        if not counts or (len(counts) != 4 and len(counts) < 11):
            if line.strip() and not is_prompt(line):
                yield Missing(IoCounter, "unreadable", f"line {number}: {line.strip()[:100]}")
        elif len(counts) >= 11 and not _VIRTUAL.fullmatch(name):  # 4: partitions before Linux 2.6.25
            yield At(_row(name, counts), f"line {number}")
    if not told and answer.status and "No such file" in answer.complaint:
        yield NotHere(IoCounter, "there is no /proc/diskstats")
    elif not told:
        yield Missing(IoCounter, "empty", answer.complaint or "nothing is told")


def _counted(line: str) -> tuple[str, list[int]]:
    """Name and counts of a disk; no counts if it is no line of /proc/diskstats."""
    words = line.split()
    numbers, counts = [*words[:2], *words[3:]], words[3:]
    if not counts or not all(map(str.isdecimal, numbers)) or max(map(len, counts)) > 20:
        return "", []
    return words[2], [int(one) for one in counts]


def _row(name: str, counts: list[int]) -> IoCounter:
    return IoCounter(
        name=name,
        reads=counts[0],
        writes=counts[4],
        read_bytes=counts[2] * _SECTOR,
        written_bytes=counts[6] * _SECTOR,
        busy_milliseconds=counts[9],
        wait_milliseconds=counts[3] + counts[7],
    )
