"""The md collector: what it asks when, and the odd ends of its readers."""

from __future__ import annotations

from datetime import UTC, datetime

from collectors.block_tables import MdDetail, MdStatus, MdSuperblock
from collectors.collector import COLLECTORS, READERS, load
from collectors.fact import At, Missing, NotHere
from collectors.mdadm_text import events_of, kibibytes, time_of
from collectors.question import Answer, Form, Question

load()

DEGRADED = """Personalities : [raid1] [raid6] [raid5] [raid4]
md1 : active raid1 sdb1[1] sda1[0](F)
      976630464 blocks super 1.2 [2/1] [_U]

md5 : inactive sdd1[0](S) sde1[2](S)
      1953260928 blocks super 1.2

md127 : inactive sdg[1](S) sdf[0](S)
      5288 blocks super external:imsm

unused devices: <none>
"""


def asked(mdstat: Answer | None = None, text: str = "") -> list[str]:
    """The commands that follow the answer to the first question."""
    asking = COLLECTORS["md"].ask()
    (question,) = next(asking)
    answer = mdstat or Answer(question, stdout=text.encode(), status=0)
    try:
        return [str(one) for one in asking.send([answer])]
    except StopIteration:
        return []


def read(kind: str, text: str, *argv: str) -> list[object]:
    form = Form(argv or ("saved", "file"), kind, "")
    return list(READERS[kind].read(Answer(Question(form.argv, form), stdout=text.encode(), status=0)))


def test_nothing_more_is_asked_without_arrays() -> None:
    assert asked(text="Personalities : [raid1]\nunused devices: <none>\n") == []


def test_every_array_is_asked_about_and_members_of_those_that_do_not_run() -> None:
    commands = asked(text=DEGRADED)
    assert [c for c in commands if c.startswith("mdadm --detail")] == [
        "mdadm --detail /dev/md1",
        "mdadm --detail /dev/md5",
        "mdadm --detail /dev/md127",
    ]
    assert [c for c in commands if "--examine" in c] == [
        "mdadm --examine /dev/sdd1",
        "mdadm --examine /dev/sde1",
    ]
    assert any("/sys/block/md*/md/array_state" in c for c in commands)


def test_sysfs_is_asked_when_mdstat_was_refused() -> None:
    form = Form(("cat", "/proc/mdstat"), "mdstat", "")
    refused = Answer(Question(form.argv, form), refusal="timed-out")
    assert any("/sys/block/md*/md/level" in command for command in asked(refused))


def test_a_container_is_inactive_and_nothing_is_wrong() -> None:
    rows = {one.row.array: one.row for one in read("mdstat", DEGRADED) if isinstance(one, At)}
    container = rows["md127"]
    assert isinstance(container, MdStatus)
    assert container.container
    assert not container.active
    assert not rows["md5"].container
    assert rows["md1"].failed_members == "sda1"


def test_absence_is_proved_only_by_a_whole_list() -> None:
    whole = read("mdstat", "Personalities : [raid1]\nunused devices: <none>\n")
    assert all(isinstance(one, NotHere) for one in whole)
    assert [type(one) for one in read("mdstat", "Personalities : [raid1]\n")] == [Missing]


def test_an_array_that_does_not_run_has_no_level() -> None:
    text = "/dev/md5:\n           Version : 1.2\n        Raid Level : raid0\n             State : inactive\n"
    (row,) = [one.row for one in read("mdadm-detail", text) if isinstance(one, At)]
    assert isinstance(row, MdDetail)
    assert row.level is None
    assert row.state == "inactive"


def test_export_is_named_by_the_question() -> None:
    text = "MD_LEVEL=raid1\nMD_DEVICES=2\nMD_DEVICE_dev_sda_ROLE=0\nMD_DEVICE_dev_sda_DEV=/dev/sda\n"
    (told,) = read("mdadm-detail", text, "mdadm", "--detail", "--export", "/dev/md7")
    assert isinstance(told, At)
    assert told.row.array == "md7"
    (unnamed,) = read("mdadm-detail", text)
    assert isinstance(unnamed, Missing)


def test_a_partition_table_is_no_superblock() -> None:
    text = "/dev/sda:\n   MBR Magic : aa55\nPartition[0] :   3907026944 sectors at         2048 (type fd)\n"
    told = read("mdadm-examine", text)
    assert Missing(MdSuperblock, "unsupported", "holds a partition table, not a member", "/dev/sda") in told


def test_numbers_of_mdadm() -> None:
    assert events_of("0.1081") == 1081
    assert events_of("1.2") == (1 << 32) + 2
    assert events_of("24") == 24
    assert events_of("many") is None
    assert kibibytes("48128 (47.00 MiB 49.28 MB)") == 48128 * 1024
    assert kibibytes("18446744073709551615") is None
    assert time_of("Mon Nov 23 03:09:30 2026") == datetime(2026, 11, 23, 3, 9, 30, tzinfo=UTC)
    assert time_of("yesterday") is None
