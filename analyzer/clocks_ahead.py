"""Clocks that run ahead of ours: what they stamp looks newer than it is."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.copy_series import FUTURE_SECONDS, Series
from analyzer.derived.asset import System
from analyzer.derived.repository import Repository
from analyzer.fate import fates_of
from analyzer.site import Site
from collectors.block_tables import Host


def clocks_ahead(site: Site) -> dict[str, float]:
    """Target → seconds by which its clock is ahead, if by more than is passed over."""
    return {
        fact.target: fact.row.clock_skew_seconds
        for fact in site.facts(Host)
        if fact.row.clock_skew_seconds is not None and fact.row.clock_skew_seconds > FUTURE_SECONDS
    }


def ahead_of(site: Site, series: Series, system: System, store: Repository | None) -> float:
    """Seconds by which the clock that stamped the copies may be ahead.

    Products stamp on the client, on their server or where the copies lie, be it behind a mount: the furthest
    of these counts, for a copy must not be taken for newer than it is.
    """
    clocks = site.once(clocks_ahead)
    if not clocks:
        return 0.0
    told = series.newest or series.failing
    machines = [system.target, system.hypervisor, told and told.target]
    if store is not None:
        machines += [store.host, *_lies_on(site, store)]
    return max((clocks.get(one, 0.0) for one in machines if one), default=0.0)


def _lies_on(site: Site, store: Repository) -> Iterator[str]:
    """The targets of its nodes, and those whose exports are mounted there."""
    for line in store.nodes.split("\n"):
        target, _, node = line.partition("\t")
        yield target
        for server, _ in site.once(fates_of).folders(target, node, None):
            yield server
