"""Meanings of attributes, unpacked raw values, growth and slopes, likelihoods."""

from __future__ import annotations

import pytest

from analyzer.derived.drive_measure import meaning
from analyzer.derived.smart_trend import Reading, growth, held, slope
from analyzer.hazard import hazard, probability, table
from collectors.smart_counts import count_of


@pytest.mark.parametrize(
    ("number", "name", "solid", "measure"),
    [
        (5, "Reallocated_Sector_Ct", False, "reallocated"),
        (5, "Reallocated_Sector_Ct", None, "reallocated"),
        (5, "Retired_Block_Count", True, "retired_blocks"),
        (184, "Initial_Bad_Block_Count", True, None),
        (184, "End-to-End_Error", False, "end_to_end"),
        (187, "Unknown_JMF_Attribute", True, None),
        (187, "Reported_Uncorrect", False, "reported_uncorrectable"),
        (198, "Host_Reads_GiB", True, None),
        (199, "Host_Writes_GiB", True, None),
        (199, "UDMA_CRC_Error_Count", False, "crc"),
        (195, "Program_Failure_Blk_Ct", True, None),
        (10, "Spin_Retry_Count", True, None),
        (183, "Runtime_Bad_Block", True, None),
        (183, "SATA_Downshift_Count", True, "sata_downshift"),
        (196, "Not_In_Use", True, None),
    ],
)
def test_a_number_counts_only_under_its_name(
    number: int, name: str, solid: bool | None, measure: str | None
) -> None:
    assert meaning(number, name, solid) == measure


@pytest.mark.parametrize(
    ("number", "raw", "model", "count"),
    [
        (188, 4295032833, "ST4000DM000-1F2168", 1),
        (188, 0xFFFF, "ST4000VN000-1H4168", None),
        (187, 0x9B004A0001, "HGST HTS725050A7E630", 1),
        (187, 0x70001, "ST4000DM000-1F2168", 0x70001),
        (1, 0x0002_0BADF00D, "ST4000DM000-1F2168", 2),
    ],
)
def test_packed_raw_values_are_unpacked(number: int, raw: int, model: str, count: int | None) -> None:
    assert count_of(number, "any", raw, str(raw), model) == count


def readings(*told: tuple[float, int]) -> list[Reading]:
    return [Reading(age, count, None) for age, count in told]


def test_growth_looks_back_to_the_right_reading() -> None:
    assert growth(readings((0, 5)), 7) is None
    assert growth(readings((3, 2), (0, 5)), 7) == 3  # younger than a week: not scaled up
    assert growth(readings((14, 1), (0, 5)), 7) == 2  # older: scaled down
    assert growth(readings((30, 0), (7, 4), (3, 4), (0, 5)), 7) == 1
    assert growth(readings((7, 5), (0, 2)), 7) == -3


def test_slope_is_not_bent_by_one_wild_reading() -> None:
    assert slope(readings((40, 0), (30, 1), (20, 900), (10, 3), (0, 4))) == pytest.approx(0.1)
    assert slope(readings((0, 4))) == 0


def test_held_counts_only_the_unbroken_end() -> None:
    assert held(readings((9, 1), (5, 0), (2, 3), (0, 1))) == 2
    assert held(readings((9, 1), (0, 0))) == 0


def test_likelihoods_never_fall_with_the_count() -> None:
    for counter, told in table().items():
        if isinstance(told, dict):
            rates = [rate for _, rate in told["steps"]]
            assert rates == sorted(rates), counter
    assert probability("pending", 1) == pytest.approx(0.29, abs=0.005)
    assert hazard("pending", 10**9) == 3.32
    assert hazard("unheard_of", 1) is None
