"""Drives that were made or put in service together: they fail together more often than others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

from analyzer.site import Site, derived
from collectors.drive_tables import Drive
from collectors.fact import Fact
from collectors.table import Row, column, table

SERIAL_DISTANCE = 1000
HOURS_DISTANCE = 48
WWN_DISTANCE = 0x1000
"""How far apart two drives of one model and firmware may be and still count as one batch."""


@table("drive_batch", key=("drive",), label=("device", "model", "serial"), root=("batch",))
class DriveBatch(Row):
    """A drive that has others of its batch on the same target."""

    drive: str = column("Identity of the drive")
    batch: str = column("Name of the batch: identity of its first drive")
    device: str = column("Name it was read by")
    model: str | None = column("Model name", default=None)
    firmware_version: str | None = column("Firmware revision", default=None)
    serial: str | None = column("Serial number", default=None)
    power_on_hours: int | None = column("Hours powered on", default=None)
    size: int = column("Drives of the batch on this target")
    devices: str = column("Their device names, comma-separated, sorted")
    reason: str = column("What ties them: serial numbers, hours, world wide names, comma-separated")


@derived(DriveBatch, out_of=(Drive,))
def work_out(site: Site) -> Iterator[Fact[DriveBatch]]:
    """Same model and firmware, and adjacent serial numbers, world wide names or hours of operation."""
    groups: dict[tuple[str, str, str | None], dict[str, Fact[Drive]]] = defaultdict(dict)
    for fact in site.facts(Drive):
        if fact.row.model and not fact.row.virtual and not fact.row.raid_volume:
            groups[(fact.target, fact.row.model, fact.row.firmware_version)].setdefault(fact.row.drive, fact)
    for group in groups.values():
        if len(group) > 1:
            yield from _batches(sorted(group.values(), key=lambda fact: fact.row.drive))


def _batches(drives: Sequence[Fact[Drive]]) -> Iterator[Fact[DriveBatch]]:
    batch_of = list(range(len(drives)))
    reasons: dict[int, set[str]] = defaultdict(set)
    pairs = [(a, b, tie(drives[a].row, drives[b].row)) for a, b in combinations(range(len(drives)), 2)]
    ties = [pair for pair in pairs if pair[2]]
    if not ties:
        return
    for a, b, _ in ties:
        old, new = batch_of[b], batch_of[a]
        batch_of = [new if one == old else one for one in batch_of]
    for a, _, why in ties:
        reasons[batch_of[a]].update(why)
    for batch in sorted(set(batch_of)):
        members = [drives[index] for index, one in enumerate(batch_of) if one == batch]
        if len(members) > 1:
            reason = ", ".join(sorted(reasons[batch]))
            yield from (Fact(one.target, _row(one.row, members, reason), one.sources) for one in members)


def _row(drive: Drive, members: Sequence[Fact[Drive]], reason: str) -> DriveBatch:
    return DriveBatch(
        drive=drive.drive,
        batch=members[0].row.drive,
        device=drive.device,
        model=drive.model,
        firmware_version=drive.firmware_version,
        serial=drive.serial,
        power_on_hours=drive.power_on_hours,
        size=len(members),
        devices=", ".join(sorted(one.row.device for one in members)),
        reason=reason,
    )


def tie(one: Drive, other: Drive) -> frozenset[str]:
    """What ties two drives of one model and firmware; empty: nothing."""
    why = set()
    if (
        one.serial
        and other.serial
        and (serial_distance(one.serial, other.serial) or 0) in _near(SERIAL_DISTANCE)
    ):
        why.add("serial numbers")
    hours = one.power_on_hours, other.power_on_hours
    if hours[0] is not None and hours[1] is not None and abs(hours[0] - hours[1]) <= HOURS_DISTANCE:
        why.add("hours")
    if one.wwn and other.wwn and (_wwn_distance(one.wwn, other.wwn) or 0) in _near(WWN_DISTANCE):
        why.add("world wide names")
    return frozenset(why)


def _near(distance: int) -> range:
    return range(1, distance + 1)


def serial_distance(one: str, other: str) -> int | None:
    """How far apart two serial numbers are; None where they do not belong to one row.

    Counted in the part after their common beginning, of four characters at most: as decimals, or in base 36
    where letters count too.
    """
    if one == other:
        return 0
    if len(one) != len(other) or one[:-4] != other[:-4]:
        return None
    ours, theirs = one[-4:], other[-4:]
    while ours[0] == theirs[0]:
        ours, theirs = ours[1:], theirs[1:]
    both = ours + theirs
    if not both.isascii() or not both.isalnum():
        return None
    base = 10 if both.isdigit() else 36
    return abs(int(ours, base) - int(theirs, base))


def _wwn_distance(one: str, other: str) -> int | None:
    try:
        return abs(int(one, 16) - int(other, 16))
    except ValueError:
        return None
