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
    told = {(f.target, f.row.controller) for f in site.facts(RaidController)}
    told |= {(f.target, f.row.controller) for f in site.facts(RaidVolume)}
    answered = _answered(site, told)
    tools = by_target(site.facts(ControllerTool))
    found: set[str] = set()
    gaps = [gap for gap in site.gaps if gap.table in (RaidController, RaidVolume, ControllerTool)]
    disks = by_target(site.facts(Disk))
    for fact in site.facts(StorageController):
        if not fact.row.hides_disks:
            continue
        found.add(fact.target)
        mine = [one for one in tools.get(fact.target, []) if one.row.family == fact.row.family]
        heard = (fact.target, fact.row.address) in answered
        row = _row(fact.row, bool(mine), heard, _why(gaps, fact.target))
        yield Fact(fact.target, row, sources(fact, *mine))
    for target, held in disks.items():
        for one in held:
            if one.row.behind_controller and not one.row.virtual and target not in found:
                heard = any(where == target for where, _ in told)
                yield Fact(target, _volume(one.row, heard, _why(gaps, target)), sources(one))


def _answered(site: Site, told: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """(target, PCI address) of the controllers of which a tool told: by address, else by their number.

    A tool that tells of one of two controllers of a family leaves the other unheard.
    """
    address = {(f.target, f.row.controller): f.row.pci_address for f in site.facts(RaidController)}
    on_bus: dict[tuple[str, str], list[str]] = {}
    for fact in site.facts(StorageController):
        if fact.row.hides_disks:
            on_bus.setdefault((fact.target, fact.row.family), []).append(fact.row.address)
    found = set()
    for (target, family), addresses in on_bus.items():
        names = {name for where, name in told if where == target and name.partition(":")[0] == family}
        known = {address.get((target, name)) for name in names} & set(addresses)
        rest = sorted(set(addresses) - known)[: len(names) - len(known)]
        found |= {(target, one) for one in (*known, *rest) if one}
    return found


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
