"""A Ceph cluster with the checks that raise its warnings."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.joining import grouped, sources
from analyzer.site import Site, derived
from collectors.ceph_tables import CephCheck, CephCluster
from collectors.fact import Fact
from collectors.table import Row, column, table


@table("ceph_state", key=("fsid",))
class CephState(Row):
    """Health of a Ceph cluster."""

    fsid: str = column("Identity of the cluster")
    health: str | None = column("HEALTH_OK, HEALTH_WARN or HEALTH_ERR", default=None)
    checks: str = column("Checks that raise a warning, with what they say", default="")
    muted: str = column("Names of checks that somebody silenced, blank-separated", default="")
    monitors: int | None = column("Monitors of the cluster", default=None)
    monitors_in_quorum: int | None = column("Of which in quorum", default=None)
    groups: int | None = column("Placement groups", default=None)
    groups_unclean: int | None = column("Placement groups that are not active+clean", default=None)
    groups_inactive: int | None = column("Placement groups that serve no request", default=None)
    groups_inconsistent: int | None = column("Placement groups whose copies differ", default=None)
    group_states: str = column("States of groups that are not clean, with counts", default="")
    objects_degraded: int | None = column("Object copies that are missing", default=None)
    objects_unfound: int | None = column("Objects of which no copy is found", default=None)


@derived(CephState, out_of=(CephCluster, CephCheck))
def ceph_state(site: Site) -> Iterator[Fact[CephState]]:
    checks = grouped(site.facts(CephCheck), lambda row: row.fsid)
    for fact in site.facts(CephCluster):
        row = fact.row
        mine = [one for one in checks.get(row.fsid, ()) if one.target == fact.target]
        loud = [f"{one.row.code}: {one.row.said}" for one in mine if not one.row.muted]
        told = CephState(
            fsid=row.fsid,
            health=row.health,
            checks="; ".join(loud)[:600],
            muted=" ".join(one.row.code for one in mine if one.row.muted),
            monitors=row.monitors,
            monitors_in_quorum=row.monitors_in_quorum,
            groups=row.groups,
            groups_unclean=row.groups_unclean,
            groups_inactive=row.groups_inactive,
            groups_inconsistent=row.groups_inconsistent,
            group_states=row.group_states,
            objects_degraded=row.objects_degraded,
            objects_unfound=row.objects_unfound,
        )
        yield Fact(fact.target, told, sources(fact, *mine))
