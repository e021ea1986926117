"""Reads `nvme smart-log` of nvme-cli, JSON or text: numbers come as numbers, strings or with a fraction."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from collectors.collector import reader
from collectors.drive_tables import Drive
from collectors.fact import Missing, Reading
from collectors.question import Answer
from collectors.smart_json import documents
from collectors.smart_read import read_tree
from collectors.smart_text_stores import number_in
from collectors.smart_values import Tree, items, text, whole

_TEXT = re.compile(r"^ *Smart Log for NVME device: ?(\S+) namespace-id: ?(\S+)", re.MULTILINE | re.IGNORECASE)
_LINE = re.compile(r"^ *([a-zA-Z_]\w+)\s*: *(\S.*)$", re.MULTILINE)
_KNOWN = ("avail_spare", "spare_thresh", "percent_used", "num_err_log_entries", "critical_warning")
KEYS = {
    "avail_spare": "available_spare",
    "available_spare": "available_spare",
    "spare_thresh": "available_spare_threshold",
    "available_spare_threshold": "available_spare_threshold",
    "percent_used": "percentage_used",
    "percentage_used": "percentage_used",
    "data_units_written": "data_units_written",
    "power_cycles": "power_cycles",
    "power_on_hours": "power_on_hours",
    "unsafe_shutdowns": "unsafe_shutdowns",
    "media_errors": "media_errors",
    "num_err_log_entries": "num_err_log_entries",
    "warning_temp_time": "warning_temp_time",
    "critical_comp_time": "critical_comp_time",
}
"""nvme-cli's names of the health log, and smartctl's."""


def recognises(said: str) -> float:
    """0.9 for a health log, 0.6 for a list of NVMe devices, 0 for anything else."""
    if "smartctl" in said[:4000]:
        return 0.0
    if _TEXT.search(said) or all(f'"{name}"' in said for name in _KNOWN):
        return 0.9
    listed = re.search(r'"Devices"\s*:\s*\[', said)
    return 0.6 if listed and re.search(r'"DevicePath"|"SubsystemNQN"|"Devices"\s*:\s*\[\s*\]', said) else 0.0


@reader("nvme-cli", fills=(Drive,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """nvme smart-log: wear, spare area, warnings and counters of an NVMe drive. A list of devices is a gap.

    Source: nvme-cli, nvme-print-json.c and nvme-print-stdout.c; NVM Express base specification, SMART log.
    """
    said = answer.text
    device = next((word for word in answer.question.argv if word.startswith("/dev/")), "")
    trees, rest = documents(said)
    for tree in trees:
        if any(name in tree for name in KEYS):
            yield from read_tree(_as_smartctl(tree, device), answer)
        else:
            yield from _listed(tree)
    logs = list(_TEXT.finditer(said)) if not trees else []
    ends = [log.start() for log in logs[1:]] + [len(said)]
    for log, end in zip(logs, ends, strict=False):
        body = said[log.end() : end]
        told = {name.lower().replace(" ", "_"): number_in(value) for name, value in _LINE.findall(body)}
        told["temperature"] = _kelvin(body)
        yield from read_tree(_as_smartctl(told, device or f"/dev/{log[1]}"), answer)
    if rest or not (trees or logs):
        why = (
            f"cut off or damaged: {rest[:80]!r}"
            if rest
            else answer.complaint or "no health log in the answer"
        )
        yield Missing(Drive, "unreadable" if rest else "empty", why, device)


def _kelvin(body: str) -> int | None:
    """The composite temperature of the text form: `36 C (309 Kelvin)`, `309 K`, or in Fahrenheit first."""
    line = re.search(r"^ *temperature\s*: *(.*)$", body, re.MULTILINE)
    if line is None:
        return None
    kelvin = re.search(r"\b(\d+) ?K", line[1])
    if kelvin:
        return int(kelvin[1])
    degrees = re.search(r"(-?\d+) ?(?:°|º)?C\b", line[1])
    return int(degrees[1]) + 273 if degrees else None


def _as_smartctl(told: Tree, device: str) -> dict[str, Any]:
    log = {ours: told[name] for name, ours in KEYS.items() if name in told}
    warning = told.get("critical_warning")
    log["critical_warning"] = warning.get("value") if isinstance(warning, dict) else warning
    kelvin = whole(told.get("temperature"))
    if kelvin is not None and kelvin > 200:
        log["temperature"] = kelvin - 273
    bits = whole(log["critical_warning"])
    tree: dict[str, Any] = {
        "device": {"name": device or "?", "protocol": "NVMe"},
        "nvme_smart_health_information_log": log,
    }
    if bits is not None:
        tree["smart_status"] = {"passed": bits == 0}
    return tree


def _listed(tree: Tree) -> Iterator[Reading]:
    """A list of devices tells no health."""
    names = [text(one.get("DevicePath")) for _, one in items(tree, "Devices")]
    for name in [name for name in names if name] or [""]:
        yield Missing(Drive, "empty", "a list of devices tells no health: ask nvme smart-log", name)
