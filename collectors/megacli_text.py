"""What MegaCli (and its twin CmdTool2) says, as rows: `Key : Value` lines under headings."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from collectors.raid_rows import Draft, Drafts
from collectors.raid_words import (
    action_of,
    battery_state,
    day_of,
    degrees_of,
    disk_state,
    level_of,
    percent_of,
    sector_of,
    size_of,
    spins,
    transport_of,
    volume_state,
    word,
    wwn_of,
    yes,
)
from collectors.smart_values import natural
from collectors.storcli_tables import cache_of, disk_cache

_ADAPTER = re.compile(
    r"\s*(?:Adapter #(\d+)|Adapter:? ?(\d+)(?:\s*--.*)?:?\s*$|BBU .*for Adapter ?: ?(\d+))", re.IGNORECASE
)
_VOLUME = re.compile(r"\s*(?:CacheCade )?Virtual (?:Drive|Disk) ?: ?(\d+)", re.IGNORECASE)
_PAIR = re.compile(r"\s*([^:]{1,70}?)\s*[:=]\s*(.*?)\s*$")
_HEADING = re.compile(r"\s{8,}(\S.*?)\s*$")


@dataclass(slots=True)
class Cursor:
    """Where in the text we are: adapter, what is being told of, and what was told of it so far."""

    adapter: str = "0"
    volume: str | None = None
    place: str = "adapter"
    heading: str = ""
    pairs: dict[str, str] = field(default_factory=dict)
    line: int = 1


def rows_of(lines: list[str]) -> Drafts:
    """All rows told; what is told of one thing ends where the next begins."""
    drafts, at = Drafts(), Cursor()
    for number, line in enumerate(lines, 1):
        if found := _ADAPTER.match(line):
            _flush(at, drafts)
            at.adapter = next(one for one in found.groups() if one is not None)
            at.place, at.line = ("battery" if "bbu" in line.lower() else "adapter"), number
            at.volume = None
        elif found := _VOLUME.match(line):
            _flush(at, drafts)
            at.volume, at.place, at.line = found[1], "volume", number
        elif re.match(r"\s*Enclosure Device ID ?:", line):
            _flush(at, drafts)
            at.place, at.line = "disk", number
            _take(at, line)
        else:
            _take(at, line)
    _flush(at, drafts)
    return drafts


def _take(at: Cursor, line: str) -> None:
    if found := _PAIR.match(line):
        name = re.sub(r"\s+", " ", found[1]).lower()
        key = f"{at.heading}/{name}" if at.place == "adapter" and at.heading else name
        at.pairs.setdefault(key, found[2])
        at.pairs.setdefault(name, found[2])
    elif at.place == "adapter" and (heading := _HEADING.match(line)) and "==" not in line:
        at.heading = heading[1].lower()


def _flush(at: Cursor, drafts: Drafts) -> None:
    controller, where = f"megaraid:{at.adapter}", f"line {at.line}"
    if at.pairs:
        match at.place:
            case "volume" if at.volume is not None:
                _volume(drafts.volume(controller, at.volume, where), at.pairs)
            case "disk":
                _disk(controller, at, drafts)
            case "battery":
                _battery(drafts.controller(controller, where), at.pairs)
            case _:
                _adapter(drafts, controller, where, at.pairs)
    at.pairs, at.heading = {}, ""


def _volume(draft: Draft, told: dict[str, str]) -> None:
    state = word(told.get("state"))
    drives, per_span = natural(told.get("number of drives")), natural(told.get("number of drives per span"))
    spans = natural(told.get("span depth")) or 1
    level = level_of(told.get("raid level"))
    spanned = {"raid1": "raid10", "raid5": "raid50", "raid6": "raid60"}
    running = word(told.get("ongoing progresses")) or next(
        (f"{name} {value}" for name, value in told.items() if "progress" in name and "%" in value), None
    )
    draft.tell(
        name=word(told.get("name")),
        level=spanned.get(level or "", level) if spans > 1 else level,
        size_bytes=size_of(told.get("size")),
        state=volume_state(state),
        told_state=state,
        members_expected=per_span * spans if per_span else drives * spans if drives else None,
        write_cache=cache_of((told.get("current cache policy") or "").partition(",")[0]),
        write_cache_default=_default(told.get("default cache policy")),
        drive_cache=disk_cache(told.get("disk cache policy")),
        inconsistent=yes(told.get("bad blocks exist")),
        action=action_of(running),
        action_percent=percent_of(running),
    )


def _default(policy: str | None) -> str | None:
    """With `Write Cache OK if Bad BBU` it writes back with or without a battery."""
    first = cache_of((policy or "").partition(",")[0])
    return (
        "always-write-back"
        if first == "write-back" and "cache ok if bad" in (policy or "").lower()
        else first
    )


def _disk(controller: str, at: Cursor, drafts: Drafts) -> None:
    told = at.pairs
    enclosure, slot = told.get("enclosure device id", ""), told.get("slot number", "")
    if not re.fullmatch(r"\d{1,5}", slot):
        return
    where = f"{enclosure}:{slot}" if re.fullmatch(r"\d{1,5}", enclosure) else slot
    state = word(told.get("firmware state"))
    foreign = (told.get("foreign state") or "").lower() == "foreign"
    group = re.search(r"DiskGroup: (\d+)", told.get("drive's position", ""))
    draft = drafts.disk(controller, where, f"line {at.line}")
    draft.tell(
        device_number=told.get("device id") if re.fullmatch(r"\d{1,5}", told.get("device id", "")) else None,
        group=group[1] if group else None,
        state="foreign" if foreign else disk_state(state),
        told_state=f"{state}, foreign" if foreign and state else state,
        foreign=foreign if "foreign state" in told else None,
        size_bytes=size_of(told.get("coerced size")),
        wwn=wwn_of(told.get("wwn")),
        firmware_version=word(told.get("device firmware level")),
        transport=transport_of(told.get("pd type")),
        rotational=spins(told.get("media type")),
        media_errors=natural(told.get("media error count")),
        other_errors=natural(told.get("other error count")),
        predictive_failures=natural(told.get("predictive failure count")),
        smart_alert=yes(told.get("drive has flagged a s.m.a.r.t alert")),
        temperature_celsius=degrees_of(told.get("drive temperature", "")),
        link=word(told.get("link speed")) or word(told.get("device speed")),
        logical_sector_bytes=sector_of(told.get("logical sector size") or told.get("sector size")),
        physical_sector_bytes=sector_of(told.get("physical sector size")),
        **_inquiry(told),
    )
    if at.volume is not None:
        volume = drafts.volume(controller, at.volume, f"line {at.line}")
        slots = str(volume.told.get("slots", ""))
        volume.told["slots"] = f"{slots} {where}".strip()
        if group:
            volume.tell(group=group[1])


_MAKERS = re.compile(
    r"(\S{6,20}?)((?:WDC|Hitachi|HGST|SAMSUNG|INTEL|TOSHIBA|CRUCIAL|MICRON|KINGSTON|ST\d)\S* .*)"
)


def _inquiry(told: dict[str, str]) -> dict[str, str | None]:
    """Model and serial number, only as far as it is sure where one ends: a wrong one costs the wrong drive.

    SATA drives are told as 20 characters of serial number, 40 of model and 8 of revision, SCSI drives as
    8 of vendor, 16 of model, 4 of revision and the serial number; old versions squeeze the blanks.
    """
    raw, firmware = told.get("inquiry data", "").rstrip(), told.get("device firmware level", "").strip()
    if told.get("pd type", "").upper() == "SATA":
        if len(raw) > 50:
            return {"serial": word(raw[:-48]), "model": word(" ".join(raw[-48:-8].split()))}
        if found := _MAKERS.match(raw):
            return {"serial": word(found[1]), "model": word(" ".join(found[2].split()[:2]))}
    elif firmware and firmware in raw and not raw.endswith(firmware):
        before, _, after = raw.rpartition(firmware)
        return {"model": word(" ".join(before.split())), "serial": word(after)}
    return {"model": word(" ".join(raw.split()))}


def _battery(draft: Draft, told: dict[str, str]) -> None:
    state = word(told.get("battery state"))
    found = battery_state(state)
    flags = {name: yes(value) for name, value in told.items()}
    about = ("battery replacement required", "pack is about to fail & should be replaced")
    if flags.get("battery pack missing"):
        found = "missing"
    elif any(flags.get(name) for name in about):
        found, state = "failed", f"{state or 'state not told'}, replacement required"
    elif flags.get("learn cycle active"):
        found, state = "learning", f"{state or 'state not told'}, learn cycle active"
    elif found in (None, "ok") and flags.get("remaining capacity low"):
        found, state = "weak", f"{state or 'state not told'}, remaining capacity low"
    elif found is None and flags.get("battery replacement required") is False:
        found = "ok" if told.get("voltage") != "Low" else "weak"
    charge = percent_of(told.get("relative state of charge"))
    kind = word(told.get("batterytype"))
    draft.tell(
        battery_kind="capacitor" if "cvpm" in (kind or "").lower() else "battery" if kind else None,
        battery_present=None if found is None else found != "missing",
        battery_state=found,
        told_battery=state,
        battery_charge_percent=int(charge) if charge is not None else None,
        battery_temperature_celsius=degrees_of(told.get("temperature", "")),
        battery_made_at=day_of(told.get("date of manufacture")),
    )


def _adapter(drafts: Drafts, controller: str, where: str, told: dict[str, str]) -> None:
    patrol = word(told.get("patrol read mode"))
    if "product name" not in told and patrol is None:
        return
    fitted = yes(told.get("hw configuration/bbu"))
    memory = re.match(r"(\d+) ?MB", told.get("memory size", ""))
    low = (patrol or "").lower()
    drafts.controller(controller, where).tell(
        model=word(told.get("product name")),
        serial=word(told.get("serial no")),
        firmware_version=word(told.get("fw version")),
        memory_correctable_errors=natural(told.get("memory correctable errors")),
        memory_uncorrectable_errors=natural(told.get("memory uncorrectable errors")),
        cache_bytes=int(memory[1]) << 20 if memory else None,
        battery_present=False if fitted is False else None,
        battery_state="missing" if fitted is False else None,
        preserved_cache=yes(told.get("any offline vd cache preserved")),
        cache_without_battery=yes(told.get("cache when bbu bad")),
        temperature_celsius=degrees_of(told.get("roc temperature", "")),
        patrol_read="off"
        if "disab" in low
        else "manual"
        if "manual" in low
        else "auto"
        if "auto" in low
        else None,
        volume_count=natural(told.get("device present/virtual drives")),
        volumes_degraded=natural(told.get("device present/degraded")),
        volumes_offline=natural(told.get("device present/offline")),
        disk_count=natural(told.get("device present/disks")),
        disks_critical=natural(told.get("device present/critical disks")),
        disks_failed=natural(told.get("device present/failed disks")),
    )
