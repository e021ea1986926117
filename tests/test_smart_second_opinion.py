"""Our reading of smartctl's text against pySMART's, where pySMART reads it: two decoders, one truth.

pySMART 1.4 raises for the attribute tables of `smartctl -x`, takes one drive at a time, no broken or quoted
lines, and tells neither WWN nor firmware warnings nor logs: it is a witness here and no part of the reader.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest

from collectors.collector import load
from collectors.drive_tables import Drive, DriveAttribute, DriveSelfTest
from collectors.fact import Fact
from collectors.question import Answer, Form, Question
from collectors.reading import read_answer

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "collectors" / "smartctl-text"
CASES = {
    "worn-ssd-saved-report": "sat",
    "known-firmware-bug": "sat",
    "sick-nvme": "nvme",
    "sick-sas-old-version": "scsi",
}

load()


def second_opinion(said: str, kind: str) -> Any:
    """pySMART's device, its smartctl replaced by a saved report."""
    from pySMART import Device
    from pySMART.smartctl import Smartctl

    class Saved(Smartctl):  # type: ignore[misc]
        def generic_call(self, params: list[str], pass_options: bool = False) -> tuple[list[str], int]:
            return said.splitlines(), 0

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Device("/dev/saved", interface=kind, smartctl=Saved(smartctl_path="saved"))


@pytest.mark.parametrize("case", CASES)
def test_both_read_the_same(case: str) -> None:
    raw = (FIXTURES / case / "answer.out").read_bytes()
    form = Form(("saved", "file"), "smartctl-text", "")
    rows = [
        f.row for f in read_answer("t", Answer(Question(form.argv, form), stdout=raw)) if isinstance(f, Fact)
    ]
    drive = next(row for row in rows if isinstance(row, Drive))
    attributes = {row.id: row for row in rows if isinstance(row, DriveAttribute)}
    other = second_opinion(raw.decode(), CASES[case])
    assert drive.passed == {"PASS": True, "FAIL": False}[other.assessment]
    assert drive.serial == other.serial
    if case != "sick-sas-old-version":  # of smartctl 5 pySMART reads neither model nor firmware
        assert (drive.model, drive.firmware_version) == (other.model, other.firmware)
        assert drive.capacity_bytes == other._capacity
    assert drive.temperature_celsius == other.temperature
    told = {one.num: one for one in other.attributes if one is not None}
    assert set(told) == set(attributes)
    for number, one in told.items():
        mine = attributes[number]
        assert (mine.name, mine.raw_string, mine.value) == (one.name, one.raw, int(one.value))
    tests = [row for row in rows if isinstance(row, DriveSelfTest)]
    assert len(tests) == len(other.tests)
    if CASES[case] == "nvme":
        log = other.if_attributes
        assert (drive.endurance_used_percent, drive.media_errors) == (log.percentageUsed, log.integrityErrors)
        assert (drive.spare_available_percent, drive.critical_warning) == (
            log.availableSpare,
            log.criticalWarning,
        )
