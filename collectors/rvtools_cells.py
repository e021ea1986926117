"""Cells of RVTools sheets: their headings, numbers and times depend on version and language settings."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

Line = Mapping[str, str]

_MOST_IN_A_CELL = 16 * 1024 * 1024
_TIME = re.compile(
    r"(\d{1,4})([./-])\s?(\d{1,2})\2\s?(\d{1,4})\.?[ T]+"
    r"(\d{1,2})[:.](\d\d)(?:[:.](\d\d))?\s*([AaPp]\.?[Mm]\.?)?"
)


def lines(text: str) -> Iterator[tuple[int, Line]]:
    """Number and cells, by heading in lower case, of each line below the headings; nothing is held.

    Raises ValueError where it is no CSV.
    """
    csv.field_size_limit(_MOST_IN_A_CELL)
    text = text.removeprefix("\ufeff")
    if text[:4].lower() == "sep=":
        text = text.partition("\n")[2]
    head = text[:20000].partition("\n")[0]
    delimiter = max(";,\t", key=head.count)
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        names = [_heading(name) for name in next(rows, [])]
        for cells in rows:
            if any(cells):
                yield rows.line_num, dict(zip(names, cells, strict=False))
    except csv.Error as error:
        raise ValueError(f"no CSV: {error}") from error


def _heading(name: str) -> str:
    """`Capacity MB` of old versions is `capacity mib`: both are powers of 1024."""
    name = " ".join(name.replace("\ufeff", "").split()).lower()
    return re.sub(r"\bmb\b", "mib", name)


def cell(line: Line, *names: str) -> str | None:
    """The first of the cells that holds something."""
    for name in names:
        if value := line.get(name, "").strip():
            return value
    return None


def size_bytes(text: str | None) -> int | None:
    """MiB with the separators of any language as bytes; None for what is no number."""
    bare = re.sub(r"[\s\u00a0\u202f'’]", "", text or "")
    if not re.fullmatch(r"\d{1,18}([.,]\d{1,18})*", bare):
        return None
    marks = [mark for mark in bare if mark in ".,"]
    if len(set(marks)) == 2:
        bare = bare.replace("," if marks[-1] == "." else ".", "")
    elif len(marks) > 1 or (marks and len(re.split(r"[.,]", bare)[1]) == 3):
        bare = bare.replace(".", "").replace(",", "")  # sizes are whole MiB: these part thousands
    bare = bare.replace(",", ".")
    if bare.count(".") > 1 or len(bare) > 30:
        return None
    found = float(bare) * 1024 * 1024
    return int(found) if found < 2**63 else None


def day_first(texts: Iterable[str | None]) -> bool | None:
    """Whether days stand before months, by the first time that leaves no doubt; None if all do."""
    for text in texts:
        match = _TIME.fullmatch((text or "").strip())
        if match is None or len(match[1]) == 4:
            continue
        if match[8]:
            return False
        if match[2] == "." or int(match[1]) > 12:
            return True
        if int(match[3]) > 12:
            return False
    return None


def moment(text: str | None, days_first: bool | None) -> datetime | None:
    """A time as the sheet writes it, taken as UTC for it has no zone; None if it is none or ambiguous."""
    match = _TIME.fullmatch((text or "").strip())
    if match is None:
        return None
    first, second, third = int(match[1]), int(match[3]), int(match[4])
    if len(match[1]) == 4:
        year, month, day = first, second, third
    elif days_first is None and first != second:
        return None
    else:
        year = third
        month, day = (second, first) if days_first else (first, second)
    hour = int(match[5]) % 12 + (12 if match[8][0] in "Pp" else 0) if match[8] else int(match[5])
    try:
        return datetime(year, month, day, hour, int(match[6]), int(match[7] or 0), tzinfo=UTC)
    except ValueError:
        return None
