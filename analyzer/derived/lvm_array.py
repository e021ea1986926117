"""RAID volumes of LVM, as the arrays they are, with the physical volumes below their images."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from analyzer.derived.array import Array
from analyzer.derived.array_member import ArrayMember, Below, of_disk
from analyzer.derived.disk import Disk
from analyzer.joining import by_target, first, most, row_of, sources
from analyzer.redundancy import fatal, redundancy_of
from analyzer.site import Site, joined_into
from collectors.block_tables import BlockDevice
from collectors.fact import Fact
from collectors.frozen import frozen
from collectors.lvm_tables import DmTarget, LvmVolume

_RAID = re.compile(r"raid(\d+)|mirror")
_ACTIONS = {"recover": "recovery"}


@frozen
class Image:
    """One image of a RAID volume."""

    slot: int
    volume: Fact[LvmVolume] | None
    paths: tuple[str, ...]
    gone: bool | None
    in_sync: bool | None


@frozen
class Voices:
    """A RAID volume with its images and what the kernel says of it."""

    whole: Fact[LvmVolume]
    target: Fact[DmTarget] | None
    images: tuple[Image, ...]


def level_of(segment_type: str | None) -> str | None:
    """raid5 for raid5_ls, raid1 for mirror; None for what is no RAID."""
    match = _RAID.match(segment_type or "")
    return None if match is None else f"raid{match[1]}" if match[1] else "raid1"


def voices(site: Site) -> list[Voices]:
    """Every RAID volume of each target, by name."""
    targets = {(f.target, f.row.name): f for f in site.facts(DmTarget) if f.row.type in ("raid", "mirror")}
    volumes = by_target(site.facts(LvmVolume))
    found = []
    for target, facts in sorted(volumes.items()):
        named = {fact.row.name: fact for fact in facts}
        for fact in facts:
            if level_of(fact.row.segment_type) is not None:
                told = targets.get((target, fact.row.mapped_name or ""))
                found.append(Voices(fact, told, _images(fact, told, named)))
    return found


def _images(
    whole: Fact[LvmVolume], told: Fact[DmTarget] | None, named: dict[str, Fact[LvmVolume]]
) -> tuple[Image, ...]:
    letters = (told.row.raid_health if told else None) or ""
    parts = [word.partition("(")[0] for word in whole.row.devices.split()]
    found = []
    for slot, part in enumerate(parts):
        volume = named.get(f"{whole.row.group}/{part.strip('[]')}")
        letter = letters[slot] if slot < len(letters) else ""
        paths = tuple(dict.fromkeys(_paths(volume, named))) if volume else ()
        gone: bool | None = None
        if volume is not None:
            gone = volume.row.health == "partial" or "[unknown]" in paths
        in_sync = letter == "A" if letter else None
        if in_sync is None and volume is not None and volume.row.attributes:
            in_sync = not volume.row.attributes.startswith("I")
        found.append(Image(slot, volume, paths, True if letter == "D" else gone, in_sync))
    return tuple(found)


def _paths(volume: Fact[LvmVolume], named: dict[str, Fact[LvmVolume]], depth: int = 4) -> Iterator[str]:
    """Device paths below an image; with integrity, another volume lies between."""
    for word in volume.row.devices.split():
        name = word.partition("(")[0]
        below = named.get(f"{volume.row.group}/{name.strip('[]')}")
        if below is not None and depth:
            yield from _paths(below, named, depth - 1)
        else:
            yield name


@joined_into(Array, out_of=(LvmVolume, DmTarget, BlockDevice))
def lvm_arrays(site: Site) -> Iterator[Fact[Array]]:
    found = site.once(voices)
    blocks = by_target(site.facts(BlockDevice)) if found else {}
    known: dict[str, Below] = {}
    for one in found:
        target = one.whole.target
        if target not in known:
            known[target] = Below(blocks.get(target, []), [])
        below = known[target]
        parts = [image.volume for image in one.images]
        yield Fact(one.whole.target, _array(one, below), sources(one.whole, one.target, *parts))


def _array(one: Voices, below: Below) -> Array:
    row, told = one.whole.row, row_of(one.target)
    level, slots = level_of(row.segment_type), len(one.images) or None
    known = bool(one.images) and all(image.gone is not None for image in one.images)
    gone = sum(image.gone is True for image in one.images)
    stale = sum(not image.gone and image.in_sync is False for image in one.images)
    missing = gone + stale if known else None
    bears = redundancy_of(level, slots)
    left = max(bears - missing, -1) if bears is not None and missing is not None else None
    action = _action(row, told)
    size = next((image.volume.row.size_bytes for image in one.images if image.volume), None)
    return Array(
        array=f"lvm:{row.uuid or row.name}",
        name=row.name,
        kind="lvm",
        device=_kernel_name(row, below),
        uuid=row.uuid,
        level=level,
        state=_state(one, level, slots, missing, stale, action),
        slots=slots,
        in_sync=slots - missing if slots and missing is not None else None,
        missing=missing,
        redundancy=bears,
        redundancy_left=left,
        failed_count=0,
        member_text=_text(one, below),
        action=action,
        action_state="frozen" if _told_action(row, told) == "frozen" else None,
        action_percent=first(row.sync_percent, told.raid_percent if told else None),
        mismatch_sectors=most(row.mismatch_sectors, told.mismatch_sectors if told else None),
        bitmap=True if level != "raid0" else None,
        consistency_policy="bitmap" if level != "raid0" else None,
        member_size_bytes=size,
        size_bytes=row.size_bytes,
    )


def _kernel_name(row: LvmVolume, below: Below) -> str:
    """dm-3; the mapped name where lsblk did not list it."""
    mapped = row.mapped_name or row.name
    return below.named(f"/dev/mapper/{mapped}").removeprefix("mapper/")


def _told_action(row: LvmVolume, told: DmTarget | None) -> str | None:
    return first(told.raid_action if told else None, row.sync_action)


def _action(row: LvmVolume, told: DmTarget | None) -> str | None:
    action = _told_action(row, told)
    if action is None and row.active is False:
        return "idle"
    return _ACTIONS.get(action, "idle" if action == "frozen" else action) if action else None


def _state(
    one: Voices, level: str | None, slots: int | None, missing: int | None, stale: int, action: str | None
) -> str:
    if missing is None:
        return "unknown"
    letters = one.target.row.raid_health if one.target else None
    slot_map = "".join("U" if letter == "A" else "_" for letter in letters) if letters else None
    if missing == stale and action == "resync":
        return "clean"  # the first synchronisation of a new volume: every image is readable
    if missing and fatal(level, slots, missing, slot_map):
        return "failed"
    return "degraded" if missing else "clean"


def _text(one: Voices, below: Below) -> str:
    said = []
    for image in one.images:
        names = [below.told(path) for path in image.paths if path.startswith("/")]
        text = ", ".join(names) or "not told"
        if image.gone:
            text = f"{text} FAILED" if names else "missing"
        elif image.in_sync is False:
            text = f"{text} not in sync"
        said.append(f"slot {image.slot}: {text}")
    return ", ".join(said)


@joined_into(ArrayMember, out_of=(LvmVolume, DmTarget, BlockDevice, Disk))
def lvm_members(site: Site) -> Iterator[Fact[ArrayMember]]:
    arrays = [fact for fact in site.facts(Array) if fact.row.kind == "lvm"]
    if not arrays:
        return
    spoken = {(one.whole.target, one.whole.row.name): one for one in site.once(voices)}
    blocks, disks = by_target(site.facts(BlockDevice)), by_target(site.facts(Disk))
    known: dict[str, Below] = {}
    for whole in arrays:
        if whole.target not in known:
            known[whole.target] = Below(blocks.get(whole.target, []), disks.get(whole.target, []))
        below = known[whole.target]
        for image in spoken[whole.target, whole.row.name].images:
            yield from _member(whole, image, below)


def _member(whole: Fact[Array], image: Image, below: Below) -> Iterator[Fact[ArrayMember]]:
    paths = [path for path in image.paths if path.startswith("/")]
    gone = image.gone and not paths
    for path in paths[:1] if not gone else ["missing"]:
        name = f"slot {image.slot}" if gone else below.named(path)
        block, disk = below.blocks.get(name), below.disk(name)
        shared: dict[str, Any] = of_disk(row_of(disk))
        row = ArrayMember(
            array=whole.row.array,
            array_name=whole.row.name,
            kind="lvm",
            level=whole.row.level,
            member=name,
            slot=image.slot,
            state=_member_state(image, bool(gone)),
            member_size_bytes=whole.row.member_size_bytes,
            size_bytes=block.row.size_bytes if block else None,
            **shared,
        )
        yield Fact(whole.target, row, sources(whole, image.volume, block, disk))


def _member_state(image: Image, absent: bool) -> str:
    if absent:
        return "missing"
    if image.gone:
        return "failed"
    return "rebuilding" if image.in_sync is False else "in-sync" if image.in_sync else "member"
