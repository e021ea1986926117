"""Whatever happens to a recorded answer about drives, it gives rows or gaps: no exception, no silence."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.collector import READERS, load
from collectors.drive_tables import Drive
from collectors.fact import Absent, Fact, Gap
from collectors.question import Answer, Form, Question
from collectors.reading import Told, read_answer
from tests.spoiling import cut, shuffled, spoilers, turned

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "collectors"
KINDS = ("smartctl-json", "smartctl-text", "smart-scan", "nvme-cli")
UNREADABLE = {"no-json-yet"}
SETTINGS = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])

load()


@functools.cache
def recordings() -> tuple[tuple[str, bytes], ...]:
    return tuple(
        (kind, (case / "answer.out").read_bytes())
        for kind in KINDS
        for case in sorted((FIXTURES / kind).iterdir())
        if case.name not in UNREADABLE
    )


def told(kind: str, raw: bytes) -> list[Told]:
    form = Form(("saved", "file"), kind, "")
    return list(read_answer("t", Answer(Question(form.argv, form), stdout=raw)))


def sound(kind: str, read: list[Told]) -> None:
    assert read, "neither rows nor gaps"
    for one in read:
        assert isinstance(one, Fact | Gap | Absent)
        if isinstance(one, Gap):
            assert "cannot be read" not in one.detail, f"an exception reached the catch-all: {one.detail}"
        if isinstance(one, Fact):
            for name in type(one.row).__dataclass_fields__:
                value = getattr(one.row, name)
                assert not isinstance(value, int) or abs(value) < 1 << 63, name


@pytest.mark.parametrize("way", [cut, turned, shuffled])
@SETTINGS
@given(st.data())
def test_spoilt(way: Callable[[bytes, Random], bytes], data: st.DataObject) -> None:
    kind, raw = data.draw(st.sampled_from(recordings()))
    spoil = data.draw(spoilers(way))
    sound(kind, told(kind, spoil(raw)))


VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(("[]", "{}", "[{}]")).map(json.loads)
)


@SETTINGS
@given(st.data())
def test_any_value_replaced_by_any_other(data: st.DataObject) -> None:
    """One value of another type costs that value, not the rest."""
    kind, raw = data.draw(st.sampled_from([one for one in recordings() if one[0] != "smartctl-text"]))
    try:
        tree = json.loads(raw)
    except ValueError:
        return
    for _ in range(data.draw(st.integers(1, 5))):
        _replace(data, tree)
    sound(kind, told(kind, json.dumps(tree).encode()))


def _replace(data: st.DataObject, tree: Any) -> None:
    while True:
        keys = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        below = tree[key]
        if not isinstance(below, dict | list) or not below or data.draw(st.integers(0, 3)) == 0:
            tree[key] = data.draw(VALUES)
            return
        tree = below


@SETTINGS
@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_anything_at_all(raw: bytes) -> None:
    for kind in KINDS:
        sound(kind, told(kind, raw))
        assert READERS[kind].recognises(raw.decode("utf-8", "replace")) in (
            0.0,
            *[n / 10 for n in range(11)],
            0.95,
        )


@SETTINGS
@given(st.data())
def test_a_cut_answer_never_claims_more_health_than_the_whole(data: st.DataObject) -> None:
    """A drive that fails its own test does not pass it in half an answer."""
    failing = [one for one in recordings() if one[0].startswith("smartctl") and b"FAILED!" in one[1]]
    kind, raw = data.draw(st.sampled_from(failing))
    cut = data.draw(st.integers(0, len(raw)))
    passed = [f.row.passed for f in told(kind, raw[:cut]) if isinstance(f, Fact) and isinstance(f.row, Drive)]
    whole = [f.row.passed for f in told(kind, raw) if isinstance(f, Fact) and isinstance(f.row, Drive)]
    assert all(now in (None, then) for now, then in zip(passed, whole, strict=False))
