"""Tables about hardware RAID, the same whatever maker's tool told them.

A controller is known by its family and the number its tool gives it: `megaraid:0` (storcli, perccli,
MegaCli), `smartarray:0` (ssacli and its forerunners, by slot), `adaptec:1`, `lsi-ir:0`, `3ware:0`, `areca:1`,
`marvell:0`. Every column but the key may be withheld. States are told twice: in one vocabulary for all
makers, and in the tool's own words.
"""

from __future__ import annotations

from datetime import datetime

from collectors.table import Row, column, table


@table("storage_controller", key=("address",), label=("maker", "address"))
class StorageController(Row):
    """A storage controller on the PCI bus whose maker is known for RAID."""

    address: str = column("PCI address, 0000:03:00.0")
    pci_class: str = column("Class code: 0x010400 RAID, 0x010700 SAS")
    vendor_id: str = column("PCI vendor, 0x1000")
    device_id: str | None = column("PCI device, 0x005d", default=None)
    subsystem_vendor_id: str | None = column("Who built the card, 0x1028", default=None)
    maker: str = column("Name of the maker of the chip, or of the card where that decides the tool")
    family: str = column("Family of controllers, as in raid_controller")
    tools: str = column("Tools that can tell its state, blank-separated", default="")
    hides_disks: bool = column("Makes arrays of its own: without a tool nothing of its drives is seen")


@table("controller_tool", key=("path",))
class ControllerTool(Row):
    """A maker's tool that is installed."""

    path: str = column("Where it lies")
    name: str = column("Its name: storcli64, ssacli")
    family: str = column("Family of controllers it speaks to")


@table("raid_controller", key=("controller",), label=("controller", "model", "serial"))
class RaidController(Row):
    """A RAID controller, its cache, its battery and its housekeeping."""

    controller: str = column("Family and number, megaraid:0")
    model: str | None = column("Model", default=None)
    serial: str | None = column("Serial number", default=None)
    pci_address: str | None = column("PCI address, 0000:03:00.0", default=None)
    firmware_version: str | None = column("Firmware", default=None)
    firmware_released_at: datetime | None = column(
        "Date of the firmware, where the tool tells it", default=None
    )
    firmware_warning: str | None = column(
        "What the tool itself says about an update that is needed", default=None
    )
    driver_version: str | None = column("Driver of the operating system", default=None)
    tool_version: str | None = column("Version of the tool that told", default=None)
    status: str | None = column("optimal, attention, failed or unknown", default=None)
    told_status: str | None = column("The same in the tool's words", default=None)
    mode: str | None = column("RAID, HBA, JBOD, mixed, in the tool's words", default=None)
    temperature_celsius: int | None = column("Of the controller's chip", default=None)
    memory_correctable_errors: int | None = column("Errors of its memory that were corrected", default=None)
    memory_uncorrectable_errors: int | None = column("Errors of its memory that were not", default=None)
    cache_bytes: int | None = column("Cache memory", default=None)
    cache_status: str | None = column("State of its write cache, in the tool's words", default=None)
    cache_disabled: bool | None = column(
        "The write cache is switched off for a fault or by hand", default=None
    )
    cache_without_battery: bool | None = column("May write back without a working battery", default=None)
    preserved_cache: bool | None = column(
        "Holds data of a volume that went offline: written by nobody yet", default=None
    )
    battery_kind: str | None = column("battery, capacitor or flash, as far as told", default=None)
    battery_present: bool | None = column("A battery or capacitor is there", default=None)
    battery_state: str | None = column(
        "ok, learning, charging, weak, failed, missing or unknown", default=None
    )
    told_battery: str | None = column("The same in the tool's words", default=None)
    battery_charge_percent: int | None = column("Charge", default=None)
    battery_temperature_celsius: int | None = column("Temperature of the battery", default=None)
    battery_made_at: datetime | None = column("When it was made", default=None)
    alarm: str | None = column("on, off, silenced or absent", default=None)
    patrol_read: str | None = column("auto, manual or off: reads all drives for errors", default=None)
    patrol_read_last_at: datetime | None = column("Last patrol read, finished", default=None)
    consistency_check: str | None = column("on or off: compares copies and parity on schedule", default=None)
    consistency_check_last_at: datetime | None = column("Last consistency check, finished", default=None)
    foreign_count: int | None = column("Foreign configurations, or drives with one", default=None)
    spare_count: int | None = column("Idle hot spares", default=None)
    volume_count: int | None = column("Volumes it says it has", default=None)
    disk_count: int | None = column("Drives it says it has", default=None)
    volumes_degraded: int | None = column("Degraded volumes by its own count", default=None)
    volumes_offline: int | None = column("Failed or offline volumes by its own count", default=None)
    disks_critical: int | None = column("Drives that predict a failure by its own count", default=None)
    disks_failed: int | None = column("Failed drives by its own count", default=None)
    enclosure_trouble: str | None = column("Enclosures, fans, power supplies with a fault", default=None)


