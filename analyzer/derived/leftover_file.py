"""Virtual disk files on datastores, and whether a registered machine of the site refers to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from analyzer.joining import sources
from analyzer.site import Site, derived
from collectors.fact import Fact
from collectors.hypervisor_tables import Datastore, GuestDisk
from collectors.table import Row, column, table
from collectors.vsphere_tables import DatastoreFile, GuestFiles

_PART = re.compile(r"-(?:flat|delta|sesparse|rdmp?|ctk)(?=\.vmdk$)", re.IGNORECASE)
_DELTA = re.compile(r"-(?:delta|sesparse)\.vmdk$|-\d{6}\.vmdk$", re.IGNORECASE)
_SYSTEM = re.compile(r"^(?:\.|contentlib-|(?:fcd|catalog|vmkdump)/|vvol|(?:.*/)?hbr)", re.IGNORECASE)
"""Folders of content libraries, first class disks, replication and vSphere itself: no machine owns them."""


@table("leftover_file", key=("path",), root=("path",))
class LeftoverFile(Row):
    """A virtual disk, or a part of one, that the datastore browser lists."""

    path: str = column("Its descriptor, as vSphere writes paths")
    datastore: str = column("Name of the datastore")
    kind: str = column("delta, tracking (changed blocks only) or disk")
    files: str = column("Files of it, newline-separated")
    size_bytes: int | None = column("Space that they take; None if of one it was not told", default=None)
    quiet_hours: float | None = column("Since the newest of them was written to", default=None)
    referenced: bool = column("A registered machine or template refers to it", default=False)
    beside: str | None = column("Registered machine whose files lie in the same folder", default=None)
    references_known: bool = column("The files of every machine were told", default=True)
    shared: bool | None = column("Other hosts reach the datastore, perhaps of another vCenter", default=None)


@derived(LeftoverFile, out_of=(DatastoreFile, GuestFiles, GuestDisk, Datastore))
def leftover_file(site: Site) -> Iterator[Fact[LeftoverFile]]:
    if not site.facts(DatastoreFile):
        return
    stores = {(f.target, f.row.name): f.row for f in site.facts(Datastore)}
    used, folders = _used(site, stores)
    blind = {gap.target for gap in site.gaps if gap.table in (GuestFiles, GuestDisk)}
    disks: dict[tuple[str, str, str], list[Fact[DatastoreFile]]] = {}
    for fact in site.facts(DatastoreFile):
        store = fact.row.datastore
        disks.setdefault((fact.target, store, _PART.sub("", fact.row.path)), []).append(fact)
    for (target, store, path), facts in disks.items():
        place = _identity(target, store, stores)
        inside = [_inside(one.row.path) for one in facts] + [_inside(path)]
        if _SYSTEM.match(inside[-1]):
            continue
        referenced = any((place, one) in used for one in inside)
        beside = folders.get((place, inside[-1].rpartition("/")[0]))
        row = _row(site, [one.row for one in facts], path, beside, stores.get((target, store)))
        row = replace(row, referenced=referenced, references_known=target not in blind)
        yield Fact(target, row, sources(*facts))


def _used(
    site: Site, stores: dict[tuple[str, str], Datastore]
) -> tuple[set[tuple[str, str]], dict[tuple[str, str], str]]:
    """Every file that a machine of any target refers to, and whose machine's folders they lie in."""
    used: set[tuple[str, str]] = set()
    folders: dict[tuple[str, str], str] = {}
    told = [(f.target, f.row.guest_name, f.row.files.split("\n")) for f in site.facts(GuestFiles)]
    told += [(f.target, f.row.guest_name, [f.row.path or ""]) for f in site.facts(GuestDisk)]
    for target, guest, paths in told:
        for path in filter(None, paths):
            place = _identity(target, _store(path), stores)
            used.add((place, _inside(path)))
            used.add((place, _inside(_PART.sub("", path))))
            folders.setdefault((place, _inside(path).rpartition("/")[0]), guest)
    return used, folders


def _identity(target: str, store: str, stores: dict[tuple[str, str], Datastore]) -> str:
    """The same for a datastore that two vCenters list."""
    row = stores.get((target, store))
    return row.datastore if row is not None and row.datastore.startswith("uuid:") else f"{target}\n{store}"


def _store(path: str) -> str:
    return path[1:].partition("]")[0]


def _inside(path: str) -> str:
    return path.partition("]")[2].strip()


def _row(
    site: Site, files: list[DatastoreFile], path: str, beside: str | None, store: Datastore | None
) -> LeftoverFile:
    sizes = [one.size_bytes for one in files]
    times = [one.modified_at for one in files if one.modified_at is not None]
    names = [one.path for one in files]
    tracking = all(name.lower().endswith("-ctk.vmdk") for name in names)
    return LeftoverFile(
        path=path,
        datastore=files[0].datastore,
        kind="tracking" if tracking else "delta" if any(map(_DELTA.search, [path, *names])) else "disk",
        files="\n".join(sorted(names)),
        size_bytes=None if None in sizes else sum(size or 0 for size in sizes),
        quiet_hours=(site.at - max(times)).total_seconds() / 3600 if len(times) == len(files) else None,
        beside=beside,
        shared=store.shared if store is not None else None,
    )
