"""What the three voices of md (/proc/mdstat, sysfs, mdadm --detail) say of an array, taken together.

Each may be missing; where they disagree the worse word counts and the disagreement is told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from analyzer.joining import first, least
from collectors.block_tables import MdDetail, MdMember, MdStatus, MdSysfs

_ACTIONS = {
    "recover": "recovery",
    "recovering": "recovery",
    "resyncing": "resync",
    "reshaping": "reshape",
    "checking": "check",
    "repairing": "repair",
}
_KNOWN_ACTIONS = ("recovery", "resync", "reshape", "check", "repair")
_BETWEEN = re.compile(r"[\s,]+")
_MEMBER = re.compile(r"([^\s\[:]+)(?:[\[:](\d+)\]?)?")


def is_container(status: MdStatus | None, sysfs: MdSysfs | None, detail: MdDetail | None) -> bool:
    """Only holds metadata of other arrays (IMSM, DDF): neither redundant nor degraded."""
    return bool(
        (status and status.container)
        or (detail and (detail.container or detail.level == "container"))
        or (sysfs and sysfs.level == "container")
    )


def slots_in_sync(status: MdStatus | None, sysfs: MdSysfs | None, detail: MdDetail | None) -> int | None:
    """Slots with a synchronous member, by the worst of the sources."""
    by_sysfs = None
    if sysfs and sysfs.raid_disks is not None and sysfs.degraded is not None:
        by_sysfs = sysfs.raid_disks - sysfs.degraded
    return least(
        status.slots_in_sync if status else None, by_sysfs, detail.active_devices if detail else None
    )


def state_of(
    status: MdStatus | None,
    sysfs: MdSysfs | None,
    detail: MdDetail | None,
    lost_too_many: bool,
    missing: int | None,
) -> str:
    """clean, degraded, failed or inactive; unknown if nothing tells."""
    words = _words(detail)
    held = sysfs.array_state if sysfs else None
    if (status and not status.active) or held in ("inactive", "clear") or "inactive" in words:
        return "inactive"
    if "FAILED" in words or "broken" in words or held == "broken" or (status and status.broken):
        return "failed"
    if lost_too_many and not (detail and detail.state and detail.level == "raid10"):
        return "failed"  # of RAID10 mdadm knows the layout, and did not say FAILED
    if missing or "degraded" in words:
        return "degraded"
    if missing is None and not words and (status is None or status.level not in ("raid0", "linear")):
        return "unknown"
    return "clean"


def says_degraded(detail: MdDetail | None) -> bool:
    """mdadm calls it degraded, whatever it counts: in a reshape the old slots are counted too."""
    return "degraded" in _words(detail)


def _words(detail: MdDetail | None) -> list[str]:
    return _BETWEEN.split(detail.state.strip()) if detail and detail.state else []


def action_of(
    status: MdStatus | None, sysfs: MdSysfs | None, detail: MdDetail | None
) -> tuple[str | None, str | None]:
    """What the array is doing (idle, if nothing) and whether that runs, waits or is frozen."""
    if status and status.action:
        return _ACTIONS.get(status.action, status.action), status.action_state or "running"
    if sysfs and sysfs.sync_action == "frozen":
        return "idle", "frozen"
    if sysfs and sysfs.sync_action:
        doing = _ACTIONS.get(sysfs.sync_action, sysfs.sync_action)
        if doing in _KNOWN_ACTIONS:
            return doing, "running"
    words = _words(detail)
    for word in words:
        doing = _ACTIONS.get(word, "")
        if doing in _KNOWN_ACTIONS:
            waiting = next(
                (w.strip("()") for w in words if w in ("(DELAYED)", "(PENDING)", "(REMOTE)")), None
            )
            return doing, waiting or "running"
    told = (status and status.active) or (sysfs and sysfs.sync_action) or words
    return ("idle" if told else None), None


def percent_of(
    status: MdStatus | None, sysfs: MdSysfs | None, detail: MdDetail | None = None
) -> float | None:
    """Progress; /proc/mdstat is fresher than sync_completed."""
    if status and status.action_percent is not None:
        return status.action_percent
    if sysfs and sysfs.sync_completed_sectors is not None and sysfs.sync_total_sectors:
        return 100.0 * sysfs.sync_completed_sectors / sysfs.sync_total_sectors
    return detail.action_percent if detail else None


def spares_of(status: MdStatus | None, detail: MdDetail | None, action: str | None) -> int | None:
    """Idle spares. One that is being rebuilt is none any more; members of an inactive array all read (S)."""
    if status and status.active:
        return len(status.spare_members.split())
    if detail and detail.spare_devices is not None:
        busy = 1 if action == "recovery" else 0
        return max(0, detail.spare_devices - busy)
    return None


def spare_names(status: MdStatus | None, detail: MdDetail | None, action: str | None) -> str:
    """Kernel names of idle spares, blank-separated."""
    if status and status.active:
        return status.spare_members
    if detail and action != "recovery":
        return " ".join(path.removeprefix("/dev/") for path in detail.spare_members.split())
    return ""


def has_bitmap(status: MdStatus | None, sysfs: MdSysfs | None, detail: MdDetail | None) -> bool | None:
    """Whether there is a write-intent bitmap."""
    if sysfs and sysfs.bitmap_location is not None:
        return sysfs.bitmap_location != "none"
    policy = detail.consistency_policy if detail else None
    return first(status.bitmap if status else None, policy == "bitmap" if policy else None)


def failed_names(
    status: MdStatus | None, members: Sequence[MdMember], detail: MdDetail | None = None
) -> list[str]:
    """Kernel names of members flagged as failed, by any source."""
    told = set(status.failed_members.split()) if status else set()
    told.update([one.member for one in members if one.state and "faulty" in one.state.split(",")])
    if detail and detail.faulty_members:
        told.update([path.removeprefix("/dev/") for path in detail.faulty_members.split()])
    return sorted(told)


def member_slots(
    status: MdStatus | None, members: Sequence[MdMember], detail: MdDetail | None
) -> dict[str, int | None]:
    """Kernel name of every member to its slot (None: spare, failed or not told), in slot order.

    The number in brackets in /proc/mdstat is no slot: after a replacement it counts on.
    """
    found: dict[str, int | None] = {}
    for one in sorted(members, key=lambda m: (m.slot is None, m.slot or 0, m.member)):
        found[one.member] = one.slot
    for slot, path in enumerate(detail.members.split() if detail else ()):
        if path not in ("removed", "missing", "-"):
            held = (
                slot if detail and detail.slots and slot < detail.slots else None
            )  # spares follow the slots
            found.setdefault(path.removeprefix("/dev/"), held)
    for name, _ in _MEMBER.findall(status.members if status else ""):
        found.setdefault(name, None)
    return found


def empty_slots(
    slots: int | None, told: dict[str, int | None], slot_map: str | None, missing: int | None
) -> list[int]:
    """Numbers of slots that no member holds; where only the slot map tells, those not in sync."""
    if not slots or not missing:
        return []
    held = {slot for slot in told.values() if slot is not None}
    if held:
        return [slot for slot in range(min(slots, 256)) if slot not in held]
    if slot_map:
        return [slot for slot, letter in enumerate(slot_map) if letter == "_"]
    return []


def contradiction(
    status: MdStatus | None, sysfs: MdSysfs | None, detail: MdDetail | None, action: str | None
) -> str:
    """Where the sources cannot all be right. While members move they only answer at different moments."""
    if action in ("recovery", "reshape"):
        return ""
    by_sysfs = None
    if sysfs and sysfs.raid_disks is not None and sysfs.degraded is not None:
        by_sysfs = sysfs.raid_disks - sysfs.degraded
    counts = (
        status.slots_in_sync if status else None,
        by_sysfs,
        detail.active_devices if detail else None,
    )
    slots = (
        status.slots if status else None,
        sysfs.raid_disks if sysfs else None,
        detail.slots if detail else None,
    )
    said = (_disagree("slots in sync", counts), _disagree("slots", slots))
    return "; ".join([one for one in said if one])


_SPEAKERS = ("/proc/mdstat", "sysfs", "mdadm")


def _disagree(what: str, told: tuple[int | None, int | None, int | None]) -> str:
    if len({value for value in told if value is not None}) < 2:
        return ""
    known = [(name, value) for name, value in zip(_SPEAKERS, told, strict=True) if value is not None]
    return f"{what}: {', '.join(f'{value} by {name}' for name, value in known)}"
