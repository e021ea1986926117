"""Rows as aligned text and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from reports.text import one_line

MOST = 48
LONGEST_CELL = 4000
"""Characters of a CSV cell; more is cut in the middle."""


def aligned(rows: Sequence[Mapping[str, Any]], *, most: int = MOST) -> str:
    """Columns side by side, numbers to the right; longer values than *most* are cut. No rows: a line."""
    if not rows:
        return "no rows"
    names = list(rows[0])
    cells = [[_cell(row[name], most) for name in names] for row in rows]
    widths = [max(len(name), *(len(line[i]) for line in cells)) for i, name in enumerate(names)]
    numeric = [all(isinstance(row[name], int | float | None) for row in rows) for name in names]
    lines = [names, *cells]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in lines
    )


def csv_text(rows: Sequence[Mapping[str, Any]], names: Sequence[str] = ()) -> str:
    """CSV with a header (*names*, where there is no row to tell).

    What a spreadsheet would run as a formula is kept as text by an apostrophe.
    """
    if not rows and not names:
        return ""
    into = io.StringIO()
    writer = csv.writer(into, lineterminator="\n")
    writer.writerow(rows[0] if rows else names)
    writer.writerows([_inert(value) for value in row.values()] for row in rows)
    return into.getvalue()


def _cell(value: Any, most: int) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    text = one_line(str(value)).replace("\n", " ")
    return text if len(text) <= most else text[: most - 1] + "…"


def _inert(value: Any) -> Any:
    if isinstance(value, str):
        text = one_line(value, LONGEST_CELL)
        return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
    return value.isoformat() if hasattr(value, "isoformat") else value
