"""Decodes an answer with its reader, once: several collectors look into the same one (lsblk, mountinfo)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from collectors.collector import READERS
from collectors.fact import Reading
from collectors.question import Answer

NONSENSE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)
"""What a reader may raise on an answer that makes no sense."""

_SMALL_BYTES = 256 * 1024
"""Larger answers are read as a stream each time, so that nothing large is held."""


def decoded(answer: Answer, kind: str = "") -> Iterable[Reading]:
    """What the reader *kind* (default: the one its question names) makes of the answer.

    Iterating may raise one of NONSENSE, after what could be read has been given.
    """
    kind = kind or answer.question.form.reads
    if len(answer.stdout) > _SMALL_BYTES:
        return READERS[kind].read(answer)
    try:
        return _kept(kind, answer)
    except NONSENSE:
        return READERS[kind].read(answer)


@lru_cache(maxsize=16)
def _kept(kind: str, answer: Answer) -> tuple[Reading, ...]:
    return tuple(READERS[kind].read(answer))
