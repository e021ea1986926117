"""Every physical disk that should be there, and whether its health could be read."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from typing import Any

from analyzer.disk_kinds import is_shingled, is_virtual, is_volume
from analyzer.disk_names import (
    device_name,
    identity,
    nvme_controller,
    repeated,
    serial_of,
    serials_twice,
    wwn_digits,
)
from analyzer.drive_rows import attributes_of, self_tests_of
from analyzer.joining import by_target, first, keyed, sources
from analyzer.sickness import sickness
from analyzer.site import Site, derived
from collectors.block_tables import BlockDevice, BlockQueue
from collectors.drive_tables import Drive, DriveAttribute, DriveScan, DriveSelfTest
from collectors.fact import Fact, Gap
from collectors.table import Row, column, table


@table("disk", key=("disk",), label=("name", "model", "serial"))
class Disk(Row):
    """A physical (or virtual) disk of a host: what the kernel lists, what a scan finds, what was read."""

    disk: str = column("Identity: wwn:…, serial:MODEL/SERIAL or device:NAME")
    name: str = column("Kernel name, or how it is reached behind a controller")
    names: str = column("Every kernel name it has, blank-separated", default="")
    status: str = column(
        "read, standby, denied, tool-missing, unsupported, disabled, behind-controller, virtual or unreadable"
    )
    detail: str = column("Why its health was not read", default="")
    model: str | None = column("Model", default=None)
    serial: str | None = column("Serial number", default=None)
    wwn: str | None = column("World wide name", default=None)
    firmware_version: str | None = column("Firmware revision", default=None)
    size_bytes: int | None = column("Capacity", default=None)
    transport: str | None = column("sata, sas, nvme, usb and so on", default=None)
    rotational: bool | None = column("Rotates", default=None)
    removable: bool | None = column("Removable", default=None)
    virtual: bool = column("A virtual disk of a hypervisor", default=False)
    behind_controller: bool = column("A volume that a RAID controller makes of drives", default=False)
    controller_members_read: int = column("Drives that were read behind a controller of this host", default=0)
    logical_sector_bytes: int | None = column("Logical sector size", default=None)
    physical_sector_bytes: int | None = column("Physical sector size", default=None)
    power_on_hours: int | None = column("Hours powered on", default=None)
    erc_supported: bool | None = column("Error recovery control is supported", default=None)
    erc_read_deciseconds: int | None = column("Read recovery limit, 0: off", default=None)
    timeout_seconds: int | None = column("Command timeout of the kernel", default=None)
    drive_write_cache: bool | None = column("Volatile write cache is on, as the drive tells", default=None)
    kernel_write_cache: str | None = column(
        "write back or write through, as the kernel believes", default=None
    )
    smr: bool | None = column("Shingled recording; None if nothing tells", default=None)
    serial_repeats: bool = column("Another disk of the host tells the same serial number", default=False)
    sick: str | None = column(
        "What makes it too weak for a rebuild, semicolon-separated; empty: nothing; None: not read",
        default=None,
    )

    @property
    def said(self) -> str:
        """Kernel name, model and serial for a message."""
        told = [word for word in (self.model, f"serial {self.serial}" if self.serial else None) if word]
        return f"{self.name} ({', '.join(told)})" if told else self.name


_NOT_DISKS = re.compile(r"(loop|ram|zram|nbd|sr|fd|mtdblock|md|dm-|drbd|rbd|zd)\d*|mmcblk\d+(boot\d+|rpmb)")
_REASONS = {
    "standby": "standby",
    "denied": "denied",
    "tool-missing": "tool-missing",
    "unsupported": "unsupported",
}


@derived(Disk, out_of=(BlockDevice, Drive, DriveScan, DriveAttribute, DriveSelfTest, BlockQueue))
def disk(site: Site) -> Iterator[Fact[Disk]]:
    blocks, drives = by_target(site.facts(BlockDevice)), by_target(site.facts(Drive))
    scans, queues = by_target(site.facts(DriveScan)), by_target(site.facts(BlockQueue))
    gaps = [gap for gap in site.gaps if gap.table in (Drive, DriveScan)]
    for target in dict.fromkeys((*blocks, *drives, *scans)):
        disks = [fact for fact in blocks.get(target, ()) if _is_disk(fact.row)]
        listed = [fact.row for fact in disks]
        repeats, twice = repeated(listed), serials_twice(listed)
        pairs = _pair(disks, drives.get(target, ()), scans.get(target, ()), repeats)
        queue = keyed(queues.get(target, []), lambda r: r.name)
        about = [gap for gap in gaps if gap.target == target]
        behind = sum(1 for found, one in pairs if one is not None and not found)
        for found, one in pairs:
            row = _row(found, one, queue, about, behind, _sick(site, one) if one else None)
            if found and repeats and identity(found[0].row) in repeats:
                known = one.row.drive if one else f"{row.disk} /dev/{row.name}"
                row = dataclasses.replace(row, disk=known, serial_repeats=True)
            elif found and twice and (found[0].row.serial or "").strip() in twice:
                row = dataclasses.replace(row, serial_repeats=True)
            hold = queue.get(found[0].row.name) if found else None
            yield Fact(target, row, sources(one, *found, hold))


Pair = tuple[list[Fact[BlockDevice]], Fact[Any] | None]


def _pair(
    disks: Sequence[Fact[BlockDevice]],
    drives: Sequence[Fact[Drive]],
    scans: Sequence[Fact[DriveScan]],
    repeats: set[str],
) -> list[Pair]:
    """Disks of the kernel with the drive that was read, then drives and scanned devices beside them."""
    of_name = {device_name(fact.row.device): fact for fact in drives if " " not in fact.row.device}
    of_wwn = keyed(drives, lambda r: wwn_digits(r.wwn))
    of_serial = keyed(drives, lambda r: serial_of(r.serial))
    found: dict[str, tuple[list[Fact[BlockDevice]], Fact[Drive] | None]] = {}
    taken: set[str] = set()
    for fact in disks:
        row = fact.row
        one = of_name.get(row.name) or of_name.get(nvme_controller(row.name))
        if one is None:
            name = identity(row)
            alike = name in repeats
            one = of_wwn.get(wwn_digits(row.wwn)) or (None if alike else of_serial.get(serial_of(row.serial)))
            name = f"{name} /dev/{row.name}" if alike else name
        if one is not None:
            name = one.row.drive
            taken.add(name)
        mine, _ = found.setdefault(name, ([], one))
        mine.append(fact)
    pairs: list[Pair] = list(found.values())
    if len(taken) < len(drives):
        rest = keyed(drives, lambda r: r.drive)
        pairs.extend(([], fact) for name, fact in rest.items() if name not in taken)
    return [*pairs, *_only_scanned(disks, drives, scans)]


def _is_disk(row: BlockDevice) -> bool:
    """A disk with a medium: the slots of an empty card reader have size 0."""
    return row.type == "disk" and row.size_bytes != 0 and _NOT_DISKS.fullmatch(row.name) is None


def _only_scanned(
    disks: Sequence[Fact[BlockDevice]], drives: Sequence[Fact[Drive]], scans: Sequence[Fact[DriveScan]]
) -> Iterator[Pair]:
    """Scanned devices that are neither a disk of the kernel nor a drive that was read."""
    seen = {device_name(fact.row.device) for fact in drives}
    for fact in disks:
        seen.add(fact.row.name)
        seen.add(nvme_controller(fact.row.name))
    for scan in scans:
        name = device_name(scan.row.device)
        if name not in seen and ("," not in scan.row.type or f"{name} {scan.row.type}" not in seen):
            yield [], scan


def _sick(site: Site, one: Fact[Any]) -> str | None:
    if not isinstance(one.row, Drive):
        return None
    key = (one.target, one.row.drive)
    mine = [f.row for f in site.once(attributes_of).get(key, ())]
    tests = [f.row for f in site.once(self_tests_of).get(key, ())]
    ill = sickness(one.row, mine, tests)
    return "; ".join(ill) if ill or mine or _tells_health(one.row) else None


def _tells_health(drive: Drive) -> bool:
    told = (drive.passed, drive.critical_warning, drive.uncorrected_errors, drive.informational_exception)
    return any(value is not None for value in told) or drive.grown_defects is not None


def _row(
    found: list[Fact[BlockDevice]],
    one: Fact[Any] | None,
    queue: dict[Any, Fact[BlockQueue]],
    gaps: list[Gap],
    behind: int,
    ill: str | None,
) -> Disk:
    block = found[0].row if found else None
    drive = one.row if one is not None and isinstance(one.row, Drive) else None
    held = queue[block.name].row if block and block.name in queue else None
    name = block.name if block else device_name(one.row.device if one else "")
    if block is None and drive is None and one is not None and "," in one.row.type:
        name = f"{name} {one.row.type}"
    known = drive.drive if drive else identity(block) if block else f"device:{name}"
    volume = is_volume(block) or bool(drive and drive.raid_volume)
    virtual = is_virtual(block, drive)
    status, detail = _status(name, drive, gaps, ill, virtual, volume)
    return Disk(
        disk=known,
        name=name,
        names=" ".join(fact.row.name for fact in found),
        status=status,
        detail=detail,
        virtual=virtual,
        behind_controller=volume,
        controller_members_read=behind,
        timeout_seconds=held.timeout_seconds if held else None,
        kernel_write_cache=held.write_cache if held else None,
        removable=block.removable if block else None,
        sick=ill if status == "read" else None,
        **_described(block, drive),
    )


def _described(block: BlockDevice | None, drive: Drive | None) -> dict[str, Any]:
    """Columns told by the drive itself, else by the kernel."""
    rpm = drive.rotation_rpm if drive else None
    return {
        "model": first(drive.model if drive else None, block.model if block else None),
        "serial": first(drive.serial if drive else None, block.serial if block else None),
        "wwn": first(drive.wwn if drive else None, block.wwn if block else None),
        "firmware_version": first(
            drive.firmware_version if drive else None, block.revision if block else None
        ),
        "size_bytes": first(drive.capacity_bytes if drive else None, block.size_bytes if block else None),
        "transport": first(block.transport if block else None, drive.transport if drive else None),
        "rotational": rpm > 0 if rpm is not None else block.rotational if block else None,
        "logical_sector_bytes": first(
            drive.logical_sector_bytes if drive else None, block.logical_sector_bytes if block else None
        ),
        "physical_sector_bytes": first(
            drive.physical_sector_bytes if drive else None, block.physical_sector_bytes if block else None
        ),
        "power_on_hours": drive.power_on_hours if drive else None,
        "erc_supported": drive.erc_supported if drive else None,
        "erc_read_deciseconds": drive.erc_read_deciseconds if drive else None,
        "drive_write_cache": drive.write_cache if drive else None,
        "smr": is_shingled(drive),
    }


def _status(
    name: str, drive: Drive | None, gaps: list[Gap], ill: str | None, virtual: bool, volume: bool
) -> tuple[str, str]:
    if virtual:
        return "virtual", "a virtual disk has no health of its own"
    if drive is not None and ill is not None:
        return "read", ""
    if drive is not None and drive.smart_available is not False and drive.smart_enabled is False:
        return "disabled", "SMART is switched off"
    if volume:
        return "behind-controller", "a volume of a RAID controller: its drives have to be asked through it"
    mine = [gap for gap in gaps if _concerns(gap, name)] or [gap for gap in gaps if not gap.subject]
    if mine:
        worst = next((gap for gap in mine if gap.reason in _REASONS), mine[0])
        return _REASONS.get(worst.reason, "unreadable"), worst.detail
    if drive is not None and drive.smart_available is False:
        return "unsupported", "the drive offers no SMART"
    return "unreadable", "it told nothing of its health" if drive else "nothing was read from it"


def _concerns(gap: Gap, name: str) -> bool:
    subject = device_name(gap.subject)
    return subject != "" and (
        subject == name or nvme_controller(name) == subject or name.startswith(f"{subject} ")
    )
