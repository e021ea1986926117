"""Saved outputs of hypervisors are read, or refused for the reason given here; labels are agreed with."""

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
from collectors.collector import load
from collectors.fact import Absent, Fact
from collectors.reading import Told
from collectors.targets.saved import NotRecognised, read_saved

CORPUS = Path(
    os.environ.get("HOLDWATER_CORPUS", Path(__file__).resolve().parents[2].parent / "shared" / "corpus")
)
KINDS = ("vmware", "proxmox", "hyperv", "xen", "virt-other")
AT = datetime(2026, 1, 1, tzinfo=UTC)

REFUSED = {
    r"MSVM_(Memory|Processor)SettingData": "how much memory and how many processors, not which guests",
    r"bar-code-scanner": "a keyboard",
    r"rrddata\.json": "curves of load: no guest, no storage is told",
    r"fog-proxmox__.*\.yml": "HTTP recorded in YAML for another program's tests: many answers in one file",
    r"esx-4\.1\.0-1\.json": "the inventory that another program made",
    r"__Login\.soap|ServiceInstance\.soap": "answers about the session, not about guests",
    r"xe_none": "empty",
}
"""File → why it is not read; each is refused in one line."""

NOTHING_ABOUT_GUESTS = {
    r"1__RetrieveProperties\.soap": "a host",
    r"VMList\.soap": "references to machines without any property",
    r"cluster_host_property|hostsystem_list|not_authenticated|retrieveResult": "clusters, hosts, sessions",
}
"""File → what it tells of instead; each is a gap that says so."""

DISAGREE = {
    r"vm_param_list_007": "the record names a snapshot and not when it was made: unknown, and said so",
}
"""File → why our conclusion differs from its label."""

ABOUT_DESIGN = {"snapshot/masquerades-as-backup"}
"""Rules that judge what else is known of a guest; the labels only tell the state of its snapshots."""

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


@functools.cache
def told(path: str) -> tuple[Told, ...] | str:
    """What our readers say of the file, or the line that refuses it."""
    try:
        # the name a file had with its owner: qemu-server/101.conf
        _, said = read_saved((CORPUS / path).read_bytes(), name=re.split(r"/|__", path)[-1])
    except NotRecognised as error:
        return str(error)
    return tuple(said)


def reason(path: str, reasons: dict[str, str]) -> str | None:
    return next((why for pattern, why in reasons.items() if re.search(pattern, path)), None)


def test_everything_is_read_or_refused_for_a_reason() -> None:
    wrong = []
    for row in labelled():
        said = told(row["file"])
        if isinstance(said, str):
            assert "\n" not in said
            if not reason(row["file"], REFUSED):
                wrong.append(f"{row['file']}: refused: {said[:120]}")
        elif reason(row["file"], REFUSED):
            wrong.append(f"{row['file']} is read by now: strike it off the list")
        elif any(isinstance(one, Fact | Absent) for one in said) == bool(
            reason(row["file"], NOTHING_ABOUT_GUESTS)
        ):
            wrong.append(f"{row['file']}: {said[:2]}")
        elif not said:
            wrong.append(f"{row['file']}: read, and nothing said")
    assert not wrong, "\n".join(wrong)


def conclusion(path: str) -> str:
    said = told(path)
    if isinstance(said, str):
        return "error"
    site = Site("corpus", AT)
    site.add(said)
    findings = list(judge(site).findings)
    assert not [one for one in findings if one.outcome == "error"], path
    faults = [one for one in findings if one.outcome == "fail" and one.rule not in ABOUT_DESIGN]
    worst = max((rank(one.severity) for one in faults), default=-1)
    if worst == rank("critical"):
        return "crit"
    if worst >= rank("medium"):
        return "warn+"
    doubt = [one for one in findings if one.outcome == "unknown" and one.rule == "snapshot/age"]
    known = any(isinstance(one, Fact | Absent) for one in said)
    return "ok" if known and not doubt else "unknown"


AGREES = {"ok": {"ok"}, "warn+": {"warn+", "crit"}, "crit": {"crit"}, "unknown": {"unknown", "error"}}


def test_conclusions_agree_with_the_labels(capsys: pytest.CaptureFixture[str]) -> None:
    count: collections.Counter[str] = collections.Counter()
    wrong = []
    for row in labelled():
        ours = conclusion(row["file"])
        if row["expected"] not in AGREES:
            count[f"{row['kind']} robustness only"] += 1
            continue
        agrees = ours in AGREES[row["expected"]]
        count[f"{row['kind']} {'agrees' if agrees else 'differs'}"] += 1
        explained = reason(row["file"], DISAGREE)
        if not agrees and not explained:
            wrong.append(f"{row['file']}: we say {ours}, label {row['expected']} ({row['shows'][:150]})")
        assert not (agrees and explained), f"{row['file']} agrees by now: strike it off the list"
    with capsys.disabled():
        print(f"\n{dict(sorted(count.items()))}")
    assert not wrong, "\n".join(wrong)
