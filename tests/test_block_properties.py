"""Whatever a target answers gives rows of the declared types, gaps or absences; nothing is raised."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.collector import READERS, load
from collectors.fact import Fact
from collectors.question import Answer, Form, Question, decode
from collectors.reading import read_answer
from tests.spoiling import Spoiler, check_types, cut, repeated, shuffled, spoilers, turned

RECORDED = Path(__file__).parents[1] / "fixtures" / "collectors"
KINDS = """
    lsblk mdstat md-sysfs mdadm-detail mdadm-examine md-monitor md-checks mountinfo mounts mount findmnt df
    fstab ext4-sysfs ext-superblock block-queue diskstats swaps host-files clock psutil-host blkid
    partitions"""

load()


def recorded(kind: str) -> list[Path]:
    return sorted(RECORDED.glob(f"{kind}/*/answer.out"))


@pytest.mark.parametrize("kind", KINDS.split())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(which=st.integers(0, 1000), spoil=spoilers(cut, shuffled, repeated, turned))
def test_spoilt_answers(kind: str, which: int, spoil: Spoiler) -> None:
    paths = recorded(kind)
    path = paths[which % len(paths)]
    raw = spoil(path.read_bytes())
    told = json.loads((path.parent / "question.json").read_text())
    form = Form(tuple(told["argv"]), kind, "")
    answer = Answer(Question(form.argv, form), stdout=raw, status=told["status"])
    for reader in READERS.values():
        assert 0.0 <= reader.recognises(decode(raw)) <= 1.0
    for one in read_answer("target", answer):
        if isinstance(one, Fact):
            check_types(one.row)


@pytest.mark.parametrize("kind", KINDS.split())
def test_recorded_answers_are_of_declared_types(kind: str) -> None:
    assert len(recorded(kind)) >= 3
    for path in recorded(kind):
        told = json.loads((path.parent / "question.json").read_text())
        form = Form(tuple(told["argv"]), kind, "")
        answer = Answer(Question(form.argv, form), stdout=path.read_bytes(), status=told["status"])
        for one in read_answer("target", answer):
            if isinstance(one, Fact):
                check_types(one.row)


@pytest.mark.parametrize("kind", KINDS.split())
def test_whole_answers_are_recognised(kind: str) -> None:
    """A saved file of a healthy or sick machine goes to the reader that it was recorded for."""
    if kind in ("clock", "md-checks"):
        pytest.skip("asked live only")
    for path in recorded(kind):
        text = decode(path.read_bytes())
        if path.parent.name.startswith(("broken", "denied", "missing", "none")) or not text.strip():
            continue
        best = max(READERS.values(), key=lambda reader: reader.recognises(text))
        assert best.kind == kind, path.parent.name
