"""Rows of LVM out of the fields of its reports."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from collectors.lvm_report import Fields, amount, percent, time_of, yes
from collectors.lvm_tables import LvmGroup, LvmPhysical, LvmVolume
from collectors.plain_text import whole_number


def group_of(fields: Fields) -> LvmGroup | None:
    """A volume group; None where the line names none."""
    name = fields.get("vg_name", "").strip()
    if not name:
        return None
    attributes = fields.get("vg_attr") or None
    missing = whole_number(fields.get("vg_missing_pv_count"))
    if missing is None and attributes and len(attributes) >= 4 and attributes[3] != "p":
        missing = 0
    return LvmGroup(
        name=name,
        uuid=fields.get("vg_uuid") or None,
        attributes=attributes,
        size_bytes=amount(fields.get("vg_size")),
        free_bytes=amount(fields.get("vg_free")),
        physical_count=whole_number(fields.get("pv_count")),
        missing_count=missing,
        volume_count=whole_number(fields.get("lv_count")),
    )


def physical_of(fields: Fields) -> LvmPhysical | None:
    """A physical volume; None for a device that is none (`pvs -a` lists those too)."""
    name = fields.get("pv_name", "").strip()
    attributes = fields.get("pv_attr") or None
    if not name or attributes == "---" or fields.get("pv_fmt") == "":
        return None
    missing = yes(fields.get("pv_missing"), "missing")
    if name.startswith(("[unknown]", "unknown device")):
        missing = True
    if missing is None and attributes and len(attributes) >= 3:
        missing = attributes[2] == "m"
    return LvmPhysical(
        name=name,
        uuid=fields.get("pv_uuid") or None,
        group=fields.get("vg_name") or None,
        attributes=attributes,
        size_bytes=amount(fields.get("pv_size")),
        free_bytes=amount(fields.get("pv_free")),
        missing=missing,
    )


_HEALTH = {
    "p": "partial",
    "X": "unknown",
    "r": "refresh needed",
    "m": "mismatches exist",
    "w": "writemostly",
    "R": "reshaping",
    "F": "failed",
    "D": "out_of_data",
    "M": "metadata_read_only",
    "E": "error",
    "-": "",
}
"""Ninth letter of lv_attr → what lv_health_status calls it (lvs(8))."""
_TYPES = {
    "t": "thin-pool",
    "V": "thin",
    "s": "snapshot",
    "S": "snapshot",
    "C": "cache",
    "d": "vdo-pool",
    "m": "mirror",
    "M": "mirror",
    "r": "raid",
    "R": "raid",
    "p": "pvmove",
    "e": "metadata",
}
"""First letter of lv_attr → type, where no segment type was told."""


def volume_of(fields: Fields) -> LvmVolume | None:
    """A logical volume; None where the line names none."""
    told, group = fields.get("lv_name", "").strip(), fields.get("vg_name", "").strip()
    if not told:
        return None
    volume = told.strip("[]")
    attributes = (fields.get("lv_attr") or "").strip() or None
    letters = attributes or ""
    health = fields.get("lv_health_status")
    if health is None and len(letters) >= 9:
        health = _HEALTH.get(letters[8])
    state = letters[4] if len(letters) >= 5 else ""
    invalid = yes(fields.get("lv_snapshot_invalid"), "snapshot invalid")
    return LvmVolume(
        name=f"{group}/{volume}" if group else volume,
        group=group,
        volume=volume,
        hidden=told.startswith("["),
        uuid=fields.get("lv_uuid") or None,
        attributes=attributes,
        segment_type=fields.get("segtype") or _TYPES.get(letters[:1]),
        size_bytes=amount(fields.get("lv_size")),
        active=state in "asI SmMdicC".replace(" ", "") if state and state != "X" else None,
        health=health.strip() if health is not None else None,
        snapshot_invalid=invalid if invalid is not None else state in "IS" if state else None,
        merge_failed=yes(fields.get("lv_merge_failed"), "merge failed"),
        check_needed=_check_needed(fields, state),
        mapped_name=_mapped(fields, group, volume),
        **_percents(fields),
        **_words(fields),
    )


def _percents(fields: Fields) -> dict[str, Any]:
    used = percent(fields.get("data_percent"))
    if used is None:
        used = percent(fields.get("snap_percent"))
    sync = percent(fields.get("copy_percent"))
    return {
        "data_percent": used,
        "metadata_percent": percent(fields.get("metadata_percent")),
        "sync_percent": sync if sync is not None else percent(fields.get("sync_percent")),
        "mismatch_sectors": whole_number(fields.get("raid_mismatch_count")),
        "integrity_mismatches": whole_number(fields.get("integritymismatches")),
    }


def _words(fields: Fields) -> dict[str, Any]:
    monitored = {"monitored": True, "not monitored": False}.get(fields.get("seg_monitor", "").strip())
    return {
        "origin": (fields.get("origin") or "").strip("[]") or None,
        "pool": (fields.get("pool_lv") or "").strip("[]") or None,
        "sync_action": fields.get("raid_sync_action") or None,
        "when_full": fields.get("lv_when_full") or None,
        "monitored": monitored,
        "cache_mode": fields.get("cache_mode") or None,
        "vdo_mode": fields.get("vdo_operating_mode") or None,
        "devices": " ".join(re.findall(r"[^,\s]+", fields.get("devices") or "")),
        "created_at": time_of(fields.get("lv_time")),
    }


def _check_needed(fields: Fields, state: str) -> bool | None:
    told = yes(fields.get("lv_check_needed"), "check needed")
    return told if told is not None else True if state in ("c", "C") else None


def _mapped(fields: Fields, group: str, volume: str) -> str | None:
    told = fields.get("lv_dm_path", "").removeprefix("/dev/mapper/")
    if told or not group:
        return told or None
    return f"{group.replace('-', '--')}-{volume.replace('-', '--')}"


def merged(first: LvmVolume, second: LvmVolume) -> LvmVolume:
    """Two segments of one volume: reports with segment fields repeat the volume for each."""
    devices = f"{first.devices} {second.devices}".strip()
    return dataclasses.replace(first, devices=devices)
