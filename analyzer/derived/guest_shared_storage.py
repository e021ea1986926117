"""Guests on storage that another system of the site provides: edges in the graph of what carries them.

A datastore names what it lies on: `server:/export` of NFS, or the world wide names of its disks (NAA, EUI).
Where that server, or a host with that disk, was audited too, its own graph gains the datastore and the guests
on it, so that a degraded array there names them. Nothing is guessed: the server has to be told by the name or
the address of exactly one target.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.derived.disk import Disk
from analyzer.derived.filesystem import Filesystem
from analyzer.derived.guest_rests_on import DeviceNodes
from analyzer.derived.rests_on import RestsOn
from analyzer.guest_places import Places, guests_of, within
from analyzer.joining import by_target, sources
from analyzer.site import Site, joined_into
from collectors.block_tables import BlockDevice, Host, HostIdentity
from collectors.fact import Fact
from collectors.hypervisor_tables import Datastore, Guest, GuestDisk

Node = tuple[str, str, str]
"""Id, kind and label."""
_EXPORT = re.compile(r"([^/\s]+):(/\S*)")
_WORLD_WIDE = re.compile(r"(?:naa|eui|wwn|0x)[.-]?([0-9a-f]{16,32})", re.IGNORECASE)


@joined_into(RestsOn, out_of=(Guest, GuestDisk, Datastore, Filesystem, BlockDevice, Disk))
def provided_storage(site: Site) -> Iterator[Fact[RestsOn]]:
    if len(site.targets) < 2:
        return
    carriers = _Carriers(site)
    found: dict[tuple[str, str], list[tuple[str, Node, Fact[Datastore]]]] = {}
    for store in site.facts(Datastore):
        for target, node in carriers.of(store):
            place = f"datastore:{store.row.datastore}"
            found.setdefault((store.target, place), []).append((target, node, store))
    if not found:
        return
    for (_, place), ways in found.items():
        for target, node, store in ways:
            upper = (_far(store.target, place), "datastore", f"{store.row.name} of {store.target}")
            yield _edge(target, upper, node, "is provided by", store)
    yield from _guests(site, found)


def _guests(
    site: Site, found: dict[tuple[str, str], list[tuple[str, Node, Fact[Datastore]]]]
) -> Iterator[Fact[RestsOn]]:
    """Each guest once on each datastore that is provided."""
    guests, places = {(f.target, f.row.guest): f for f in guests_of(site)}, Places(site)
    seen: set[tuple[str, str, str]] = set()
    for disk in site.facts(GuestDisk):
        guest, place = guests.get((disk.target, disk.row.guest)), places.of(disk.target, disk.row)
        if guest is None or place is None or (disk.target, guest.row.guest, place.id) in seen:
            continue
        seen.add((disk.target, guest.row.guest, place.id))
        for target in dict.fromkeys(way[0] for way in found.get((disk.target, place.id), ())):
            label = f"{guest.row.name} of {disk.target}"
            upper = (f"guest:{disk.target}/{guest.row.guest}", "guest", label)
            lower = (_far(disk.target, place.id), "datastore", f"{place.name} of {disk.target}")
            yield _edge(target, upper, lower, "has a disk on", guest, disk)


class _Carriers:
    """Finds what provides a datastore among the other targets of the site."""

    def __init__(self, site: Site) -> None:
        self._systems = by_target(site.facts(Filesystem))
        self._nodes = DeviceNodes(site)
        self._names: dict[str, set[str]] = {}
        self._disks: dict[str, list[tuple[str, str]]] = {}
        hosts = {fact.target: fact.row.hostname for fact in site.facts(Host)}
        own = {f.target: (f.row.addresses or "").split() for f in site.facts(HostIdentity)}
        for target in site.targets:
            known = (target, hosts.get(target, ""), site.addresses.get(target, ""), *own.get(target, ()))
            for name in known:
                if name:
                    self._names.setdefault(name.lower(), set()).add(target)
                    if not re.fullmatch(r"[\d.]+|.*:.*", name):
                        self._names.setdefault(name.lower().partition(".")[0], set()).add(target)
        for block in site.facts(BlockDevice):
            if block.row.wwn and block.row.type in ("disk", "mpath"):
                self._disks.setdefault(_bare(block.row.wwn), []).append((block.target, block.row.name))

    def of(self, store: Fact[Datastore]) -> Iterator[tuple[str, Node]]:
        """Target and node of each file system or disk that the datastore lies on there."""
        device = store.row.device or ""
        export = _EXPORT.fullmatch(device)
        if export:
            yield from self._exported(store.target, export[1].lower(), export[2])
            return
        for name in _WORLD_WIDE.findall(device):
            for target, disk in self._disks.get(_bare(name), ()):
                if target != store.target:
                    yield target, self._nodes.node(target, f"/dev/{disk}")

    def _exported(self, asking: str, server: str, path: str) -> Iterator[tuple[str, Node]]:
        known = self._names.get(server) or self._names.get(server.partition(".")[0], set())
        targets = known - {asking}
        if len(targets) != 1:
            return
        (target,) = targets
        mounts = [f.row for f in self._systems.get(target, ()) if not f.row.network]
        below = [one for one in mounts if within(path, one.mountpoint)]
        if below:
            best = max(below, key=lambda one: len(one.mountpoint))
            where = best.alias_of or best.mountpoint
            yield target, (f"mount:{where}", "mount", where)


def _bare(name: str) -> str:
    return re.sub(r"^(?:naa|eui|wwn|0x)[.-]?", "", name.lower())


def _far(target: str, place: str) -> str:
    """Node of a thing of another target: it must not be taken for one of this."""
    kind, _, rest = place.partition(":")
    return f"{kind}:{target}/{rest}"


def _edge(
    target: str,
    upper: Node,
    lower: Node,
    relation: str,
    *because: Fact[Guest] | Fact[GuestDisk] | Fact[Datastore],
) -> Fact[RestsOn]:
    row = RestsOn(
        upper=upper[0],
        upper_kind=upper[1],
        upper_label=upper[2],
        lower=lower[0],
        lower_kind=lower[1],
        lower_label=lower[2],
        relation=relation,
    )
    return Fact(target, row, sources(*because))
