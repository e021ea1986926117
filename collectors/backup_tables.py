"""Tables about backups, the same for every product: repositories, restore points, jobs, runs, checks.

Sources and repositories are told as the product tells them; which system of the site a source is, and which
disks a repository lies on, is for the analyzer to find out.
"""

from __future__ import annotations

from datetime import datetime

from collectors.table import Row, column, table


@table("backup_repository", key=("repository",), label=("name",), root=("repository",))
class BackupRepository(Row):
    """A place where a backup product keeps its copies."""

    repository: str = column("Identity: restic:ID, borg:ID, pbs:SERVER/DATASTORE, files:HOST:/FOLDER …")
    name: str = column("What its people call it: location or name")
    product: str = column("restic, borg, pbs, veeam, bacula, kopia, zfs, files and so on")
    kind: str | None = column(
        "local, sftp, rest, s3, nfs, smb, block, tape, cloud, dedup appliance", default=None
    )
    location: str | None = column("URL or path as configured, without secrets", default=None)
    host: str | None = column("Machine it lies on, as the product names it", default=None)
    path: str | None = column("Folder, volume or dataset there", default=None)
    size_bytes: int | None = column("Capacity", default=None)
    free_bytes: int | None = column("Free", default=None)
    used_bytes: int | None = column("Taken by the copies, after deduplication", default=None)
    reachable: bool | None = column("It could be opened", default=None)
    append_only: bool | None = column("Clients can add and cannot delete", default=None)
    lock_mode: str | None = column("Immutability: compliance, governance, hardened, none", default=None)
    lock_days: float | None = column("For how long a new copy cannot be deleted", default=None)
    offline: bool | None = column("Out of reach between backups: tape, disconnected disk", default=None)
    encrypted: bool | None = column("Copies are encrypted", default=None)
    keys: int | None = column("Keys or passwords that open it", default=None)
    key_location: str | None = column(
        "Where the key is kept, as configured: in the repository, a file", default=None
    )
    locks: int | None = column("Locks held on it", default=None)
    locked_at: datetime | None = column("Since when the oldest of them is held", default=None)
    retention: str | None = column("What is kept, as configured", default=None)
    cleaned_at: datetime | None = column("Last prune or garbage collection", default=None)
    cleaning_outcome: str | None = column("How it ended: ok, or what went wrong", default=None)
    credentials: str | None = column("Account or token that writes to it", default=None)
    can_delete: bool | None = column("That account may also delete copies", default=None)
    version: str | None = column("Version of the product or of the format", default=None)
    extents: str | None = column(
        "Identities of the repositories it is made of, newline-separated", default=None
    )


@table(
    "restore_point", key=("repository", "point", "source"), label=("source_name", "point"), root=("source",)
)
class RestorePoint(Row):
    """A copy of one source at one time."""

    repository: str = column("Identity of the repository it lies in")
    point: str = column("Its id there: snapshot, archive, file")
    source: str = column("Identity of what was copied, as the product knows it: uuid:…, host name, vm/101")
    source_name: str | None = column("Its name there", default=None)
    source_kind: str | None = column(
        "host, guest, container, files, database, mail, configuration", default=None
    )
    job: str | None = column("Job that made it", default=None)
    paths: str | None = column("Folders, disks or databases in it, newline-separated", default=None)
    kind: str | None = column("full, incremental, differential, synthetic, log, replica", default=None)
    parent: str | None = column("Id of the copy it builds on", default=None)
    created_at: datetime | None = column("The time that it holds, by the product's clock", default=None)
    finished_at: datetime | None = column("When it was complete", default=None)
    size_bytes: int | None = column("Size of what is restored from it", default=None)
    stored_bytes: int | None = column("What it takes in the repository, by itself", default=None)
    complete: bool | None = column("The product calls it whole", default=None)
    verified: str | None = column("ok or failed, by a check of its content", default=None)
    verified_at: datetime | None = column("When that check ended", default=None)
    locked_until: datetime | None = column("Cannot be deleted before", default=None)
    protected: bool | None = column("Pruning leaves it alone", default=None)
    encrypted: bool | None = column("Encrypted", default=None)
    consistent: str | None = column("application, file system or crash", default=None)
    owner: str | None = column("Account that owns it", default=None)


