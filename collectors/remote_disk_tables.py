"""Tables about disks that are reached over a network or over several paths."""

from __future__ import annotations

from collectors.table import Row, column, table


@table("multipath_map", key=("name",), label=("name", "wwid"))
class MultipathMap(Row):
    """A disk reached over several paths, as dm-multipath tells it."""

    name: str = column("Name of the map, mpatha")
    wwid: str | None = column("World wide identity of the disk", default=None)
    device: str | None = column("Kernel name, dm-3", default=None)
    vendor: str | None = column("Maker of the disk", default=None)
    product: str | None = column("Product name of the disk", default=None)
    queues_without_path: bool | None = column(
        "Keeps requests for ever while there is no path (queue_if_no_path)", default=None
    )
    read_only: bool | None = column("The map is read-only", default=None)


@table("multipath_path", key=("map", "path"), label=("path", "map"))
class MultipathPath(Row):
    """One path of a multipath map."""

    map: str = column("Name of the map")
    path: str = column("Kernel name of the path device, sdb")
    address: str | None = column("SCSI address host:channel:target:lun", default=None)
    dm_state: str | None = column("active or failed, by the device mapper", default=None)
    checker_state: str | None = column("ready, ghost, faulty, shaky…, by the path checker", default=None)
    device_state: str | None = column("running, offline, by the kernel", default=None)
    group: int | None = column("Number of its path group, from 1", default=None)


@table("iscsi_session", key=("session",), label=("target_name", "portal"), root=("target_name",))
class IscsiSession(Row):
    """A session of the kernel's iSCSI initiator."""

    session: str = column("Kernel name, session3")
    target_name: str | None = column("Name of the target, iqn…", default=None)
    portal: str | None = column("Address of the portal", default=None)
    state: str | None = column("LOGGED_IN, FAILED, FREE", default=None)
    recovery_seconds: int | None = column("How long requests wait for the session to come back", default=None)


@table("nvme_path", key=("controller",), label=("controller", "address"), root=("subsystem",))
class NvmePath(Row):
    """A connection to an NVMe subsystem over a network."""

    controller: str = column("Kernel name, nvme2")
    subsystem: str | None = column("Qualified name of the subsystem", default=None)
    transport: str | None = column("tcp, rdma, fc", default=None)
    address: str | None = column("Address of the target, as the kernel prints it", default=None)
    state: str | None = column("live, connecting, resetting, deleting", default=None)
    ana_state: str | None = column("optimized, non-optimized, inaccessible, persistent-loss", default=None)
