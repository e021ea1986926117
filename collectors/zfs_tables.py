"""Tables of ZFS: pools, the tree of their devices, datasets, snapshots and what tells of replication."""

from __future__ import annotations

from datetime import datetime

from collectors.table import Row, column, table


@table("zpool_status", key=("pool",))
class ZpoolStatus(Row):
    """A pool as `zpool status` tells it. Times of text answers are the target's local time, taken as UTC."""

    pool: str = column("Name of the pool")
    state: str | None = column("ONLINE, DEGRADED, FAULTED, UNAVAIL, SUSPENDED, OFFLINE…", default=None)
    tree_state: str | None = column("State of its root device, ONLINE even if suspended", default=None)
    guid: str | None = column("GUID of the pool", default=None)
    status: str | None = column("What is wrong or worth knowing, in the tool's words", default=None)
    action: str | None = column("What the tool advises", default=None)
    message_id: str | None = column("ZFS-8000-8A and the like", default=None)
    scan_kind: str | None = column(
        "scrub, resilver or none (never requested); None if not told", default=None
    )
    scan_state: str | None = column("finished, running, paused or canceled", default=None)
    scan_started_at: datetime | None = column("Start of the last scan, where told", default=None)
    scan_ended_at: datetime | None = column("End of the last scan, also of a canceled one", default=None)
    scan_percent: float | None = column("Progress of a running one", default=None)
    scan_minutes_left: float | None = column("Time left by its own estimate", default=None)
    scan_repaired_bytes: int | None = column("Repaired (scrub) or copied (resilver)", default=None)
    scan_errors: int | None = column("Blocks it could not repair", default=None)
    errors_text: str | None = column("The line on errors of data, where it is a text", default=None)
    data_errors: int | None = column("Known permanent errors of data", default=None)
    damaged: str = column("First of the damaged files and objects, newline-separated", default="")
    metadata_damaged: bool | None = column(
        "Damage in the pool's own metadata; None where the damaged objects were not listed", default=None
    )
    features_off: bool | None = column("Says that supported features are not enabled", default=None)
    checkpoint_at: datetime | None = column("Creation of its checkpoint, if it has one", default=None)
    read_errors: int | None = column("Read errors counted for the whole pool", default=None)
    write_errors: int | None = column("Write errors counted for the whole pool", default=None)
    checksum_errors: int | None = column("Checksum errors counted for the whole pool", default=None)


@table("zpool_vdev", key=("pool", "place"), label=("vdev", "pool"))
class ZpoolVdev(Row):
    """A device of a pool, or a group of them, in the order of the tree."""

    pool: str = column("Name of the pool")
    place: str = column("Path in the tree: mirror-0/sda, logs/mirror-1")
    vdev: str = column("Its name as told: mirror-0, sda, /dev/disk/by-id/…")
    kind: str = column("mirror, raidz1…3, draid1…3, disk, file, replacing, spare, indirect, hole or unknown")
    role: str = column("data, special, dedup, log, cache or spare")
    parent: str = column("Place of the group it belongs to; empty for a top-level one", default="")
    top: str = column("Place of the top-level device it is or belongs to")
    number: int = column("Position among its siblings, from 0")
    state: str | None = column("ONLINE, DEGRADED, FAULTED, UNAVAIL, OFFLINE, REMOVED, AVAIL…", default=None)
    read_errors: int | None = column("Read errors", default=None)
    write_errors: int | None = column("Write errors", default=None)
    checksum_errors: int | None = column("Checksum errors", default=None)
    slow_ios: int | None = column("Slow operations", default=None)
    note: str = column("What stands behind the numbers: cannot open, was /dev/sdc1…", default="")
    action: str | None = column("resilvering, repairing, awaiting resilver", default=None)
    path: str | None = column("Path of the device", default=None)
    guid: str | None = column("GUID", default=None)
    size_bytes: int | None = column("Size of the device", default=None)


