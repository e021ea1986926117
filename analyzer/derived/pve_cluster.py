"""Clusters of hypervisors: shared storages that not every node reaches, and copies between nodes."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.calendar_event import interval_hours
from analyzer.joining import sources
from analyzer.site import Site, derived
from collectors.cluster_tables import GuestReplication, HypervisorNode, NodeStorage
from collectors.fact import Fact
from collectors.hypervisor_tables import Guest
from collectors.table import Row, column, table


@table("shared_storage", key=("storage",))
class SharedStorage(Row):
    """A storage that is one and the same for several nodes."""

    storage: str = column("Its name")
    nodes: int = column("Nodes that are there and should reach it")
    without: str = column("Those that do not, newline-separated", default="")
    untold: int = column("Those of which it was not told", default=0)


@table("replication_state", key=("job",), label=("job", "guest"), root=("guest",))
class ReplicationState(Row):
    """Copies of a guest to another node."""

    job: str = column("Identity of the job")
    guest: str | None = column("The guest", default=None)
    target_node: str | None = column("Node that receives", default=None)
    enabled: bool | None = column("The schedule is on", default=None)
    failures: int | None = column("Attempts that failed since the last good one", default=None)
    error: str | None = column("What the last one said", default=None)
    lag_hours: float | None = column("Age of the last good copy; None: none or not told", default=None)
    never: bool = column("It was tried, and never ended well", default=False)
    interval_hours: float | None = column("How often it runs; None: cannot be told", default=None)
    target_online: bool | None = column("The node that receives is there", default=None)
    guest_node: str | None = column("Node the guest is on", default=None)


@derived(SharedStorage, out_of=(NodeStorage, HypervisorNode))
def shared_storage(site: Site) -> Iterator[Fact[SharedStorage]]:
    off = {(f.target, f.row.node) for f in site.facts(HypervisorNode) if f.row.online is False}
    found: dict[tuple[str, str], list[Fact[NodeStorage]]] = {}
    for fact in site.facts(NodeStorage):
        if fact.row.shared and (fact.target, fact.row.node) not in off:
            found.setdefault((fact.target, fact.row.storage), []).append(fact)
    for (target, storage), facts in found.items():
        row = SharedStorage(
            storage=storage,
            nodes=len(facts),
            without="\n".join(sorted(fact.row.node for fact in facts if fact.row.accessible is False)),
            untold=sum(fact.row.accessible is None for fact in facts),
        )
        yield Fact(target, row, sources(*facts))


@derived(ReplicationState, out_of=(GuestReplication, HypervisorNode, Guest))
def replication_state(site: Site) -> Iterator[Fact[ReplicationState]]:
    nodes = {(f.target, f.row.node): f.row.online for f in site.facts(HypervisorNode)}
    hosts = {(f.target, f.row.guest): f.row.host for f in site.facts(Guest)}
    for fact in site.facts(GuestReplication):
        one = fact.row
        row = ReplicationState(
            job=one.job,
            guest=one.guest,
            target_node=one.target,
            enabled=one.enabled,
            failures=one.failures,
            error=one.error,
            lag_hours=(site.at - one.last_sync_at).total_seconds() / 3600 if one.last_sync_at else None,
            never=one.last_sync_at is None and one.last_try_at is not None,
            interval_hours=interval_hours(one.schedule),
            target_online=nodes.get((fact.target, one.target or "")),
            guest_node=hosts.get((fact.target, one.guest or "")),
        )
        yield Fact(fact.target, row, sources(fact))
