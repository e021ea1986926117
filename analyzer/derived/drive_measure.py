"""Everything a drive counts, under one name whatever attribute, statistic or log page tells it.

Attribute numbers mean different things to different makers, so a number counts only under the names that
smartctl's drive database gives it for that meaning; an attribute of another name is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from analyzer.site import Site, derived
from collectors.drive_tables import Drive, DriveAttribute, DriveStatistic
from collectors.fact import Fact
from collectors.table import Row, column, table


@table("drive_measure", key=("drive", "measure"), label=("device", "measure"))
class DriveMeasure(Row):
    """One number that a drive keeps of itself, at one reading."""

    drive: str = column("Identity of the drive")
    device: str = column("Name it was read by")
    measure: str = column("reallocated, pending, media_errors, endurance_used_percent and so on")
    count: int | None = column(
        "Events counted, or percent or degrees where the measure says so", default=None
    )
    attribute: int | None = column("Number of the ATA attribute that tells it", default=None)
    name: str = column("Its name in the answer")
    value: int | None = column("Normalised value of the attribute", default=None)
    threshold: int | None = column("The maker's threshold for the normalised value; 0: none", default=None)


@dataclass(frozen=True, slots=True)
class Meaning:
    """An attribute number under the names (lower case) for which it means *measure*; *on*: any, spindle or
    flash.
    """

    attribute: int
    measure: str
    names: str
    on: str = "any"


MEANINGS: tuple[Meaning, ...] = (
    Meaning(1, "read_error_rate", r"raw_read_error", "spindle"),
    Meaning(5, "reallocated", r"realloc", "spindle"),
    Meaning(5, "retired_blocks", r"realloc|retired|bad_bl", "flash"),
    Meaning(7, "seek_error_rate", r"seek_error", "spindle"),
    Meaning(10, "spin_retry", r"spin_retry", "spindle"),
    Meaning(171, "program_fail", r"program_fail", "flash"),
    Meaning(172, "erase_fail", r"erase_fail", "flash"),
    Meaning(181, "program_fail", r"program_fail", "flash"),
    Meaning(182, "erase_fail", r"erase_fail", "flash"),
    Meaning(183, "sata_downshift", r"downshift|bad_bl", "spindle"),
    Meaning(183, "sata_downshift", r"downshift", "flash"),
    Meaning(184, "end_to_end", r"end.to.end|^io_error_detect"),
    Meaning(187, "reported_uncorrectable", r"uncorr|reported_ue"),
    Meaning(188, "command_timeout", r"command_timeout"),
    Meaning(189, "high_fly_writes", r"high_fly", "spindle"),
    Meaning(193, "load_cycles", r"load_cycle", "spindle"),
    Meaning(195, "hardware_ecc", r"hardware_ecc", "spindle"),
    Meaning(196, "realloc_events", r"realloc", "spindle"),
    Meaning(197, "pending", r"pending"),
    Meaning(198, "offline_uncorrectable", r"offline_uncorr|uncorrectable_sector"),
    Meaning(199, "crc", r"crc"),
    Meaning(201, "soft_read_error", r"soft_read", "spindle"),
)

_BY_NUMBER: dict[int, list[tuple[Meaning, re.Pattern[str]]]] = {}
for _one in MEANINGS:
    _BY_NUMBER.setdefault(_one.attribute, []).append((_one, re.compile(_one.names)))

_SOLID = re.compile(r"\bSSDs?\b|Solid State", re.IGNORECASE)

STATISTICS = {(4, 0x008): "reported_uncorrectable", (3, 0x038): "mechanical_start_failures"}
"""(page, offset) of the ATA device statistics log → measure (ACS-4, 9.5)."""

COLUMNS = {
    "pending_defects": "pending",
    "phy_crc_errors": "crc",
    "error_count": "logged_errors",
    "critical_temperature_minutes": "critical_temperature_minutes",
    "warning_temperature_minutes": "warning_temperature_minutes",
    "media_errors": "media_errors",
    "error_log_entries": "error_log_entries",
    "unsafe_shutdowns": "unsafe_shutdowns",
    "power_cycles": "power_cycles",
    "grown_defects": "grown_defects",
    "uncorrected_errors": "uncorrected_errors",
    "non_medium_errors": "non_medium_errors",
    "background_scan_errors": "background_scan_errors",
    "endurance_used_percent": "endurance_used_percent",
    "spare_available_percent": "spare_available_percent",
    "temperature_celsius": "temperature_celsius",
    "bytes_written": "bytes_written",
}
"""Column of `drive` → measure."""


@lru_cache(maxsize=1024)
def meaning(attribute: int, name: str, solid_state: bool | None) -> str | None:
    """The measure that an attribute of this number and name tells on such a drive, or None.

    A drive that does not tell its rotation rate is read as a spinning one: old disks do not tell it.
    """
    kind, name = "flash" if solid_state else "spindle", name.lower()
    for one, names in _BY_NUMBER.get(attribute, ()):
        if one.on in ("any", kind) and names.search(name):
            return one.measure
    return None


def is_solid_state(drive: Drive) -> bool | None:
    """Whether the drive has no spindle; None where it does not tell."""
    if drive.protocol == "NVMe":
        return True
    if drive.rotation_rpm is not None:
        return drive.rotation_rpm == 0
    told = f"{drive.model or ''} {drive.family or ''}"
    return True if _SOLID.search(told) else None


@derived(DriveMeasure, out_of=(Drive, DriveAttribute, DriveStatistic))
def work_out(site: Site) -> Iterator[Fact[DriveMeasure]]:
    """Where an attribute and a log page tell the same, the higher count stands."""
    best: dict[tuple[str, str, str], Fact[DriveMeasure]] = {}
    for fact in (*_of_columns(site), *_of_attributes(site), *_of_statistics(site)):
        key = (fact.target, fact.row.drive, fact.row.measure)
        known = best.setdefault(key, fact)
        if known is not fact and (fact.row.count or 0) > (known.row.count or 0):
            best[key] = fact
    yield from best.values()


def _of_columns(site: Site) -> Iterable[Fact[DriveMeasure]]:
    for fact in site.facts(Drive):
        row = fact.row
        for name, measure in COLUMNS.items():
            count = getattr(row, name)
            if count is not None:
                told = DriveMeasure(
                    drive=row.drive, device=row.device, measure=measure, count=count, name=name
                )
                yield Fact(fact.target, told, fact.sources)


def _of_attributes(site: Site) -> Iterable[Fact[DriveMeasure]]:
    solid = {(f.target, f.row.drive): is_solid_state(f.row) for f in site.facts(Drive)}
    for fact in site.facts(DriveAttribute):
        row = fact.row
        if row.id not in _BY_NUMBER:
            continue
        measure = meaning(row.id, row.name, solid.get((fact.target, row.drive)))
        if measure is not None:
            told = DriveMeasure(
                drive=row.drive,
                device=row.device,
                measure=measure,
                count=row.count,
                attribute=row.id,
                name=row.name,
                value=row.value,
                threshold=row.threshold,
            )
            yield Fact(fact.target, told, fact.sources)


def _of_statistics(site: Site) -> Iterable[Fact[DriveMeasure]]:
    for fact in site.facts(DriveStatistic):
        row = fact.row
        measure = STATISTICS.get((row.page, row.offset))
        if measure is not None and row.value is not None:
            told = DriveMeasure(
                drive=row.drive, device=row.device, measure=measure, count=row.value, name=row.name
            )
            yield Fact(fact.target, told, fact.sources)
