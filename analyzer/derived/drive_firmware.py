"""The firmware of every drive beside the table of firmware known to fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from analyzer.derived.drive_measure import is_solid_state
from analyzer.firmware_table import Entry, affected, matches, table
from analyzer.site import Site, derived
from collectors.drive_tables import Drive
from collectors.fact import Fact
from collectors.table import Row, column
from collectors.table import table as declared


@declared("drive_firmware", key=("drive", "entry"), label=("device", "model", "serial"))
class DriveFirmware(Row):
    """A drive and an entry of the firmware table for its model; one row without entry where there is none."""

    drive: str = column("Identity of the drive")
    device: str = column("Name it was read by")
    model: str | None = column("Model name", default=None)
    serial: str | None = column("Serial number", default=None)
    firmware_version: str | None = column("Firmware revision", default=None)
    protocol: str | None = column("ATA, SCSI or NVMe", default=None)
    solid_state: bool | None = column("No spindle", default=None)
    power_on_hours: int | None = column("Hours powered on", default=None)
    database_warning: str = column("What smartctl's drive database warns of; empty: nothing", default="")
    entry: str = column("Entry of the firmware table; empty: none for this model", default="")
    product: str = column("What the entry calls it", default="")
    affected: bool | None = column("This version is affected; None: the table does not tell", default=None)
    fatal_hours: int | None = column("Hours at which it fails; None: not by hours", default=None)
    fixed_version: str = column("First good version, where there is one number for it", default="")
    effect: str = column("What happens", default="")
    advice: str = column("What the maker or the table advises", default="")
    graded: str = column("Severity of an affected version", default="")
    graded_maybe: str = column("Severity of a version that may be affected", default="")
    source: str = column("Where the entry comes from", default="")
    table_age_days: int = column("Age of the firmware table at the time of the audit", default=0)


@derived(DriveFirmware, out_of=(Drive,))
def work_out(site: Site) -> Iterator[Fact[DriveFirmware]]:
    """Virtual disks and RAID volumes have no firmware of a drive."""
    age = (site.at.date() - table().date).days
    for fact in site.facts(Drive):
        if not fact.row.virtual and not fact.row.raid_volume:
            for entry in matches(fact.row.model or "") or (None,):
                yield Fact(fact.target, _firmware(fact.row, entry, age), fact.sources)


def _firmware(drive: Drive, entry: Entry | None, age: int) -> DriveFirmware:
    row = DriveFirmware(
        drive=drive.drive,
        device=drive.device,
        model=drive.model,
        serial=drive.serial,
        firmware_version=drive.firmware_version,
        protocol=drive.protocol,
        solid_state=is_solid_state(drive),
        power_on_hours=drive.power_on_hours,
        database_warning=drive.database_warning or "",
        table_age_days=max(0, age),
    )
    if entry is None:
        return row
    return replace(
        row,
        entry=entry.id,
        product=entry.product,
        affected=affected(entry, drive.firmware_version),
        fatal_hours=entry.hours,
        fixed_version=entry.fixed,
        effect=entry.effect,
        advice=entry.advice,
        graded=entry.severity,
        graded_maybe=entry.maybe,
        source=entry.source,
    )
