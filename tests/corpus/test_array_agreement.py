"""Saved answers of storage systems and of the Ceph dashboard are read; nothing in them is passed over.

The corpus gives them no conclusion (robustness only): what is expected here was read off the answers by eye.
"""

from __future__ import annotations

import csv
import functools
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analyzer.engine import judge
from analyzer.site import Site
from collectors.collector import READERS, load
from collectors.fact import Fact, Gap
from collectors.question import Answer, Form, Question, decode
from collectors.reading import Told, read_answer

CORPUS = Path(
    os.environ.get("HOLDWATER_CORPUS", Path(__file__).resolve().parents[2].parent / "shared" / "corpus")
)
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

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus beside the checkout (HOLDWATER_CORPUS)"),
]

load()


@functools.cache
def files() -> tuple[str, ...]:
    with (CORPUS / "INDEX.tsv").open(newline="") as table:
        rows = csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)
        return tuple(row["file"] for row in rows if row["kind"] == "array")


def told(path: str) -> tuple[str, list[Told]]:
    raw = (CORPUS / path).read_bytes()
    sure, kind = max((reader.recognises(decode(raw)), name) for name, reader in READERS.items())
    assert sure > 0, f"{path}: no reader takes it"
    form = Form(("saved", "file"), kind, "")
    return kind, list(read_answer("corpus", Answer(Question(form.argv, form), stdout=raw, status=0)))


def test_every_file_is_read_without_a_gap() -> None:
    for path in files():
        kind, said = told(path)
        assert kind in ("ceph-dashboard", "ceph-pools", "powerstore", "powervault"), path
        assert any(isinstance(one, Fact) for one in said), path
        assert not [one for one in said if isinstance(one, Gap)], path


def test_faults_are_found_and_healthy_systems_pass() -> None:
    for path in files():
        site = Site("corpus", datetime(2026, 1, 1, tzinfo=UTC))
        site.add(told(path)[1])
        findings = list(judge(site).findings)
        assert not [one for one in findings if one.outcome == "error"], path
        faults = {
            one.rule for one in findings if one.outcome == "fail" and not one.rule.startswith("blind-spot/")
        }
        name = Path(path).stem.removeprefix("netdata__")
        assert faults == FAULTS.get(name, set()), path
