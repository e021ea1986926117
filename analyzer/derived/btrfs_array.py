"""btrfs file systems over several devices, as the arrays they are."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.btrfs_voices import LOSSES, Voices, voices
from analyzer.derived.array import Array
from analyzer.derived.array_member import ArrayMember, Below, of_disk
from analyzer.derived.btrfs_volume import BtrfsVolume
from analyzer.derived.disk import Disk
from analyzer.joining import by_target, row_of, sources
from analyzer.site import Site, joined_into
from collectors.block_tables import BlockDevice
from collectors.btrfs_tables import BtrfsDevice
from collectors.fact import Fact

_LEVELS = {"raid1c3": "raid1", "raid1c4": "raid1", "dup": "single"}


@joined_into(Array, out_of=(BtrfsVolume, BlockDevice))
def btrfs_arrays(site: Site) -> Iterator[Fact[Array]]:
    volumes = site.facts(BtrfsVolume)
    if not volumes:
        return
    spoken = {(one.target, one.uuid): one for one in site.once(voices)}
    blocks = by_target(site.facts(BlockDevice))
    for fact in volumes:
        row, one = fact.row, spoken[fact.target, fact.row.uuid]
        if (row.devices or 0) > 1 or row.missing:
            yield Fact(fact.target, _array(row, one, Below(blocks.get(fact.target, []), [])), fact.sources)


def _array(row: BtrfsVolume, one: Voices, below: Below) -> Array:
    left = row.redundancy - row.missing if row.redundancy is not None and row.missing is not None else None
    level = _level(row.data_profiles)
    return Array(
        array=f"btrfs:{row.uuid}",
        name=row.name or row.mountpoint or row.uuid,
        kind="btrfs",
        uuid=row.uuid.replace("-", ""),
        level=level,
        state=_state(row.missing, left),
        slots=row.devices,
        in_sync=row.devices - row.missing if row.devices and row.missing is not None else None,
        missing=row.missing,
        redundancy=row.redundancy,
        redundancy_left=max(left, -1) if left is not None else None,
        failed_count=0,
        member_text=_text(one, below),
        action=_action(row),
        size_bytes=row.size_bytes,
    )


def _level(profiles: str | None) -> str | None:
    """The weakest profile of data, in the words of other arrays."""
    if not profiles:
        return None
    weakest = min(profiles.split(), key=lambda name: (LOSSES[name], name))
    return _LEVELS.get(weakest, weakest)


def _state(missing: int | None, left: int | None) -> str:
    if missing is None:
        return "unknown"
    if missing == 0:
        return "clean"
    return "failed" if left is not None and left < 0 else "degraded"


def _action(row: BtrfsVolume) -> str | None:
    if row.operation is None:
        return None if row.mounted else "idle"
    return "recovery" if row.operation == "replace" else "idle"


def _paths(one: Voices) -> dict[str, BtrfsDevice]:
    """Devices by number; the list tells their paths, sysfs whether they are there."""
    found: dict[str, BtrfsDevice] = {}
    for fact in one.devices:
        known = found.get(fact.row.device_id)
        if known is None or (known.path is None and not known.missing and fact.row.path):
            found[fact.row.device_id] = fact.row
    return dict(sorted(found.items(), key=lambda item: (len(item[0]), item[0])))


def _gone(one: Voices) -> set[str]:
    return {fact.row.device_id for fact in one.devices if fact.row.missing}


def _text(one: Voices, below: Below) -> str:
    said = []
    gone = _gone(one)
    for number, device in _paths(one).items():
        if number in gone:
            said.append(f"device {number}: missing")
        elif device.path:
            said.append(f"device {number}: {below.told(device.path)}")
    return ", ".join(said)


@joined_into(ArrayMember, out_of=(BtrfsVolume, BtrfsDevice))
def btrfs_members(site: Site) -> Iterator[Fact[ArrayMember]]:
    arrays = [fact for fact in site.facts(Array) if fact.row.kind == "btrfs"]
    if not arrays:
        return
    spoken = {(one.target, f"btrfs:{one.uuid}"): one for one in site.once(voices)}
    blocks, disks = by_target(site.facts(BlockDevice)), by_target(site.facts(Disk))
    for whole in arrays:
        below = Below(blocks.get(whole.target, []), disks.get(whole.target, []))
        one = spoken[whole.target, whole.row.array]
        for number, device in _paths(one).items():
            yield _member(whole, number, device, number in _gone(one), below)


def _member(
    whole: Fact[Array], number: str, device: BtrfsDevice, gone: bool, below: Below
) -> Fact[ArrayMember]:
    name = below.named(device.path) if device.path and not gone else f"slot {number}"
    block, disk = below.blocks.get(name), below.disk(name)
    row = ArrayMember(
        array=whole.row.array,
        array_name=whole.row.name,
        kind="btrfs",
        level=whole.row.level,
        member=name,
        slot=int(number[:18]),
        state="missing" if gone else "in-sync",
        size_bytes=device.size_bytes or (block.row.size_bytes if block else None),
        **of_disk(row_of(disk)),
    )
    return Fact(whole.target, row, sources(whole, block, disk))