@table("raid_volume", key=("controller", "volume"), label=("controller", "volume", "name"))
class RaidVolume(Row):
    """A volume (virtual drive, logical drive, unit) that a controller makes of drives."""

    controller: str = column("Its controller, megaraid:0")
    volume: str = column("Its number or name there")
    name: str | None = column("Name somebody gave it", default=None)
    group: str | None = column("Drive group or array that it lies on", default=None)
    level: str | None = column("raid0, raid1, raid5, raid6, raid10, raid50, raid60, single", default=None)
    size_bytes: int | None = column("Size, as exactly as the tool tells", default=None)
    state: str | None = column("optimal, degraded, failed or unknown", default=None)
    told_state: str | None = column("The same in the tool's words", default=None)
    members_expected: int | None = column("Member drives by its metadata", default=None)
    members_missing: int | None = column(
        "Of these, the ones the tool says are gone or not in sync", default=None
    )
    slots: str = column("Slots of its members, blank-separated, in order, as far as told", default="")
    action: str | None = column(
        "recovery, resync (first initialisation), check, reshape or idle, as for other arrays", default=None
    )
    action_percent: float | None = column("Progress", default=None)
    write_cache: str | None = column(
        "Now: write-back, always-write-back (also without battery) or write-through", default=None
    )
    write_cache_default: str | None = column("The same as it was set", default=None)
    drive_cache: str | None = column("Cache of its drives: on, off or default", default=None)
    inconsistent: bool | None = column("Known not to be consistent, or to hold bad blocks", default=None)
    trouble: str | None = column("What else the tool says of it", default=None)
    device: str | None = column("Device of the operating system, /dev/sda", default=None)
    wwn: str | None = column("Its world wide name, lower-case hex", default=None)


@table("raid_disk", key=("controller", "slot"), label=("controller", "slot", "serial"))
class RaidDisk(Row):
    """A drive behind a controller, as the controller tells of it."""

    controller: str = column("Its controller, megaraid:0")
    slot: str = column("Where it sits: enclosure:slot, port:box:bay, or port")
    device_number: str | None = column("What smartctl calls it: the N of megaraid,N or cciss,N", default=None)
    group: str | None = column("Drive group or array it belongs to", default=None)
    state: str | None = column(
        "online, rebuilding, spare, failed, offline, missing, bad, unassigned, jbod, foreign or unknown",
        default=None,
    )
    told_state: str | None = column("The same in the tool's words", default=None)
    model: str | None = column("Model", default=None)
    serial: str | None = column("Serial number", default=None)
    wwn: str | None = column("World wide name, lower-case hex", default=None)
    firmware_version: str | None = column("Firmware", default=None)
    size_bytes: int | None = column("Size, as exactly as the tool tells", default=None)
    transport: str | None = column("sata, sas or nvme", default=None)
    rotational: bool | None = column("A spinning disk", default=None)
    media_errors: int | None = column("Media errors the controller counted", default=None)
    other_errors: int | None = column("Other errors: link, timeout", default=None)
    predictive_failures: int | None = column(
        "Warnings of a failure to come that the controller noted", default=None
    )
    smart_alert: bool | None = column("The drive itself predicts its failure", default=None)
    temperature_celsius: int | None = column("Temperature", default=None)
    foreign: bool | None = column("Carries the configuration of another controller", default=None)
    rebuild_percent: float | None = column("Progress of its rebuild", default=None)
    link: str | None = column("Negotiated speed, 6.0Gb/s", default=None)
    write_cache: str | None = column("Its own cache: on, off or default", default=None)
    logical_sector_bytes: int | None = column("Logical sector size", default=None)
    physical_sector_bytes: int | None = column("Physical sector size", default=None)


ALL = (RaidController, RaidVolume, RaidDisk)
"""What every maker's tool fills."""
