"""Saved outputs about arrays, disks and file systems get the conclusion that the corpus gives them."""

from __future__ import annotations

import collections
import csv
import functools
import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analyzer.engine import judge
from analyzer.finding import Finding
from analyzer.site import Site
from analyzer.verdict import rank
from collectors.block_tables import FsUsage
from collectors.collector import READERS, load
from collectors.fact import Absent, Fact
from collectors.question import Answer, Form, Question, decode
from collectors.reading import Told, read_answer

CORPUS = Path(
    os.environ.get("HOLDWATER_CORPUS", Path(__file__).resolve().parents[2].parent / "shared" / "corpus")
)
KINDS = ("md", "block", "fs-meta")
AT = datetime(2026, 1, 1, tzinfo=UTC)

ABOUT_DESIGN = {
    *("raid/no-redundancy", "raid/no-hot-spare", "raid/write-hole-unprotected", "raid/no-bitmap"),
    *("raid/scrub-stale", "fs/ext4-errors-continue", "fs/ext-never-checked", "fs/no-journal"),
    *("fs/nfs-soft", "power/write-cut-unprotected"),
}
"""Rules on how a thing was built or is cared for; the labels only tell the state it is in."""

DISAGREE = {
    r"disk-usage__(three-mounts-mixed-state|windows-drives)": "a file system is 98 or 90 % full: the"
    " label is the name of the case, not a conclusion",
    r"fs-ro__malformed-proc-mounts": "not a list of mounts: refused",
    r"fs-ro__(one|three)-readonly-mount": "an ISO image is read-only by nature; of the ext4 one nothing"
    " tells that it should be writable, which is unknown and no fault",
    r"2020-03-01__examine__a714901f": "event counts one apart are those of a running array",
    r"2020-10-06__examine__3a2b12e1": "event counts that differ belong to three arrays, each in agreement",
    r"2021-03-12__mdstat__bd8cdfa3|2021-04-06__mdstat__8a0b25c6": "md127 is a container, but md126"
    " is an array in it (external:/md127/0) that does not run",
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
        return tuple(row for row in rows if row["kind"] in KINDS)


def told(path: str) -> list[Told]:
    """What our readers say of the file; empty if none takes it."""
    raw = (CORPUS / path).read_bytes()
    text = decode(raw)
    sure, kind = max((reader.recognises(text), name) for name, reader in READERS.items())
    if sure == 0:
        return list(_other_programs_input(text))
    form = Form(("saved", "file"), kind, "")
    return list(read_answer("corpus", Answer(Question(form.argv, form), stdout=raw, status=0)))


def _other_programs_input(text: str) -> Iterator[Told]:
    """Usage and inodes in the words of another program's tests: rows for our rules."""
    try:
        given = json.loads(text)
    except ValueError:
        return
    if not isinstance(given, dict):
        return
    for where, one in given.get("usage", {}).items():
        row = FsUsage(
            mountpoint=where,
            fs_type="ext4",
            size_bytes=one["total"],
            used_bytes=one["used"],
            available_bytes=one["free"],
        )
        yield Fact("corpus", row)
    for one in given.get("disks", ()):
        if one.get("files") is not None and one.get("ffree") is not None:
            row = FsUsage(
                mountpoint=one["mp"],
                fs_type="ext4",
                inodes=one["files"],
                inodes_used=one["files"] - one["ffree"],
            )
            yield Fact("corpus", row)


def judged(path: str) -> tuple[list[Told], list[Finding]]:
    said = told(path)
    site = Site("corpus", AT)
    site.add(said)
    return said, list(judge(site).findings)


def conclusion(path: str) -> str:
    """ok, warn+, crit, unknown or error, in the words of the corpus."""
    said, findings = judged(path)
    assert not [f for f in findings if f.outcome == "error"], path
    faults = [f for f in findings if f.outcome == "fail" and f.rule not in ABOUT_DESIGN]
    worst = max((rank(f.severity) for f in faults), default=-1)
    if worst == rank("critical"):
        return "crit"
    if worst >= rank("medium"):
        return "warn+"
    if not said:
        return "error"
    if any(isinstance(one, Fact | Absent) for one in said):
        doubt = [f for f in findings if f.outcome == "unknown" and f.rule == "raid/failed"]
        return "unknown" if doubt else "ok"
    return "unknown"


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
        ours = conclusion(row["file"])
        if row["expected"] not in AGREES:
            count[f"{row['expected']} (robustness only)"] += 1
            continue
        agrees = ours in AGREES[row["expected"]]
        count[f"{row['kind']} {'agrees' if agrees else 'differs'}"] += 1
        explained = any(re.search(pattern, row["file"]) for pattern in DISAGREE)
        if not agrees and not explained:
            wrong.append(f"{row['file']}: we say {ours}, label {row['expected']} ({row['shows'][:150]})")
        assert not (agrees and explained), f"{row['file']} agrees by now: strike it off the list"
    with capsys.disabled():
        print(f"\n{dict(sorted(count.items()))}")
    assert not wrong, "\n".join(wrong)
