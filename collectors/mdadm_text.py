"""The words of mdadm: blocks of `Name : value` lines under a device, and the table of members below them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from collectors.block_tables import MdDetail, MdSuperblock
from collectors.fact import At, Missing, Reading
from collectors.moments import ctime
from collectors.plain_text import whole_number

Lines = list[tuple[int, str]]

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9 ()\[\]-]*")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)%")
_DEVICE = re.compile(r"\s*(/dev/\S+):\s*")
# --examine of metadata 0.90 has one more column in front: this, or the number again
_MEMBER = re.compile(
    r"\s*(?:(?:this|\d+)\s+)?(?:-|\d+)\s+\d+\s+\d+\s+(-|\d+)(?:\s+([a-z].*?)|)(?:\s+(/dev/\S+))?\s*"
)


@dataclass(slots=True)
class Section:
    """One array or member: the device, where it starts, its values and its table of members."""

    name: str
    line: int
    values: dict[str, str] = field(default_factory=dict)
    members: list[tuple[int | None, str, str]] = field(default_factory=list)
    """Slot, state in mdadm's words, path (empty for a removed one)."""


def sections(lines: Lines, named: str) -> list[Section]:
    """Blocks in order; *named* stands for the device where the output does not name one."""
    first = named if named.startswith("/dev/") else "unknown"
    found = [Section(first, lines[0][0] if lines else 0)]
    for number, line in lines:
        head, _, value = line.partition(":")
        key = head.strip()
        if "/dev/" in line and (device := _DEVICE.fullmatch(line)):
            found.append(Section(device[1], number))
        elif head != line and head[-1:].isspace() and _KEY.fullmatch(key):
            key = "Version" if key == "version" else key
            if (key in ("Version", "Magic") and key in found[-1].values) or (
                key == "Magic" and found[-1].values
            ):
                found.append(Section("unknown", number))  # the line with the next device was not copied along
            found[-1].values.setdefault(key, value.strip())
        elif (member := _MEMBER.fullmatch(line)) and found[-1].values:
            found[-1].members.append((whole_number(member[1]), member[2] or "", member[3] or ""))
    return [section for section in found if section.values or section.name not in (first, "unknown")]


def detail_of(section: Section) -> MdDetail:
    """The row of one array of `mdadm --detail`."""
    told = section.values
    state = told.get("State", "").partition("<")[0].strip() or None
    level = told.get("Raid Level")
    slots = whole_number(told.get("Raid Devices"))
    in_slots = sorted((m for m in section.members if m[0] is not None), key=lambda m: (m[0] or 0, not m[2]))
    rest = [m for m in section.members if m[0] is None and m[2]]
    removed = sum(state.startswith("removed") for _, state, _ in section.members)
    return MdDetail(
        array=section.name.removeprefix("/dev/"),
        uuid=(told.get("UUID") or "").partition(" ")[0] or None,
        # of an array that does not run mdadm says raid0, whatever it is
        level=None if state == "inactive" and slots is None else level,
        slots=slots,
        state=state,
        active_devices=whole_number(told.get("Active Devices")),
        working_devices=whole_number(told.get("Working Devices")),
        failed_devices=whole_number(told.get("Failed Devices")),
        spare_devices=whole_number(told.get("Spare Devices")),
        consistency_policy=told.get("Consistency Policy"),
        created_at=time_of(told.get("Creation Time")),
        updated_at=time_of(told.get("Update Time")),
        size_bytes=kibibytes(told.get("Array Size")),
        member_size_bytes=kibibytes(told.get("Used Dev Size")),
        metadata_version=told.get("Version") or None,
        members=" ".join(path or "removed" for _, _, path in (*in_slots, *rest)),
        faulty_members=" ".join(p for _, state, p in section.members if p and "faulty" in state.split()),
        spare_members=" ".join(p for _, state, p in section.members if p and "spare" in state.split()),
        removed_slots=removed if section.members else None,
        name=(told.get("Name") or "").partition("  (")[0] or None,
        events=events_of(told.get("Events")),
        action_percent=_percent(told),
        container=level == "container",
    )


def _percent(told: dict[str, str]) -> float | None:
    for name in ("Rebuild Status", "Resync Status", "Check Status", "Reshape Status"):
        if (word := told.get(name)) and (match := _PERCENT.match(word)):
            return float(match[1])
    return None


