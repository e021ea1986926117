"""Charts of what fills up and of snapshots: what they show, in words as well."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from analyzer.derived.fill_forecast import FillForecast
from analyzer.derived.snapshot_state import SnapshotState
from analyzer.engine import Judgement
from collectors.fact import Fact
from collectors.table import Row
from reports.charts import Chart, charts
from tests.site_factory import build


def told(*found: Row) -> dict[str, Chart]:
    built = build()
    judgement: Judgement = built.judgement
    site = dataclasses.replace(judgement.site, tables=dict(judgement.site.tables))
    for one in found:
        site.tables.setdefault(type(one), []).append(Fact("host-01", one))
    return {chart.title: chart for chart in charts(dataclasses.replace(judgement, site=site))}


def filling(mountpoint: str, days: float | None) -> FillForecast:
    return FillForecast(
        mountpoint=mountpoint,
        fault_of=mountpoint,
        samples=9,
        span_days=60.0,
        days_to_full=days,
        days_to_full_soonest=None if days is None else days / 2,
        days_to_full_latest=None if days is None else days * 2,
    )


def snapshot(name: str, days: float | None, **more: object) -> SnapshotState:
    age = None if days is None else days * timedelta(days=1).total_seconds() / 3600
    return SnapshotState(guest="g", guest_name="web1", snapshot=name, name=name, age_hours=age, **more)


def test_what_fills_within_a_year_comes_first_with_its_interval() -> None:
    chart = told(
        filling("/later", 200), filling("/soon", 12.4), filling("/never", 36500), filling("/unknown", None)
    )["Days until full"]
    assert 'aria-label="Days until full: host-01 /soon 12 days; host-01 /later 200 days"' in chart.svg
    assert chart.svg.count('class="span"') == 2
    assert "never" not in chart.svg
    assert "unknown" not in chart.svg


def test_snapshots_are_told_by_age_and_size() -> None:
    chart = told(
        snapshot("before-update", 19, size_bytes=40 * 2**30),
        snapshot("today", 0.5),
        snapshot("nightly", 300, sort="backup"),
        snapshot("future", None),
    )["Snapshots of guests"]
    assert "web1 before-update 19 days · " in chart.svg
    assert "web1 today 0.5 days" in chart.svg
    assert "nightly" not in chart.svg
    assert "future" not in chart.svg


def test_a_hostile_name_is_escaped_and_the_rest_is_counted() -> None:
    chart = told(*(snapshot(f"<b>{i:02}", 20 + i) for i in range(20)))["Snapshots of guests"]
    assert "<b>" not in chart.svg
    assert chart.rest == "6 snapshots more, all younger"


def test_no_chart_without_numbers() -> None:
    assert not {"Days until full", "Snapshots of guests"} & set(told())
