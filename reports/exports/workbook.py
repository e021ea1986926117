"""Writes sheets to a workbook row by row: rows are not kept, and nothing in them is a formula or a link."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain, islice
from math import isfinite
from typing import Any

from reports.text import moment, short

MOST_ROWS = 1_048_574
"""Rows of a sheet between its header and the line that says that there are more."""
MOST_CHARACTERS = 32_000
MOST_DIGITS = 10**15
"""Whole numbers from here on lose digits in a spreadsheet, and are written as text."""
WIDEST = 70
SAMPLED = 200
"""Rows whose widths decide a column's."""

_TITLE = str.maketrans(dict.fromkeys("[]:*?/\\'", "_"))
_NO_CHARACTERS = str.maketrans({"\ufffe": "‹U+FFFE›", "\uffff": "‹U+FFFF›"})
"""What XML cannot hold and no reader of the page would see."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """*names*: the header, *rows*: a cell for each of them."""

    title: str
    names: Sequence[str]
    rows: Iterable[Sequence[Any]]


def written(sheets: Iterable[Sheet], *, title: str, at: datetime) -> bytes:
    """The workbook's bytes; the same sheets give the same bytes."""
    import xlsxwriter

    into = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    with xlsxwriter.Workbook(into, options) as book:
        book.set_properties({"title": title, "created": at})
        writer = _Writer(book)
        for sheet in sheets:
            writer.add(sheet)
    return into.getvalue()


def distinct(wanted: str, others: Iterable[str]) -> str:
    """A sheet's title: at most 31 characters, unlike every other whatever the case."""
    taken = {one.lower() for one in others}
    base = title = short(wanted, 200).translate(_TITLE)[:31] or "_"
    number = 1
    while title.lower() in taken:
        number += 1
        title = f"{base[: 30 - len(str(number))]}~{number}"
    return title


class _Writer:
    """Adds sheets to a book; keeps their names apart and the formats they share."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._head = book.add_format({"bold": True, "bottom": 1, "valign": "top"})
        self._time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"})
        self._day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        self._titles: list[str] = []

    def add(self, sheet: Sheet) -> None:
        self._titles.append(distinct(sheet.title, self._titles))
        page = self._book.add_worksheet(self._titles[-1])
        rows = iter(sheet.rows)
        sample = list(islice(rows, SAMPLED))
        for column, name in enumerate(sheet.names):
            widest = max((len(plain(row[column])) for row in sample), default=0)
            page.set_column(column, column, min(WIDEST, max(widest, len(name) + 3) + 1))
        page.freeze_panes(1, 0)
        for column, name in enumerate(sheet.names):
            page.write_string(0, column, name, self._head)
        count = 0
        left = chain(sample, rows)
        for row in islice(left, MOST_ROWS):
            count += 1
            for column, value in enumerate(row):
                self._cell(page, count, column, value)
        page.autofilter(0, 0, max(count, 1), len(sheet.names) - 1)
        if next(left, None) is not None:
            page.write_string(count + 1, 0, "Only the first rows; the JSON output has all.")

    def _cell(self, page: Any, row: int, column: int, value: Any) -> None:
        match value:
            case None | "":
                return
            case bool():
                page.write_boolean(row, column, value)
            case int() | float() if isfinite(value) and abs(value) < MOST_DIGITS:
                page.write_number(row, column, value)
            case datetime() if value.year >= 1900:
                page.write_datetime(row, column, value.astimezone(UTC).replace(tzinfo=None), self._time)
            case date() if not isinstance(value, datetime) and value.year >= 1900:
                page.write_datetime(row, column, value, self._day)
            case _:
                page.write_string(row, column, plain(value).translate(_NO_CHARACTERS))


def plain(value: Any) -> str:
    """A value as text."""
    match value:
        case None:
            return ""
        case datetime():
            return moment(value)
        case Mapping():
            return short(", ".join(f"{name} {one}" for name, one in value.items()), MOST_CHARACTERS)
        case tuple() | list() | set() | frozenset():
            every = sorted(map(str, value)) if isinstance(value, set | frozenset) else map(str, value)
            return short(", ".join(every), MOST_CHARACTERS)
        case _:
            return short(str(value), MOST_CHARACTERS)
