"""JSON of Ceph: its command line and its dashboard tell the same in shapes that differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from collectors.ceph_tables import CephCheck, CephCluster, CephOsd, CephPool

_POOL_KINDS = {1: "replicated", 3: "erasure"}
_INACTIVE = ("down", "incomplete", "stale", "peering", "unknown", "creating", "inactive")


def cluster_of(told: Mapping[str, Any]) -> CephCluster:
    """From `ceph status` (since Luminous). Raises KeyError where it tells no health."""
    osds = told.get("osdmap") or {}
    osds = osds.get("osdmap", osds)  # one level deeper before Octopus
    groups = told.get("pgmap") or {}
    states = {str(one["state_name"]): int(one["count"]) for one in groups.get("pgs_by_state") or ()}
    monitors = told.get("monmap") or {}
    quorum = told.get("quorum")
    return CephCluster(
        fsid=str(told.get("fsid") or "cluster"),
        health=told["health"].get("status") or told["health"].get("overall_status"),
        monitors=monitors.get("num_mons", len(monitors["mons"]) if "mons" in monitors else None),
        monitors_in_quorum=len(quorum) if isinstance(quorum, list) else None,
        osds=osds.get("num_osds"),
        osds_up=osds.get("num_up_osds"),
        osds_in=osds.get("num_in_osds"),
        objects_degraded=groups.get("degraded_objects", 0 if states else None),
        objects_unfound=groups.get("unfound_objects", 0 if states else None),
        used_bytes=groups.get("bytes_used"),
        size_bytes=groups.get("bytes_total"),
        **groups_of(states),
    )


def dashboard_cluster(told: Mapping[str, Any]) -> CephCluster:
    """From the dashboard's /api/health/minimal."""
    osds = (told.get("osd_map") or {}).get("osds")
    groups = told.get("pg_info") or {}
    stats = groups.get("object_stats") or {}
    space = (told.get("df") or {}).get("stats") or {}
    monitors = told.get("mon_status") or {}
    mons = (monitors.get("monmap") or {}).get("mons")
    return CephCluster(
        fsid="cluster",
        health=told["health"].get("status"),
        monitors=len(mons) if mons is not None else None,
        monitors_in_quorum=len(monitors["quorum"]) if "quorum" in monitors else None,
        osds=len(osds) if osds is not None else None,
        osds_up=sum(1 for one in osds if one.get("up")) if osds is not None else None,
        osds_in=sum(1 for one in osds if one.get("in")) if osds is not None else None,
        objects_degraded=stats.get("num_objects_degraded"),
        objects_unfound=stats.get("num_objects_unfound"),
        used_bytes=space.get("total_used_raw_bytes"),
        size_bytes=space.get("total_bytes"),
        **groups_of({str(name): int(count) for name, count in (groups.get("statuses") or {}).items()}),
    )


def groups_of(states: Mapping[str, int]) -> dict[str, Any]:
    """Columns about placement groups, from how many are in each state (`active+undersized+degraded`)."""
    if not states:
        return {}
    # a scrub in passing is part of a clean group's life
    unclean = {name: n for name, n in states.items() if not {"active", "clean"} <= set(name.split("+"))}
    inactive = sum(
        n for name, n in states.items() if "active" not in name.split("+") or _any(name, _INACTIVE)
    )
    return {
        "groups": sum(states.values()),
        "groups_unclean": sum(unclean.values()),
        "groups_inactive": inactive,
        "groups_inconsistent": sum(n for name, n in states.items() if "inconsistent" in name),
        "group_states": ", ".join(f"{n} {name}" for name, n in sorted(unclean.items())),
    }


def _any(name: str, words: Iterable[str]) -> bool:
    return bool(set(name.split("+")) & set(words))


def checks_of(fsid: str, health: Mapping[str, Any]) -> Iterator[CephCheck]:
    """Checks by name, or in a list with the name in `type`."""
    checks = health.get("checks") or {}
    named = (
        checks.items() if isinstance(checks, Mapping) else [(one.get("type") or "?", one) for one in checks]
    )
    for code, one in sorted(named, key=lambda pair: str(pair[0])):
        yield CephCheck(
            fsid=fsid,
            code=str(code),
            severity=one.get("severity"),
            said=str((one.get("summary") or {}).get("message") or "")[:300],
            muted=one.get("muted"),
        )


def osd_of(one: Mapping[str, Any]) -> CephOsd:
    """From `ceph osd df` or the dashboard's /api/osd."""
    number = int(one["id"] if "id" in one else one["osd"])
    stats = one.get("osd_stats") or one
    size, used = stats.get("kb"), stats.get("kb_used")
    percent = one.get("utilization")
    if percent is None and size and used is not None:
        percent = 100.0 * used / size
    weight = one.get("reweight")
    status = one.get("status")
    host = one.get("host")
    return CephOsd(
        osd=number,
        name=str(one.get("name") or f"osd.{number}"),
        host=host.get("name") if isinstance(host, Mapping) else None,
        up=status == "up" if status in ("up", "down") else _flag(one.get("up")),
        holds_data=_flag(one["in"]) if "in" in one else weight > 0 if weight is not None else None,
        used_percent=float(percent) if percent is not None else None,
        size_bytes=int(size) * 1024 if size else None,
    )


def _flag(value: Any) -> bool | None:
    return bool(value) if value in (0, 1, True, False) else None


def pool_of(one: Mapping[str, Any]) -> CephPool:
    """From `ceph osd pool ls detail` or the dashboard's /api/pool."""
    kind = one.get("type")
    stats = one.get("stats") or {}
    percent = stats.get("percent_used")
    share = percent.get("latest") if isinstance(percent, Mapping) else percent
    return CephPool(
        pool=str(one["pool_name"]),
        kind=kind if isinstance(kind, str) else _POOL_KINDS.get(kind or 0),
        copies=one.get("size"),
        copies_to_write=one.get("min_size"),
        used_percent=float(share) * 100 if isinstance(share, int | float) else None,
    )
