"""Flags of folders whose files btrfs writes in place and without checksums: `lsattr -d` (chattr(1), C)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from collectors.block_tables import Mount
from collectors.btrfs_tables import BtrfsFolder
from collectors.collector import reader
from collectors.fact import At, GapReason, Missing, Reading
from collectors.plain_text import is_prompt, numbered_lines
from collectors.question import Answer, Form, Question
from collectors.tools.mounts import askable

IMAGES = ("/var/lib/libvirt/images", "/var/lib/vz/images")
"""Where guests' images lie unless somebody chose otherwise; libvirt sets C on a pool that it makes."""

LSATTR = Form(
    ("lsattr", "-d", "{folder}"),
    reads="lsattr",
    why="Whether files in this folder of btrfs are kept without checksums",
)
_LINE = re.compile(r"([-a-zA-Z]{8,40}) (/.*)")


def folders(mounts: Iterable[Mount]) -> Iterator[Question]:
    """Each mountpoint of btrfs, and the folders of images that lie on one."""
    places = {one.mountpoint: one.fs_type for one in mounts}
    names = [name for name, kind in places.items() if kind == "btrfs" and askable(name)]
    for name in IMAGES:
        over = [place for place in places if name == place or name.startswith(place.rstrip("/") + "/")]
        if over and places[max(over, key=len)] == "btrfs":
            names.append(name)
    for name in sorted(set(names)):
        yield LSATTR(folder=name)


def recognises(text: str) -> float:
    lines = [line for _, line in numbered_lines(text[:8000]) if line.strip() and not is_prompt(line)]
    return 0.9 if lines and all(_LINE.fullmatch(line.rstrip()) for line in lines) else 0.0


@reader("lsattr", fills=(BtrfsFolder,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """flags of folders as lsattr tells them"""
    found = False
    for number, line in numbered_lines(answer.text):
        match = _LINE.fullmatch(line.rstrip())
        if match:
            found = True
            yield At(BtrfsFolder(folder=match[2], no_checksums="C" in match[1]), f"line {number}")
        elif line.strip() and not is_prompt(line):
            yield Missing(BtrfsFolder, "unreadable", f"line {number}: {line.strip()[:120]}")
    if not found and "No such file" not in answer.complaint:
        told = answer.complaint
        reason: GapReason = "denied" if "ermission" in told else "failed" if told else "empty"
        yield Missing(BtrfsFolder, reason, told or "no flags are told")
