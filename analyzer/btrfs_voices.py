"""Who speaks of a btrfs file system: answers that name its UUID, and answers that name a mountpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from analyzer.joining import by_target
from analyzer.site import Site
from collectors.block_tables import BlockDevice, Mount
from collectors.btrfs_tables import (
    BtrfsDevice,
    BtrfsErrors,
    BtrfsFilesystem,
    BtrfsProfile,
    BtrfsRoom,
    BtrfsScrub,
    BtrfsSnapshots,
    BtrfsState,
    BtrfsUsage,
)
from collectors.fact import Fact

LOSSES = {
    "single": 0,
    "dup": 0,
    "raid0": 0,
    "raid1": 1,
    "raid1c3": 2,
    "raid1c4": 3,
    "raid10": 1,
    "raid5": 1,
    "raid6": 2,
}
"""Profile → devices that it can lose."""
COPIES = {
    "single": 1,
    "dup": 1,
    "raid0": 2,
    "raid1": 2,
    "raid1c3": 3,
    "raid1c4": 4,
    "raid10": 2,
    "raid5": 2,
    "raid6": 3,
}
"""Profile → devices on which a new chunk needs room."""
SOURCES = (
    *(BtrfsFilesystem, BtrfsDevice, BtrfsErrors, BtrfsUsage, BtrfsProfile, BtrfsRoom, BtrfsScrub),
    *(BtrfsSnapshots, BtrfsState, Mount, BlockDevice),
)


@dataclass(slots=True)
class Voices:
    """All that was said of one file system."""

    target: str
    uuid: str
    shown: Fact[BtrfsFilesystem] | None = None
    state: Fact[BtrfsState] | None = None
    usage: Fact[BtrfsUsage] | None = None
    snapshots: Fact[BtrfsSnapshots] | None = None
    devices: list[Fact[BtrfsDevice]] = field(default_factory=list)
    profiles: list[Fact[BtrfsProfile]] = field(default_factory=list)
    errors: list[Fact[BtrfsErrors]] = field(default_factory=list)
    room: list[Fact[BtrfsRoom]] = field(default_factory=list)
    scrubs: list[Fact[BtrfsScrub]] = field(default_factory=list)
    mounts: list[Fact[Mount]] = field(default_factory=list)


Of = Callable[[str, str], Voices]
"""Target and UUID or mountpoint → what was said."""


class Places:
    """The UUID of the file system at a mountpoint of one target."""

    def __init__(
        self,
        devices: list[Fact[BtrfsDevice]],
        mounts: list[Fact[Mount]],
        blocks: list[Fact[BlockDevice]],
        errors: list[Fact[BtrfsErrors]],
    ) -> None:
        self._of_device = {fact.row.path: fact.row.uuid for fact in devices if fact.row.path}
        for fact in blocks:
            row = fact.row
            if row.fs_type == "btrfs" and row.fs_uuid:
                mapped = f"/dev/mapper/{row.mapped_name}" if row.mapped_name else None
                for name in (row.path, f"/dev/{row.name}", mapped):
                    if name:
                        self._of_device.setdefault(name, row.fs_uuid)
        self._of_place = {}
        for mount in mounts:
            if mount.row.source in self._of_device:
                self._of_place[mount.row.mountpoint] = self._of_device[mount.row.source]
        for told in errors:
            if told.row.device in self._of_device:
                self._of_place.setdefault(told.row.place, self._of_device[told.row.device])

    def of(self, place: str) -> str:
        """The UUID; the place itself where nothing tells."""
        return self._of_place.get(place, place)


def voices(site: Site) -> list[Voices]:
    """The words of all sources about each btrfs file system, by target and UUID."""
    found: dict[tuple[str, str], Voices] = {}
    mounts = by_target([fact for fact in site.facts(Mount) if fact.row.fs_type == "btrfs"])
    devices, blocks = by_target(site.facts(BtrfsDevice)), by_target(site.facts(BlockDevice))
    errors = by_target(site.facts(BtrfsErrors))
    places: dict[str, Places] = {}

    def of(target: str, place: str) -> Voices:
        if target not in places:
            places[target] = Places(
                devices.get(target, []),
                mounts.get(target, []),
                blocks.get(target, []),
                errors.get(target, []),
            )
        uuid = places[target].of(place)
        return found.setdefault((target, uuid), Voices(target, uuid))

    _of_uuid(site, of)
    _of_place(site, of)
    for facts in mounts.values():
        for fact in facts:
            of(fact.target, fact.row.mountpoint).mounts.append(fact)
    return [found[key] for key in sorted(found)]


def _of_uuid(site: Site, of: Of) -> None:
    for shown in site.facts(BtrfsFilesystem):
        of(shown.target, shown.row.uuid).shown = shown
    for state in site.facts(BtrfsState):
        of(state.target, state.row.uuid).state = state
    for device in site.facts(BtrfsDevice):
        of(device.target, device.row.uuid).devices.append(device)
    for scrub in site.facts(BtrfsScrub):
        of(scrub.target, scrub.row.uuid).scrubs.append(scrub)


def _of_place(site: Site, of: Of) -> None:
    for usage in site.facts(BtrfsUsage):
        of(usage.target, usage.row.place).usage = usage
    for profile in site.facts(BtrfsProfile):
        of(profile.target, profile.row.place).profiles.append(profile)
    for errors in site.facts(BtrfsErrors):
        of(errors.target, errors.row.place).errors.append(errors)
    for room in site.facts(BtrfsRoom):
        of(room.target, room.row.place).room.append(room)
    for snapshots in site.facts(BtrfsSnapshots):
        of(snapshots.target, snapshots.row.place).snapshots = snapshots
