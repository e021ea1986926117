"""Reads `smartctl --json` of any version that has it (7.0 and newer) and any kind of drive."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.collector import reader
from collectors.drive_tables import Drive, DriveAttribute, DriveError, DriveSelfTest, DriveStatistic
from collectors.fact import Missing, Reading
from collectors.question import Answer
from collectors.smart_json import documents
from collectors.smart_read import read_tree
from collectors.smart_text import LINE, drives
from collectors.smart_values import Tree, text

_TELLING = ("==> WARNING", "Non-medium", "non-medium", "Temp. Threshold")
"""What is worth reading in those lines; the rest of them repeats what the tree tells."""
MARKS = (
    "smart_status",
    "smart_support",
    "ata_smart_attributes",
    "nvme_smart_health_information_log",
    "scsi_error_counter_log",
    "scsi_grown_defect_list",
    "in_smartctl_database",
    "power_on_time",
    "firmware_version",
    "user_capacity",
    "info_name",
)
"""Keys that smartctl's JSON keeps when somebody cut it down."""


def recognises(said: str) -> float:
    """1 for smartctl's JSON, whole or cut off; 0 for anything else, also for its list of devices."""
    if '"smartctl"' in said and '"version"' in said:
        return 0.0 if re.search(r'"devices"\s*:\s*\[', said) and '"device"' not in said else 1.0
    if "{" not in said:
        return 0.0
    marks = sum(f'"{name}":' in said or f'"{name}" :' in said for name in MARKS)
    return min(0.9, 0.3 * marks) if marks > 1 else 0.0


@reader(
    "smartctl-json",
    fills=(Drive, DriveAttribute, DriveStatistic, DriveSelfTest, DriveError),
    recognises=recognises,
)
def read(answer: Answer) -> Iterator[Reading]:
    """smartctl --json: identity, health, attributes, statistics, self-tests and errors of a drive.

    Several answers may follow one another. Source: smartmontools, ataprint.cpp, nvmeprint.cpp, scsiprint.cpp.
    """
    said = answer.text
    trees, rest = documents(said)
    untold = '"smartctl_' in said
    for tree in trees:
        yield from read_tree(_with_untold(tree) if untold else tree, answer)
    if rest or not trees:
        blank = not said.strip()
        why = f"cut off or damaged: {rest[:80]!r}" if rest else answer.complaint or "no JSON in the answer"
        for table in (Drive, DriveAttribute, DriveStatistic, DriveSelfTest, DriveError):
            yield Missing(table, "unreadable" if rest or blank else "empty", why, _named(rest))


def _with_untold(tree: Tree) -> Tree:
    """The tree with what smartctl has only in words: `--json=u` adds those lines as `smartctl_NNNN_u`.

    Among them are the drive database's warning and the non-medium errors of SCSI drives.
    """
    words = "\n".join([said for said in tree.values() if isinstance(said, str)])
    if not any(word in words for word in _TELLING):
        return tree
    lines: list[str] = []
    last = 0
    for key, said in tree.items():
        if key.startswith("smartctl_") and key.endswith("_u") and isinstance(said, str):
            number = key[9:-2]
            if number.isdecimal() and len(number) < 10:
                lines += [said] if int(number) == last + 1 else ["", said]
                last = int(number)
    told = "\n".join(lines)
    if not any(word in told for word in _TELLING):
        return tree
    merged = dict(next(drives(told), {}))
    for key in ("device", "smartctl", LINE):
        merged.pop(key, None)
    return {**merged, **tree}


def _named(rest: str) -> str:
    """The device that a damaged answer is about, if its beginning still says so."""
    named = re.search(r'"name"\s*:\s*"(/dev/[^"]+)"', rest)
    return (text(named[1]) or "") if named else ""
