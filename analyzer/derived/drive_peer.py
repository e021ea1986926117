"""Each error counter of a drive beside those of the other drives of its model and firmware in the site."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from analyzer.derived.drive_counter import DriveCounter
from analyzer.derived.drive_history import WATCHED
from analyzer.site import Site, derived
from collectors.drive_tables import Drive
from collectors.fact import Fact
from collectors.table import Row, column, table

PERCENTILE = 0.95


@table("drive_peer", key=("drive", "counter"), label=("device", "model", "serial", "counter"))
class DrivePeer(Row):
    """A counter of a drive and how its peers stand. Only where the drive has peers."""

    drive: str = column("Identity of the drive")
    device: str = column("Name it was read by")
    model: str | None = column("Model name", default=None)
    serial: str | None = column("Serial number", default=None)
    counter: str = column("reallocated, pending and so on, as in drive_counter")
    count: int | None = column("Events counted", default=None)
    peers: int = column("Other drives of this model and firmware in the site, with this counter")
    peers_high: float | None = column("The 95th percentile of their counts", default=None)


@derived(DrivePeer, out_of=(DriveCounter, Drive))
def work_out(site: Site) -> Iterator[Fact[DrivePeer]]:
    """Drives are peers over all targets of the site."""
    firmware = {(f.target, f.row.drive): f.row.firmware_version for f in site.facts(Drive)}
    groups: dict[tuple[str, str | None, str], list[Fact[DriveCounter]]] = defaultdict(list)
    for fact in site.facts(DriveCounter):
        if fact.row.counter in WATCHED and fact.row.model is not None:
            version = firmware.get((fact.target, fact.row.drive))
            groups[(fact.row.model, version, fact.row.counter)].append(fact)
    for group in groups.values():
        if len(group) > 1:
            yield from _beside_peers(group)


def _beside_peers(group: Sequence[Fact[DriveCounter]]) -> Iterator[Fact[DrivePeer]]:
    counts = [fact.row.count for fact in group]
    told = sorted([count for count in counts if count is not None])
    stands: dict[int | None, tuple[int, float | None]] = {}
    for count in set(counts):
        others = list(told)
        if count is not None:
            others.remove(count)
        stands[count] = len(others), percentile(others, PERCENTILE)
    for fact in group:
        row = fact.row
        peers, high = stands[row.count]
        peer = DrivePeer(
            drive=row.drive,
            device=row.device,
            model=row.model,
            serial=row.serial,
            counter=row.counter,
            count=row.count,
            peers=peers,
            peers_high=high,
        )
        yield Fact(fact.target, peer, fact.sources)


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """Linear between the two nearest values; None of nothing."""
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
