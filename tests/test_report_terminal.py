"""The summary for the terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from reports.terminal import findings, summary
from tests.site_factory import build

FIXTURES = Path(__file__).parents[1] / "fixtures"


@pytest.mark.parametrize("width", [40, 80, 100])
def test_one_screen_within_its_width(width: int) -> None:
    lines = summary(build().judgement, width=width).splitlines()
    assert max(map(len, lines)) <= width
    assert len(lines) <= (60 if width == 40 else 40)


def test_summary_answers_the_four_questions() -> None:
    told = " ".join(summary(build().judgement, width=100).split())
    for said in (
        "Werkstatt Nord: grade C, 61 of 100 (44 to 70), confidence 43 %",
        "Grade capped at C because backups were not examined",
        "Do first: md0 on host-01",
        "One fault from loss: /srv on host-01 (18.6 TB used)",
        "critical host-01: md0 (raid5, 6 slots) runs with 5 members; sdc1 has failed",
        "Backups, recovery and exposure: not examined in this audit",
        "5 of 21 disks unread",
        "40 passed",
    ):
        assert said in told, said


def test_files_are_named() -> None:
    told = summary(build().judgement, files=("a.html", "a.json"))
    assert told.endswith("Files:    a.html\n          a.json")


def test_plain_text_needs_no_rich_and_holds_no_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich.console", None)
    for hostile in (False, True):
        judgement = build(hosts=12, findings=60, hostile=hostile).judgement
        for told in (summary(judgement), findings(judgement)):
            assert not set(told) & set("\x1b\x07\x9b\u202e\u200b\r\x00")
            told.encode()


def test_colour_adds_only_styles() -> None:
    import re

    judgement = build(hosts=12, findings=60, hostile=True).judgement
    coloured = summary(judgement, colour=True)
    assert "\x1b[1;31m" in coloured
    bare = re.sub("\x1b\\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in bare.splitlines()] == [
        line.rstrip() for line in summary(judgement).splitlines()
    ]


def test_findings_name_their_rules() -> None:
    told = findings(build().judgement, width=120)
    assert "[smart/pending-sectors]" in told
    assert "not examined: " in told
    assert told.splitlines()[-1] == "40 checks passed."


def test_many_alike_undecided_are_one_line() -> None:
    from holdwater import api

    lines = [f"md{n} : active raid1 sdb{n}[1] sda{n}[0]\n      1024 blocks [2/2] [UU]\n" for n in range(1, 7)]
    text = "Personalities : [raid1]\n" + "\n".join(lines) + "\nunused devices: <none>\n"
    judgement = api.read_saved(text.encode(), name="mdstat").judgement
    assert sum(f.outcome == "unknown" and f.rule == "raid/mismatch" for f in judgement.findings) == 6
    told = findings(judgement, width=100)
    assert told.count("[raid/mismatch]") == 1
    assert "(and 5 more)" in told


def test_where_no_mending_lifts_by_itself_the_gravest_is_named() -> None:
    """Thirteen grave faults: mending one of them moves no number, and still somebody has to begin."""
    from holdwater import api

    judgement = api.judge(FIXTURES / "bundles" / "drives.evidence.zip")
    assert all(action.gain < 1 for action in judgement.score.actions)
    told = " ".join(summary(judgement, width=120).split())
    assert "Do first: P1: /dev/nvme1" in told
    assert "lifts the number only with the others as grave" in told
