"""Which btrfs file systems there are and on which devices: `btrfs filesystem show` (cmds/filesystem.c)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from collectors.btrfs_tables import BtrfsDevice, BtrfsFilesystem
from collectors.btrfs_text import amount
from collectors.collector import reader
from collectors.fact import At, GapReason, Missing, Reading
from collectors.plain_text import is_prompt, numbered_lines, whole_number
from collectors.question import Answer, Form

BTRFS_SHOW = Form(
    ("btrfs", "filesystem", "show", "--raw"),
    reads="btrfs-show",
    why="Which btrfs file systems there are, mounted or not, and whether a device is missing",
    right="root",
)

_LABEL = re.compile(r"\s*Label: (?:'(.*)'|none|(\S+))\s+uuid: (\S+)\s*")
_TOTAL = re.compile(r"\s*Total devices (\d{1,9}) FS bytes used (\S+)\s*")
_DEVICE = re.compile(
    r"\s*devid\s+(\d{1,18}) size (\S+) used (\S+) path(?: +(.*?))??(\s*\*\*\* Some devices missing)?\s*"
)
_SOME = re.compile(r"\s*\*\*\* Some devices missing\s*")
_WARNED = re.compile(r"\s*warning, device (\d{1,18}) is missing\s*", re.IGNORECASE)


@dataclass(slots=True)
class _Found:
    line: int
    uuid: str
    name: str | None
    total: int | None = None
    used: int | None = None
    some_missing: bool = False
    devices: list[tuple[int, BtrfsDevice]] = field(default_factory=list)


def recognises(text: str) -> float:
    head = text[:20000]
    return 1.0 if re.search(r"^[> \t]*Label: .*\suuid: ", head, re.MULTILINE) else 0.0


@reader("btrfs-show", fills=(BtrfsFilesystem, BtrfsDevice), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """btrfs file systems and their devices as btrfs filesystem show lists them"""
    found: list[_Found] = []
    strange: list[str] = []
    for number, line in numbered_lines(answer.text):
        if match := _LABEL.fullmatch(line):
            found.append(_Found(number, match[3], match[1] or match[2]))
        elif line.strip() and not is_prompt(line) and not (found and _take(found[-1], number, line)):
            strange.append(line.strip())
    for one in found:
        yield from _told(one)
    for text in strange:
        if not _WARNED.fullmatch(text) and not text.startswith(("Btrfs v", "btrfs-progs v")):
            yield Missing(BtrfsFilesystem, "unreadable", f"not understood: {text[:120]}")
    if not found:
        yield from _nothing(answer)


def _take(one: _Found, number: int, line: str) -> bool:
    if match := _TOTAL.fullmatch(line):
        one.total, one.used = whole_number(match[1]), amount(match[2])
    elif match := _DEVICE.fullmatch(line):
        one.some_missing |= match[5] is not None
        one.devices.append((number, _device(one.uuid, match)))
    elif _SOME.fullmatch(line):
        one.some_missing = True
    else:
        return False
    return True


def _device(uuid: str, match: re.Match[str]) -> BtrfsDevice:
    path = (match[4] or "").strip()
    missing = path.endswith("MISSING") or path.startswith("<missing disk>")
    return BtrfsDevice(
        uuid=uuid,
        device_id=match[1],
        path=path if path.startswith("/") and not missing else None,
        size_bytes=amount(match[2]) if not missing else None,
        allocated_bytes=amount(match[3]) if not missing else None,
        missing=missing,
    )


def _told(one: _Found) -> Iterator[Reading]:
    gone = sum(device.missing is True for _, device in one.devices)
    listed = len(one.devices)
    if one.some_missing:
        gone = max(gone + max((one.total or 0) - listed, 0), 1)
    cut = not one.some_missing and (one.total is None or listed < one.total)
    row = BtrfsFilesystem(
        uuid=one.uuid,
        name=one.name,
        total_devices=one.total,
        listed_devices=listed,
        missing_devices=gone if gone or not cut else None,
        used_bytes=one.used,
    )
    yield At(row, f"line {one.line}")
    for number, device in one.devices:
        yield At(device, f"line {number}")
    if cut:
        said = f"{listed} of {one.total if one.total is not None else 'an unknown number of'} devices listed"
        yield Missing(BtrfsDevice, "truncated", said, one.uuid)


def _nothing(answer: Answer) -> Iterator[Reading]:
    complaint = answer.complaint
    reason: GapReason = "failed" if complaint else "empty"
    if re.search(r"ermission|not permitted|superuser|root privileges", complaint):
        reason = "denied"
    for row_type in (BtrfsFilesystem, BtrfsDevice):
        yield Missing(row_type, reason, complaint or "no btrfs file system is listed")
