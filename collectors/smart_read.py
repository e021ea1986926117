"""Rows and gaps of one drive's answer in smartctl's JSON shape: the one decoder of all SMART sources."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.drive_tables import Drive, DriveAttribute, DriveError, DriveSelfTest, DriveStatistic
from collectors.fact import At, Missing, Reading
from collectors.question import Answer
from collectors.smart_drive import drive_row
from collectors.smart_health import has_health
from collectors.smart_identity import device_of, is_named, protocol_of
from collectors.smart_logs import attributes, errors, self_tests, statistics
from collectors.smart_refusals import why_nothing
from collectors.smart_values import Tree, at, flag


def read_tree(tree: Tree, answer: Answer) -> Iterator[Reading]:
    """Everything one answer tells of one drive; a gap if that is nothing."""
    device = device_of(tree)
    healthy = has_health(tree)
    if is_named(tree) or healthy:
        yield At(drive_row(tree), "")
    if not healthy:
        reason, detail = why_nothing(tree, answer.complaint)
        for table in (Drive, DriveAttribute, DriveStatistic, DriveSelfTest, DriveError):
            yield Missing(table, reason, detail, device)
        return
    yield from attributes(tree)
    yield from statistics(tree)
    yield from self_tests(tree)
    yield from errors(tree)
    if protocol_of(tree) == "ATA" and not at(tree, "ata_smart_attributes.table"):
        supported = flag(at(tree, "smart_support.available")) is not False
        yield Missing(DriveAttribute, "empty" if supported else "unsupported", "no attributes told", device)
