"""Superblocks of mounted ext2, ext3 and ext4 file systems, asked with `dumpe2fs -h` (dumpe2fs(8))."""

from __future__ import annotations

import re

from collectors.block_tables import Mount
from collectors.collector import Asking, collector
from collectors.decoding import look_into
from collectors.fact import At
from collectors.question import Form
from collectors.tools.mounts import MOUNTINFO

DUMPE2FS = Form(
    ("dumpe2fs", "-h", "{device}"),
    reads="ext-superblock",
    why="State, last check and behaviour after errors of a mounted ext file system",
    right="root",
)


@collector("ext-superblock", asks=(MOUNTINFO, DUMPE2FS))
def ask() -> Asking:
    """Superblocks of mounted ext file systems"""
    (mounted,) = yield (MOUNTINFO(),)
    told = look_into(mounted, "mountinfo") if mounted.refusal is None else ()
    rows = [one.row for one in told if isinstance(one, At) and isinstance(one.row, Mount)]
    # of a file system of which only a part is mounted (a container's /etc/hosts) the device is not to be seen
    devices = {_device(row) for row in rows if row.fs_type in ("ext2", "ext3", "ext4") and not row.subtree}
    yield [DUMPE2FS(device=device) for device in sorted(devices) if re.fullmatch(r"/dev/[\w./:+-]+", device)]


def _device(row: Mount) -> str:
    """Some kernels call the root device /dev/root, which does not exist."""
    named = row.source == "/dev/root" and row.device_number is not None
    return f"/dev/block/{row.device_number}" if named else row.source
