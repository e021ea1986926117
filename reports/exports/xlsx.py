"""A workbook: summary, findings, what was not seen, passed checks, and a sheet for every table with rows.

Every cell has the type of its value. Text is written as text, whatever it begins with: never a formula, a
link or a number.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from itertools import chain, islice
from math import isfinite
from typing import Any

from analyzer.engine import Judgement
from reports import json
from reports.exports import finding_rows
from reports.text import moment, short

MOST_ROWS = 1_048_575
"""Rows that a sheet can hold under its header."""
MOST_CHARACTERS = 32_000
MOST_DIGITS = 10**15
"""Whole numbers from here on lose digits in a spreadsheet, and are written as text."""
WIDEST = 70
SAMPLED = 200
"""Rows whose widths decide a column's."""

_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", "_"))


@dataclass(frozen=True, slots=True)
class Sheet:
    """*names*: the header, *rows*: a cell for each of them."""

    title: str
    names: Sequence[str]
    rows: Iterable[Sequence[Any]]


def write(judgement: Judgement) -> bytes:
    """The workbook's bytes: the same judgement gives the same workbook."""
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
        book.set_properties(
            {"title": f"Storage audit of {short(judgement.site.name, 120)}", "created": judgement.site.at}
        )
        writer = _Writer(book)
        for sheet in sheets(judgement):
            writer.add(sheet)
    return into.getvalue()


def sheets(judgement: Judgement) -> Iterator[Sheet]:
    """Every sheet in order."""
    yield Sheet("Summary", ("what", "value"), list(summary(judgement)))
    found = (tuple(one.told().values()) for one in finding_rows.rows(judgement))
    yield Sheet("Findings", finding_rows.NAMES, found)
    names = ("target", "table", "subject", "reason", "detail", "rules")
    gaps = (json.blind_spot(spot) for spot in judgement.blind_spots)
    yield Sheet("Not examined", names, ((*list(gap.values())[:5], ", ".join(gap["rules"])) for gap in gaps))
    passed = (f for f in judgement.findings if f.outcome == "pass")
    told = ((f.rule, f.target, f.label or f.subject, f.subject) for f in passed)
    yield Sheet("Passed checks", ("rule", "target", "thing", "subject"), told)
    for row_type, facts in sorted(judgement.site.tables.items(), key=lambda item: item[0].TABLE):
        if facts:
            columns = tuple(one.name for one in fields(row_type))
            rows = ((fact.target, *(getattr(fact.row, name) for name in columns)) for fact in facts)
            yield Sheet(row_type.TABLE, ("target", *columns), rows)


def summary(judgement: Judgement) -> Iterator[tuple[str, Any]]:
    """What the first sheet says."""
    score = judgement.score
    yield "Site", judgement.site.name
    yield "Evidence of", judgement.site.at
    yield "Targets", len(judgement.site.targets)
    yield "Grade", score.grade
    yield "Number (0 to 100)", score.number
    yield "Lowest, if the unknown were half a failure", score.low
    yield "Highest, if the unknown passed", score.high
    yield "Confidence in percent", score.confidence_percent
    for cap in score.caps:
        yield "Held down by", cap.action or cap.condition
    for kind, count in judgement.counts().items():
        yield f"Findings: {kind}", count
    yield "Gaps", len(judgement.blind_spots)
    yield "Rule set", score.ruleset
    yield "Scoring", score.scoring


class _Writer:
    """Adds sheets to a book; keeps their names apart and the formats they share."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._head = book.add_format({"bold": True, "bottom": 1, "valign": "top"})
        self._time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"})
        self._day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        self._titles: set[str] = set()

    def add(self, sheet: Sheet) -> None:
        page = self._book.add_worksheet(self._title(sheet.title))
        rows = iter(sheet.rows)
        sample = list(islice(rows, SAMPLED))
        for column, name in enumerate(sheet.names):
            widest = max((len(_plain(row[column])) for row in sample), default=0)
            page.set_column(column, column, min(WIDEST, max(widest, len(name) + 3) + 1))
        page.freeze_panes(1, 0)
        for column, name in enumerate(sheet.names):
            page.write_string(0, column, name, self._head)
        count = 0
        for row in islice(chain(sample, rows), MOST_ROWS):
            count += 1
            for column, value in enumerate(row):
                self._cell(page, count, column, value)
        page.autofilter(0, 0, max(count, 1), len(sheet.names) - 1)
        if next(rows, None) is not None:
            page.write_comment(0, 0, f"Only the first {MOST_ROWS} rows; the JSON output has all.")

    def _title(self, wanted: str) -> str:
        """At most 31 characters, unlike every other title."""
        base = title = wanted.translate(_FORBIDDEN)[:31]
        number = 1
        while title.lower() in self._titles:
            number += 1
            title = f"{base[: 30 - len(str(number))]}~{number}"
        self._titles.add(title.lower())
        return title

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
                page.write_string(row, column, _plain(value))


def _plain(value: Any) -> str:
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
