"""Two answers that tell different columns of one thing are one fact with two sources.

`df` tells space or inodes, the clock of a host is asked apart from its kernel: such rows have the same key,
and no column of which both tell something else. Rows that contradict one another stay as they are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

from collectors.fact import Absent, Fact, Gap
from collectors.table import Row

Told = Fact[Row] | Gap | Absent


def joined(told: Iterable[Told]) -> Iterator[Told]:
    """The same, with complementary facts of different answers put together where the first of them stood."""
    items: list[Told] = []
    answered: set[tuple[str, type[Row], str, tuple[str, ...]]] = set()
    places: dict[tuple[str, type[Row], tuple[Any, ...]], list[int]] = {}
    for one in told:
        if not isinstance(one, Fact):
            items.append(one)
            continue
        answered.update(_devices(one))
        key = (one.target, type(one.row), tuple(getattr(one.row, name) for name in one.row.KEY))
        known = places.setdefault(key, [])
        for place in known:
            before = items[place]
            assert isinstance(before, Fact)
            both = _both(before, one)
            if both is not None:
                items[place] = both
                break
        else:
            known.append(len(items))
            items.append(one)
    yield from (one for one in items if not (isinstance(one, Gap) and _answered_after_all(one, answered)))


def _answered_after_all(gap: Gap, answered: set[tuple[str, type[Row], str, tuple[str, ...]]]) -> bool:
    """Whether the device answered when it was asked in another way (-d sat)."""
    if gap.reason != "unsupported" or gap.source is None:
        return False
    asked = gap.source.origin.argv
    return any(told[:3] == (gap.target, gap.table, gap.subject) and told[3] != asked for told in answered)


def _devices(fact: Fact[Row]) -> Iterator[tuple[str, type[Row], str, tuple[str, ...]]]:
    for source in fact.sources:
        for word in source.origin.argv:
            if word.startswith("/dev/"):
                yield (fact.target, type(fact.row), word, source.origin.argv)


def _both(first: Fact[Row], second: Fact[Row]) -> Fact[Row] | None:
    """One fact out of two; None if they are of one answer or contradict one another."""
    if {source.origin for source in first.sources} & {source.origin for source in second.sources}:
        return None
    values: dict[str, Any] = {}
    for name, default in _columns(type(first.row)):
        one, other = getattr(first.row, name), getattr(second.row, name)
        if one != other and one != default and other != default:
            return None
        values[name] = other if one == default else one
    return Fact(first.target, type(first.row)(**values), first.sources + second.sources)


def _columns(row_type: type[Row]) -> tuple[tuple[str, Any], ...]:
    """Each column with what it holds if it is not told."""
    return tuple((field.name, field.default) for field in dataclasses.fields(row_type))
