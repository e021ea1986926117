"""Every recorded answer about arrays, disks and file systems is read or refused, and none hides its fault."""

from __future__ import annotations

import collections
import re
from pathlib import Path

import pytest

from collectors.block_tables import FsUsage, MdDetail, MdStatus, MdSuperblock, Mount
from collectors.fact import Fact, Gap
from tests.corpus.agreement import NEEDED, Recording, read, reason, recordings

KINDS = ("md", "block", "fs-meta")

NOT_READ = {
    r"__iostat|sfdisk": "no table: rates, partition tables",
    r"blkid-ip-udev|centos-7.7__blkid-ip-multi": "blkid -o udev names no device",
    r"monitoring-plugins__(disk-usage|fs-inodes|fs-xfs-stats)": "inputs of another program's tests",
    r"jc__aix": "AIX",
    r"malformed-proc-mounts": "not a list of mounts at all",
    r"findmnt__(df-options|evaluate|outputs-(bytes|canon|empty|hyper|list-col|verify|shell)|shadowed|uniq)": (
        "not a list of mounts: messages, one column, help"
    ),
    r"libmount__context|rockstor__test_osi__L3789": "messages; os-release alone",
}
"""Files that no reader takes, and why."""

pytestmark = NEEDED


def index() -> tuple[Recording, ...]:
    return recordings(*KINDS)


def test_every_file_is_read_or_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Each file either gives facts, gaps or absences, or is known not to be for us."""
    taken: collections.Counter[str] = collections.Counter()
    unread: list[str] = []
    gaps = 0
    for one in index():
        found = read(one)
        kind, said = found.kind, found.told
        taken[kind] += 1
        gaps += any(isinstance(x, Gap) for x in said)
        if kind:
            assert said or kind in ("findmnt", "mount", "mountinfo", "mounts"), one.file
        elif not reason(one.file, NOT_READ):
            unread.append(one.file)
    total = sum(taken.values())
    with capsys.disabled():
        print(f"\n{total - taken['']} of {total} files read, {gaps} with gaps: {dict(taken.most_common())}")
    assert unread == []


def test_files_of_other_programs_stay_unread() -> None:
    """No reader takes what was listed as unreadable, rather than read nonsense in it."""
    for one in index():
        if reason(one.file, NOT_READ):
            found = read(one)
            assert not any(isinstance(told, Fact) for told in found.told), (one.file, found.kind)


def _faults_of_status(row: MdStatus) -> bool:
    missing = row.slots is not None and row.slots_in_sync is not None and row.slots_in_sync < row.slots
    syncing = row.action not in (None, "check")
    return missing or syncing or bool(row.failed_members) or (not row.active and not row.container)


def _faults_of_detail(row: MdDetail) -> bool:
    state = set(re.split(r"[\s,]+", row.state or ""))
    bad = {"degraded", "FAILED", "recovering", "resyncing", "reshaping", "inactive", "Not", "broken"}
    return (
        bool(state & bad) or bool(row.failed_devices) or bool(row.removed_slots) or bool(row.faulty_members)
    )


ARGUED = {
    "raid-ml__2021-03-12__mdstat__bd8cdfa3.txt": "md126, an array inside a container, does not run",
    "raid-ml__2021-04-06__mdstat__8a0b25c6.txt": "md126, an array inside a container, does not run",
    "telegraf__mdstat__mdStatFileInvalid.txt": "one line is no array: a gap, not a clean bill",
}
"""Files whose automatic label `ok` is wrong, and why."""


@pytest.mark.parametrize("word", ["mdstat", "detail", "query", "mdadm__"])
def test_faults_of_arrays_are_seen_and_sound_ones_are_sound(word: str) -> None:
    """What the label calls a fault is in the rows, or the file gives a gap; nothing is made up."""
    checked = 0
    for one in index():
        if one.kind != "md" or word not in one.file or one.expected not in ("ok", "warn+", "crit"):
            continue
        found = read(one)
        kind, said = found.kind, found.told
        if kind not in ("mdstat", "mdadm-detail"):
            continue
        checked += 1
        status, detail = found.rows(MdStatus), found.rows(MdDetail)
        faults = any(map(_faults_of_status, status)) or any(map(_faults_of_detail, detail))
        if one.expected != "ok":
            assert faults, one.file
        elif Path(one.file).name not in ARGUED:
            assert not faults, one.file
            assert not any(isinstance(x, Gap) and x.reason == "unreadable" for x in said), one.file
    assert checked


def test_members_with_lower_event_counts_are_told_apart() -> None:
    """Every superblock of a file is read, with the event counts its label lists."""
    for one in index():
        counts = re.search(r"events=\[([^\]]*)\]", one.shows)
        number = re.search(r"superblocks=(\d+)", one.shows)
        if one.kind != "md" or counts is None or number is None or number[1] == "0":
            continue
        members = read(one).rows(MdSuperblock)
        assert len(members) == int(number[1]), one.file
        wanted = set(re.findall(r"\d+", counts[1]))
        assert {str(row.events) for row in members if row.events is not None} >= wanted, one.file


def test_read_only_mounts_are_seen() -> None:
    """Images are left out, read-only by nature; the other two files labelled so mount nothing else ro."""
    for one in index():
        if "fs-ro__three" in one.file:
            assert any(row.read_only for row in read(one).rows(Mount)), one.file


def test_space_is_within_the_file_system() -> None:
    """No size is off by a unit: used and available exceed the size by rounding at most."""
    seen = 0
    for one in index():
        for row in read(one).rows(FsUsage):
            if row.size_bytes and row.used_bytes is not None and row.available_bytes is not None:
                seen += 1
                assert row.used_bytes + row.available_bytes <= row.size_bytes * 1.1, (one.file, row)
    assert seen > 20
