"""Whether there is a baseline for a drive, and which of its error counters grew since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.derived.smart_trend import SmartTrend
from analyzer.site import Site, derived
from collectors.drive_tables import Drive
from collectors.fact import Fact
from collectors.table import Row, column, table

WATCHED = {
    "reallocated": "reallocated sectors",
    "retired_blocks": "retired blocks",
    "reported_uncorrectable": "reported uncorrectable errors",
    "realloc_events": "reallocation events",
    "pending": "pending sectors",
    "offline_uncorrectable": "offline uncorrectable sectors",
    "crc": "transfer errors",
    "media_errors": "media errors",
    "grown_defects": "grown defects",
    "uncorrected_errors": "uncorrected errors",
}
"""Measures whose growth foretells failure, in words."""


@table("drive_history", key=("drive",), label=("device", "model", "serial"))
class DriveHistory(Row):
    """Earlier readings of a drive, all its watched counters together."""

    drive: str = column("Identity of the drive")
    device: str = column("Name it was read by")
    model: str | None = column("Model name", default=None)
    serial: str | None = column("Serial number", default=None)
    samples: int = column("Readings, this one included", default=1)
    span_days: float = column("From the first reading to this one", default=0.0)
    growing: str | None = column(
        "Counters that grew within a week, with their increase; empty: none; None: one reading only",
        default=None,
    )


@derived(DriveHistory, out_of=(Drive, SmartTrend))
def work_out(site: Site) -> Iterator[Fact[DriveHistory]]:
    """One row for each physical drive."""
    trends: dict[tuple[str, str], list[SmartTrend]] = {}
    for trend in site.facts(SmartTrend):
        trends.setdefault((trend.target, trend.row.drive), []).append(trend.row)
    for fact in site.facts(Drive):
        if not fact.row.virtual and not fact.row.raid_volume:
            yield Fact(
                fact.target, _history(fact.row, trends.get((fact.target, fact.row.drive), ())), fact.sources
            )


def _history(drive: Drive, trends: Sequence[SmartTrend]) -> DriveHistory:
    return DriveHistory(
        drive=drive.drive,
        device=drive.device,
        model=drive.model,
        serial=drive.serial,
        samples=max([one.samples for one in trends], default=1),
        span_days=max([one.span_days for one in trends], default=0.0),
        growing=", ".join(_growing(trends)) if trends else None,
    )


def _growing(trends: Sequence[SmartTrend]) -> Iterator[str]:
    for one in sorted(trends, key=lambda trend: trend.measure):
        if one.measure in WATCHED and one.growth_7d is not None and one.growth_7d > 0:
            yield f"{WATCHED[one.measure]} +{one.growth_7d:.3g}"
