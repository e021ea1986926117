"""The kernel's log: formats, kinds, mapping to things, what is asked, and that it is read as a stream."""

from __future__ import annotations

import re
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.derived.kernel_trouble import KINDS as TROUBLES
from analyzer.derived.kernel_trouble import KernelTrouble
from analyzer.engine import judge
from collectors.block_tables import Host, Mount
from collectors.fact import Gap
from collectors.kernel_log_counting import count
from collectors.kernel_log_kinds import KINDS, TELLING, kind_of
from collectors.kernel_log_lines import line_of
from collectors.kernel_log_tables import BlockPath, KernelEvent, KernelLog
from collectors.question import Answer, Form, Question
from collectors.reading import read_answer
from collectors.tools import journal
from collectors.tools.kernel_log import DMESG, FILES, JOURNAL, LAST
from tests.derived_sites import AT, disk, site_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "collectors" / "kernel-log"
MESSAGE = "md/raid1:md0: Disk failure on sdb1, disabling device."


@pytest.mark.parametrize(
    ("text", "at"),
    [
        (f"[ 9177.331422] {MESSAGE}", None),
        (f"<3>[ 9177.331422] {MESSAGE}", None),
        (f"kern  :err   : [ 9177.331422] {MESSAGE}", None),
        (f"[  +0.000050] {MESSAGE}", None),
        (f"[Nov14 03:36] {MESSAGE}", None),
        (f"[Sat Nov 14 10:00:00 2026] {MESSAGE}", datetime(2026, 11, 14, 10, tzinfo=UTC)),
        (f"Nov 14 10:00:00 nas kernel: {MESSAGE}", datetime(2026, 11, 14, 10, tzinfo=UTC)),
        (f"Nov 14 10:00:00 nas kernel: [ 9177.331422] {MESSAGE}", datetime(2026, 11, 14, 10, tzinfo=UTC)),
        (f"Dez 31 10:00:00 nas kernel: {MESSAGE}", datetime(2025, 12, 31, 10, tzinfo=UTC)),
        (f"> Nov 14 10:00:00 nas kernel: {MESSAGE}", datetime(2026, 11, 14, 10, tzinfo=UTC)),
        (f"2026-11-14T11:00:00+0100 nas kernel: {MESSAGE}", datetime(2026, 11, 14, 10, tzinfo=UTC)),
        (f"2026-11-14T10:00:00.123456+00:00 nas kernel: {MESSAGE}", datetime(2026, 11, 14, 10, tzinfo=UTC)),
        (f"<3>1 2026-11-14T10:00:00Z nas kernel - - - {MESSAGE}", datetime(2026, 11, 14, 10, tzinfo=UTC)),
        (f"2026-11-14T10:00:00,123456+0000 {MESSAGE}", datetime(2026, 11, 14, 10, tzinfo=UTC)),
        (MESSAGE, None),
    ],
)
def test_every_way_to_write_a_line(text: str, at: datetime | None) -> None:
    line = line_of(text, NOW)
    assert line is not None
    assert kind_of(line.message) == ("md-failed-member", "sdb1", 1)
    assert line.at == at


def test_other_programs_do_not_count() -> None:
    said = b"Nov 14 10:00:00 nas backup[12]: I/O error, dev sda, sector 5\n"
    assert count(said, "test", NOW).told == {}


@pytest.mark.parametrize(
    "message",
    [
        "blk_update_request: I/O error, dev fd0, sector 0 op 0x0:(READ)",
        "Buffer I/O error on dev sr0, logical block 0, async page read",
        "critical target error, dev sda, sector 5 op 0x3:(DISCARD) flags 0x800",
        "XFS (sdc1): User initiated shutdown received. Shutting down filesystem",
        "BTRFS info (device sdb): bdev /dev/sdb errs: wr 0, rd 0, flush 0, corrupt 0, gen 0",
        "ata2: SATA link down (SStatus 0 SControl 300)",
        "md/raid1:md0: active with 2 out of 2 mirrors",
        "EXT4-fs (sda1): mounted filesystem with ordered data mode. Opts: errors=remount-ro",
        "sd 0:0:0:0: [sda] tag#1 FAILED Result: hostbyte=DID_OK driverbyte=DRIVER_OK",
        "ERST: Failed to get Error Log Address Range.",
    ],
)
def test_harmless_lines(message: str) -> None:
    assert kind_of(message) is None


