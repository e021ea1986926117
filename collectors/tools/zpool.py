"""Pools: zpool status, zpool get and zpool list, and whether there is ZFS at all (zpool(8))."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from collectors import zfs_status_json, zfs_status_text
from collectors.collector import reader
from collectors.fact import Missing, NotHere, Reading
from collectors.question import Answer, Form, decode
from collectors.zfs_pool_text import listed, properties_of
from collectors.zfs_refusals import ALL, complaints, not_understood, nothing
from collectors.zfs_tables import ZpoolProperties, ZpoolStatus, ZpoolVdev

ZFS_HERE = Form(("ls", "-d", "/dev/zfs"), reads="zfs-here", why="Whether this system has ZFS")
_WHY = "State of ZFS pools, their devices and errors, the last scrub"
STATUS_JSON = Form(
    ("zpool", "status", "-j", "--json-int", "-v", "-L", "-P"), reads="zpool-status", why=_WHY, right="root"
)
STATUS_EXACT = Form(
    ("zpool", "status", "-v", "-L", "-P", "-p"),
    reads="zpool-status",
    why="The same of a ZFS before 2.3, which knows no JSON",
    right="root",
)
STATUS_PLAIN = Form(
    ("zpool", "status", "-v"),
    reads="zpool-status",
    why="The same of a ZFS before 0.8, which rounds",
    right="root",
)
STATUS_ANYBODY = Form(
    ("zpool", "status", "-P"),
    reads="zpool-status",
    why="What an ordinary user may know of it, where root's answer is denied: all but the damaged files",
)
POOL_GET = Form(
    ("zpool", "get", "-Hp", "all"), reads="zpool-get", why="Space and settings of ZFS pools", right="root"
)
POOL_LIST = Form(
    ("zpool", "list", "-H"),
    reads="zpool-list",
    why="The same in short: of a very old ZFS, or for an ordinary user",
)


@reader("zfs-here", fills=(ZpoolStatus,), recognises=lambda text: 0.0)
def read_here(answer: Answer) -> Iterator[Reading]:
    """whether a system has ZFS, by its control device"""
    if "/dev/zfs" in answer.text:
        return
    said = decode(answer.stderr[:1000])
    if "No such file" in said:
        for row_type in ALL:
            yield NotHere(row_type, "there is no /dev/zfs: no pool is imported")
        return
    yield Missing(ZpoolStatus, "failed", answer.complaint or "whether there is a /dev/zfs was not told")


def _recognises_status(text: str) -> float:
    head = text[:20000]
    if re.search(r'"command":\s*"zpool status"', head):
        return 1.0
    if re.search(r"^[> \t]*pool: \S", head, re.MULTILINE) and re.search(
        r"^[> \t]*state: \w", head, re.MULTILINE
    ):
        return 0.98
    return 0.9 if re.match(r"\s*(?:no pools available|all pools are healthy)\s*$", head) else 0.0


@reader("zpool-status", fills=(ZpoolStatus, ZpoolVdev), recognises=_recognises_status)
def read_status(answer: Answer) -> Iterator[Reading]:
    """pools as zpool status tells them, as text or JSON"""
    if answer.question.form in (STATUS_JSON, STATUS_EXACT) and not_understood(answer):
        return  # asked in another way, and that answer counts
    text = answer.text
    if text.lstrip()[:1] == "{":
        given = json.loads(text)
        if isinstance(given, dict) and given.get("pools") == {}:
            yield from _no_pools()
            return
        yield from zfs_status_json.told(given)
        return
    found = zfs_status_text.blocks(text)
    beside = next(
        (line[8:] for line in decode(answer.stderr).splitlines() if line.startswith("errors: ")), ""
    )
    for block in found:
        yield from zfs_status_text.told(block, beside)
    if found:
        yield from complaints(answer, (ZpoolStatus, ZpoolVdev))
    elif re.search(r"^all pools are healthy|^pool '.*' is healthy", text, re.MULTILINE):
        for row_type in (ZpoolStatus, ZpoolVdev):
            yield Missing(row_type, "unsupported", "the short form (-x) names no pool")
    else:
        yield from nothing(answer, ZpoolStatus, ZpoolVdev)


def _no_pools() -> Iterator[Reading]:
    for row_type in ALL:
        yield NotHere(row_type, "no pool is imported")


def _recognises_get(text: str) -> float:
    lines = [line for line in text[:4000].splitlines() if line.strip()][:30]
    hits = sum(
        re.match(r"[^\t]+\t(?:size|health|capacity|guid|feature@\w+|fragmentation|ashift)\t[^\t]*\t", line)
        is not None
        for line in lines
    )
    return 0.95 if hits >= 2 else 0.0


@reader("zpool-get", fills=(ZpoolProperties,), recognises=_recognises_get)
def read_get(answer: Answer) -> Iterator[Reading]:
    """properties of pools as zpool get -Hp tells them"""
    if answer.question.form is POOL_GET and not_understood(answer):
        return  # asked in another way, and that answer counts
    pools: dict[str, dict[str, str]] = {}
    for number, line in enumerate(answer.text.splitlines(), 1):
        words = line.split("\t")
        if len(words) >= 3 and words[0] and words[1]:
            pools.setdefault(words[0], {})[words[1]] = words[2].strip()
        elif line.strip():
            yield Missing(ZpoolProperties, "unreadable", f"line {number}: {line.strip()[:120]}")
    for pool, values in pools.items():
        yield properties_of(pool, values)
    if not pools:
        yield from nothing(answer, ZpoolProperties)
    else:
        yield from complaints(answer, (ZpoolProperties,))


_STATE_WORD = r"(?:ONLINE|DEGRADED|FAULTED|UNAVAIL|SUSPENDED|OFFLINE|REMOVED)"


def _recognises_list(text: str) -> float:
    lines = [line for line in text[:8000].splitlines() if line.strip()]
    if not lines:
        return 0.0
    if re.match(r"NAME\s+SIZE\s+(?:ALLOC|USED)\b.*\bHEALTH\b", lines[0]):
        return 0.97
    whole = [line for line in lines if not line.startswith((" ", "\t"))]
    hits = sum("\t" in line and re.search(rf"\t{_STATE_WORD}(?:\t|\s*$)", line) is not None for line in whole)
    return 0.9 if whole and hits == len(whole) else 0.0


@reader("zpool-list", fills=(ZpoolProperties,), recognises=_recognises_list)
def read_list(answer: Answer) -> Iterator[Reading]:
    """pools as zpool list tells them, with or without headings"""
    found = 0
    for reading in listed(answer.text):
        found += 1
        yield reading
    if not found:
        yield from nothing(answer, ZpoolProperties)