def export_of(lines: Lines, named: str) -> Iterator[Reading]:
    """Rows of `mdadm --detail --export`; each array starts with MD_LEVEL and is not named in it."""
    blocks: list[tuple[int, dict[str, str]]] = []
    for number, line in lines:
        match = re.fullmatch(r"\s*(MD_\w+)=(.*)", line)
        if match and match[1] == "MD_LEVEL":
            blocks.append((number, {}))
        if match and blocks:
            blocks[-1][1][match[1]] = match[2].strip().strip("'\"")
    for number, told in blocks:
        name = named.removeprefix("/dev/") if named.startswith("/dev/") and len(blocks) == 1 else ""
        name = name or told.get("MD_DEVNAME") or told.get("MD_NAME", "").rpartition(":")[2]
        if not name:
            yield Missing(MdDetail, "unreadable", f"line {number}: an array without a name")
            continue
        yield At(_exported(name, told), f"line {number}")


def _exported(name: str, told: dict[str, str]) -> MdDetail:
    slots: list[tuple[int, str]] = []
    spares: list[str] = []
    for key, value in told.items():
        if match := re.fullmatch(r"MD_DEVICE_(\w+)_ROLE", key):
            path = told.get(f"MD_DEVICE_{match[1]}_DEV", match[1])
            slot = whole_number(value)
            (spares.append(path) if slot is None else slots.append((slot, path)))
    count = whole_number(told.get("MD_DEVICES"))
    return MdDetail(
        array=name,
        uuid=told.get("MD_UUID"),
        level=told.get("MD_LEVEL"),
        slots=count,
        metadata_version=told.get("MD_METADATA"),
        members=" ".join(path for _, path in sorted(slots)),
        spare_members=" ".join(sorted(spares)),
        name=told.get("MD_NAME"),
        container=told.get("MD_LEVEL") == "container",
    )


def superblocks_of(section: Section) -> Iterator[Reading]:
    """The row of one member of `mdadm --examine`."""
    told = section.values
    magic = told["Magic"]
    if magic == "de11de11" or magic.startswith("Intel"):
        kind = "ddf" if magic == "de11de11" else "imsm"
        uuid = told.get("Container GUID") or told.get("Family") or None
        events = whole_number(told.get("Generation"))
        yield At(
            MdSuperblock(device=section.name, array_uuid=uuid, metadata_version=kind, events=events),
            f"line {section.line}",
        )
        return
    yield At(_superblock(section), f"line {section.line}")
    if "Events" not in told or "State" not in told:
        yield Missing(MdSuperblock, "truncated", "its event count or state is missing", section.name)


def _superblock(section: Section) -> MdSuperblock:
    told = section.values
    role = told.get("Device Role") or _this(section)
    slot = re.search(r"(?:Active device|Replacement device|slot) (\d+)", role or "")
    checksum = told.get("Checksum", "")
    return MdSuperblock(
        device=section.name,
        array_uuid=(told.get("Array UUID") or told.get("UUID") or "").partition(" ")[0] or None,
        array_name=(told.get("Name") or "").partition("  (")[0] or None,
        metadata_version=told.get("Version"),
        level=told.get("Raid Level"),
        slots=whole_number(told.get("Raid Devices")),
        slot=int(slot[1][:9]) if slot else None,
        role=role,
        slot_map=(told.get("Array State") or "").partition(" ")[0] or None,
        state=told.get("State"),
        events=events_of(told.get("Events")),
        created_at=time_of(told.get("Creation Time")),
        updated_at=time_of(told.get("Update Time")),
        checksum_correct="correct" in checksum.split() if " - " in checksum else None,
        bad_blocks_present="bad blocks present" in told["Bad Block Log"] if "Bad Block Log" in told else None,
        recovery_offset_sectors=_offset(told.get("Recovery Offset", "")),
        reshape_position=told.get("Reshape pos'n"),
    )


def _offset(words: str) -> int | None:
    """In sectors; all bits set is how the metadata says that there is none."""
    number = whole_number(words.partition(" ")[0])
    return number if number is not None and number < 1 << 62 else None


def _this(section: Section) -> str | None:
    """Metadata 0.90 lists all members; the line `this` is copied as the first."""
    if not section.members:
        return None
    slot, state, _ = section.members[0]
    return f"{state} slot {slot}" if slot is not None else state


def time_of(words: str | None) -> datetime | None:
    """`Mon Nov 23 03:09:30 2026`, read as UTC: we ask with TZ=UTC0, a saved file may be hours off."""
    return ctime(words or "")


def kibibytes(words: str | None) -> int | None:
    """`48128 (47.00 MiB 49.28 MB)`, in KiB, as bytes; more than an exbibyte is an unset field."""
    number = whole_number((words or "").partition(" ")[0])
    return number * 1024 if number is not None and 0 <= number < 1 << 50 else None


def events_of(words: str | None) -> int | None:
    """An event count; metadata 0.90 prints its two halves with a point between."""
    high, point, low = (words or "").strip().partition(".")
    if not point:
        return whole_number(high)
    upper, lower = whole_number(high), whole_number(low)
    return (upper << 32) + lower if upper is not None and lower is not None else None
