"""How XFS file systems were made: `xfs_info MOUNTPOINT` (xfs_info(8); xfsprogs' libfrog/fsgeom.c)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.block_tables import Mount
from collectors.collector import Asking, collector, reader
from collectors.decoding import look_into
from collectors.fact import At, Missing, NotHere, Reading
from collectors.fs_meta_tables import XfsGeometry
from collectors.plain_text import numbered_lines, whole_number
from collectors.question import Answer, Form
from collectors.tools.mounts import MOUNTINFO, askable

XFS_INFO = Form(
    ("xfs_info", "{mountpoint}"),
    reads="xfs-info",
    why="Whether an XFS file system guards its metadata with checksums",
)


@collector("xfs", asks=(MOUNTINFO, XFS_INFO))
def ask() -> Asking:
    """Format of mounted XFS file systems"""
    (mounted,) = yield (MOUNTINFO(),)
    told = look_into(mounted, "mountinfo") if mounted.refusal is None else ()
    places: dict[str, str] = {}
    for one in told:
        if isinstance(one, At) and isinstance(one.row, Mount) and one.row.fs_type == "xfs":
            places.setdefault(one.row.device_number or one.row.source, one.row.mountpoint)
    yield [XFS_INFO(mountpoint=place) for place in sorted(places.values()) if askable(place)]


def recognises(text: str) -> float:
    return 0.98 if re.search(r"^[> ]*meta-data=\S+\s+isize=", text[:4000], re.MULTILINE) else 0.0


@reader("xfs-info", fills=(XfsGeometry,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """how an XFS file system was made, from xfs_info"""
    text = "\n".join(line for _, line in numbered_lines(answer.text))
    device = re.search(r"^meta-data=(\S+)", text, re.MULTILINE)
    if device is None:
        if "is not a mounted XFS filesystem" in answer.complaint:
            yield NotHere(XfsGeometry, answer.complaint)
        else:
            yield Missing(XfsGeometry, "failed", answer.complaint or "nothing is told")
        return
    data = re.search(r"^data\s+=.*?bsize=(\d+)\s+blocks=(\d+)", text, re.MULTILINE)
    log = re.search(r"^log\s+=(\S+)", text, re.MULTILINE)
    asked = answer.question.argv[-1]
    name = asked if asked.startswith("/") and answer.question.argv[0] == "xfs_info" else device[1]
    yield XfsGeometry(
        name=name,
        checksums=_flag(text, "crc"),
        reflink=_flag(text, "reflink"),
        reverse_map=_flag(text, "rmapbt"),
        log_external=not log[1].startswith("internal") if log else None,
        size_bytes=(whole_number(data[1]) or 0) * (whole_number(data[2]) or 0) if data else None,
    )
    if data is None or log is None:
        yield Missing(XfsGeometry, "truncated", "a part of it is missing", name)


def _flag(text: str, name: str) -> bool | None:
    match = re.search(rf"\b{name}=([01])\b", text)
    return match[1] == "1" if match else None
