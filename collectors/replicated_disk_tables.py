"""Tables about disks copied to another machine (DRBD) and disks cached by a faster one (bcache)."""

from __future__ import annotations

from collectors.table import Row, column, table


@table(
    "drbd_volume",
    key=("resource", "volume", "peer"),
    label=("resource", "volume", "peer"),
    root=("resource",),
)
class DrbdVolume(Row):
    """A volume that DRBD keeps the same on another machine, one row for each peer."""

    resource: str = column("Name of the resource; the minor number where only the kernel tells it")
    volume: int = column("Number of the volume in the resource")
    peer: str = column("Name of the other machine; peer where it is not told")
    device: str | None = column("Kernel name, drbd0", default=None)
    role: str | None = column("Primary or Secondary", default=None)
    disk_state: str | None = column("UpToDate, Inconsistent, Outdated, Diskless, Failed…", default=None)
    connection_state: str | None = column("Connected, Connecting, StandAlone…", default=None)
    peer_role: str | None = column("Role of the peer", default=None)
    peer_disk_state: str | None = column("State of the peer's disk", default=None)
    replication_state: str | None = column("Established, SyncSource, SyncTarget…", default=None)
    out_of_sync_kib: int | None = column("Not yet the same on both", default=None)
    sync_percent: float | None = column("Already the same on both", default=None)
    diskless_on_purpose: bool | None = column("A client: has no disk of its own by design", default=None)
    peer_diskless_on_purpose: bool | None = column("The peer is such a client", default=None)
    suspended: bool | None = column("I/O is suspended", default=None)
    quorum: bool | None = column("Enough machines are reached", default=None)


@table("bcache_device", key=("device",))
class BcacheDevice(Row):
    """A disk cached by a faster one with bcache."""

    device: str = column("Kernel name, bcache0")
    state: str | None = column("clean, dirty, no cache or inconsistent", default=None)
    cache_mode: str | None = column("writethrough, writeback, writearound or none", default=None)
    dirty_bytes: int | None = column("Written to the cache only", default=None)
    running: bool | None = column("The device can be used", default=None)
