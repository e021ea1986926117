"""The systems of a site: hosts that were asked, guests of its hypervisors, and what `site.toml` names.

A guest that was itself asked is one system, not two; a declared asset is the system whose name or identity it
bears.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from analyzer.asset_index import AssetIndex, guest_number, uuids
from analyzer.declared import DeclaredPlace, declared
from analyzer.derived.filesystem import Filesystem
from analyzer.guest_places import guests_of
from analyzer.joining import by_target, first, sources
from analyzer.site import Asset, Site, derived
from analyzer.snapshot_names import role_of
from collectors.block_tables import Host, HostIdentity
from collectors.fact import Fact
from collectors.hypervisor_tables import Guest, GuestDisk
from collectors.table import Row, column, table

REPOSITORY_SYSTEMS = frozenset(("restic", "borg", "files", "kopia", "duplicity"))
"""Targets that are a repository and no machine."""

HYPERVISOR_SYSTEMS = frozenset(("vsphere", "proxmox"))
BACKUP_SYSTEMS = frozenset(("pbs", "veeam", "bacula", "urbackup", "backuppc"))

RPO_HOURS = {1: 24.0, 2: 24.0, 3: 168.0}
"""Wanted where nobody said so, by tier."""


@table("asset", key=("asset",), label=("label",))
class System(Row):
    """A system that somebody would want back."""

    asset: str = column("Its name: of the target, else of the guest, else as declared")
    label: str = column("What its people call it")
    kind: str = column("machine, guest, hypervisor, backup server, or as declared: mail, data, database …")
    tier: int | None = column("Importance that its owner gave it; None: nobody did", default=None)
    owner: str = column("Who owns it", default="")
    declared: bool = column("site.toml names it", default=False)
    target: str | None = column("Target it was asked as", default=None)
    hypervisor: str | None = column("Target that runs it as a guest", default=None)
    guest: str | None = column("Identity of the guest there", default=None)
    joined_by: str = column("Why target, guest and declaration are taken for one system", default="")
    power: str | None = column("Of a guest: running, off, suspended", default=None)
    role: str | None = column(
        "What may run on it by its name or system: database, domain controller …", default=None
    )
    size_bytes: int | None = column("What would have to be restored", default=None)
    rpo_hours: float = column("How much loss its owner bears; by its tier where nobody said")
    rto_hours: float | None = column("How long its owner can do without it", default=None)
    rpo_stated: bool = column("Somebody said how much loss is borne", default=False)
    depends_on: str = column("Systems it needs, newline-separated, as declared", default="")
    unknown_dependencies: str = column("Names among them that mean no system of the site", default="")
    place: str | None = column("Where it stands", default=None)
    admin: str | None = column("Credentials that administer it", default=None)
    no_backup: bool = column("site.toml says that nothing backs it up", default=False)

    @property
    def said(self) -> str:
        """mail (mx1), for a message."""
        return self.asset if self.label == self.asset else f"{self.label} ({self.asset})"


_UNDECLARED = Asset("")


@dataclass(slots=True)
class _Draft:
    """A system while it is put together."""

    name: str
    target: str | None = None
    guest: Fact[Guest] | None = None
    wanted: Asset | None = None
    joined: list[str] = field(default_factory=list)
    facts: list[Fact[Any]] = field(default_factory=list)


@dataclass(slots=True)
class Systems:
    """All systems with the index that finds them by name. Made once for a site: :func:`systems_of`."""

    drafts: dict[str, _Draft] = field(default_factory=dict)
    index: AssetIndex = field(default_factory=AssetIndex)


def systems_of(site: Site) -> Systems:
    """The systems of a site and their names."""
    known = Systems()
    names: dict[str, list[Fact[Host]]] = by_target(site.facts(Host))
    identities = by_target(site.facts(HostIdentity))
    for target in site.targets:
        if site.systems.get(target) not in REPOSITORY_SYSTEMS:
            _take_target(known, target, names.get(target, []), identities.get(target, []))
    _take_guests(known, site)
    for wanted in site.assets:
        _take_declared(known, wanted)
    return known


def _take_target(
    known: Systems, target: str, hosts: list[Fact[Host]], identities: list[Fact[HostIdentity]]
) -> None:
    known.drafts[target] = _Draft(target, target=target, facts=[*hosts[:1], *identities[:1]])
    names = [target, *[fact.row.hostname for fact in hosts]]
    for fact in identities:
        row = fact.row
        names += [row.hostname or "", *(row.addresses or "").split()]
        known.index.add(target, "uuid", (*uuids(row.machine_uuid), row.machine_id))
        known.index.add(target, "serial", (row.serial,))
    known.index.add_host(target, *names)


def _take_guests(known: Systems, site: Site) -> None:
    virtual = {fact.target for fact in site.facts(Host) if fact.row.virtualization not in (None, "none")}
    guests = [fact for fact in site.once(guests_of) if fact.row.kind != "template"]
    counts: dict[str, int] = {}
    for fact in guests:
        counts[fact.row.name.lower()] = counts.get(fact.row.name.lower(), 0) + 1
    for fact in guests:
        name, identity = fact.row.name, fact.row.guest
        alone = counts[name.lower()] == 1
        match = known.index.find(identity) if identity.lower().startswith("uuid:") else None
        if match is None and alone and name in virtual:
            match = known.index.find(name)
        draft = known.drafts.get(match.asset) if match else None
        if draft is None or draft.guest is not None or draft.target == fact.target:
            own = name if alone and name not in known.drafts else f"{name} ({fact.target})"
            own = own if own not in known.drafts else f"{name} ({fact.target}, {identity})"
            draft = known.drafts[own] = _Draft(own)
        elif match:
            draft.joined.append(f"guest {name} of {fact.target}: {match.reason}")
        draft.guest = fact
        draft.facts.append(fact)
        known.index.add_host(draft.name, name)
        known.index.add(draft.name, "uuid", uuids(identity))
        known.index.add(draft.name, "number", (guest_number(identity),))
        known.index.add(draft.name, "declared", (f"{fact.target}:{identity}", identity))


def _take_declared(known: Systems, wanted: Asset) -> None:
    found = next(
        (
            match
            for name in (wanted.name, *wanted.known_as)
            if (match := known.index.find(name)) and match.asset
        ),
        None,
    )
    draft = known.drafts.get(found.asset) if found else None
    if draft is None or draft.wanted is not None:
        own = wanted.name if wanted.name not in known.drafts else f"{wanted.name} (declared)"
        draft = known.drafts[own] = _Draft(own)
    elif found and wanted.name != draft.name:
        draft.joined.append(f"declared as {wanted.name}: {found.reason}")
    draft.wanted = wanted
    known.index.add(draft.name, "declared", (wanted.name, *wanted.known_as))
    known.index.add_host(draft.name, wanted.name)


@derived(System, out_of=(Guest,))
def assets(site: Site) -> Iterator[Fact[System]]:
    known = site.once(systems_of)
    places = {fact.row.name.lower(): fact.row for fact in site.facts(DeclaredPlace)}
    sizes = _Sizes(site)
    for draft in known.drafts.values():
        wanted, label = draft.wanted or _UNDECLARED, draft.wanted.name if draft.wanted else draft.name
        guest = draft.guest.row if draft.guest else None
        needs, unknown = _needs(known, wanted)
        row = System(
            asset=draft.name,
            label=label,
            kind=wanted.kind or _kind(site, draft),
            tier=wanted.tier,
            owner=wanted.owner,
            declared=draft.wanted is not None,
            target=draft.target,
            hypervisor=draft.guest.target if draft.guest else None,
            guest=guest.guest if guest else None,
            joined_by="; ".join(draft.joined),
            power=guest.power if guest else None,
            role=role_of(label, guest.annotation if guest else None, guest.system if guest else None),
            size_bytes=first(wanted.size_bytes, sizes.of(draft.target, draft.guest)),
            rpo_hours=first(wanted.rpo_hours, RPO_HOURS[wanted.tier or 2]) or 24.0,
            rto_hours=wanted.rto_hours,
            rpo_stated=wanted.rpo_hours is not None,
            depends_on="\n".join(needs),
            unknown_dependencies="\n".join(unknown),
            place=_said(places, "place", draft, wanted.place),
            admin=_said(places, "admin", draft, wanted.admin),
            no_backup=wanted.no_backup,
        )
        facts = draft.facts or [declared(row, target=draft.name, where="assets")]
        yield Fact(draft.name, row, sources(*facts))


def _kind(site: Site, draft: _Draft) -> str:
    system = site.systems.get(draft.target or "", "")
    if system in HYPERVISOR_SYSTEMS:
        return "hypervisor"
    if system in BACKUP_SYSTEMS:
        return "backup server"
    return "guest" if draft.guest and not draft.target else "machine" if draft.target else "declared"


def _needs(known: Systems, wanted: Asset) -> tuple[list[str], list[str]]:
    needs: dict[str, None] = {}
    unknown = []
    for name in wanted.depends_on:
        match = known.index.find(name)
        if match and match.asset:
            needs[match.asset] = None
        else:
            unknown.append(name)
    return list(needs), unknown


def _said(places: dict[str, DeclaredPlace], column_name: str, draft: _Draft, own: str) -> str | None:
    """What is declared of the asset itself, else of its target or hypervisor, else of all."""
    hypervisor = draft.guest.target if draft.guest else ""
    for name in (draft.name, draft.target or "", hypervisor, "*"):
        told = places.get(name.lower())
        value = getattr(told, column_name) if told and name else None
        if own or value:
            return own or value
    return None


class _Sizes:
    """What lies on each host and in each guest, in bytes; file systems that are mounted twice count once."""

    def __init__(self, site: Site) -> None:
        self._hosts: dict[str, dict[str, int | None]] = {}
        self._guests: dict[tuple[str, str], list[int | None]] = {}
        for fact in site.facts(Filesystem):
            row = fact.row
            if not (row.network or row.read_only_medium or row.alias_of):
                held = self._hosts.setdefault(fact.target, {})
                held[row.device or row.mountpoint] = row.used_bytes
        for disk in site.facts(GuestDisk):
            told = self._guests.setdefault((disk.target, disk.row.guest), [])
            told.append(first(disk.row.used_bytes, disk.row.size_bytes))

    def of(self, target: str | None, guest: Fact[Guest] | None) -> int | None:
        """None if a part was not told."""
        values: Collection[int | None] = self._hosts.get(target, {}).values() if target else ()
        if not values and guest is not None:
            values = self._guests.get((guest.target, guest.row.guest), ())
        told = [value for value in values if value is not None]
        return sum(told) if told and len(told) == len(values) else None
