"""Questions put to a target, and the answers kept as evidence.

A :class:`Form` is a read-only command with blanks. Forms are the allow-list: what no collector declares as a
form cannot be asked, `holdwater plan` prints them all, and the sudoers snippet is made from them.
"""

from __future__ import annotations

import dataclasses
import re
from datetime import datetime
from typing import Literal

from collectors.frozen import frozen

Right = Literal["user", "root"]
Refusal = Literal[
    "tool-missing", "denied", "timed-out", "unreachable", "not-asked", "interrupted", "damaged", "truncated"
]
"""Why there is no (whole) answer. A command that ran and exited non-zero is an answer, not a refusal."""

MAX_ERR_BYTES = 1 << 20
"""What is kept of stderr at most."""

_BLANK = re.compile(r"\{(\w+)\}|\{(\{\w+\})\}")
_VALUE = re.compile(r"/|/?[A-Za-z0-9_][A-Za-z0-9_./,:+@=!# \[\]-]*")
_PATTERN = re.compile(r"/[A-Za-z0-9_.:/*?\[\]-]+")


@frozen
class Form:
    """A command with blanks (`{device}`; `{{braces}}` stand for braces), its purpose and the right it takes.

    *expand*: arguments that hold `*` are file name patterns, expanded on the target as its shell would; a
    pattern that matches nothing is handed on as it stands. *reads*: the reader that decodes the answer.
    *formerly*: how earlier releases asked the same, so that their evidence is still read; no blanks.
    *replaced*: where the tool is missing another form asks the same, and only that one can leave a gap.
    """

    argv: tuple[str, ...]
    reads: str
    why: str
    right: Right = "user"
    timeout_seconds: float = 30.0
    max_bytes: int = 16 * 1024 * 1024
    expand: bool = False
    formerly: tuple[tuple[str, ...], ...] = ()
    replaced: bool = False
    _blank: bool = dataclasses.field(init=False, compare=False, repr=False)
    """Whether anything is to be filled in: most forms are asked as they stand."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_blank", "{" in "".join(self.argv))

    def __call__(self, **blanks: str) -> Question:
        """Fill the blanks. Raises ValueError for what could be an option or holds unusual characters."""
        if not blanks and not self._blank:
            return Question(self.argv, self)
        for name, value in blanks.items():
            if not _VALUE.fullmatch(value):
                raise ValueError(f"{value!r} cannot stand for {{{name}}} in {' '.join(self.argv)}")
        filled = [
            _BLANK.sub(lambda m: m[2] or blanks[m[1]], word) if "{" in word else word for word in self.argv
        ]
        return Question(tuple(filled), self)


@frozen
class Question:
    """A read-only command line. Two questions are the same if their argv is."""

    argv: tuple[str, ...]
    form: Form = dataclasses.field(compare=False, repr=False)

    def __str__(self) -> str:
        return " ".join(self.argv)


@frozen
class Answer:
    """What came back, verbatim. Exit status is data; *refusal* says why there is nothing (more) to read."""

    question: Question
    stdout: bytes = b""
    stderr: bytes = b""
    status: int | None = None
    started_at: datetime | None = None
    duration_seconds: float = 0.0
    refusal: Refusal | None = None
    detail: str = ""
    via: str = ""
    member: str = ""

    def __hash__(self) -> int:
        return hash(self.member or self.stdout)  # no other answer has the same member

    @property
    def text(self) -> str:
        """stdout as text: UTF-16 with a byte order mark and UTF-8; what cannot be decoded is replaced."""
        return decode(self.stdout)

    @property
    def complaint(self) -> str:
        """The last line of stderr, or the detail of the refusal: what to tell a person."""
        if self.detail or not self.stderr:
            return self.detail
        lines = decode(self.stderr[-4000:]).strip().splitlines()
        if len(self.stderr) >= MAX_ERR_BYTES and len(lines) > 1:
            lines.pop()  # cut off in the middle
        return lines[-1].strip()[:300] if lines else ""


def decode(raw: bytes) -> str:
    """Bytes of a tool as text, never failing."""
    mark = raw[:2]
    if b"\0" not in mark and raw.isascii():  # as nearly all
        return raw.decode("ascii")
    if mark in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    if b"\0" in mark and len(raw) > 8:  # as some editors on Windows save it, without the mark
        high, low = raw[:400:2].count(0), raw[1:400:2].count(0)
        if low > 190 * min(len(raw), 400) // 400 and not high:
            return raw.decode("utf-16-le", "replace")
    return raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")


def expandable(word: str) -> bool:
    """Whether a word of a form with *expand* is a file name pattern to be expanded by the target."""
    return "*" in word and _PATTERN.fullmatch(word) is not None
