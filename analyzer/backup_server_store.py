"""Storages of a hypervisor that are a datastore of a backup server which is a target too: one place, not two.

Proxmox VE lists what lies on a storage of kind `pbs`, and the server lists it too. They are one if the name
of the datastore is the same and so is the server: by its name or address as configured, as a system of the
site, or, where neither tells (an address on one side, a name on the other), by a copy of the same guest made
in the same second. What only one side lists still counts, in the one repository.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from analyzer.derived.asset import Systems, systems_of
from analyzer.site import Site
from collectors.backup_tables import BackupRepository, RestorePoint
from collectors.fact import Fact
from collectors.guest_backup_tables import GuestBackup
from collectors.hypervisor_tables import Datastore

_KINDS = {"qemu": "vm", "lxc": "ct"}


@dataclass(slots=True)
class StoreTwins:
    """*repositories*: identity of a storage → of the datastore; *guests*: (datastore, source) → target:guest.

    *points*: (datastore, guest as the server names it, time), without namespaces.
    """

    repositories: dict[str, str] = field(default_factory=dict)
    guests: dict[tuple[str, str], str] = field(default_factory=dict)
    points: dict[tuple[str, str, datetime | None], str] = field(default_factory=dict)

    def lists(self, backup: Fact[GuestBackup]) -> bool:
        """Whether the backup server lists this copy itself."""
        place = self.repositories.get(store_repository(backup.target, backup.row.storage))
        return place is not None and (place, *_copy(backup.row)) in self.points


def store_repository(target: str, storage: str | None) -> str:
    """Identity of a hypervisor's storage as a repository."""
    return f"store:{target}/{storage or '?'}"


def twins_of(site: Site) -> StoreTwins:
    """Go through storages of kind pbs; where there is none, or no backup server, nothing is looked at."""
    found = StoreTwins()
    servers = {fact.row.repository for fact in site.facts(BackupRepository) if fact.row.product == "pbs"}
    stores = [fact for fact in site.facts(Datastore) if fact.row.kind == "pbs" and fact.row.device]
    if not servers or not stores:
        return found
    for fact in site.facts(RestorePoint):
        row = fact.row
        if row.repository in servers:
            found.points[row.repository, _bare(row.source), row.created_at] = row.source
    backups: dict[str, list[Fact[GuestBackup]]] = {}
    for backup in site.facts(GuestBackup):
        backups.setdefault(store_repository(backup.target, backup.row.storage), []).append(backup)
    known = site.once(systems_of)
    for store in stores:
        name = store_repository(store.target, store.row.name)
        twin = _twin(store.row.device or "", backups.get(name, []), servers, known, found)
        if twin:
            found.repositories[name] = twin
            found.guests |= dict(_guests(twin, backups.get(name, []), found))
    return found


def _twin(
    device: str, backups: list[Fact[GuestBackup]], servers: set[str], known: Systems, found: StoreTwins
) -> str | None:
    """The datastore that a storage means, as it is configured: `server:datastore`."""
    server, _, datastore = device.rpartition(":")
    alike = sorted(one for one in servers if one.rpartition("/")[2] == datastore)
    unsure = []
    for one in alike:
        host = one.removeprefix("pbs:").rpartition("/")[0]
        mine, theirs = known.index.find(server), known.index.find(host)
        if host.lower() == server.lower():
            return one
        if mine and theirs and mine.asset and theirs.asset:
            if mine.asset == theirs.asset:
                return one
            continue  # both are known, and they are two machines
        unsure.append(one)
    shared = [one for one in unsure if any((one, *_copy(copy.row)) in found.points for copy in backups)]
    return shared[0] if len(shared) == 1 else None


def _guests(
    twin: str, backups: list[Fact[GuestBackup]], found: StoreTwins
) -> Iterator[tuple[tuple[str, str], str]]:
    """The server's word for a guest, with its namespace → the guest of that hypervisor."""
    for backup in backups:
        source = found.points.get((twin, *_copy(backup.row)))
        if source is not None:
            yield (twin, source), f"{backup.target}:{backup.row.guest}"


def _copy(row: GuestBackup) -> tuple[str, datetime | None]:
    kind, _, number = (row.guest or "").partition("/")
    return f"{_KINDS.get(kind, kind)}/{number}", row.created_at


def _bare(source: str) -> str:
    """Without the namespace: vm/101."""
    return "/".join(source.split("/")[-2:])
