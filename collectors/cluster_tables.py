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


@table("storage_setting", key=("storage",))
class StorageSetting(Row):
    """A storage as the cluster's configuration defines it."""

    storage: str = column("Its name")
    kind: str | None = column("dir, nfs, pbs, lvmthin and so on", default=None)
    content: str | None = column("What may lie there: images, backup, iso", default=None)
    enabled: bool | None = column("It is switched on", default=None)
    shared: bool | None = column("It is one and the same on all nodes", default=None)
    nodes: str | None = column("Nodes it is limited to, comma-separated; None: all", default=None)
    keep: str | None = column("How many backups are kept there, as written; None: not set", default=None)
    volume_chain: bool | None = column("Snapshots become chains of volumes there", default=None)
    place: str | None = column("Folder, volume group, pool or export that it lies on", default=None)


@table("storage_volume", key=("node", "volume"), label=("volume",), root=("volume",))
class StorageVolume(Row):
    """An image on a storage of the hypervisor."""

    volume: str = column("Volume: STORAGE:NAME")
    storage: str = column("Storage it lies on")
    node: str = column("Node that lists it; empty: shared by all", default="")
    guest_number: str | None = column("Number of the guest that its name tells", default=None)
    size_bytes: int | None = column("Its size", default=None)
    used_bytes: int | None = column("Space it takes", default=None)
    parent: str | None = column("Image that it is a clone of", default=None)
