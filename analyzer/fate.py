"""Shared fate: what a system and a copy of it both need, followed down through every layer and across
machines.

The edges are those of `rests_on`, which are kept apart by target, and those between targets: a mounted export
lies on the file system of its server, a host that is a guest rests on its hypervisor, a datastore of one node
on that node.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from analyzer.derived.asset import System, Systems, systems_of
from analyzer.derived.filesystem import Filesystem
from analyzer.derived.rests_on import RestsOn
from analyzer.guest_places import within
from analyzer.site import Site
from collectors.exposure_tables import SmbShare
from collectors.frozen import frozen
from collectors.hypervisor_tables import Datastore

Node = tuple[str, str]
"""Target, and node id there as in `rests_on`."""
Place = tuple[str, str]
"""Target, and folder there."""

STORAGE_KINDS = frozenset(
    ("mount", "volume", "partition", "array", "slot", "disk", "datastore", "remote", "swap")
)


@frozen
class Meeting:
    """A thing that both need. *sort*: storage or host."""

    node: Node
    sort: str
    label: str


@dataclass(slots=True)
class Fates:
    """The graph of a whole site."""

    below: dict[Node, list[Node]] = field(default_factory=dict)
    labels: dict[Node, tuple[str, str]] = field(default_factory=dict)
    mounts: dict[str, list[str]] = field(default_factory=dict)
    served: dict[Node, Place] = field(default_factory=dict)
    _closed: dict[Node, frozenset[Node]] = field(default_factory=dict)

    def folders(self, target: str, node: str, path: str | None) -> Iterator[Place]:
        """Where a path that lies on a node is kept by the servers of other targets."""
        mountpoint = node.removeprefix("mount:")
        rest = path[len(mountpoint) :].strip("/") if path and within(path, mountpoint) else ""
        for lower in self.below.get((target, node), ()):
            if lower in self.served:
                server, folder = self.served[lower]
                yield server, posixpath.join(folder, rest) if rest else folder

    def join(self, upper: Node, lower: Node) -> None:
        """Let the upper one need the lower one."""
        lowers = self.below.setdefault(upper, [])
        if lower not in lowers and lower != upper:
            lowers.append(lower)

    def needs(self, starts: Iterable[Node]) -> frozenset[Node]:
        """All that the nodes need, themselves included."""
        found: set[Node] = set()
        for start in starts:
            if start not in self._closed:
                self._closed[start] = self._reached(start)
            found |= self._closed[start]
        return frozenset(found)

    def _reached(self, start: Node) -> frozenset[Node]:
        seen = {start}
        waiting = [start]
        while waiting:
            for lower in self.below.get(waiting.pop(), ()):
                if lower not in seen:
                    seen.add(lower)
                    waiting.append(lower)
        return frozenset(seen)

    def meetings(self, one: Iterable[Node], other: Iterable[Node]) -> tuple[Meeting, ...]:
        """The topmost things that both need, storage before hosts."""
        shared = self.needs(one) & self.needs(other)
        under = {lower for node in shared for lower in self.below.get(node, ())}
        told = [self._meeting(node) for node in shared - under or shared]
        return tuple(sorted(told, key=lambda m: (m.sort != "storage", m.label, m.node)))

    def _meeting(self, node: Node) -> Meeting:
        kind, label = self.labels.get(node, (node[1].partition(":")[0], node[1].partition(":")[2]))
        where = f" of {node[0]}" if node[1] != f"host:{node[0]}" else ""
        return Meeting(node, "storage" if kind in STORAGE_KINDS else "host", f"{_word(kind)}{label}{where}")

    def place(self, target: str, path: str) -> Node:
        """The node of a path on a target: of the mount it lies on, else of the host."""
        found = [where for where in self.mounts.get(target, ()) if within(path, where)]
        return (target, f"mount:{max(found, key=len)}") if found else (target, f"host:{target}")

    def of_system(self, row: System) -> list[Node]:
        """Where a system begins: all mounts of a host, a guest's own node."""
        nodes: list[Node] = []
        if row.target:
            nodes = [(row.target, f"mount:{where}") for where in self.mounts.get(row.target, ())]
            nodes.append((row.target, f"host:{row.target}"))
        if row.hypervisor and row.guest:
            nodes.append((row.hypervisor, f"guest:{row.guest}"))
        return nodes


