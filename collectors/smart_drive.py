"""The drive row: who one drive is and all that it says of itself, from smartctl's JSON shape."""

from __future__ import annotations

from typing import Any

from collectors import smart_health, smart_wear
from collectors.drive_tables import Drive
from collectors.smart_identity import Who, is_raid_volume, is_virtual, protocol_of, wwn_of
from collectors.smart_values import Tree, at, first, flag, inner, items, moment, natural, text, whole


def drive_row(tree: Tree, who: Who) -> Drive:
    """One drive. Needs no key to be there: what is missing or odd stays None."""
    protocol = protocol_of(tree)
    return Drive(
        drive=who.drive,
        device=who.device,
        model=who.model,
        serial=who.serial,
        **_reading(tree, protocol),
        **_names(tree),
        **_shape(tree, protocol),
        **_state(tree),
        **smart_health.temperatures(tree),
        **smart_health.wear(tree),
        **smart_health.ata(tree),
        **smart_health.self_test(tree),
        **smart_health.nvme(tree),
        **smart_health.scsi(tree),
    )


def _reading(tree: Tree, protocol: str | None) -> dict[str, Any]:
    tool = inner(tree, "smartctl")
    version = tool.get("version")
    parts = version if isinstance(version, list) else []
    return {
        "device_type": text(inner(tree, "device").get("type")),
        "protocol": protocol,
        "read_at": moment(inner(tree, "local_time").get("time_t")),
        "exit_status": natural(tool.get("exit_status")),
        "tool_version": ".".join([str(whole(part)) for part in parts[:3]]) or None,
    }


def _names(tree: Tree) -> dict[str, Any]:
    return {
        "vendor": text(tree.get("scsi_vendor")) or text(tree.get("vendor")),
        "family": text(tree.get("model_family")),
        "wwn": wwn_of(tree),
        "firmware_version": text(tree.get("firmware_version")) or text(tree.get("scsi_revision")),
        "in_database": flag(tree.get("in_smartctl_database")),
        "database_warning": text(tree.get("database_warning")) or _warning(tree),
        "virtual": is_virtual(tree),
        "raid_volume": is_raid_volume(tree),
    }


def _warning(tree: Tree) -> str | None:
    """The drive database's warning, which smartctl hands on as a message or as a line of its text output."""
    for _, message in items(tree, "smartctl.messages"):
        said = text(message.get("string")) or ""
        if "firmware update" in said.lower() or said.startswith("==> WARNING"):
            return said.removeprefix("==> WARNING:").strip()
    return None


def _shape(tree: Tree, protocol: str | None) -> dict[str, Any]:
    rpm = natural(tree.get("rotation_rate"))
    speed = inner(tree, "interface_speed")
    return {
        "capacity_bytes": first(
            natural(inner(tree, "user_capacity").get("bytes")), natural(tree.get("nvme_total_capacity"))
        ),
        "logical_sector_bytes": natural(tree.get("logical_block_size")),
        "physical_sector_bytes": natural(tree.get("physical_block_size")),
        "rotation_rpm": 0 if rpm is None and protocol == "NVMe" else rpm,
        "form_factor": text(inner(tree, "form_factor").get("name")),
        "transport": _transport(tree, protocol),
        "link_bits_per_second": _speed(inner(speed, "current")),
        "link_max_bits_per_second": _speed(inner(speed, "max")),
        "trim_supported": flag(inner(tree, "trim").get("supported")),
        "zoned": text(inner(tree, "zoned_device").get("capabilities")) or text(tree.get("zoned_device")),
    }


def _transport(tree: Tree, protocol: str | None) -> str | None:
    device = inner(tree, "device")
    kind, info = text(device.get("type")) or "", text(device.get("info_name")) or ""
    if "USB" in info or kind.startswith(("usb", "snt")):
        return "usb"
    carried = text(inner(tree, "scsi_transport_protocol").get("name")) or ""
    if carried:
        return carried.split()[0].lower()
    if protocol == "NVMe":
        return "nvme"
    return "sata" if tree.get("sata_version") or tree.get("interface_speed") else None


def _speed(told: Tree) -> int | None:
    units, bits = natural(told.get("units_per_second")), natural(told.get("bits_per_unit"))
    return natural(units * bits) if units is not None and bits is not None else None


def _state(tree: Tree) -> dict[str, Any]:
    support = tree.get("smart_support")
    told = inner(tree, "smart_support")
    return {
        "smart_available": support if isinstance(support, bool) else flag(told.get("available")),
        "smart_enabled": flag(told.get("enabled")),
        "passed": flag(inner(tree, "smart_status").get("passed")),
        "power_on_hours": smart_wear.power_on_hours(tree),
        "power_cycles": first(
            natural(tree.get("power_cycle_count")),
            natural(at(tree, "nvme_smart_health_information_log.power_cycles")),
            natural(at(tree, "scsi_start_stop_cycle_counter.accumulated_start_stop_cycles")),
        ),
        "write_cache": flag(inner(tree, "write_cache").get("enabled")),
    }
