"""Limits that makers and drives set themselves, and which of them each drive has passed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from analyzer.drive_rows import attributes_of, by_drive
from analyzer.joining import sources
from analyzer.site import Site, derived
from collectors.drive_tables import Drive, DriveAttribute, DriveStatistic
from collectors.fact import Fact
from collectors.table import Row, column, table

HEAT = (190, 194)
"""Attributes of temperature, whose thresholds say nothing of the drive's health."""


@table("drive_threshold", key=("drive",), label=("device", "model", "serial"))
class DriveThreshold(Row):
    """Attributes at the maker's thresholds and statistics whose monitored condition is met."""

    drive: str = column("Identity of the drive")
    device: str = column("Name it was read by")
    model: str | None = column("Model name", default=None)
    serial: str | None = column("Serial number", default=None)
    attributes: int = column("Vendor attributes that were told", default=0)
    untold: int = column("Attributes of them without a word on their threshold", default=0)
    failing_prefail: str = column("Pre-failure attributes at their threshold now, with values", default="")
    failing_old_age: str = column("Old-age attributes at their threshold now, with values", default="")
    failing_heat: str = column("Temperatures at their threshold now, with values", default="")
    failed_past: str = column("Attributes that were at their threshold before, with values", default="")
    failed_past_heat: str = column(
        "Temperatures that were at their threshold before, with values", default=""
    )
    statistics: int = column("Statistics with a monitored condition", default=0)
    conditions_met: str = column("Statistics whose condition is met, with values", default="")


@derived(DriveThreshold, out_of=(Drive, DriveAttribute, DriveStatistic))
def work_out(site: Site) -> Iterator[Fact[DriveThreshold]]:
    """Virtual disks have no maker."""
    attributes, statistics = site.once(attributes_of), by_drive(site.facts(DriveStatistic))
    for drive in site.facts(Drive):
        if not drive.row.virtual and not drive.row.raid_volume:
            key = (drive.target, drive.row.drive)
            yield _threshold(drive, attributes.get(key, ()), statistics.get(key, ()))


def _threshold(
    drive: Fact[Drive], attributes: Sequence[Fact[DriveAttribute]], statistics: Sequence[Fact[DriveStatistic]]
) -> Fact[DriveThreshold]:
    told = [fact.row.when_failed for fact in attributes]
    now = [fact for fact in attributes if fact.row.when_failed == "now"] if "now" in told else []
    past = [fact for fact in attributes if fact.row.when_failed == "past"] if "past" in told else []
    met = [fact for fact in statistics if fact.row.condition_met]
    row = DriveThreshold(
        drive=drive.row.drive,
        device=drive.row.device,
        model=drive.row.model,
        serial=drive.row.serial,
        attributes=len(attributes),
        untold=told.count(None),
        statistics=len([fact for fact in statistics if fact.row.condition_met is not None]),
        conditions_met=", ".join([f"{fact.row.name} ({fact.row.value})" for fact in met]),
        **(_failed(now, past) if now or past else {}),
    )
    return Fact(drive.target, row, sources(*now, *past, *met, drive))


def _failed(now: list[Fact[DriveAttribute]], past: list[Fact[DriveAttribute]]) -> dict[str, str]:
    """Attributes that are at their threshold, or were."""
    return {
        "failing_prefail": _listed([f for f in now if f.row.prefailure and f.row.id not in HEAT]),
        "failing_old_age": _listed([f for f in now if not f.row.prefailure and f.row.id not in HEAT]),
        "failing_heat": _listed([f for f in now if f.row.id in HEAT]),
        "failed_past": _listed([f for f in past if f.row.id not in HEAT]),
        "failed_past_heat": _listed([f for f in past if f.row.id in HEAT]),
    }


def _listed(attributes: Iterable[Fact[DriveAttribute]]) -> str:
    return "; ".join([_told(fact.row) for fact in attributes])


def _told(row: DriveAttribute) -> str:
    """`5 Reallocated_Sector_Ct (value 4, worst 4, threshold 36)`."""
    return f"{row.id} {row.name} (value {row.value}, worst {row.worst}, threshold {row.threshold})"
