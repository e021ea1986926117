"""The health columns of a drive: temperatures, wear, error counts, self-tests, from smartctl's JSON shape."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from collectors import smart_wear
from collectors.smart_identity import protocol_of
from collectors.smart_values import Tree, at, branch, celsius, first, flag, inner, items, natural, text, total

CRC_EVENTS = (1, 11, 15, 18)
"""SATA phy events that count CRC errors in several ways: the largest is taken, the sum would count twice."""


_WAYS = ("read", "write", "verify")


def has_health(tree: Tree) -> bool:
    """Whether the answer holds any word on the drive's health."""
    return (
        flag(inner(tree, "smart_status").get("passed")) is not None
        or any(
            tree.get(name)
            for name in (
                "ata_smart_attributes",
                "ata_device_statistics",
                "ata_smart_error_log",
                "ata_smart_self_test_log",
                "nvme_smart_health_information_log",
                "scsi_error_counter_log",
                "scsi_self_test_0",
            )
        )
        or tree.get("scsi_grown_defect_list") is not None
    )


def temperatures(tree: Tree) -> dict[str, Any]:
    """Temperatures and their limits."""
    told = inner(tree, "temperature")
    sct = branch(tree, "ata_sct_status.temperature")
    scsi = branch(tree, "scsi_environmental_reports.temperature_1")
    limits = inner(tree, "nvme_composite_temperature_threshold")
    return {
        "temperature_celsius": _first_celsius(
            told.get("current"),
            at(tree, "nvme_smart_health_information_log.temperature"),
            scsi.get("current"),
        ),
        "temperature_limit_celsius": _first_celsius(told.get("op_limit_max"), limits.get("warning")),
        "temperature_critical_celsius": _first_celsius(
            told.get("critical_limit_max"),
            told.get("limit_max"),
            told.get("drive_trip"),
            limits.get("critical"),
        ),
        "temperature_min_celsius": _first_celsius(
            told.get("lifetime_min"), sct.get("lifetime_min"), scsi.get("lifetime_minimum")
        ),
        "temperature_max_celsius": _first_celsius(
            told.get("lifetime_max"), sct.get("lifetime_max"), scsi.get("lifetime_maximum")
        ),
    }


def _first_celsius(*values: Any) -> int | None:
    for value in values:
        if value is not None and (told := celsius(value)) is not None:
            return told
    return None


def wear(tree: Tree) -> dict[str, Any]:
    """Endurance, spare area, bytes written."""
    named = smart_wear.named_attributes(tree)
    left, limit = smart_wear.spare(tree, named)
    return {
        "endurance_used_percent": smart_wear.endurance_used(tree, named),
        "spare_available_percent": left,
        "spare_threshold_percent": limit,
        "bytes_written": smart_wear.bytes_written(tree, named),
    }


def ata(tree: Tree) -> dict[str, Any]:
    """What only ATA drives tell."""
    erc = inner(tree, "ata_sct_erc")
    return {
        "erc_supported": True if erc else _erc_supported(tree),
        "erc_read_deciseconds": _erc(inner(erc, "read")),
        "erc_write_deciseconds": _erc(inner(erc, "write")),
        "offline_collection": text(at(tree, "ata_smart_data.offline_data_collection.status.string")),
        "pending_defects": first(
            natural(at(tree, "ata_pending_defects_log.count")),
            natural(at(tree, "scsi_pending_defects.count")),
        ),
        "error_count": first(
            natural(at(tree, "ata_smart_error_log.extended.count")),
            natural(at(tree, "ata_smart_error_log.summary.count")),
        ),
        "phy_crc_errors": max(
            (
                value
                for _, one in items(tree, "sata_phy_event_counters.table")
                if one.get("id") in CRC_EVENTS and (value := natural(one.get("value"))) is not None
            ),
            default=None,
        ),
    }


def _erc_supported(tree: Tree) -> bool | None:
    told = flag(at(tree, "ata_sct_capabilities.error_recovery_control_supported"))
    if told is None and at(tree, "ata_smart_data.capabilities") and "ata_sct_capabilities" not in tree:
        return False  # smartctl prints the SCT capabilities right after these, if there are any
    return told


def _erc(told: Tree) -> int | None:
    if flag(told.get("enabled")) is False:
        return 0
    return natural(told.get("deciseconds"))


def self_test(tree: Tree) -> dict[str, Any]:
    """Whether the drive can and does test itself."""
    supported = flag(at(tree, "ata_smart_data.capabilities.self_tests_supported"))
    if supported is None:
        supported = flag(at(tree, "nvme_optional_admin_commands.self_test"))
    if supported is None and any(name in tree for name in ("nvme_self_test_log", "scsi_self_test_0")):
        supported = True
    return {"self_test_supported": supported, "self_test_running": _running(tree)}


def _running(tree: Tree) -> bool | None:
    ata = natural(at(tree, "ata_smart_data.self_test.status.value"))
    if ata is not None:
        return ata >> 4 == 15
    nvme = natural(at(tree, "nvme_self_test_log.current_self_test_operation.value"))
    if nvme is not None:
        return nvme != 0
    scsi = natural(at(tree, "scsi_self_test_0.result.value"))
    return scsi == 15 if scsi is not None else None


def nvme(tree: Tree) -> dict[str, Any]:
    """The NVMe health log."""
    log = inner(tree, "nvme_smart_health_information_log")
    if not log:
        return {}
    return {
        "critical_warning": natural(log.get("critical_warning")),
        "media_errors": natural(log.get("media_errors")),
        "error_log_entries": natural(log.get("num_err_log_entries")),
        "unsafe_shutdowns": natural(log.get("unsafe_shutdowns")),
        "warning_temperature_minutes": natural(log.get("warning_temp_time")),
        "critical_temperature_minutes": natural(log.get("critical_comp_time")),
    }


def scsi(tree: Tree) -> dict[str, Any]:
    """What only SCSI drives tell."""
    counters = inner(tree, "scsi_error_counter_log")
    scan = inner(tree, "scsi_background_scan")
    return {
        "informational_exception": _exception(tree),
        "grown_defects": natural(tree.get("scsi_grown_defect_list")),
        "uncorrected_errors": total(
            *(natural(inner(counters, way).get("total_uncorrected_errors")) for way in _WAYS)
        )
        if counters
        else None,
        "non_medium_errors": first(
            natural(tree.get("scsi_non_medium_error_count")),
            natural(at(counters, "non_medium_error.count")),
        ),
        "background_scan_errors": sum(1 for _ in _scan_results(scan)) if scan else None,
    }


def _exception(tree: Tree) -> str | None:
    status = inner(tree, "smart_status")
    sense = inner(status, "scsi")
    asc, ascq = natural(sense.get("asc")), natural(sense.get("ascq"))
    if asc is not None and asc < 256:
        return f"{asc:02x}/{(ascq or 0) & 255:02x}"
    healthy = flag(status.get("passed")) and protocol_of(tree) == "SCSI"
    return "00/00" if healthy else None


def _scan_results(scan: Tree) -> Iterator[Tree]:
    """Bad places that the background scan logged; those it could read and rewrite count too."""
    for name, result in scan.items():
        if name.startswith("result_") and isinstance(result, dict):
            yield result