def test_what_is_asked_for_holds_every_event_of_the_fixtures() -> None:
    asked = re.compile(TELLING)
    for path in FIXTURES.glob("sick-*/answer.out"):
        for text in path.read_text().splitlines():
            line = line_of(text, NOW)
            if line is not None and kind_of(line.message):
                assert asked.search(text), text


def test_every_kind_is_some_trouble() -> None:
    known = {kind for kinds in TROUBLES.values() for kind in kinds} | {"fat-dirty", "split-brain"}
    assert {kind.name for kind in KINDS if kind.name} <= known | {"thin-pool-low", "zfs-suspended"}


@pytest.mark.parametrize("form", [JOURNAL, DMESG, FILES])
@pytest.mark.parametrize("said", [b"<html><body>502 Bad gateway</body></html>\n", bytes(range(256)) * 100])
def test_what_is_no_log_is_no_quiet_log(form: Form, said: bytes) -> None:
    told = read_answer("nas", Answer(form(), stdout=said, status=0))
    assert {(type(one), one.table, one.reason) for one in told if isinstance(one, Gap)} == {
        (Gap, KernelEvent, "unreadable"),
        (Gap, KernelLog, "unreadable"),
    }
    assert len(told) == 2


@pytest.mark.parametrize("form", [JOURNAL, FILES])
@pytest.mark.parametrize("status", [-11, 139])
def test_a_search_that_crashed_found_nothing(form: Form, status: int) -> None:
    told = read_answer("nas", Answer(form(), status=status))
    assert told
    assert all(isinstance(one, Gap) and one.reason == "failed" for one in told)


@given(st.text(max_size=300))
def test_no_line_breaks_it(text: str) -> None:
    count(text.encode("utf-8", "replace"), "test", NOW)
    count(f"Nov 99 99:99:99 a kernel: {text} error".encode("utf-8", "replace"), "test", NOW)


def test_a_long_log_takes_no_memory() -> None:
    lines = b"2026-11-19T03:10:40+0000 nas kernel: I/O error, dev sdb, sector 9000 op 0x1:(WRITE)\n" * 20_000
    tracemalloc.start()
    counted = count(lines, "test", NOW)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert counted.told["io-error", "sdb"].count == 20_000
    assert peak < 500_000


def questions(answers: dict[tuple[str, ...], Answer]) -> list[Question]:
    asked: list[Question] = []
    asking = journal.ask()
    batch = next(asking)
    try:
        while True:
            asked += batch
            batch = asking.send([answers.get(q.argv, Answer(q, refusal="tool-missing")) for q in batch])
    except StopIteration:
        return asked


def test_dmesg_and_files_are_asked_only_without_a_journal() -> None:
    line = Answer(LAST(), stdout=b"2026-11-19T03:10:41+0000 nas kernel: x\n", status=0)
    found = Answer(JOURNAL(), stdout=b"", status=1)
    assert [q.argv for q in questions({LAST.argv: line, JOURNAL.argv: found})] == [LAST.argv, JOURNAL.argv]
    assert [q.argv for q in questions({})] == [LAST.argv, DMESG.argv, FILES.argv]
    old = Answer(JOURNAL(), stderr=b"Compiled without pattern matching support\n", status=1)
    assert questions({LAST.argv: line, JOURNAL.argv: old})[-1].argv == FILES.argv


def event(kind: str, device: str, **more: object) -> KernelEvent:
    told: dict[str, object] = {"count": 3, "last_at": AT - timedelta(days=1), "last_week_count": 3}
    return KernelEvent(kind=kind, device=device, **(told | more))


LOG = KernelLog(source="journal", lines=10, events=10)


