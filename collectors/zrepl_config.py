"""zrepl.yml: which file systems zrepl takes snapshots of or sends, how often, and for how long it keeps them.

Of the YAML only what stands there is understood: a list of jobs, their settings and what is indented below.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from collectors.backup_tables import BackupJob

_PURPOSES = {"snap": "snapshot", "push": "replication", "source": "snapshot", "pull": "replication"}
"""Types of jobs that take snapshots or fetch them; a sink only waits."""

_SPAN = re.compile(r"(\d{1,4})x(\d{1,5})([smhdw])")
_DAYS = {"s": 1 / 86_400, "m": 1 / 1440, "h": 1 / 24, "d": 1.0, "w": 7.0}
_SETTING = re.compile(r"\s*(?:- +)?[\"']?([\w./<*-]+)[\"']?\s*:\s*(.*)")


def jobs(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, BackupJob]]:
    """A job of the file each, with the line it begins at."""
    for number, block in _blocks(lines):
        sections = _sections(block)
        name = " ".join(_first(sections.get("name", [])))
        sort = " ".join(_first(sections.get("type", [])))
        if not name or sort not in _PURPOSES:
            continue
        taking = dict(_pairs(sections.get("snapshotting", [])))
        takes = sort != "pull"
        told = dict(_pairs(sections.get("filesystems", [])))
        # by another prefix its snapshots are not known for its own, so nothing is said of them
        known = taking.get("prefix", "zrepl_").startswith("zrepl_")
        chosen = [one for one, word in told.items() if known and word.startswith("true")]
        schedule = _schedule(taking) if takes else None
        yield (
            number,
            BackupJob(
                product="zrepl",
                job=name,
                name=name,
                purpose=_PURPOSES[sort],
                enabled=True if not takes or taking.get("type") != "manual" else None,
                schedule="" if takes and taking.get("type") == "manual" else schedule,
                schedule_kind="cron",
                selects="\n".join(chosen) or None,
                retention=_kept(sections.get("pruning", [])),
            ),
        )


def _blocks(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    """The items of the list below `jobs:`, each with its dash taken away."""
    block: list[str] = []
    first, dent, inside = 0, -1, False
    for number, line in lines:
        text = re.sub(r"(?:^|\s)#.*$", "", line).rstrip()
        here = len(text) - len(text.lstrip())
        if not text.strip():
            continue
        if here == 0 and not text.startswith("-"):
            inside = text.startswith("jobs:")
        elif inside and text.lstrip().startswith("- ") and (dent < 0 or here <= dent):
            if block:
                yield first, block
            first, dent, block = number, here, [text.replace("- ", "  ", 1)]
        elif inside and block:
            block.append(text)
    if block:
        yield first, block


def _sections(block: list[str]) -> dict[str, list[str]]:
    """Settings of a job, each with the rest of its line and what is indented below it."""
    found: dict[str, list[str]] = {}
    dent = len(block[0]) - len(block[0].lstrip())
    name = ""
    for line in block:
        told = _SETTING.match(line)
        if told and len(line) - len(line.lstrip()) <= dent:
            name = told[1]
            found[name] = [told[2]] if told[2] else []
        elif name:
            found[name].append(line)
    return found


def _first(lines: list[str]) -> list[str]:
    return [lines[0].strip().strip("\"'")] if lines else []


def _pairs(lines: list[str]) -> Iterator[tuple[str, str]]:
    """`"tank<": true` on lines of their own or between braces."""
    for part in (part for line in lines for part in re.split(r"[{},]", line)):
        if told := _SETTING.match(part):
            yield told[1], told[2].strip().strip("\"'")


def _schedule(taking: dict[str, str]) -> str | None:
    """A line of cron, as written or for an interval that divides an hour or a day; None for any other."""
    if taking.get("type") == "cron":
        return taking.get("cron")
    found = re.fullmatch(r"(\d{1,4})([smhd])", taking.get("interval", ""))
    if found is None:
        return None
    minutes = round(int(found[1]) * _DAYS[found[2]] * 1440)
    if 1 <= minutes <= 60 and 60 % minutes == 0:
        return f"*/{minutes} * * * *" if minutes < 60 else "0 * * * *"
    if minutes and minutes % 60 == 0 and 1440 % minutes == 0:
        return f"0 */{minutes // 60} * * *" if minutes < 1440 else "0 0 * * *"
    return None


def _kept(lines: list[str]) -> str | None:
    """The days that the longest of the grids spans."""
    grids = [_SPAN.findall(line) for line in lines if "grid:" in line]
    days = [sum(int(times) * int(span) * _DAYS[unit] for times, span, unit in grid) for grid in grids]
    return f"{max(days):.0f} days" if days and max(days) >= 1 else None
