"""Saved outputs of zpool and zfs get the conclusion that the corpus gives them, and every one is read."""

from __future__ import annotations

import collections
import csv
import functools
import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analyzer.engine import judge
from analyzer.finding import Finding
from analyzer.site import Site
from analyzer.verdict import rank
from collectors.collector import READERS, load
from collectors.fact import Absent, Fact
from collectors.question import Answer, Form, Question, decode
from collectors.reading import Told, read_answer

CORPUS = Path(
    os.environ.get("HOLDWATER_CORPUS", Path(__file__).resolve().parents[2].parent / "shared" / "corpus")
)
AT = datetime(2026, 1, 20, tzinfo=UTC)

ABOUT_DESIGN = {"fs/zfs-single-vdev", "fs/zfs-scrub-stale", "raid/no-redundancy"}
"""Rules on how a pool was built or is cared for; the labels only tell the state it is in."""

DISAGREE = {
    r"scrutiny-zfs__2": "labelled by its state; its scrub left two blocks unrepaired: data are lost",
}
"""File → why our conclusion differs from its label."""

NOT_OURS = {
    r"zpool-iostat": "throughput, which no rule asks for",
    r"freebsd__cache__zdataset": "an empty file",
}
"""File → why no reader takes it."""

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus beside the checkout (HOLDWATER_CORPUS)"),
]

load()


@functools.cache
def labelled() -> tuple[dict[str, str], ...]:
    with (CORPUS / "INDEX.tsv").open(newline="") as table:
        rows = csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)
        return tuple(row for row in rows if row["kind"] == "zfs")


def told(path: str) -> list[Told]:
    """What our readers say of the file; empty if none takes it."""
    raw = (CORPUS / path).read_bytes()
    sure, kind = max((reader.recognises(decode(raw)), name) for name, reader in READERS.items())
    if sure == 0:
        return []
    form = Form(("saved", "file"), kind, "")
    return list(read_answer("corpus", Answer(Question(form.argv, form), stdout=raw, status=0)))


def conclusion(said: list[Told]) -> str:
    """ok, warn+, crit, unknown or error, in the words of the corpus."""
    site = Site("corpus", AT, ("corpus",))
    site.add(said)
    findings = judge(site).findings
    assert not [f for f in findings if f.outcome == "error"]
    worst = max((rank(f.severity) for f in findings if _counts(f)), default=-1)
    if worst == rank("critical") or any(f.rule == "fs/zfs-degraded" and _counts(f) for f in findings):
        return "crit"
    if worst >= rank("medium"):
        return "warn+"
    if not said:
        return "error"
    if not any(isinstance(one, Fact | Absent) for one in said):
        return "unknown"
    return "unknown" if any(f.rule == "fs/zfs-faulted" and f.outcome == "unknown" for f in findings) else "ok"


def _counts(finding: Finding) -> bool:
    return (
        finding.outcome == "fail"
        and finding.rule not in ABOUT_DESIGN
        and not finding.rule.startswith("blind-spot/")
    )


AGREES = {
    "ok": {"ok"},
    "warn+": {"warn+", "crit"},
    "crit": {"crit"},
    "unknown": {"unknown", "error"},
    "error": {"unknown", "error"},
}


def test_conclusions_agree_with_the_labels(capsys: pytest.CaptureFixture[str]) -> None:
    count: collections.Counter[str] = collections.Counter()
    wrong = []
    for row in labelled():
        ours = conclusion(told(row["file"]))
        if row["expected"] not in AGREES:
            count[f"{row['expected']} (robustness only)"] += 1
            continue
        agrees = ours in AGREES[row["expected"]]
        count["agrees" if agrees else "differs"] += 1
        explained = any(re.search(pattern, row["file"]) for pattern in DISAGREE)
        if not agrees and not explained:
            wrong.append(f"{row['file']}: we say {ours}, label {row['expected']} ({row['shows'][:150]})")
        assert not (agrees and explained), f"{row['file']} agrees by now: strike it off the list"
    with capsys.disabled():
        print(f"\n{dict(sorted(count.items()))}")
    assert not wrong, "\n".join(wrong)


def test_every_file_is_read_or_said_not_to_be() -> None:
    for row in labelled():
        reason = next((why for pattern, why in NOT_OURS.items() if re.search(pattern, row["file"])), None)
        facts = [one for one in told(row["file"]) if isinstance(one, Fact)]
        assert bool(facts) != (reason is not None), row["file"]
