"""Snapshots with their age, who made them, and the share of the disks that they hold."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.derived.guest_disk_state import GuestDiskState
from analyzer.guest_places import guests_of
from analyzer.joining import sources
from analyzer.site import Site, derived
from analyzer.snapshot_makers import SnapshotMakers
from analyzer.snapshot_names import owned, role_of, sort_of
from collectors.fact import Fact
from collectors.hypervisor_tables import DiskImage, Guest, GuestSnapshot
from collectors.table import Row, column, table

CLOCK_TOLERANCE_HOURS = 0.5
"""A snapshot so little younger than the audit is no sign of a wrong clock."""


@table("snapshot_state", key=("guest", "snapshot"), label=("guest_name", "name"), root=("guest",))
class SnapshotState(Row):
    """A snapshot of a guest, weighed against the time of the audit and the guest's disks."""

    guest: str = column("Identity of the guest")
    guest_name: str = column("Name of the guest", default="")
    snapshot: str = column("Identity of the snapshot")
    name: str = column("Its name")
    hypervisor: str | None = column("vmware, proxmox, libvirt, hyperv, xen and so on", default=None)
    sort: str = column("operator, schedule, backup, backup base, replication or template", default="operator")
    product: str = column("Product whose name it bears", default="")
    kind: str | None = column("standard, production, recovery, replica; internal or external", default=None)
    age_hours: float | None = column("Age; None: not told, or made after the audit", default=None)
    ahead_hours: float | None = column("How far after the audit it claims to be made", default=None)
    memory: bool | None = column("Holds the guest's memory", default=None)
    quiesced: bool | None = column("Made with the file systems at rest", default=None)
    size_bytes: int | None = column("Space that it holds", default=None)
    base_bytes: int | None = column("Sizes of the guest's disks together", default=None)
    share_percent: float | None = column("Space it holds, of these", default=None)
    owned: bool = column("Name or description tell a change, an owner or an expiry", default=False)
    creator: str | None = column("Who made it", default=None)
    role: str | None = column("What may run in the guest", default=None)
    tier: int | None = column("Importance of the guest by its owner", default=None)
    tools: str | None = column("Guest agent or tools", default=None)
    state: str | None = column("Where an operation on it stopped: prepare, delete", default=None)
    busy: bool = column("An operation of a backup holds the guest's lock", default=False)

    @property
    def said(self) -> str:
        """snapshot "before upgrade" of DC01, for a message."""
        of = f" of {self.guest_name}" if self.guest_name else ""
        return f'snapshot "{self.name[:80]}"{of}'


@derived(SnapshotState, out_of=(GuestSnapshot, Guest, GuestDiskState, DiskImage))
def snapshot_state(site: Site) -> Iterator[Fact[SnapshotState]]:
    guests = {(f.target, f.row.guest): f for f in site.once(guests_of)}
    sizes = {(f.target, f.row.path): f.row.used_bytes for f in site.facts(DiskImage)}
    bases: dict[tuple[str, str], list[int | None]] = {}
    for disk in site.facts(GuestDiskState):
        bases.setdefault((disk.target, disk.row.guest), []).append(disk.row.size_bytes)
    tiers = {asset.name.lower(): asset.tier for asset in site.assets if asset.tier is not None}
    makers = SnapshotMakers(site)  # a history of tasks that is not told takes nothing away from the rest
    for fact in site.facts(GuestSnapshot):
        key = (fact.target, fact.row.guest)
        guest, base = guests.get(key), bases.get(key, [])
        whole = sum(size or 0 for size in base) if base and None not in base else None
        held = _held(fact, sizes)
        age = (site.at - fact.row.created_at).total_seconds() / 3600 if fact.row.created_at else None
        maker = makers.of(fact, guest.row.reference if guest else None)
        creator = fact.row.creator or (maker.row.user if maker else None)
        row = _row(fact.row, guest.row if guest else None, age, held, whole, tiers, creator)
        yield Fact(fact.target, row, sources(fact, guest, maker))


def _held(fact: Fact[GuestSnapshot], sizes: dict[tuple[str, str], int | None]) -> int | None:
    """As the hypervisor tells it, else the space of the images that are written to since."""
    if fact.row.size_bytes is not None or not fact.row.files:
        return fact.row.size_bytes
    told = [sizes.get((fact.target, path)) for path in fact.row.files.split("\n")]
    return None if None in told else sum(size or 0 for size in told)


def _row(
    snapshot: GuestSnapshot,
    guest: Guest | None,
    age: float | None,
    held: int | None,
    whole: int | None,
    tiers: dict[str, int],
    creator: str | None,
) -> SnapshotState:
    name = snapshot.guest_name or (guest.name if guest else "")
    sort, product = sort_of(snapshot.name, snapshot.description, snapshot.kind, creator)
    ahead = age is not None and age < -CLOCK_TOLERANCE_HOURS
    return SnapshotState(
        guest=snapshot.guest,
        guest_name=name,
        snapshot=snapshot.snapshot,
        name=snapshot.name,
        hypervisor=guest.hypervisor if guest else None,
        sort="template" if guest is not None and guest.kind == "template" else sort,
        product=product,
        kind=snapshot.kind,
        age_hours=None if ahead or age is None else max(0.0, age),
        ahead_hours=-age if ahead and age is not None else None,
        memory=snapshot.memory,
        quiesced=snapshot.quiesced,
        size_bytes=held,
        base_bytes=whole,
        share_percent=100.0 * held / whole if held is not None and whole else None,
        owned=owned(snapshot.name, snapshot.description),
        creator=creator,
        role=role_of(name, guest.annotation if guest else None, guest.system if guest else None),
        tier=tiers.get(name.lower()),
        tools=guest.tools if guest else None,
        state=snapshot.state,
        busy=bool(guest and guest.lock and re.search("backup", guest.lock, re.IGNORECASE)),
    )
