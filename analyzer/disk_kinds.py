"""What sort of disk it is: virtual, a volume of a RAID controller, shingled."""

from __future__ import annotations

import re
from functools import lru_cache

from collectors.block_tables import BlockDevice
from collectors.drive_tables import Drive
from collectors.smart_identity import RAID_VOLUME, VIRTUAL

_SMR_NAMES = re.compile(r"\(SMR\)|host.?managed|host.?aware|device.?managed", re.IGNORECASE)
_SMR_MODELS = re.compile(r"WDC WD[2346]0EFAX|WDC WD[2346]0E(DAZ|ZAZ|ZBX)|ST8000AS0002|ST[58]000DM00[04]")


def is_virtual(block: BlockDevice | None, drive: Drive | None) -> bool:
    """As the drive tells, else by vendor, model, name and transport."""
    if drive is not None and drive.virtual is not None:
        return drive.virtual
    if block is None:
        return False
    words = f"{block.vendor or ''} {block.model or ''}"
    # a volume of a storage system over iSCSI or Fibre Channel has disks of its own, out of this host's sight
    remote = block.transport in ("virtio", "iscsi", "fc", "fcoe")
    return remote or block.name.startswith(("vd", "xvd")) or _names_virtual(words)


@lru_cache(maxsize=256)
def _names_virtual(words: str) -> bool:
    return VIRTUAL.search(words) is not None


def is_volume(block: BlockDevice | None) -> bool:
    """A volume that a RAID controller makes of drives, by vendor and model."""
    return block is not None and _names_volume(f"{block.vendor or ''} {block.model or ''}")


@lru_cache(maxsize=256)
def _names_volume(words: str) -> bool:
    return RAID_VOLUME.search(words) is not None


def is_shingled(drive: Drive | None) -> bool | None:
    """Shingled if drive database, drive or model say so; a rotating drive that offers TRIM is."""
    if drive is None or drive.rotation_rpm == 0:
        return False if drive is not None else None
    if _names_shingled(f"{drive.family or ''} {drive.zoned or ''}", drive.model or ""):
        return True
    if drive.rotation_rpm and drive.trim_supported:
        return True
    return False if drive.in_database else None


@lru_cache(maxsize=256)
def _names_shingled(family: str, model: str) -> bool:
    return bool(_SMR_NAMES.search(family) or _SMR_MODELS.match(model))
