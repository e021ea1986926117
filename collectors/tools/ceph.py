"""A Ceph cluster: `ceph status`, `osd df`, `osd pool ls detail` in JSON, and saved dashboard answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from collectors.ceph_json import checks_of, cluster_of, dashboard_cluster, osd_of, pool_of
from collectors.ceph_tables import CephCheck, CephCluster, CephOsd, CephPool
from collectors.collector import reader
from collectors.fact import At, GapReason, Missing, Reading
from collectors.question import Answer, Form
from collectors.table import Row

_CEPH = ("ceph", "--connect-timeout", "10", "--format", "json")
CEPH_STATUS = Form(
    (*_CEPH, "status"),
    reads="ceph-status",
    why="Health of the Ceph cluster",
    right="root",
    timeout_seconds=40,
)
CEPH_OSDS = Form(
    (*_CEPH, "osd", "df"),
    reads="ceph-osds",
    why="State and fill of every disk of the Ceph cluster",
    right="root",
    timeout_seconds=40,
)
CEPH_POOLS = Form(
    (*_CEPH, "osd", "pool", "ls", "detail"),
    reads="ceph-pools",
    why="How many copies each pool of the Ceph cluster keeps",
    right="root",
    timeout_seconds=40,
)


def _told(answer: Answer, *row_types: type[Row]) -> Iterator[Missing]:
    """What to say where there is no JSON: the tool writes its errors to stderr, `[errno 13]` for no right."""
    complaint = answer.complaint or "ceph told nothing"
    denied = "errno 13" in complaint or "EACCES" in complaint or "keyring" in complaint
    reason: GapReason = "denied" if denied else "failed"
    for row_type in row_types:
        yield Missing(row_type, reason, complaint)


def _recognises_status(text: str) -> float:
    return 0.97 if '"osdmap"' in text and '"health"' in text and '"pgmap"' in text else 0.0


@reader("ceph-status", fills=(CephCluster, CephCheck), recognises=_recognises_status)
def read_status(answer: Answer) -> Iterator[Reading]:
    """a Ceph cluster as ceph status tells it in JSON"""
    if not answer.text.strip():
        yield from _told(answer, CephCluster, CephCheck)
        return
    told = json.loads(answer.text)
    cluster = cluster_of(told)
    yield At(cluster, "health")
    for check in checks_of(cluster.fsid, told["health"]):
        yield At(check, f"health.checks.{check.code}")


def _recognises_osds(text: str) -> float:
    return 0.97 if '"utilization"' in text and '"nodes"' in text and '"stray"' in text else 0.0


@reader("ceph-osds", fills=(CephOsd,), recognises=_recognises_osds)
def read_osds(answer: Answer) -> Iterator[Reading]:
    """disks of a Ceph cluster as ceph osd df tells them in JSON"""
    if not answer.text.strip():
        yield from _told(answer, CephOsd)
        return
    told = json.loads(answer.text)
    nodes = [*told["nodes"], *told.get("stray", ())]
    for number, one in enumerate(nodes):
        if one.get("type", "osd") == "osd":
            yield At(osd_of(one), f"nodes[{number}]")
    if not nodes:
        yield Missing(CephOsd, "empty", "no disk is listed")


def _recognises_pools(text: str) -> float:
    return 0.96 if '"pool_name"' in text and '"min_size"' in text and '"crush_rule"' in text else 0.0


@reader("ceph-pools", fills=(CephPool,), recognises=_recognises_pools)
def read_pools(answer: Answer) -> Iterator[Reading]:
    """pools of a Ceph cluster as ceph osd pool ls detail or the dashboard tells them in JSON"""
    if not answer.text.strip():
        yield from _told(answer, CephPool)
        return
    pools = json.loads(answer.text)
    for number, one in enumerate(pools):
        yield At(pool_of(one), f"[{number}]")
    if not pools:
        yield Missing(CephPool, "empty", "no pool is listed")


def _recognises_dashboard(text: str) -> float:
    if '"pg_info"' in text and '"osd_map"' in text:
        return 0.98
    return 0.96 if '"osd_stats"' in text or ('"monmap"' in text and '"quorum_age"' in text) else 0.0


@reader("ceph-dashboard", fills=(CephCluster, CephCheck, CephOsd, CephPool), recognises=_recognises_dashboard)
def read_dashboard(answer: Answer) -> Iterator[Reading]:
    """saved answers of the Ceph dashboard: health, disks, monitors"""
    told = json.loads(answer.text)
    found = list(_dashboard(told))
    yield from found
    if not found:
        yield Missing(CephCluster, "unsupported", "neither health nor disks nor monitors")


def _dashboard(told: Any) -> Iterator[Reading]:
    if isinstance(told, Sequence):
        for number, one in enumerate(told):
            if "osd_stats" in one:
                yield At(osd_of(one), f"[{number}]")
        return
    health = told.get("health_minimal", told)
    if "pg_info" in health:
        yield At(dashboard_cluster(health), "health")
        for check in checks_of("cluster", health["health"]):
            yield At(check, "health.checks")
    elif "mon_status" in told:
        yield At(_monitors(told["mon_status"]), "mon_status")
    for name in ("osds", "osd"):
        for number, one in enumerate(told.get(name) or ()):
            if isinstance(one, Mapping) and "osd_stats" in one:
                yield At(osd_of(one), f"{name}[{number}]")
    for number, one in enumerate(told.get("pools") or ()):
        if isinstance(one, Mapping) and "pool_name" in one:
            yield At(pool_of(one), f"pools[{number}]")


def _monitors(told: Mapping[str, Any]) -> CephCluster:
    monmap = told.get("monmap") or {}
    return CephCluster(
        fsid=str(monmap.get("fsid") or "cluster"),
        monitors=len(monmap["mons"]) if "mons" in monmap else None,
        monitors_in_quorum=len(told["quorum"]) if "quorum" in told else None,
    )
