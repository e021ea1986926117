"""Layers that XCP-ng has yet to merge, and snapshots that are still attached to a control domain."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.ages import hours_between
from analyzer.joining import by_target, grouped, sources
from analyzer.site import Site, derived
from collectors.fact import Fact
from collectors.hypervisor_tables import Datastore, DiskImage, GuestDisk
from collectors.table import Row, column, table
from collectors.xen_tables import CoalesceLog


@table("xen_store", key=("storage",), label=("name",), root=("storage",))
class XenStore(Row):
    """A storage repository with the layers that wait to be merged."""

    storage: str = column("UUID of the repository")
    name: str = column("Its name")
    layers: int = column("Layers that are no disks of their own")
    waiting: int | None = column(
        "Of these, with one image above them, and so to be merged; None: not told", default=None
    )
    waiting_bytes: int | None = column("Space they take", default=None)
    free_bytes: int | None = column("Free on the repository", default=None)
    logged: bool = column("The log of the storage manager was read", default=False)
    failures: int = column("Failures it tells since the last good merge", default=0)
    failing_hours: float | None = column("Since the first of them", default=None)
    said: str | None = column("What the last one said", default=None)


@table("attached_snapshot", key=("image",), label=("name",), root=("image",))
class AttachedSnapshot(Row):
    """The state of a disk at one time that is attached to a control domain, and so to a backup or import."""

    image: str = column("UUID of the virtual disk")
    name: str | None = column("Its name", default=None)
    domain: str = column("Control domain it is attached to")
    age_hours: float | None = column("Age of the state; None: not told", default=None)


@derived(XenStore, out_of=(DiskImage, Datastore, CoalesceLog))
def xen_store(site: Site) -> Iterator[Fact[XenStore]]:
    stores = {(f.target, f.row.datastore.removeprefix("uuid:")): f for f in site.facts(Datastore)}
    logs = by_target(site.facts(CoalesceLog))
    for target, facts in by_target(site.facts(DiskImage)).items():
        mine = [fact for fact in facts if fact.row.storage]
        above = grouped([fact for fact in mine if fact.row.backing], lambda row: row.backing)
        for storage, images in grouped(mine, lambda row: row.storage or "").items():
            store = stores.get((target, storage))
            log = logs.get(target, [None])[0]
            layers = [fact for fact in images if fact.row.managed is False]
            untold = any(fact.row.managed is None for fact in images)
            waiting = [fact for fact in layers if len(above.get(fact.row.path, ())) == 1]
            row = XenStore(
                storage=storage,
                name=store.row.name if store else storage,
                layers=len(layers),
                waiting=None if untold else len(waiting),
                waiting_bytes=_added(waiting),
                free_bytes=store.row.free_bytes if store else None,
                logged=log is not None,
                failures=log.row.failures if log else 0,
                failing_hours=hours_between(log.row.first_failed_at, site.at) if log else None,
                said=log.row.said if log else None,
            )
            yield Fact(target, row, sources(store, log, *waiting[:5]))


@derived(AttachedSnapshot, out_of=(GuestDisk, DiskImage))
def attached_snapshot(site: Site) -> Iterator[Fact[AttachedSnapshot]]:
    images = {(f.target, f.row.path): f for f in site.facts(DiskImage) if f.row.snapshot}
    for disk in site.facts(GuestDisk):
        image = images.get((disk.target, disk.row.path or ""))
        if image is not None and disk.row.attached:
            row = AttachedSnapshot(
                image=image.row.path,
                name=image.row.name,
                domain=disk.row.guest_name or disk.row.guest,
                age_hours=hours_between(image.row.created_at, site.at),
            )
            yield Fact(disk.target, row, sources(image, disk))


def _added(facts: list[Fact[DiskImage]]) -> int | None:
    sizes = [fact.row.used_bytes for fact in facts]
    return None if None in sizes else sum(size or 0 for size in sizes)
