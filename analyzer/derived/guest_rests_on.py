"""Edges of guests in the dependency graph: on the file systems, datastores and devices of their disks."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.derived.disk import Disk
from analyzer.derived.filesystem import Devices, Filesystem
from analyzer.derived.rests_on import RestsOn
from analyzer.guest_places import Place, Places, guests_of
from analyzer.joining import by_target, sources
from analyzer.site import Site, joined_into
from collectors.block_tables import BlockDevice, Mount
from collectors.fact import Fact
from collectors.hypervisor_tables import Datastore, Guest, GuestDisk


@joined_into(RestsOn, out_of=(Guest, GuestDisk, Datastore, Filesystem, BlockDevice, Disk))
def guest_edges(site: Site) -> Iterator[Fact[RestsOn]]:
    """A guest rests on each storage that one of its disks lies on: one edge for each, and their own below."""
    guests = {(f.target, f.row.guest): f for f in site.once(guests_of)}
    if not guests:
        return
    places, devices = Places(site), DeviceNodes(site)
    known = {(f.target, f.row.mountpoint) for f in site.facts(Filesystem)}
    seen: set[tuple[str, str, str]] = set()
    for disk in site.facts(GuestDisk):
        guest = guests.get((disk.target, disk.row.guest))
        place = places.of(disk.target, disk.row)
        if place is None or guest is None:
            continue
        lower = _lower(disk.target, place, devices, known)
        if (disk.target, guest.row.guest, lower[0]) not in seen:
            seen.add((disk.target, guest.row.guest, lower[0]))
            row = RestsOn(
                upper=f"guest:{guest.row.guest}",
                upper_kind="guest",
                upper_label=guest.row.name,
                lower=lower[0],
                lower_kind=lower[1],
                lower_label=lower[2],
                relation="has a disk on",
            )
            yield Fact(disk.target, row, sources(guest, disk, place.fact))


class DeviceNodes:
    """Kernel names of the devices that disks lie on."""

    def __init__(self, site: Site) -> None:
        self._blocks = by_target(site.facts(BlockDevice))
        self._disks = by_target(site.facts(Disk))
        self._known: dict[str, Devices] = {}

    def node(self, target: str, path: str) -> tuple[str, str, str]:
        """The node of a device: a whole disk by its identity, as everywhere in the graph."""
        known = self._known.setdefault(target, Devices(self._blocks.get(target, [])))
        name = known.of(Mount(mountpoint="", source=path, fs_type="", options="", read_only=False))
        name = name or path.removeprefix("/dev/")
        for fact in self._disks.get(target, ()):
            if name in (fact.row.names or fact.row.name).split():
                return f"disk:{fact.row.disk}", "disk", fact.row.said
        return f"block:{name}", "volume", name


def _lower(
    target: str, place: Place, devices: DeviceNodes, known: set[tuple[str, str]]
) -> tuple[str, str, str]:
    if place.device and place.id.startswith("device:"):
        return devices.node(target, place.device)
    if place.mountpoint and (target, place.name) in known:
        return f"mount:{place.name}", "mount", place.name
    return place.id, "datastore", place.name
