"""The tables of smartctl's text: attributes, logs and counters, each put where its JSON has it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from collectors.smart_text_stores import put
from collectors.smart_values import whole

LINE = "line"


@dataclass(frozen=True, slots=True)
class Table:
    """A part of the output with rows of its own. *row* takes a line and says whether it was one of them."""

    row: Callable[[dict[str, Any], str, int], bool]


def _list(tree: dict[str, Any], path: str) -> list[dict[str, Any]]:
    *way, last = path.split(".")
    for name in way:
        tree = tree.setdefault(name, {})
    found: list[dict[str, Any]] = tree.setdefault(last, [])
    return found


_BRIEF = re.compile(
    r"\s*(\d{1,3}|0x[0-9a-f]{2}) (\S+)\s+([POSRCK+-]{6,8})\s+(\d+|-+)\s+(\d+|-+)\s+(\d+|-+)"
    r"\s+(-|NOW|Past)\s+(\S.*)"
)
_OLD = re.compile(
    r"\s*(\d{1,3}|0x[0-9a-f]{2}) (\S+)\s+0x([0-9a-f]{4})\s+(\d+|-+)\s+(\d+|-+)\s+(\d+|-+)"
    r"\s+(Pre-fail|Old_age)\s+(Always|Offline)\s+(-|FAILING_NOW|In_the_past)\s+(\S.*)"
)


def _attribute(tree: dict[str, Any], line: str, number: int) -> bool:
    if found := _BRIEF.match(line):
        ident, name, flags, value, worst, limit, failed, raw = found.groups()
        prefailure = flags[0] == "P"
    elif found := _OLD.match(line):
        ident, name, _, value, worst, limit, kind, _, failed, raw = found.groups()
        prefailure = kind == "Pre-fail"
    else:
        return False
    row = {
        "id": whole(ident),
        "name": name,
        "flags": {"prefailure": prefailure},
        "when_failed": {"-": "", "NOW": "now", "FAILING_NOW": "now"}.get(failed, "past"),
        "raw": {"string": raw.strip(), "value": _raw(raw.strip())},
        LINE: number,
    }
    for name, told in (("value", value), ("worst", worst), ("thresh", limit)):
        if told.isdigit():
            row[name] = int(told)
    _list(tree, "ata_smart_attributes.table").append(row)
    return True


def _raw(said: str) -> int | None:
    """All 48 bits, where the formatted value still holds them: a number, hex, or three words."""
    if re.fullmatch(r"\d+|0x[0-9a-fA-F]+", said):
        return whole(said)
    words = said.split()
    if len(words) == 3 and all(word.isdigit() and int(word) < 1 << 16 for word in words):
        high, middle, low = (int(word) for word in words)
        return high << 32 | middle << 16 | low
    return None


_ATA_TEST = re.compile(r"\s*#\s?(\d+)\s+(\S.*?)\s{2,}(\S.*?)\s+(\d+)%\s+(\d+)\s+(-|\d+|0x[0-9a-f]+)\s*$")
_SCSI_TEST = re.compile(
    r"\s*#\s?(\d+)\s+(\S.*?)\s{2,}(\S.*?)\s+(-|\d+)\s+(\d+|NOW)\s+(-|\d+|0x[0-9a-f]+)\s+\["
)


def _self_test(log: str) -> Callable[[dict[str, Any], str, int], bool]:
    def row(tree: dict[str, Any], line: str, number: int) -> bool:
        if found := _ATA_TEST.match(line):
            _, kind, status, remaining, hours, lba = found.groups()
            entry: dict[str, Any] = {"type": {"string": kind}, "status": {"string": status}, LINE: number}
            entry["status"]["remaining_percent"] = int(remaining)
            entry["lifetime_hours"] = int(hours)
            if lba != "-":
                entry["lba"] = whole(lba)
            _list(tree, f"ata_smart_self_test_log.{log}.table").append(entry)
        elif found := _SCSI_TEST.match(line):
            at, kind, status, _, hours, lba = found.groups()
            entry = {"code": {"string": kind}, "result": {"string": status}, LINE: number}
            if hours.isdigit():
                entry["power_on_time"] = {"hours": int(hours)}
            if lba != "-":
                entry["lba_first_failure"] = {"value": whole(lba)}
            tree[f"scsi_self_test_{int(at) - 1}"] = entry
        elif "No self-tests have been logged" in line or "No Self-tests Logged" in line:
            put(tree, f"ata_smart_self_test_log.{log}.count", 0)
        else:
            return False
        return True

    return row


_NVME_TEST = re.compile(
    r"\s*(\d+)\s+(\S.*?)\s{2,}(\S.*?)\s+(\d+)\s+(-|\d+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s*$"
)


def _nvme_test(tree: dict[str, Any], line: str, number: int) -> bool:
    if line.startswith("Self-test status:"):
        running = "No self-test in progress" not in line
        put(tree, "nvme_self_test_log.current_self_test_operation", {"value": int(running), "string": line})
        return True
    found = _NVME_TEST.match(line)
    if found is None:
        return False
    entry: dict[str, Any] = {
        "self_test_code": {"string": found[2]},
        "self_test_result": {"string": found[3]},
        "power_on_hours": int(found[4]),
        LINE: number,
    }
    if found[5].isdigit():
        entry["lba"] = int(found[5])
    _list(tree, "nvme_self_test_log.table").append(entry)
    return True


_OCCURRED = re.compile(r"\s*Error (\d+)(?: \[\d+\])? occurred at disk power-on lifetime: (\d+) hours")
_CAUSE = re.compile(r"\s*([0-9a-f]{2})(?: (?:--|[0-9a-f]{2})){5,14}\s+Error:\s*(.*)$")


def _error(log: str) -> Callable[[dict[str, Any], str, int], bool]:
    def row(tree: dict[str, Any], line: str, number: int) -> bool:
        if found := _OCCURRED.match(line):
            entry = {"error_number": int(found[1]), "lifetime_hours": int(found[2]), LINE: number}
            _list(tree, f"ata_smart_error_log.{log}.table").append(entry)
        elif found := _CAUSE.match(line):
            entries = _list(tree, f"ata_smart_error_log.{log}.table")
            if entries and "completion_registers" not in entries[-1]:
                lba = re.search(r"at LBA = 0x[0-9a-f]+ = (\d+)", found[2])
                entries[-1]["error_description"] = f"Error: {found[2]}".strip() if found[2] else ""
                registers = {"error": int(found[1], 16)} | ({"lba": int(lba[1])} if lba else {})
                entries[-1]["completion_registers"] = registers
        elif line.strip() == "No Errors Logged":
            put(tree, f"ata_smart_error_log.{log}.count", 0)
        else:
            return False
        return True

    return row


_STATISTIC = re.compile(
    r"\s*(0x[0-9a-f]{2}|\d{1,3})\s+0x([0-9a-f]{3})\s+\d\s+(-|-?\d+)(~?)\s+(?:([N-][D-][C-])\s+)?(\S.*)$"
)


def _statistic(tree: dict[str, Any], line: str, number: int) -> bool:
    found = _STATISTIC.match(line)
    if found is None:
        return False
    page, offset, value, old_normalised, flags, name = found.groups()
    pages = _list(tree, "ata_device_statistics.pages")
    if not pages or pages[-1]["number"] != whole(page):
        pages.append({"number": whole(page), "table": []})
    entry: dict[str, Any] = {"offset": int(offset, 16), "name": name.strip(), LINE: number}
    entry["flags"] = {"valid": value != "-", "normalized": bool(old_normalised) or (flags or "-")[0] == "N"}
    if flags:
        entry["flags"]["monitored_condition_met"] = flags[2] == "C"
    if value != "-":
        entry["value"] = int(value)
    pages[-1]["table"].append(entry)
    return True


def _phy(tree: dict[str, Any], line: str, number: int) -> bool:
    found = re.match(r"\s*0x([0-9a-f]{4})\s+\d\s+(\d+)\+?\s+(\S.*)$", line)
    if found is None:
        return False
    entry = {"id": int(found[1], 16), "value": int(found[2]), "name": found[3], LINE: number}
    _list(tree, "sata_phy_event_counters.table").append(entry)
    return True


def _erc(tree: dict[str, Any], line: str, number: int) -> bool:
    if (
        "Error Recovery Control command not supported" in line
        or "Error Recovery Control not supported" in line
    ):
        put(tree, "ata_sct_capabilities.error_recovery_control_supported", False)
        return True
    found = re.match(r"\s*(Read|Write):\s+(Disabled|\d+)", line)
    if found is None:
        return False
    told = {"enabled": False} if found[2] == "Disabled" else {"enabled": True, "deciseconds": int(found[2])}
    put(tree, f"ata_sct_erc.{found[1].lower()}", told)
    return True


def _defects(tree: dict[str, Any], line: str, number: int) -> bool:
    if "No Defects Logged" in line:
        put(tree, "ata_pending_defects_log.count", 0)
    elif re.match(r"\s*\d+\s+\d+\s+(?:\d+|-)\s*$", line):
        log = tree.setdefault("ata_pending_defects_log", {})
        log["count"] = log.get("count", 0) + 1
    else:
        return False
    return True


_COUNTER = re.compile(r"(read|write|verify):\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+([\d.,]+)\s+(\d+)\s*$")


def _counter(tree: dict[str, Any], line: str, number: int) -> bool:
    found = _COUNTER.match(line)
    if found is None:
        return False
    told = {"gigabytes_processed": found[7].replace(",", ""), "total_uncorrected_errors": int(found[8])}
    put(tree, f"scsi_error_counter_log.{found[1]}", told)
    return True


def _background(tree: dict[str, Any], line: str, number: int) -> bool:
    scan = tree.setdefault("scsi_background_scan", {})
    found = re.match(r"\s*(\d+)\s+\d+:\d\d\s+\[?([0-9a-fx]+)\]?\s+\[", line)
    if found is None:
        return False
    scan[f"result_{found[1]}"] = {"lba": found[2], LINE: number}
    return True


SECTIONS: tuple[tuple[str, Table], ...] = (
    ("ID# ATTRIBUTE_NAME", Table(_attribute)),
    ("SMART Extended Comprehensive Error Log Version", Table(_error("extended"))),
    ("SMART Error Log Version", Table(_error("summary"))),
    ("SMART Extended Self-test Log Version", Table(_self_test("extended"))),
    ("SMART Self-test log", Table(_self_test("standard"))),
    ("Self-test Log (NVMe Log", Table(_nvme_test)),
    ("Device Statistics (", Table(_statistic)),
    ("SATA Phy Event Counters", Table(_phy)),
    ("SCT Error Recovery Control", Table(_erc)),
    ("Pending Defects log", Table(_defects)),
    ("Error counter log", Table(_counter)),
    ("Error Counter log", Table(_counter)),
    ("Background scan results log", Table(_background)),
)
"""By the line each begins with."""
