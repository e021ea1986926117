"""Forecasts: exact where growth is exact, unbent by clean-ups and gaps, honest about what is not known."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.outlook import Outlook, levelled, outlook


def told(points: list[tuple[float, float]], room: float) -> Outlook:
    found = outlook(points, room)
    assert found is not None
    return found


LINE = [(7.0 * week, 100.0 + 5 * week) for week in range(40)]


def test_a_straight_line_is_foretold_exactly() -> None:
    found = told(LINE, 50)
    assert found.per_day == pytest.approx(5 / 7)
    assert found.days == pytest.approx(70)
    assert found.soonest == pytest.approx(70, rel=0.01)
    assert found.latest == pytest.approx(70, rel=0.01)


def test_too_little_tells_nothing() -> None:
    assert outlook([], 1) is None or outlook([(0.0, 1.0)], 1) is None
    assert outlook([(1.0, 5.0), (1.0, 7.0)], 1) is None
    assert told([(0.0, 0.0), (1.0, 1.0)], 10).days == pytest.approx(10)


def test_a_clean_up_in_the_middle_bends_nothing() -> None:
    cleaned = [(x, y - (80 if x >= 140 else 0)) for x, y in LINE]
    assert told(cleaned, 50).days == pytest.approx(70, rel=0.02)
    moved = [(x, y + (300 if x >= 140 else 0)) for x, y in LINE]
    assert told(moved, 50).days == pytest.approx(70, rel=0.02)


def test_gaps_bend_nothing() -> None:
    kept = [point for number, point in enumerate(LINE) if number % 5 in (0, 3) or number > 35]
    assert told(kept, 50).days == pytest.approx(70, rel=0.02)


def test_what_grows_faster_lately_counts() -> None:
    faster = [(x, y if x < 140 else y + 3 * (x - 140)) for x, y in LINE]
    assert told(faster, 50).per_day == pytest.approx(5 / 7 + 3, rel=0.02)


def test_what_shrinks_is_never_full() -> None:
    found = told([(x, -y) for x, y in LINE], 50)
    assert math.isinf(found.days)
    assert math.isinf(found.latest)


def test_a_full_one_is_full_now() -> None:
    assert (told(LINE, 0).days, told(LINE, 0).latest) == (0, 0)


def test_noise_widens_the_interval() -> None:
    chance = random.Random(2)
    noisy = [(x, y + chance.gauss(0, 20)) for x, y in LINE]
    found = told(noisy, 100)
    assert found.soonest < found.days < found.latest
    assert found.latest - found.soonest > 20


def test_regular_clean_ups_are_no_steps() -> None:
    saw = [(float(day), 100 + 3 * day - 10 * (day // 4)) for day in range(60)]
    assert levelled(saw) == saw


POINTS = st.lists(
    st.tuples(st.floats(0, 4000), st.floats(-1e15, 1e15)), min_size=2, max_size=60, unique_by=lambda p: p[0]
)


@given(points=POINTS, room=st.floats(0, 1e15))
@settings(max_examples=150, deadline=None)
def test_whatever_was_measured_the_day_lies_in_its_interval(
    points: list[tuple[float, float]], room: float
) -> None:
    found = outlook(points, room)
    if found is not None:
        assert 0 <= found.soonest <= found.days <= found.latest
        assert not math.isnan(found.days)
