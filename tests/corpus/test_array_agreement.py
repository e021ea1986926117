"""Saved answers of storage systems and of the Ceph dashboard are read; nothing in them is passed over.

The corpus gives them no conclusion (robustness only): what is expected here was read off the answers by eye.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from collectors.fact import Fact, Gap
from tests.corpus.agreement import NEEDED, Subject, conclusion, judged, read

FAULTS = {
    "ceph__v16.2.15__api_health_minimal": {
        "raid/ceph-health",
        "raid/ceph-data-at-risk",
        "raid/ceph-monitors",
    },
    "ceph__v16.2.15__api_monitor": {"raid/ceph-monitors"},
    "ceph__v16.2.15__api_osd": set(),
    "ceph__v16.2.15__api_pool_stats": {"raid/ceph-pool-copies"},
    "ceph__v17.2.7__dashboard_contract": {"raid/ceph-health", "raid/ceph-data-at-risk"},
    "ceph__v19.2.5__dashboard_contract": {"raid/ceph-health", "raid/ceph-data-at-risk"},
    "ceph__v20.2.2__dashboard_contract": {"raid/ceph-health", "raid/ceph-data-at-risk"},
    "powerstore__alert": {"raid/storage-part-unsound"},
}
"""File → rules that must fail on it; the others show healthy systems."""

pytestmark = NEEDED
SUBJECT = Subject(("array",), read, partial(conclusion, design={"blind-spot/"}))


def test_every_file_is_read_without_a_gap() -> None:
    for one in SUBJECT.recordings():
        found = read(one)
        assert found.kind in ("ceph-dashboard", "ceph-pools", "powerstore", "powervault"), one.file
        assert any(isinstance(told, Fact) for told in found.told), one.file
        assert not [told for told in found.told if isinstance(told, Gap)], one.file


def test_faults_are_found_and_healthy_systems_pass() -> None:
    for one in SUBJECT.recordings():
        _, findings = judged(read(one).told)
        faults = {f.rule for f in findings if f.outcome == "fail" and not f.rule.startswith("blind-spot/")}
        name = Path(one.file).stem.removeprefix("netdata__")
        assert faults == FAULTS.get(name, set()), one.file
