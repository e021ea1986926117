"""Tables of what the kernel logged, of its boots, and of where its disks are plugged in."""

from __future__ import annotations

from datetime import datetime

from collectors.table import Row, column, table


@table("kernel_event", key=("kind", "device"), label=("device", "kind"), root=("device",))
class KernelEvent(Row):
    """All messages of one kind about one device in one kernel log: how many, and when."""

    kind: str = column("What happened: io-error, medium-error, ata-exception, xfs-corruption, oom-kill…")
    device: str = column("Disk, array, file system, port, server or process as the log names it; or empty")
    count: int = column("Messages in the log, repeated ones that it tells by number included")
    last_week_count: int | None = column(
        "Of these, the ones of the seven days up to the last; None: the log tells no times", default=None
    )
    first_at: datetime | None = column("The first", default=None)
    last_at: datetime | None = column("The last", default=None)
    last_uptime_seconds: float | None = column(
        "Seconds after the boot of the last, where the log tells only that", default=None
    )
    sample: str = column("One of the messages, shortened", default="")


@table("kernel_log", key=("source",))
class KernelLog(Row):
    """A log of the kernel that was read: without it, no event would mean nothing."""

    source: str = column("The command or file it was read by")
    lines: int = column("Lines that were looked at")
    events: int = column("Lines that tell an event")
    filtered: bool = column("Only lines that may matter were asked for", default=False)
    first_at: datetime | None = column("Time of the first event", default=None)
    last_at: datetime | None = column("Time of the last event", default=None)

    @property
    def read_at(self) -> datetime | None:
        """What is "now" for a log that is read alone: its last event is fresh then, however old the file."""
        return self.last_at


@table("boot", key=("boot",))
class Boot(Row):
    """A boot of the machine and how it ended."""

    boot: str = column("Id of the boot, or the time it began")
    began_at: datetime = column("Begin")
    ended_at: datetime | None = column("End as it was logged; None: it runs, or was cut off", default=None)
    clean: bool | None = column(
        "It was shut down in an orderly way; None: it runs, or nothing tells", default=None
    )


@table("block_path", key=("name",))
class BlockPath(Row):
    """Where a disk is plugged in, by the path of its device in /sys."""

    name: str = column("Kernel name")
    path: str = column("Path below /sys/devices")
    ata_port: str | None = column("Port of libata, ata3", default=None)
    scsi_address: str | None = column("host:channel:target:lun", default=None)
    usb_port: str | None = column("Port of the USB tree, 1-2.3", default=None)
    pci_address: str | None = column("PCI address of the controller right above", default=None)
