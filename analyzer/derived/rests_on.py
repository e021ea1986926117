"""The dependency graph: what rests on what, from mount down to disk and host, one row for each edge.

Node ids are unique on their target: `mount:/srv`, `block:dm-0`, `array:md:UUID`, `slot:md0/2` (empty),
`disk:wwn:…`, `remote:server:/export`, `guest:uuid:…`, `host:NAME`. A whole disk is one node: its identity,
not its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from analyzer.derived.array import Array
from analyzer.derived.array_member import ArrayMember
from analyzer.derived.disk import Disk
from analyzer.derived.filesystem import Filesystem
from analyzer.joining import by_target, sources
from analyzer.site import Site, derived
from analyzer.wording import size
from collectors.block_tables import BlockDevice
from collectors.fact import Fact
from collectors.table import Row, column, table


@table("rests_on", key=("upper", "lower"), root=("lower",))
class RestsOn(Row):
    """One edge: the upper thing needs the lower one."""

    upper: str = column("Node id of what rests")
    upper_kind: str = column("guest, mount, swap, volume, partition, array, disk")
    upper_label: str = column("Its name for a person")
    lower: str = column("Node id of what carries it")
    lower_kind: str = column("mount, volume, partition, array, slot, disk, datastore, remote or host")
    lower_label: str = column("Its name for a person")
    relation: str = column("is on, part of, maps, member slot N, spare of, in")


class Node(NamedTuple):
    id: str
    kind: str
    label: str


@dataclass(slots=True)
class Graph:
    """Nodes of one target by kernel name, and the edges found so far."""

    target: str
    nodes: dict[str, Node]
    edges: dict[tuple[str, str], Fact[RestsOn]] = field(default_factory=dict)

    def join(self, upper: Node, lower: Node, relation: str, *because: Fact[Any]) -> None:
        """Add the edge once; nothing rests on itself."""
        if upper.id == lower.id or (upper.id, lower.id) in self.edges:
            return
        row = RestsOn(
            upper=upper.id,
            upper_kind=upper.kind,
            upper_label=upper.label,
            lower=lower.id,
            lower_kind=lower.kind,
            lower_label=lower.label,
            relation=relation,
        )
        self.edges[upper.id, lower.id] = Fact(self.target, row, sources(*because))

    def named(self, name: str) -> Node:
        """The node of a kernel device, also of one that no list shows."""
        if name not in self.nodes:
            self.nodes[name] = Node(f"block:{name}", "volume", name)
        return self.nodes[name]


def _kind(block_type: str, parents: str, images: set[str]) -> str:
    """A kernel array that md itself did not describe, and an LVM one over its images, are arrays too."""
    if block_type.startswith("raid") or block_type == "linear":
        return "array"
    if images and not images.isdisjoint(parents.split()):
        return "array"
    return _KINDS.get(block_type, "volume")


_KINDS = {"part": "partition", "disk": "disk"}
_IMAGE = re.compile(r"_[rm]image_\d+$")


@derived(RestsOn, out_of=(BlockDevice, Disk, Array, ArrayMember, Filesystem))
def rests_on(site: Site) -> Iterator[Fact[RestsOn]]:
    blocks, disks = by_target(site.facts(BlockDevice)), by_target(site.facts(Disk))
    arrays, members = by_target(site.facts(Array)), by_target(site.facts(ArrayMember))
    systems = by_target(site.facts(Filesystem))
    for target in dict.fromkeys((*blocks, *disks, *arrays, *systems)):
        mine = blocks.get(target, [])
        graph = Graph(target, _nodes(mine, disks.get(target, []), arrays.get(target, [])))
        pools = _pools(mine) | _made_of(members.get(target, []))
        _mounts(graph, systems.get(target, []), mine, pools)
        _stacking(graph, mine)
        _arrays(graph, members.get(target, []), arrays.get(target, []))
        host = Node(f"host:{target}", "host", target)
        for fact in disks.get(target, []):
            graph.join(_disk_node(fact.row), host, "in", fact)
        yield from graph.edges.values()


def _nodes(
    blocks: list[Fact[BlockDevice]], disks: list[Fact[Disk]], arrays: list[Fact[Array]]
) -> dict[str, Node]:
    nodes: dict[str, Node] = {}
    images = {f.row.name for f in blocks if f.row.mapped_name and _IMAGE.search(f.row.mapped_name)}
    whole: dict[str, Node] = {}
    for held in disks:
        node = _disk_node(held.row)
        for name in (held.row.names or held.row.name).split():
            whole[name] = node
    for fact in blocks:
        row = fact.row
        if row.name not in whole:
            called = row.mapped_name or row.name
            label = f"{called} {size(row.size_bytes)}" if called and row.size_bytes else called
            nodes[row.name] = Node(f"block:{row.name}", _kind(row.type, row.parents, images), label)
    nodes |= whole
    for told in arrays:
        nodes[_name(told.row)] = Node(f"array:{told.row.array}", "array", told.row.said)
    return nodes


def _name(array: Array) -> str:
    """Its kernel name; its identity, where it is no device of the kernel and its name could be anything."""
    return array.device or (array.name if array.kind == "md" else array.array)


def _disk_node(disk: Disk) -> Node:
    label = f"{disk.said} {size(disk.size_bytes)}" if disk.size_bytes else disk.said
    return Node(f"disk:{disk.disk}", "disk", label)


def _mounts(
    graph: Graph,
    systems: list[Fact[Filesystem]],
    blocks: list[Fact[BlockDevice]],
    pools: dict[str, list[str]],
) -> None:
    seen: set[str] = set()
    for fact in systems:
        row = fact.row
        seen.add(row.mountpoint)
        mount = Node(f"mount:{row.mountpoint}", "mount", row.mountpoint)
        if row.network:
            remote = Node(f"remote:{row.source}", "remote", row.source or "")
            graph.join(mount, remote, "is on", fact)
        else:
            pool = (row.source or "").partition("/")[0] if row.fs_type == "zfs" else row.device
            for name in pools.get(pool or "", [row.device] if row.device else []):
                graph.join(mount, graph.named(name), "is on", fact)
    for block in blocks:
        for where in block.row.mountpoints.split("\n") if block.row.mountpoints else ():
            if where and where not in seen:
                swap = where == "[SWAP]"
                node = Node(
                    f"swap:{block.row.name}" if swap else f"mount:{where}", "swap" if swap else "mount", where
                )
                for name in pools.get(block.row.name, [block.row.name]):
                    graph.join(node, graph.named(name), "is on", block)


def _pools(blocks: list[Fact[BlockDevice]]) -> dict[str, list[str]]:
    """Device or pool that a mount names → all devices below: of btrfs it names one, of ZFS only the pool."""
    found: dict[str, list[str]] = {}
    for fact in blocks:
        if fact.row.fs_type == "btrfs" and fact.row.fs_uuid:
            found.setdefault(fact.row.fs_uuid, []).append(fact.row.name)
    pools = {name: names for names in found.values() for name in names if len(names) > 1}
    for fact in blocks:
        if fact.row.fs_type == "zfs_member" and fact.row.fs_label:
            pools.setdefault(fact.row.fs_label, []).append(fact.row.name)
    return pools


def _made_of(members: list[Fact[ArrayMember]]) -> dict[str, list[str]]:
    """Kernel name → the array that is a file system of its own and has it as a device."""
    return {fact.row.member: [fact.row.array] for fact in members if fact.row.kind == "btrfs"}


def _stacking(graph: Graph, blocks: list[Fact[BlockDevice]]) -> None:
    for fact in blocks:
        row = fact.row
        upper = graph.named(row.name)
        if upper.id.startswith("array:"):
            continue  # its members are told by md itself
        relation = "part of" if row.type == "part" else "member" if upper.kind == "array" else "maps"
        for parent in row.parents.split():
            graph.join(upper, graph.named(parent), relation, fact)


def _arrays(graph: Graph, members: list[Fact[ArrayMember]], arrays: list[Fact[Array]]) -> None:
    names = {fact.row.array: _name(fact.row) for fact in arrays}
    for fact in members:
        row = fact.row
        array = graph.named(names.get(row.array, row.array_name))
        if row.state == "missing":
            label = f"{row.array_name} slot {row.slot} is empty"
            graph.join(
                array,
                Node(f"slot:{row.array_name}/{row.slot}", "slot", label),
                f"member slot {row.slot}",
                fact,
            )
            continue
        place = (
            "spare of"
            if row.state == "spare"
            else "member"
            if row.slot is None
            else f"member slot {row.slot}"
        )
        graph.join(
            array, graph.named(row.member), f"{place}, failed" if row.state == "failed" else place, fact
        )
