"""How the numbers of each drive moved over the readings of the site: earlier audits and this one.

Times are the sites' own ("now" is the bundle's time), never the drives' clocks. Slopes are Theil–Sen: the
median of the slopes between all pairs of readings, which one wild reading cannot bend.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from statistics import median

from analyzer.derived.drive_measure import DriveMeasure
from analyzer.site import Site, derived
from collectors.drive_tables import Drive
from collectors.fact import Fact
from collectors.frozen import frozen
from collectors.table import Row, column, table

READINGS = 60
"""Readings that go into a slope, the newest ones: 1,770 pairs."""


@table("smart_trend", key=("drive", "measure"), label=("device", "model", "serial", "measure"))
class SmartTrend(Row):
    """How one number of a drive moved. Only for numbers read at least twice."""

    drive: str = column("Identity of the drive")
    device: str = column("Name it was read by, now")
    model: str | None = column("Model name", default=None)
    serial: str | None = column("Serial number", default=None)
    measure: str = column("Which number, as in drive_measure")
    samples: int = column("Readings, this one included")
    span_days: float = column("From the first reading to this one")
    now: int = column("This reading")
    growth_per_day: float = column("Median slope over all readings")
    growth_7d: float | None = column(
        "Increase since a week ago, or since the first reading if that is later", default=None
    )
    growth_30d: float | None = column("The same over 30 days", default=None)
    growth_90d: float | None = column("The same over 90 days", default=None)
    lowest_7d: int | None = column("Lowest reading of the last 7 days", default=None)
    highest_7d: int | None = column("Highest reading of the last 7 days", default=None)
    samples_7d: int = column("Readings of the last 7 days, this one included", default=1)
    held_days: float = column("For how long every reading was above zero, up to this one", default=0.0)
    value_change: int | None = column("Normalised value now minus that of the first reading", default=None)


@frozen
class Reading:
    """A number at a time; *age_days* before now."""

    age_days: float
    count: int
    value: int | None


Key = tuple[str, str, str]
"""Target (empty where the identity holds across targets), drive, measure."""


@derived(SmartTrend, out_of=(DriveMeasure, Drive))
def work_out(site: Site) -> Iterator[Fact[SmartTrend]]:
    """A drive is followed by its identity, also to another host; one known only by a device name is not."""
    if not site.history:
        return
    past: dict[Key, list[Reading]] = {}
    for earlier in site.history:
        if earlier.at < site.at:
            for fact in earlier.facts(DriveMeasure):
                _note(past, fact, (site.at - earlier.at).total_seconds() / 86400)
    drives = {(f.target, f.row.drive): f.row for f in site.facts(Drive)}
    for fact in site.facts(DriveMeasure):
        known = past.get(key_of(fact))
        if known and fact.row.count is not None:
            readings = _at_each_time([*known, Reading(0.0, fact.row.count, fact.row.value)])
            drive = drives.get((fact.target, fact.row.drive))
            yield Fact(fact.target, _trend(fact.row, drive, readings), fact.sources)


def key_of(fact: Fact[DriveMeasure]) -> Key:
    """What the readings of one number at different times have in common."""
    local = fact.target if fact.row.drive.startswith("device:") else ""
    return (local, fact.row.drive, fact.row.measure)


def _note(past: dict[Key, list[Reading]], fact: Fact[DriveMeasure], age_days: float) -> None:
    if fact.row.count is not None:
        past.setdefault(key_of(fact), []).append(Reading(age_days, fact.row.count, fact.row.value))


def _at_each_time(readings: Sequence[Reading]) -> list[Reading]:
    """Oldest first, one reading for each time."""
    return sorted({r.age_days: r for r in readings}.values(), key=lambda r: -r.age_days)


def _trend(row: DriveMeasure, drive: Drive | None, readings: Sequence[Reading]) -> SmartTrend:
    week = [r for r in readings if r.age_days <= 7]
    first, last = readings[0], readings[-1]
    values = None if first.value is None or last.value is None else last.value - first.value
    return SmartTrend(
        drive=row.drive,
        device=row.device,
        model=drive.model if drive else None,
        serial=drive.serial if drive else None,
        measure=row.measure,
        samples=len(readings),
        span_days=first.age_days,
        now=last.count,
        growth_per_day=slope(readings),
        growth_7d=growth(readings, 7),
        growth_30d=growth(readings, 30),
        growth_90d=growth(readings, 90),
        lowest_7d=min(r.count for r in week),
        highest_7d=max(r.count for r in week),
        samples_7d=len(week),
        held_days=held(readings),
        value_change=values,
    )


def slope(readings: Sequence[Reading]) -> float:
    """Median increase a day over all pairs; 0 for a single reading."""
    newest = readings[-READINGS:]
    pairs = [(b.count - a.count) / (a.age_days - b.age_days) for a, b in combinations(newest, 2)]
    return median(pairs) if pairs else 0.0


def growth(readings: Sequence[Reading], days: float) -> float | None:
    """Increase within the last *days*.

    Counted from the newest reading that is at least so old, and scaled down to *days*; from the first
    reading, not scaled up, if none is. Negative where the number fell. None for a single reading.
    """
    if len(readings) < 2:
        return None
    old = [r for r in readings if r.age_days >= days]
    base = old[-1] if old else readings[0]
    since = [r for r in readings if r.age_days <= base.age_days]
    increase = float(since[-1].count - since[0].count)
    if base.age_days > days:
        increase *= days / base.age_days
    return increase


def held(readings: Sequence[Reading]) -> float:
    """Days for which every reading was above zero, up to the last."""
    days = 0.0
    for one in reversed(readings):
        if one.count <= 0:
            break
        days = one.age_days
    return days
