"""Tables about what a hypervisor itself knows of backups: jobs, backup files, tasks."""

from __future__ import annotations

from datetime import datetime

from collectors.table import Row, column, table


@table("guest_backup_job", key=("job",), label=("job",), root=("job",))
class GuestBackupJob(Row):
    """A scheduled backup of guests by the hypervisor (vzdump)."""

    job: str = column("Identity of the job")
    enabled: bool | None = column("The schedule is on", default=None)
    schedule: str | None = column("When it runs, as written", default=None)
    storage: str | None = column("Where the backups go", default=None)
    everything: bool | None = column("All guests, but the excluded ones", default=None)
    guests: str | None = column("Guests it takes by number, comma-separated", default=None)
    excluded: str | None = column("Guests it leaves out, comma-separated", default=None)
    pool: str | None = column("Pool of guests it takes", default=None)
    node: str | None = column("Node it is limited to", default=None)
    mode: str | None = column("snapshot, suspend or stop", default=None)
    keep: str | None = column("How many backups are kept, as written", default=None)
    mail_to: str | None = column("Who is told", default=None)
    next_run_at: datetime | None = column("When it runs next", default=None)


@table("guest_backup", key=("volume",), label=("volume",), root=("guest",))
class GuestBackup(Row):
    """A backup of a guest that lies on a storage of the hypervisor."""

    volume: str = column("Volume or file")
    storage: str | None = column("Storage it lies on", default=None)
    guest: str | None = column("Identity of the guest", default=None)
    created_at: datetime | None = column("When it was made", default=None)
    size_bytes: int | None = column("Its size", default=None)
    protected: bool | None = column("It is not pruned", default=None)
    verified: str | None = column("ok or failed by the backup server's verification", default=None)
    verified_at: datetime | None = column("When that verification began", default=None)
    encrypted: bool | None = column("It is encrypted", default=None)


@table("hypervisor_task", key=("task",), label=("kind", "guest"), root=("guest",))
class HypervisorTask(Row):
    """A task of the hypervisor: backup, snapshot, removal, replication."""

    task: str = column("Identity of the task")
    kind: str = column("vzdump, qmsnapshot, qmdelsnapshot and so on")
    node: str | None = column("Node it ran on", default=None)
    guest: str | None = column("Identity or number of the guest", default=None)
    guest_name: str | None = column("Its name then", default=None)
    user: str | None = column("Who started it", default=None)
    started_at: datetime | None = column("Start", default=None)
    ended_at: datetime | None = column("End; None while it runs", default=None)
    outcome: str | None = column("OK, or what went wrong", default=None)
    succeeded: bool | None = column("It ended well; None while it runs or if it is not told", default=None)
    made: str | None = column("Identity of the snapshot that it made", default=None)
    guests_told: int | None = column("Guests that its log tells of, of a backup", default=None)
    transferred_bytes: int | None = column("What it read from their disks, by its log", default=None)
    bytes_per_second: float | None = column("How fast it read, by its log", default=None)


@table("guest_backup_run", key=("task", "guest"), label=("guest", "node"), root=("guest",))
class GuestBackupRun(Row):
    """A backup of one guest as the log of its task tells it."""

    task: str = column("Identity of the task")
    guest: str = column("Identity of the guest")
    name: str | None = column("Its name", default=None)
    node: str | None = column("Node it ran on", default=None)
    started_at: datetime | None = column("Start, by the node's clock", default=None)
    duration_seconds: float | None = column("How long it took", default=None)
    succeeded: bool | None = column("It ended well; None: the log does not tell", default=None)
    outcome: str | None = column("What went wrong", default=None)
    mode: str | None = column("snapshot, suspend or stop", default=None)
    storage: str | None = column("Storage it went to", default=None)
    volume: str | None = column("Volume or file it was to become", default=None)
    transferred_bytes: int | None = column("Read from its disks", default=None)
    transfer_seconds: float | None = column("Time that this reading took", default=None)
    bytes_per_second: float | None = column("How fast they were read", default=None)
    archive_bytes: int | None = column("Size of what was written, compressed", default=None)
    rest: str | None = column(
        "Whether the guest was brought to rest: frozen, agent silent, freeze off; None: not told",
        default=None,
    )
    excluded: str = column("Disks and mount points that were left out, newline-separated", default="")


@table("guest_not_backed_up", key=("guest",), label=("name",), root=("guest",))
class GuestNotBackedUp(Row):
    """A guest that the hypervisor itself says no backup job takes."""

    guest: str = column("Identity of the guest")
    name: str = column("Its name")
