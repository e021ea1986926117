"""Swap space with the disks it lies on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analyzer.derived.array import Array
from analyzer.derived.disk import Disk
from analyzer.derived.filesystem import Filesystem
from analyzer.derived.rests_on import RestsOn
from analyzer.joining import by_target, sources
from analyzer.site import Site, derived
from collectors.block_tables import SwapArea
from collectors.fact import Fact
from collectors.table import Row, column, table


@table("swap_state", key=("path",))
class SwapState(Row):
    """Swap space in use."""

    path: str = column("Device or file")
    used_bytes: int | None = column("Used", default=None)
    disks: str = column("Disks whose failure would take it away, comma-separated", default="")
    sick: str = column("Which of them are failing, and why", default="")
    unread: str = column("Which of them could not be read, comma-separated", default="")


@derived(SwapState, out_of=(SwapArea,))
def swap_state(site: Site) -> Iterator[Fact[SwapState]]:
    areas = by_target(site.facts(SwapArea))
    if not areas:
        return
    edges, disks = by_target(site.facts(RestsOn)), by_target(site.facts(Disk))
    arrays, systems = by_target(site.facts(Array)), by_target(site.facts(Filesystem))
    for target, mine in areas.items():
        below: dict[str, list[str]] = {}
        for edge in edges.get(target, ()):
            below.setdefault(edge.row.upper, []).append(edge.row.lower)
        safe = {f"array:{f.row.array}" for f in arrays.get(target, ()) if (f.row.redundancy_left or 0) > 0}
        known = {f"disk:{f.row.disk}": f for f in disks.get(target, ())}
        places = [f.row.mountpoint for f in systems.get(target, ())]
        for fact in mine:
            start = _node(fact.row, places, below)
            found = [known[node] for node in _lowest(start, below, safe) if node in known]
            yield Fact(target, _row(fact.row, [f.row for f in found]), sources(fact, *found))


def _row(area: SwapArea, disks: list[Disk]) -> SwapState:
    return SwapState(
        path=area.path,
        used_bytes=area.used_bytes,
        disks=", ".join(disk.said for disk in disks),
        sick="; ".join(f"{disk.said}: {disk.sick}" for disk in disks if disk.sick),
        unread=", ".join(disk.said for disk in disks if disk.sick is None and not disk.virtual),
    )


def _node(area: SwapArea, places: list[str], below: Mapping[str, list[str]]) -> str:
    """The node of the device, or of the mount that holds the swap file."""
    if area.type == "file":
        holds = [p for p in places if area.path.startswith(p.rstrip("/") + "/")]
        return f"mount:{max(holds, key=len)}" if holds else ""
    name = area.path.removeprefix("/dev/")
    return f"swap:{name}" if f"swap:{name}" in below else f"block:{name}"


def _lowest(start: str, below: Mapping[str, list[str]], safe: set[str]) -> list[str]:
    """Disks under the node, leaving out those below an array that can lose one."""
    found: dict[str, None] = {}
    waiting = [start]
    seen: set[str] = set()
    while waiting:
        node = waiting.pop()
        if node in seen or node in safe:
            continue
        seen.add(node)
        if node.startswith("disk:"):
            found[node] = None
        waiting.extend(below.get(node, ()))
    return sorted(found)
