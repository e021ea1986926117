"""Decodes answers with their readers; those that several collectors look into (lsblk …) only once."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from collectors.collector import READERS
from collectors.fact import Reading
from collectors.question import Answer

NONSENSE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)
"""What a reader may raise on an answer that makes no sense."""

SMALL_BYTES = 256 * 1024
"""Larger answers are read as a stream each time, so that nothing large is held."""

_looked_into: set[str] = set()
"""Kinds of answers that a collector has looked into: those are worth keeping."""


def look_into(answer: Answer, kind: str = "") -> Iterable[Reading]:
    """What the reader *kind* (default: the one its question names) tells a collector that must decide.

    Iterating may raise one of NONSENSE, after what could be read has been given.
    """
    kind = kind or answer.question.form.reads
    _looked_into.add(kind)
    return decoded(answer, kind)


def decoded(answer: Answer, kind: str) -> Iterable[Reading]:
    """What the reader *kind* makes of the answer. Iterating may raise one of NONSENSE."""
    if kind not in _looked_into or len(answer.stdout) > SMALL_BYTES:
        return READERS[kind].read(answer)
    try:
        return _kept(kind, answer)
    except NONSENSE:
        return READERS[kind].read(answer)


@lru_cache(maxsize=16)
def _kept(kind: str, answer: Answer) -> tuple[Reading, ...]:
    return tuple(READERS[kind].read(answer))
