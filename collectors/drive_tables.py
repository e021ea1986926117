"""Tables about drives: what smartctl (JSON or text), nvme-cli and saved reports tell, whatever the tool.

A drive is known by its identity: `wwn:…`, else `serial:MODEL/SERIAL`, else `device:NAME`. Columns with a
`path` name the place in smartctl's JSON answer (smartmontools, `smartctl --json=c -x`).
"""

from __future__ import annotations

from datetime import datetime

from collectors.table import Row, column, table


@table("drive_scan", key=("device", "type"))
class DriveScan(Row):
    """A device that `smartctl --scan-open` lists, with the type that reaches it."""

    device: str = column("Name to hand to smartctl, /dev/sda or /dev/bus/0")
    type: str = column("Device type for -d: sat, scsi, nvme, megaraid,N and so on")
    protocol: str | None = column("ATA, SCSI or NVMe", default=None)
    open_error: str | None = column("Why the device could not be opened, in smartctl's words", default=None)


@table("drive", key=("drive",), label=("device", "model", "serial"))
class Drive(Row):
    """A physical drive as it tells of itself, at one reading."""

    drive: str = column("Identity: wwn:…, serial:MODEL/SERIAL or device:NAME")
    device: str = column(
        "Name it was read by, with the type behind a controller: /dev/sda, /dev/bus/0 megaraid,3"
    )
    device_type: str | None = column("smartctl device type", default=None, path="device.type")
    protocol: str | None = column("ATA, SCSI or NVMe", default=None, path="device.protocol")
    read_at: datetime | None = column(
        "The target's clock when it was read", default=None, path="local_time.time_t"
    )
    exit_status: int | None = column("smartctl's exit status bits", default=None, path="smartctl.exit_status")
    second_reader: str | None = column(
        "Of a text: agrees, disagrees or cannot read it, as pySMART found; None: it is no text", default=None
    )
    tool_version: str | None = column(
        "Version of the tool that read it", default=None, path="smartctl.version"
    )

    vendor: str | None = column("Vendor (SCSI)", default=None, path="scsi_vendor")
    model: str | None = column("Model name", default=None, path="model_name")
    family: str | None = column(
        "Model family by smartctl's drive database", default=None, path="model_family"
    )
    serial: str | None = column("Serial number", default=None, path="serial_number")
    wwn: str | None = column(
        "World wide name or EUI, lower-case hex without separators", default=None, path="wwn"
    )
    firmware_version: str | None = column("Firmware revision", default=None, path="firmware_version")
    in_database: bool | None = column(
        "Model is in the drive database", default=None, path="in_smartctl_database"
    )
    database_warning: str | None = column("The drive database's warning about the firmware", default=None)
    capacity_bytes: int | None = column("User capacity", default=None, path="user_capacity.bytes")
    logical_sector_bytes: int | None = column("Logical sector size", default=None, path="logical_block_size")
    physical_sector_bytes: int | None = column(
        "Physical sector size", default=None, path="physical_block_size"
    )
    rotation_rpm: int | None = column("Rotation rate; 0 for solid state", default=None, path="rotation_rate")
    form_factor: str | None = column("Form factor", default=None, path="form_factor.name")
    transport: str | None = column("sata, sas, nvme, usb and so on, where told", default=None)
    link_bits_per_second: int | None = column(
        "Current SATA link speed", default=None, path="interface_speed.current.bits_per_unit"
    )
    link_max_bits_per_second: int | None = column(
        "Highest SATA link speed", default=None, path="interface_speed.max.bits_per_unit"
    )
    trim_supported: bool | None = column(
        "TRIM or deallocate is supported", default=None, path="trim.supported"
    )
    zoned: str | None = column(
        "Zoned model (host-aware, device-managed)", default=None, path="zoned_device.capabilities"
    )
    virtual: bool | None = column("A virtual disk: it has no health of its own to tell", default=None)
    raid_volume: bool | None = column(
        "A RAID controller's volume: its disks must be asked through the controller", default=None
    )

    smart_available: bool | None = column("SMART is available", default=None, path="smart_support.available")
    smart_enabled: bool | None = column("SMART is switched on", default=None, path="smart_support.enabled")
    passed: bool | None = column("The drive's own overall verdict", default=None, path="smart_status.passed")
    power_on_hours: int | None = column("Hours powered on", default=None, path="power_on_time.hours")
    power_cycles: int | None = column("Power cycles", default=None, path="power_cycle_count")
    temperature_celsius: int | None = column("Temperature now", default=None, path="temperature.current")
    temperature_limit_celsius: int | None = column(
        "Highest operating temperature", default=None, path="temperature.op_limit_max"
    )
    temperature_critical_celsius: int | None = column(
        "Critical limit or trip temperature", default=None, path="temperature.critical_limit_max"
    )
    temperature_min_celsius: int | None = column("Lowest in the drive's history", default=None)
    temperature_max_celsius: int | None = column("Highest in the drive's history", default=None)
    endurance_used_percent: int | None = column(
        "Share of rated endurance used; may exceed 100", default=None, path="endurance_used.current_percent"
    )
    spare_available_percent: int | None = column(
        "Spare area left", default=None, path="spare_available.current_percent"
    )
    spare_threshold_percent: int | None = column(
        "Spare limit of the maker", default=None, path="spare_available.threshold_percent"
    )
    bytes_written: int | None = column("Written by the host over its life", default=None)
    write_cache: bool | None = column("Volatile write cache is on", default=None, path="write_cache.enabled")
    erc_supported: bool | None = column("Error recovery control (SCT ERC) is supported", default=None)
    erc_read_deciseconds: int | None = column(
        "Read recovery limit, 0: off", default=None, path="ata_sct_erc.read.deciseconds"
    )
    erc_write_deciseconds: int | None = column(
        "Write recovery limit, 0: off", default=None, path="ata_sct_erc.write.deciseconds"
    )
    offline_collection: str | None = column(
        "Offline data collection status",
        default=None,
        path="ata_smart_data.offline_data_collection.status.string",
    )
    pending_defects: int | None = column(
        "Entries in the pending defects log", default=None, path="ata_pending_defects_log.count"
    )
    error_count: int | None = column(
        "Errors ever logged (ATA extended or summary error log)",
        default=None,
        path="ata_smart_error_log.extended.count",
    )
    phy_crc_errors: int | None = column("CRC errors counted by the SATA phy", default=None)
    self_test_supported: bool | None = column("The drive can test itself", default=None)
    self_test_running: bool | None = column("A self-test is running", default=None)

    critical_warning: int | None = column(
        "NVMe critical warning bits", default=None, path="nvme_smart_health_information_log.critical_warning"
    )
    media_errors: int | None = column(
        "NVMe media and data integrity errors",
        default=None,
        path="nvme_smart_health_information_log.media_errors",
    )
    error_log_entries: int | None = column(
        "NVMe error log entries ever",
        default=None,
        path="nvme_smart_health_information_log.num_err_log_entries",
    )
    unsafe_shutdowns: int | None = column(
        "Power lost without notice", default=None, path="nvme_smart_health_information_log.unsafe_shutdowns"
    )
    warning_temperature_minutes: int | None = column(
        "Time above the warning temperature",
        default=None,
        path="nvme_smart_health_information_log.warning_temp_time",
    )
    critical_temperature_minutes: int | None = column(
        "Time above the critical temperature",
        default=None,
        path="nvme_smart_health_information_log.critical_comp_time",
    )

    informational_exception: str | None = column(
        "SCSI ASC/ASCQ of the health status, hex, 00/00 if fine", default=None
    )
    grown_defects: int | None = column("SCSI grown defect list", default=None, path="scsi_grown_defect_list")
    uncorrected_errors: int | None = column(
        "SCSI uncorrected read, write and verify errors together", default=None
    )
    non_medium_errors: int | None = column("SCSI non-medium error count", default=None)
    background_scan_errors: int | None = column("Medium errors found by the background scan", default=None)


