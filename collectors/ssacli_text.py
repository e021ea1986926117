"""What ssacli and its forerunners (hpssacli, hpacucli) say, as rows: an outline with headings."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from collectors.raid_rows import Drafts
from collectors.raid_words import (
    action_of,
    degrees_of,
    disk_state,
    level_of,
    percent_of,
    size_of,
    spins,
    transport_of,
    volume_state,
    word,
    wwn_of,
    yes,
)
from collectors.smart_values import natural
from collectors.ssacli_controller import controller_row

_CONTROLLER = re.compile(r"(\S.*?) (?:in|at) (Slot \S+|[^()]+?)\s*((?:\([^()]*\)\s*)*)$")
_ARRAY = re.compile(r"\s+(?:Array:|array) (\S+)")
_VOLUME = re.compile(r"\s+Logical Drive: (\d+)\s*$")
_SHORT_VOLUME = re.compile(r"\s+logicaldrive (\d+) \(([^,]+), (RAID [^,]+|[^,]+), (.*)\)\s*$")
_DRIVE = re.compile(r"\s+physicaldrive (\S+)\s*$")
_SHORT_DRIVE = re.compile(r"\s+physicaldrive (\S+) \((.*)\)\s*$")
_ELSEWHERE = re.compile(
    r"\s+(?:Port Name:|.*Drive Cage at|Enclosure at|Expander |SEP |Sensor ID:"
    r"|Mirror Group|Parity Group|.*Enclosure.*:$)"
)
_PAIR = re.compile(r"\s+([^:]{1,70}?):\s+(.*?)\s*$")
_STATE_WORDS = re.compile(
    r"ok|failed|predictive failure|rebuilding.*|erase.*|missing|offline|queued.*|ready.*|transient.*|.*wear.*"
    r"|overheat.*|not configured|unassigned.*|waiting.*|recover.*|disabled.*|bad.*|interim.*",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Cursor:
    """Where in the outline we are, and what was told of the thing so far."""

    controller: str = ""
    group: str | None = None
    place: str = ""
    name: str = ""
    line: int = 1
    pairs: dict[str, str] = field(default_factory=dict)
    members: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    policy: dict[str, dict[str, str]] = field(default_factory=dict)


def rows_of(lines: list[str]) -> Drafts:
    """All rows told."""
    drafts, at = Drafts(), Cursor()
    warning = _warning(lines)
    for number, line in enumerate(lines, 1):
        if line[:1].strip() and (found := _CONTROLLER.match(line)):
            _flush(at, drafts)
            at.controller, at.group = _identity(found[2]), None
            at.place, at.line = "controller", number
            mode = re.search(r"\((\w+) Mode\)", found[3])
            draft = drafts.controller(at.controller, f"line {number}")
            draft.tell(model=word(found[1]), mode=mode[1] if mode else None, firmware_warning=warning)
        elif at.controller:
            _inside(at, drafts, number, line)
    _flush(at, drafts)
    _settle(at, drafts)
    return drafts


def _identity(place: str) -> str:
    slot = re.fullmatch(r"Slot (\w+)", place.strip())
    return f"smartarray:{slot[1] if slot else place.strip().replace(' ', '-')[:60]}"


def _warning(lines: list[str]) -> str | None:
    """The paragraph with which the tool asks for a newer firmware."""
    start = next(
        (n for n, line in enumerate(lines) if re.match(r"\s*FIRMWARE UPGRADE (?:REQ|REC)", line)), None
    )
    if start is None:
        return None
    words: list[str] = []
    for line in lines[start : start + 12]:
        if not line.strip():
            break
        words.extend(line.split())
    return " ".join(words)[:300]


def _inside(at: Cursor, drafts: Drafts, number: int, line: str) -> None:
    where = f"line {number}"
    if found := _SHORT_DRIVE.match(line):
        _short_drive(at, drafts, found[1], found[2], where)
    elif found := _SHORT_VOLUME.match(line):
        state = word(found[4])
        drafts.volume(at.controller, found[1], where).tell(
            group=at.group, level=level_of(found[3]), size_bytes=size_of(found[2]), **_state(state)
        )
    elif found := _DRIVE.match(line):
        _begin(at, drafts, "disk", found[1], number)
    elif found := _VOLUME.match(line):
        _begin(at, drafts, "volume", found[1], number)
    elif found := _ARRAY.match(line):
        _begin(at, drafts, "array", found[1], number)
        at.group = found[1]
    elif re.match(r"\s+(?:Unassigned|unassigned|HBA Drives)\s*$", line):
        _begin(at, drafts, "", "hba" if "HBA" in line else "", number)
        at.group = None
    elif _ELSEWHERE.match(line):
        _enclosure(at, drafts, line)
        if at.place != "volume":
            _begin(at, drafts, "", "", number)
    elif found := _PAIR.match(line):
        at.pairs.setdefault(found[1].strip().lower(), found[2])


def _begin(at: Cursor, drafts: Drafts, place: str, name: str, number: int) -> None:
    _flush(at, drafts)
    at.place, at.name, at.line = place, name, number


def _enclosure(at: Cursor, drafts: Drafts, line: str) -> None:
    found = re.match(r"\s+(.*(?:Drive Cage|Enclosure) at .*), ([^,]+?)\s*$", line)
    if found and found[2] != "OK":
        drafts.controller(at.controller, f"line {at.line}").tell(
            enclosure_trouble=f"{found[1].strip()}: {found[2]}"
        )


def _state(told: str | None) -> dict[str, str | float | None]:
    """State, action and progress of a logical drive."""
    return {
        "state": volume_state(told),
        "told_state": told,
        "action": action_of(told),
        "action_percent": percent_of(told),
    }


def _short_drive(at: Cursor, drafts: Drafts, slot: str, inside: str, where: str) -> None:
    parts = [part.strip() for part in re.sub(r"^port [^,]*", "", inside).strip(", ").split(",")]
    spare = any("spare" in part.lower() for part in parts[1:])
    said = next((part for part in parts if _STATE_WORDS.fullmatch(part)), None)
    kinds = " ".join(parts[:1])
    draft = drafts.disk(at.controller, slot, where)
    if at.group and not spare:
        mine = at.members.setdefault((at.controller, at.group), [])
        if slot not in mine:
            mine.append(slot)
    draft.tell(
        group=at.group,
        state=_disk_state(said, "spare" if spare else at.name if at.group is None else ""),
        told_state=f"{said}, spare" if spare and said else said,
        size_bytes=next((size for part in parts if (size := size_of(part, decimal=True))), None),
        transport=transport_of(kinds),
        rotational=spins(kinds),
    )


def _disk_state(said: str | None, kind: str) -> str | None:
    state = disk_state(said)
    if state == "online" and "spare" in kind.lower():
        return "spare"
    if state == "online" and "unassigned" in kind.lower():
        return "unassigned"
    if said and "predictive" in said.lower():
        return "online"
    return "jbod" if state == "online" and ("hba" in kind.lower() or "raw" in kind.lower()) else state


def _flush(at: Cursor, drafts: Drafts) -> None:
    told, where = at.pairs, f"line {at.line}"
    at.pairs = {}
    if at.place == "controller" and told:
        at.policy[at.controller] = told
        controller_row(drafts, at.controller, where, told)
    elif at.place == "volume":
        _volume(at, drafts, where, told)
    elif at.place == "disk" and told:
        _disk(at, drafts, where, told)
    at.place = ""


def _volume(at: Cursor, drafts: Drafts, where: str, told: dict[str, str]) -> None:
    media = word(told.get("unrecoverable media errors"))
    said = word(told.get("status"))
    initialising = word(told.get("parity initialization status"))
    draft = drafts.volume(at.controller, at.name, where)
    draft.tell(
        name=word(told.get("logical drive label")),
        group=at.group,
        level=level_of(told.get("fault tolerance")),
        size_bytes=size_of(told.get("size")),
        inconsistent=None if media is None else media.lower() != "none",
        device=told["disk name"].split()[0] if told.get("disk name", "").startswith("/dev/") else None,
        wwn=wwn_of(told.get("unique identifier")),
        **_caching(at, told),
    )
    draft.tell(**_state(said))
    if initialising and "progress" in initialising.lower():
        draft.tell(action="resync", action_percent=percent_of(told.get("parity initialization progress")))
    elif said and "ok" in said.lower():
        draft.told["action"] = "idle"


def _caching(at: Cursor, told: dict[str, str]) -> dict[str, str | None]:
    """A logical drive writes back if its caching is on and the controller's write cache is not off."""
    policy = at.policy.get(at.controller, {})
    caching, status = yes(told.get("caching")), (policy.get("cache status") or "").lower()
    if caching is None:
        return {}
    ratio = re.search(r"(\d+)% Write", policy.get("cache ratio", ""))
    wanted = "write-back" if caching and not (ratio and ratio[1] == "0") else "write-through"
    without = yes(policy.get("no-battery write cache"))
    if wanted == "write-back" and without:
        wanted = "always-write-back"
    off = "disabled" in status or "not configured" in status
    drives = yes(policy.get("drive write cache") or policy.get("configured drive write cache policy"))
    return {
        "write_cache": "write-through" if off else wanted,
        "write_cache_default": wanted,
        "drive_cache": None if drives is None else "on" if drives else "off",
    }


