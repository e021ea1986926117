"""Every recorded answer about drives is read or refused, and none without health data looks healthy."""

from __future__ import annotations

import collections
import csv
import functools
import os
from pathlib import Path

import pytest

from collectors.collector import READERS, load
from collectors.drive_tables import Drive
from collectors.fact import Fact, Gap
from collectors.question import Answer, Form, Question, decode
from collectors.reading import Told, read_answer

HERE = Path(__file__).resolve()
CORPUS = Path(os.environ.get("HOLDWATER_CORPUS", HERE.parents[2].parent / "shared" / "corpus"))
KINDS = ("smart-json", "smart-text", "smart-series", "smart-scan", "smart-bin", "nvme-cli")
OURS = ("smartctl-json", "smartctl-text", "smart-scan", "nvme-cli")

NOT_READ = {
    "smart-json/Pulse__issue1612_unraid_28tb.json": "state of an Unraid server, no answer of smartctl",
    "smart-text/telegraf__smart__nvmeIntelInfoDataDeprecatedMetricsFormat.txt": "Intel's vendor log",
    "smart-text/telegraf__smart__nvmeIntelInfoDataMetricsFormat.txt": "Intel's vendor log",
    "smart-text/telegraf__smart__smartctlNVMeInfoDataWithOverflow.txt": "impossible temperatures only",
    "nvme-cli/telegraf__smart__nvmeIdentifyController.txt": "identity of a controller, no health",
}
"""Files no reader takes, and why."""

GAPS_TOO = {
    "smart-text/nagios-plugin-check_raid__cciss__issue83__smartctl.out": "three answer, thirteen do not",
    "smart-text/bsdhw__HDD_Toshiba_MK8025GAS_31C18F05CE2D.txt": "the drive's table of attributes is garbage",
}
"""Files that hold data and deserve a gap too, and why."""

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus beside the checkout (HOLDWATER_CORPUS)"),
]

load()


@functools.cache
def index() -> tuple[dict[str, str], ...]:
    with (CORPUS / "INDEX.tsv").open(newline="") as table:
        return tuple(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))


def files(*kinds: str) -> list[dict[str, str]]:
    return [one for one in index() if one["kind"] in kinds]


@functools.cache
def kind_of(path: str) -> str:
    """The reader that recognises the file best; empty if none does."""
    said = decode((CORPUS / path).read_bytes())
    sure, kind = max((READERS[name].recognises(said), name) for name in OURS)
    return kind if sure > 0 else ""


@functools.cache
def told(path: str) -> tuple[Told, ...]:
    kind = kind_of(path)
    form = Form(("saved", "file"), kind, "")
    answer = Answer(Question(form.argv, form), stdout=(CORPUS / path).read_bytes())
    return tuple(read_answer("corpus", answer))


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_is_read_or_refused(kind: str) -> None:
    """No exception, and of each recognised file at least one row or gap; prints the share read."""
    counts: collections.Counter[str] = collections.Counter()
    for one in files(kind):
        if not kind_of(one["file"]):
            counts["refused"] += 1
            assert one["file"] in NOT_READ, f"not recognised: {one['file']}"
            continue
        read = told(one["file"])
        assert read, one["file"]
        unreadable = [gap for gap in read if isinstance(gap, Gap) and gap.reason == "unreadable"]
        refusable = one["expected"] in ("unknown", "error", "n/a") or one["file"] in GAPS_TOO
        assert not unreadable or refusable, (one["file"], unreadable[0])
        counts["read" if any(isinstance(fact, Fact) for fact in read) else "gap"] += 1
    if counts:
        print(f"\n{kind}: {dict(counts)}; {(counts['read'] + counts['gap']) / counts.total():.1%} read")


def test_files_without_health_never_look_healthy() -> None:
    for one in files("smart-json", "smart-text", "smart-series"):
        if one["expected"] not in ("unknown", "error") or not kind_of(one["file"]):
            continue
        read = told(one["file"])
        assert any(isinstance(gap, Gap) and gap.table is Drive for gap in read), one["file"]
        assert not any(
            isinstance(fact, Fact) and isinstance(fact.row, Drive) and fact.row.passed for fact in read
        ), one["file"]


def test_files_with_health_have_a_drive_and_no_gap_about_it() -> None:
    for one in files("smart-json", "smart-text", "smart-series"):
        if one["expected"] not in ("ok", "ok?", "warn+", "crit") or not kind_of(one["file"]):
            continue
        read = told(one["file"])
        assert any(isinstance(fact, Fact) and isinstance(fact.row, Drive) for fact in read), one["file"]
        gaps = [gap for gap in read if isinstance(gap, Gap) and gap.table is Drive]
        assert not gaps or one["file"] in GAPS_TOO, (one["file"], gaps[0])


@pytest.mark.parametrize(
    "kind", sorted({one["kind"] for one in index()} - set(KINDS)) if CORPUS.is_dir() else []
)
def test_other_tools_are_not_taken_for_smartctl(kind: str) -> None:
    """A recogniser of ours says 0 to what other tools printed, unless it holds smartctl's output too."""
    for one in files(kind):
        raw = (CORPUS / one["file"]).read_bytes()[: 1 << 20]
        if kind == "bundle" or b"smartctl" in raw or b"nvme" in raw.lower():
            continue
        said = decode(raw)
        for name in OURS:
            assert READERS[name].recognises(said) == 0, (one["file"], name)
