"""Members of arrays with the disks they lie on."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import Any

from analyzer import md_state
from analyzer.derived.array import Array
from analyzer.derived.disk import Disk
from analyzer.joining import by_target, row_of, sources
from analyzer.md_names import named
from analyzer.md_voices import Voices, voices
from analyzer.site import Site, derived
from collectors.block_tables import BlockDevice, MdDetail, MdMember, MdStatus
from collectors.fact import Fact
from collectors.table import Row, column, table


@table("array_member", key=("array", "member"), label=("member", "array_name"))
class ArrayMember(Row):
    """A slot of an array, or a device beside the slots, and the disk below it."""

    array: str = column("Identity of the array")
    array_name: str = column("Name of the array")
    kind: str = column("md, lvm, btrfs and so on: who makes the array", default="md")
    level: str | None = column("Level of the array", default=None)
    member: str = column("Kernel name of the member device; `slot N` for an empty slot")
    slot: int | None = column("Its slot; None for a spare or failed device, or where not told", default=None)
    state: str = column("in-sync, rebuilding, spare, failed, missing or member (not told more)")
    errors: int | None = column("Read errors that md corrected without ejecting it", default=None)
    bad_blocks: int | None = column("Entries of its bad block list", default=None)
    member_size_bytes: int | None = column("Size the array uses of each member", default=None)
    size_bytes: int | None = column("Size of the member device", default=None)
    disk: str | None = column("Identity of the disk below", default=None)
    disk_name: str | None = column("Kernel name of the disk below", default=None)
    model: str | None = column("Model of the disk", default=None)
    serial: str | None = column("Serial number of the disk", default=None)
    firmware_version: str | None = column("Firmware revision of the disk", default=None)
    read_status: str | None = column("Whether the disk's health was read", default=None)
    transport: str | None = column("sata, sas, nvme, usb and so on", default=None)
    rotational: bool | None = column("Rotates", default=None)
    virtual: bool | None = column("A virtual disk", default=None)
    power_on_hours: int | None = column("Hours powered on", default=None)
    erc_supported: bool | None = column("Error recovery control is supported", default=None)
    erc_read_deciseconds: int | None = column("Read recovery limit, 0: off", default=None)
    timeout_seconds: int | None = column("Command timeout of the kernel", default=None)
    drive_write_cache: bool | None = column("Volatile write cache is on", default=None)
    logical_sector_bytes: int | None = column("Logical sector size", default=None)
    physical_sector_bytes: int | None = column("Physical sector size", default=None)
    smr: bool | None = column("Shingled recording", default=None)
    sick: str | None = column("What makes the disk too weak; empty: nothing; None: not read", default=None)

    @property
    def said(self) -> str:
        """slot 2 (sdc1, ST4000DM000, serial XYZ), for a message."""
        told = [word for word in (self.model, f"serial {self.serial}" if self.serial else None) if word]
        name = self.member if self.slot is None or self.state == "missing" else f"slot {self.slot}"
        inside = ([self.member] if name != self.member else []) + told
        return f"{name} ({', '.join(inside)})" if inside else name


@derived(ArrayMember, out_of=(Array, MdMember, MdDetail, MdStatus, BlockDevice, Disk))
def array_member(site: Site) -> Iterator[Fact[ArrayMember]]:
    arrays = {(fact.target, fact.row.name): fact for fact in site.facts(Array) if fact.row.kind == "md"}
    if not arrays:
        return
    blocks, disks = by_target(site.facts(BlockDevice)), by_target(site.facts(Disk))
    below: dict[str, Below] = {}
    for one in site.once(voices):
        whole = arrays.get((one.target, one.name))
        if whole is not None:
            if one.target not in below:
                below[one.target] = Below(blocks.get(one.target, []), disks.get(one.target, []))
            yield from _members(one, whole, below[one.target])


def members_of(site: Site) -> dict[tuple[str, str], list[Fact[ArrayMember]]]:
    """The members of each array, by target and identity of the array."""
    found: dict[tuple[str, str], list[Fact[ArrayMember]]] = {}
    for fact in site.facts(ArrayMember):
        found.setdefault((fact.target, fact.row.array), []).append(fact)
    return found


class Below:
    """Block devices and disks of one target, to find the disk that a device lies on."""

    def __init__(self, blocks: list[Fact[BlockDevice]], disks: list[Fact[Disk]]) -> None:
        self.blocks = {fact.row.name: fact for fact in blocks}
        self.disks = {name: fact for fact in disks for name in (fact.row.names or fact.row.name).split()}
        self._rows = {name: fact.row for name, fact in self.blocks.items()}
        self._names: dict[str, str] = {}
        for name, row in self._rows.items():
            if row.path:
                self._names[row.path] = name
        for name, row in self._rows.items():
            if row.mapped_name:
                self._names.setdefault(f"/dev/mapper/{row.mapped_name}", name)

    def disk(self, name: str) -> Fact[Disk] | None:
        """The one disk below the device; None if there is none or there are several."""
        for _ in range(8):
            if name in self.disks:
                return self.disks[name]
            parents = self.blocks[name].row.parents.split() if name in self.blocks else []
            if len(parents) != 1:
                return None
            name = parents[0]
        return None

    def named(self, path: str) -> str:
        """Kernel name of a path under /dev or /dev/mapper; the path itself if none is known."""
        return self._names.get(path, path.removeprefix("/dev/"))

    def told(self, path: str) -> str:
        """sdc1 (serial ZC1A2B3C)"""
        name = self.named(path)
        return named(name, self._rows)


def _members(one: Voices, whole: Fact[Array], below: Below) -> Iterator[Fact[ArrayMember]]:
    status, detail = row_of(one.status), row_of(one.detail)
    held = {fact.row.member: fact for fact in one.members}
    told = md_state.member_slots(status, [fact.row for fact in one.members], detail)
    array = whole.row
    empty = md_state.empty_slots(array.slots, told, status.slot_map if status else None, array.missing)
    if empty and (not array.failed_names or any(slot is not None for slot in told.values())):
        yield from (Fact(one.target, _missing(array, number), whole.sources) for number in empty)
    for name, slot in told.items():
        block, disk, mine = below.blocks.get(name), below.disk(name), held.get(name)
        row = ArrayMember(
            array=array.array,
            array_name=array.name,
            level=array.level,
            member=name,
            slot=slot,
            state=_state(name, slot, row_of(mine), array),
            errors=mine.row.errors if mine else None,
            bad_blocks=mine.row.bad_blocks if mine else None,
            member_size_bytes=array.member_size_bytes,
            size_bytes=block.row.size_bytes if block else None,
            **of_disk(row_of(disk)),
        )
        yield Fact(one.target, row, sources(mine, one.status, one.detail, block, disk))


def _missing(array: Array, slot: int) -> ArrayMember:
    return ArrayMember(
        array=array.array,
        array_name=array.name,
        level=array.level,
        member=f"slot {slot}",
        slot=slot,
        state="missing",
        member_size_bytes=array.member_size_bytes,
    )


def _state(name: str, slot: int | None, held: MdMember | None, array: Array) -> str:
    if name in array.failed_names.split():
        return "failed"
    if array.state == "inactive":
        return "member"  # all members of an array that does not run are flagged as spares
    flags = (held.state or "").split(",") if held else []
    if "in_sync" in flags:
        return "in-sync"
    if "spare" in flags:
        return "rebuilding" if slot is not None else "spare"
    if name in array.spare_names.split():
        return "spare"
    return "in-sync" if array.state == "clean" and array.missing == 0 else "member"


_SHARED = (
    *("disk", "model", "serial", "firmware_version", "transport", "rotational", "virtual", "power_on_hours"),
    *("erc_supported", "erc_read_deciseconds", "timeout_seconds", "drive_write_cache"),
    *("logical_sector_bytes", "physical_sector_bytes", "smr", "sick"),
)
_SHARED_OF = attrgetter(*_SHARED)


def of_disk(disk: Disk | None) -> dict[str, Any]:
    """What a member tells of its disk."""
    if disk is None:
        return {}
    told = dict(zip(_SHARED, _SHARED_OF(disk), strict=True))
    told["disk_name"], told["read_status"] = disk.name, disk.status
    return told
