"""Who a drive is: identity, names, and whether it is a drive at all."""

from __future__ import annotations

import re
from functools import lru_cache

from collectors.frozen import frozen
from collectors.smart_values import Tree, at, inner, text, whole

BEHIND = re.compile(r"\b((?:megaraid|cciss|3ware|areca|aacraid|hpt|sssraid|jmb39x(?:-q2?)?|jms56x),[\w,/]+)")
"""Types that pick one disk behind a controller; all others only say how to talk to the device."""

VIRTUAL = re.compile(
    r"\bQEMU\b|\bVMware\b|\bVBOX\b|VirtualBox|\bVirtual[ _]dis[ck]\b|\bvirtio\b|LIO-ORG|\bXen\b|\bBHYVE\b"
    r"|PersistentDisk|Amazon Elastic Block|Amazon EC2|\bNutanix\b|\bscsi_debug\b|\bMsft\b|IET +VIRTUAL"
    r"|Parallels|OpenVMM|TrueNAS iSCSI|Alibaba Cloud|Microsoft NVMe Direct",
    re.IGNORECASE,
)
"""Disks of hypervisors, clouds and target software."""

RAID_VOLUME = re.compile(
    r"\bPERC\b|LOGICAL VOLUME|\bRaid \w+ Volume\b|\bMegaRAID\b|ServeRAID|\bMR\d{4}|\bAVAGO\b|\bRAID ?Array\b"
    r"|Smart Array|^(?:DELL|LSI|IBM|Intel|AMCC|3ware|Adaptec|Areca|HP|HPE|Lenovo|Cisco|ASR\w*) .*"
    r"(?:RAID|VIRTUAL DISK|\bLogical\b|\bVOL)",
    re.IGNORECASE,
)
"""Volumes that a RAID controller or an enclosure shows as a disk."""


_LOGICAL_UNIT = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}")

UNNAMED = "drive"
"""What a saved answer that names no device is called: its model and serial stand beside it."""


def device_of(tree: Tree) -> str:
    """The name it was read by; behind a controller with the type that picks the disk."""
    name = text(at(tree, "device.name"))
    name = UNNAMED if name in (None, "?") else name
    behind = BEHIND.search(text(at(tree, "device.type")) or "")
    return f"{name} {behind[1]}" if behind else name


def protocol_of(tree: Tree) -> str | None:
    """ATA, SCSI or NVMe: as told, else by what only such a drive says."""
    told = (text(inner(tree, "device").get("protocol")) or "").upper()
    if told in ("ATA", "SCSI", "NVME"):
        return "NVMe" if told == "NVME" else told
    if any(name.startswith("ata_") for name in tree):
        return "ATA"
    if any(name.startswith("nvme_") for name in tree):
        return "NVMe"
    return "SCSI" if any(name.startswith("scsi_") for name in tree) else None


def model_of(tree: Tree) -> str | None:
    """The model; of a SCSI device vendor and product together."""
    told = text(tree.get("model_name")) or text(tree.get("scsi_model_name"))
    if told:
        return told
    parts = (text(tree.get("vendor")), text(tree.get("product")))
    return " ".join(part for part in parts if part) or None


def wwn_of(tree: Tree) -> str | None:
    """World wide name or EUI-64: hex digits, lower case. Numbers that many drives share are no name."""
    wwn = inner(tree, "wwn")
    naa, oui, number = whole(wwn.get("naa")), whole(wwn.get("oui")), whole(wwn.get("id"))
    if naa is not None and oui and number and 0 <= naa < 16 and 0 < oui < 1 << 24 and 0 < number < 1 << 36:
        return f"{naa:x}{oui:06x}{number:09x}"
    told = (text(tree.get("logical_unit_id")) or "").lower().removeprefix("0x").replace(" ", "")
    if _LOGICAL_UNIT.fullmatch(told) and len(set(told.lstrip("0"))) > 2:
        return told
    return _eui(tree)


def _eui(tree: Tree) -> str | None:
    """EUI-64 of the only namespace of an NVMe drive."""
    spaces = tree.get("nvme_namespaces")
    if not isinstance(spaces, list) or len(spaces) != 1:
        return None
    oui, number = (whole(at(spaces[0], f"eui64.{part}")) for part in ("oui", "ext_id"))
    if oui and number and 0 < oui < 1 << 24 and 0 < number < 1 << 40:
        return f"{oui:06x}{number:010x}"
    return None


def identity(tree: Tree) -> str:
    """What tells the drive from all others.

    NVMe goes by its serial number: several namespaces with EUIs of their own are one drive.
    """
    wwn = wwn_of(tree) if protocol_of(tree) != "NVMe" else None
    if wwn:
        return f"wwn:{wwn}"
    model, serial = model_of(tree), text(tree.get("serial_number"))
    if serial and len(set(serial)) > 1:
        return f"serial:{model or '?'}/{serial}"
    return f"device:{device_of(tree)}"


def is_named(tree: Tree) -> bool:
    """Whether the answer tells which drive it is about."""
    return model_of(tree) is not None or text(tree.get("serial_number")) is not None


def is_virtual(tree: Tree) -> bool | None:
    """True for a hypervisor's disk, False for a named model that is none, None if no name was told."""
    told = " ".join(
        filter(None, (text(tree.get("scsi_vendor")), model_of(tree), text(tree.get("scsi_product"))))
    )
    return _virtual(told) if told else None


def is_raid_volume(tree: Tree) -> bool:
    """Whether a controller's volume answered instead of a disk."""
    if BEHIND.search(text(at(tree, "device.type")) or ""):
        return False
    return _raid_volume(model_of(tree) or "")


# of a pattern with so many branches the answer is worth keeping: disks of one model stand side by side
@lru_cache(maxsize=64)
def _virtual(told: str) -> bool:
    return VIRTUAL.search(told) is not None


@lru_cache(maxsize=64)
def _raid_volume(model: str) -> bool:
    return RAID_VOLUME.search(model) is not None


@frozen
class Who:
    """The names that every row of one drive's answer begins with."""

    drive: str
    device: str
    model: str | None
    serial: str | None


def who_of(tree: Tree) -> Who:
    """The names of the drive, worked out once for all of its rows."""
    return Who(identity(tree), device_of(tree), model_of(tree), text(tree.get("serial_number")))
