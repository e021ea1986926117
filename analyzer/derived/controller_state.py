"""Each RAID controller with its battery, its housekeeping and what it says against what it lists."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import datetime

from analyzer import controller_rows
from analyzer.joining import by_target, sources
from analyzer.site import Site, derived
from collectors.fact import Fact
from collectors.raid_controller_tables import RaidController, RaidDisk, RaidVolume
from collectors.table import Row, column, table

_YEAR = 365.25 * 86_400
_BUSY = ("learning", "charging")
_PARITY_OR_COPIES = ("raid1", "raid3", "raid4", "raid5", "raid6", "raid10", "raid50", "raid60")


@table("controller_state", key=("controller",), label=("controller", "model", "serial"))
class ControllerState(Row):
    """A RAID controller as rules judge it: ages instead of dates, counts beside lists."""

    controller: str = column("Family and number, megaraid:0")
    model: str | None = column("Model", default=None)
    serial: str | None = column("Serial number", default=None)
    status: str | None = column("optimal, attention, failed or unknown", default=None)
    told_status: str | None = column("The same in the tool's words", default=None)
    memory_correctable_errors: int | None = column("Errors of its memory that were corrected", default=None)
    memory_uncorrectable_errors: int | None = column("Errors of its memory that were not", default=None)
    preserved_cache: bool | None = column("Holds writes of a volume that is gone", default=None)
    cache_disabled: bool | None = column(
        "Its write cache is switched off for a fault or by hand", default=None
    )
    cache_status: str | None = column("State of its write cache, in the tool's words", default=None)
    enclosure_trouble: str = column("Enclosures, fans, power supplies with a fault", default="")
    battery_state: str | None = column(
        "ok, learning, charging, weak, failed, missing or unknown", default=None
    )
    told_battery: str | None = column("The same in the tool's words", default=None)
    battery_age_years: float | None = column("Age of the battery by its date of manufacture", default=None)
    battery_busy_hours: float | None = column(
        "Hours since an earlier audit found the battery learning or charging, and every one since",
        default=None,
    )
    wants_write_back: bool | None = column("A volume is set to write back; None if not told", default=None)
    writes_back: bool | None = column("A volume writes back now; None if not told", default=None)
    has_redundancy: bool | None = column(
        "It has a volume with copies or parity; None if none is listed", default=None
    )
    patrol_read: str | None = column("auto, manual or off", default=None)
    consistency_check: str | None = column("on or off", default=None)
    foreign_count: int | None = column("Foreign configurations, or drives with one", default=None)
    disk_count: int | None = column("Drives it says it has", default=None)
    disks_listed: int = column("Drives it told of one by one", default=0)
    volume_count: int | None = column("Volumes it says it has", default=None)
    volumes_listed: int = column("Volumes it told of one by one", default=0)
    volumes_wrong: int | None = column("Degraded or offline volumes by its own count", default=None)
    disks_wrong: int | None = column("Failed or failing drives by its own count", default=None)
    firmware_version: str | None = column("Firmware", default=None)
    firmware_age_months: float | None = column("Age of the firmware by its date", default=None)
    firmware_warning: str | None = column("What the tool says about an update that is needed", default=None)
    only_one: bool = column("No other RAID controller of this host has volumes", default=False)
    tier: int | None = column("Importance of the host that its owner gave it; None: nobody did", default=None)

    @property
    def said(self) -> str:
        """megaraid:0 (ServeRAID M5015, serial SV04616189), for a message."""
        told = [word for word in (self.model, f"serial {self.serial}" if self.serial else None) if word]
        return f"{self.controller} ({', '.join(told)})" if told else self.controller


@derived(ControllerState, out_of=(RaidController, RaidVolume, RaidDisk))
def controller_state(site: Site) -> Iterator[Fact[ControllerState]]:
    boards = controller_rows.controllers(site.facts(RaidController))
    volumes = by_target(controller_rows.volumes(site.facts(RaidVolume)).values())
    drives = by_target(controller_rows.disks(site.facts(RaidDisk)).values())
    tiers = {asset.name: asset.tier for asset in site.assets}
    for (target, name), fact in boards.items():
        mine = [one.row for one in volumes.get(target, []) if one.row.controller == name]
        listed = sum(one.row.controller == name for one in drives.get(target, []))
        others = {one.row.controller for one in volumes.get(target, [])} - {name}
        others |= {
            n for (where, n), f in boards.items() if where == target and n != name and f.row.volume_count
        }
        row = _row(site, target, fact.row, mine, listed)
        row = dataclasses.replace(row, only_one=not others, tier=tiers.get(target))
        yield Fact(target, row, sources(fact))


def _row(
    site: Site, target: str, told: RaidController, volumes: Sequence[RaidVolume], listed: int
) -> ControllerState:
    age = _seconds(site.at, told.battery_made_at)
    firmware = _seconds(site.at, told.firmware_released_at)
    levels = [one.level for one in volumes if one.level]
    return ControllerState(
        controller=told.controller,
        model=told.model,
        serial=told.serial,
        status=told.status,
        told_status=told.told_status,
        memory_correctable_errors=told.memory_correctable_errors,
        memory_uncorrectable_errors=told.memory_uncorrectable_errors,
        preserved_cache=told.preserved_cache,
        cache_disabled=told.cache_disabled,
        cache_status=told.cache_status,
        enclosure_trouble=told.enclosure_trouble or "",
        battery_state=told.battery_state,
        told_battery=told.told_battery,
        battery_age_years=age / _YEAR if age is not None else None,
        battery_busy_hours=_busy(site, target, told),
        wants_write_back=_any([one.write_cache_default or one.write_cache for one in volumes]),
        writes_back=_any([one.write_cache for one in volumes]),
        has_redundancy=any(level in _PARITY_OR_COPIES for level in levels) if levels else None,
        patrol_read=told.patrol_read,
        consistency_check=told.consistency_check,
        foreign_count=told.foreign_count,
        disk_count=told.disk_count,
        disks_listed=listed,
        volume_count=told.volume_count,
        volumes_listed=len(volumes),
        volumes_wrong=_sum(told.volumes_degraded, told.volumes_offline),
        disks_wrong=_sum(told.disks_critical, told.disks_failed),
        firmware_version=told.firmware_version,
        firmware_age_months=firmware / _YEAR * 12 if firmware is not None else None,
        firmware_warning=told.firmware_warning,
    )


def _seconds(now: datetime, then: datetime | None) -> float | None:
    return max(0.0, (now - then).total_seconds()) if then is not None else None


def _any(policies: Sequence[str | None]) -> bool | None:
    told = [policy for policy in policies if policy is not None]
    return any("write-back" in policy for policy in told) if told else None


def _sum(*values: int | None) -> int | None:
    told = [value for value in values if value is not None]
    return sum(told) if told else None


def _busy(site: Site, target: str, told: RaidController) -> float | None:
    """Hours for which every audit has found the battery learning or charging; None if this is the first."""
    if told.battery_state not in _BUSY:
        return None
    since = None
    for earlier in reversed(site.history):
        before = controller_rows.controllers(earlier.facts(RaidController)).get((target, told.controller))
        if before is None or before.row.battery_state not in _BUSY:
            break
        since = earlier.at
    return (site.at - since).total_seconds() / 3600 if since else None
