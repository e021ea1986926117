"""Tables about clusters of hypervisors: nodes, quorum, storages as each node sees them, replication."""

from __future__ import annotations

from datetime import datetime

from collectors.table import Row, column, table


@table("hypervisor_cluster", key=("cluster",))
class HypervisorCluster(Row):
    """A cluster of hypervisors, or the one that stands alone."""

    cluster: str = column("Its name")
    quorate: bool | None = column("Enough nodes see one another for it to act", default=None)
    nodes: int | None = column("Nodes it should have", default=None)
    nodes_online: int | None = column("Nodes that are there", default=None)


@table("hypervisor_node", key=("node",))
class HypervisorNode(Row):
    """A host of a cluster."""

    node: str = column("Its name")
    online: bool | None = column("The others see it", default=None)


@table("node_storage", key=("node", "storage"), label=("storage", "node"), root=("storage",))
class NodeStorage(Row):
    """A storage as one node of a cluster sees it."""

    node: str = column("Name of the node")
    storage: str = column("Name of the storage")
    accessible: bool | None = column("The node reaches it", default=None)
    shared: bool | None = column("It is one and the same on all nodes", default=None)
    kind: str | None = column("dir, nfs, pbs, lvmthin and so on", default=None)
    content: str | None = column("What may lie there: images, backup, iso", default=None)


@table("guest_replication", key=("job",), label=("job", "guest"), root=("guest",))
class GuestReplication(Row):
    """Copies of a guest that the hypervisor sends to another node on a schedule."""

    job: str = column("Identity of the job")
    guest: str | None = column("Identity or number of the guest", default=None)
    source: str | None = column("Node that sends", default=None)
    target: str | None = column("Node that receives", default=None)
    enabled: bool | None = column("The schedule is on", default=None)
    schedule: str | None = column("When it runs, as written", default=None)
    last_sync_at: datetime | None = column("Start of the last copy that ended well", default=None)
    last_try_at: datetime | None = column("Start of the last attempt", default=None)
    failures: int | None = column("Attempts that failed since the last good one", default=None)
    error: str | None = column("What the last one said", default=None)
