"""Swap space: /proc/swaps."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.block_tables import SwapArea
from collectors.collector import Asking, collector, reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.plain_text import is_prompt, numbered_lines, octal_unescaped
from collectors.question import Answer, Form

SWAPS = Form(("cat", "/proc/swaps"), reads="swaps", why="Which devices and files are used as swap space")
_HEADING = re.compile(r"Filename\s+Type\s+Size\s+Used\s+Priority\s*")
_LINE = re.compile(r"(/\S*)\s+(\w+)\s+(\d{1,18})\s+(\d{1,18})\s+(-?\d{1,9})\s*")


@collector("swap", asks=(SWAPS,))
def ask() -> Asking:
    """Swap space"""
    yield (SWAPS(),)


def recognises(text: str) -> float:
    return 1.0 if _HEADING.match(text.lstrip()[:200].partition("\n")[0] + "\n") else 0.0


@reader("swaps", fills=(SwapArea,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """swap space in use"""
    opened = areas = False
    for number, line in numbered_lines(answer.text):
        if _HEADING.fullmatch(line):
            opened = True
        elif match := _LINE.fullmatch(line):
            areas = True
            path, kind, size, used, priority = match.groups()
            yield At(
                SwapArea(
                    path=octal_unescaped(path),
                    type=kind,
                    size_bytes=int(size) * 1024,
                    used_bytes=int(used) * 1024,
                    priority=int(priority),
                ),
                f"line {number}",
            )
        elif line.strip() and not is_prompt(line):
            areas = True
            yield Missing(SwapArea, "unreadable", f"line {number}: {line.strip()[:100]}")
    if opened and not areas:
        yield NotHere(SwapArea, "/proc/swaps lists none")
    elif not opened and answer.status and "No such file" in answer.complaint:
        yield NotHere(SwapArea, "a kernel without swap: there is no /proc/swaps")
    elif not opened:
        yield Missing(SwapArea, "empty", answer.complaint or "nothing is told")