@table("drive_attribute", key=("drive", "id"), label=("device", "name"))
class DriveAttribute(Row):
    """One vendor attribute of an ATA drive."""

    drive: str = column("Identity of the drive")
    device: str = column("Name it was read by")
    model: str | None = column("Model name", default=None)
    serial: str | None = column("Serial number", default=None)
    rotation_rpm: int | None = column("Rotation rate; 0 for solid state", default=None)
    id: int = column("Attribute number, 1 to 255")
    name: str = column("Name by smartctl's drive database")
    value: int | None = column("Normalised value", default=None)
    worst: int | None = column("Worst normalised value", default=None)
    threshold: int | None = column("The maker's failure threshold; 0: none", default=None)
    raw: int | None = column("Raw value, all 48 bits", default=None)
    raw_string: str | None = column("Raw value as smartctl formats it", default=None)
    count: int | None = column(
        "The event count in the raw value, unpacked where makers pack several", default=None
    )
    prefailure: bool | None = column("A pre-failure attribute (else old age)", default=None)
    when_failed: str | None = column("now, past, or empty", default=None)


@table("drive_statistic", key=("drive", "page", "offset"), label=("device", "name"))
class DriveStatistic(Row):
    """One entry of the ATA device statistics log."""

    drive: str = column("Identity of the drive")
    device: str = column("Name it was read by")
    model: str | None = column("Model name", default=None)
    serial: str | None = column("Serial number", default=None)
    page: int = column("Log page")
    offset: int = column("Offset in the page")
    name: str = column("Name of the statistic")
    value: int | None = column("Value, if valid", default=None)
    condition_met: bool | None = column("The drive's monitored condition is met", default=None)


@table("drive_self_test", key=("drive", "number"), label=("device", "type"))
class DriveSelfTest(Row):
    """One entry of the self-test log, newest first."""

    drive: str = column("Identity of the drive")
    device: str = column("Name it was read by")
    number: int = column("1 is the newest")
    type: str = column("Short, extended, conveyance and so on, lower case")
    status: str = column("Result in the tool's words")
    passed: bool | None = column(
        "True, False, or None if it was aborted, interrupted or is running", default=None
    )
    power_on_hours: int | None = column("Hours at which it ran (16 bit on ATA: wraps at 65536)", default=None)
    lba: int | None = column("First failing sector", default=None)


@table("drive_error", key=("drive", "number"), label=("device", "description"))
class DriveError(Row):
    """One of the last entries of the ATA or NVMe error log."""

    drive: str = column("Identity of the drive")
    device: str = column("Name it was read by")
    number: int = column("Running number of the error")
    kind: str = column("media (UNC, IDNF, AMNF), link (ICRC), host (ABRT) or other")
    description: str = column("The tool's words")
    power_on_hours: int | None = column("Hours at which it happened", default=None)
    lba: int | None = column("Sector", default=None)
