"""Saved outputs of btrfs-progs get the conclusion that the corpus gives them."""

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
from analyzer.site import Site
from analyzer.verdict import rank
from collectors.collector import READERS, load
from collectors.fact import Absent, Fact
from collectors.question import Answer, Form, Question, decode
from collectors.reading import Told, read_answer

CORPUS = Path(
    os.environ.get("HOLDWATER_CORPUS", Path(__file__).resolve().parents[2].parent / "shared" / "corpus")
)
AT = datetime(2026, 1, 1, tzinfo=UTC)

ABOUT_DESIGN = {
    *("fs/btrfs-raid56", "fs/btrfs-metadata-single", "fs/btrfs-multiple-profiles", "fs/btrfs-scrub-stale"),
    *("raid/no-redundancy", "raid/scrub-stale", "fs/btrfs-snapshot-count"),
}
"""Rules on how a file system was made or is cared for; the labels only tell the state it is in."""

REFUSED = r"rockstor__test_btrfs__L(359|427|440|457|573|610)\."
"""`btrfs subvolume show` and `btrfs qgroup show`: nothing in them is judged, no reader takes them."""

DISAGREE = {
    r"scrub__ba98e803": "30 checksum errors were found and none corrected",
    r"usage__(6e97a9de|1e050a79)": "metadata need room on two or four devices, and too few have any left",
    r"scrub__(039f646a|3e59a550)|rockstor__test_btrfs__L(1407|1552)": "the scrub was aborted or interrupted",
    r"usage__621475f0": "43 % are unallocated; the label was made from sizes in MiB that it misread",
    r"scrutiny-btrfs__(16|27)|usage__e87011f8": "all devices told as missing: asked without rights, no fault",
}
"""File → why our conclusion differs from its label."""

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus beside the checkout (HOLDWATER_CORPUS)"),
]

load()


@functools.cache
def labelled() -> tuple[dict[str, str], ...]:
    with (CORPUS / "INDEX.tsv").open(newline="") as table:
        rows = csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)
        return tuple(row for row in rows if row["kind"] == "btrfs")


@functools.cache
def told(path: str) -> tuple[Told, ...]:
    """What our readers say of the file; empty if none takes it."""
    raw = (CORPUS / path).read_bytes()
    text = decode(raw)
    sure, kind = max((reader.recognises(text), name) for name, reader in READERS.items())
    if sure == 0:
        return ()
    form = Form(("saved", "file"), kind, "")
    return tuple(read_answer("corpus", Answer(Question(form.argv, form), stdout=raw, status=0)))


def conclusion(path: str) -> tuple[str, str]:
    """ok, warn+, crit, unknown or error, and why."""
    said = told(path)
    site = Site("corpus", AT)
    site.add(said)
    findings = judge(site).findings
    assert not [f for f in findings if f.outcome == "error"], path
    faults = [f for f in findings if f.outcome == "fail" and f.rule not in ABOUT_DESIGN]
    worst = max((rank(f.severity) for f in faults), default=-1)
    why = "; ".join(f"{f.rule} {f.severity}" for f in faults)
    if worst == rank("critical"):
        return "crit", why
    if worst >= rank("medium"):
        return "warn+", why
    if not said:
        return "error", ""
    return ("ok" if any(isinstance(one, Fact | Absent) for one in said) else "unknown"), why


AGREES = {
    "ok": {"ok"},
    "warn+": {"warn+", "crit"},
    "crit": {"crit"},
    "unknown": {"unknown", "error"},
    "error": {"unknown", "error"},
}


def test_every_file_is_read_or_known_as_refused() -> None:
    unread = [row["file"] for row in labelled() if not told(row["file"])]
    assert [path for path in unread if not re.search(REFUSED, path)] == []


def test_conclusions_agree_with_the_labels(capsys: pytest.CaptureFixture[str]) -> None:
    count: collections.Counter[str] = collections.Counter()
    wrong = []
    for row in labelled():
        ours, why = conclusion(row["file"])
        if row["expected"] not in AGREES:
            count[f"{row['expected']} (robustness only)"] += 1
            continue
        agrees = ours in AGREES[row["expected"]]
        count["agrees" if agrees else "differs"] += 1
        explained = any(re.search(pattern, row["file"]) for pattern in DISAGREE)
        if not agrees and not explained:
            wrong.append(
                f"{row['file']}: we say {ours} ({why}), label {row['expected']} ({row['shows'][:120]})"
            )
        assert not (agrees and explained), f"{row['file']} agrees by now: strike it off the list"
    with capsys.disabled():
        print(f"\n{dict(sorted(count.items()))}")
    assert not wrong, "\n".join(wrong)
