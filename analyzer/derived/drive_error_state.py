"""What the error log of each drive comes to: which kind of errors, and how long ago."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.derived.smart_trend import SmartTrend
from analyzer.drive_rows import by_drive
from analyzer.site import Site, derived
from collectors.drive_tables import Drive, DriveError
from collectors.fact import Fact
from collectors.table import Row, column, table

WRAPS = 1 << 16
"""ATA keeps the hours of an error in 16 bits."""


@table("drive_error_state", key=("drive",), label=("device", "model", "serial"))
class DriveErrorState(Row):
    """The last logged errors of a drive by kind. The log is small and keeps its entries for ever."""

    drive: str = column("Identity of the drive")
    device: str = column("Name it was read by")
    model: str | None = column("Model name", default=None)
    serial: str | None = column("Serial number", default=None)
    protocol: str | None = column("ATA, SCSI or NVMe", default=None)
    total: int | None = column("Errors ever logged", default=None)
    growth_30d: float | None = column("Their increase within 30 days; None: no earlier reading", default=None)
    media: int = column("Entries about unreadable sectors", default=0)
    link: int = column("Entries about the cable", default=0)
    host: int = column("Entries about commands the drive refused", default=0)
    other: int = column("Entries about anything else", default=0)
    media_hours_ago: int | None = column("Hours of operation since the newest about a sector", default=None)
    media_description: str | None = column("Its words", default=None)
    media_lba: int | None = column("Its sector", default=None)


@derived(DriveErrorState, out_of=(Drive, DriveError, SmartTrend))
def work_out(site: Site) -> Iterator[Fact[DriveErrorState]]:
    """One row for each drive that tells how many errors it logged, or has an entry in its log."""
    logs = by_drive(site.facts(DriveError))
    trends = {(f.target, f.row.drive, f.row.measure): f.row for f in site.facts(SmartTrend)}
    for drive in site.facts(Drive):
        row = drive.row
        log = sorted(logs.get((drive.target, row.drive), ()), key=lambda f: -f.row.number)
        total = row.error_log_entries if row.protocol == "NVMe" else row.error_count
        if row.virtual or (total is None and not log):
            continue
        measure = "error_log_entries" if row.protocol == "NVMe" else "logged_errors"
        trend = trends.get((drive.target, row.drive, measure))
        media = next((f for f in log if f.row.kind == "media"), None)
        state = _state(row, [f.row for f in log], media.row if media else None, total, trend)
        yield Fact(drive.target, state, (*drive.sources, *(media.sources if media else ())))


def _state(
    drive: Drive,
    log: Sequence[DriveError],
    media: DriveError | None,
    total: int | None,
    trend: SmartTrend | None,
) -> DriveErrorState:
    kinds = [one.kind if one.kind in ("media", "link", "host") else "other" for one in log]
    return DriveErrorState(
        drive=drive.drive,
        device=drive.device,
        model=drive.model,
        serial=drive.serial,
        protocol=drive.protocol,
        total=total,
        growth_30d=trend.growth_30d if trend else None,
        media=kinds.count("media"),
        link=kinds.count("link"),
        host=kinds.count("host"),
        other=kinds.count("other"),
        media_hours_ago=hours_ago(drive, media) if media else None,
        media_description=media.description if media else None,
        media_lba=media.lba if media else None,
    )


def hours_ago(drive: Drive, error: DriveError) -> int | None:
    """Hours of operation since the error; 16-bit hours have wrapped where they are behind by that much."""
    if drive.power_on_hours is None or error.power_on_hours is None:
        return None
    since = drive.power_on_hours - error.power_on_hours
    if since < 0:
        return None
    return since % WRAPS if error.power_on_hours < WRAPS else since
