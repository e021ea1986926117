"""Battery or capacitor and housekeeping of a MegaRAID controller, out of storcli's tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from collectors.raid_rows import Drafts
from collectors.raid_words import battery_state, day_of, degrees_of, percent_of, word, yes
from collectors.smart_values import Tree, at, items, natural

_PLACES = ("BBU_Info", "Cachevault_Info", "BBU", "Energy Pack Info", "Energy Pack Information")
_STATUS_WORDS = {0: "ok", 8: "charging", 4096: "ok"}


def battery(name: str, told: Tree, where: str, drafts: Drafts) -> None:
    """State of the energy pack; how many tables tell it depends on the question."""
    values = dict(_values(told))
    place = next((one for one in _PLACES if one in told), None)
    fitted = yes(at(told, "HwCfg.BBU"))
    bits = natural(at(told, "Status.BBU Status"))
    if not values and fitted is None and bits is None:
        return
    said = word(values.get("state")) or word(values.get("battery state")) or word(values.get("status"))
    state = _state(said, values)
    if state is None and not values:
        if fitted is False:
            state = "missing"
        elif bits is not None:
            state, said = _STATUS_WORDS.get(bits, "weak"), f"BBU Status {bits}"
    drafts.controller(name, where).tell(
        battery_kind=_kind(place, word(values.get("model")) or word(values.get("type"))),
        battery_present=state != "missing" if state not in (None, "unknown") else fitted,
        battery_state=state,
        told_battery=_told(said, values),
        battery_charge_percent=_charge(values),
        battery_temperature_celsius=degrees_of(values.get("temp") or values.get("temperature")),
        battery_made_at=day_of(values.get("mfgdate") or values.get("date of manufacture")),
    )


def _values(told: Tree) -> Iterator[tuple[str, Any]]:
    """Property and value, lower case, of tables of one row and of tables of properties; the first counts."""
    seen: set[str] = set()
    tables = [
        name for name in told if re.match(r"(?:BBU|Cachevault|Energy|GasGauge|Firmware_Status|Design)", name)
    ]
    for name in tables:
        for _, row in items(told, name):
            pairs = [(row.get("Property"), row.get("Value"))] if "Property" in row else list(row.items())
            for key, value in pairs:
                low = str(key).strip().lower()
                if low not in seen:
                    seen.add(low)
                    yield low, value


def _kind(place: str | None, model: str | None) -> str | None:
    low = (model or "").lower()
    if place == "Cachevault_Info" or "cvpm" in low or "cvm" in low or "supercap" in low:
        return "capacitor"
    return "battery" if place in ("BBU_Info", "BBU") or "bbu" in low else None


def _state(said: str | None, values: dict[str, Any]) -> str | None:
    """The worse of the state and what single flags tell."""
    flags = {key: yes(value) for key, value in values.items()}
    if flags.get("battery pack missing"):
        return "missing"
    needed = ("battery replacement required", "replacement required")
    about = "pack is about to fail & should be replaced"
    if any(flags.get(key) for key in needed) or flags.get(about):
        return "failed"
    state = battery_state(said)
    if state in (None, "ok") and flags.get("remaining capacity low"):
        return "weak"
    if flags.get("learn cycle active") and state in (None, "ok", "unknown", "charging", "weak"):
        return "learning"
    return state


def _told(said: str | None, values: dict[str, Any]) -> str | None:
    flagged = [
        key
        for key in ("battery pack missing", "battery replacement required", "replacement required")
        if yes(values.get(key))
    ]
    flagged += [key for key in ("remaining capacity low", "learn cycle active") if yes(values.get(key))]
    return ", ".join(filter(None, (said, *flagged))) or None


def _charge(values: dict[str, Any]) -> int | None:
    for key in ("relative state of charge", "remaining capacity", "charge level", "capacitance"):
        share = percent_of(str(values.get(key)))
        if share is not None:
            return int(share)
    return None


def scheduled(name: str, told: Tree, where: str, drafts: Drafts) -> None:
    """Patrol read and consistency check: by mode, else by the next date on which they are due."""
    properties = {
        str(one.get("Ctrl_Prop")).strip().lower(): word(one.get("Value"))
        for _, one in items(told, "Controller Properties")
    }
    tasks = told.get("Scheduled Tasks")
    due = tasks if isinstance(tasks, dict) else {}
    patrol = _mode(properties.get("pr mode"))
    check = _mode(properties.get("cc operation mode") or properties.get("cc mode"))
    if patrol is None and day_of(due.get("Next Patrol Read launch")):
        patrol = "auto"
    if check is None and day_of(due.get("Next Consistency check launch")):
        check = "on"
    if patrol or check:
        drafts.controller(name, where).tell(
            patrol_read=patrol, consistency_check={"auto": "on", "manual": "on"}.get(check or "", check)
        )


def _mode(told: str | None) -> str | None:
    low = (told or "").lower()
    if "disable" in low or low == "off":
        return "off"
    if "manual" in low:
        return "manual"
    return "auto" if re.match(r"auto|sequential|concurrent|conc|seq|on|enable", low) else None
