"""What several answers tell of one controller, volume or drive, taken together: the worse word counts."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from analyzer.joining import sources
from collectors.fact import Fact
from collectors.raid_controller_tables import RaidController, RaidDisk, RaidVolume
from collectors.table import Row

R = TypeVar("R", bound=Row)

_WORSE = (
    *("failed", "bad", "missing", "offline", "rebuilding", "degraded", "weak", "attention", "foreign"),
    *("learning", "charging"),
)
_JUDGED = ("state", "status", "battery_state")


def whole(facts: Iterable[Fact[R]], key: Callable[[R], str]) -> dict[tuple[str, str], Fact[R]]:
    """One fact for each thing of each target; *key* names the thing."""
    found: dict[tuple[str, str], Fact[R]] = {}
    for fact in facts:
        name = (fact.target, key(fact.row))
        found[name] = _both(found[name], fact) if name in found else fact
    return found


def _both(first: Fact[R], second: Fact[R]) -> Fact[R]:
    values: dict[str, Any] = {}
    worse = False
    for field in dataclasses.fields(first.row):
        one, other = getattr(first.row, field.name), getattr(second.row, field.name)
        takes = one == field.default or one is None
        if field.name in _JUDGED and other in _WORSE:
            takes = worse = takes or one not in _WORSE or _WORSE.index(other) < _WORSE.index(one)
        elif field.name.startswith("told_") and worse and other:
            takes, worse = True, False
        values[field.name] = other if takes else one
    return Fact(first.target, type(first.row)(**values), sources(first, second))


def controllers(facts: Iterable[Fact[RaidController]]) -> dict[tuple[str, str], Fact[RaidController]]:
    """By target and name of the controller."""
    return whole(facts, lambda row: row.controller)


def volumes(facts: Iterable[Fact[RaidVolume]]) -> dict[tuple[str, str], Fact[RaidVolume]]:
    """By target and name of the volume. A set of volumes that are told one by one does not count again."""
    found = whole(facts, volume_name)
    singly = {(f.target, f.row.controller, f.row.group) for f in found.values() if not _is_set(f.row)}
    return {
        name: fact
        for name, fact in found.items()
        if not (_is_set(fact.row) and (fact.target, fact.row.controller, fact.row.group) in singly)
    }


def _is_set(row: RaidVolume) -> bool:
    return row.volume.startswith("set ")


def disks(facts: Iterable[Fact[RaidDisk]]) -> dict[tuple[str, str], Fact[RaidDisk]]:
    """By target and place of the drive."""
    return whole(facts, lambda row: f"{row.controller} {row.slot}")


def volume_name(row: RaidVolume) -> str:
    """megaraid:0/v1, what messages call it."""
    number = row.volume if row.volume.startswith(("u", "set")) else f"v{row.volume}"
    return f"{row.controller}/{number}"


def drive_said(row: RaidDisk) -> str:
    """megaraid:0 slot 252:3 (ST16000NM001G, serial ZL2PVFA8), for a message."""
    told = [word for word in (row.model, f"serial {row.serial}" if row.serial else None) if word]
    place = f"{row.controller} slot {row.slot}"
    return f"{place} ({', '.join(told)})" if told else place


def members_of(volume: RaidVolume, drives: Iterable[Fact[RaidDisk]]) -> list[Fact[RaidDisk]]:
    """The drives of a volume, by the slots it names, else by the group both lie in; spares left out."""
    mine = [fact for fact in drives if fact.row.controller == volume.controller]
    slots = [slot for slot in volume.slots.split() if slot != "-"]
    if slots:
        by_slot = {fact.row.slot: fact for fact in mine}
        return [by_slot[slot] for slot in slots if slot in by_slot and by_slot[slot].row.state != "spare"]
    if volume.group is None:
        return []
    return [fact for fact in mine if fact.row.group == volume.group and fact.row.state != "spare"]
