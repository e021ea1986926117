"""What reading an answer gives: facts, gaps and proofs of absence."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, Literal, TypeVar

from collectors.frozen import frozen
from collectors.question import Refusal
from collectors.table import Row

R = TypeVar("R", bound=Row)

GapReason = Refusal | Literal["unreadable", "standby", "unsupported", "empty", "failed"]
"""Every way in which something that should have been told was not."""


Worth = Literal["live", "export", "configuration", "document", "statement", "artefact"]
"""What kind of evidence it is: output kept as it came, an export of somebody's, what is configured, a
document, somebody's word, the artefact of a test."""


@frozen
class Origin:
    """One answer in a bundle: the question, when it was put, and where the bytes are.

    What `site.toml` declares has an origin too: argv is ("site.toml", the block), and there is no member.
    """

    target: str
    argv: tuple[str, ...]
    at: datetime | None
    member: str
    worth: Worth = "live"

    def __hash__(self) -> int:
        return hash(self.member or self.argv)  # no other answer has the same member

    def __str__(self) -> str:
        return " ".join(self.argv)


@frozen
class Source:
    """Where a value was read: the answer, and the line or JSON path in it."""

    origin: Origin
    where: str = ""

    def __hash__(self) -> int:
        return hash((self.origin.member or self.origin.argv, self.where))


@frozen
class Fact(Generic[R]):
    """A row, the target it is true of and the answers that say so."""

    target: str
    row: R
    sources: tuple[Source, ...] = ()


@frozen
class Gap:
    """A table (or one subject's row of it) that should have been filled for a target, and was not."""

    target: str
    table: type[Row]
    reason: GapReason
    detail: str = ""
    subject: str = ""
    source: Source | None = None


@frozen
class Absent:
    """Proof that a table does not apply to a target (no md driver: no md arrays)."""

    target: str
    table: type[Row]
    proof: str


@frozen
class At(Generic[R]):
    """What a reader yields when it knows where in the answer a row stands: a line or a JSON path."""

    row: R
    where: str


@frozen
class Missing:
    """What a reader yields for a table, or one subject of it, that the answer should have told."""

    table: type[Row]
    reason: GapReason
    detail: str = ""
    subject: str = ""


@frozen
class NotHere:
    """What a reader yields when the answer proves that the table does not apply."""

    table: type[Row]
    proof: str


Reading = Row | At[Row] | Missing | NotHere
"""All that a reader may yield."""
