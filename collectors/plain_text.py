"""Shapes that plain-text tools share: quoting, sizes, escapes, `path:value` lines, aligned columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from collectors.question import Answer

_SIZE = re.compile(r"(\d+(?:[.,]\d+)?)\s*([KMGTPEZY]?)(i?)(B?)", re.IGNORECASE)
_OCTAL = re.compile(r"\\([0-3][0-7]{2})")
_PROMPT = re.compile(r"\S*[\w~\])][#$>]\s+\S|[#$] \S|# rc=")
_OPTION = re.compile(r"(?:unrecogni[sz]ed|invalid|illegal|unknown) (?:option|column)", re.IGNORECASE)
_TOOL = re.compile(r"[\w./-]+: (?:cannot \w+ ['‘]?)?(?=/)")
_QUOTE = re.compile(r"(?:[ \t]?>)+ ?")


def numbered_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers from 1, without mail quoting (`> `) if the whole text is quoted."""
    lines = text.splitlines()
    quoted = ">" in text and all(_QUOTE.match(line) for line in lines if line.strip())
    return enumerate([_QUOTE.sub("", line, count=1) for line in lines] if quoted else lines, 1)


def is_prompt(line: str) -> bool:
    """Whether the line is a shell prompt with a command, as in a pasted session."""
    return _PROMPT.match(line) is not None


def size_bytes(word: str | None) -> int | None:
    """`3.7T`, `512M`, `1.0Gi`, `0B`, `4096` in bytes, powers of 1024; None if it is not a size, or 8 EiB."""
    if not word:
        return None
    if len(word) < 19 and word.isascii() and word.isdecimal():  # as most are
        return int(word)
    match = _SIZE.fullmatch(word.strip())
    if match is None:
        return None
    unit: int = 1024 ** ("KMGTPEZY".find(match[2].upper()) + 1) if match[2] else 1
    number = match[1].replace(",", ".")[:24]
    told = round(float(number) * unit) if "." in number else int(number) * unit
    return told if told < 2**63 else None


def ends_within_a_line(text: str) -> bool:
    """Text that no newline ends: of a list without an entry, that its heading or first line was cut."""
    return bool(text.strip()) and not text.endswith("\n")


def whole_number(word: str | None) -> int | None:
    """A decimal number of at most 20 digits; None for anything else (`-`, `none`, a longer one)."""
    if not word:
        return None
    word = word.strip()
    digits = word[1:] if word[:1] in ("+", "-") else word
    return int(word) if len(digits) <= 20 and digits.isascii() and digits.isdecimal() else None


def octal_unescaped(word: str) -> str:
    r"""`\040` and the like, as the kernel and fstab(5) write blanks, tabs, newlines and backslashes."""
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), word) if "\\" in word else word


def file_lines(answer: Answer) -> Iterator[tuple[int, str, str]]:
    """Line number, path and value of each line that `grep -aH '' FILE…` prints."""
    for number, line in enumerate(answer.text.splitlines(), 1):
        if line[:1] == "/":
            path, colon, value = line.partition(":")
            if colon:
                yield number, path, value


def first_lines(answer: Answer) -> dict[str, str]:
    """The first line of each file that `grep -aH '' FILE…` prints, by path."""
    values: dict[str, str] = {}
    for _, path, value in file_lines(answer):
        values.setdefault(path, value.strip())
    return values


def unopened(answer: Answer) -> dict[str, str]:
    """Why grep, cat or df could not open a file: `grep: PATH: REASON` lines of stderr, reason by path."""
    reasons: dict[str, str] = {}
    if not answer.stderr:
        return reasons
    for line in answer.stderr.decode("utf-8", "replace").splitlines():
        if tool := _TOOL.match(line):
            path, _, why = line[tool.end() :].rpartition(": ")
            if path and "A" <= why[:1] <= "Z" and ":" not in why:
                reasons[path[:-1] if path[-1] in "'’" and path != "/" else path] = why
    return reasons


def not_understood(answer: Answer) -> bool:
    """Whether the tool did not know its options: it is old, or another one of that name."""
    said = answer.stderr[:4000].decode("utf-8", "replace")
    return bool(answer.status) and not answer.stdout and _OPTION.search(said) is not None


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of one column: where it stands in the line and to which side its values are aligned."""

    name: str
    start: int
    end: int
    right: bool


def headings(line: str, right: frozenset[str]) -> list[Heading]:
    """The columns of a heading line; *right*: names whose values end where the heading ends."""
    return [
        Heading(match[0], match.start(), match.end(), match[0] in right)
        for match in re.finditer(r"\S+", line)
    ]


def cells(line: str, columns: list[Heading]) -> dict[str, str]:
    """The values of one line, by column name, by where each word stands under the headings."""
    found: dict[str, str] = {}
    for match in re.finditer(r"\S+", line):
        column = _column_of(match.start(), match.end(), columns)
        found[column.name] = f"{found[column.name]} {match[0]}" if column.name in found else match[0]
    return found


def _column_of(start: int, end: int, columns: list[Heading]) -> Heading:
    for column in columns:
        if column.right and (column.end == end or (start < column.end and end > column.start)):
            return column
    left = [column for column in columns if not column.right and column.start <= start]
    return left[-1] if left else columns[0]
