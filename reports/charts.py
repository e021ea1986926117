"""Small pictures of numbers, as inline SVG whose colours are the page's.

Each says its numbers in words as well. Simple bars are drawn by hand: a chart library would take a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.derived.drive_endurance import DriveEndurance
from analyzer.derived.fill_forecast import FillForecast
from analyzer.derived.snapshot_state import SnapshotState
from analyzer.engine import Judgement
from collectors.drive_tables import Drive
from reports.svg import drawing, icon, tag
from reports.tables import rows
from reports.text import many, number, one_line, size

if TYPE_CHECKING:
    from markupsafe import Markup

BANDS = (("F", 0), ("E", 20), ("D", 35), ("C", 50), ("B", 65), ("A", 80))
"""Grades and the number from which they hold: the bands of the scoring method."""
LONGEST = 14
"""Drives of one chart, those with least room first; the rest is counted."""
HORIZON_DAYS = 360
"""How far ahead the chart of what fills up looks."""
LABEL, PLOT, ROW = 200, 250, 22
"""Width of labels and plot, height of a row."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture with its title, what it shows, and what it leaves out."""

    title: str
    about: str
    svg: Markup
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One drive in a chart. *low*, *high*: its history; *limit*: the value it should stay below."""

    label: str
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Axis:
    """*top*: its end; *step*: between its lines; *noun*, *rest*: what the bars left out are, and how."""

    top: int
    step: int = 20
    noun: str = "drive"
    rest: str = "with more room"


def charts(judgement: Judgement) -> tuple[Chart, ...]:
    """Charts for which there are numbers: grades, rhythm of backups, what fills up and what grew, drives."""
    from reports.rhythm import calendars, grades

    found = [
        grades(judgement),
        *calendars(judgement),
        _filling(judgement),
        _snapshots(judgement),
        _temperatures(judgement),
        _wear(judgement),
    ]
    if judgement.site.history:
        from reports.trends import trends

        found.extend(trends(judgement))
    return tuple(chart for chart in found if chart is not None)


def _filling(judgement: Judgement) -> Chart | None:
    """When file systems and pools that grow are full, with the interval of the forecast."""
    bars = [
        Bar(
            f"{one_line(fact.target, 60)} {one_line(fact.row.mountpoint, 60)}",
            round(days, 1) if days < 10 else round(days),
            "days",
            fact.row.days_to_full_soonest,
            fact.row.days_to_full_latest,
        )
        for fact in rows(judgement, FillForecast)
        if (days := fact.row.days_to_full) is not None and 0 <= days <= HORIZON_DAYS
    ]
    bars.sort(key=lambda bar: (bar.value, bar.label))
    about = "by growth over the audits (dot), 80 % of the time within the line; a year is shown"
    return _chart("Days until full", about, bars, Axis(HORIZON_DAYS, 60, "volume"), dots=True)


def _snapshots(judgement: Judgement) -> Chart | None:
    """How old the snapshots of guests are, and what space they hold."""
    bars = []
    for fact in rows(judgement, SnapshotState):
        row = fact.row
        if row.age_hours is None or row.age_hours < 0 or row.sort != "operator":
            continue
        days = row.age_hours / 24
        holds = f"days · {size(row.size_bytes)}" if row.size_bytes is not None else "days"
        name = f"{one_line(row.guest_name or row.guest, 40)} {one_line(row.name, 40)}"
        bars.append(Bar(name, round(days, 1) if days < 10 else round(days), holds))
    bars.sort(key=lambda bar: (-bar.value, bar.label))
    longest = max((bar.value for bar in bars), default=0)
    top = next((step for step in (10, 50, 100, 500, 1_000, 5_000) if longest <= step), 10_000)
    about = "age in days, and the space that it holds where that is told"
    return _chart("Snapshots of guests", about, bars, Axis(top, top // 5, "snapshot", "younger"), dots=False)


def _temperatures(judgement: Judgement) -> Chart | None:
    bars = [
        Bar(
            _named(fact.target, fact.row.device),
            fact.row.temperature_celsius,
            "°C",
            fact.row.temperature_min_celsius,
            fact.row.temperature_max_celsius,
            fact.row.temperature_limit_celsius,
        )
        for fact in rows(judgement, Drive)
        if fact.row.temperature_celsius is not None and -60 < fact.row.temperature_celsius < 200
    ]
    bars.sort(key=lambda bar: ((bar.limit or 60) - bar.value, bar.label))
    about = "now (dot), lowest to highest of the drive's history (line), its own limit (bar)"
    return _chart("Temperature", about, bars, Axis(80), dots=True)


def _wear(judgement: Judgement) -> Chart | None:
    bars = [
        Bar(_named(fact.target, fact.row.device), fact.row.used_percent, "%", limit=100)
        for fact in rows(judgement, DriveEndurance)
        if fact.row.used_percent is not None and 0 <= fact.row.used_percent < 1000
    ]
    bars.sort(key=lambda bar: (-bar.value, bar.label))
    return _chart(
        "Wear", "share of the rated writes of solid-state drives that is used", bars, Axis(120), dots=False
    )


def _named(target: str, device: str) -> str:
    return f"{one_line(target, 60)} {one_line(device, 60).removeprefix('/dev/')}"


def _chart(title: str, about: str, bars: Sequence[Bar], axis: Axis, *, dots: bool) -> Chart | None:
    if not bars:
        return None
    left_out = len(bars) - LONGEST
    rest = f"{many(left_out, axis.noun)} more, all {axis.rest}" if left_out > 0 else ""
    return Chart(title, about, _rows(title, bars[:LONGEST], axis, dots), rest)


def _rows(title: str, bars: Sequence[Bar], axis: Axis, dots: bool) -> Markup:
    top = axis.top
    tall = len(bars) * ROW + 22
    told = "; ".join(f"{bar.label} {number(bar.value)} {bar.unit}" for bar in bars)
    parts: list[Markup] = []
    for at in range(0, top + 1, axis.step):
        x = _x(at, top)
        parts.append(tag("path", cls="grid", d=f"M{x:.0f} 0V{tall - 18}"))
        parts.append(tag("text", str(at), cls="axis", x=x, y=tall - 5))
    for i, bar in enumerate(bars):
        parts.extend(_row(bar, i * ROW + ROW // 2, top, dots))
    return drawing("chart", LABEL + PLOT + 110, tall, f"{title}: {told}", *parts)


def _row(bar: Bar, y: int, top: int, dots: bool) -> Iterator[Markup]:
    near = bar.limit is not None and bar.value >= bar.limit * (0.9 if dots else 0.8)
    kind = " near" if near else ""
    label = bar.label if len(bar.label) <= 30 else "…" + bar.label[-29:]
    yield tag("text", label, cls="label", x=LABEL - 10, y=y + 4)
    if dots and bar.low is not None and bar.high is not None:
        yield tag("path", cls="span", d=f"M{_x(bar.low, top):.1f} {y}H{_x(bar.high, top):.1f}")
    if bar.limit is not None:
        yield tag("path", cls="limit", d=f"M{_x(bar.limit, top):.1f} {y - 8}v16")
    if dots:
        yield tag("circle", cls=f"dot{kind}", cx=_x(bar.value, top), cy=y, r=4.5)
    else:
        width = max(1.0, _x(bar.value, top) - LABEL)
        yield tag("rect", cls=f"bar{kind}", x=LABEL, y=y - 6, width=width, height=12)
    yield tag("text", f"{number(bar.value)} {bar.unit}", cls="value", x=LABEL + PLOT + 8, y=y + 4)
    if near:
        yield icon("high", LABEL + PLOT + 54, y - 7, 13)


def _x(value: float, top: int) -> float:
    return LABEL + max(0.0, min(float(top), value)) / top * PLOT


def gauge(number: float | None, low: float, high: float) -> Markup:
    """The number 0 to 100 among the grades, with the range that unknowns leave open."""
    scale, left = 3.2, 4.0

    def at(value: float) -> float:
        return left + max(0.0, min(100.0, value)) * scale

    parts = [tag("rect", cls="track", x=left, y=6, width=100 * scale, height=9, rx=1)]
    start, end = sorted((at(low), at(high)))
    parts.append(tag("rect", cls="range", x=start, y=6, width=max(1.0, end - start), height=9))
    ends = [*(begin for _, begin in BANDS[1:]), 100]
    for (grade, begin), upto in zip(BANDS, ends, strict=True):
        if begin:
            parts.append(tag("path", cls="tick", d=f"M{at(begin):.1f} 6v9"))
        parts.append(tag("text", grade, x=at((begin + upto) / 2), y=26))
    if number is not None:
        parts.append(tag("circle", cls="dot", cx=at(number), cy=10.5, r=5.5))
    said = "no number" if number is None else f"{number:.0f} of 100"
    return drawing("gauge", 328, 30, f"{said}, range {low:.0f} to {high:.0f}", *parts)
