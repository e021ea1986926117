"""Rows and gaps of one drive's answer in smartctl's JSON shape: the one decoder of all SMART sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from collectors.drive_tables import Drive, DriveAttribute, DriveError, DriveSelfTest, DriveStatistic
from collectors.fact import At, Missing, Reading
from collectors.question import Answer
from collectors.smart_drive import drive_row
from collectors.smart_health import has_health
from collectors.smart_identity import UNNAMED, Who, is_named, protocol_of, who_of
from collectors.smart_logs import attributes, errors, self_tests, statistics
from collectors.smart_refusals import why_nothing
from collectors.smart_values import Tree, at, branch, flag, items, text


def read_tree(tree: Tree, answer: Answer) -> Iterator[Reading]:
    """Everything one answer tells of one drive; a gap if that is nothing."""
    tree = _addressed(tree, answer)
    who = who_of(tree)
    device = who.device.removeprefix(UNNAMED)
    healthy = has_health(tree)
    if is_named(tree) or healthy:
        yield At(drive_row(tree, who), "")
    if not healthy:
        reason, detail = why_nothing(tree, answer.complaint)
        for table in (Drive, DriveAttribute, DriveStatistic, DriveSelfTest, DriveError):
            yield Missing(table, reason, detail, device)
        return
    yield from _attributes(tree, who, device)
    yield from statistics(tree, who)
    yield from self_tests(tree, who)
    yield from errors(tree, who)
    if protocol_of(tree) == "ATA":
        yield from _logs_not_told(tree, device)


def _addressed(tree: Tree, answer: Answer) -> Tree:
    """The tree with the device that was asked for, where the answer does not name it."""
    argv = answer.question.argv
    asked = next((word for word in argv if word.startswith("/dev/")), "")
    if not asked or text(at(tree, "device.name")) not in (None, "?"):
        return tree
    kind = argv[argv.index("-d") + 1] if "-d" in argv[:-1] else "auto"
    return {**tree, "device": {**branch(tree, "device"), "name": asked, "type": kind}}


def _attributes(tree: Tree, who: Who, device: str) -> Iterable[Reading]:
    """Attributes; a gap if an ATA drive tells none, or a table that cannot be true: one number twice."""
    numbers = [one.get("id") for _, one in items(tree, "ata_smart_attributes.table")]
    if len(numbers) != len({number for number in numbers if isinstance(number, int)}):
        return [Missing(DriveAttribute, "unreadable", "the drive's table of attributes is garbage", device)]
    if numbers:
        return attributes(tree, who)
    if protocol_of(tree) in ("ATA", None):
        supported = flag(at(tree, "smart_support.available")) is not False
        return [
            Missing(DriveAttribute, "empty" if supported else "unsupported", "no attributes told", device)
        ]
    return []


def _logs_not_told(tree: Tree, device: str) -> Iterator[Reading]:
    """Logs that an ATA drive has and the answer leaves out: nobody asked, or the read failed."""
    can = branch(tree, "ata_smart_data.capabilities")
    for table, log, supported, name in (
        (DriveSelfTest, "ata_smart_self_test_log", can.get("self_tests_supported"), "self-test log"),
        (DriveError, "ata_smart_error_log", can.get("error_logging_supported"), "error log"),
    ):
        if log not in tree and flag(supported) is not False:
            yield Missing(table, "empty", f"the answer holds no {name}", device)
