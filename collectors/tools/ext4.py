"""Error memory of mounted ext4 file systems (the kernel's Documentation/ABI/testing/sysfs-fs-ext4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from collectors.block_tables import Ext4Errors
from collectors.collector import Asking, collector, reader
from collectors.fact import Missing, NotHere, Reading
from collectors.plain_text import file_lines, unopened, whole_number
from collectors.question import Answer, Form

_FILES = (
    *("errors_count", "warning_count", "first_error_time", "first_error_func"),
    *("last_error_time", "last_error_func"),
)
EXT4 = Form(
    ("grep", "-aH", "", *(f"/sys/fs/ext4/*/{name}" for name in _FILES)),
    reads="ext4-sysfs",
    why="Errors that ext4 file systems remember",
    expand=True,
)
_PATH = re.compile(r"/sys/fs/ext4/([^/]+)/([a-z_]+)")


@collector("ext4", asks=(EXT4,))
def ask() -> Asking:
    """Error memory of mounted ext4 file systems"""
    yield (EXT4(),)


def recognises(text: str) -> float:
    return 1.0 if re.search(r"^/sys/fs/ext4/[^/]+/\w+:", text[:20000], re.MULTILINE) else 0.0


@reader("ext4-sysfs", fills=(Ext4Errors,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """errors that mounted ext4 file systems remember"""
    devices: dict[str, dict[str, str]] = {}
    for number, path, value in file_lines(answer):
        if match := _PATH.fullmatch(path):
            devices.setdefault(match[1], {}).setdefault(match[2], value.strip())
        else:
            yield Missing(Ext4Errors, "unreadable", f"line {number}: {path[:100]}")
    for device, told in sorted(devices.items()):
        if device != "features":
            yield _row(device, told)
    for path, why in unopened(answer).items():
        if "ermission" in why:
            yield Missing(Ext4Errors, "denied", f"{path}: {why}")
    if not devices and answer.status == 2 and "No such file" in answer.complaint:
        yield NotHere(Ext4Errors, "no ext4 file system is mounted: /sys/fs/ext4 has none")
    elif not devices:
        yield Missing(Ext4Errors, "empty", answer.complaint or "nothing is told")


def _row(device: str, told: dict[str, str]) -> Ext4Errors:
    return Ext4Errors(
        device=device.replace("!", "/"),
        errors_count=whole_number(told.get("errors_count")),
        first_error_at=_time(told.get("first_error_time")),
        last_error_at=_time(told.get("last_error_time")),
        first_error_function=told.get("first_error_func") or None,
        last_error_function=told.get("last_error_func") or None,
        warning_count=whole_number(told.get("warning_count")),
    )


def _time(word: str | None) -> datetime | None:
    """Seconds since 1970; 0 for never."""
    seconds = whole_number(word)
    return datetime.fromtimestamp(seconds, UTC) if seconds and 0 < seconds < 1 << 36 else None
