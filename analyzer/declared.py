"""What `site.toml` declares because no machine can tell it: places, copies, keys, restore tests, the plan.

Each block becomes a fact whose source is the file itself. How far it is believed depends on its kind of
evidence: what is configured (places, accounts, objectives) stands as long as the file does; what is said to
have happened (a tape was written, a restore was tried) is worth as much as its proof, and less every day.
"""

from __future__ import annotations

from datetime import datetime

from collectors.fact import Fact, Origin, Source, Worth
from collectors.table import Row, column, table

SITE_FILE = "site.toml"


@table("declared_place", key=("name",))
class DeclaredPlace(Row):
    """Where a target, a repository or an asset stands, and whose credentials administer it."""

    name: str = column("Name of the target, repository or asset; *: all that are not named")
    place: str | None = column("Building or fire compartment", default=None)
    admin: str | None = column("Credentials that administer it: a domain or an account", default=None)


@table("declared_repository", key=("name",))
class DeclaredRepository(Row):
    """What is known of a repository beside what its product tells."""

    name: str = column("Its identity, name or location; the end of one is enough")
    host: str | None = column("Name of the target that it lies on", default=None)
    path: str | None = column("Folder on that target", default=None)
    offline: bool | None = column("Out of reach between backups", default=None)
    lock_mode: str | None = column("compliance, governance, hardened, none", default=None)
    lock_days: float | None = column("For how long a copy cannot be deleted", default=None)
    encrypted: bool | None = column("Copies are encrypted", default=None)
    can_delete: bool | None = column("Credentials on production machines may delete copies", default=None)
    media: str | None = column("disk, tape, cloud, removable disk", default=None)
    restore_bytes_per_second: float | None = column("Measured speed of a restore", default=None)
    keep_days: float | None = column("How far back its copies should reach", default=None)
    serves: str = column("Assets it is meant for, newline-separated; empty: not told", default="")


@table("declared_copy", key=("asset", "where"), root=("asset",))
class DeclaredCopy(Row):
    """A copy that nobody can collect: a tape, a disk in a safe, a provider's backup."""

    asset: str = column("Asset it is a copy of")
    where: str = column("What and where it is")
    newest_at: datetime | None = column("The time that the newest copy holds", default=None)
    oldest_at: datetime | None = column("The time that the oldest copy holds", default=None)
    points: int | None = column("How many copies there are", default=None)
    interval_hours: float | None = column("How often one is made", default=None)
    size_bytes: int | None = column("Size of what is restored", default=None)
    place: str | None = column("Where it lies", default=None)
    admin: str | None = column("Credentials that can delete it", default=None)
    media: str | None = column("disk, tape, cloud, removable disk", default=None)
    offline: bool | None = column("Out of reach between backups", default=None)
    lock_mode: str | None = column("compliance, governance, hardened, none", default=None)
    encrypted: bool | None = column("Encrypted", default=None)
    verified_at: datetime | None = column("When its content was last checked", default=None)
    known_by: str | None = column("How its success is known: mail, log, console", default=None)


@table("restore_test", key=("asset", "at"), root=("asset",))
class RestoreTest(Row):
    """A restore that was tried."""

    asset: str = column("Asset that was restored")
    at: datetime = column("When")
    result: str = column("ok, partial or failed")
    kind: str = column("file, machine, boot, database, application", default="file")
    repository: str | None = column("Repository it was restored from", default=None)
    point: str | None = column("Copy that was restored", default=None)
    point_at: datetime | None = column("The time that this copy held", default=None)
    size_bytes: int | None = column("What was restored", default=None)
    seconds: float | None = column("How long it took", default=None)
    artefact: str | None = column("What proves it: hash list, screenshot, timings", default=None)
    key_from_escrow: bool | None = column("The key was taken from its second place", default=None)
    by: str | None = column("Who did it", default=None)


@table("declared_key", key=("opens",))
class DeclaredKey(Row):
    """Where the key or password of a repository or of an encrypted volume is kept."""

    opens: str = column("Repository or asset that it opens")
    kept: str = column("Places it is kept in, newline-separated: paper in a safe, or the name of an asset")
    tested_at: datetime | None = column("When one from such a place was last used", default=None)


