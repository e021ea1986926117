"""Drives behind RAID controllers among the disks, and among the members of arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analyzer import controller_rows
from analyzer.controller_rows import members_of, volume_name
from analyzer.derived.array import Array
from analyzer.derived.array_member import ArrayMember, of_disk
from analyzer.derived.controller_array import array_id
from analyzer.derived.disk import Disk
from analyzer.joining import by_target, sources
from analyzer.site import Site, joined_into
from collectors.block_tables import BlockDevice
from collectors.drive_tables import Drive
from collectors.fact import Fact
from collectors.raid_controller_tables import RaidDisk, RaidVolume

_STATES = {
    "online": "in-sync",
    "rebuilding": "rebuilding",
    "spare": "spare",
    "missing": "missing",
    "failed": "failed",
    "offline": "failed",
    "bad": "failed",
    "foreign": "failed",
}


def known(serial: str | None) -> str | None:
    """A serial number that tells drives apart: not blanked out, not too short."""
    told = (serial or "").strip().upper()
    return told if len(told) > 3 and len(set(told)) > 1 and told != "REDACTED" else None


def place(row: RaidDisk) -> str:
    """megaraid:0/252:3, its name among disks and members; names there hold no blanks."""
    return f"{row.controller}/{row.slot}".replace(" ", "-")


def sick_of(row: RaidDisk) -> str | None:
    """What the controller holds against the drive; None if it tells nothing of its health."""
    if row.predictive_failures is None and row.smart_alert is None and row.media_errors is None:
        return None
    ill = []
    if row.predictive_failures:
        ill.append(f"{row.predictive_failures} predictive failures noted by the controller")
    if row.smart_alert:
        ill.append("predicts its failure")
    if row.media_errors:
        ill.append(f"{row.media_errors} media errors noted by the controller")
    return "; ".join(ill)


@joined_into(Disk, out_of=(RaidDisk, Drive, BlockDevice))
def controller_disks(site: Site) -> Iterator[Fact[Disk]]:
    """Drives that only their controller tells of: neither the kernel nor smartctl reached them."""
    told = controller_rows.disks(site.facts(RaidDisk))
    if not told:
        return
    seen = {(f.target, known(f.row.serial)) for f in site.facts(Drive)}
    seen |= {(f.target, known(f.row.serial)) for f in site.facts(BlockDevice)}
    for (target, _), fact in told.items():
        row = fact.row
        serial = known(row.serial)
        if row.state in ("jbod", "missing", None) or (serial and (target, serial) in seen):
            continue
        sick = sick_of(row)
        yield Fact(target, _disk(row, sick), fact.sources)


def _disk(row: RaidDisk, sick: str | None) -> Disk:
    return Disk(
        disk=f"wwn:{row.wwn}" if row.wwn else f"controller:{place(row)}",
        name=place(row),
        names=place(row),
        status="read" if sick is not None else "behind-controller",
        detail="" if sick is not None else "its controller tells its state, not its health",
        model=row.model,
        serial=row.serial,
        wwn=row.wwn,
        firmware_version=row.firmware_version,
        size_bytes=row.size_bytes,
        transport=row.transport,
        rotational=row.rotational,
        logical_sector_bytes=row.logical_sector_bytes,
        physical_sector_bytes=row.physical_sector_bytes,
        drive_write_cache={"on": True, "off": False}.get(row.write_cache or ""),
        sick=sick,
    )


@joined_into(ArrayMember, out_of=(RaidVolume, RaidDisk, Array, Disk))
def controller_members(site: Site) -> Iterator[Fact[ArrayMember]]:
    """The drives of every volume, empty slots, and spares beside the first volume of their controller."""
    arrays = {(f.target, f.row.array): f for f in site.facts(Array) if f.row.kind == "controller"}
    if not arrays:
        return
    drives = by_target(controller_rows.disks(site.facts(RaidDisk)).values())
    below = _below(site)
    spared: set[tuple[str, str]] = set()
    for (target, _), fact in controller_rows.volumes(site.facts(RaidVolume)).items():
        volume, mine = fact.row, drives.get(target, [])
        whole = arrays.get((target, array_id(volume)))
        if whole is None:
            continue
        members = members_of(volume, mine)
        for number, one in enumerate(members):
            yield _member(whole, one, number, below)
        yield from _empty(whole, volume, len(members))
        if (target, volume.controller) not in spared:
            spared.add((target, volume.controller))
            spares = (o for o in mine if o.row.state == "spare" and o.row.controller == volume.controller)
            yield from (_member(whole, one, None, below) for one in spares)


def _below(site: Site) -> dict[tuple[str, str], Disk]:
    """Disks of each target by name and by serial number; a serial number that repeats tells nothing."""
    found: dict[tuple[str, str], Disk] = {}
    twice: set[tuple[str, str]] = set()
    for fact in site.facts(Disk):
        found.setdefault((fact.target, fact.row.name), fact.row)
        serial = known(fact.row.serial)
        if serial:
            key = (fact.target, f"serial {serial}")
            (twice.add(key) if key in found else found.setdefault(key, fact.row))
    return {key: row for key, row in found.items() if key not in twice}


def _member(
    whole: Fact[Array], one: Fact[RaidDisk], slot: int | None, below: dict[tuple[str, str], Disk]
) -> Fact[ArrayMember]:
    row, array = one.row, whole.row
    disk = below.get((whole.target, place(row))) or below.get((whole.target, f"serial {known(row.serial)}"))
    told: dict[str, Any] = of_disk(disk) if disk else {}
    for name in ("model", "serial", "firmware_version", "transport", "rotational"):
        told[name] = told.get(name) if told.get(name) is not None else getattr(row, name)
    words = [word for word in (sick_of(row), told.get("sick")) if word is not None]
    told["sick"] = "; ".join(dict.fromkeys(filter(None, words))) if words else None
    state = _STATES.get(row.state or "", "member")
    member = ArrayMember(
        array=array.array,
        array_name=array.name,
        kind="controller",
        level=array.level,
        member=place(row) if state != "missing" else f"slot {row.slot}",
        slot=slot,
        state=state,
        member_size_bytes=array.member_size_bytes,
        size_bytes=row.size_bytes,
        **told,
    )
    return Fact(whole.target, member, sources(one, whole))


def _empty(whole: Fact[Array], volume: RaidVolume, present: int) -> Iterator[Fact[ArrayMember]]:
    """Slots that the metadata expects and no drive fills."""
    slots = volume.slots.split()
    empty = slots.count("-") if slots else 0
    if not empty and present and whole.row.state != "clean":
        empty = max(0, (volume.members_expected or 0) - present)
    for number in range(min(empty, 64)):
        row = ArrayMember(
            array=whole.row.array,
            array_name=volume_name(volume),
            kind="controller",
            level=whole.row.level,
            member=f"slot {present + number}",
            slot=present + number,
            state="missing",
            member_size_bytes=whole.row.member_size_bytes,
        )
        yield Fact(whole.target, row, whole.sources)
