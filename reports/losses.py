"""What would be lost: what is gone, what the next fault takes, and what rests on one disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from analyzer.derived.array import Array
from analyzer.derived.blast_radius import BlastRadius
from analyzer.derived.disk import Disk
from analyzer.engine import Judgement
from collectors.fact import Fact
from reports.tables import rows
from reports.text import listed, many, one_line, size

STANDINGS = {
    "gone": ("critical", "Lost"),
    "next": ("critical", "One fault from loss"),
    "failing": ("high", "On a failing disk"),
    "weak": ("high", "Redundancy about to go"),
    "alone": ("medium", "One disk from loss"),
    "virtual": ("unknown", "On virtual disks"),
}
"""Nearest first: which shape is drawn and what is said."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Mounts that one thing takes with it. *standing*: a key of STANDINGS; *because*: one sentence."""

    standing: str
    what: str
    size: str
    because: str
    host: str
    mounts: tuple[str, ...]
    used_bytes: int

    @property
    def shape(self) -> str:
        return STANDINGS[self.standing][0]

    @property
    def word(self) -> str:
        return STANDINGS[self.standing][1]


def losses(judgement: Judgement) -> tuple[Loss, ...]:
    """The losses of a judgement, nearest first, then the largest."""
    radii = rows(judgement, BlastRadius)
    arrays = {(f.target, f"array:{f.row.array}"): f.row for f in rows(judgement, Array)}
    disks = {(f.target, f"disk:{f.row.disk}"): f.row for f in rows(judgement, Disk)}
    found = [*_of_arrays(radii, arrays, disks), *_of_disks(radii, disks)]
    order = list(STANDINGS)
    found.sort(key=lambda one: (order.index(one.standing), -one.used_bytes, one.host, one.what))
    told: dict[tuple[str, tuple[str, ...]], Loss] = {}
    for one in found:
        told.setdefault((one.host, one.mounts), one)
    return tuple(told.values())


def nearest(found: Sequence[Loss]) -> tuple[Loss, ...]:
    """The losses for a first screen: what merely rests on single disks is told in one line."""
    told = [one for one in found if one.standing not in ("alone", "virtual")]
    for standing, because in (
        ("alone", "each rests on one disk."),
        ("virtual", "what stands behind the virtual disks was not examined here."),
    ):
        alike = [one for one in found if one.standing == standing]
        told.extend(alike if len(alike) == 1 else _together(standing, because, alike))
    return tuple(told)


def _together(standing: str, because: str, alike: Sequence[Loss]) -> Iterator[Loss]:
    if alike:
        used = sum(one.used_bytes for one in alike)
        places = [f"{one.what} on {one.host}" for one in alike]
        yield Loss(standing, listed(places, 4), f"{size(used)} used" if used else "", because, "", (), used)


def _of_arrays(
    radii: Iterable[Fact[BlastRadius]],
    arrays: dict[tuple[str, str], Array],
    disks: dict[tuple[str, str], Disk],
) -> Iterator[Loss]:
    sick = [f for f in radii if (d := disks.get((f.target, f.row.node))) is not None and d.sick]
    for fact in radii:
        row, array = fact.row, arrays.get((fact.target, fact.row.node))
        if array is None:
            continue
        mounts = _places(row.depends)
        failing = [
            f
            for f in sick
            if f.target == fact.target and set(mounts) & set(_places(f.row.depends)) and mounts
        ]
        named = listed([one_line(f.row.label, 60) for f in failing], 2)
        if array.state == "failed":
            yield _loss(
                "gone", fact, mounts, f"{_named(array)} has failed: more members are gone than it can spare."
            )
        elif (array.redundancy or 0) > 0 and array.redundancy_left == 0:
            also = f" {named} is failing." if failing else ""
            yield _loss("next", fact, mounts, f"{_named(array)} has no redundancy left.{also}")
        elif failing and (array.redundancy_left or 0) > 0:
            left = many(array.redundancy_left or 0, "more failure")
            yield _loss("weak", fact, mounts, f"{named} is failing; {_named(array)} survives {left}.")


def _of_disks(radii: Iterable[Fact[BlastRadius]], disks: dict[tuple[str, str], Disk]) -> Iterator[Loss]:
    for fact in radii:
        row, disk = fact.row, disks.get((fact.target, fact.row.node))
        mounts = _places(row.lost)
        if disk is None or not mounts:
            continue
        if disk.sick:
            yield _loss(
                "failing",
                fact,
                mounts,
                f"{one_line(row.label, 80)}: {one_line(disk.sick, 120)}; nothing else holds it.",
            )
        elif row.virtual:
            yield _loss("virtual", fact, mounts, "what stands behind the virtual disk was not examined here.")
        elif not row.in_array:
            yield _loss("alone", fact, mounts, f"rests on {one_line(row.label, 80)} alone.")


def _loss(standing: str, fact: Fact[BlastRadius], mounts: tuple[str, ...], because: str) -> Loss:
    row = fact.row
    used = row.lost_bytes or row.depends_bytes
    return Loss(
        standing=standing,
        what=listed([one_line(m, 60) for m in mounts], 4) or one_line(row.label, 80),
        size=f"{size(used)} used" if used else "",
        because=because,
        host=one_line(fact.target, 60),
        mounts=mounts,
        used_bytes=used,
    )


def _places(joined: str) -> tuple[str, ...]:
    return tuple(joined.split("\n")) if joined else ()


def _named(array: Array) -> str:
    told = f"{array.in_sync} of {array.slots} members" if array.slots is not None else array.state
    return one_line(f"{array.name} ({array.level or 'level not told'}, {told})", 100)