def troubles(*rows: object) -> dict[str, KernelTrouble]:
    site = site_of([LOG, *rows])
    return {fact.row.trouble: fact.row for fact in site.facts(KernelTrouble) if fact.row.count}


def test_a_port_leads_to_its_disk() -> None:
    path = BlockPath(name="sdb", path="x", ata_port="ata7", scsi_address="6:0:0:0")
    found = troubles(
        disk("sdb", 2), path, event("failed-command", "ata7.00"), event("device-lost", "6:0:0:0")
    )
    assert found["io"].thing == found["lost"].thing == "sdb"
    assert found["io"].concerns == found["lost"].concerns != "sdb"
    assert "logged as ata7.00" in found["io"].described


def test_a_file_system_is_named_by_its_mountpoint() -> None:
    mount = Mount(mountpoint="/srv", source="/dev/sdb", fs_type="xfs", options="rw", read_only=False)
    found = troubles(disk("sdb", 2), mount, event("xfs-corruption", "sdb"))
    assert (found["xfs"].thing, found["xfs"].concerns) == ("/srv", "/srv")


@pytest.mark.parametrize(
    ("kind", "sample", "trouble", "fs_type", "same"),
    [
        ("xfs-shutdown", "XFS (sdb): Metadata I/O Error", "xfs", "btrfs", False),
        ("ext4-error", "EXT4-fs error (device sdb): ext4_lookup", "corruption", "btrfs", False),
        ("ext4-error", "EXT4-fs error (device sdb): ext4_lookup", "corruption", "ext3", True),
        ("read-only-remount", "EXT4-fs (sdb): Remounting filesystem read-only", "read-only", "xfs", False),
        ("read-only-remount", "EXT4-fs (sdb): Remounting filesystem read-only", "read-only", "ext4", True),
        ("beyond-end", "attempt to access beyond end of device", "corruption", "btrfs", True),
    ],
)
def test_what_was_logged_of_a_file_system_of_another_type_is_not_said_of_the_one_that_is_mounted(
    kind: str, sample: str, trouble: str, fs_type: str, same: bool
) -> None:
    """The device was formatted since, or another one had its name: the fault stays, under the device."""
    mount = Mount(mountpoint="/srv", source="/dev/sdb", fs_type=fs_type, options="rw", read_only=False)
    found = troubles(disk("sdb", 2), mount, event(kind, "sdb", sample=sample))[trouble]
    assert (found.thing, found.concerns) == (("/srv", "/srv") if same else ("sdb", "sdb"))
    assert same or found.described.endswith(f"when logged; now /srv, {fs_type} on sdb")


def test_uptime_counts_from_the_boot() -> None:
    booted = Host(hostname="host1", boot_at=AT - timedelta(days=10))
    late = event("io-error", "sdb", last_at=None, last_week_count=None, last_uptime_seconds=864_000 - 3600.0)
    assert troubles(booted, late)["io"].age_days == pytest.approx(1 / 24, abs=0.001)
    assert troubles(late)["io"].age_days is None


def test_a_log_without_events_passes_and_no_log_does_not() -> None:
    rules = {"fs/io-errors-kernel", "fs/corruption-logged", "fs/ro-remount-logged"}
    read = [f for f in judge(site_of([LOG])).findings if f.rule in rules]
    assert {f.outcome for f in read} == {"pass"}
    assert {f.rule for f in read} == rules
    assert not [f for f in judge(site_of([])).findings if f.rule in rules]


def test_a_host_without_xfs_or_arrays_is_not_praised_for_them() -> None:
    without = {"fs/xfs-corruption", "raid/array-failure-logged"}
    assert not [f for f in judge(site_of([LOG])).findings if f.rule in without]
    mount = Mount(mountpoint="/srv", source="/dev/sdb", fs_type="xfs", options="rw", read_only=False)
    read = judge(site_of([LOG, disk("sdb", 2), mount])).findings
    assert [f.outcome for f in read if f.rule in without] == ["pass"]
