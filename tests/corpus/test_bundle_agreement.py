"""Recordings of whole hosts: every one is read, nothing breaks, and what they show is seen."""

from __future__ import annotations

import collections
from pathlib import Path

import pytest

from analyzer.engine import Judgement
from collectors.fact import Gap
from holdwater import api
from tests.corpus.agreement import CORPUS, NEEDED

FILES = sorted((CORPUS / "bundle").glob("*.xml"))

SILENT = {"dasd3-mockup": "holds no list of devices in a form that any tool of ours prints (lsdasd, parted)"}
"""Recording → why it tells no row."""

SHOWS = {
    "lvm-errors1-mockup": "raid/lvm-degraded",
    "lvm-raid1-mockup": "power/write-cut-unprotected",
}
"""Recording → a fault that it surely shows."""

pytestmark = NEEDED


def judged(path: Path, folder: Path) -> Judgement:
    return api.judge(api.collect([str(path)], folder, out=folder / f"{path.stem}.evidence.zip"))


def tables(judgement: Judgement) -> dict[str, int]:
    site = judgement.site
    return {t.TABLE: len(f) for t, f in site.tables.items() if f and t.__module__.startswith("collectors")}


def test_every_recording_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert FILES
    rows: collections.Counter[str] = collections.Counter()
    for path in FILES:
        judgement = judged(path, tmp_path)
        name = path.stem.removeprefix("libstorage-ng__probe__")
        found = tables(judgement)
        rows.update(found)
        assert bool(found) != (name in SILENT), f"{name}: {found}"
        assert not [f for f in judgement.findings if f.outcome == "error"], name
        # what was not recorded is unknown, never sound
        assert any(isinstance(gap, Gap) and gap.reason == "not-asked" for gap in judgement.site.gaps), name
        if name in SHOWS:
            assert SHOWS[name] in {f.rule for f in judgement.failed()}, name
    with capsys.disabled():
        print(f"\n{len(FILES)} recordings: {dict(rows.most_common())}")
