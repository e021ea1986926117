"""Saved answers of virsh: each is recognised and read, and nothing is called wrong that is not."""

from __future__ import annotations

import csv
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analyzer.engine import judge
from analyzer.site import Site
from analyzer.verdict import rank
from collectors.collector import load
from collectors.fact import Fact, Gap
from collectors.hypervisor_tables import DiskImage
from collectors.targets.saved import read_saved

CORPUS = Path(
    os.environ.get("HOLDWATER_CORPUS", Path(__file__).resolve().parents[2].parent / "shared" / "corpus")
)
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus beside the checkout (HOLDWATER_CORPUS)"),
]

load()


def files() -> list[str]:
    if not CORPUS.is_dir():
        return []
    with (CORPUS / "INDEX.tsv").open(newline="") as table:
        rows = csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [row["file"] for row in rows if row["kind"] == "libvirt"]


@pytest.mark.parametrize("path", files())
def test_every_file_is_read_without_alarm(path: str) -> None:
    """All of them are for format only; no label says that anything is wrong."""
    kind, told = read_saved((CORPUS / path).read_bytes(), name="corpus")
    assert kind == ("virsh-list" if "list" in path else "virsh-dumpxml")
    rows = {one.row.TABLE for one in told if isinstance(one, Fact)}
    assert "guest" in rows
    assert not [one for one in told if isinstance(one, Gap) and one.table is not DiskImage]
    site = Site("corpus", datetime(2026, 1, 1, tzinfo=UTC), ("corpus",))
    site.add(told)
    findings = judge(site).findings
    assert not [f for f in findings if f.outcome == "error"]
    assert not [f for f in findings if f.outcome == "fail" and rank(f.severity) > 1 and f.subject != "corpus"]