_WORDS = {
    "mount": "file system ",
    "host": "host ",
    "guest": "guest ",
    "datastore": "datastore ",
    "disk": "disk ",
}


def _word(kind: str) -> str:
    return _WORDS.get(kind, "")


def fates_of(site: Site) -> Fates:
    """The graph of the site."""
    known = site.once(systems_of)
    fates = Fates()
    for fact in site.facts(RestsOn):
        row, target = fact.row, fact.target
        upper, lower = (target, row.upper), (target, row.lower)
        fates.join(upper, lower)
        fates.labels.setdefault(upper, (row.upper_kind, row.upper_label))
        fates.labels.setdefault(lower, (row.lower_kind, row.lower_label))
    for fact_of_mount in site.facts(Filesystem):
        if not fact_of_mount.row.network:
            fates.mounts.setdefault(fact_of_mount.target, []).append(fact_of_mount.row.mountpoint)
    shares = {(fact.target, fact.row.name.lower()): fact.row.path or "/" for fact in site.facts(SmbShare)}
    for node, server, path in list(_remotes(fates)):
        match = known.index.find(server)
        draft = known.drafts.get(match.asset) if match else None
        if draft is not None and draft.target:
            folder = path if path[:1] == "/" else _in_share(shares, draft.target, path)
            fates.join(node, fates.place(draft.target, folder or "/"))
            if folder:
                fates.served[node] = (draft.target, folder)
        elif draft is not None and draft.guest is not None:
            fates.join(node, (draft.guest.target, f"guest:{draft.guest.row.guest}"))
    for fact_of_network in site.facts(Filesystem):
        if fact_of_network.row.network:
            fates.mounts.setdefault(fact_of_network.target, []).append(fact_of_network.row.mountpoint)
    for draft in known.drafts.values():
        if draft.target and draft.guest is not None:
            guest = (draft.guest.target, f"guest:{draft.guest.row.guest}")
            fates.join((draft.target, f"host:{draft.target}"), guest)
    _nodes_of_stores(site, known, fates)
    _far_nodes(site, fates)
    return fates


def _in_share(shares: dict[tuple[str, str], str], target: str, path: str) -> str:
    """The folder of a server behind `SHARE/FOLDER`; empty if its shares are not known."""
    name, _, rest = path.partition("/")
    folder = shares.get((target, name.lower()), "")
    return posixpath.join(folder, rest) if folder and rest else folder


def _far_nodes(site: Site, fates: Fates) -> None:
    """What a host carries for another target stands in its graph as `guest:TARGET/…` and
    `datastore:TARGET/…`.
    """
    for target, node in {*fates.below}:
        kind, _, rest = node.partition(":")
        other, slash, own = rest.partition("/")
        if kind in ("guest", "datastore") and slash and other != target and other in site.targets:
            fates.join((other, f"{kind}:{own}"), (target, node))


def _remotes(fates: Fates) -> Iterator[tuple[Node, str, str]]:
    """Exports that something lies on: node, server, path on the server; of a Windows share its name first."""
    for node in {lower for lowers in fates.below.values() for lower in lowers}:
        if node[1].startswith("remote:"):
            told = node[1].removeprefix("remote:")
            if told.startswith("//"):
                server, _, share = told[2:].partition("/")
                yield node, server, share
            else:
                server, _, path = told.partition(":/")
                yield node, server.strip("[]"), "/" + path


def _nodes_of_stores(site: Site, known: Systems, fates: Fates) -> None:
    """A datastore that only one node sees rests on that node: `name:NODE/STORAGE`."""
    for fact in site.facts(Datastore):
        row = fact.row
        name = row.datastore.removeprefix("name:")
        node, slash, _ = name.partition("/")
        fates.labels.setdefault((fact.target, f"datastore:{row.datastore}"), ("datastore", row.name))
        if slash and row.shared is False:
            host = (fact.target, f"host:{node}")
            fates.labels.setdefault(host, ("host", node))
            fates.join((fact.target, f"datastore:{row.datastore}"), host)
            match = known.index.find(node)
            draft = known.drafts.get(match.asset) if match else None
            if draft is not None and draft.target:
                fates.join(host, (draft.target, f"host:{draft.target}"))
