"""RAID controllers that a host has, and whether anything was told of their arrays."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.derived.disk import Disk
from analyzer.joining import by_target, sources
from analyzer.site import Site, derived
from collectors.fact import Fact, Gap
from collectors.raid_controller_tables import ControllerTool, RaidController, RaidVolume, StorageController
from collectors.table import Row, column, table


@table("controller_presence", key=("controller",))
class ControllerPresence(Row):
    """A RAID controller seen on the bus, or only by the volume it shows."""

    controller: str = column("PCI address, or the disk that is a volume")
    maker: str = column("Maker, or model of the volume")
    tools: str = column("Tools that can tell its state, blank-separated", default="")
    tool_installed: bool | None = column("One of them is installed; None if not known", default=None)
    told: bool = column("Volumes, or the controller itself, were told by a tool")
    drives_read: int = column("Drives behind it that smartctl reached", default=0)
    why: str = column("Why nothing was told", default="")


@derived(ControllerPresence, out_of=(StorageController, ControllerTool, RaidController, RaidVolume, Disk))
def controller_presence(site: Site) -> Iterator[Fact[ControllerPresence]]:
    told = {(f.target, f.row.controller.partition(":")[0]) for f in site.facts(RaidController)}
    told |= {(f.target, f.row.controller.partition(":")[0]) for f in site.facts(RaidVolume)}
    tools = by_target(site.facts(ControllerTool))
    found: set[str] = set()
    gaps = [gap for gap in site.gaps if gap.table in (RaidController, RaidVolume, ControllerTool)]
    disks = by_target(site.facts(Disk))
    for fact in site.facts(StorageController):
        if not fact.row.hides_disks:
            continue
        found.add(fact.target)
        mine = [one for one in tools.get(fact.target, []) if one.row.family == fact.row.family]
        row = _row(fact.row, bool(mine), (fact.target, fact.row.family) in told, _why(gaps, fact.target))
        yield Fact(fact.target, row, sources(fact, *mine))
    for target, held in disks.items():
        for one in held:
            if one.row.behind_controller and not one.row.virtual and target not in found:
                answered = any(where == target for where, _ in told)
                yield Fact(target, _volume(one.row, answered, _why(gaps, target)), sources(one))


def _why(gaps: list[Gap], target: str) -> str:
    return next((gap.detail for gap in gaps if gap.target == target and gap.detail), "")


def _row(controller: StorageController, installed: bool, told: bool, why: str) -> ControllerPresence:
    return ControllerPresence(
        controller=controller.address,
        maker=controller.maker,
        tools=controller.tools,
        tool_installed=installed,
        told=told,
        why=why,
    )


def _volume(disk: Disk, told: bool, why: str) -> ControllerPresence:
    return ControllerPresence(
        controller=disk.name,
        maker=disk.model or "maker not told",
        told=told,
        drives_read=disk.controller_members_read,
        why=why,
    )
