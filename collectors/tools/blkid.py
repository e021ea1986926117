"""Signatures on block devices: saved outputs of blkid(8), and sizes from /proc/partitions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.block_tables import BlockDevice
from collectors.collector import reader
from collectors.device_names import guessed_type
from collectors.fact import At, Missing, Reading
from collectors.plain_text import is_prompt, numbered_lines
from collectors.question import Answer

_LINE = re.compile(r'(/dev/[^\s:]+):((?: [A-Z][A-Z0-9_]*="[^"]*")+)\s*')
_PAIR = re.compile(r'([A-Z][A-Z0-9_]*)="([^"]*)"')
_HEADING = re.compile(r"major\s+minor\s+#blocks\s+name\s*")
_PARTITION = re.compile(r"\s*(\d{1,9})\s+(\d{1,9})\s+(\d{1,18})\s+(\S+)\s*")


def _recognises(text: str) -> float:
    lines = [line for _, line in numbered_lines(text[:8000]) if line.strip() and not is_prompt(line)]
    hits = sum(_LINE.fullmatch(line) is not None for line in lines)
    return 0.95 if hits and hits * 2 >= len(lines) else 0.0


@reader("blkid", fills=(BlockDevice,), recognises=_recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """signatures on block devices as blkid finds them"""
    found = False
    for number, line in numbered_lines(answer.text):
        if match := _LINE.fullmatch(line):
            found = True
            told = dict(_PAIR.findall(match[2]))
            name = match[1].removeprefix("/dev/").removeprefix("mapper/")
            row = BlockDevice(
                name=name,
                path=match[1],
                type=guessed_type(name),
                fs_type=told.get("TYPE") or None,
                fs_uuid=told.get("UUID") or None,
                fs_label=told.get("LABEL") or None,
            )
            yield At(row, f"line {number}")
        elif line.strip() and not is_prompt(line):
            yield Missing(BlockDevice, "unreadable", f"line {number}: {line.strip()[:100]}")
    if not found:
        yield Missing(BlockDevice, "empty", answer.complaint or "blkid found no signature")


@reader(
    "partitions",
    fills=(BlockDevice,),
    recognises=lambda text: 1.0 if _HEADING.match(text.lstrip()[:200]) else 0.0,
)
def read_partitions(answer: Answer) -> Iterator[Reading]:
    """block devices as /proc/partitions lists them"""
    found = False
    for number, line in numbered_lines(answer.text):
        if match := _PARTITION.fullmatch(line):
            found = True
            name = match[4].replace("!", "/")
            size = int(match[3]) * 1024
            row = BlockDevice(
                name=name, type=guessed_type(name), size_bytes=size, device_number=f"{match[1]}:{match[2]}"
            )
            yield At(row, f"line {number}")
        elif line.strip() and not is_prompt(line) and not _HEADING.fullmatch(line.strip()):
            yield Missing(BlockDevice, "unreadable", f"line {number}: {line.strip()[:100]}")
    if not found:
        yield Missing(BlockDevice, "empty", answer.complaint or "no device is listed")
