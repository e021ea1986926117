"""Volumes of RAID controllers among the arrays: rules on arrays judge them like any other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from analyzer import controller_rows
from analyzer.controller_rows import drive_said, members_of, volume_name
from analyzer.derived.array import Array
from analyzer.joining import by_target, sources
from analyzer.redundancy import redundancy_of
from analyzer.site import Site, joined_into
from collectors.block_tables import BlockDevice
from collectors.fact import Fact
from collectors.raid_controller_tables import RaidController, RaidDisk, RaidVolume

_STATES = {"optimal": "clean", "degraded": "degraded", "failed": "failed"}
_GONE = ("failed", "offline", "missing", "bad", "rebuilding", "foreign")


@joined_into(Array, out_of=(RaidVolume, RaidDisk, RaidController, BlockDevice))
def controller_arrays(site: Site) -> Iterator[Fact[Array]]:
    """One array for each volume that is made of several drives, or is not well."""
    found = controller_rows.volumes(site.facts(RaidVolume))
    if not found:
        return
    boards = controller_rows.controllers(site.facts(RaidController))
    drives = by_target(controller_rows.disks(site.facts(RaidDisk)).values())
    blocks = by_target(site.facts(BlockDevice))
    for (target, _), fact in found.items():
        volume = fact.row
        members = members_of(volume, drives.get(target, []))
        board = boards.get((target, volume.controller))
        if volume.state is None or (volume.level == "single" and volume.state == "optimal"):
            continue
        device = kernel_name(volume, [one.row for one in blocks.get(target, [])])
        row = _row(volume, [one.row for one in members], board.row if board else None, device)
        yield Fact(target, row, sources(fact, *members, board))


def array_id(volume: RaidVolume) -> str:
    """Identity in the table of arrays: by world wide name, else by controller and number."""
    return f"controller:{volume.wwn or volume_name(volume)}"


def kernel_name(volume: RaidVolume, blocks: Sequence[BlockDevice]) -> str | None:
    """sda, as the tool tells it or as the world wide name does."""
    if volume.device:
        return volume.device.removeprefix("/dev/")
    if not volume.wwn:
        return None
    for block in blocks:
        told = (block.wwn or "").lower().removeprefix("0x")
        if len(told) >= 16 and block.type == "disk" and volume.wwn.startswith(told):
            same = [other for other in blocks if other.type == "disk" and other.wwn == block.wwn]
            return block.name if len(same) == 1 else None
    return None


def _row(
    volume: RaidVolume, members: Sequence[RaidDisk], board: RaidController | None, device: str | None
) -> Array:
    slots = volume.members_expected or len(members) or None
    redundancy = _redundancy(volume.level, slots)
    missing = _missing(volume, members, redundancy)
    state = _STATES.get(volume.state or "", "unknown")
    doubt = ""
    if state == "clean" and missing:
        state, doubt = (
            "degraded",
            f"it says {volume.told_state}, but {missing} of its members are not in sync",
        )
    left = None if redundancy is None or missing is None else max(redundancy - missing, -1)
    if state == "failed":
        left = -1
    elif state == "degraded" and left is not None and left < 0:
        left = 0  # the controller still serves it: the losses lie in different mirrors or spans
    gone = [one for one in members if one.state in _GONE]
    failed = [one for one in gone if one.state != "rebuilding"]
    sizes = [one.size_bytes for one in members if one.size_bytes]
    rebuilt = [one for one in members if one.state == "rebuilding"]
    action = volume.action or ("recovery" if rebuilt else "idle" if state == "clean" else None)
    return Array(
        array=array_id(volume),
        name=volume_name(volume),
        kind="controller",
        device=device,
        level=volume.level,
        state=state,
        slots=slots,
        in_sync=slots - missing if slots and missing is not None else None,
        missing=missing,
        redundancy=redundancy,
        redundancy_left=left,
        failed_count=len(failed) if members else None,
        spare_count=board.spare_count if board else None,
        failed_names=" ".join(one.slot for one in failed),
        member_text="; ".join(f"{drive_said(one)}: {one.told_state or one.state}" for one in gone),
        action="recovery" if rebuilt else action,
        action_state="running" if action not in ("idle", None) else None,
        action_percent=_first(volume.action_percent, *(one.rebuild_percent for one in rebuilt)),
        size_bytes=volume.size_bytes,
        member_size_bytes=min(sizes) if sizes else None,
        contradiction=doubt,
    )


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)


def _redundancy(level: str | None, slots: int | None) -> int | None:
    """What it can lose in the worst case; each span of RAID 50 and 60 bears as much as one of its arrays."""
    spans = {"raid50": 1, "raid60": 2, "raid3": 1, "single": 0, "raid10": 1}
    return spans[level] if level in spans else redundancy_of(level, slots)


def _missing(volume: RaidVolume, members: Sequence[RaidDisk], redundancy: int | None) -> int | None:
    """By metadata, else by the states of its drives, else by what the word for the state means."""
    counted = sum(one.state in _GONE for one in members)
    absent = (
        max(0, (volume.members_expected or 0) - len(members)) if members and volume.state != "optimal" else 0
    )
    told = max(volume.members_missing or 0, counted, absent)
    if told or volume.state == "optimal":
        return told
    if volume.state != "degraded":
        return volume.members_missing
    if redundancy == 1 or re.search(r"pdgd|partial|suboptimal", (volume.told_state or "").lower()):
        return 1
    return 2 if redundancy == 2 and volume.controller.startswith("megaraid:") else None
