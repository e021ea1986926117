"""Disks reached over several paths: `multipath -ll` and `multipathd show maps json` (multipath-tools)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from collectors.collector import reader
from collectors.fact import At, Missing, Reading
from collectors.plain_text import is_prompt, numbered_lines
from collectors.question import Answer, Form
from collectors.remote_disk_tables import MultipathMap, MultipathPath

# the text, for it is told without the daemon too; JSON is read where somebody saved it
MULTIPATH = Form(
    ("multipath", "-ll"), reads="multipath", why="Paths of every multipath disk and their state", right="root"
)

_MAP = re.compile(r"(?:\w+: )?([\w.:@+-]+)(?: \(([\w.:+ -]+)\))? (dm-\d+) (.*)")
_SHAPE = re.compile(r"size=(\S+) features='([^']*)' hwhandler='[^']*' wp=(\w+)")
_LOG = re.compile(r"\w{3} \d\d \d\d:\d\d:\d\d \| ")
_GROUP = re.compile(r"[|` ]*[-+]+ policy='[^']*' prio=-?\d+ status=\w+")
_PATH = re.compile(
    r"[|` ]*[-+]* ?(?P<address>\d+:\d+:\d+:\d+|#:#:#:#|\S+) (?P<name>\S+) +(?P<number>\d+:\d+|-|#:#) +"
    r"(?P<dm>active|failed|undef) +(?P<checker>[a-z/ ]+?) +(?P<device>\w+)\s*"
)


def recognises(text: str) -> float:
    return 0.97 if re.search(r"^\s*[^\n]*size=\S+ features='", text[:20000], re.MULTILINE) else 0.0


@reader("multipath", fills=(MultipathMap, MultipathPath), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """multipath disks and their paths as multipath -ll prints them"""
    heading: tuple[re.Match[str], int] | None = None
    name, group, maps, gone = "", 0, 0, 0
    for number, line in numbered_lines(answer.text):
        if (match := _SHAPE.search(line)) and heading is not None:
            maps, group, name = maps + 1, 0, heading[0][1]
            yield At(_map(heading[0], match), f"line {heading[1]}")
            heading = None
        elif _GROUP.match(line):
            group += 1
        elif name and (match := _PATH.fullmatch(line)):
            gone += match["name"] == "-"
            yield At(_path(name, match, group, gone), f"line {number}")
        elif match := _MAP.fullmatch(line.strip()):
            heading = (match, number)
        elif line.strip() and not is_prompt(line) and not _LOG.match(line):
            yield Missing(MultipathPath, "unreadable", f"line {number}: {line.strip()[:120]}", name)
    if heading is not None:
        yield Missing(MultipathMap, "truncated", "the map's paths are missing", heading[0][1])
    if not maps:
        for row_type in (MultipathMap, MultipathPath):
            yield Missing(row_type, "empty", answer.complaint or "multipath told nothing")


def _map(heading: re.Match[str], shape: re.Match[str]) -> MultipathMap:
    vendor, _, product = heading[4].partition(",")
    return MultipathMap(
        name=heading[1],
        wwid=heading[2] or heading[1],
        device=heading[3],
        vendor=vendor.strip() or None,
        product=product.strip() or None,
        queues_without_path="queue_if_no_path" in shape[2],
        read_only=shape[3] == "ro",
    )


def _path(name: str, match: re.Match[str], group: int, gone: int) -> MultipathPath:
    """A path whose device is gone has no name: `gone 2` for the second of them."""
    return MultipathPath(
        map=name,
        path=match["name"] if match["name"] != "-" else f"gone {gone}",
        address=match["address"] if "#" not in match["address"] else None,
        dm_state=match["dm"],
        checker_state=match["checker"],
        device_state=match["device"],
        group=group or None,
    )


def _recognises_json(text: str) -> float:
    return 0.97 if '"path_groups"' in text and re.search(r'"maps?"\s*:', text) else 0.0


@reader("multipath-json", fills=(MultipathMap, MultipathPath), recognises=_recognises_json)
def read_json(answer: Answer) -> Iterator[Reading]:
    """multipath disks and their paths as multipathd show maps json prints them"""
    told = json.loads(answer.text)
    maps = told["maps"] if "maps" in told else [told["map"]]
    for number, one in enumerate(maps):
        where = f"maps[{number}]"
        yield At(_map_of(one), where)
        for group in one["path_groups"]:
            for path in group["paths"]:
                yield At(_path_of(one["name"], group, path), where)
    if not maps:
        yield Missing(MultipathMap, "empty", "no map is listed")


def _map_of(one: dict[str, Any]) -> MultipathMap:
    features = one.get("features")
    return MultipathMap(
        name=str(one["name"]),
        wwid=one.get("uuid"),
        device=one.get("sysfs"),
        vendor=one.get("vend"),
        product=one.get("prod"),
        queues_without_path="queue_if_no_path" in features if isinstance(features, str) else None,
        read_only=one.get("write_prot") == "ro" if "write_prot" in one else None,
    )


def _path_of(name: str, group: dict[str, Any], path: dict[str, Any]) -> MultipathPath:
    number = group.get("group")
    return MultipathPath(
        map=str(name),
        path=str(path["dev"]),
        dm_state=path.get("dm_st"),
        checker_state=path.get("chk_st"),
        device_state=path.get("dev_st"),
        group=number if isinstance(number, int) else None,
    )
