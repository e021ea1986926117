"""Writes a workbook of Office Open XML (ECMA-376) row by row: millions of cells, none of them kept.

Every text is an inline string, so nothing in it is ever a formula, a link or a number.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import chain, islice
from math import isfinite
from typing import Any
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from reports.exports.workbook_parts import BOLD, DAY, HEAD, MAIN, TIME, parts
from reports.text import moment, short

MOST_ROWS = 1_048_574
"""Rows of a sheet between its header and the line that says how many more there are."""
MOST_CHARACTERS = 32_000
MOST_DIGITS = 10**15
"""Whole numbers from here on lose digits in a spreadsheet, and are written as text."""
WIDEST = 70
SAMPLED = 200
"""Rows whose widths decide a column's."""

_ZERO = date(1899, 12, 30)
_TITLE = str.maketrans(dict.fromkeys("[]:*?/\\'", "_"))
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


@dataclass(frozen=True, slots=True)
class Sheet:
    """*names*: the header, *rows*: a cell for each of them."""

    title: str
    names: Sequence[str]
    rows: Iterable[Sequence[Any]]


def written(sheets: Iterable[Sheet], *, title: str, at: datetime) -> bytes:
    """The workbook's bytes; the same sheets give the same bytes."""
    into = io.BytesIO()
    titles: list[str] = []
    ranges: list[str] = []
    with ZipFile(into, "w", ZIP_DEFLATED, compresslevel=5) as book:
        for sheet in sheets:
            titles.append(distinct(sheet.title, titles))
            with book.open(_member(f"xl/worksheets/sheet{len(titles)}.xml"), "w", force_zip64=True) as part:
                ranges.append(_sheet(sheet, part.write, selected=len(titles) == 1))
        for name, text in parts(titles, ranges, title, at):
            book.writestr(_member(name), HEAD + text)
    return into.getvalue()


def distinct(wanted: str, others: Sequence[str]) -> str:
    """A sheet's title: at most 31 characters, unlike every other whatever the case."""
    taken = {one.lower() for one in others}
    base = title = short(wanted, 200).translate(_TITLE)[:31] or "_"
    number = 1
    while title.lower() in taken:
        number += 1
        title = f"{base[: 30 - len(str(number))]}~{number}"
    return title


def _member(name: str) -> ZipInfo:
    told = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    told.compress_type = ZIP_DEFLATED
    return told


def _sheet(sheet: Sheet, write: Callable[[bytes], object], *, selected: bool) -> str:
    """Write the sheet; the range that its filter covers."""
    rows = iter(sheet.rows)
    sample = list(islice(rows, SAMPLED))
    letters = [column(number) for number in range(len(sheet.names))]
    write(_opening(sheet.names, sample, selected).encode())
    head = "".join(
        f'<c r="{letter}1" s="{BOLD}"{_text(name)}</c>'
        for letter, name in zip(letters, sheet.names, strict=True)
    )
    write(f'<row r="1">{head}</row>'.encode())
    last = 1
    left = chain(sample, rows)
    every = islice(left, MOST_ROWS)
    while lines := [_row(last + n, letters, row) for n, row in enumerate(islice(every, 500), 1)]:
        last += len(lines)
        write("".join(lines).encode())
    if next(left, None) is not None:
        write(_row(last + 1, letters, ("Only the first rows; the JSON output has all.",)).encode())
    covered = f"A1:{letters[-1]}{max(last, 2)}"
    write(f'</sheetData><autoFilter ref="{covered}"/></worksheet>'.encode())
    return covered


def _opening(names: Sequence[str], sample: Sequence[Sequence[Any]], selected: bool) -> str:
    widths = []
    for place, name in enumerate(names):
        widest = max((len(plain(row[place])) for row in sample), default=0)
        width = min(WIDEST, max(widest, len(name) + 3) + 1)
        widths.append(f'<col min="{place + 1}" max="{place + 1}" width="{width}" customWidth="1"/>')
    chosen = ' tabSelected="1"' if selected else ""
    return (
        f"{HEAD}<worksheet {MAIN}><sheetViews>"
        f'<sheetView{chosen} workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        '<selection pane="bottomLeft"/></sheetView></sheetViews>'
        f"<cols>{''.join(widths)}</cols><sheetData>"
    )


def _row(number: int, letters: Sequence[str], row: Sequence[Any]) -> str:
    cells = []
    for letter, value in zip(letters, row, strict=False):
        if value is not None and value != "":
            told = _CELLS.get(type(value), _any)(value)
            cells.append(f'<c r="{letter}{number}"{told}</c>')
    return f'<row r="{number}">{"".join(cells)}</row>'


def column(number: int) -> str:
    """The letters of a column, counted from 0: A, B … Z, AA."""
    told = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        told = chr(65 + rest) + told
    return told


@lru_cache(maxsize=50_000)
def _text(value: str) -> str:
    text = escape(_ESCAPED.sub("_x005F_", short(value, MOST_CHARACTERS)))
    text = text.replace("\ufffe", "‹U+FFFE›").replace("\uffff", "‹U+FFFF›")
    kept = ' xml:space="preserve"' if text != text.strip() else ""
    return f' t="inlineStr"><is><t{kept}>{text}</t></is>'


def _number(value: float) -> str:
    if isfinite(value) and abs(value) < MOST_DIGITS:
        return f"><v>{value!r}</v>"
    return _text(str(value))


def _truth(value: bool) -> str:
    return f' t="b"><v>{value:d}</v>'


def _time(value: datetime) -> str:
    if value.year < 1900:
        return _text(plain(value))
    day = value.astimezone(UTC)
    seconds = (day.hour * 60 + day.minute) * 60 + day.second
    return f' s="{TIME}"><v>{(day.date() - _ZERO).days + seconds / 86400!r}</v>'


def _day(value: date) -> str:
    return _text(str(value)) if value.year < 1900 else f' s="{DAY}"><v>{(value - _ZERO).days}</v>'


def _any(value: Any) -> str:
    return _text(plain(value))


_CELLS: Mapping[type, Callable[[Any], str]] = {
    str: _text,
    int: _number,
    float: _number,
    bool: _truth,
    datetime: _time,
    date: _day,
}


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
