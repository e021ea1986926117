"""Edges of ZFS in the dependency graph: mount on pool, pool on its groups and lone disks."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.derived.array import Array
from analyzer.derived.disk import Disk
from analyzer.derived.filesystem import Filesystem
from analyzer.derived.rests_on import RestsOn, _disk_node
from analyzer.derived.zfs_array import array_id, short
from analyzer.joining import by_target, sources
from analyzer.site import Site, joined_into
from analyzer.zfs_tree import Group, Names, groups
from collectors.block_tables import BlockDevice
from collectors.fact import Fact
from collectors.zfs_tables import ZpoolVdev


@joined_into(RestsOn, out_of=(ZpoolVdev, Filesystem, Array, BlockDevice, Disk))
def zfs_edges(site: Site) -> Iterator[Fact[RestsOn]]:
    """A pool falls with any of its top-level devices but a log: it stripes over them."""
    found = [one for one in site.once(groups) if one.top.role != "log"]
    if not found:
        return
    arrays = {(f.target, f.row.array): f.row.said for f in site.facts(Array)}
    blocks, disks = by_target(site.facts(BlockDevice)), by_target(site.facts(Disk))
    pools = {(one.target, one.pool) for one in found}
    for one in found:
        lower = _lower(one, arrays, blocks.get(one.target, []), disks.get(one.target, []))
        upper = f"pool:{one.pool}"
        row = RestsOn(
            upper=upper,
            upper_kind="volume",
            upper_label=f"pool {one.pool}",
            lower=lower[0],
            lower_kind=lower[1],
            lower_label=lower[2],
            relation="stripes over",
        )
        yield Fact(one.target, row, sources(*one.facts))
    for fact in site.facts(Filesystem):
        pool = (fact.row.source or "").partition("/")[0]
        if fact.row.fs_type == "zfs" and (fact.target, pool) in pools:
            row = RestsOn(
                upper=f"mount:{fact.row.mountpoint}",
                upper_kind="mount",
                upper_label=fact.row.mountpoint,
                lower=f"pool:{pool}",
                lower_kind="volume",
                lower_label=f"pool {pool}",
                relation="is on",
            )
            yield Fact(fact.target, row, sources(fact))


def _lower(
    one: Group,
    arrays: dict[tuple[str, str], str],
    blocks: list[Fact[BlockDevice]],
    disks: list[Fact[Disk]],
) -> tuple[str, str, str]:
    if one.level:
        return f"array:{array_id(one)}", "array", arrays.get((one.target, array_id(one)), one.name)
    name = Names(blocks).of(one.top)
    for fact in disks:
        if name and name in (fact.row.names or fact.row.name).split():
            node = _disk_node(fact.row)
            return node.id, node.kind, node.label
    kind = next((fact.row.type for fact in blocks if fact.row.name == name), "")
    label = name or short(one.top)
    return f"block:{label}", "partition" if kind == "part" else "volume", label
