"""What depends on each thing, and what of it is lost if the thing fails now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from analyzer.derived.array import Array
from analyzer.derived.disk import Disk
from analyzer.derived.filesystem import Filesystem
from analyzer.derived.rests_on import RestsOn
from analyzer.joining import by_target, sources
from analyzer.redundancy import redundancy_of
from analyzer.site import Site, derived
from collectors.block_tables import BlockDevice
from collectors.fact import Fact
from collectors.table import Row, column, table


@table("blast_radius", key=("node",), label=("label",), root=("thing",))
class BlastRadius(Row):
    """One node of the dependency graph with the mounts above it."""

    node: str = column("Node id as in rests_on")
    thing: str = column("Identity of the disk or array itself, by which findings are grouped", default="")
    kind: str = column("guest, mount, swap, volume, partition, array, slot, disk, datastore, remote or host")
    label: str = column("Its name for a person")
    depends: str = column("Mountpoints that rest on it, newline-separated", default="")
    depends_count: int = column("How many", default=0)
    depends_bytes: int = column("Used space on them, as far as told", default=0)
    lost: str = column("Mountpoints gone if it fails now, newline-separated", default="")
    lost_count: int = column("How many", default=0)
    lost_bytes: int = column("Used space on them, as far as told", default=0)
    doubtful: str = column(
        "Mountpoints of which nothing tells whether they survive, newline-separated", default=""
    )
    guests: str = column("Guests that rest on it, newline-separated", default="")
    guests_count: int = column("How many", default=0)
    guests_lost: str = column("Guests that lose a disk if it fails now, newline-separated", default="")
    level: str | None = column("Level, for an array", default=None)
    redundancy: int | None = column("Members it can lose when whole, for an array", default=None)
    redundancy_left: int | None = column("Members it can still lose, for an array", default=None)
    in_array: bool = column("Is (part of) a member of an array", default=False)
    virtual: bool = column(
        "A virtual disk: its redundancy is the business of whoever provides it", default=False
    )


@dataclass(slots=True)
class Net:
    """The graph of one target, upwards. *margin*: how many of its lower nodes an array may still lose."""

    above: dict[str, list[str]] = field(default_factory=dict)
    margin: dict[str, int | None] = field(default_factory=dict)
    label: dict[str, tuple[str, str]] = field(default_factory=dict)
    facts: dict[str, list[Fact[RestsOn]]] = field(default_factory=dict)
    idle: set[tuple[str, str]] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)
    bounded: set[str] = field(default_factory=set)
    """Nodes that may outlive one that they rest on; all others fall with it."""

    @property
    def doubtful(self) -> bool:
        """Whether anything in it has a redundancy that was not told."""
        return bool(self.shared) or None in self.margin.values()


@derived(BlastRadius, out_of=(RestsOn, Filesystem, Array, Disk))
def blast_radius(site: Site) -> Iterator[Fact[BlastRadius]]:
    for target, edges in by_target(site.facts(RestsOn)).items():
        used = {f"mount:{f.row.mountpoint}": f.row for f in site.facts_of(target, Filesystem)}
        arrays = {f"array:{f.row.array}": f.row for f in site.facts_of(target, Array)}
        virtual = {f"disk:{f.row.disk}" for f in site.facts_of(target, Disk) if f.row.virtual}
        blocks = {f"block:{f.row.name}": f.row for f in site.facts_of(target, BlockDevice)}
        net = _net(edges)
        for node, (kind, _) in net.label.items():
            block = blocks.get(node)
            if kind == "array" or (block is not None and block.type == "mpath"):
                net.margin[node] = _margin(arrays.get(node), block)
        net.bounded = {*net.margin, *net.shared, *(upper for _, upper in net.idle)}
        for node in net.label:
            row = _radius(node, net, used, arrays.get(node), node in virtual)
            yield Fact(target, row, sources(*net.facts.get(node, ())))


def _net(edges: list[Fact[RestsOn]]) -> Net:
    net = Net()
    beneath: dict[str, int] = {}
    for fact in edges:
        row = fact.row
        if row.upper not in net.label:
            net.label[row.upper] = (row.upper_kind, row.upper_label)
        if row.lower not in net.label:
            net.label[row.lower] = (row.lower_kind, row.lower_label)
        net.above.setdefault(row.lower, []).append(row.upper)
        net.facts.setdefault(row.lower, []).append(fact)
        net.facts.setdefault(row.upper, []).append(fact)
        if row.relation == "spare of" or row.relation.endswith("failed"):
            net.idle.add((row.lower, row.upper))
        if row.upper_kind == "mount":
            beneath[row.upper] = beneath.get(row.upper, 0) + 1
    net.shared = {mount for mount, count in beneath.items() if count > 1}
    return net


def _margin(array: Array | None, block: BlockDevice | None) -> int | None:
    if array is not None:
        return array.redundancy_left
    if block is None:
        return None
    ways = len(block.parents.split())
    return ways - 1 if block.type == "mpath" else redundancy_of(block.type, ways)


def _radius(
    node: str, net: Net, used: dict[str, Filesystem], array: Array | None, virtual: bool
) -> BlastRadius:
    kind, label = net.label[node]
    above = _above(node, net)
    depends, guests, in_array = _split(above, net)
    lost, doubtful, guests_lost = depends, [], guests
    if (depends or guests) and not net.bounded.isdisjoint(above):
        sure = _fallen(node, net, doubt=False)
        lost = [mount for mount in depends if mount in sure]
        guests_lost = [one for one in guests if one in sure]
        if len(lost) < len(depends) and net.doubtful:
            perhaps = _fallen(node, net, doubt=True)
            doubtful = [mount for mount in depends if mount in perhaps and mount not in sure]
    return BlastRadius(
        node=node,
        thing=node.partition(":")[2],
        kind=kind,
        label=label,
        depends=_places(depends),
        depends_count=len(depends),
        depends_bytes=_bytes(depends, used),
        lost=_places(lost),
        lost_count=len(lost),
        lost_bytes=_bytes(lost, used),
        doubtful=_places(doubtful),
        guests="\n".join([net.label[one][1] for one in guests]),
        guests_count=len(guests),
        guests_lost="\n".join([net.label[one][1] for one in guests_lost]),
        level=array.level if array else None,
        redundancy=array.redundancy if array else None,
        redundancy_left=array.redundancy_left if array else None,
        in_array=in_array,
        virtual=virtual,
    )


def _above(node: str, net: Net) -> set[str]:
    """All that rests on the node."""
    reached, waiting = {node}, [node]
    while waiting:
        for upper in net.above.get(waiting.pop(), ()):
            if upper not in reached:
                reached.add(upper)
                waiting.append(upper)
    reached.discard(node)
    return reached


def _split(above: set[str], net: Net) -> tuple[list[str], list[str], bool]:
    """Mounts and swaps, guests, and whether there is an array among them."""
    mounts, guests, in_array = [], [], False
    for one in above:
        kind = net.label[one][0]
        if kind in ("mount", "swap"):
            mounts.append(one)
        elif kind == "guest":
            guests.append(one)
        elif kind == "array":
            in_array = True
    return sorted(mounts), sorted(guests, key=lambda one: net.label[one][1]), in_array


def _fallen(node: str, net: Net, *, doubt: bool) -> set[str]:
    """Every node that falls when this one does; each is looked at once, so that an edge counts once.

    *doubt*: what cannot be told falls too.
    """
    fallen, waiting = {node}, [node]
    hits: dict[str, int] = {}
    while waiting:
        lower = waiting.pop()
        for upper in net.above.get(lower, ()):
            if upper in fallen or (lower, upper) in net.idle:
                continue
            hits[upper] = hits.get(upper, 0) + 1
            if _falls(upper, hits[upper], net, doubt):
                fallen.add(upper)
                waiting.append(upper)
    return fallen


def _falls(upper: str, hits: int, net: Net, doubt: bool) -> bool:
    """An array falls when it loses more than it can spare; a file system over several devices may live on."""
    if upper in net.margin:
        margin = net.margin[upper]
        return doubt if margin is None else hits > max(margin, 0)
    return doubt or upper not in net.shared


def _places(nodes: list[str]) -> str:
    """Mountpoints, newline-separated; what is none of them in brackets."""
    return "\n".join([node[6:] if node.startswith("mount:") else f"[{node}]" for node in nodes])


def _bytes(mounts: list[str], used: dict[str, Filesystem]) -> int:
    """Used space on the mounts, each file system once."""
    told = 0
    for mount in mounts:
        row = used.get(mount)
        if row is not None and row.alias_of is None:
            told += row.used_bytes or 0
    return told
