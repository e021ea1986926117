"""Our reading of smartctl's text against pySMART's: two decoders, one truth, and a gap where they differ."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from collectors.collector import load
from collectors.drive_tables import Drive, DriveAttribute, DriveSelfTest
from collectors.fact import Fact, Gap
from collectors.question import Answer, Form, Question
from collectors.reading import Told, read_answer
from collectors.smart_second_reader import device_of

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "collectors" / "smartctl-text"
CASES = {
    "worn-ssd-saved-report": "sat",
    "known-firmware-bug": "sat",
    "sick-nvme": "nvme",
    "sick-sas-old-version": "scsi",
}

load()


def read(raw: bytes) -> list[Told]:
    form = Form(("saved", "file"), "smartctl-text", "")
    return list(read_answer("t", Answer(Question(form.argv, form), stdout=raw)))


def drive_in(told: list[Told]) -> Drive:
    return next(one.row for one in told if isinstance(one, Fact) and isinstance(one.row, Drive))


def contradictions(told: list[Told]) -> list[str]:
    return [one.detail for one in told if isinstance(one, Gap) and "two readers" in one.detail]


@pytest.mark.parametrize("case", CASES)
def test_both_read_the_same(case: str) -> None:
    raw = (FIXTURES / case / "answer.out").read_bytes()
    told = read(raw)
    rows = [one.row for one in told if isinstance(one, Fact)]
    drive = drive_in(told)
    assert (drive.second_reader, contradictions(told)) == ("agrees", [])
    attributes = {row.id: row for row in rows if isinstance(row, DriveAttribute)}
    other = device_of(raw.decode().splitlines(), CASES[case])
    assert other is not None
    assert drive.passed == {"PASS": True, "FAIL": False}[other.assessment]
    assert drive.serial == other.serial
    if case != "sick-sas-old-version":  # of smartctl 5 pySMART reads neither model nor firmware
        assert (drive.model, drive.firmware_version) == (other.model, other.firmware)
        assert drive.capacity_bytes == other._capacity
    assert drive.temperature_celsius == other.temperature
    named = {one.num: one for one in other.attributes if one is not None}
    assert set(named) == set(attributes)
    for number, one in named.items():
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


def test_the_short_flags_of_x_do_not_keep_the_second_reader_out() -> None:
    assert drive_in(read((FIXTURES / "sick-ata" / "answer.out").read_bytes())).second_reader == "agrees"


def test_a_health_that_only_the_second_reader_tells_is_a_gap_and_no_health() -> None:
    raw = (FIXTURES / "worn-ssd-saved-report" / "answer.out").read_bytes()
    assert b"self-assessment test result: PASSED" in raw
    told = read(raw.replace(b"test result: PASSED", b"test result: UNKNOWN!"))
    drive = drive_in(told)
    assert (drive.passed, drive.second_reader) == (None, "disagrees")
    (why,) = contradictions(told)
    assert "not told to one, failing to the other" in why


def test_a_size_that_reads_two_ways_is_a_gap() -> None:
    """A report into which a line of another drive has slipped."""
    raw = (FIXTURES / "worn-ssd-saved-report" / "answer.out").read_bytes()
    line = next(line for line in raw.splitlines() if line.startswith(b"User Capacity:"))
    told = read(raw.replace(line, line + b"\nTotal NVM Capacity:  1,000,000,000 [1.00 GB]"))
    assert drive_in(told).second_reader == "disagrees"
    assert "1000000000 to the other" in contradictions(told)[0]


def test_a_serial_number_of_two_words_is_no_contradiction() -> None:
    raw = (FIXTURES / "worn-ssd-saved-report" / "answer.out").read_bytes()
    line = next(line for line in raw.splitlines() if line.startswith(b"Serial Number:"))
    told = read(raw.replace(line, line + b" B"))
    assert (drive_in(told).second_reader, contradictions(told)) == ("agrees", [])


def test_what_the_second_reader_cannot_read_changes_nothing_else() -> None:
    raw = (FIXTURES / "sick-nvme" / "answer.out").read_bytes()
    line = next(line for line in raw.splitlines() if line.startswith(b"Percentage Used:"))
    whole, broken = read(raw), read(raw.replace(line, b"Percentage Used:   %"))
    assert drive_in(whole).second_reader == "agrees"
    assert drive_in(broken).second_reader == "cannot read it"
    assert contradictions(broken) == []
    assert drive_in(broken).passed == drive_in(whole).passed
    assert len(broken) == len(whole)


def test_the_second_reader_runs_nothing_and_leaves_the_language_alone(tmp_path: Path) -> None:
    """smartctl on the search path would leave a mark if it were run."""
    trap = tmp_path / "smartctl"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/run\n")
    trap.chmod(0o755)
    report = FIXTURES / "worn-ssd-saved-report" / "answer.out"
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from collectors.smart_second_reader import second_reading\n"
        f"lines = Path({str(report)!r}).read_text().splitlines()\n"
        "assert 'pySMART' not in sys.modules\n"
        "assert second_reading(lines, 'ATA').failing is False\n"
        "assert os.environ['LANG'] == 'de_DE.UTF-8'\n"
    )
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, "PATH": path, "LANG": "de_DE.UTF-8"}, check=True
    )
    assert not (tmp_path / "run").exists()
