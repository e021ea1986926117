"""Every error counter of every drive with all that judging it takes: model, growth, likelihood."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from analyzer.derived.drive_measure import DriveMeasure, is_solid_state
from analyzer.derived.smart_trend import SmartTrend
from analyzer.hazard import probability
from analyzer.site import Site, derived
from collectors.drive_tables import Drive
from collectors.fact import Fact
from collectors.table import Row, column, table

NO_COUNTERS = {
    *("endurance_used_percent", "spare_available_percent", "temperature_celsius", "bytes_written"),
    *("power_cycles", "logged_errors"),
}
"""Measures that count no events, or none that a rule judges by itself."""

PLAUSIBLE = 1 << 32
PLAUSIBLE_BLOCKS = 1 << 16
BLOCKS = {"retired_blocks", "program_fail", "erase_fail"}
"""No drive lives to count so many events: the raw value is packed in a way we do not know, or garbage."""

SECTORS = ("reallocated", "pending", "offline_uncorrectable")
"""What failed reallocations leave behind."""

MAKERS = (
    ("Seagate", re.compile(r"SEAGATE|MAXTOR STM|ST\d{2,}|STM\d", re.IGNORECASE)),
    ("Toshiba", re.compile(r"TOSHIBA|MK\d|MQ0|DT01|HDW|MG0", re.IGNORECASE)),
    ("Western Digital", re.compile(r"WDC?[ _]|WD\d|WUH|WUS", re.IGNORECASE)),
)

_FLIPPING = re.compile(r"CT\d+(MX|BX)\d+SSD")
_MOVED = ("samples", "growth_7d", "growth_30d", "growth_90d", "held_days", "value_change")
"""Columns that a trend tells."""


@table("drive_counter", key=("drive", "counter"), label=("device", "model", "serial"))
class DriveCounter(Row):
    """One event counter of a drive."""

    drive: str = column("Identity of the drive")
    device: str = column("Name it was read by")
    model: str | None = column("Model name", default=None)
    serial: str | None = column("Serial number", default=None)
    maker: str | None = column("Seagate, Toshiba or Western Digital, by the model name", default=None)
    solid_state: bool | None = column("No spindle; None where the drive does not tell", default=None)
    counter: str = column("reallocated, pending, media_errors and so on, as in drive_measure")
    name: str = column("Name in the answer", default="")
    attribute: int | None = column("Number of the ATA attribute that tells it", default=None)
    count: int | None = column("Events counted; None where the raw value cannot be a count", default=None)
    value: int | None = column("Normalised value", default=None)
    threshold: int | None = column("The maker's threshold; 0: none", default=None)
    samples: int = column("Readings, this one included", default=1)
    growth_7d: float | None = column("Increase within 7 days; None: no earlier reading", default=None)
    growth_30d: float | None = column("Increase within 30 days", default=None)
    growth_90d: float | None = column("Increase within 90 days", default=None)
    held_days: float | None = column("Days it has stood above zero in every reading", default=None)
    value_change: int | None = column("Normalised value now minus that of the first reading", default=None)
    flips: bool = column("Known to flip between 0 and 1 on a healthy drive", default=False)
    power_cycles: int | None = column("Power cycles of the drive", default=None)
    sectors_bad: bool | None = column(
        "It has reallocated, pending or offline uncorrectable sectors; None: it tells none of them",
        default=None,
    )
    probability: float | None = column(
        "Chance of failing within twelve months at such a count, by field study (hard disks)", default=None
    )


@derived(DriveCounter, out_of=(DriveMeasure, SmartTrend, Drive))
def work_out(site: Site) -> Iterator[Fact[DriveCounter]]:
    """One row for each counter that a drive has; a drive without the counter has no row."""
    drives = {(f.target, f.row.drive): _known(f.row) for f in site.facts(Drive)}
    trends = {(f.target, f.row.drive, f.row.measure): f.row for f in site.facts(SmartTrend)}
    bad = sectors_bad(site.facts(DriveMeasure))
    for fact in site.facts(DriveMeasure):
        row = fact.row
        if row.measure in NO_COUNTERS:
            continue
        key = (fact.target, row.drive)
        drive = drives.get(key, _NOTHING)
        if not drive.virtual:
            trend = trends.get((*key, row.measure)) if trends else None
            yield Fact(fact.target, _counter(row, drive, trend, bad.get(key)), fact.sources)


class Known(NamedTuple):
    """What is the same for all counters of a drive."""

    model: str | None = None
    serial: str | None = None
    maker: str | None = None
    solid_state: bool | None = None
    power_cycles: int | None = None
    virtual: bool | None = None


_NOTHING = Known()


def _known(drive: Drive) -> Known:
    return Known(
        drive.model,
        drive.serial,
        maker(drive.model),
        is_solid_state(drive),
        drive.power_cycles,
        drive.virtual,
    )


def sectors_bad(measures: Iterable[Fact[DriveMeasure]]) -> dict[tuple[str, str], bool]:
    """Whether each drive that counts bad sectors has any."""
    found: dict[tuple[str, str], bool] = {}
    for fact in measures:
        if fact.row.measure in SECTORS and fact.row.count is not None:
            key = (fact.target, fact.row.drive)
            found[key] = found.get(key, False) or fact.row.count > 0
    return found


def countable(measure: str, count: int | None) -> int | None:
    """The count, unless it is too large to be one."""
    most = PLAUSIBLE_BLOCKS if measure in BLOCKS else PLAUSIBLE
    return count if count is not None and 0 <= count < most else None


def _counter(row: DriveMeasure, drive: Known, trend: SmartTrend | None, bad: bool | None) -> DriveCounter:
    count = countable(row.measure, row.count)
    more = {name: getattr(trend, name) for name in _MOVED} if trend else {}
    if row.measure == "pending" and flips(row.name, drive.model):
        more["flips"] = True
    return DriveCounter(
        drive=row.drive,
        device=row.device,
        model=drive.model,
        serial=drive.serial,
        maker=drive.maker,
        solid_state=drive.solid_state,
        counter=row.measure,
        name=row.name,
        attribute=row.attribute,
        count=count,
        value=row.value,
        threshold=row.threshold,
        power_cycles=drive.power_cycles,
        sectors_bad=bad,
        probability=None if count is None or drive.solid_state else probability(row.measure, count),
        **more,
    )


def maker(model: str | None) -> str | None:
    """The maker, where its way of packing raw values is known."""
    for name, models in MAKERS:
        if model and models.match(model):
            return name
    return None


def flips(name: str, model: str | None) -> bool:
    """Crucial's MX500 and its siblings flip attribute 197 between 0 and 1 (smartmontools ticket 1227)."""
    return name == "Current_Pending_ECC_Cnt" or _FLIPPING.match(model or "") is not None
