"""Arithmetic of redundancy and robust lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.forecast import days_until, newest_step, theil_sen, thinned
from analyzer.redundancy import further_failure, read_error, rebuild_hours, rebuild_risk, redundancy_of
from analyzer.wording import many, percent, size

TB = 10**12


@pytest.mark.parametrize(("terabytes", "fast", "slow"), [(4, 11, 22), (12, 33, 67), (20, 56, 111)])
def test_rebuild_hours(terabytes: int, fast: int, slow: int) -> None:
    assert rebuild_hours(terabytes * TB, 100e6) == pytest.approx(fast, abs=0.6)
    assert rebuild_hours(terabytes * TB, 50e6) == pytest.approx(slow, abs=0.6)
    with pytest.raises(ValueError, match="positive"):
        rebuild_hours(TB, 0)


def test_second_failure_within_a_rebuild() -> None:
    assert further_failure([0.34] * 5, 72) == pytest.approx(0.014, abs=0.0005)
    assert further_failure([1.65] * 5, 72) == pytest.approx(0.066, abs=0.001)
    assert further_failure([], 72) == 0


@pytest.mark.parametrize(
    ("drives", "terabytes", "bits", "expected"),
    [(4, 4, 1e14, 0.62), (4, 8, 1e15, 0.17), (6, 12, 1e15, 0.38), (8, 16, 1e16, 0.086)],
)
def test_read_errors_by_the_data_sheet(drives: int, terabytes: int, bits: float, expected: float) -> None:
    assert read_error((drives - 1) * terabytes * TB, bits) == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize(
    ("level", "slots", "expected"),
    [
        *(("raid0", 4, 0), ("linear", 2, 0), ("raid1", 3, 2), ("raid1", None, None), ("raid5", 8, 1)),
        *(("raid6", 8, 2), ("raid10", 4, 1), ("faulty", 1, None), (None, 4, None)),
    ],
)
def test_redundancy_by_level(level: str | None, slots: int | None, expected: int | None) -> None:
    assert redundancy_of(level, slots) == expected


@given(st.lists(st.booleans(), min_size=1, max_size=20), st.integers(10**9, 30 * TB), st.integers(0, 2))
def test_risk_is_a_probability_and_grows_with_size_and_sickness(
    survivors: list[bool], size_bytes: int, borne: int
) -> None:
    def risk(drives: list[bool], bytes_: int) -> float:
        return rebuild_risk(
            survivors=drives, member_bytes=bytes_, bytes_per_second=None, rotating=True, spare_losses=borne
        ).loss

    loss = risk(survivors, size_bytes)
    assert 0 <= loss <= 1
    assert risk(survivors, size_bytes * 2) >= loss
    assert risk([True, *survivors[1:]], size_bytes) >= loss


def test_risk_prints_what_it_assumes() -> None:
    told = rebuild_risk(
        survivors=[True], member_bytes=TB, bytes_per_second=2e8, rotating=False, spare_losses=0
    )
    assert "200 MB/s (measured)" in told.assumptions
    assert "1 of 1 survivors" in told.assumptions


def test_a_wild_point_does_not_bend_the_line() -> None:
    points = [(float(day), 5.0 * day) for day in range(20)]
    points[7] = (7.0, 1e9)
    slope = theil_sen(points)
    assert slope is not None
    assert slope.middle == pytest.approx(5)
    assert slope.low <= slope.middle <= slope.high


def test_too_few_points_have_no_slope() -> None:
    assert theil_sen([]) is None
    assert theil_sen([(1.0, 2.0)]) is None
    assert theil_sen([(1.0, 2.0), (1.0, 9.0)]) is None


def test_thinning_keeps_the_ends() -> None:
    points = [(float(n), 0.0) for n in range(1000)]
    kept = thinned(points)
    assert len(kept) == 120
    assert (kept[0], kept[-1]) == (points[0], points[-1])


def test_days_until_full() -> None:
    assert days_until(100, 4) == 25
    assert days_until(100, 0) is None
    assert days_until(100, -4) is None


def test_the_newest_step_is_held_against_those_before() -> None:
    points = [(float(day), 10.0 * day) for day in range(9)]
    assert newest_step(points[:8]) is None
    step = newest_step([*points, (9.0, 580.0)])
    assert step is not None
    assert (step.newest, step.usual, step.deviation) == (500, 10, 0)


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 B"), (999, "999 B"), (4_000_787_030_016, "4.0 TB"), (None, "unknown size"), (999_600, "1.0 MB")],
)
def test_sizes(count: int | None, said: str) -> None:
    assert size(count) == said


def test_words() -> None:
    assert percent(0.0006) == "0.06 %"
    assert percent(0.62) == "62 %"
    assert percent(1e-9) == "less than 0.01 %"
    assert many(1, "disk") == "1 disk"
    assert many(2, "disk") == "2 disks"
