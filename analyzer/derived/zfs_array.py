"""Mirrors and raidz groups of ZFS pools among the arrays: rules on arrays judge them like any other."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.derived.array import Array
from analyzer.joining import by_target, sources
from analyzer.site import Site, joined_into
from analyzer.zfs_tree import Group, Names, Slot, groups
from collectors.block_tables import BlockDevice
from collectors.fact import Fact
from collectors.zfs_tables import ZpoolStatus, ZpoolVdev


@joined_into(Array, out_of=(ZpoolVdev, ZpoolStatus, BlockDevice))
def zfs_arrays(site: Site) -> Iterator[Fact[Array]]:
    """One array for each mirror, raidz or draid that holds data or metadata; logs are judged apart."""
    found = [one for one in site.once(groups) if one.level and one.top.role != "log"]
    if not found:
        return
    states = {(fact.target, fact.row.pool): fact for fact in site.facts(ZpoolStatus)}
    blocks = by_target(site.facts(BlockDevice))
    spares = _spares(site)
    for one in found:
        status = states.get((one.target, one.pool))
        names = Names(blocks.get(one.target, []))
        row = _row(one, status.row if status else None, names, spares.get((one.target, one.pool), ()))
        yield Fact(one.target, row, sources(*one.facts, status))


def array_id(one: Group) -> str:
    """The identity of the group in the table of arrays."""
    return f"zfs:{one.name}"


def _spares(site: Site) -> dict[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for fact in site.facts(ZpoolVdev):
        if fact.row.role == "spare" and fact.row.state in ("AVAIL", "ONLINE"):
            key = (fact.target, fact.row.pool)
            found[key] = (*found.get(key, ()), short(fact.row))
    return found


def short(vdev: ZpoolVdev) -> str:
    """The last word of its path."""
    return vdev.vdev.rpartition("/")[2] or vdev.vdev


def _row(one: Group, status: ZpoolStatus | None, names: Names, spares: tuple[str, ...]) -> Array:
    failed = [leaf for slot in one.slots for leaf in slot.failed]
    state, missing = one.state, one.missing
    action = _action(one, status)
    running = action in ("recovery", "check")
    whole = one.top.size_bytes or None
    return Array(
        array=array_id(one),
        name=one.name,
        kind="zfs",
        level=one.level,
        state=state,
        slots=len(one.slots) or None,
        in_sync=len(one.slots) - missing if one.slots else None,
        missing=missing if one.slots else None,
        redundancy=one.redundancy if one.slots else None,
        redundancy_left=_left(one),
        failed_count=len(failed),
        spare_count=len(spares),
        failed_names=" ".join(short(leaf) for leaf in failed),
        spare_names=" ".join(spares),
        member_text=", ".join(_slot_text(slot, names) for slot in one.slots),
        action=action,
        action_state="running" if running else None,
        action_percent=status.scan_percent if status and running else None,
        action_minutes_left=status.scan_minutes_left if status and running else None,
        size_bytes=whole,
    )


def _left(one: Group) -> int | None:
    if one.state == "failed":
        return -1
    return one.redundancy - one.missing if one.slots else None


def _slot_text(slot: Slot, names: Names) -> str:
    told = []
    for leaf, word in ((slot.filled, ""), (slot.filling, " rebuilding")):
        if leaf is not None:
            told.append(f"{_with_disk(short(leaf), names.disk_text(names.of(leaf)))}{word}")
    for leaf in slot.failed:
        note = f" ({leaf.note})" if leaf.note else ""
        told.append(f"{_with_disk(short(leaf), names.disk_text(names.of(leaf)))} {leaf.state or '?'}{note}")
    return f"slot {slot.number}: {' + '.join(told) or 'missing'}"


def _with_disk(name: str, disk: str) -> str:
    return f"{name} ({disk})" if disk else name


def _action(one: Group, status: ZpoolStatus | None) -> str | None:
    if status is None or status.scan_kind is None:
        return None
    if status.scan_state != "running":
        return "idle"
    if status.scan_kind == "scrub":
        return "check"
    marked = any(fact.row.action == "resilvering" for fact in one.facts)
    return "recovery" if marked or one.missing or any(slot.filling for slot in one.slots) else "idle"
