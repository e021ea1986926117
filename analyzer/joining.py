"""Joins facts of several tables: what derived tables share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from collectors.fact import Fact, Source
from collectors.table import Row

R = TypeVar("R", bound=Row)
T = TypeVar("T")


def by_target(facts: Iterable[Fact[R]]) -> dict[str, list[Fact[R]]]:
    """The facts of each target."""
    found: dict[str, list[Fact[R]]] = {}
    for fact in facts:
        if fact.target in found:
            found[fact.target].append(fact)
        else:
            found[fact.target] = [fact]
    return found


def keyed(facts: Iterable[Fact[R]], key: Callable[[R], Any]) -> dict[Any, Fact[R]]:
    """The first fact for each key; facts whose key is None or empty are left out."""
    found: dict[Any, Fact[R]] = {}
    for fact in facts:
        name = key(fact.row)
        if name is not None and name != "" and name not in found:
            found[name] = fact
    return found


def grouped(facts: Iterable[Fact[R]], key: Callable[[R], Any]) -> dict[Any, list[Fact[R]]]:
    """All facts for each key."""
    found: dict[Any, list[Fact[R]]] = {}
    for fact in facts:
        name = key(fact.row)
        if name in found:
            found[name].append(fact)
        else:
            found[name] = [fact]
    return found


def sources(*facts: Fact[Any] | None, most: int = 12) -> tuple[Source, ...]:
    """The evidence of all the facts, without repetition, at most *most* of it."""
    told = [fact.sources for fact in facts if fact is not None]
    if len(told) < 2:
        return told[0][:most] if told else ()
    found: dict[Any, Source] = {}
    for few in told:
        for one in few:
            origin = one.origin  # known by target, member and time; what is declared has no member
            answer = (origin.target, origin.member, origin.at) if origin.member else origin
            found.setdefault((answer, one.where), one)
    return tuple(found.values())[:most]


def row_of(fact: Fact[R] | None) -> R | None:
    """The row of a fact that may not be there."""
    return fact.row if fact is not None else None


def first(*values: T | None) -> T | None:
    """The first value that was told."""
    for value in values:
        if value is not None:
            return value
    return None


def least(*values: int | None) -> int | None:
    """The smallest of the values that were told: where sources disagree, the worse one counts."""
    return min([value for value in values if value is not None], default=None)


def most(*values: int | None) -> int | None:
    """The largest of the values that were told."""
    return max([value for value in values if value is not None], default=None)
