"""Tables about a Ceph cluster."""

from __future__ import annotations

from collectors.table import Row, column, table


@table("ceph_cluster", key=("fsid",))
class CephCluster(Row):
    """A Ceph cluster as its monitors sum it up."""

    fsid: str = column("Identity of the cluster; `cluster` where it is not told")
    health: str | None = column("HEALTH_OK, HEALTH_WARN or HEALTH_ERR", default=None)
    monitors: int | None = column("Monitors of the cluster", default=None)
    monitors_in_quorum: int | None = column("Of which in quorum", default=None)
    osds: int | None = column("Storage daemons of the cluster", default=None)
    osds_up: int | None = column("Of which running", default=None)
    osds_in: int | None = column("Of which holding data", default=None)
    groups: int | None = column("Placement groups", default=None)
    groups_unclean: int | None = column("Placement groups that are not active+clean", default=None)
    groups_inactive: int | None = column("Placement groups that serve no request", default=None)
    groups_inconsistent: int | None = column("Placement groups whose copies differ", default=None)
    group_states: str = column("States of groups that are not clean, with counts", default="")
    objects_degraded: int | None = column("Object copies that are missing", default=None)
    objects_unfound: int | None = column("Objects of which no copy is found", default=None)
    used_bytes: int | None = column("Used, of all disks", default=None)
    size_bytes: int | None = column("Size of all disks", default=None)


@table("ceph_check", key=("fsid", "code"), label=("code",))
class CephCheck(Row):
    """A health check of Ceph that raises a warning."""

    fsid: str = column("Identity of the cluster")
    code: str = column("Name of the check, OSD_DOWN")
    severity: str | None = column("HEALTH_WARN or HEALTH_ERR", default=None)
    said: str = column("What it says", default="")
    muted: bool | None = column("Somebody silenced it", default=None)


@table("ceph_osd", key=("osd",), label=("name",))
class CephOsd(Row):
    """A storage daemon of Ceph: one disk."""

    osd: int = column("Number")
    name: str = column("Name, osd.3")
    host: str | None = column("Machine it runs on", default=None)
    up: bool | None = column("Running and reached", default=None)
    holds_data: bool | None = column("In: data are placed on it", default=None)
    used_percent: float | None = column("Used of its disk", default=None)
    size_bytes: int | None = column("Size of its disk", default=None)


@table("ceph_pool", key=("pool",))
class CephPool(Row):
    """A pool of Ceph and how many copies it keeps."""

    pool: str = column("Name")
    kind: str | None = column("replicated or erasure", default=None)
    copies: int | None = column("Copies, or chunks of an erasure-coded pool", default=None)
    copies_to_write: int | None = column("Copies that must be there to write (min_size)", default=None)
    used_percent: float | None = column("Used of what it can hold", default=None)
