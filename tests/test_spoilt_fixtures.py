"""Every recorded answer of every reader, cut short, shuffled, with bits turned over or numbers swollen.

It gives rows of the declared types, gaps or proofs of absence, and never nothing at all where the whole
answer told something.

The seeds are fixed by the name of the case: a failure can be run again. Answers about drives, arrays and
guests are searched deeper in the property tests of their kind.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from random import Random

import pytest

from collectors.collector import READERS, load
from collectors.fact import Absent, Fact, Gap
from collectors.question import Answer, Form, Question
from collectors.reading import Told, read_answer
from tests.spoiling import check_types, cut, shuffled, swollen, turned

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "collectors"
WAYS = (cut, cut, shuffled, turned, turned, swollen)
SILENT = """
    block-links borgmatic-checks btrfs-scrub-files btrfs-uuids cron-runs last prlctl-list proxmox-jobs
    proxmox-list pve-task-log virsh-snapshot-list vmsd zfs-holds"""
"""Readers that may say nothing of what is left of a spoilt answer: a list of nothing looks like that.

Of `last`, the journal is asked where no boot is told; the rest are lists that are empty, or a heading alone,
where there is nothing to list.
"""

load()


def told(kind: str, case: Path, raw: bytes) -> list[Told]:
    asked = {"argv": ["saved", "file"], "status": None}
    if (case / "question.json").exists():
        asked = json.loads((case / "question.json").read_text())
    form = Form(tuple(asked["argv"]), kind, "")
    return list(read_answer("t", Answer(Question(form.argv, form), stdout=raw, status=asked.get("status"))))


def test_every_reader_is_here() -> None:
    assert {path.name for path in FIXTURES.iterdir()} == set(READERS)


@pytest.mark.parametrize("kind", sorted(READERS))
def test_spoilt(kind: str) -> None:
    for case, (at, way) in itertools.product(sorted((FIXTURES / kind).iterdir()), enumerate(WAYS)):
        raw = (case / "answer.out").read_bytes()
        spoilt = way(raw, Random(f"{case.name} {at}"))
        found = told(kind, case, spoilt)
        where = f"{case.name}, {way.__name__} {at}"
        assert found or kind in SILENT.split() or not told(kind, case, raw), (
            f"{where}: neither rows nor gaps of {spoilt[:200]!r}"
        )
        for one in found:
            assert isinstance(one, Fact | Gap | Absent)
            if isinstance(one, Fact):
                check_types(one.row)