def _disk(at: Cursor, drafts: Drafts, where: str, told: dict[str, str]) -> None:
    kind, said = told.get("drive type", ""), word(told.get("status"))
    sectors = re.match(r"(\d+)/(\d+)", told.get("logical/physical block size", ""))
    worn = yes(told.get("ssd smart trip wearout"))
    predicted = bool(said and "predictive" in said.lower())
    draft = drafts.disk(at.controller, at.name, where)
    if (
        at.group
        and "spare" not in kind.lower()
        and at.name not in (mine := at.members.setdefault((at.controller, at.group), []))
    ):
        mine.append(at.name)
    told_state = f"{said}, spare" if said and "spare" in kind.lower() else said
    draft.told.update(state=_disk_state(said, kind), told_state=told_state)
    draft.tell(
        group=at.group,
        model=word(" ".join(told.get("model", "").split())),
        serial=word(told.get("serial number")),
        wwn=wwn_of(told.get("wwid")),
        firmware_version=word(told.get("firmware revision")),
        size_bytes=size_of(told.get("size"), decimal=True),
        transport=transport_of(told.get("interface type")),
        rotational=True if natural(told.get("rotational speed")) else spins(told.get("interface type")),
        smart_alert=True if predicted or worn else False if said else None,
        predictive_failures=int(predicted) if said else None,
        temperature_celsius=degrees_of(told.get("current temperature (c)", "")),
        rebuild_percent=percent_of(said) if said and "rebuild" in said.lower() else None,
        link=word(told.get("phy transfer rate")),
        logical_sector_bytes=int(sectors[1][:5]) if sectors else None,
        physical_sector_bytes=int(sectors[2][:5]) if sectors else None,
    )


def _settle(at: Cursor, drafts: Drafts) -> None:
    """Members of each volume: the data drives of the array it lies on; spares are counted."""
    for (controller, _), draft in drafts.volumes.items():
        mine = at.members.get((controller, str(draft.told.get("group"))), [])
        if mine:
            states = [drafts.disks[controller, slot].told.get("state") for slot in mine]
            gone = sum(state not in ("online", None, "unknown") for state in states)
            draft.tell(slots=" ".join(mine), members_expected=len(mine), members_missing=gone)
    for name, one in drafts.controllers.items():
        told = [disk.told.get("state") for key, disk in drafts.disks.items() if key[0] == name]
        if told and len(one.told) > 4:
            one.tell(spare_count=told.count("spare"))
