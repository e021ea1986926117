"""Which storage a guest's disk lies on: a file system of the host, else a datastore of the hypervisor."""

from __future__ import annotations

import re

from analyzer.derived.filesystem import Filesystem
from analyzer.joining import by_target
from analyzer.site import Site
from collectors.fact import Fact
from collectors.frozen import frozen
from collectors.hypervisor_tables import Datastore, Guest, GuestDisk, GuestSnapshot

_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
"""How a path of Windows begins."""


@frozen
class Place:
    """A storage. *id*: fs:MOUNTPOINT or datastore:IDENTITY, the same for all disks on it."""

    id: str
    name: str
    size_bytes: int | None
    free_bytes: int | None
    mountpoint: str | None = None
    device: str | None = None
    fact: Fact[Filesystem] | Fact[Datastore] | None = None


class Places:
    """Finds the storage of disks of every target."""

    def __init__(self, site: Site) -> None:
        self._systems = by_target(site.facts(Filesystem))
        self._stores = by_target(site.facts(Datastore))
        self._by_name = {
            (fact.target, name): fact
            for fact in site.facts(Datastore)
            for name in (fact.row.name, fact.row.datastore)
        }
        self._hosts = {(fact.target, fact.row.guest): fact.row.host for fact in site.facts(Guest)}
        self._kept: dict[tuple[str, str | None, str | None, str | None], Place | None] = {}

    def of(self, target: str, disk: GuestDisk) -> Place | None:
        """The storage of a disk; None if it cannot be told."""
        key = (target, disk.storage, disk.path, self._hosts.get((target, disk.guest)))
        if key not in self._kept:
            self._kept[key] = self._find(*key)
        return self._kept[key]

    def _find(self, target: str, storage: str | None, path: str | None, host: str | None) -> Place | None:
        store = self._by_name.get((target, storage)) if storage else None
        # nodes of a cluster have storages of the same name that are not the same
        store = self._by_name.get((target, f"name:{host}/{storage}"), store)
        where = path if path and (path.startswith("/") or _DRIVE.match(path)) else None
        if where and where.startswith("/dev/"):
            return Place(f"device:{where}", where, None, None, device=where)
        system = self._system(target, where) if where and store is None else None
        if system is None and store is not None:
            system = self._system(target, _local(store.row))
        if system is not None:
            row = system.row
            main = row.alias_of or row.mountpoint
            return Place(
                f"fs:{main}", main, row.size_bytes, row.available_bytes, row.mountpoint, row.device, system
            )
        store = store or self._store(target, where)
        return self.of_store(store) if store is not None else None

    def of_store(self, store: Fact[Datastore]) -> Place:
        """A datastore as a storage; the file system it lies on if that is one of this host."""
        system = self._system(store.target, _local(store.row))
        if system is not None:
            row = system.row
            main = row.alias_of or row.mountpoint
            return Place(
                f"fs:{main}", main, row.size_bytes, row.available_bytes, row.mountpoint, row.device, system
            )
        row_of_store = store.row
        return Place(
            f"datastore:{row_of_store.datastore}",
            row_of_store.name,
            row_of_store.size_bytes,
            row_of_store.free_bytes,
            fact=store,
        )

    def _system(self, target: str, path: str | None) -> Fact[Filesystem] | None:
        """The file system whose mountpoint is the longest that the path begins with."""
        found = [
            fact
            for fact in self._systems.get(target, ())
            if path and within(path, fact.row.mountpoint) and not fact.row.network
        ]
        return max(found, key=lambda fact: len(fact.row.mountpoint), default=None)

    def _store(self, target: str, path: str | None) -> Fact[Datastore] | None:
        found = [
            fact
            for fact in self._stores.get(target, ())
            if path and fact.row.device and within(path, fact.row.device)
        ]
        return max(found, key=lambda fact: len(fact.row.device or ""), default=None)


def _local(store: Datastore) -> str | None:
    """The folder of a datastore that is one on the host itself."""
    return store.device if store.kind in ("dir", "fs") and (store.device or "").startswith("/") else None


def within(path: str, folder: str) -> bool:
    """Whether the path lies in the folder. In paths of Windows, upper and lower case are the same."""
    if _DRIVE.match(path):
        path, folder = (one.lower().replace("\\", "/") for one in (path, folder))
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def guests_of(site: Site) -> list[Fact[Guest]]:
    """The guests, each once: a list without identities repeats by name what others tell by identity."""
    named = {(f.target, f.row.name) for f in site.facts(Guest) if not f.row.guest.startswith("name:")}
    found: dict[tuple[str, str], Fact[Guest]] = {}
    for fact in site.facts(Guest):
        if not (fact.row.guest.startswith("name:") and (fact.target, fact.row.name) in named):
            found.setdefault((fact.target, fact.row.guest), fact)
    return list(found.values())


def snapshots_by_guest(site: Site) -> dict[tuple[str, str], list[Fact[GuestSnapshot]]]:
    """The snapshots of each guest of each target; of a guest known by name only, by its name."""
    found: dict[tuple[str, str], list[Fact[GuestSnapshot]]] = {}
    for fact in site.facts(GuestSnapshot):
        found.setdefault((fact.target, fact.row.guest), []).append(fact)
    return found
