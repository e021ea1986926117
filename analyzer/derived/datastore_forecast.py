"""When datastores of hypervisors will be full: more rows of `fill_forecast`."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.derived.filesystem import Filesystem
from analyzer.derived.fill_forecast import FillForecast, Place, forecast
from analyzer.forecast import Point
from analyzer.guest_places import Places
from analyzer.site import Site, joined_into
from collectors.fact import Fact
from collectors.hypervisor_tables import Datastore

_DAY = 86_400.0


@joined_into(FillForecast, out_of=(Datastore, Filesystem))
def datastores(site: Site) -> Iterator[Fact[FillForecast]]:
    """The datastores of now that are no file system of their own host; earlier audits give the points."""
    if not site.facts(Datastore):
        return
    seen: dict[tuple[str, str], list[Point]] = {}
    for one in (*site.history, site):
        day = one.at.timestamp() / _DAY
        for fact in one.facts(Datastore):
            used = _used(fact.row)
            points = seen.setdefault((fact.target, fact.row.datastore), [])
            if used is not None and (not points or points[-1][0] != day):
                points.append((day, used))
    places, told = Places(site), set[tuple[str, str]]()
    for fact in site.facts(Datastore):
        key = (fact.target, fact.row.datastore)
        if key in told or _used(fact.row) is None or places.of_store(fact).mountpoint is not None:
            continue
        told.add(key)
        place = Place(
            f"datastore {fact.row.name}", fact.row.datastore, fact.row.size_bytes, fact.row.free_bytes
        )
        yield Fact(fact.target, forecast(place, seen[key]), fact.sources)


def _used(row: Datastore) -> float | None:
    if row.size_bytes is None or row.free_bytes is None or row.accessible is False:
        return None
    return float(row.size_bytes - row.free_bytes)