@table("zpool_properties", key=("pool",))
class ZpoolProperties(Row):
    """Properties of a pool as `zpool get` or `zpool list` tell them."""

    pool: str = column("Name of the pool")
    health: str | None = column("ONLINE, DEGRADED, FAULTED…", default=None)
    guid: str | None = column("GUID", default=None)
    size_bytes: int | None = column("Size, parity included", default=None)
    allocated_bytes: int | None = column("Allocated", default=None)
    free_bytes: int | None = column("Free", default=None)
    capacity_percent: float | None = column("Used share", default=None)
    fragmentation_percent: float | None = column("Fragmentation of the free space", default=None)
    checkpoint_bytes: int | None = column("Held by a checkpoint, 0: there is none", default=None)
    autotrim: bool | None = column("Trims freed space on its own", default=None)
    ashift: int | None = column("Sector size as a power of two, 0: chosen for each device", default=None)
    read_only: bool | None = column("Imported read-only", default=None)
    features_disabled: str | None = column("Features not enabled, blank-separated, sorted", default=None)


@table("zfs_dataset", key=("dataset",))
class ZfsDataset(Row):
    """A file system or volume."""

    dataset: str = column("tank/home")
    pool: str = column("Its pool")
    type: str | None = column("filesystem or volume", default=None)
    used_bytes: int | None = column("Used, with children and snapshots", default=None)
    available_bytes: int | None = column("Available to it", default=None)
    referenced_bytes: int | None = column("Reachable through it", default=None)
    snapshot_bytes: int | None = column("Freed if all its snapshots went", default=None)
    mountpoint: str | None = column("Path, legacy or none", default=None)
    mounted: bool | None = column("Is mounted", default=None)
    sync: str | None = column("standard, always or disabled", default=None)
    encryption: str | None = column("off or the cipher", default=None)
    encryption_root: str | None = column("Dataset whose key it uses", default=None)
    key_location: str | None = column("prompt, file:///… or https://…", default=None)
    key_status: str | None = column("available or unavailable", default=None)
    receive_interrupted: bool | None = column("Holds the token of an interrupted receive", default=None)
    created_at: datetime | None = column("Creation", default=None)


@table("zfs_snapshot_set", key=("dataset", "family"), root=("dataset",))
class ZfsSnapshotSet(Row):
    """The snapshots of a dataset that one tool made, by their names: one row however many they are."""

    dataset: str = column("Dataset they are of")
    family: str = column("sanoid, syncoid, zrepl, zfs-auto-snapshot, truenas, pve-replication… or other")
    count: int = column("How many")
    oldest_at: datetime | None = column("Creation of the oldest", default=None)
    newest_at: datetime | None = column("Creation of the newest", default=None)
    newest: str = column("Name of the newest, without the dataset", default="")
    used_bytes: int | None = column("Sum of the space that each alone would free", default=None)
    held: int | None = column("How many of them are held", default=None)
    held_newest: str = column("Newest of the held ones", default="")
    guids: str | None = column(
        "GUIDs of the newest 32 with their times, newest first, as GUID@SECONDS", default=None
    )


@table("zfs_bookmark_set", key=("dataset", "family"), root=("dataset",))
class ZfsBookmarkSet(Row):
    """The bookmarks of a dataset that one tool made: from where the next replication goes on."""

    dataset: str = column("Dataset they are of")
    family: str = column("zrepl, syncoid, or other")
    count: int = column("How many")
    newest_at: datetime | None = column("Time of the newest: of the snapshot it was made of", default=None)
    newest: str = column("Name of the newest, without the dataset", default="")


@table("zfs_hold", key=("snapshot", "tag"))
class ZfsHold(Row):
    """A hold on a snapshot: somebody still needs it."""

    snapshot: str = column("Dataset and snapshot")
    tag: str = column("Who holds it")
    held_at: datetime | None = column("Since when", default=None)


@table("zfs_schedule", key=("name",))
class ZfsSchedule(Row):
    """Whether scrubs and trims are started regularly."""

    name: str = column("Always zfs")
    scrub_scheduled: bool | None = column("A scrub is scheduled by cron, systemd or periodic", default=None)
    trim_scheduled: bool | None = column("A trim is scheduled", default=None)
