"""What the privileges of a token let it see. An API that hides what it may not show answers `200 []`.

Sources: the privileges in the API viewer of Proxmox VE, and of PVE::Storage the check of access to a volume:
a backup is listed only for who may restore it, or may allocate the whole storage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.cluster_tables import GuestReplication, NodeStorage, StorageSetting, StorageVolume
from collectors.fact import Missing
from collectors.guest_backup_tables import (
    GuestBackup,
    GuestBackupJob,
    GuestBackupRun,
    GuestNotBackedUp,
    HypervisorTask,
)
from collectors.hypervisor_tables import Datastore, Guest, GuestDisk, GuestSnapshot
from collectors.table import Row

Privileges = Mapping[str, Mapping[str, Any]]

GUEST_TABLES: tuple[type[Row], ...] = (Guest, GuestDisk, GuestSnapshot, GuestNotBackedUp, GuestReplication)
STORE_TABLES: tuple[type[Row], ...] = (Datastore, NodeStorage, StorageSetting)
TABLES: tuple[type[Row], ...] = (
    *(*GUEST_TABLES, *STORE_TABLES),
    *(GuestBackup, GuestBackupJob, GuestBackupRun, HypervisorTask, StorageVolume),
)
"""Every table that a missing privilege would leave empty."""


def gaps(told: Privileges) -> Iterator[Missing]:
    """A gap for each table that the privileges leave empty or incomplete."""
    if not holds(told, "/vms", "VM.Audit"):
        detail = f"without VM.Audit on /vms guests are hidden{_but(told, '/vms/', 'VM.Audit')}"
        yield from (Missing(table, "denied", detail) for table in GUEST_TABLES)
    if not holds(told, "/storage", "Datastore.Audit"):
        detail = "without Datastore.Audit on /storage storages are hidden"
        detail += _but(told, "/storage/", "Datastore.Audit")
        yield from (Missing(table, "denied", detail) for table in STORE_TABLES)
    if not backups_shown(told):
        yield Missing(
            GuestBackup,
            "denied",
            "backups are listed only with Datastore.Allocate on /storage, or VM.Backup on /vms and"
            " Datastore.AllocateSpace on /storage",
        )
    if not holds(told, "/", "Sys.Audit"):
        yield Missing(GuestBackupJob, "denied", "without Sys.Audit on / backup jobs are not shown")
    if not holds(told, "/nodes", "Sys.Audit"):
        for table in (HypervisorTask, GuestBackupRun):
            yield Missing(table, "denied", "without Sys.Audit on /nodes a token sees its own tasks only")
    if not images_shown(told):
        yield Missing(
            StorageVolume,
            "not-asked",
            "images are listed only with Datastore.Allocate on /storage, or VM.Config.Disk on /vms: rights to"
            " change things, not worth granting for this",
        )
    yield from _hidden(told)


def holds(told: Privileges, path: str, privilege: str) -> bool:
    """Whether the privilege is held on all below the path; its value tells whether it is handed down."""
    held = told.get(path, told.get("/", {}))
    return held.get(privilege) in (1, True, "1")


def backups_shown(told: Privileges) -> bool:
    """Whether lists of backups are complete."""
    owner = holds(told, "/storage", "Datastore.AllocateSpace") and holds(told, "/vms", "VM.Backup")
    return owner or holds(told, "/storage", "Datastore.Allocate")


def images_shown(told: Privileges) -> bool:
    """Whether lists of images are complete."""
    owner = holds(told, "/storage", "Datastore.Audit") and holds(told, "/vms", "VM.Config.Disk")
    return owner or holds(told, "/storage", "Datastore.Allocate")


def _hidden(told: Privileges) -> Iterator[Missing]:
    """Single guests and storages whose own rules take back what holds for all."""
    for begin, privilege, tables in (
        ("/vms/", "VM.Audit", GUEST_TABLES[:3]),
        ("/storage/", "Datastore.Audit", STORE_TABLES[:1]),
    ):
        if not holds(told, begin[:-1], privilege):
            continue
        for path in sorted(told):
            if path.startswith(begin) and not told[path].get(privilege):
                for table in tables:
                    yield Missing(table, "denied", f"{path}: {privilege} is taken back there", path)


def _but(told: Privileges, begin: str, privilege: str) -> str:
    """The few that are shown nevertheless, for the reader of the gap."""
    seen = sorted(path for path in told if path.startswith(begin) and told[path].get(privilege))
    if not seen:
        return ""
    return f", all but {', '.join(seen[:3])}{' and others' if len(seen) > 3 else ''}"
