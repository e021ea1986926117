"""What would be lost: the file systems, arrays and disks that fail next or are one fault away."""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.engine import Judgement


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing. *standing*: gone, next or unprotected; *because*: one sentence."""

    standing: str
    what: str
    size: str
    because: str
    host: str


def losses(judgement: Judgement) -> tuple[Loss, ...]:
    """The losses of a judgement, nearest first."""
    return ()
