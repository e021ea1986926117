"""What arcconf says of Adaptec and Microchip controllers, as rows: headed blocks of `Key : Value` lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from collectors.raid_rows import Draft, Drafts
from collectors.raid_words import (
    action_of,
    battery_state,
    controller_status,
    degrees_of,
    disk_state,
    level_of,
    percent_of,
    sector_of,
    size_of,
    transport_of,
    volume_state,
    word,
    wwn_of,
    yes,
)
from collectors.smart_values import natural

_PAIR = re.compile(r"\s+(\S.*?)\s*:(?:\s+(.*?))?\s*$")
_VOLUME = re.compile(r"logical device number (\d+)", re.IGNORECASE)
_DEVICE = re.compile(r"\s+Device #(\d+)\s*$")
_BATTERY = re.compile(r"(?:battery|zmm|cache backup unit|supercap|green backup)", re.IGNORECASE)
_SEGMENT = re.compile(
    r"\s+((?:Group \d+, )?(?:Segment|Device) \d+)\s+: (\w[\w ]*?)(?: ?\((.*)\))?\s*(\S*)\s*$"
)


@dataclass(slots=True)
class Cursor:
    """Where in the text we are and what was told there."""

    controller: str
    place: str = ""
    name: str = ""
    line: int = 1
    told: dict[str, str] = field(default_factory=dict)
    slots: list[tuple[str, str]] = field(default_factory=list)
    arrays: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


def rows_of(lines: list[str], controller: str) -> Drafts:
    """All rows told of the one controller that the question named."""
    drafts, at = Drafts(), Cursor(controller)
    for number, line in enumerate(lines, 1):
        if set(line.strip()) == {"-"} or not line.strip():
            continue
        place = _place(line, at)
        if place is not None:
            _flush(at, drafts)
            at.place, at.name = place
            at.line = number
        elif at.place in ("volume", "array") and (found := _SEGMENT.match(line)):
            at.slots.append((_slot(found[3] or "") or "-", found[2]))
        elif found := _PAIR.match(line):
            at.told.setdefault(found[1].strip().lower(), (found[2] or "").strip())
        elif "Device is a" in line or "Device is an" in line:
            at.told["device is"] = line.strip()
    _flush(at, drafts)
    _settle(at, drafts)
    return drafts


def _place(line: str, at: Cursor) -> tuple[str, str] | None:
    """The block that begins at this line: what it is about and the number of the thing."""
    text = line.strip()
    if not line.startswith(" "):
        if found := _VOLUME.match(text):
            return "volume", found[1]
        if found := re.match(r"Array Number (\d+)", text):
            return "array", found[1]
        if found := re.match(
            r"(controller|logical device|physical device|array|maxcache) information", text.lower()
        ):
            return found[1].split()[0], ""
    if ":" in line:
        return None
    if found := _DEVICE.match(line):
        return "disk", found[1]
    if at.place in ("controller", "battery", "version", "other") and line.startswith("   ") and len(text) > 3:
        low = text.lower()
        if _BATTERY.search(low) and "information" in low:
            return "battery", ""
        if "version information" in low:
            return "version", ""
        if "properties" in low or "information" in low or "settings" in low:
            return "controller", ""
    if at.place == "disk" and ("Error Counters" in line or "Phy Information" in line):
        return None
    return ("other", "") if re.match(r"\s*(?:Connector #|Channel #|Command completed)", line) else None


def _slot(location: str) -> str | None:
    """`Enclosure 0, Slot 1( Connector… )`, `Connector:0, Device:3`, `(0,1)`: where a drive sits."""
    if found := re.search(r"Enclosure[: ]+(\d+), ?Slot[: ]+(\d+)", location):
        return f"{found[1]}:{found[2]}"
    if found := re.search(r"Connector[: ]+(\d+), ?Device[: ]+(\d+)", location):
        return f"CN{found[1]}:{found[2]}"
    found = re.match(r"\(?(\d+),(\d+)", location.strip())
    return f"{found[1]},{found[2]}" if found else None


def _flush(at: Cursor, drafts: Drafts) -> None:
    told, where = at.told, f"line {at.line}"
    at.told = {}
    match at.place:
        case "controller" if told:
            _controller(drafts.controller(at.controller, where), told)
        case "version" if told:
            drafts.controller(at.controller, where).tell(
                firmware_version=word(told.get("firmware")), driver_version=word(told.get("driver"))
            )
        case "battery" if told:
            _battery(drafts.controller(at.controller, where), told)
        case "array":
            at.arrays[at.name] = at.slots
        case "volume" if told:
            _volume(drafts.volume(at.controller, at.name, where), told, at.slots)
        case "disk" if told:
            _disk(at, drafts, where, told)
    at.slots = []


def _controller(draft: Draft, told: dict[str, str]) -> None:
    status = word(told.get("controller status"))
    counts = re.fullmatch(r"(\d+)/(\d+)/(\d+)", told.get("logical devices/failed/degraded", ""))
    memory = re.match(r"(\d+) MB", told.get("installed memory", ""))
    check = word(told.get("background consistency check"))
    alarm = yes(told.get("controller alarm"))
    off = check is not None and check.lower() in ("disabled", "off")
    draft.tell(
        status=controller_status(status),
        told_status=status,
        model=word(told.get("controller model")),
        serial=word(told.get("controller serial number")),
        mode=word(told.get("controller mode")),
        temperature_celsius=degrees_of(told.get("temperature", "")),
        cache_bytes=int(memory[1]) << 20 if memory else None,
        cache_status=word(told.get("cache status")),
        cache_without_battery=yes(told.get("no-battery write cache")),
        alarm=None if alarm is None else "on" if alarm else "off",
        consistency_check=None if check is None else "off" if off else "on",
        patrol_read=None if check is None else "off" if off else "auto",
        volume_count=int(counts[1][:9]) if counts else None,
        volumes_offline=int(counts[2][:9]) if counts else None,
        volumes_degraded=int(counts[3][:9]) if counts else None,
        disks_failed=natural(told.get("defunct disk drive count")),
    )


def _battery(draft: Draft, told: dict[str, str]) -> None:
    keys = ("overall backup unit status", "status", "supercap status", "battery status", "backup unit status")
    said = next((value for key in keys if (value := word(told.get(key)))), None)
    charge = percent_of(
        re.sub(r"percent", "%", told.get("capacity remaining") or told.get("charge level") or "")
    )
    state = battery_state(re.sub(r"^ZMM (?=\w)", "", said)) if said else None
    draft.tell(
        battery_kind="capacitor" if any("supercap" in key for key in told) else None,
        battery_present=None if state is None else state != "missing",
        battery_state=state,
        told_battery=said,
        battery_charge_percent=int(charge) if charge is not None else None,
        battery_temperature_celsius=degrees_of(told.get("current temperature", "")),
    )


def _volume(draft: Draft, told: dict[str, str], slots: list[tuple[str, str]]) -> None:
    said = word(told.get("status of logical device"))
    now, wanted = _caching(told.get("write-cache mode") or told.get("write-cache status")), None
    wanted = _caching(told.get("write-cache setting"))
    if _caching(told.get("caching")) and now is None:
        now = wanted = _caching(told.get("caching"))
    device = told.get("disk name", "").split(" ")[0]
    draft.tell(
        name=word(told.get("logical device name")),
        group=word(told.get("array")),
        level=level_of(told.get("raid level")),
        size_bytes=size_of(told.get("size")),
        state=volume_state(said),
        told_state=said,
        write_cache=now,
        write_cache_default=wanted,
        inconsistent=yes(told.get("failed stripes")),
        device=device if device.startswith("/dev/") else None,
        wwn=wwn_of(told.get("volume unique identifier")),
        action=action_of(said) or ("idle" if said and "optimal" in said.lower() else None),
        action_percent=percent_of(said),
    )
    _members(draft, slots)


def _members(draft: Draft, slots: list[tuple[str, str]]) -> None:
    if not slots:
        return
    gone = [state for _, state in slots if not re.match(r"present|online|optimal|ok", state, re.IGNORECASE)]
    draft.tell(
        slots=" ".join(slot for slot, _ in slots), members_expected=len(slots), members_missing=len(gone)
    )
    if any("rebuild" in state.lower() for state in gone):
        draft.told["action"] = "recovery"


def _caching(told: str | None) -> str | None:
    low = (told or "").lower()
    if re.search(r"write-through|disabled|^off", low):
        return "write-through"
    return "write-back" if re.search(r"write-back|enabled|^on\b", low) else None


def _disk(at: Cursor, drafts: Drafts, where: str, told: dict[str, str]) -> None:
    if "hard drive" not in told.get("device is", "").lower():
        return
    location = told.get("reported location", "")
    channel = told.get("reported channel,device(t:l)") or told.get("reported channel,device") or ""
    slot = _slot(location) or _slot(channel) or f"device {at.name}"
    said, model = word(told.get("state")), word(told.get("model"))
    warnings = natural(told.get("s.m.a.r.t. warnings"))
    address = re.match(r"\d+,(\d+)", channel)
    counted = [natural(told.get(key)) for key in ("hard read errors", "hard write errors", "media failures")]
    other = [
        natural(told.get(key)) for key in ("aborted commands", "other time out errors", "scsi bus faults")
    ]
    worn = yes(told.get("ssd smart trip wearout"))
    maker = word(told.get("vendor"))
    draft = drafts.disk(at.controller, slot, where)
    draft.tell(
        device_number=address[1] if address else None,
        state="missing" if maker == "*MISSING*" else disk_state(said),
        told_state=said,
        model=" ".join(filter(None, (maker, model))) if maker not in (None, "ATA", "*MISSING*") else model,
        serial=word(told.get("serial number")),
        wwn=wwn_of(told.get("world-wide name")),
        firmware_version=word(told.get("firmware")),
        size_bytes=size_of(told.get("total size") or told.get("size")),
        transport=transport_of(told.get("transfer speed") or told.get("interface type")),
        rotational=None if yes(told.get("ssd")) is None else not yes(told.get("ssd")),
        media_errors=_sum(counted),
        other_errors=_sum(other),
        predictive_failures=natural(told.get("predictive failures")) if warnings is None else warnings,
        smart_alert=True if warnings or worn else False if warnings is not None else None,
        temperature_celsius=degrees_of(told.get("current temperature") or told.get("temperature") or ""),
        link=word(told.get("transfer speed")),
        write_cache=_disk_cache(told.get("write cache")),
        logical_sector_bytes=sector_of(told.get("block size")),
        physical_sector_bytes=sector_of(told.get("physical block size")),
    )


def _sum(values: list[int | None]) -> int | None:
    told = [value for value in values if value is not None]
    return sum(told) if told else None


def _disk_cache(told: str | None) -> str | None:
    flag = yes(told)
    return None if flag is None else "on" if flag else "off"


def _settle(at: Cursor, drafts: Drafts) -> None:
    """Newer versions tell members by array; a drive belongs to the volumes that name its slot."""
    for (controller, number), draft in drafts.volumes.items():
        if not draft.told.get("slots"):
            _members(draft, at.arrays.get(str(draft.told.get("group")), []))
        draft.tell(group=number)
        for slot in str(draft.told.get("slots", "")).split():
            if (controller, slot) in drafts.disks:
                drafts.disks[controller, slot].tell(group=str(draft.told["group"]))
    spares = [disk.told.get("state") for disk in drafts.disks.values()]
    for one in drafts.controllers.values():
        if spares and len(one.told) > 3:
            one.tell(spare_count=spares.count("spare"))
