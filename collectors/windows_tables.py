"""Tables about Windows hosts: Storage Spaces, volumes, shadow copies, events about storage."""

from __future__ import annotations

from datetime import datetime

from collectors.table import Row, column, table


@table("spaces_part", key=("kind", "name"), label=("kind", "name"))
class SpacesPart(Row):
    """A pool, a virtual disk or a physical disk as the storage management of Windows tells it."""

    kind: str = column("pool, virtual disk or disk")
    name: str = column("Friendly name; for a disk with its number and serial number")
    health: str | None = column("Healthy, Warning, Unhealthy or Unknown", default=None)
    operational: str = column("Operational states, comma-separated: OK, Degraded, In Service…", default="")
    usage: str | None = column("Of a disk: Auto-Select, Hot Spare, Retired, Journal", default=None)
    resiliency: str | None = column("Of a virtual disk: Simple, Mirror, Parity", default=None)
    can_lose: int | None = column("Of a virtual disk: disks it can lose when whole", default=None)
    read_only: bool | None = column("It takes no writes", default=None)
    size_bytes: int | None = column("Size", default=None)
    allocated_bytes: int | None = column("Of a pool: allocated to virtual disks", default=None)
    largest_disk_bytes: int | None = column("Of a pool: size of its largest disk", default=None)
    disks: int | None = column("Of a pool: how many disks it has", default=None)


@table("windows_volume", key=("name",))
class WindowsVolume(Row):
    """A volume of a Windows host."""

    name: str = column("Drive letter or mount folder")
    fs_type: str | None = column("NTFS, ReFS, FAT32, exFAT", default=None)
    volume_name: str | None = column("Name that somebody gave it", default=None)
    dirty: bool | None = column("Marked to be checked at the next start", default=None)


@table("shadow_storage", key=("volume",))
class ShadowStorage(Row):
    """Room for the shadow copies of a volume."""

    volume: str = column("Volume that is copied")
    stored_on: str | None = column("Volume that holds the copies", default=None)
    used_bytes: int | None = column("Used", default=None)
    allocated_bytes: int | None = column("Set aside", default=None)
    limit_bytes: int | None = column("Most it may take; None where it is not limited", default=None)
    unbounded: bool | None = column("It may take the whole volume", default=None)
    copies: int | None = column("Shadow copies of the volume", default=None)


@table("windows_event", key=("provider", "event"))
class WindowsEvent(Row):
    """Events of one kind in the system log of Windows, of the last thirty days."""

    provider: str = column("Who wrote them: Ntfs, disk, storahci")
    event: int = column("Number of the event")
    count: int = column("How many in thirty days")
    count_week: int | None = column("How many in seven days", default=None)
    first_at: datetime | None = column("The first", default=None)
    last_at: datetime | None = column("The last", default=None)
    said: str = column("Text of the last one, in the language of the host", default="")
