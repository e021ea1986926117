# SPDX-License-Identifier: Apache-2.0
"""Fabricated drives, read by the real smartctl on this machine and judged: the sick ones, and only those."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from analyzer.engine import Judgement
from collectors.drive_tables import Drive
from collectors.targets.local import LocalTarget

from .audits import Expected, audited, faults, severities
from .smartshim import DRIVES, MEANING

# Rules about care, not about the drive: no drive here has had an extended self-test of late.
CARE = {"smart/selftest-stale"}
EXPECTED: dict[str, Expected] = {
    "healthy": {},
    "reallocated": {
        "smart/error-log-media": "medium",
        "smart/offline-uncorrectable": "critical",
        "smart/pending-sectors": "critical",
        "smart/reallocated-sectors": "critical",
        "smart/reported-uncorrectable": "high",
        "smart/selftest-failed": "high",
    },
    "failing": {
        "smart/overall-failed": "critical",
        "smart/prefail-now": "critical",
        "smart/reallocated-sectors": "critical",
    },
    "worn-ssd": {"smart/ssd-wear": "medium"},
    "sas-healthy": {},
    "sas-failing": {
        "smart/overall-failed": "critical",
        "smart/scsi-grown-defects": "high",
        "smart/scsi-ie-failed": "critical",
        "smart/scsi-uncorrected": "high",
        "smart/selftest-failed": "high",
        "smart/temperature": "medium",
    },
    "nvme-healthy": {},
    "nvme-spare-low": {
        "smart/nvme-critical-warning": "critical",
        "smart/nvme-media-errors": "high",
        "smart/overall-failed": "critical",
        "smart/ssd-spare-low": "critical",
        "smart/ssd-wear": "high",
    },
    "nvme-read-only": {
        "smart/nvme-critical-warning": "critical",
        "smart/overall-failed": "critical",
        "smart/ssd-wear": "medium",
    },
}


@pytest.fixture(scope="module")
def judgement(smart_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judgement]:
    """One audit of this machine, whose smartctl sees the fabricated drives."""
    path = tmp_path_factory.mktemp("audit") / "drives.evidence.zip"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{smart_path}:/usr/sbin:/usr/bin:/sbin:/bin")
        yield audited(LocalTarget("lab-drives"), path)


@pytest.mark.lab
@pytest.mark.parametrize("kind", EXPECTED)
def test_drive(judgement: Judgement, kind: str) -> None:
    """Every fault of the drive is found under its device and serial number, and nothing else is."""
    serial, device = DRIVES[MEANING[kind]].serial, f"/dev/{MEANING[kind]}"
    found = faults(judgement, {rule for rule in judgement.rules if rule not in CARE}, serial)
    assert severities(found) == EXPECTED[kind]
    for finding in found.values():
        assert serial in finding.message
        assert device in finding.message
        assert finding.sources
    (row,) = (fact.row for fact in judgement.site.facts(Drive) if fact.row.serial == serial)
    assert row.passed == ("smart/overall-failed" not in EXPECTED[kind])
    assert [spot for spot in judgement.blind_spots if spot.gap.subject == device] == []


@pytest.mark.lab
def test_sleeping_drive_is_a_gap(judgement: Judgement) -> None:
    """A drive in standby was not woken: not healthy, not failed, not seen, and that is said."""
    device = f"/dev/{MEANING['standby']}"
    serial = DRIVES[MEANING["standby"]].serial
    spots = [spot for spot in judgement.blind_spots if spot.gap.subject == device]
    assert {spot.gap.reason for spot in spots} == {"standby"}
    assert "drive" in {spot.gap.table.TABLE for spot in spots}
    assert all("smart/overall-failed" in spot.rules for spot in spots if spot.gap.table is Drive)
    assert not [f for f in judgement.findings if serial in f"{f.label} {f.subject}" or device in f.subject]


@pytest.mark.lab
def test_every_drive_is_judged() -> None:
    """A new kind of drive needs its expectation here."""
    assert EXPECTED.keys() | {"standby"} == MEANING.keys()
