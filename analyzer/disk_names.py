"""What a disk is known by: WWN, else model and serial number, else the kernel's name."""

from __future__ import annotations

import re

from collectors.block_tables import BlockDevice

_NAMESPACE = re.compile(r"(nvme\d+)n\d+")
_LETTERED = re.compile(r"[sh]d[a-z]+")


def identity(row: BlockDevice) -> str:
    """The identity that the drive of this disk would have, from what the kernel tells."""
    if row.wwn and not row.name.startswith("nvme") and (digits := wwn_digits(row.wwn)):
        return f"wwn:{digits}"
    if serial_of(row.serial) and row.transport != "usb":
        return f"serial:{row.model or '?'}/{row.serial}"
    return f"device:{row.name}"


def device_name(device: str) -> str:
    """sda for /dev/sda."""
    return device.removeprefix("/dev/")


def nvme_controller(name: str) -> str:
    matched = _NAMESPACE.fullmatch(name) if name.startswith("nvme") else None
    return matched[1] if matched else name


def wwn_digits(told: str | None) -> str:
    """The hex digits of a world wide name; empty for none and for the zeros some bridges tell."""
    if not told:
        return ""
    digits = told.lower().removeprefix("0x").removeprefix("eui.").removeprefix("naa.")
    return digits if digits.strip("0") else ""


def serial_of(told: str | None) -> str:
    digits = (told or "").strip()
    return digits if len(digits) > 3 and digits.strip("0") else ""


def repeated(disks: list[BlockDevice]) -> set[str]:
    """Identities by serial number alone that several disks have: those numbers name nothing."""
    if len(disks) < 2:
        return set()
    named = [identity(row) for row in disks if _LETTERED.fullmatch(row.name)]
    return {one for one in named if one.startswith("serial:") and named.count(one) > 1}


def serials_twice(disks: list[BlockDevice]) -> set[str]:
    """Serial numbers that disks with different identities tell: world wide names part them, labels do not.

    Only of disks that are plugged in: storage systems and drives with two actuators do it on purpose.
    """
    known: dict[str, list[BlockDevice]] = {}
    for row in disks:
        if row.serial and row.transport in ("sata", "ata", "usb"):
            known.setdefault(row.serial.strip(), []).append(row)
    return {
        serial for serial, rows in known.items() if len(rows) > 1 and len({identity(row) for row in rows}) > 1
    }
