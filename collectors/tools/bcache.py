"""Disks cached by bcache: /sys/block/*/bcache (the kernel's Documentation/admin-guide/bcache.rst)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from collectors.block_tables import BlockDevice
from collectors.collector import reader
from collectors.decoding import look_into
from collectors.fact import At, Missing, Reading
from collectors.plain_text import file_lines, size_bytes
from collectors.question import Answer, Form
from collectors.replicated_disk_tables import BcacheDevice

_NAMES = ("state", "running", "cache_mode", "dirty_data")
BACKING = Form(
    (
        *("grep", "-aH", ""),
        *(f"/sys/block/*/bcache/{name}" for name in _NAMES),
        *(f"/sys/block/*/*/bcache/{name}" for name in _NAMES),
    ),
    reads="bcache-backing",
    why="Whether a disk made for bcache waits for its cache; only where lsblk sees such a disk",
    expand=True,
)
_FILE = re.compile(rf"/sys/block/(?:[^/]+/)?([^/]+)/bcache/({'|'.join(_NAMES)})")


def made_for_bcache(blocks: Answer) -> bool:
    """Whether lsblk sees a disk with the mark of bcache, running or not."""
    if blocks.refusal is not None:
        return False
    rows = (one.row for one in look_into(blocks) if isinstance(one, At))
    return any(isinstance(row, BlockDevice) and row.fs_type == "bcache" for row in rows)


def device(name: str, told: Mapping[str, str]) -> BcacheDevice:
    """The mode in use stands in brackets: `writethrough [writeback] writearound none`."""
    mode = re.search(r"\[(\w+)\]", told.get("cache_mode", ""))
    return BcacheDevice(
        device=name,
        state=told.get("state") or None,
        cache_mode=mode[1] if mode else None,
        dirty_bytes=size_bytes(told.get("dirty_data", "").replace("k", "K")),
        running={"0": False, "1": True}.get(told.get("running", "")),
    )


def recognises(text: str) -> float:
    found = re.search(r"^/sys/block/(?!bcache)[^/]+(?:/[^/]+)?/bcache/state:", text[:20000], re.MULTILINE)
    return 0.95 if found else 0.0


@reader("bcache-backing", fills=(BcacheDevice,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """disks made for bcache that do not run, as sysfs tells them"""
    found: dict[str, dict[str, str]] = {}
    for _, path, value in file_lines(answer):
        if match := _FILE.fullmatch(path):
            found.setdefault(match[1], {})[match[2]] = value.strip()
    if not found:
        yield Missing(BcacheDevice, "empty", answer.complaint or "the kernel knows none of them")
    for name, told in sorted(found.items()):
        if not name.startswith("bcache") and told.get("running") != "1":
            yield device(name, told)  # one that runs is told of under its own name, bcache0
