"""lsblk in its old words, the host and its clock, the probe inside of this process, and joining of facts."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

from collectors.block_tables import BlockDevice, FsUsage, Host
from collectors.collector import COLLECTORS, READERS, load
from collectors.fact import At, Fact, Gap, Origin, Source
from collectors.joining import joined
from collectors.question import Answer, Form, Question
from collectors.reading import read_answer
from collectors.targets.psutil_probe import probe
from collectors.tools.host import CLOCK, PSUTIL

load()


def fact(row: Host | FsUsage, *argv: str, target: str = "store") -> Fact[Host] | Fact[FsUsage]:
    origin = Origin(target, argv, None, "")
    return Fact(target, row, (Source(origin),))


def test_complementary_facts_are_one_with_both_sources() -> None:
    first = fact(Host(hostname="store", kernel="6.1"), "grep")
    second = fact(Host(hostname="store", clock_skew_seconds=3.5), "date")
    (one,) = joined([first, second])
    assert isinstance(one, Fact)
    assert one.row == Host(hostname="store", kernel="6.1", clock_skew_seconds=3.5)
    assert [source.origin.argv for source in one.sources] == [("grep",), ("date",)]


def test_facts_that_contradict_stay_apart() -> None:
    first = fact(FsUsage(mountpoint="/", used_bytes=1), "df", "-P")
    second = fact(FsUsage(mountpoint="/", used_bytes=2), "df", "-k")
    other = fact(FsUsage(mountpoint="/", inodes=2), "df", "-i", target="another")
    assert list(joined([first, second, other])) == [first, second, other]


def test_lines_of_one_answer_are_never_joined() -> None:
    first = fact(FsUsage(mountpoint="/", used_bytes=1), "df")
    second = fact(FsUsage(mountpoint="/", inodes=1), "df")
    assert len(list(joined([first, second]))) == 2


def test_an_old_lsblk_is_asked_for_pairs() -> None:
    asking = COLLECTORS["block"].ask()
    (question,) = next(asking)
    said = b"lsblk: unrecognized option '--json'\n"
    (again,) = asking.send([Answer(question, stderr=said, status=1)])
    assert again.argv[1] == "--pairs"
    pairs = b'NAME="vg-data" KNAME="dm-3" TYPE="lvm" SIZE="1024" PKNAME="md0" RO="0" MOUNTPOINT=""\n'
    (told,) = read_answer("store", Answer(again, stdout=pairs, status=0))
    assert isinstance(told, Fact)
    assert told.row == BlockDevice(
        name="dm-3",
        path="/dev/dm-3",
        type="lvm",
        size_bytes=1024,
        parents="md0",
        read_only=False,
        mapped_name="vg-data",
    )


def test_a_device_on_several_others_is_one_row_with_all_parents() -> None:
    array = {"name": "md0", "type": "raid1", "size": 1}
    disks = [{"name": name, "type": "disk", "size": 1, "children": [array]} for name in ("sdb", "sda")]
    text = json.dumps({"blockdevices": disks})
    form = Form(("lsblk",), "lsblk", "")
    told = list(READERS["lsblk"].read(Answer(Question(form.argv, form), stdout=text.encode(), status=0)))
    parents = {one.row.name: one.row.parents for one in told if isinstance(one, At)}
    assert parents == {"sda": "", "sdb": "", "md0": "sda sdb"}


def test_the_clock_is_compared_with_the_middle_of_the_asking() -> None:
    asked = datetime(2026, 11, 23, 9, 0, 0, tzinfo=UTC)
    theirs = asked + timedelta(seconds=1 + 90)
    text = f"{theirs.timestamp():.9f} store\n"
    answer = Answer(
        CLOCK(hostname="store"), stdout=text.encode(), status=0, started_at=asked, duration_seconds=2.0
    )
    (told,) = read_answer("store", answer)
    assert isinstance(told, Fact)
    assert told.row.clock_skew_seconds == 90.0


def test_psutil_is_asked_inside_of_this_process() -> None:
    answer = asyncio.run(probe(PSUTIL()))
    assert answer.refusal is None
    told = list(read_answer("here", answer))
    assert not any(isinstance(one, Gap) for one in told)
    (host,) = [one.row for one in told if isinstance(one, Fact) and isinstance(one.row, Host)]
    assert host.memory_bytes
    assert host.boot_at
