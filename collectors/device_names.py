"""What the name of a block device says of it (the kernel's Documentation/admin-guide/devices.txt)."""

from __future__ import annotations

import re


def guessed_type(name: str) -> str:
    """Type in the words of lsblk; unknown where the name does not tell."""
    if re.fullmatch(r"(?:[shv]d[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+)", name):
        return "disk"
    if re.fullmatch(r"(?:[shv]d[a-z]+\d+|xvd[a-z]+\d+|(?:nvme\d+n\d+|mmcblk\d+)p\d+)", name):
        return "part"
    return {"loop": "loop", "sr": "rom", "zram": "disk"}.get(re.sub(r"\d+$", "", name), "unknown")
