"""Facts of several answers about one thing."""

from collections.abc import Iterator

from collectors.drive_tables import Drive
from collectors.fact import Fact, Gap, Origin, Source
from collectors.joining import joined


def source(*argv: str) -> Source:
    return Source(Origin("h", argv, None, "0"))


FIRST = source("smartctl", "-x", "-d", "scsi", "/dev/sdb")
SECOND = source("smartctl", "-x", "-d", "sat", "/dev/sdb")
GAP = Gap("h", Drive, "unsupported", "Unknown USB bridge", "/dev/sdb", FIRST)


def told(*items: Fact[Drive] | Gap) -> Iterator[object]:
    return joined(items)


def test_a_device_that_answered_the_second_time_has_no_gap() -> None:
    fact = Fact("h", Drive(drive="serial:1", device="/dev/sdb"), (SECOND,))
    assert list(told(GAP, fact)) == [fact]


def test_a_gap_of_the_same_answer_stays() -> None:
    fact = Fact("h", Drive(drive="serial:1", device="/dev/sdb", virtual=True), (FIRST,))
    assert list(told(fact, GAP)) == [fact, GAP]


def test_a_gap_about_another_device_or_reason_stays() -> None:
    fact = Fact("h", Drive(drive="serial:1", device="/dev/sdc"), (source("smartctl", "/dev/sdc"),))
    denied = Gap("h", Drive, "denied", "", "/dev/sdb", FIRST)
    same = Fact("h", Drive(drive="serial:1", device="/dev/sdb"), (SECOND,))
    assert list(told(GAP, fact)) == [GAP, fact]
    assert list(told(denied, same)) == [denied, same]
