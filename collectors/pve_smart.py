"""Disks as Proxmox VE tells them, turned into what smartctl told Proxmox in the first place.

Source: PVE::Diskmanage, which runs `smartctl -H -A -f brief` and hands on the attributes of an ATA disk as
objects, the lines of any other as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.hypervisor_words import count, mappings, number, word
from collectors.smart_text import drives

_HEAD = "=== START OF READ SMART DATA SECTION ==="
_TITLE = "ID# ATTRIBUTE_NAME          FLAGS    VALUE WORST THRESH FAIL RAW_VALUE"


def drive_tree(one: Mapping[str, Any], device: str) -> dict[str, Any]:
    """An entry of /disks/list in the shape of smartctl's JSON. *device*: node and device name."""
    tree: dict[str, Any] = {"device": {"name": device}}
    told: dict[str, Any] = {
        "model_name": word(one.get("model")),
        "serial_number": word(one.get("serial")),
        "vendor": word(one.get("vendor")),
        "logical_unit_id": word(one.get("wwn")),
    }
    tree |= {key: value for key, value in told.items() if value not in (None, "unknown")}
    if (size := count(one.get("size"))) is not None:
        tree["user_capacity"] = {"bytes": size}
    turns = number(one.get("rpm"))
    if one.get("type") in ("ssd", "nvme"):
        tree["rotation_rate"] = 0
    elif turns is not None and turns > 0:
        tree["rotation_rate"] = turns
    if one.get("type") == "nvme":
        tree["device"]["protocol"] = "NVMe"
    if (passed := _passed(one.get("health"))) is not None:
        tree["smart_status"] = {"passed": passed}
    left = number(one.get("wearout"))
    if left is not None and 0 <= left <= 100:  # what is left of it, of a solid-state disk
        tree["endurance_used"] = {"current_percent": 100 - left}
    return tree


def health_tree(told: Mapping[str, Any], device: str) -> dict[str, Any]:
    """An answer of /disks/smart in the shape of smartctl's JSON; read by the decoder of smartctl's text."""
    lines = [_HEAD]
    attributes = mappings(told.get("attributes"))
    if attributes:
        lines += [_TITLE, *(_line(one) for one in attributes)]
    if isinstance(told.get("text"), str):
        lines.append(told["text"][:200_000])
    bare: dict[str, Any] = {"device": {"name": device}}
    tree = next(drives("\n".join(lines), device), bare)
    if told.get("type") == "ata":
        tree["device"]["protocol"] = "ATA"
    passed = _passed(told.get("health"))
    if passed is not None and "smart_status" not in tree:
        tree["smart_status"] = {"passed": passed}
    return tree


def _line(one: Mapping[str, Any]) -> str:
    """An attribute as smartctl printed it."""
    raw = one.get("raw")
    words = (
        *((word(one.get("id")) or "0").rjust(3), (word(one.get("name")) or "Unknown_Attribute").ljust(24)),
        *((word(one.get("flags")) or "------"), _three(one.get("value")), _three(one.get("worst"))),
        *(_three(one.get("threshold")), word(one.get("fail")) or "-", str(raw if raw is not None else "")),
    )
    return " ".join(" ".join(one.split()) if place else one for place, one in enumerate(words))


def _three(value: Any) -> str:
    told = count(value)
    return "---" if told is None else f"{told:03d}"


def _passed(value: Any) -> bool | None:
    """PASSED, OK, FAILED!; UNKNOWN and "SMART Disabled" tell nothing."""
    said = (word(value) or "").upper()
    if said in ("PASSED", "OK"):
        return True
    return False if said.startswith("FAIL") else None
