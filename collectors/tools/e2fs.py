"""Superblocks of ext2, ext3 and ext4: outputs of `dumpe2fs -h` and `tune2fs -l` (e2p/ls.c)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from collectors.block_tables import ExtSuperblock
from collectors.collector import reader
from collectors.fact import At, Missing, Reading
from collectors.mdadm_text import time_of
from collectors.plain_text import numbered_lines, whole_number
from collectors.question import Answer

NAME = "Filesystem volume name"
"""The first line of a superblock; the name may be empty."""
_LINE = re.compile(rf"\s*({NAME}(?=:)|[A-Z][\w #-]*(?=:\s+\S)):(.*)", re.DOTALL)
"""A key and its value; only a name may be empty."""
_KEYS = frozenset(
    {
        *("Filesystem UUID", "Filesystem state", "Filesystem features", "Last mounted on", "Errors behavior"),
        *("Block count", "Block size", "Reserved block count", "Mount count", "Maximum mount count"),
        *("FS Error count", "First error time", "Last error time", "Last error function", "Check interval"),
        *("Filesystem created", "Last mount time", "Last write time", "Last checked"),
        *("Checksum", "Journal backup", "Directory Hash Seed"),
    }
)
_CALLED = re.compile(r"(?:tune2fs|dumpe2fs)\s.*?(/dev/\S+)")
_UUID = re.compile(r"[0-9a-f-]{36}")


def recognises(text: str) -> float:
    return 1.0 if re.search(r"^[> \t]*Filesystem magic number:", text[:20000], re.MULTILINE) else 0.0


@reader("ext-superblock", fills=(ExtSuperblock,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """superblock of an ext file system, from dumpe2fs -h or tune2fs -l"""
    asked = answer.question.argv[-1]
    # /dev/block/8:1 is a name that nothing else uses
    named = asked.startswith("/dev/") and not asked.startswith("/dev/block/")
    device, found = asked if named else None, 0
    told: dict[str, str] = {}
    start = 1
    for number, line in [*numbered_lines(answer.text), (0, f"{NAME}:")]:
        if "e2fs" in line and (called := _CALLED.search(line)):
            device = called[1]
        key, colon, value = line.partition(":")
        key, word = key.lstrip(), value.strip()
        if key == NAME and colon:
            if told:
                found += 1
                yield from _told(told, device, start)
            told, start = {}, number
        elif not (word and value[0].isspace()) or (key not in _KEYS and (told or not _LINE.match(line))):
            continue  # no value, or one that no column holds
        told.setdefault(key, word)
    if not found:
        denied = re.search(r"ermission denied|not permitted", answer.complaint)
        said = answer.complaint or "no superblock is told"
        yield Missing(ExtSuperblock, "denied" if denied else "empty", said)


def _told(told: dict[str, str], device: str | None, start: int) -> Iterator[Reading]:
    uuid = told.get("Filesystem UUID", "")
    if not _UUID.fullmatch(uuid):
        yield Missing(ExtSuperblock, "unreadable", "no UUID is told", device or "")
        return
    yield At(_row(uuid, told, device), f"line {start}")
    if "Filesystem state" not in told:
        yield Missing(ExtSuperblock, "truncated", "its state is missing", device or uuid)


def _row(uuid: str, told: dict[str, str], device: str | None) -> ExtSuperblock:
    features = sorted(told["Filesystem features"].split()) if "Filesystem features" in told else []
    blocks, block = whole_number(told.get("Block count")), whole_number(told.get("Block size"))
    reserved = whole_number(told.get("Reserved block count"))
    # the line is left out while the count is 0, but the lines after it are not
    whole = "Checksum" in told or "Journal backup" in told or "Directory Hash Seed" in told
    return ExtSuperblock(
        fs_uuid=uuid,
        device=device,
        volume_name=_named(told.get("Filesystem volume name")),
        last_mounted_on=_named(told.get("Last mounted on")),
        features=" ".join(features),
        state=told.get("Filesystem state") or None,
        errors_behavior=told.get("Errors behavior") or None,
        error_count=whole_number(told["FS Error count"])
        if "FS Error count" in told
        else 0
        if whole
        else None,
        first_error_at=_time(told.get("First error time")),
        last_error_at=_time(told.get("Last error time")),
        last_error_function=told.get("Last error function") or None,
        created_at=_time(told.get("Filesystem created")),
        mounted_at=_time(told.get("Last mount time")),
        written_at=_time(told.get("Last write time")),
        checked_at=_time(told.get("Last checked")),
        mount_count=whole_number(told.get("Mount count")),
        max_mount_count=whole_number(told.get("Maximum mount count")),
        check_interval_seconds=whole_number((told.get("Check interval") or "").partition(" ")[0]),
        size_bytes=blocks * block if blocks is not None and block is not None else None,
        reserved_bytes=reserved * block if reserved is not None and block is not None else None,
        journal="has_journal" in features if "Filesystem features" in told else None,
    )


def _named(word: str | None) -> str | None:
    return None if word in (None, "", "<none>", "<not available>") else word


def _time(words: str | None) -> datetime | None:
    return time_of(words) if words != "n/a" else None
