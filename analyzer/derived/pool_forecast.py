"""When ZFS pools and pools of LVM will be full: more rows of `fill_forecast`."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.derived.fill_forecast import FillForecast, Place, forecast
from analyzer.forecast import Point
from analyzer.site import Site, joined_into
from collectors.fact import Fact
from collectors.lvm_tables import LvmVolume
from collectors.zfs_tables import ZpoolProperties

_DAY = 86_400.0
_POOLS = {"thin-pool": "thin pool", "vdo-pool": "VDO pool"}
_Fill = tuple[Place, float]


@joined_into(FillForecast, out_of=(ZpoolProperties, LvmVolume))
def pools(site: Site) -> Iterator[Fact[FillForecast]]:
    """The pools of now; those of earlier audits give the points."""
    seen: dict[tuple[str, str], list[Point]] = {}
    for one in (*site.history, site):
        day = one.at.timestamp() / _DAY
        for fact, (place, used) in _filled(one):
            points = seen.setdefault((fact.target, place.name), [])
            if not points or points[-1][0] != day:
                points.append((day, used))
    for fact, (place, _) in _filled(site):
        yield Fact(fact.target, forecast(place, seen[fact.target, place.name]), fact.sources)


def _filled(site: Site) -> Iterator[tuple[Fact[ZpoolProperties] | Fact[LvmVolume], _Fill]]:
    """Each pool once, with the bytes that are used of it."""
    known: set[tuple[str, str]] = set()
    for fact in site.facts(ZpoolProperties):
        told = _of_zfs(fact.row)
        if told and (fact.target, told[0].name) not in known:
            known.add((fact.target, told[0].name))
            yield fact, told
    for volume in site.facts(LvmVolume):
        held = _of_lvm(volume.row)
        if held and (volume.target, held[0].name) not in known:
            known.add((volume.target, held[0].name))
            yield volume, held


def _of_zfs(row: ZpoolProperties) -> _Fill | None:
    if row.allocated_bytes is None or row.read_only:
        return None
    place = Place(f"pool {row.pool}", f"zfs:{row.pool}", row.size_bytes, row.free_bytes)
    return place, float(row.allocated_bytes)


def _of_lvm(row: LvmVolume) -> _Fill | None:
    """What a pool that grows by itself gains in size is room like any other."""
    if row.segment_type not in _POOLS or row.hidden or row.size_bytes is None or row.data_percent is None:
        return None
    used = row.size_bytes * row.data_percent / 100
    place = Place(
        f"{_POOLS[row.segment_type]} {row.name}", row.name, row.size_bytes, int(row.size_bytes - used)
    )
    return place, used
