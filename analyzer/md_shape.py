"""How whole an md array is: slots, members missing, redundancy left."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer import md_state
from analyzer.joining import first, most
from analyzer.redundancy import fatal, redundancy_of
from collectors.block_tables import MdDetail, MdMember, MdStatus, MdSysfs
from collectors.frozen import frozen


@frozen
class Shape:
    """Expected members by metadata, working ones by the worst of the sources."""

    level: str | None
    slots: int | None
    in_sync: int | None
    missing: int | None
    slot_map: str | None
    state: str
    redundancy: int | None
    redundancy_left: int | None
    failed_names: Sequence[str]
    failed_count: int | None


def shape_of(
    status: MdStatus | None, sysfs: MdSysfs | None, detail: MdDetail | None, members: Sequence[MdMember]
) -> Shape:
    """What the sources together tell of the array's members."""
    level = _level(status, sysfs, detail)
    slots = _slots(status, sysfs, detail)
    failed = md_state.failed_names(status, members, detail)
    in_sync = md_state.slots_in_sync(status, sysfs, detail)
    missing = max(0, slots - in_sync) if slots and in_sync is not None else None
    if not missing and md_state.says_degraded(detail):
        missing = max(1, (detail.removed_slots or 0) if detail else 0)
    if missing is None and level in ("raid0", "linear") and (status or members):
        missing = len(failed)  # /proc/mdstat counts no slots for these levels
    slot_map = status.slot_map if status else None
    state = md_state.state_of(status, sysfs, detail, fatal(level, slots, missing, slot_map), missing)
    bears = redundancy_of(level, slots)
    left = None if bears is None or missing is None else max(0, bears - missing)
    counted = len(failed) if status or members or detail else None
    return Shape(
        level=level,
        slots=slots,
        in_sync=in_sync,
        missing=missing,
        slot_map=slot_map,
        state=state,
        redundancy=bears,
        redundancy_left=-1 if state in ("failed", "inactive") else left,
        failed_names=failed,
        failed_count=most(detail.failed_devices if detail else None, counted),
    )


def _level(status: MdStatus | None, sysfs: MdSysfs | None, detail: MdDetail | None) -> str | None:
    told = (
        status.level if status else None,
        sysfs.level if sysfs else None,
        detail.level if detail else None,
    )
    return first(*told) or None


def _slots(status: MdStatus | None, sysfs: MdSysfs | None, detail: MdDetail | None) -> int | None:
    told = (
        sysfs.raid_disks if sysfs else None,
        detail.slots if detail else None,
        status.slots if status else None,
    )
    return first(*told) or None
