"""Sheets of an Excel workbook as text of CSV: cells as they are shown, times in ISO 8601.

Only what is needed of Office Open XML (ECMA-376): names of sheets, shared and inline strings, numbers, truth
values, and times where the heading speaks of one. Formulas are not worked out: their last value is taken.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from xml.parsers import expat

SHEET = "=== sheet: {} ==="
MOST_BYTES = 256 * 1024 * 1024
"""Of one part of a workbook, unpacked."""
_TIME = re.compile(r"date|time|datum|zeit|fecha|heure", re.IGNORECASE)
_FIRST_DAY = datetime(1899, 12, 30)  # noqa: DTZ001 - the serial numbers of Excel know no zone
_DAYS = (20_000.0, 80_000.0)
"""Serial numbers of days from 1954 to 2119: smaller or larger numbers under such a heading are no times."""


class NoWorkbook(ValueError):
    """It cannot be read; the message says why, in one line."""


def is_workbook(raw: bytes) -> bool:
    """Whether it is an archive that holds a workbook."""
    return raw.startswith(b"PK\x03\x04") and b"xl/workbook.xml" in raw


def workbook_text(raw: bytes) -> str:
    """All sheets one after another, each below a line `=== sheet: NAME ===`. Raises NoWorkbook."""
    return "".join(f"{SHEET.format(' '.join(name.split())[:60])}\n{text}" for name, text in sheets(raw))


def sheets(raw: bytes) -> Iterator[tuple[str, str]]:
    """Name and CSV of each sheet, a line for each row. Raises NoWorkbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as book:
            parts = set(book.namelist())
            shared = _strings(_part(book, "xl/sharedStrings.xml")) if "xl/sharedStrings.xml" in parts else []
            for name, path in _named(book):
                if path in parts:
                    yield name, _csv(_rows(_part(book, path), shared))
    except (zipfile.BadZipFile, zipfile.LargeZipFile, KeyError, EOFError, NotImplementedError) as error:
        raise NoWorkbook(f"a damaged workbook: {error}") from error
    except (expat.ExpatError, RuntimeError, OSError) as error:
        raise NoWorkbook(f"a workbook that cannot be read: {error}") from error


def _part(book: zipfile.ZipFile, name: str) -> bytes:
    with book.open(name) as part:
        raw = part.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise NoWorkbook(f"{name} is larger than {MOST_BYTES >> 20} MiB unpacked")
    return raw


def _named(book: zipfile.ZipFile) -> list[tuple[str, str]]:
    """Names of the sheets with their parts."""
    targets = {
        told.get("Id", ""): told.get("Target", "")
        for name, told, _ in _elements(_part(book, "xl/_rels/workbook.xml.rels"))
        if name == "Relationship"
    }
    found = []
    for name, told, _ in _elements(_part(book, "xl/workbook.xml")):
        if name == "sheet":
            key = next((value for key, value in told.items() if key.endswith(":id") or key == "id"), "")
            target = targets.get(key, "")
            path = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
            found.append((told.get("name", ""), path))
    return found


def _elements(raw: bytes) -> Iterator[tuple[str, dict[str, str], str]]:
    """Name without prefix, attributes and text of each element, at its end. Document types are refused."""
    found: list[tuple[str, dict[str, str], str]] = []
    open_: list[tuple[str, dict[str, str], list[str]]] = []
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def start(name: str, told: dict[str, str]) -> None:
        open_.append((name.rpartition(":")[2], told, []))

    def words(text: str) -> None:
        if open_:
            open_[-1][2].append(text)

    def end(_: str) -> None:
        name, told, text = open_.pop()
        found.append((name, told, "".join(text)))

    parser.StartElementHandler, parser.CharacterDataHandler, parser.EndElementHandler = start, words, end
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse
    for begin in range(0, max(len(raw), 1), 1 << 16):
        parser.Parse(raw[begin : begin + (1 << 16)], begin + (1 << 16) >= len(raw))
        yield from found
        found.clear()


def _refuse(*_: Any) -> None:
    raise NoWorkbook("XML with a document type or entities is not read")


def _strings(raw: bytes) -> list[str]:
    """The shared strings; pieces of rich text together, phonetic guides left out."""
    found: list[str] = []
    pieces: list[str] = []
    for name, _, text in _elements(raw):
        if name == "t":
            pieces.append(text)
        elif name == "rPh":
            pieces.pop()
        elif name == "si":
            found.append("".join(pieces))
            pieces = []
    return found


def _rows(raw: bytes, shared: list[str]) -> Iterator[list[str]]:
    cells: dict[int, str] = {}
    value, pieces = "", list[str]()
    times: set[int] | None = None
    for name, told, text in _elements(raw):
        if name == "v":
            value = text
        elif name == "t":
            pieces.append(text)
        elif name == "c":
            place = _column(told.get("r", ""), len(cells))
            cells[place] = _cell(told.get("t", "n"), value, "".join(pieces), shared, place in (times or ()))
            value, pieces = "", []
        elif name == "row":
            row = [cells.get(place, "") for place in range(max(cells, default=-1) + 1)]
            if times is None:
                times = {place for place, heading in enumerate(row) if _TIME.search(heading)}
            cells = {}
            yield row


def _cell(kind: str, value: str, inline: str, shared: list[str], is_time: bool) -> str:
    if kind == "s":
        return shared[int(value)] if value.isdigit() and int(value) < len(shared) else ""
    if kind == "inlineStr":
        return inline
    if kind == "b":
        return "True" if value == "1" else "False"
    if kind == "n" and is_time and re.fullmatch(r"\d{1,6}(\.\d{1,17})?", value):
        days = float(value)
        if _DAYS[0] < days < _DAYS[1]:
            return f"{_FIRST_DAY + timedelta(seconds=round(days * 86_400)):%Y-%m-%d %H:%M:%S}"
    return value.removesuffix(".0")


def _column(reference: str, otherwise: int) -> int:
    """`C7` → 2."""
    letters = re.match(r"[A-Z]{1,3}", reference)
    if letters is None:
        return otherwise
    place = 0
    for letter in letters[0]:
        place = place * 26 + ord(letter) - 64
    return place - 1


def _csv(rows: Iterator[list[str]]) -> str:
    text = io.StringIO()
    written = csv.writer(text, lineterminator="\n")
    written.writerows([" ".join(cell.splitlines()) for cell in row] for row in rows)
    return text.getvalue()
