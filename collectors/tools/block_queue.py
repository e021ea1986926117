"""Command timeout and cache of a disk by sysfs (the kernel's Documentation/ABI/stable/sysfs-block)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.block_tables import BlockQueue
from collectors.collector import Asking, collector, reader
from collectors.fact import Missing, Reading
from collectors.plain_text import file_lines, unopened, whole_number
from collectors.question import Answer, Form

QUEUE = Form(
    ("grep", "-aH", "", "/sys/block/*/queue/write_cache", "/sys/block/*/device/timeout"),
    reads="block-queue",
    why="Command timeouts and write caches of disks",
    expand=True,
)
_PATH = re.compile(r"/sys/block/([^/]+)/(queue/write_cache|device/timeout)")


@collector("block-queue", asks=(QUEUE,))
def ask() -> Asking:
    """Command timeouts and write caches of disks"""
    yield (QUEUE(),)


def recognises(text: str) -> float:
    known = r"^/sys/block/[^/]+/(?:queue/write_cache|device/timeout):"
    return 1.0 if re.search(known, text[:20000], re.MULTILINE) else 0.0


@reader("block-queue", fills=(BlockQueue,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """command timeouts and write caches of disks"""
    disks: dict[str, dict[str, str]] = {}
    for number, path, value in file_lines(answer):
        if match := _PATH.fullmatch(path):
            disks.setdefault(match[1], {}).setdefault(match[2], value.strip())
        else:
            yield Missing(BlockQueue, "unreadable", f"line {number}: {path[:100]}")
    for name, told in sorted(disks.items()):
        yield BlockQueue(
            name=name.replace("!", "/"),
            timeout_seconds=whole_number(told.get("device/timeout")),
            write_cache=told.get("queue/write_cache") or None,
        )
    for path, why in unopened(answer).items():
        if "ermission" in why:
            yield Missing(BlockQueue, "denied", f"{path}: {why}")
    if not disks:
        yield Missing(BlockQueue, "empty", answer.complaint or "nothing is told")
