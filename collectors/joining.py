"""Two answers that tell different columns of one thing are one fact with two sources.

`df` tells space or inodes, the clock of a host is asked apart from its kernel: such rows have the same key,
and no column of which both tell something else. Rows that contradict one another stay as they are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from collectors.drive_names import told_apart
from collectors.fact import Absent, Fact, Gap
from collectors.table import Row

Told = Fact[Row] | Gap | Absent


def joined(told: Sequence[Told]) -> list[Told]:
    """The same, with complementary facts of different answers put together where the first of them stood."""
    items: list[Told] = []
    add = items.append
    places: dict[tuple[str, type[Row], Any], tuple[int, ...]] = {}
    for one in told_apart(told):
        if type(one) is not Fact:
            add(one)
            continue
        row = one.row
        row_type = type(row)
        key = (one.target, row_type, row_type.KEY_OF(row))
        here = (len(items),)
        known = places.setdefault(key, here)
        if known is here:  # as nearly all
            add(one)
            continue
        for place in known:
            before = items[place]
            assert isinstance(before, Fact)
            both = _both(before, one)
            if both is not None:
                items[place] = both
                break
        else:
            places[key] = known + here
            add(one)
    doubtful = [one for one in items if type(one) is Gap and one.reason == "unsupported" and one.source]
    if not doubtful:
        return items
    asked: dict[tuple[str, type[Row]], set[tuple[str, ...]]] = {}
    for gap in doubtful:
        asked[gap.target, gap.table] = set()
    for one in items:
        if isinstance(one, Fact) and (about := (one.target, type(one.row))) in asked:
            asked[about].update(source.origin.argv for source in one.sources)
    settled = {gap for gap in doubtful if _answered_after_all(gap, asked[gap.target, gap.table])}
    return [one for one in items if not (isinstance(one, Gap) and one in settled)] if settled else items


def _answered_after_all(gap: Gap, asked: set[tuple[str, ...]]) -> bool:
    """Whether the device answered when it was asked in another way (-d sat)."""
    first = gap.source.origin.argv if gap.source else ()
    return any(argv != first and gap.subject in argv for argv in asked)


def _both(first: Fact[Row], second: Fact[Row]) -> Fact[Row] | None:
    """One fact out of two; None if they are of one answer or contradict one another."""
    if {source.origin for source in first.sources} & {source.origin for source in second.sources}:
        return None
    row_type = type(first.row)
    values: dict[str, Any] = {}
    told = zip(_columns(row_type), row_type.VALUES_OF(first.row), row_type.VALUES_OF(second.row), strict=True)
    for (name, default), one, other in told:
        if one == default:
            values[name] = other
        elif other == default or one == other:
            values[name] = one
        else:
            return None
    return Fact(first.target, row_type(**values), first.sources + second.sources)


_COLUMNS: dict[type[Row], tuple[tuple[str, Any], ...]] = {}


def _columns(row_type: type[Row]) -> tuple[tuple[str, Any], ...]:
    """Each column with what it holds if it is not told."""
    known = _COLUMNS.get(row_type)
    if known is None:
        told = dataclasses.fields(row_type)
        known = _COLUMNS[row_type] = tuple((field.name, field.default) for field in told)
    return known
