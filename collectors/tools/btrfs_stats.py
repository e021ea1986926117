"""Error counters of btrfs devices: `btrfs device stats`, as JSON, as lines and with -T (cmds/device.c)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from collectors.btrfs_tables import BtrfsErrors
from collectors.collector import reader
from collectors.fact import At, GapReason, Missing, Reading
from collectors.plain_text import is_prompt, numbered_lines, whole_number
from collectors.question import Answer, Form

BTRFS_STATS = Form(
    ("btrfs", "device", "stats", "{mountpoint}"),
    reads="btrfs-stats",
    why="Error counters of every device of a btrfs file system",
    right="root",
)

_NAMES = {
    "write_io_errs": "write_errors",
    "read_io_errs": "read_errors",
    "flush_io_errs": "flush_errors",
    "corruption_errs": "corruption_errors",
    "generation_errs": "generation_errors",
}
_LINE = re.compile(r"\s*\[(.+?)\]\.(\w+_errs)\s+(\d{1,20})\s*")
_HEADING = re.compile(r"\s*Id\s+Path\s+Write errors\s+Read errors\s+Flush errors\s+Corruption errors.*")
_TABLE = re.compile(
    r"\s*(\d{1,18})\s+(\S.*?)\s+(\d{1,20})\s+(\d{1,20})\s+(\d{1,20})\s+(\d{1,20})\s+(\d{1,20})\s*"
)

Counted = dict[str, dict[str, Any]]
"""Device → columns of its row, `line` among them."""


def recognises(text: str) -> float:
    head = text[:20000]
    if re.search(r"^[> \t]*\[[^]\n]+\]\.(?:write|read|flush)_io_errs\s", head, re.MULTILINE):
        return 1.0
    if any(_HEADING.fullmatch(line) for _, line in numbered_lines(head)):
        return 1.0
    return 1.0 if head.lstrip().startswith("{") and '"device-stats"' in head else 0.0


@reader("btrfs-stats", fills=(BtrfsErrors,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """error counters of btrfs devices as btrfs device stats tells them"""
    place = answer.question.argv[-1]
    text = answer.text
    counted: Counted = {}
    if text.lstrip().startswith("{"):
        _of_json(json.loads(text), counted)
    else:
        for number, line in numbered_lines(text):
            if line.strip() and not is_prompt(line) and not _of_line(number, line, counted):
                yield Missing(BtrfsErrors, "unreadable", f"line {number}: {line.strip()[:120]}", place)
    for device, told in counted.items():
        where = told.pop("where")
        device_id = told.pop("device_id", None) or _number(device)
        yield At(BtrfsErrors(place=place, device=device, device_id=device_id, **told), where)
        lacking = set(_NAMES.values()) - set(told)
        if lacking:
            yield Missing(BtrfsErrors, "truncated", f"not told: {', '.join(sorted(lacking))}", device)
    if not counted:
        yield _nothing(answer, place)


def _number(device: str) -> str | None:
    return device.removeprefix("devid:") if device.startswith("devid:") else None


def _of_line(number: int, line: str, counted: Counted) -> bool:
    where = f"line {number}"
    if match := _LINE.fullmatch(line):
        if match[2] in _NAMES:
            told = counted.setdefault(match[1], {"where": where})
            told[_NAMES[match[2]]] = int(match[3])
        return True
    if match := _TABLE.fullmatch(line):
        values = zip(_NAMES.values(), (int(word) for word in match.groups()[2:]), strict=True)
        counted[match[2]] = {"where": where, "device_id": match[1], **dict(values)}
        return True
    return bool(_HEADING.fullmatch(line)) or not line.replace("-", "").strip()


def _of_json(document: Any, counted: Counted) -> None:
    for index, one in enumerate(document["device-stats"]):
        told = {
            ours: number
            for name, ours in _NAMES.items()
            if (number := whole_number(str(one.get(name)))) is not None
        }
        counted[str(one["device"])] = {
            "where": f"$.device-stats[{index}]",
            "device_id": str(one["devid"]) if "devid" in one else None,
            **told,
        }


def _nothing(answer: Answer, place: str) -> Missing:
    complaint = answer.complaint
    reason: GapReason = "failed" if complaint else "empty"
    if re.search(r"ermission|not permitted", complaint):
        reason = "denied"
    return Missing(BtrfsErrors, reason, complaint or "no counter is told", place)
