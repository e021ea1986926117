"""Each volume of a RAID controller, its write cache judged together with what keeps that cache alive."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer import controller_rows
from analyzer.controller_rows import members_of, volume_name
from analyzer.joining import by_target, sources
from analyzer.site import Site, derived
from collectors.fact import Fact
from collectors.raid_controller_tables import RaidController, RaidDisk, RaidVolume
from collectors.table import Row, column, table


@table("controller_volume", key=("volume",), label=("volume", "name"), root=("volume",))
class ControllerVolume(Row):
    """A volume with its cache policy and the battery of its controller."""

    volume: str = column("Controller and number, megaraid:0/v0")
    name: str | None = column("Name somebody gave it", default=None)
    device: str | None = column("Device of the operating system", default=None)
    level: str | None = column("Level", default=None)
    write_cache: str | None = column("write-back, always-write-back or write-through, now", default=None)
    write_cache_default: str | None = column("The same as it was set", default=None)
    cache_without_battery: bool | None = column(
        "The controller may write back without a battery", default=None
    )
    cache_disabled: bool | None = column("The controller's write cache is switched off", default=None)
    battery_state: str | None = column("Of the controller, as in raid_controller", default=None)
    told_battery: str | None = column("The same in the tool's words", default=None)
    drive_cache: str | None = column("Caches of its drives: on, off, default or mixed", default=None)
    solid_state: bool | None = column("All its drives are solid-state; None if not told", default=None)
    trouble: str | None = column("What is wrong with its data, in words", default=None)
    consistent: bool | None = column(
        "False: bad blocks, failed stripes or lost sectors; None: not told", default=None
    )

    @property
    def said(self) -> str:
        """megaraid:0/v0 (Data, /dev/sda, raid6), for a message."""
        told = [word for word in (self.name, self.device, self.level) if word]
        return f"{self.volume} ({', '.join(told)})" if told else self.volume


@derived(ControllerVolume, out_of=(RaidVolume, RaidController, RaidDisk))
def controller_volume(site: Site) -> Iterator[Fact[ControllerVolume]]:
    boards = controller_rows.controllers(site.facts(RaidController))
    drives = by_target(controller_rows.disks(site.facts(RaidDisk)).values())
    for (target, _), fact in controller_rows.volumes(site.facts(RaidVolume)).items():
        board = boards.get((target, fact.row.controller))
        members = [one.row for one in members_of(fact.row, drives.get(target, []))]
        row = _row(fact.row, board.row if board else None, members)
        yield Fact(target, row, sources(fact, board))


def _row(volume: RaidVolume, board: RaidController | None, members: list[RaidDisk]) -> ControllerVolume:
    spins = [one.rotational for one in members if one.rotational is not None]
    return ControllerVolume(
        volume=volume_name(volume),
        name=volume.name,
        device=volume.device,
        level=volume.level,
        write_cache=volume.write_cache,
        write_cache_default=volume.write_cache_default,
        cache_without_battery=board.cache_without_battery if board else None,
        cache_disabled=board.cache_disabled if board else None,
        battery_state=board.battery_state if board else None,
        told_battery=board.told_battery if board else None,
        drive_cache=_drive_cache(volume, members),
        solid_state=not any(spins) if spins and len(spins) == len(members) else None,
        trouble=volume.trouble,
        consistent=None if volume.inconsistent is None else not volume.inconsistent,
    )


def _drive_cache(volume: RaidVolume, members: list[RaidDisk]) -> str | None:
    """The policy of the volume; where it leaves the drives to their default, what the drives say."""
    if volume.drive_cache in ("on", "off"):
        return volume.drive_cache
    told = {one.write_cache for one in members if one.write_cache in ("on", "off")}
    if len(told) == 1 and all(one.write_cache for one in members):
        return told.pop()
    return "mixed" if len(told) > 1 else volume.drive_cache
