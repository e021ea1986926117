"""Whether the snapshots of a pool are replicated, by what replication leaves behind and by other targets.

The names, holds and bookmarks of replicating tools show that a replication ran; a snapshot with the same GUID
on another target of the site proves that it arrived. A plain `zfs send` leaves no trace on the sending side.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from analyzer.joining import sources
from analyzer.replicas import snapshot_guids
from analyzer.site import Site, derived
from collectors.fact import Fact
from collectors.table import Row, column, table
from collectors.zfs_tables import ZfsBookmarkSet, ZfsDataset, ZfsHold, ZfsSnapshotSet
from collectors.zfs_words import REPLICATING

_HOLDS = re.compile(r"zrepl|syncoid|replica|znapzend|\.send-|sanoid", re.IGNORECASE)


@table("zfs_replication", key=("pool",))
class ZfsReplication(Row):
    """The snapshots of one pool and what shows that copies of them lie elsewhere."""

    pool: str = column("Pool")
    datasets: int = column("Datasets with snapshots")
    automatic: int = column("Of these, datasets whose snapshots a tool makes")
    replicated: int | None = column("Datasets with a trace of replication; None if not told", default=None)
    unreplicated_text: str = column("Some of the others, comma-separated", default="")
    evidence: str = column("What shows the newest replication", default="")
    newest_days: float | None = column(
        "Days since the newest trace, of the dataset where that is longest ago", default=None
    )
    stalest: str = column("That dataset", default="")
    interrupted: str = column("Datasets that hold an interrupted receive, comma-separated", default="")


@dataclass(slots=True)
class _Trace:
    """Of one dataset: the newest trace, and what it is."""

    at: datetime | None = None
    what: str = ""
    automatic: bool = False
    facts: list[Fact[ZfsSnapshotSet]] = field(default_factory=list)

    def see(self, at: datetime | None, what: str) -> None:
        if self.at is None or (at is not None and at > self.at):
            self.at, self.what = at or self.at, what


@derived(ZfsReplication, out_of=(ZfsSnapshotSet, ZfsBookmarkSet))
def zfs_replication(site: Site) -> Iterator[Fact[ZfsReplication]]:
    traces = _traces(site)
    blind = {gap.target for gap in site.gaps if gap.table in (ZfsSnapshotSet, ZfsBookmarkSet)}
    stuck: dict[tuple[str, str], list[str]] = {}
    for fact in site.facts(ZfsDataset):
        if fact.row.receive_interrupted:
            stuck.setdefault((fact.target, fact.row.pool), []).append(fact.row.dataset)
    pools: dict[tuple[str, str], dict[str, _Trace]] = {}
    for (target, dataset), trace in traces.items():
        pools.setdefault((target, dataset.partition("/")[0]), {})[dataset] = trace
    for (target, pool), mine in sorted(pools.items()):
        row = _row(site, pool, mine, target in blind, stuck.get((target, pool), []))
        yield Fact(target, row, sources(*(f for trace in mine.values() for f in trace.facts)))


def _traces(site: Site) -> dict[tuple[str, str], _Trace]:
    found: dict[tuple[str, str], _Trace] = {}
    where = _elsewhere(site)
    for fact in site.facts(ZfsSnapshotSet):
        row = fact.row
        trace = found.setdefault((fact.target, row.dataset), _Trace())
        trace.facts.append(fact)
        trace.automatic |= row.family != "other"
        if row.family in REPLICATING and row.family != "zrepl":
            trace.see(row.newest_at, f"{row.family} snapshot {row.newest}")
        for guid, at in snapshot_guids(row):
            others = where[guid] - {fact.target}
            if others:
                trace.see(at, f"the same snapshot on {min(others)}")
    for mark in site.facts(ZfsBookmarkSet):
        known = found.get((mark.target, mark.row.dataset))
        if known and mark.row.family in ("zrepl", "syncoid"):
            known.see(mark.row.newest_at, f"{mark.row.family} bookmark {mark.row.newest}")
    for hold in site.facts(ZfsHold):
        known = found.get((hold.target, hold.row.snapshot.partition("@")[0]))
        if known and _HOLDS.search(hold.row.tag):
            known.see(hold.row.held_at, f"hold {hold.row.tag}")
    return found


def _elsewhere(site: Site) -> dict[str, set[str]]:
    """The targets that have a snapshot of each GUID."""
    found: dict[str, set[str]] = {}
    for fact in site.facts(ZfsSnapshotSet):
        for guid, _ in snapshot_guids(fact.row):
            found.setdefault(guid, set()).add(fact.target)
    return found


def _row(site: Site, pool: str, mine: dict[str, _Trace], blind: bool, stuck: list[str]) -> ZfsReplication:
    traced = {name: trace for name, trace in mine.items() if trace.what}
    others = sorted(name for name, trace in mine.items() if not trace.what and trace.automatic)
    timed = {name: trace for name, trace in traced.items() if trace.at is not None}
    stalest = min(timed, key=lambda name: (timed[name].at or site.at, name), default="")
    at = timed[stalest].at if stalest else None
    return ZfsReplication(
        pool=pool,
        datasets=len(mine),
        automatic=sum(trace.automatic for trace in mine.values()),
        replicated=None if blind and not traced else len(traced),
        unreplicated_text=", ".join(others[:6]) + (f" and {len(others) - 6} more" if len(others) > 6 else ""),
        evidence=timed[stalest].what if stalest else "",
        newest_days=max(0.0, (site.at - at).total_seconds() / 86_400) if at else None,
        stalest=stalest,
        interrupted=", ".join(sorted(stuck)[:6]),
    )
