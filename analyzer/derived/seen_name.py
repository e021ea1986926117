"""Machines that the evidence names, and whether each is a system of the audit.

Servers that storage comes from, peers it goes to, machines that repositories lie on, clients of backups, and
those that a host has spoken to on its network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from analyzer.copy_series import collected
from analyzer.derived.asset import Systems, systems_of
from analyzer.derived.network_mount import NetworkMount
from analyzer.derived.repository import Repository
from analyzer.joining import by_target, sources
from analyzer.site import Site, derived
from analyzer.wording import listed
from collectors.backup_tables import BackupRepository, BackupSession
from collectors.exposure_tables import NetworkNeighbour
from collectors.fact import Fact
from collectors.power_tables import Ups
from collectors.remote_disk_tables import IscsiSession, NvmePath
from collectors.replicated_disk_tables import DrbdVolume
from collectors.table import Row, column, table

_AWAY = frozenset(("s3", "cloud", "tape"))
_SELF = re.compile(r"localhost(?:\.localdomain)?|127\..*|::1|\?|")
_SOURCE = re.compile(r"(?:\w+@)?(?://([^/]+)/|\[([0-9a-f:]+)\]:|([\w.-]+):)", re.IGNORECASE)
_TRADDR = re.compile(r"traddr=([^,\s]+)")
_INNER = re.compile(r"docker|br-|virbr|veth|vnet|lxcbr|cni|podman|tap|fwbr|vmbr\d+v")
"""Bridges to containers and guests of the host itself."""


@table("seen_name", key=("name", "kind"))
class SeenName(Row):
    """A machine that is named in the evidence; for a network, all its unknown neighbours in one row."""

    name: str = column("Name or address; for a network its interface")
    kind: str = column(
        "storage server, storage peer, repository host, backup client, UPS server or network neighbours"
    )
    why: str = column("Where it is named")
    known: bool = column("It is a system of this audit")
    count: int = column("Machines that are meant", default=1)


@dataclass(slots=True)
class _Seen:
    """Names of one target while they are gathered: (kind, name) → where, and the facts."""

    named: dict[tuple[str, str], list[tuple[str, Fact[Any]]]] = field(default_factory=dict)

    def add(self, kind: str, name: str | None, why: str, fact: Fact[Any]) -> None:
        told = (name or "").strip().rstrip(".")
        if not _SELF.fullmatch(told.lower()):
            self.named.setdefault((kind, told), []).append((why, fact))


@derived(SeenName, out_of=(NetworkMount, NetworkNeighbour, BackupSession, BackupRepository))
def seen_names(site: Site) -> Iterator[Fact[SeenName]]:
    if not (site.targets or site.assets):
        return  # one saved answer, read by itself: which systems there are nobody has said
    known = site.once(systems_of)
    found: dict[str, _Seen] = {}
    _of_storage(site, found)
    _of_backups(site, found)
    for target in sorted(found):
        for (kind, name), told in sorted(found[target].named.items()):
            why = listed(list(dict.fromkeys(words for words, _ in told)), 3)
            row = SeenName(name=name, kind=kind, why=why, known=known.index.find(name) is not None)
            yield Fact(target, row, sources(*(fact for _, fact in told[:3])))
    for target, neighbours in sorted(by_target(site.facts(NetworkNeighbour)).items()):
        yield from _neighbours(known, target, neighbours)


def _of_storage(site: Site, found: dict[str, _Seen]) -> None:
    for mount in site.facts(NetworkMount):
        match = _SOURCE.match(mount.row.source)
        server = next((one for one in match.groups() if one), None) if match else None
        _of(found, mount).add("storage server", server, f"{mount.row.mountpoint} is mounted from it", mount)
    for session in site.facts(IscsiSession):
        portal = (session.row.portal or "").partition(",")[0]
        address = portal.rpartition(":")[0].strip("[]") or portal
        why = f"iSCSI target {session.row.target_name or session.row.session}"
        _of(found, session).add("storage server", address, why, session)
    for path in site.facts(NvmePath):
        if address_of := _TRADDR.search(path.row.address or ""):
            _of(found, path).add("storage server", address_of[1], f"NVMe at {path.row.controller}", path)
    for volume in site.facts(DrbdVolume):
        why = f"DRBD resource {volume.row.resource}"
        _of(found, volume).add("storage peer", volume.row.peer, why, volume)
    for ups in site.facts(Ups):
        _of(found, ups).add("UPS server", ups.row.name.partition("@")[2].partition(":")[0], ups.row.name, ups)


def _of_backups(site: Site, found: dict[str, _Seen]) -> None:
    for store in site.facts(Repository):
        if store.row.kind not in _AWAY and store.row.product != "declared":
            why = f"repository {store.row.name} lies on it"
            _of(found, store).add("repository host", store.row.host, why, store)
    strangers = {source for _, _, source in site.once(collected).strangers}
    for session in site.facts(BackupSession):
        if session.row.source not in strangers:  # whose copies are of nobody is told by that rule
            why = f"job {session.row.job} copies it"
            _of(found, session).add("backup client", session.row.source, why, session)


def _of(found: dict[str, _Seen], fact: Fact[Any]) -> _Seen:
    return found.setdefault(fact.target, _Seen())


def _neighbours(
    known: Systems, target: str, neighbours: list[Fact[NetworkNeighbour]]
) -> Iterator[Fact[SeenName]]:
    """One row for each interface: its neighbours that are no system, else that all are."""
    for interface in sorted({fact.row.interface for fact in neighbours}):
        if _INNER.match(interface):
            continue
        mine = [fact for fact in neighbours if fact.row.interface == interface]
        strange = [fact for fact in mine if known.index.find(fact.row.address) is None]
        row = SeenName(
            name=interface,
            kind="network neighbours",
            why=listed([fact.row.address for fact in strange or mine], 6),
            known=not strange,
            count=len(strange or mine),
        )
        yield Fact(target, row, sources(*(strange or mine)[:3]))
