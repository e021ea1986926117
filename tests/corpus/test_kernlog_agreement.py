"""Excerpts of the kernel's log get the conclusion that the corpus gives them."""

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
from collectors.fact import Fact
from collectors.kernel_log_tables import KernelLog
from collectors.reading import Told
from collectors.targets.saved import NotRecognised, read_saved

CORPUS = Path(
    os.environ.get("HOLDWATER_CORPUS", Path(__file__).resolve().parents[2].parent / "shared" / "corpus")
)
AT = datetime(2026, 1, 1, tzinfo=UTC)

DISAGREE = {
    r"2019-08-21__kern__6820be37": "the link is down because nothing is plugged in: the start of every"
    " machine says so",
    r"2020-04-28__kern__faa2574c": "“3 enospc errors during balance” ends a balance and harms nothing",
    r"2020-02-17__kern-full__95efecbf": "the only “error” is the name of a function in a call trace",
    r"2020-07-03__kern__1c2b1521": "an oops of the processor (“Internal error: Oops”): no storage in it",
    r"dmesg__errors-blk-update-request-two": "both lines are discards that the device does not know",
    r"dmesg__(lorem-ipsum|no-messages)": "not a log of the kernel: refused",
    r"2020-03-11__kern__b87b5546.txt$|2020-07-22__kern__63726412.txt$|2021-11-17__kern__8293b011.txt~2": "one"
    " sector of one member that cannot be read: high; critical from ten a week, or where redundancy did not"
    " mend it",
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
        return tuple(row for row in rows if row["kind"] == "kernlog")


def judged(path: str) -> tuple[str, list[Told], list[Finding]]:
    """The kind it was taken for (empty: refused), what it tells, and what the rules say."""
    try:
        kind, said = read_saved((CORPUS / path).read_bytes(), name=path)
    except NotRecognised:
        return "", [], []
    ends = [one.row.last_at for one in said if isinstance(one, Fact) and isinstance(one.row, KernelLog)]
    site = Site("corpus", max((at for at in ends if at), default=AT))
    site.add(said)
    return kind, said, list(judge(site).findings)


def conclusion(path: str) -> str:
    """ok, warn+, crit or error, in the words of the corpus."""
    kind, said, findings = judged(path)
    assert kind in ("", "kernel-log"), f"{path} was taken for {kind}"
    assert not [f for f in findings if f.outcome == "error"], path
    worst = max((rank(f.severity) for f in findings if f.outcome == "fail"), default=-1)
    if worst >= rank("medium"):
        return "crit" if worst == rank("critical") else "warn+"
    return "ok" if any(isinstance(one, Fact) for one in said) else "error"


AGREES = {"ok": {"ok"}, "warn+": {"warn+", "crit"}, "crit": {"crit"}}


def test_conclusions_agree_with_the_labels(capsys: pytest.CaptureFixture[str]) -> None:
    count: collections.Counter[str] = collections.Counter()
    wrong = []
    for row in labelled():
        ours = conclusion(row["file"])
        if row["expected"] not in AGREES:
            count[f"{row['expected']}: {ours}"] += 1
            continue
        agrees = ours in AGREES[row["expected"]]
        count[f"{row['expected']} {'agrees' if agrees else 'differs'}"] += 1
        explained = any(re.search(pattern, row["file"]) for pattern in DISAGREE)
        if not agrees and not explained:
            wrong.append(f"{row['file']}: we say {ours}, label {row['expected']} ({row['shows'][:150]})")
        assert not (agrees and explained), f"{row['file']} agrees by now: strike it off the list"
    with capsys.disabled():
        print(f"\n{dict(sorted(count.items()))}")
    assert not wrong, "\n".join(wrong)


def test_nothing_else_takes_a_log() -> None:
    assert "kernel-log" in READERS
