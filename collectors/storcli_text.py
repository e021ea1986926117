"""Puts the text of storcli and perccli into the shape of their JSON, so that one decoder reads both.

A section is a title underlined with `=`; below it stand `name = value` lines or tables between lines of `-`.
Sizes hold a blank, models and names several: a row is cut by the columns that surround them.
"""

from __future__ import annotations

import re
from typing import Any

_RULE = re.compile(r"\s*-{20,}\s*$")
_UNDERLINE = re.compile(r"\s*={2,}\s*$")
_PAIR = re.compile(r"\s*([^=]{1,80}?)\s*(?:=|\s:\s)\s*(.*)$")
_UNIT = re.compile(r"(\d)\s+([KMGTP]B)\b")
_TABLES = {"VD LIST": "DG/VD", "PD LIST": "EID:Slt", "TOPOLOGY": "EID:Slot"}
_STATUS = {"cli version", "operating system", "controller", "status", "description"}


def tree_of(lines: list[str]) -> dict[str, Any]:
    """The document; one controller for each `Controller = N` above a `Status = …`."""
    controllers: list[dict[str, Any]] = []
    status: dict[str, Any] = {}
    data: dict[str, Any] = {}
    section: dict[str, Any] = data
    title, number = "", 0
    while number < len(lines):
        line = lines[number]
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if _UNDERLINE.match(following) and line.strip():
            title = line.strip().rstrip(":").strip()
            section = data.setdefault(title, {}) if isinstance(data.get(title, {}), dict) else {}
            number += 2
        elif _RULE.match(line) and not _RULE.match(following):
            rows, number = _table(lines, number)
            _place(data, title, rows)
        else:
            pair = _PAIR.match(line)
            told = pair[1].strip().lower() if pair else ""
            if pair and told in _STATUS and (section is data or told == "cli version"):
                if told == "cli version" and (status or data):
                    controllers.append({"Command Status": status, "Response Data": data})
                    status, data = {}, {}
                status[pair[1].strip().title().replace("Cli", "CLI")] = pair[2].strip()
                section, title = data, ""
            elif pair:
                section[pair[1].strip()] = pair[2].strip()
            number += 1
    controllers.append({"Command Status": status, "Response Data": data})
    return {"Controllers": [_settled(one) for one in controllers]}


def _settled(one: dict[str, Any]) -> dict[str, Any]:
    """The number of the controller stands in the status or, with `show all`, among the basics."""
    status, data = one["Command Status"], one["Response Data"]
    basics = data.get("Basics")
    told = status.get("Controller") or (basics.get("Controller") if isinstance(basics, dict) else None)
    if str(told or "").strip().isdigit():
        status["Controller"] = int(str(told).strip())
    for name in ("Virtual Drives", "Physical Drives"):
        if isinstance(data.get(name), dict):
            data.pop(name)
    return one


def _place(data: dict[str, Any], title: str, rows: list[dict[str, str]]) -> None:
    if not rows:
        return
    known = next((name for name, column in _TABLES.items() if column in rows[0]), None)
    if title.startswith(("Drive /c", "PDs for VD", "/c")):
        known = title
    name = known or title or "table"
    if isinstance(data.get(name), list):
        data[name].extend(rows)
    else:
        data[name] = list(rows)


def _table(lines: list[str], number: int) -> tuple[list[dict[str, str]], int]:
    """Rows of the table whose upper line is at *number*, and the number of the line after it."""
    if number + 2 >= len(lines) or not _RULE.match(lines[number + 2]):
        return [], number + 1
    columns = lines[number + 1].split()
    rows = []
    at = number + 3
    while at < len(lines) and not _RULE.match(lines[at]):
        if lines[at].strip():
            rows.append(_row(columns, lines[at]))
        at += 1
    return rows, at + 1


def _row(columns: list[str], line: str) -> dict[str, str]:
    words = [word.replace("\0", " ") for word in _UNIT.sub("\\1\0\\2", line).split()]
    if columns and columns[0] in ("Property", "Ctrl_Prop", "Policy"):
        parts = re.split(r"\s{2,}", line.strip(), maxsplit=1) if "  " in line.strip() else line.split(None, 1)
        return dict(zip(columns, [*parts, ""], strict=False))
    loose = next(
        (n for n, name in enumerate(columns) if name in ("Model", "Name", "ProdID")), len(columns) - 1
    )
    after = len(columns) - loose - 1
    if len(words) < len(columns):
        return dict(zip(columns, words, strict=False))
    middle = " ".join(words[loose : len(words) - after])
    tail = words[len(words) - after :] if after else []
    return dict(zip(columns, [*words[:loose], middle, *tail], strict=True))
