"""Asks about btrfs; what sysfs tells of mounted file systems (the kernel's fs/btrfs/sysfs.c)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from collectors.block_tables import BlockDevice, Mount
from collectors.btrfs_tables import (
    BtrfsDevice,
    BtrfsErrors,
    BtrfsFilesystem,
    BtrfsProfile,
    BtrfsRoom,
    BtrfsScrub,
    BtrfsSnapshots,
    BtrfsState,
    BtrfsSubvolume,
    BtrfsUsage,
)
from collectors.btrfs_text import kind_of, profile_of
from collectors.collector import Asking, collector, reader
from collectors.decoding import look_into
from collectors.fact import At, Missing, NotHere, Reading
from collectors.plain_text import file_lines, unopened, whole_number
from collectors.question import Answer, Form, Question
from collectors.table import Row
from collectors.tools.btrfs_scrub import BTRFS_SCRUB, BTRFS_SCRUB_FILES
from collectors.tools.btrfs_show import BTRFS_SHOW
from collectors.tools.btrfs_stats import BTRFS_STATS
from collectors.tools.btrfs_subvolumes import BTRFS_SNAPSHOTS
from collectors.tools.btrfs_usage import BTRFS_USAGE
from collectors.tools.btrfs_uuids import BTRFS_TIMES, BTRFS_UUIDS
from collectors.tools.lsattr import LSATTR, folders
from collectors.tools.lsblk import LSBLK
from collectors.tools.mounts import MOUNTINFO, askable

BTRFS_SYSFS = Form(
    (
        *("grep", "-aH", ""),
        *(f"/sys/fs/btrfs/*/{name}" for name in ("label", "exclusive_operation")),
        *(f"/sys/fs/btrfs/*/devinfo/*/{name}" for name in ("missing", "error_stats")),
        *(f"/sys/fs/btrfs/*/allocation/*/*/{name}" for name in ("total_bytes", "used_bytes")),
    ),
    reads="btrfs-sysfs",
    why="Whether btrfs is mounted: its profiles, missing devices and error counters",
    expand=True,
)

ALL = (
    *(BtrfsFilesystem, BtrfsDevice, BtrfsErrors, BtrfsUsage, BtrfsProfile, BtrfsRoom),
    *(BtrfsScrub, BtrfsSnapshots, BtrfsState, BtrfsSubvolume),
)
_UUID = r"([0-9a-f-]{36})"
_PATH = re.compile(rf"/sys/fs/btrfs/{_UUID}/(.*)")
_CHUNKS = re.compile(r"allocation/(\w+)/(\w+)/(total|used)_bytes")
_DEVICE = re.compile(r"devinfo/(\d+)/(missing|error_stats)")
_COUNTER = re.compile(r"(write|read|flush|corruption|generation)_errs (\d{1,20})")
_MOUNTED = (BTRFS_USAGE, BTRFS_STATS, BTRFS_SCRUB, BTRFS_SNAPSHOTS, BTRFS_UUIDS, BTRFS_TIMES)
_FORMS = (BTRFS_SHOW, *_MOUNTED, BTRFS_SCRUB_FILES, LSATTR)


@collector("btrfs", asks=(BTRFS_SYSFS, LSBLK, MOUNTINFO, *_FORMS))
def ask() -> Asking:
    """btrfs: devices, profiles, error counters, scrubs, snapshots"""
    sysfs, blocks, mounts = yield (BTRFS_SYSFS(), LSBLK(), MOUNTINFO())
    found = [one for one in _rows(mounts, Mount) if isinstance(one, Mount)]
    mounted = [one for one in found if one.fs_type == "btrfs"]
    signed = any(
        isinstance(one, BlockDevice) and one.fs_type == "btrfs" for one in _rows(blocks, BlockDevice)
    )
    if mounted or signed or "/sys/fs/btrfs/" in sysfs.text:
        yield (BTRFS_SHOW(), BTRFS_SCRUB_FILES(), *_each(mounted), *folders(found))


def _rows(answer: Answer, row_type: type[Row]) -> list[Row]:
    if answer.refusal is not None:
        return []
    told = look_into(answer)
    return [one.row for one in told if isinstance(one, At) and isinstance(one.row, row_type)]


def _each(mounted: Sequence[Mount]) -> Iterator[Question]:
    """Each file system by one of its mountpoints: the shortest that can stand in a command."""
    seen: set[str] = set()
    for mount in sorted(mounted, key=lambda one: (len(one.mountpoint), one.mountpoint)):
        same = mount.device_number or mount.source
        if same in seen or not askable(mount.mountpoint):
            continue
        seen.add(same)
        for form in _MOUNTED:
            yield form(mountpoint=mount.mountpoint)


def recognises(text: str) -> float:
    return 1.0 if re.search(rf"^/sys/fs/btrfs/{_UUID}/", text[:20000], re.MULTILINE) else 0.0


@reader("btrfs-sysfs", fills=(BtrfsState, BtrfsDevice, BtrfsErrors, BtrfsProfile), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """mounted btrfs file systems as sysfs tells them: profiles, missing devices, error counters"""
    files: dict[str, dict[str, str]] = {}
    for number, path, value in file_lines(answer):
        if match := _PATH.fullmatch(path):
            files.setdefault(match[1], {})
            told = files[match[1]]
            told[match[2]] = f"{told[match[2]]} {value}" if match[2] in told else value.strip()
        elif not path.startswith("/sys/fs/btrfs/"):
            yield Missing(BtrfsState, "unreadable", f"line {number}: {path[:100]}")
    for uuid, told in sorted(files.items()):
        yield from _told(uuid, told)
    refused = {path: why for path, why in unopened(answer).items() if "No such file" not in why}
    for path, why in refused.items():
        yield Missing(BtrfsState, "denied" if "ermission" in why else "failed", f"{path}: {why}")
    if not files and not refused:
        if "No such file" not in answer.complaint:
            yield Missing(BtrfsState, "empty", answer.complaint or "nothing is told")
            return
        for row_type in ALL:
            yield NotHere(row_type, "no btrfs file system is mounted: /sys/fs/btrfs names none")


def _told(uuid: str, files: dict[str, str]) -> Iterator[Reading]:
    yield BtrfsState(uuid=uuid, name=files.get("label") or None, operation=files.get("exclusive_operation"))
    sizes: dict[tuple[str, str], dict[str, int | None]] = {}
    for name, value in files.items():
        if match := _CHUNKS.fullmatch(name):
            kind, profile = kind_of(match[1]), profile_of(match[2])
            if kind and profile:
                sizes.setdefault((kind, profile), {})[match[3]] = whole_number(value)
        elif match := _DEVICE.fullmatch(name):
            yield from _device(uuid, match[1], match[2], value)
    for (kind, profile), told in sorted(sizes.items()):
        yield BtrfsProfile(
            place=uuid, kind=kind, profile=profile, size_bytes=told.get("total"), used_bytes=told.get("used")
        )


def _device(uuid: str, device_id: str, name: str, value: str) -> Iterator[Reading]:
    if name == "missing":
        gone = {"0": False, "1": True}.get(value)
        yield BtrfsDevice(uuid=uuid, device_id=device_id, missing=gone)
        return
    counts = {f"{word}_errors": int(count) for word, count in _COUNTER.findall(value)}
    yield BtrfsErrors(place=uuid, device=f"devid:{device_id}", device_id=device_id, **counts)
