"""The kinds of target: anything with `ask(question) -> answer`."""

from __future__ import annotations

from typing import Protocol

from collectors.question import Answer, Question


class Target(Protocol):
    """A host that can be asked. Implementations turn every failure into an Answer with a refusal."""

    name: str
    kind: str
    address: str

    async def ask(self, question: Question) -> Answer:
        """Put one question; never raises for what the target did or did not do."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...
