"""Clocks that run ahead of ours: what they stamp looks newer than it is."""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.copy_series import FUTURE_SECONDS, Series
from analyzer.derived.asset import System
from analyzer.derived.repository import Repository
from analyzer.site import Site
from collectors.block_tables import Host


def clocks_ahead(site: Site) -> dict[str, float]:
    """Target → seconds by which its clock is ahead, if by more than is passed over."""
    return {
        fact.target: fact.row.clock_skew_seconds
        for fact in site.facts(Host)
        if fact.row.clock_skew_seconds is not None and fact.row.clock_skew_seconds > FUTURE_SECONDS
    }


def ahead_of(clocks: Mapping[str, float], series: Series, system: System, store: Repository | None) -> float:
    """Seconds by which the clock that stamped the copies may be ahead.

    Products stamp on the client, on their server or where the copies lie: the furthest of these counts, for
    a copy must not be taken for newer than it is.
    """
    if not clocks:
        return 0.0
    lies = [line.partition("\t")[0] for line in store.nodes.split("\n")] if store is not None else []
    told = series.newest or series.failing
    machines = (system.target, system.hypervisor, store and store.host, told and told.target, *lies)
    return max(clocks.get(one, 0.0) for one in machines if one) if any(machines) else 0.0