@table("backup_chain", key=("product", "chain"), label=("name",), root=("chain",))
class BackupChain(Row):
    """What the copies of one job in one repository are kept as, where the product tells copies by it."""

    product: str = column("veeam")
    chain: str = column("Identity, as restore points name it instead of their repository")
    name: str = column("Its name")
    repository: str = column("Identity of the repository it lies in")
    job: str | None = column("Identity of the job that writes it", default=None)


@table("backup_server", key=("server",), label=("product", "server"))
class BackupServer(Row):
    """A server of a backup product."""

    server: str = column("Its name")
    product: str = column("Product by its trade name: Veeam")
    version: str | None = column("Build", default=None)


@table("database_recovery", key=("database",))
class DatabaseRecovery(Row):
    """How far a database can be taken forward from a copy of it."""

    database: str = column("Server and database, as in its restore points")
    model: str = column("Recovery model: full, bulk logged, simple")


@table("backup_job", key=("product", "server", "job"), label=("name",), root=("job",))
class BackupJob(Row):
    """A job as configured: what is copied whereto, and when."""

    product: str = column("restic, borg, pbs, veeam, bacula, cron, systemd and so on")
    server: str = column("Machine or instance that runs it", default="")
    job: str = column("Identity there")
    name: str = column("Its name")
    purpose: str | None = column(
        "backup, copy, verify, prune, garbage collection, replication, snapshot, log", default=None
    )
    enabled: bool | None = column("Switched on", default=None)
    schedule: str | None = column(
        "When it runs, as written; None: not told, empty: never by itself", default=None
    )
    schedule_kind: str | None = column("cron, systemd, pve, interval, text", default=None)
    zone: str | None = column("Time zone of the schedule; None: not told", default=None)
    next_run_at: datetime | None = column("Next run by the product's word", default=None)
    last_run_at: datetime | None = column("Start of the last run on record", default=None)
    last_success_at: datetime | None = column("End of the last good run on record", default=None)
    last_outcome: str | None = column("ok, warning, failed, running, or the product's word", default=None)
    selects: str | None = column("Sources or paths it takes, newline-separated; *: everything", default=None)
    excludes: str | None = column("What it leaves out, newline-separated", default=None)
    repository: str | None = column("Identity or name of the repository it writes to", default=None)
    retention: str | None = column("What is kept, as configured", default=None)
    notifies: str | None = column("Who is told; empty: nobody; None: not told", default=None)
    application_aware: bool | None = column("Applications are quiesced", default=None)
    command: str | None = column("Command line, without secrets", default=None)


@table(
    "backup_session", key=("product", "server", "session", "source"), label=("job", "session"), root=("job",)
)
class BackupSession(Row):
    """One run of a job, or of one source in it."""

    product: str = column("restic, borg, pbs, veeam, bacula and so on")
    server: str = column("Machine or instance that ran it", default="")
    session: str = column("Identity of the run")
    job: str = column("Identity of the job")
    source: str = column("What it copied, if it was about one source", default="")
    purpose: str | None = column("backup, copy, verify, prune, restore, garbage collection", default=None)
    started_at: datetime | None = column("Start", default=None)
    ended_at: datetime | None = column("End; None while it runs", default=None)
    outcome: str | None = column("ok, warning, failed or running", default=None)
    message: str | None = column("What it says", default=None)
    size_bytes: int | None = column("Size of what it read", default=None)
    transferred_bytes: int | None = column("What it wrote or sent", default=None)


@table("backup_check", key=("repository", "check"), label=("repository", "kind"), root=("repository",))
class BackupCheck(Row):
    """A check of a repository, of one copy in it, or a restore that was tried."""

    repository: str = column("Identity of the repository")
    check: str = column("Identity of the check")
    kind: str = column("structure, content, sample, boot, restore, application, malware")
    source: str | None = column("Source that was checked; None: the whole repository", default=None)
    point: str | None = column("Copy that was checked", default=None)
    at: datetime | None = column("When it ended", default=None)
    result: str | None = column("ok, warning or failed", default=None)
    share_percent: float | None = column("Share of the content that was read", default=None)
    bytes: int | None = column("What was read or restored", default=None)
    seconds: float | None = column("How long it took", default=None)
    message: str | None = column("What it says", default=None)
