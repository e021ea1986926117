"""Tables of btrfs: file systems, their devices, profiles, error counters, scrubs and snapshots."""

from __future__ import annotations

from datetime import datetime

from collectors.table import Row, column, table


@table("btrfs_filesystem", key=("uuid",), label=("name", "uuid"))
class BtrfsFilesystem(Row):
    """A file system as `btrfs filesystem show` lists it, mounted or not."""

    uuid: str = column("UUID of the file system")
    name: str | None = column("Its label", default=None)
    total_devices: int | None = column("Devices by its metadata", default=None)
    listed_devices: int = column("Devices that the list names, missing ones too", default=0)
    missing_devices: int | None = column(
        "Devices told as missing, at least; None where the list is cut short", default=None
    )
    used_bytes: int | None = column("Bytes used by files and metadata, without copies", default=None)


@table("btrfs_device", key=("uuid", "device_id"), label=("path", "device_id"))
class BtrfsDevice(Row):
    """A device of a btrfs file system."""

    uuid: str = column("UUID of the file system")
    device_id: str = column("Its number in the file system")
    path: str | None = column("Path under /dev; None for a missing one", default=None)
    size_bytes: int | None = column("Size", default=None)
    allocated_bytes: int | None = column("Given to chunks of data and metadata", default=None)
    missing: bool | None = column("Told as missing", default=None)


@table("btrfs_errors", key=("place", "device"), label=("device", "place"))
class BtrfsErrors(Row):
    """Error counters of a device since they were last reset, kept on disk: `btrfs device stats` or sysfs."""

    place: str = column("Mountpoint, or UUID of the file system")
    device: str = column("Path, or devid:N for a missing device")
    device_id: str | None = column("Its number in the file system", default=None)
    write_errors: int | None = column("Writes that failed", default=None)
    read_errors: int | None = column("Reads that failed", default=None)
    flush_errors: int | None = column("Cache flushes that failed", default=None)
    corruption_errors: int | None = column("Blocks whose checksum was wrong", default=None)
    generation_errors: int | None = column("Blocks older than they should be: lost writes", default=None)


@table("btrfs_usage", key=("place",))
class BtrfsUsage(Row):
    """Space of a mounted file system: `btrfs filesystem usage` or `df`."""

    place: str = column("Mountpoint")
    size_bytes: int | None = column("Size of all devices", default=None)
    allocated_bytes: int | None = column("Given to chunks", default=None)
    unallocated_bytes: int | None = column("Not given to chunks yet", default=None)
    missing_bytes: int | None = column(
        "Size of missing devices; None where an account without rights was told that all are", default=None
    )
    used_bytes: int | None = column("Used, with all copies", default=None)
    free_bytes: int | None = column("Free by its own estimate", default=None)
    multiple_profiles: bool | None = column("Several profiles for one kind of block", default=None)


@table("btrfs_profile", key=("place", "kind", "profile"))
class BtrfsProfile(Row):
    """Chunks of one kind and profile."""

    place: str = column("Mountpoint, or UUID of the file system")
    kind: str = column("data, metadata, system or data+metadata")
    profile: str = column("single, dup, raid0, raid1, raid1c3, raid1c4, raid10, raid5, raid6")
    size_bytes: int | None = column("Allocated, one copy counted", default=None)
    used_bytes: int | None = column("Used of that", default=None)


@table("btrfs_room", key=("place", "device"), label=("device", "place"))
class BtrfsRoom(Row):
    """What is left unallocated on one device."""

    place: str = column("Mountpoint")
    device: str = column("Path, or missing")
    unallocated_bytes: int | None = column(
        "Not given to chunks; less than 0 on a shrunk device", default=None
    )


@table("btrfs_scrub", key=("uuid", "device"), label=("uuid",))
class BtrfsScrub(Row):
    """The last scrub of a file system, or of one of its devices."""

    uuid: str = column("UUID of the file system, or its mountpoint")
    device: str = column("Number or path of the device; empty for the whole file system", default="")
    status: str | None = column("finished, running, aborted, interrupted or never", default=None)
    started_at: datetime | None = column(
        "Start; local time of the target taken as UTC, unless its status file tells", default=None
    )
    duration_seconds: int | None = column("How long it ran", default=None)
    found_errors: int | None = column("Errors found: read, checksum, verify and super", default=None)
    corrected_errors: int | None = column("Corrected from another copy", default=None)
    uncorrectable_errors: int | None = column("Not correctable: no good copy", default=None)
    unverified_errors: int | None = column("Gone at the second look", default=None)
    summary: str | None = column("Error summary in the tool's words", default=None)


@table("btrfs_snapshots", key=("place",))
class BtrfsSnapshots(Row):
    """Subvolumes and snapshots of a mounted file system, counted."""

    place: str = column("Mountpoint")
    subvolumes: int | None = column("Subvolumes, snapshots included; None if only snapshots were asked for")
    snapshots: int = column("Snapshots")
    oldest_at: datetime | None = column("Oldest snapshot; local time taken as UTC", default=None)
    newest_at: datetime | None = column("Newest snapshot", default=None)
    snapper_count: int = column("Named like those of snapper", default=0)
    btrbk_count: int = column("Named like those of btrbk", default=0)
    timeshift_count: int = column("Named like those of Timeshift", default=0)
    cut_short: bool = column("The list was longer than was read: the counts are lower bounds", default=False)


@table("btrfs_subvolume", key=("place", "uuid"), label=("path", "place"))
class BtrfsSubvolume(Row):
    """A subvolume or snapshot of a mounted file system, by its UUIDs."""

    place: str = column("Mountpoint that was asked")
    uuid: str = column("UUID of the subvolume")
    path: str = column("Path from the top of the file system")
    parent_uuid: str | None = column("UUID of what it is a snapshot of", default=None)
    received_uuid: str | None = column(
        "UUID of the snapshot that it was received as a copy of; its own snapshots keep this", default=None
    )
    created_at: datetime | None = column("When it was made; only told of snapshots", default=None)


@table("btrfs_state", key=("uuid",))
class BtrfsState(Row):
    """A mounted file system as sysfs tells it."""

    uuid: str = column("UUID of the file system")
    name: str | None = column("Its label", default=None)
    operation: str | None = column("none, balance, replace, device add… in progress", default=None)


@table("btrfs_folder", key=("folder",))
class BtrfsFolder(Row):
    """A folder of btrfs whose flags were asked for."""

    folder: str = column("Path")
    no_checksums: bool = column("Files that are made in it are written in place and without checksums")
