"""The piece of a raw answer that a finding rests on: lines around the place, or the JSON path's value."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from analyzer.finding import Finding
from collectors.fact import Source

LINES = 20
CHARACTERS = 2000
LONGEST_LINE = 240
MOST_CHARACTERS = 256 * 1024 * 1024
"""Of an answer that is looked through: as much as is kept of one."""

Excerpt = Callable[[Source], str]
"""The raw answer around a source; empty if there is none. Raises nothing for what the answer holds."""

_LINES_OF = re.compile(r"(?:line|lines|L)?\s*(\d{1,9})(?:\s*[-–]\s*(\d{1,9}))?", re.IGNORECASE)
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+|\*|'[^']*'|\"[^\"]*\")\]")


def excerpts(read: Callable[[str], bytes | str]) -> Excerpt:
    """How a bundle's sources are shown. *read* gives an answer's bytes or text by the name of its member."""

    @lru_cache(maxsize=8)
    def text_of(member: str) -> str:
        try:
            raw = read(member)
        except (OSError, LookupError, ValueError):
            return ""
        return raw if isinstance(raw, str) else raw.decode("utf-8", "replace")

    @lru_cache(maxsize=2)
    def tree_of(member: str) -> Any:
        try:
            return json.loads(text_of(member))
        except (ValueError, RecursionError):
            return None

    @lru_cache(maxsize=2)
    def lines_of(member: str) -> list[str]:
        return text_of(member)[:MOST_CHARACTERS].splitlines()

    def excerpt(source: Source) -> str:
        member = source.origin.member
        text = text_of(member) if member else ""
        tree = tree_of(member) if text and source.where.startswith("$") else None
        return cut_out(lines_of(member) if member else [], source.where, tree)

    return excerpt


def cut_out(lines: list[str], where: str, tree: Any = None) -> str:
    """At most LINES lines and CHARACTERS characters of an answer's *lines* at *where*.

    *where*: a line (`line 3`), lines (`3-7`) or a JSON path (`$.a[0].b`); *tree*: the answer as decoded JSON,
    for a path. A place that is not found gives the beginning of the answer.
    """
    if where.startswith("$") and tree is not None:
        found = at_path(tree, where)
        if found is not None:
            shown, value = found
            return clipped(
                f"{shown}: {json.dumps(value, indent=2, ensure_ascii=False, default=str)}".splitlines()
            )
    if place := _LINES_OF.fullmatch(where.strip()):
        first = max(1, int(place[1]))
        last = max(first, int(place[2] or first))
        if first <= len(lines):
            long = any(len(line) > LONGEST_LINE for line in lines[first - 1 : last])
            around = 0 if long or last - first >= 4 else 2
            start = max(0, first - 1 - around)
            return clipped(lines[start : last + around])
    return clipped(lines)


def at_path(tree: Any, path: str) -> tuple[str, Any] | None:
    """The path as far as it leads and the value there; None if not even its first step exists."""
    shown, here = "$", tree
    for name, index in _STEP.findall(path.removeprefix("$")):
        step = index.strip("'\"") or name
        if isinstance(here, dict) and step in here:
            here, shown = here[step], f"{shown}.{step}"
        elif isinstance(here, list) and step.isdigit() and int(step) < len(here):
            here, shown = here[int(step)], f"{shown}[{step}]"
        else:
            break
    return (shown, here) if shown != "$" else None


def clipped(lines: list[str], most: int = LINES, characters: int = CHARACTERS) -> str:
    """The first lines within the bounds; what was cut off is said."""
    kept: list[str] = []
    room = characters
    for line in lines[:most]:
        if len(line) > LONGEST_LINE:
            line = f"{line[:LONGEST_LINE]}… ({len(line)} characters)"
        if len(line) > room:
            break
        kept.append(line)
        room -= len(line) + 1
    if len(kept) < len(lines):
        kept.append(f"… {len(lines) - len(kept)} more lines")
    return "\n".join(kept)


def _written_size(text: str) -> int:
    """Bytes of the text in the page, where marks of HTML take up to five."""
    return len(text.encode("utf-8", "replace")) + 4 * sum(text.count(mark) for mark in "<>&\"'")


class Allowance:
    """Hands out excerpts while there is room: whole ones for the worst, short ones later, none in the end.

    An excerpt that was shown already is not shown again: the finding that showed it is named instead.
    """

    def __init__(self, excerpt: Excerpt, size: int = 1_600_000) -> None:
        self._excerpt = excerpt
        self._whole = size
        self._left = size
        self._shown: dict[tuple[str, str, str], str] = {}

    def show(self, finding: Finding, source: Source, anchor: str) -> tuple[str, str]:
        """(excerpt, anchor of the finding that already shows the same); at most one of them is given."""
        if self._left <= 0:
            return "", ""
        place = (source.origin.target, source.origin.member, source.where)
        if not source.origin.member:
            return "", ""
        if place in self._shown:
            return "", self._shown[place]
        text = self._excerpt(source)
        if self._left < self._whole // 2 or finding.outcome != "fail":
            text = clipped(text.splitlines(), 5, 400)
        self._left -= _written_size(text)
        if text:
            self._shown[place] = anchor
        return text, ""
