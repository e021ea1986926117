"""How long requests wait at each disk of an array beside the other disks of it, from audit to audit.

Between two audits the kernel's counters tell the mean wait of all requests in that time (iostat's await).
Only peers of one array are compared: they carry the same load, so no fixed limit is needed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from statistics import median

from analyzer.derived.array_member import ArrayMember
from analyzer.joining import sources
from analyzer.site import Site, derived
from collectors.block_tables import IoCounter
from collectors.fact import Fact
from collectors.frozen import frozen
from collectors.table import Row, column, table

LEAST_HOURS = 1.0
LEAST_REQUESTS = 1000
"""An interval must be as long, and hold as many requests, for its mean to mean anything."""


@table("drive_latency", key=("array", "disk"), label=("disk_name", "model", "serial"), root=("disk",))
class DriveLatency(Row):
    """A disk of an array and how its requests wait beside those of its peers."""

    array: str = column("Identity of the array")
    array_name: str = column("Kernel name of the array")
    disk: str = column("Identity of the disk")
    disk_name: str = column("Kernel name of the disk")
    model: str | None = column("Model name", default=None)
    serial: str | None = column("Serial number", default=None)
    peers: int = column("Other disks of the array")
    days: int = column("Days on which an interval between two audits ended that could be compared")
    ratio_once: float | None = column(
        "Wait over the median wait of the peers, on the worst day", default=None
    )
    ratio_twice: float | None = column("The same on the second worst day", default=None)
    wait_milliseconds: float | None = column("Mean wait in the last interval", default=None)
    peer_wait_milliseconds: float | None = column("Median of the peers in the last interval", default=None)


Key = tuple[str, str, str]
"""Target, array, disk."""


@frozen
class Compared:
    """One interval of one disk."""

    day: date
    wait: float
    peer_wait: float

    @property
    def ratio(self) -> float:
        return self.wait / self.peer_wait


@derived(DriveLatency, out_of=(ArrayMember, IoCounter))
def work_out(site: Site) -> Iterator[Fact[DriveLatency]]:
    """One row for each disk of an array with at least two disks."""
    compared: dict[Key, list[Compared]] = defaultdict(list)
    times = [*(one for one in site.history if one.at < site.at), site]
    if len(times) > 1:
        counters = [_counters(one) for one in times]
        for index in range(1, len(times)):
            hours = (times[index].at - times[index - 1].at).total_seconds() / 3600
            if hours >= LEAST_HOURS:
                for key, one in _interval(counters[index - 1], counters[index], times[index].at.date()):
                    compared[key].append(one)
    members = _members(site)
    together = Counter([key[:2] for key in members])
    for key, fact in members.items():
        peers = together[key[:2]] - 1
        if peers:
            yield Fact(fact.target, _row(fact.row, peers, compared.get(key, ())), sources(fact))


def _members(site: Site) -> dict[Key, Fact[ArrayMember]]:
    """One member of each disk of each array."""
    found: dict[Key, Fact[ArrayMember]] = {}
    for fact in site.facts(ArrayMember):
        if fact.row.disk and fact.row.disk_name and not fact.row.virtual:
            found.setdefault((fact.target, fact.row.array, fact.row.disk), fact)
    return found


def _counters(site: Site) -> dict[Key, IoCounter]:
    told = {(fact.target, fact.row.name): fact.row for fact in site.facts(IoCounter)}
    found: dict[Key, IoCounter] = {}
    for key, fact in _members(site).items():
        counter = told.get((fact.target, fact.row.disk_name or ""))
        if counter is not None:
            found[key] = counter
    return found


def _interval(
    before: dict[Key, IoCounter], after: dict[Key, IoCounter], day: date
) -> Iterator[tuple[Key, Compared]]:
    waits = {
        key: wait
        for key, counter in after.items()
        if key in before and (wait := mean_wait(before[key], counter)) is not None
    }
    for key, wait in waits.items():
        peers = [other for one, other in waits.items() if one[:2] == key[:2] and one != key]
        if peers and median(peers) > 0:
            yield key, Compared(day, wait, median(peers))


def mean_wait(before: IoCounter, after: IoCounter) -> float | None:
    """Milliseconds a request waited between two readings; None for too few, or if the counters restarted."""
    told = [
        (getattr(before, name), getattr(after, name)) for name in ("reads", "writes", "wait_milliseconds")
    ]
    if any(one is None or other is None or other < one for one, other in told):
        return None
    reads, writes, waited = (other - one for one, other in told)
    return waited / (reads + writes) if reads + writes >= LEAST_REQUESTS else None


def _row(member: ArrayMember, peers: int, intervals: Sequence[Compared]) -> DriveLatency:
    worst: dict[date, float] = {}
    for one in intervals:
        worst[one.day] = max(one.ratio, worst.get(one.day, 0.0))
    ratios = sorted(worst.values(), reverse=True)
    return DriveLatency(
        array=member.array,
        array_name=member.array_name,
        disk=member.disk or "",
        disk_name=member.disk_name or "",
        model=member.model,
        serial=member.serial,
        peers=peers,
        days=len(ratios),
        ratio_once=ratios[0] if ratios else None,
        ratio_twice=ratios[1] if len(ratios) > 1 else None,
        wait_milliseconds=intervals[-1].wait if intervals else None,
        peer_wait_milliseconds=intervals[-1].peer_wait if intervals else None,
    )
