"""Whether a drive is too weak to lean on in an array: the faults that a rebuild over it would meet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from collectors.drive_tables import Drive, DriveAttribute, DriveSelfTest

REALLOCATED_LIMIT = 17
GROWN_DEFECTS_LIMIT = 100

_COUNTS = {
    10: ("spin-up retries", 1),
    184: ("end-to-end errors", 1),
    187: ("reported uncorrectable errors", 1),
    197: ("pending sectors", 1),
    198: ("offline uncorrectable sectors", 1),
}
_FLIPPING = re.compile(r"CT\d+MX500SSD|CT\d+BX500SSD")
_WARNINGS = {
    0x01: "spare area below the maker's limit",
    0x04: "reliability degraded",
    0x08: "read-only",
    0x10: "volatile memory backup failed",
    0x20: "persistent memory region unreliable",
}
_RELOCATED, _PENDING, _SPIN_RETRY = 5, 197, 10
_TELLING = {_RELOCATED, *_COUNTS}


def sickness(
    drive: Drive, attributes: Iterable[DriveAttribute], self_tests: Iterable[DriveSelfTest]
) -> list[str]:
    """What is wrong with the drive, in words with the measured values; empty if nothing is known to be."""
    found = list(_overall(drive))
    for one in attributes:
        if (one.count and one.id in _TELLING) or one.when_failed == "now":
            found.extend(_attribute(drive, one))
    last = min((t for t in self_tests if t.passed is not None), key=lambda t: t.number, default=None)
    if last is not None and last.passed is False:
        found.append(f"last self-test failed ({last.status})")
    return found


def _overall(drive: Drive) -> Iterator[str]:
    if drive.passed is False:
        yield "the drive predicts its own failure"
    warning = drive.critical_warning or 0
    if warning:
        yield from (said for bit, said in _WARNINGS.items() if warning & bit)
    if drive.media_errors:
        yield f"{drive.media_errors} media errors"
    if drive.pending_defects:
        yield f"{drive.pending_defects} pending defects"
    if drive.uncorrected_errors:
        yield f"{drive.uncorrected_errors} uncorrected errors"
    if drive.grown_defects is not None and drive.grown_defects >= GROWN_DEFECTS_LIMIT:
        yield f"{drive.grown_defects} grown defects"
    if drive.informational_exception is not None and drive.informational_exception.lower().startswith("5d"):
        yield f"failure predicted (ASC/ASCQ {drive.informational_exception})"
    if drive.endurance_used_percent is not None and drive.endurance_used_percent >= 100:
        yield f"{drive.endurance_used_percent} % of its rated endurance used"
    spare, limit = drive.spare_available_percent, drive.spare_threshold_percent
    if spare is not None and limit and spare <= limit + 10:
        yield f"spare area {spare} % (limit {limit} %)"


def _attribute(drive: Drive, one: DriveAttribute) -> Iterator[str]:
    if one.when_failed == "now" and one.prefailure:
        yield f"{one.name} is below the maker's limit"
    if one.id == _RELOCATED and one.count is not None and one.count >= REALLOCATED_LIMIT:
        yield f"{one.count} reallocated sectors"
    name, limit = _COUNTS.get(one.id, ("", 0))
    if not limit or one.count is None or one.count < limit:
        return
    if one.id == _SPIN_RETRY and drive.rotation_rpm == 0:
        return
    if one.id == _PENDING and one.count == 1 and _FLIPPING.match(drive.model or ""):
        return  # smartmontools' drive database: the value of these models flips between 0 and 1
    yield f"{one.count} {name}"
