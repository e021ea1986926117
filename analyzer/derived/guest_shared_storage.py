"""Guests on storage that another system of the site provides: edges in the graph of what carries them.

Where what a datastore lies on (`analyzer.storage_carriers`) was audited too, its own graph gains the
datastore and the guests on it, so that a degraded array there names them.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.derived.disk import Disk
from analyzer.derived.filesystem import Filesystem
from analyzer.derived.rests_on import RestsOn
from analyzer.guest_places import Places, guests_of
from analyzer.joining import sources
from analyzer.site import Site, joined_into
from analyzer.storage_carriers import Carriers, Node
from collectors.block_tables import BlockDevice
from collectors.fact import Fact
from collectors.hypervisor_tables import Datastore, Guest, GuestDisk


@joined_into(RestsOn, out_of=(Guest, GuestDisk, Datastore, Filesystem, BlockDevice, Disk))
def provided_storage(site: Site) -> Iterator[Fact[RestsOn]]:
    stores = site.facts(Datastore)
    if not stores:
        return
    carriers = Carriers(site)
    found: dict[tuple[str, str], list[tuple[str, Node, Fact[Datastore]]]] = {}
    for store in stores:
        for target, node in carriers.of(store):
            place = f"datastore:{store.row.datastore}"
            if target == store.target:
                yield _edge(target, (place, "datastore", store.row.name), node, "lies on", store)
                continue
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
    guests, places = {(f.target, f.row.guest): f for f in site.once(guests_of)}, Places(site)
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
