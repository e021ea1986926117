"""Volumes and drives of a MegaRAID controller, out of storcli's tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from collectors.raid_rows import Draft, Drafts
from collectors.raid_words import (
    action_of,
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
from collectors.smart_values import Tree, branch, items, natural, whole

_DRIVE = re.compile(r"Drive /c\d+(?:/e(\d+))?/s(\d+)(?: - Detailed Information)?$")
_VOLUME = re.compile(r"/c\d+/v(\d+)$")


def _tables(told: Tree, column: str, depth: int = 3) -> Iterator[tuple[str, Tree]]:
    """Rows of every table with that column, with their path, also of tables one object further down."""
    for name, value in told.items():
        if isinstance(value, list):
            for index, row in enumerate(value):
                if isinstance(row, dict) and column in row:
                    yield f"{name}[{index}]", row
        elif isinstance(value, dict) and depth:
            for path, row in _tables(value, column, depth - 1):
                yield f"{name}.{path}", row


def volumes(name: str, told: Tree, where: str, drafts: Drafts) -> None:
    """Rows with a column DG/VD, and the properties that stand beside them."""
    for path, row in _tables(told, "DG/VD"):
        group, _, number = str(row.get("DG/VD")).partition("/")
        if not number:
            continue
        said = word(row.get("State"))
        draft = drafts.volume(name, number, f"{where}.{path}")
        policy = word(row.get("Cache")) or word(row.get("CurrentCache"))
        draft.tell(
            name=word(row.get("Name")),
            group=word(group),
            level=level_of(word(row.get("TYPE")) or word(row.get("Type"))),
            size_bytes=size_of(row.get("Size")),
            state=volume_state(said),
            told_state=said,
            write_cache=cache_of(policy),
            write_cache_default=cache_of(word(row.get("DefaultCache"))),
            action="recovery" if said in ("Rec", "Rbld") else None,
        )
        _properties_of(draft, told, number)


def cache_of(policy: str | None) -> str | None:
    """RWBD, NRAWBD, RWTD, RaAWBC and `WriteBack`, `AlwaysWriteBack`, `WB`: how a volume writes."""
    low = (policy or "").lower().replace(" ", "")
    if re.search(r"awb|always", low):
        return "always-write-back"
    if re.search(r"wt|writethr", low):
        return "write-through"
    return "write-back" if re.search(r"wb|writeback", low) else None


def _properties_of(draft: Draft, told: Tree, number: str) -> None:
    properties = branch(told, f"VD{number} Properties")
    if not properties:
        return
    spans, drives = (
        natural(properties.get("Span Depth")),
        natural(properties.get("Number of Drives Per Span")),
    )
    doing = word(properties.get("Active Operations"))
    draft.tell(
        write_cache_default=cache_of(word(properties.get("Write Cache(initial setting)"))),
        drive_cache=disk_cache(properties.get("Disk Cache Policy")),
        device=_device(properties.get("OS Drive Name")),
        wwn=wwn_of(properties.get("SCSI NAA Id")),
        members_expected=(spans or 1) * drives if drives else None,
        action=(action_of(doing) or "check") if doing else "idle",
        action_percent=percent_of(doing),
        inconsistent=yes(properties.get("Bad Blocks Exist")),
    )


def disk_cache(told: Any) -> str | None:
    """`Disk's Default`, `Enabled`, `Disable`: what the drives' own caches are set to."""
    if "default" in str(told).lower() or "unchanged" in str(told).lower():
        return "default"
    flag = yes(told)
    return None if flag is None else "on" if flag else "off"


def _device(told: Any) -> str | None:
    said = word(told)
    return said if said and re.fullmatch(r"/dev/[\w/!-]{1,60}", said) else None


def disks(name: str, told: Tree, where: str, drafts: Drafts) -> None:
    """Rows with a column EID:Slt."""
    for path, row in _tables(told, "EID:Slt"):
        slot = str(row.get("EID:Slt")).strip().lstrip(":").strip()
        if not re.fullmatch(r"\d{1,6}(?::\d{1,6})?", slot):
            continue
        said = word(row.get("State"))
        group = word(row.get("DG"))
        state = disk_state(said)
        draft = drafts.disk(name, slot, f"{where}.{path}")
        draft.tell(
            device_number=str(number)
            if (number := whole(row.get("DID", row.get("PID")))) is not None
            else None,
            group=group if group and group.isdigit() else None,
            state="foreign" if group == "F" else state,
            told_state=_told(said, word(row.get("Status")), group),
            foreign=group == "F"
            or (word(row.get("Status")) or "").lower() == "foreign"
            or state == "foreign",
            model=word(row.get("Model")),
            size_bytes=size_of(row.get("Size")),
            transport=transport_of(row.get("Intf")),
            rotational=spins(row.get("Med")),
            logical_sector_bytes=sector_of(row.get("SeSz")),
        )


