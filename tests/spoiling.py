"""Answers spoilt on their way, and what must hold of anything that is read in them."""

from __future__ import annotations

import dataclasses
import random
import typing
from collections.abc import Callable
from datetime import datetime

from hypothesis import strategies as st

from collectors.table import Row


def cut(raw: bytes, chance: random.Random) -> bytes:
    """The beginning, of any length; nothing and all of it more often than by chance."""
    ends = (0, len(raw))
    return raw[: chance.choice((*ends, *(chance.randint(*ends) for _ in range(6))))]


def shuffled(raw: bytes, chance: random.Random) -> bytes:
    """The same lines in another order."""
    lines = raw.splitlines(keepends=True)
    chance.shuffle(lines)
    return b"".join(lines)


def repeated(raw: bytes, chance: random.Random) -> bytes:
    """The end twice."""
    return raw + raw[chance.randint(0, len(raw)) :]


def turned(raw: bytes, chance: random.Random) -> bytes:
    """Up to twelve bits turned over."""
    spoilt = bytearray(raw)
    for _ in range(chance.randint(1, 12)):
        if spoilt:
            spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
    return bytes(spoilt)


def swollen(raw: bytes, chance: random.Random) -> bytes:
    """Up to forty nines in place of every digit."""
    return b"".join(b"9" * chance.randint(1, 40) if byte in b"0123456789" else bytes([byte]) for byte in raw)


@dataclasses.dataclass(frozen=True)
class Spoiler:
    """One way to spoil an answer; the same seed spoils it the same way."""

    way: Callable[[bytes, random.Random], bytes]
    seed: int

    def __call__(self, raw: bytes) -> bytes:
        return self.way(raw, random.Random(self.seed))


def spoilers(*ways: Callable[[bytes, random.Random], bytes]) -> st.SearchStrategy[Spoiler]:
    """Any seed of any of these ways."""
    return st.builds(Spoiler, way=st.sampled_from(ways), seed=st.integers(0, 2**32))


def check_types(row: Row) -> None:
    """Every column holds what its table declares; times are aware, whole numbers fit into 64 bits."""
    hints = typing.get_type_hints(type(row))
    for column in dataclasses.fields(row):
        value = getattr(row, column.name)
        allowed = typing.get_args(hints[column.name]) or (hints[column.name],)
        assert type(value) in allowed, f"{row.TABLE}.{column.name} holds {value!r}"
        if isinstance(value, int):
            assert abs(value) < 2**63, f"{row.TABLE}.{column.name}: {value}"
        if isinstance(value, datetime):
            assert value.tzinfo is not None, f"{row.TABLE}.{column.name}: {value} without an offset"
