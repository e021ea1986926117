"""Reads `smartctl --scan-open`: which devices can be asked, by which type, and which could not be opened."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.collector import reader
from collectors.drive_tables import (
    Drive,
    DriveAttribute,
    DriveError,
    DriveScan,
    DriveSelfTest,
    DriveStatistic,
)
from collectors.fact import At, Missing, Reading
from collectors.question import Answer
from collectors.smart_json import documents
from collectors.smart_refusals import Reason, reason_of
from collectors.smart_values import Tree, items, text

LINE = re.compile(
    r"^[ \t]*(#[ \t]*)?(/dev/\S+|[A-Za-z]:|[a-z]+\d*) -d (\S+)(?: \[[^\]]*\])? *(?:#[ \t]*(.*))?$",
    re.MULTILINE,
)
"""`/dev/sda -d sat # /dev/sda [SAT], ATA device`; a line that begins with # could not be opened."""


def recognises(said: str) -> float:
    """1 for a list of devices in smartctl's JSON, 0.9 for its text, 0 for anything else."""
    if '"smartctl"' in said and re.search(r'"devices"\s*:\s*\[', said):
        return 1.0
    if ("-d " not in said and "scan_smart" not in said) or "===" in said:
        return 0.0
    return 0.9 if LINE.search(said) or said.startswith("# scan_smart_devices:") else 0.0


@reader(
    "smart-scan",
    fills=(DriveScan, Drive, DriveAttribute, DriveStatistic, DriveSelfTest, DriveError),
    recognises=recognises,
)
def read(answer: Answer) -> Iterator[Reading]:
    """smartctl --scan-open: the devices found, JSON or text. Source: smartmontools, smartctl.cpp.

    It is the way to all drives: without it every table about drives has a gap.
    """
    said = answer.text
    if "UNRECOGNIZED OPTION: json" in said:
        return  # older than 7.0: the collector asks again without --json
    trees, rest = documents(said)
    told = [one for tree in trees for one in _from_json(tree)] if trees else list(_from_text(said))
    yield from told
    if rest:
        yield from _nothing(Reason("unreadable", f"cut off or damaged: {rest[:80]!r}"))
    elif not told:
        words = _complaint(trees) or (said.strip()[:300] if not trees else "") or answer.complaint
        yield from _nothing(reason_of(words) if words else Reason("empty", "smartctl finds no drive"))


def _nothing(reason: Reason) -> Iterator[Reading]:
    for table in (DriveScan, Drive):
        yield Missing(table, reason.reason, reason.detail)


def _from_json(tree: Tree) -> Iterator[Reading]:
    for index, one in items(tree, "devices"):
        name, kind = text(one.get("name")), text(one.get("type"))
        if name is None or kind is None:
            continue
        row = DriveScan(
            device=name, type=kind, protocol=text(one.get("protocol")), open_error=text(one.get("open_error"))
        )
        yield At(row, f"devices[{index}]")


def _from_text(said: str) -> Iterator[Reading]:
    for number, line in enumerate(said.splitlines(), 1):
        found = LINE.match(line)
        if not found:
            continue
        words = found[4] or ""
        protocol = re.search(r"\b(ATA|SCSI|NVMe) device", words)
        row = DriveScan(
            device=found[2],
            type=found[3],
            protocol=protocol[1] if protocol else None,
            open_error=text(words.rpartition("device ")[2] or words or "could not be opened")
            if found[1]
            else None,
        )
        yield At(row, f"line {number}")


def _complaint(trees: list[Tree]) -> str:
    return "; ".join(
        text(one.get("string")) or "" for tree in trees for _, one in items(tree, "smartctl.messages")
    )