def _told(state: str | None, status: str | None, group: str | None) -> str | None:
    """storcli2 tells a state and a status; a foreign drive is a good one with the group F."""
    words = [state, status if status and status.lower() not in ("online", "good") else None]
    return ", ".join(filter(None, (*words, "foreign" if group == "F" else None))) or None


def detailed(name: str, told: Tree, where: str, drafts: Drafts) -> None:
    """The objects `Drive /c0/e252/s0 - Detailed Information`, wherever they stand."""
    for holder in (told, branch(told, "Physical Device Information")):
        for key, value in holder.items():
            found = _DRIVE.match(key)
            if found and isinstance(value, dict) and "Detailed" in key:
                slot = f"{found[1]}:{found[2]}" if found[1] else found[2]
                _details(drafts.disk(name, slot, f"{where}.{key}"), value)


def _details(draft: Draft, told: Tree) -> None:
    parts: dict[str, Any] = {}
    for value in told.values():
        if isinstance(value, dict):
            parts.update(value)
    draft.tell(
        model=word(parts.get("Model Number")),
        serial=word(parts.get("SN")),
        wwn=wwn_of(parts.get("WWN")),
        firmware_version=word(parts.get("Firmware Revision")),
        media_errors=natural(parts.get("Media Error Count")),
        other_errors=natural(parts.get("Other Error Count")),
        predictive_failures=natural(parts.get("Predictive Failure Count")),
        smart_alert=yes(parts.get("S.M.A.R.T alert flagged by drive")),
        temperature_celsius=degrees_of(parts.get("Drive Temperature")),
        link=word(parts.get("Link Speed")) or word(parts.get("Device Speed")),
        write_cache=disk_cache(parts.get("Write Cache")),
        logical_sector_bytes=sector_of(parts.get("Logical Sector Size")),
        physical_sector_bytes=sector_of(parts.get("Physical Sector Size")),
    )


def rebuilds(name: str, told: Tree, drafts: Drafts) -> None:
    """Progress of drives that are rebuilt; the rest say `Not in progress`."""
    for _, row in _tables(told, "Drive-ID"):
        found = re.fullmatch(r"/c\d+(?:/e(\d+))?/s(\d+)", str(row.get("Drive-ID")))
        if found is None or "not in progress" in str(row.get("Status")).lower():
            continue
        slot = f"{found[1]}:{found[2]}" if found[1] else found[2]
        share = percent_of(f"{row.get('Progress%')}%")
        drafts.disk(name, slot, "Drive-ID").tell(state="rebuilding", rebuild_percent=share)


def topology(name: str, told: Tree, drafts: Drafts) -> None:
    """Members of each group in order, the missing ones too: what the metadata expects."""
    members: dict[str, list[tuple[str, str | None]]] = {}
    for path, row in _tables(told, "EID:Slot"):
        if str(row.get("Type")) == "DRIVE" and path.startswith("TOPOLOGY"):
            members.setdefault(str(row.get("DG")), []).append(
                (str(row.get("EID:Slot")).strip(), word(row.get("State")))
            )
    for key, draft in drafts.volumes.items():
        mine = members.get(str(draft.told.get("group")), [])
        if key[0] == name and mine:
            _joined(draft, mine)
    for key, draft in drafts.volumes.items():
        number = key[1]
        mine = [
            (str(one.get("EID:Slt")).strip(), word(one.get("State")))
            for _, one in items(told, f"PDs for VD {number}")
        ]
        if key[0] == name and mine:
            draft.tell(slots=" ".join(slot.strip(": ") for slot, _ in mine))


def _joined(draft: Draft, members: list[tuple[str, str | None]]) -> None:
    states = [disk_state(state) for _, state in members]
    draft.tell(
        slots=" ".join("-" if slot in ("-", "None") else slot.strip(": ") for slot, _ in members),
        members_expected=len([state for state in states if state != "spare"]),
        members_missing=sum(state not in ("online", "spare", "unassigned", "unknown") for state in states),
    )
    if "rebuilding" in states:
        draft.tell(action="recovery")


def foreign(name: str, told: Tree, where: str, drafts: Drafts) -> None:
    """Configurations of another controller: told by a question of their own, or by the group F of drives."""
    groups = natural(told.get("Total foreign Drive Groups"))
    drives = natural(told.get("Total Foreign PDs"))
    seen = sum(word(row.get("DG")) == "F" for _, row in _tables(told, "EID:Slt"))
    count = groups if groups is not None else drives if drives is not None else seen
    if count or groups is not None or "PD LIST" in told:
        drafts.controller(name, where).tell(foreign_count=count)
