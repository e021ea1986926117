"""Wear of every solid-state drive and where it leads."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.derived.drive_measure import is_solid_state
from analyzer.derived.smart_trend import SmartTrend
from analyzer.site import Site, derived
from collectors.drive_tables import Drive
from collectors.fact import Fact
from collectors.table import Row, column, table


@table("drive_endurance", key=("drive",), label=("device", "model", "serial"))
class DriveEndurance(Row):
    """A solid-state drive's rated life and spare area."""

    drive: str = column("Identity of the drive")
    device: str = column("Name it was read by")
    model: str | None = column("Model name", default=None)
    serial: str | None = column("Serial number", default=None)
    protocol: str | None = column("ATA, SCSI or NVMe", default=None)
    used_percent: int | None = column("Share of rated endurance used; may exceed 100", default=None)
    spare_percent: int | None = column("Spare area left", default=None)
    spare_threshold_percent: int | None = column("The maker's limit of it", default=None)
    spare_growth_90d: float | None = column(
        "Its change within 90 days; None: no earlier reading", default=None
    )
    growth_per_day: float | None = column(
        "Points of endurance used a day; None: no earlier reading", default=None
    )
    span_days: float | None = column("Time over which that was measured", default=None)
    days_left: float | None = column(
        "Until 100 % are used, at that rate; None: no growth known", default=None
    )


@derived(DriveEndurance, out_of=(Drive, SmartTrend))
def work_out(site: Site) -> Iterator[Fact[DriveEndurance]]:
    """One row for each drive without a spindle."""
    trends = {(f.target, f.row.drive, f.row.measure): f.row for f in site.facts(SmartTrend)}
    for fact in site.facts(Drive):
        if is_solid_state(fact.row) and not fact.row.virtual and not fact.row.raid_volume:
            used = trends.get((fact.target, fact.row.drive, "endurance_used_percent"))
            spare = trends.get((fact.target, fact.row.drive, "spare_available_percent"))
            yield Fact(fact.target, _endurance(fact.row, used, spare), fact.sources)


def _endurance(drive: Drive, used: SmartTrend | None, spare: SmartTrend | None) -> DriveEndurance:
    return DriveEndurance(
        drive=drive.drive,
        device=drive.device,
        model=drive.model,
        serial=drive.serial,
        protocol=drive.protocol,
        used_percent=drive.endurance_used_percent,
        spare_percent=drive.spare_available_percent,
        spare_threshold_percent=drive.spare_threshold_percent,
        spare_growth_90d=spare.growth_90d if spare else None,
        growth_per_day=used.growth_per_day if used else None,
        span_days=used.span_days if used else None,
        days_left=days_left(used),
    )


def days_left(used: SmartTrend | None) -> float | None:
    """Days until 100 %, 0 if past it; None without growth."""
    if used is None or used.growth_per_day <= 0:
        return None
    return max(0.0, (100 - used.now) / used.growth_per_day)
