"""The `Key: value` lines of smartctl's text, each put where its JSON has it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from collectors.smart_values import whole

Store = Callable[[dict[str, Any], str, str], None]
"""Puts a value (second) and the lines that go on with it (third) into a tree."""

_SENTENCES = (
    "open device: .* failed",
    "Permission denied",
    "Operation not permitted",
    "Unknown USB bridge",
    "Unable to detect device",
    r"Device is in [\w ()]+ mode",
    "mandatory SMART command failed",
    "Read Device Identity failed",
    "No such device",
    "lacks SMART capability",
    "does not support SMART",
    "Log Sense failed",
    "INQUIRY failed",
    r"Inquiry \(\d+ bytes\) failed",
    r"Read (?:NVMe|SMART) \S+.*failed",
    "SMART Disabled",
    "Smartctl: ",
    "specify device type",
    "open failed:",
)
MESSAGE = re.compile("|".join(_SENTENCES))
"""Sentences that say why something is missing."""

_NUMBER = re.compile(r"\s*(0[xX][0-9a-fA-F]+|-?\d{1,3}(?:[,.'’�   ]\d{3})+(?![\d.])|-?\d+)")
UNTOLD = re.compile(r"(?:-+|\.\.\.|\[?no(?:t available|ne)\]?|unknown|n/a)?\s*", re.IGNORECASE)


def put(tree: dict[str, Any], path: str, value: Any) -> None:
    """Set the value at a dotted path."""
    *way, last = path.split(".")
    for name in way:
        tree = tree.setdefault(name, {})
    tree[last] = value


def number_in(said: str) -> int | None:
    """The whole number *said* begins with, whatever separates its thousands."""
    found = _NUMBER.match(said)
    if found is None:
        return None
    digits = found[1]
    return whole(digits if digits[:2] in ("0x", "0X") else re.sub(r"[^\d-]", "", digits))


def _text(path: str) -> Store:
    def store(tree: dict[str, Any], said: str, _: str) -> None:
        if not UNTOLD.fullmatch(said):
            put(tree, path, said)

    return store


def _number(*paths: str) -> Store:
    def store(tree: dict[str, Any], said: str, _: str) -> None:
        number = number_in(said)
        if number is not None:
            for path in paths:
                put(tree, path, number)

    return store


def _switch(path: str) -> Store:
    def store(tree: dict[str, Any], said: str, _: str) -> None:
        word = said.split()[0].rstrip(",").lower() if said else ""
        if word in ("enabled", "available", "disabled", "unavailable"):
            put(tree, path, word in ("enabled", "available"))

    return store


def _pair(low: str, high: str) -> Store:
    """`18/43 Celsius`."""

    def store(tree: dict[str, Any], said: str, _: str) -> None:
        found = re.match(r"\s*(-?\d+|\?+)/\s*(-?\d+|\?+)", said)
        for path, told in zip((low, high), found.groups() if found else (), strict=False):
            if told.lstrip("-").isdigit():
                put(tree, path, int(told))

    return store


def _wwn(tree: dict[str, Any], said: str, _: str) -> None:
    found = re.fullmatch(r"([0-9a-f]) ([0-9a-f]{6}) ([0-9a-f]{9})", said.strip().lower())
    if found:
        tree["wwn"] = {
            name: int(part, 16) for name, part in zip(("naa", "oui", "id"), found.groups(), strict=True)
        }


def _eui(tree: dict[str, Any], said: str, _: str) -> None:
    found = re.fullmatch(r"([0-9a-f]{6}) ([0-9a-f]{10})", said.strip().lower())
    if found:
        eui = {"oui": int(found[1], 16), "ext_id": int(found[2], 16)}
        tree.setdefault("nvme_namespaces", []).append({"eui64": eui})


def _sectors(tree: dict[str, Any], said: str, _: str) -> None:
    sizes = [int(size) for size in re.findall(r"(\d+) bytes", said)]
    if sizes:
        tree["logical_block_size"], tree["physical_block_size"] = sizes[0], sizes[-1]


def _rotation(tree: dict[str, Any], said: str, _: str) -> None:
    if "Solid State" in said:
        tree["rotation_rate"] = 0
    elif (rpm := number_in(said)) is not None:
        tree["rotation_rate"] = rpm


def _database(tree: dict[str, Any], said: str, _: str) -> None:
    if "smartctl database" in said:
        tree["in_smartctl_database"] = not said.startswith("Not")


def _sata(tree: dict[str, Any], said: str, _: str) -> None:
    tree["sata_version"] = {"string": said}
    rates = re.findall(r"(\d+)\.(\d) Gb/s", said)
    for name, (whole_part, tenth) in zip(("max", "current"), rates, strict=False):
        units = int(whole_part) * 10 + int(tenth)
        put(tree, f"interface_speed.{name}", {"units_per_second": units, "bits_per_unit": 100_000_000})


def _smart_support(tree: dict[str, Any], said: str, _: str) -> None:
    word = re.split(r"[ .,]", said)[0]
    if word in ("Available", "Unavailable"):
        put(tree, "smart_support.available", word == "Available")
        if word == "Unavailable":
            put(tree, "smart_support.said", said)
    elif word in ("Enabled", "Disabled"):
        put(tree, "smart_support.enabled", word == "Enabled")


def _time(tree: dict[str, Any], said: str, _: str) -> None:
    """Only UTC is told for certain: names of other zones mean several things."""
    found = re.match(r"\w{3} (\w{3}) +(\d+) (\d\d:\d\d:\d\d) (\d{4}) (?:UTC|GMT)\b", said)
    if found:
        moment = datetime.strptime(" ".join(found.groups()), "%b %d %H:%M:%S %Y").replace(tzinfo=UTC)
        put(tree, "local_time.time_t", int(moment.timestamp()))


def _overall(tree: dict[str, Any], said: str, _: str) -> None:
    word = said.split()[0].rstrip("!") if said else ""
    if word in ("PASSED", "FAILED"):
        put(tree, "smart_status.passed", word == "PASSED")


def _scsi_status(tree: dict[str, Any], said: str, _: str) -> None:
    tree["scsi_status"] = said
    code = re.search(r"\[asc=([0-9a-f]+), ?ascq=([0-9a-f]+)\]", said)
    put(tree, "smart_status.passed", said.startswith("OK"))
    if code:
        asc, ascq = int(code[1], 16), int(code[2], 16)
        tree["smart_status"] = {"passed": asc not in (0x5D, 0x0B), "scsi": {"asc": asc, "ascq": ascq}}


def _offline(tree: dict[str, Any], said: str, more: str) -> None:
    words = f"{said} {more}"
    found = re.search(r"activity\s+(.+?)\.(?: |$)", words)
    if found:
        put(tree, "ata_smart_data.offline_data_collection.status.string", found[1])


def _self_test_status(tree: dict[str, Any], said: str, _: str) -> None:
    found = re.match(r"\(\s*(\d+)\)", said)
    if found:
        put(tree, "ata_smart_data.self_test.status.value", int(found[1]))


def _capabilities(tree: dict[str, Any], said: str, more: str) -> None:
    if said.startswith("("):
        put(tree, "ata_smart_data.capabilities.values", said)


def _sct(tree: dict[str, Any], said: str, more: str) -> None:
    supported = "SCT Error Recovery Control supported" in f"{said} {more}"
    put(tree, "ata_sct_capabilities.error_recovery_control_supported", supported)


def _admin(tree: dict[str, Any], said: str, _: str) -> None:
    put(tree, "nvme_optional_admin_commands.self_test", "Self_Test" in said)


def _hours_minutes(tree: dict[str, Any], said: str, _: str) -> None:
    put(
        tree, "power_on_time.hours", int(said.partition(":")[0]) if said.partition(":")[0].isdigit() else None
    )


def _scsi_model(part: str) -> Store:
    def store(tree: dict[str, Any], said: str, _: str) -> None:
        tree[f"scsi_{part}"] = said
        names = (tree.get("scsi_vendor"), tree.get("scsi_product"))
        tree["scsi_model_name"] = " ".join(name for name in names if name)

    return store


def _old_scsi(tree: dict[str, Any], said: str, _: str) -> None:
    """`Device: SEAGATE  ST3146855SS  Version: 0002` of smartctl 5."""
    found = re.match(r"(\S+)\s+(.+?)\s+Version:\s*(\S*)", said)
    if found:
        tree["scsi_vendor"], tree["scsi_revision"] = found[1], found[3]
        tree["scsi_model_name"] = f"{found[1]} {found[2]}"


_LOG = "nvme_smart_health_information_log"
KEYS: dict[str, Store] = {
    "model family": _text("model_family"),
    "device model": _text("model_name"),
    "model number": _text("model_name"),
    "vendor": _scsi_model("vendor"),
    "product": _scsi_model("product"),
    "device": _old_scsi,
    "revision": _text("scsi_revision"),
    "firmware version": _text("firmware_version"),
    "serial number": _text("serial_number"),
    "lu wwn device id": _wwn,
    "logical unit id": _text("logical_unit_id"),
    "namespace 1 ieee eui-64": _eui,
    "user capacity": _number("user_capacity.bytes"),
    "total nvm capacity": _number("nvme_total_capacity"),
    "namespace 1 size/capacity": _number("user_capacity.bytes"),
    "namespace 1 formatted lba size": _number("logical_block_size"),
    "sector size": _sectors,
    "sector sizes": _sectors,
    "logical block size": _number("logical_block_size"),
    "physical block size": _number("physical_block_size"),
    "rotation rate": _rotation,
    "form factor": _text("form_factor.name"),
    "device is": _database,
    "ata version is": _text("ata_version.string"),
    "nvme version": _text("nvme_version.string"),
    "sata version is": _sata,
    "transport protocol": _text("scsi_transport_protocol.name"),
    "local time is": _time,
    "smart support is": _smart_support,
    "write cache is": _switch("write_cache.enabled"),
    "writeback cache is": _switch("write_cache.enabled"),
    "trim command": _switch("trim.supported"),
    "zoned device": _text("zoned_device.capabilities"),
    "smart overall-health self-assessment test result": _overall,
    "smart health status": _scsi_status,
    "offline data collection status": _offline,
    "self-test execution status": _self_test_status,
    "smart capabilities": _capabilities,
    "sct capabilities": _sct,
    "optional admin commands (0x0017)": _admin,
    "ata error count": _number("ata_smart_error_log.summary.count"),
    "device error count": _number("ata_smart_error_log.extended.count"),
    "current temperature": _number("temperature.current"),
    "lifetime min/max temperature": _pair("temperature.lifetime_min", "temperature.lifetime_max"),
    "min/max recommended temperature": _pair("temperature.op_limit_min", "temperature.op_limit_max"),
    "min/max temperature limit": _pair("temperature.limit_min", "temperature.limit_max"),
    "specified max operating temperature": _number("temperature.op_limit_max"),
    "current drive temperature": _number("temperature.current"),
    "drive trip temperature": _number("temperature.drive_trip"),
    "elements in grown defect list": _number("scsi_grown_defect_list"),
    "non-medium error count": _number("scsi_non_medium_error_count"),
    "percentage used endurance indicator": _number("scsi_percentage_used_endurance_indicator"),
    "accumulated start-stop cycles": _number("scsi_start_stop_cycle_counter.accumulated_start_stop_cycles"),
    "accumulated power on time, hours:minutes": _hours_minutes,
    "number of hours powered up": _hours_minutes,
    "warning comp. temp. threshold": _number("nvme_composite_temperature_threshold.warning"),
    "critical comp. temp. threshold": _number("nvme_composite_temperature_threshold.critical"),
    "critical warning": _number(f"{_LOG}.critical_warning"),
    "temperature": _number(f"{_LOG}.temperature", "temperature.current"),
    "available spare": _number(f"{_LOG}.available_spare"),
    "available spare threshold": _number(f"{_LOG}.available_spare_threshold"),
    "percentage used": _number(f"{_LOG}.percentage_used"),
    "data units written": _number(f"{_LOG}.data_units_written"),
    "power cycles": _number(f"{_LOG}.power_cycles"),
    "power on hours": _number(f"{_LOG}.power_on_hours"),
    "unsafe shutdowns": _number(f"{_LOG}.unsafe_shutdowns"),
    "media and data integrity errors": _number(f"{_LOG}.media_errors"),
    "error information log entries": _number(f"{_LOG}.num_err_log_entries"),
    "warning comp. temperature time": _number(f"{_LOG}.warning_temp_time"),
    "critical comp. temperature time": _number(f"{_LOG}.critical_comp_time"),
}
"""By the key as smartctl prints it, lower case, blanks made one."""
