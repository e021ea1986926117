"""Devices of ZFS pools among the members of arrays, with the disks they lie on."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.derived.array import Array
from analyzer.derived.array_member import ArrayMember, Below, of_disk
from analyzer.derived.disk import Disk
from analyzer.derived.zfs_array import array_id, short
from analyzer.joining import by_target, row_of, sources
from analyzer.site import Site, joined_into
from analyzer.zfs_tree import Group, Names, groups
from collectors.block_tables import BlockDevice
from collectors.fact import Fact
from collectors.zfs_tables import ZpoolVdev


@joined_into(ArrayMember, out_of=(ZpoolVdev, Array, BlockDevice, Disk))
def zfs_members(site: Site) -> Iterator[Fact[ArrayMember]]:
    """Every device of a mirror or raidz; the pool's spares stand beside its first group."""
    found = [one for one in site.once(groups) if one.level and one.top.role != "log"]
    if not found:
        return
    blocks, disks = by_target(site.facts(BlockDevice)), by_target(site.facts(Disk))
    seen: set[tuple[str, str]] = set()
    for one in found:
        mine = blocks.get(one.target, [])
        below, names = Below(mine, disks.get(one.target, [])), Names(mine)
        for slot in one.slots:
            for leaf, state in (
                (slot.filled, "in-sync"),
                (slot.filling, "rebuilding"),
                *((leaf, _failed(leaf)) for leaf in slot.failed),
            ):
                if leaf is not None:
                    number = None if leaf in slot.failed and slot.filled else slot.number
                    yield _member(one, leaf, state, number, below, names)
        if (one.target, one.pool) not in seen:
            seen.add((one.target, one.pool))
            for fact in site.facts(ZpoolVdev):
                spare = fact.row
                if (fact.target, spare.pool, spare.role) == (one.target, one.pool, "spare") and (
                    spare.state == "AVAIL"
                ):
                    yield _member(one, spare, "spare", None, below, names)


def _failed(leaf: ZpoolVdev) -> str:
    return "missing" if leaf.state in ("REMOVED", "UNAVAIL", "CANT_OPEN") else "failed"


def _member(
    one: Group, leaf: ZpoolVdev, state: str, slot: int | None, below: Below, names: Names
) -> Fact[ArrayMember]:
    name = names.of(leaf) if state != "missing" else None
    block, disk = below.blocks.get(name or ""), below.disk(name) if name else None
    row = ArrayMember(
        array=array_id(one),
        array_name=one.name,
        kind="zfs",
        level=one.level,
        member=name or short(leaf),
        slot=slot,
        state="failed" if state == "missing" and slot is None else state,
        size_bytes=block.row.size_bytes if block else leaf.size_bytes,
        **of_disk(row_of(disk)),
    )
    told = next((fact for fact in one.facts if fact.row is leaf), None)
    return Fact(one.target, row, sources(told, block, disk))
