"""Mounted file systems as saved outputs of findmnt(8) list them: tree, list, pairs, raw or JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from collectors.block_tables import Mount
from collectors.collector import reader
from collectors.fact import At, Missing, Reading
from collectors.file_system_types import holds_data
from collectors.plain_text import cells, headings, is_prompt, numbered_lines
from collectors.question import Answer

_PAIR = re.compile(r'([A-Z][A-Z_%-]*)="([^"]*)"')
_TREE = re.compile(r"[\s|`│├└─-]*(?=/)")
_SUBTREE = re.compile(r"(.*?)\[(.*)\]")
_NEEDED = {"TARGET", "SOURCE", "FSTYPE", "OPTIONS"}

Line = tuple[str, dict[str, str]] | Missing


def recognises(text: str) -> float:
    head = text[:3000].lstrip()
    if head.startswith("{"):
        return 1.0 if re.match(r'\{\s*"filesystems"', head) else 0.0
    first = head.partition("\n")[0]
    if set(dict(_PAIR.findall(first))) >= _NEEDED:
        return 0.95
    return 0.95 if first.startswith("TARGET ") and set(first.split()) >= _NEEDED else 0.0


@reader("findmnt", fills=(Mount,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """mounted file systems as findmnt lists them"""
    head = answer.text.lstrip()
    if not head:
        yield Missing(Mount, "empty", answer.complaint or "findmnt told nothing")
        return
    how = _of_json if head.startswith("{") else _of_pairs if _PAIR.match(head) else _of_text
    rows: dict[str, tuple[Mount, str]] = {}
    for line in how(answer.text):
        if isinstance(line, Missing):
            yield line
            continue
        where, told = line
        row = _row(told)
        rows.pop(row.mountpoint, None)  # a later mount hides an earlier one
        if holds_data(row.fs_type, row.mountpoint):
            rows[row.mountpoint] = (row, where)
    for row, where in rows.values():
        yield At(row, where)


def _of_json(text: str) -> Iterator[Line]:
    waiting: list[tuple[str, Any]] = [
        (f"filesystems[{i}]", node) for i, node in enumerate(json.loads(text)["filesystems"])
    ]
    while waiting:
        where, node = waiting.pop(0)
        told = {key.upper(): str(value) for key, value in node.items() if value is not None}
        yield (where, told) if set(told) >= _NEEDED else _strange(where, str(node.get("target")))
        children = node.get("children") or []
        waiting[:0] = [(f"{where}.children[{i}]", child) for i, child in enumerate(children)]


def _of_pairs(text: str) -> Iterator[Line]:
    for number, line in numbered_lines(text):
        told = dict(_PAIR.findall(line))
        if set(told) >= _NEEDED:
            yield f"line {number}", told
        elif line.strip() and not is_prompt(line):
            yield _strange(f"line {number}", line)


def _of_text(text: str) -> Iterator[Line]:
    columns = None
    for number, line in numbered_lines(text):
        if not line.strip() or is_prompt(line) or re.fullmatch(r"rc=\d+", line.strip()):
            continue
        if columns is None:
            columns = headings(line, frozenset())
            continue
        indent = _TREE.match(line)
        start = indent.end() if indent else 0
        told = cells(" " * start + line[start:], columns)
        words = line[start:].split()
        if not (set(told) >= _NEEDED and "," not in told["FSTYPE"]) and len(words) == len(columns):
            told = {column.name: word for column, word in zip(columns, words, strict=True)}  # findmnt --raw
        whole = set(told) >= _NEEDED and told["TARGET"].startswith("/")
        yield (f"line {number}", told) if whole else _strange(f"line {number}", line)


def _strange(where: str, line: str) -> Missing:
    return Missing(Mount, "unreadable", f"{where}: {line.strip()[:100]}")


def _row(told: dict[str, str]) -> Mount:
    inside = _SUBTREE.fullmatch(told["SOURCE"])
    options = set(told["OPTIONS"].split(",")) - {""}
    return Mount(
        mountpoint=told["TARGET"],
        source=inside[1] if inside else told["SOURCE"],
        fs_type=told["FSTYPE"],
        device_number=told.get("MAJ:MIN"),
        options=",".join(sorted(options)),
        read_only="ro" in options,
        subtree=inside[2] if inside else None,
    )
