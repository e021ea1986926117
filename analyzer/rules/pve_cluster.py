"""Rules on clusters of hypervisors: quorum, nodes, shared storages."""

from __future__ import annotations

from analyzer.derived.pve_cluster import SharedStorage
from analyzer.rule import rule
from analyzer.verdict import OK, Fail, Unknown, Verdict
from analyzer.wording import listed, many
from collectors.cluster_tables import HypervisorCluster, HypervisorNode


@rule("backup/quorum-lost", on=HypervisorCluster, severity="critical", controls=("C6",))
def quorum_lost(row: HypervisorCluster) -> Verdict:
    """The cluster has lost its quorum.

    Why it matters
        Its configuration is read-only: no guest starts, no snapshot is made or removed, no backup job runs.

    What to do
        Bring back nodes or the network between them until a majority is there.

    What not to do
        Do not lower the expected votes while the other part may still be running: both would write to the
        same disks.

    References
        Proxmox VE: pvecm(1); corosync, votequorum(5).
    """
    if row.quorate is None:
        return Unknown(f"{row.cluster}: whether it has its quorum was not told")
    if row.quorate:
        return OK
    there = (
        f": {row.nodes_online} of {row.nodes} nodes are there"
        if None not in (row.nodes_online, row.nodes)
        else ""
    )
    return Fail(f"cluster {row.cluster} has no quorum{there}", None, "quorate")


@rule("blind-spot/node-offline", on=HypervisorNode, severity="high", controls=("C14",))
def node_offline(row: HypervisorNode) -> Verdict:
    """A node of the cluster is not there.

    Why it matters
        Its guests do not run or cannot be seen, their backups do not run, and another node that fails may
        cost the cluster its quorum.

    What to do
        Find out whether it is off, broken or cut off. See which guests are on it, and whether their backups
        can be restored elsewhere.

    What not to do
        Do not remove it from the cluster, and do not move its guests' configuration, while it may still run.

    References
        Proxmox VE: /cluster/status.
    """
    if row.online is None:
        return Unknown(f"node {row.node}: whether it is there was not told")
    return OK if row.online else Fail(f"node {row.node} is offline", None, "online")


@rule("capacity/shared-storage-partial", on=SharedStorage, severity="medium", controls=("C4",))
def shared_storage_partial(row: SharedStorage) -> Verdict:
    """A shared storage is not reached by every node.

    Why it matters
        Guests on it cannot be started on those nodes, and their backups to it are not written.

    What to do
        Mend the mount or path on those nodes, or limit the storage to the nodes that should have it.

    What not to do
        Do not take it for shared where only one node has it.

    References
        Proxmox VE: pvesm(1), shared and nodes.
    """
    if row.without:
        where = listed(row.without.split("\n"))
        return Fail(f"{row.storage}: not reached by {where} of {many(row.nodes, 'node')}", None, "without")
    if row.untold:
        return Unknown(f"{row.storage}: whether {many(row.untold, 'node')} reach it was not told")
    return OK