@table("declared_recovery", key=("name",))
class DeclaredRecovery(Row):
    """How recovery is prepared. None: nobody said."""

    name: str = column("Name of the site")
    runbook: str | None = column("Where the plan is; empty: there is none", default=None)
    runbook_at: datetime | None = column("When it was last gone through", default=None)
    runbook_kept: str = column("Places it is kept in, newline-separated", default="")
    people: int | None = column("How many can carry it out", default=None)
    clean_room: bool | None = column("There is an isolated network to restore into", default=None)
    spare_capacity: bool | None = column("There are machines to restore onto", default=None)
    break_glass: bool | None = column("Credentials that need no directory are kept apart", default=None)
    golden_images: bool | None = column("Images, licence keys and drivers are kept offline", default=None)
    obsolete_reader: str | None = column(
        "Old drive or system that a restore needs; empty: none", default=None
    )
    needs: str = column("What the backup system itself needs to restore, newline-separated", default="")
    decide_hours: float | None = column("From failure to the decision to restore", default=None)
    provision_hours: float | None = column("Until there is something to restore onto", default=None)


@table("declared_exposure", key=("name",))
class DeclaredExposure(Row):
    """What is known about who can reach the backups. None: nobody said."""

    name: str = column("Name of the site")
    backup_domain_joined: bool | None = column("The backup server is in the production domain", default=None)
    shared_admin: bool | None = column("One account administers production and backup", default=None)
    mfa: bool | None = column("Consoles of backup and hypervisor need a second factor", default=None)
    backup_admin_can_delete: bool | None = column(
        "The backup administrator can delete copies before their time", default=None
    )
    default_credentials: bool | None = column(
        "Factory accounts are left on storage, UPS or BMC", default=None
    )
    cleartext_transport: bool | None = column("Copies leave the site unencrypted", default=None)
    audit_log: bool | None = column("Deletions are logged on another machine", default=None)
    bmc_on_user_network: bool | None = column("Management controllers can be reached by users", default=None)
    cloud_single_account: bool | None = column("Cloud backups lie in the account of production", default=None)
    clock_of_production: bool | None = column(
        "The machines with backups follow a clock that production can set", default=None
    )
    alerting: bool | None = column("Somebody is told when a backup does not happen", default=None)
    licence_ends_at: datetime | None = column("End of the backup product's licence", default=None)
    probe: bool | None = column("The ports of the targets are tried in every audit", default=None)
    probe_from: str | None = column(
        "Network that the ports are tried from: users, production, management or internet", default=None
    )
    backup_software: str | None = column(
        "Backup products with their versions, newline-separated", default=None
    )


@table("declared_power", key=("name",))
class DeclaredPower(Row):
    """What is known of a machine's power. None: nobody said."""

    name: str = column("Name of the target or asset; *: all that are not named")
    ups: bool | None = column("A UPS feeds it", default=None)
    shutdown_tested_at: datetime | None = column(
        "When it was last shut down in order, by the UPS and its software", default=None
    )
    shutdown_seconds: float | None = column("How long that took, measured", default=None)
    artefact: str | None = column("What proves it: log, timings", default=None)


@table("declared_monitoring", key=("name",))
class DeclaredMonitoring(Row):
    """What is known of the alarms about a machine. None: nobody said."""

    name: str = column("Name of the target or asset; *: all that are not named")
    watched_by: str | None = column("What watches it from outside; empty: nothing", default=None)
    alarms_to: str | None = column("Who is told; empty: nobody", default=None)
    alarm_tested_at: datetime | None = column(
        "When an alarm, real or for a test, last reached that person", default=None
    )
    artefact: str | None = column("What proves it: the message with its date", default=None)


DECLARED: tuple[type[Row], ...] = (
    *(DeclaredPlace, DeclaredRepository, DeclaredCopy, RestoreTest, DeclaredKey),
    *(DeclaredRecovery, DeclaredExposure, DeclaredPower, DeclaredMonitoring),
)


def declared(
    row: Row, *, target: str, where: str, at: datetime | None = None, worth: Worth = "configuration"
) -> Fact[Row]:
    """The fact that a block of the site file declares. *where*: `copies[2]`, for a person to find it."""
    origin = Origin(target, (SITE_FILE, where), at, "", worth)
    return Fact(target, row, (Source(origin, where),))
