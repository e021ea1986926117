"""Devices with checksums below the file system: `dmsetup status` (Documentation, dm-integrity.rst)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.collector import reader
from collectors.crypt_tables import IntegrityDevice
from collectors.fact import At, Missing, Reading
from collectors.plain_text import is_prompt, numbered_lines
from collectors.question import Answer, Form

INTEGRITY_STATUS = Form(
    ("dmsetup", "status", "--target", "integrity"),
    reads="dm-integrity",
    why="Sectors whose checksum was wrong",
    right="root",
)
_LINE = re.compile(r"(\S+): \d+ \d+ integrity (\d{1,18}) \d+ \S+.*")


def recognises(text: str) -> float:
    lines = [line.strip() for _, line in numbered_lines(text[:5000]) if line.strip() and not is_prompt(line)]
    return 0.97 if lines and all(_LINE.fullmatch(line) for line in lines[:20]) else 0.0


@reader("dm-integrity", fills=(IntegrityDevice,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """sectors with a wrong checksum as dmsetup status tells them"""
    found = False
    for number, line in numbered_lines(answer.text):
        if match := _LINE.fullmatch(line.strip()):
            found = True
            yield At(IntegrityDevice(name=match[1], mismatches=int(match[2])), f"line {number}")
        elif line.strip():
            yield Missing(IntegrityDevice, "unreadable", f"line {number}: {line.strip()[:120]}")
            found = True
    if not found:
        yield Missing(IntegrityDevice, "empty", answer.complaint or "no device is told")
