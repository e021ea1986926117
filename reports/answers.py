"""Rows of an answer as a table, CSV, JSON, NDJSON or Markdown; whatever a target said is made visible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from reports import table_text
from reports.text import one_line

FORMATS = ("table", "csv", "json", "ndjson", "markdown")


def written(
    rows: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    format: str,
    *,
    width: int = 200,
    most: int | None = None,
) -> str:
    """The rows in one of :data:`FORMATS`, without a last newline.

    *names*: the columns, where there is no row; *width*: room of the terminal, for which cells
    of a table are cut; *most*: characters of a cell, whatever the room.
    """
    told = [{name: _plain(value) for name, value in row.items()} for row in rows]
    match format:
        case "json" | "ndjson":
            from reports import json

            return json.dumps(told) if format == "json" else "\n".join(json.lines(told))
        case "csv":
            return table_text.csv_text(told, names).rstrip("\n")
        case "markdown":
            return markdown(told, names)
        case _:
            return table_text.aligned(told, most=most or _most(told, width))


def _most(rows: Sequence[Mapping[str, Any]], width: int) -> int:
    """Characters a cell may have, so that lines fit where they can."""
    if not rows:
        return width
    longest = [max(len(name), *(len(str(row[name])) for row in rows)) for name in rows[0]]
    room = width - 2 * (len(longest) - 1)
    for most in range(max(longest), 12, -4):
        if sum(min(one, most) for one in longest) <= room:
            return most
    return 16


def markdown(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str:
    """A table in Markdown; bars, brackets and the like of the cells are escaped."""
    names = list(rows[0]) if rows else list(names)
    numeric = [bool(rows) and all(_number(row[name]) for row in rows) for name in names]
    lines = ["| " + " | ".join(map(_cell, names)) + " |"]
    lines.append("|" + "|".join("---:" if right else "---" for right in numeric) + "|")
    lines += ["| " + " | ".join(_cell(row[name]) for name in names) + " |" for row in rows]
    return "\n".join(lines)


def _number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:g}"
    text = one_line(value.isoformat(" ") if isinstance(value, datetime) else str(value), 1000)
    for mark in "\\`*_[]<>|":
        text = text.replace(mark, "\\" + mark)
    return text


def _plain(value: Any) -> Any:
    """The value as the formats know it: DuckDB has more kinds than they."""
    match value:
        case None | bool() | int() | float() | str() | datetime() | date():
            return value
        case Decimal():
            return float(value)
        case time() | timedelta():
            return str(value)
        case bytes():
            return value.hex()
        case dict():
            return {str(name): _plain(one) for name, one in value.items()}
        case list() | tuple() | set():
            return [_plain(one) for one in value]
        case _:
            return str(value)
