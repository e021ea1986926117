"""A Smart Array controller with its cache and battery, out of the `Key: Value` lines of ssacli."""

from __future__ import annotations

import re

from collectors.raid_rows import Drafts
from collectors.raid_words import battery_state, controller_status, degrees_of, size_of, word, yes
from collectors.smart_values import natural


def controller_row(drafts: Drafts, name: str, where: str, told: dict[str, str]) -> None:
    """Tell the draft of the controller what the lines say."""
    status, cache = word(told.get("controller status")), word(told.get("cache status"))
    count, battery = natural(told.get("battery/capacitor count")), word(told.get("battery/capacitor status"))
    state = "missing" if count == 0 else battery_state(battery)
    source = (told.get("cache backup power source") or "").lower()
    scan = (told.get("surface scan mode") or "").lower()
    draft = drafts.controller(name, where)
    draft.tell(
        serial=word(told.get("serial number")),
        pci_address=_address(told),
        firmware_version=word(told.get("firmware version")),
        driver_version=word(told.get("driver version")),
        status=controller_status(status),
        told_status=status,
        mode=word(told.get("controller mode")),
        temperature_celsius=degrees_of(told.get("controller temperature (c)", "")),
        cache_bytes=size_of(told.get("total cache size")),
        cache_status=", ".join(filter(None, (cache, word(told.get("cache status details"))))) or None,
        cache_disabled="disabled" in cache.lower() if cache else None,
        cache_without_battery=yes(told.get("no-battery write cache")),
        battery_kind="battery" if "batter" in source else "capacitor" if "capacitor" in source else None,
        battery_present=None if state is None else state != "missing",
        battery_state=state,
        told_battery=battery if count != 0 else "count 0",
        patrol_read=None if not scan else "off" if "disabled" in scan else "auto",
        consistency_check=None if not scan else "off" if "disabled" in scan else "on",
    )


def _address(told: dict[str, str]) -> str | None:
    address = told.get("pci address (domain:bus:device.function)", "").lower()
    return address if re.fullmatch(r"[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]", address) else None
