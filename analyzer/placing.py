"""Says of a sick disk where it sits: the array it is a member of, and its slot there.

Rules about a drive know the drive alone; whoever goes to replace it must not pull its neighbour.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from analyzer.derived.array_member import ArrayMember
from analyzer.finding import Finding
from analyzer.site import Site
from analyzer.wording import listed

_FAMILIES = ("smart/", "firmware/")
MOST_ARRAYS = 3


def placed(site: Site, findings: Iterable[Finding]) -> list[Finding]:
    """The findings; faults of a member's disk with `[md0: slot 1, sdb1]` behind the message."""
    places = _places(site)
    if not places:
        return list(findings)
    return [_with_place(one, places) if one.outcome == "fail" else one for one in findings]


def _places(site: Site) -> Mapping[tuple[str, str], str]:
    """(target, identity of the disk) → the arrays it is in; of the members that were worked out already."""
    found: dict[tuple[str, str], list[str]] = {}
    for fact in site.tables.get(ArrayMember, ()):
        row: ArrayMember = fact.row
        if row.disk:
            where = f"slot {row.slot}" if row.slot is not None else row.state
            told = found.setdefault((fact.target, row.disk), [])
            told.append(f"{row.array_name}: {where}, {row.member}")
    return {key: listed(told, MOST_ARRAYS) for key, told in found.items()}


def _with_place(one: Finding, places: Mapping[tuple[str, str], str]) -> Finding:
    if not one.rule.startswith(_FAMILIES):
        return one
    place = places.get((one.target, one.root))
    return dataclasses.replace(one, message=f"{one.message} [{place}]") if place else one
