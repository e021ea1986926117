"""Repositories of backups: where each lies, how well it is kept, and who can reach it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from analyzer.attachment import Attachment, attachment
from analyzer.backup_server_store import store_repository, twins_of
from analyzer.copy_series import in_use
from analyzer.declared import DeclaredCopy, DeclaredKey, DeclaredPlace, DeclaredRepository
from analyzer.derived.asset import Systems, systems_of
from analyzer.fate import Fates, Node, fates_of
from analyzer.joining import first, row_of, sources
from analyzer.replicas import replicas_of
from analyzer.repository_names import means
from analyzer.repository_writers import writers
from analyzer.scale_out import whole_of
from analyzer.site import Site, derived
from analyzer.storage_health import StorageHealth
from analyzer.wording import listed
from collectors.backup_tables import BackupRepository
from collectors.fact import Fact
from collectors.guest_backup_tables import GuestBackup
from collectors.hypervisor_tables import Datastore
from collectors.table import Row, column, table


@table("repository", key=("repository",), label=("name",), root=("repository",))
class Repository(Row):
    """A place where copies lie, with what is known of it from its product, its host and `site.toml`."""

    repository: str = column("Identity")
    name: str = column("What its people call it")
    product: str = column("restic, borg, pbs, veeam, vzdump, declared and so on")
    kind: str | None = column("local, sftp, nfs, s3, tape and so on", default=None)
    host: str | None = column("System that it lies on", default=None)
    path: str | None = column("Folder or storage there", default=None)
    nodes: str = column(
        "Where it enters the dependency graph: target and node, newline-separated", default=""
    )
    located: bool = column("It is known which disks, or at least which host, it lies on", default=False)
    place: str | None = column("Where it stands", default=None)
    admin: str | None = column("Credentials that administer it", default=None)
    size_bytes: int | None = column("Capacity", default=None)
    free_bytes: int | None = column("Free", default=None)
    holds: bool = column("Copies were seen in it", default=True)
    reachable: bool | None = column("It could be opened", default=None)
    offline: bool | None = column("Out of reach between backups", default=None)
    append_only: bool | None = column("Clients can add and cannot delete", default=None)
    lock_mode: str | None = column("compliance, governance, hardened, none", default=None)
    lock_days: float | None = column("For how long a copy cannot be deleted", default=None)
    encrypted: bool | None = column("Copies are encrypted", default=None)
    can_delete: bool | None = column("Credentials on production machines may delete copies", default=None)
    keys_kept: str | None = column("Where its key is kept, newline-separated; None: not told", default=None)
    keys_inside: str = column("Systems of the site, if its key is kept on nothing else", default="")
    key_tested_days: float | None = column("Since a key from such a place was last used", default=None)
    locks: int | None = column("Locks held on it", default=None)
    locked_hours: float | None = column("For how long the oldest lock is held", default=None)
    cleaned_days: float | None = column("Since the last prune or garbage collection", default=None)
    cleaning_outcome: str | None = column("How that ended", default=None)
    sick: str = column("What is wrong with the storage that it lies on", default="")
    redundancy: int | None = column("Disks that its storage can still lose; None: not known", default=None)
    writable_on: str = column("Targets that have it mounted writable, newline-separated", default="")
    restore_bytes_per_second: float | None = column("Measured speed of a restore, as declared", default=None)
    media: str | None = column("disk, tape, cloud, removable disk", default=None)
    attached: bool | None = column(
        "Where it counts as offline: its disk hangs on its machine; None: nobody looked", default=None
    )
    attached_hours: float | None = column("For how long it has been attached, at least", default=None)
    attached_audits: int = column("Audits in a row that saw it attached", default=0)

    @property
    def out_of_reach(self) -> bool | None:
        """Whether an intruder with every password of production cannot destroy its copies. None: not told."""
        if self.offline or self.lock_mode in ("compliance", "hardened"):
            return True
        if self.lock_mode in ("none", "governance") or self.offline is False or self.append_only is False:
            return False
        return None


@dataclass(slots=True)
class _Draft:
    """A repository while it is put together."""

    row: BackupRepository
    facts: list[Fact[Any]] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    host: str | None = None


@derived(Repository, out_of=(BackupRepository,))
def repositories(site: Site) -> Iterator[Fact[Repository]]:
    drafts = list(_drafts(site))
    if not drafts:
        return
    known = site.once(systems_of)
    fates = site.once(fates_of)
    told = list(site.facts(DeclaredRepository))
    health = StorageHealth(site)
    keys = {fact.row.opens.lower(): fact for fact in site.facts(DeclaredKey)}
    places = {fact.row.name.lower(): fact.row for fact in site.facts(DeclaredPlace)}
    saying = [next((fact for fact in told if means(fact.row.name, one.row)), None) for one in drafts]
    for draft, said in zip(drafts, saying, strict=True):
        _locate(draft, row_of(said), known, fates)
    _put_together(drafts)
    for draft, said in zip(drafts, saying, strict=True):
        key = next((fact for name, fact in keys.items() if means(name, draft.row)), None)
        yield Fact(
            draft.facts[0].target,
            _row(site, draft, row_of(said), row_of(key), places, fates, health),
            sources(*draft.facts, said, key),
        )


def _drafts(site: Site) -> Iterator[_Draft]:
    seen: dict[str, _Draft] = {}
    for fact in site.facts(BackupRepository):
        draft = seen.setdefault(fact.row.repository, _Draft(fact.row))
        draft.facts.append(fact)
    replicas = site.once(replicas_of)
    for replica in replicas.repositories:
        name = replica.row.repository
        seen.setdefault(name, _Draft(replica.row, [replica], [replicas.pools[name]]))
    twins = site.once(twins_of).repositories
    stores = {(fact.target, fact.row.name): fact for fact in site.facts(Datastore)}
    for backup in site.facts(GuestBackup):
        name = store_repository(backup.target, backup.row.storage)
        if name in seen or twins.get(name) in seen:
            continue
        store = stores.get((backup.target, backup.row.storage or ""))
        row = store.row if store else None
        draft = seen[name] = _Draft(
            BackupRepository(
                repository=name,
                name=f"{backup.row.storage or 'unnamed storage'} of {backup.target}",
                product="vzdump",
                kind=row.kind if row else None,
                location=row.device if row else None,
                size_bytes=row.size_bytes if row else None,
                free_bytes=row.free_bytes if row else None,
                reachable=row.accessible if row else None,
            ),
            [store or backup],
        )
        draft.nodes = [
            (fact.target, f"datastore:{fact.row.datastore}")
            for fact in site.facts(Datastore)
            if fact.target == backup.target and fact.row.name == backup.row.storage
        ]
    for copy in site.facts(DeclaredCopy):
        name = f"declared:{copy.row.where}"
        if name not in seen:
            seen[name] = _Draft(_declared(name, copy.row), [copy])
    yield from seen.values()


def _declared(name: str, row: DeclaredCopy) -> BackupRepository:
    return BackupRepository(
        repository=name,
        name=row.where,
        product="declared",
        kind=row.media,
        offline=row.offline,
        lock_mode=row.lock_mode,
        encrypted=row.encrypted,
    )


def bears(row: Repository, told: str) -> bool:
    """Whether a job that names its repository so writes into this one."""
    place = told.partition(":")[2] or told
    mine = {row.repository.lower(), row.name.lower(), (row.path or "").lower()}
    return bool({told.lower(), place.lower(), place.rpartition(":")[2].lower()} & mine - {""})


def _put_together(drafts: list[_Draft]) -> None:
    """What is made of other repositories lies where they lie."""
    known = {draft.row.repository: draft for draft in drafts}
    for draft in drafts:
        parts = [known[name] for name in (draft.row.extents or "").split("\n") if name in known]
        if parts:
            draft.row = whole_of(draft.row, [part.row for part in parts])
            draft.nodes += [node for part in parts for node in part.nodes]
            draft.facts += [fact for part in parts for fact in part.facts[:1]]


def _locate(draft: _Draft, said: DeclaredRepository | None, known: Systems, fates: Fates) -> None:
    """The host it lies on, and where it enters the graph there."""
    row = draft.row
    host, path = (said.host if said else None) or row.host, (said.path if said else None) or row.path
    location = row.location or ""
    if host is None and ":/" in location and not location.startswith("/") and "://" not in location:
        host, _, rest = location.partition(":/")
        path = path or "/" + rest
    match = known.index.find(host) if host else None
    system = known.drafts.get(match.asset) if match else None
    if row.repository.startswith("store:") and not draft.nodes and (folder := row.name.partition(" of ")[0]):
        target = draft.facts[0].target
        draft.nodes += [fates.place(target, folder)] if folder.startswith("/") else []
    if system is not None:
        draft.host = system.name
        if system.target:
            draft.nodes.append(
                fates.place(system.target, path) if path else (system.target, f"host:{system.target}")
            )
        elif system.guest is not None:
            draft.nodes.append((system.guest.target, f"guest:{system.guest.row.guest}"))
    elif host:
        draft.host = host


def _row(
    site: Site,
    draft: _Draft,
    said: DeclaredRepository | None,
    key: DeclaredKey | None,
    places: dict[str, DeclaredPlace],
    fates: Fates,
    health: StorageHealth,
) -> Repository:
    row = draft.row
    needs = fates.needs(draft.nodes)
    copies = [fact.row for fact in draft.facts if isinstance(fact.row, DeclaredCopy)]
    path = (said.path if said else None) or row.path
    offline = first(said.offline if said else None, row.offline)
    hangs = attachment(site, draft.host, path) if offline else Attachment()
    return Repository(
        repository=row.repository,
        name=row.name,
        product=row.product,
        kind=row.kind,
        host=draft.host,
        path=path,
        nodes="\n".join(f"{target}\t{node}" for target, node in dict.fromkeys(draft.nodes)),
        located=bool(draft.nodes),
        place=first(*(copy.place for copy in copies), _said(places, "place", draft)),
        admin=first(*(copy.admin for copy in copies), _said(places, "admin", draft)),
        size_bytes=row.size_bytes,
        free_bytes=row.free_bytes,
        holds=row.repository in site.once(in_use),
        reachable=row.reachable,
        offline=offline,
        attached=hangs.attached,
        attached_hours=hangs.hours,
        attached_audits=hangs.audits,
        append_only=row.append_only,
        lock_mode=first(said.lock_mode if said else None, row.lock_mode),
        lock_days=first(said.lock_days if said else None, row.lock_days),
        encrypted=first(row.encrypted, said.encrypted if said else None),
        can_delete=first(said.can_delete if said else None, _may_delete(draft)),
        keys_kept=key.kept if key else None,
        keys_inside=_inside(site, key.kept) if key else "",
        key_tested_days=_days(site, key.tested_at) if key else None,
        locks=row.locks,
        locked_hours=_hours(site, row.locked_at),
        cleaned_days=_days(site, row.cleaned_at),
        cleaning_outcome=row.cleaning_outcome,
        sick=health.of(needs),
        redundancy=health.redundancy(needs),
        writable_on="\n".join(writers(site, draft.row, draft.nodes, fates)),
        restore_bytes_per_second=said.restore_bytes_per_second if said else None,
        media=(said.media if said else None) or row.kind,
    )


def _may_delete(draft: _Draft) -> bool | None:
    """Whether any of the accounts that write copies may delete them."""
    told = [fact.row.can_delete for fact in draft.facts if isinstance(fact.row, BackupRepository)]
    return True if True in told else False if False in told else None


def _said(places: dict[str, DeclaredPlace], column_name: str, draft: _Draft) -> str | None:
    """What is declared of the repository, else of its host.

    What is said of all others is about production.
    """
    own = [place for name, place in places.items() if name != "*" and means(name, draft.row)]
    for place in (*own, places.get((draft.host or "").lower())):
        told = getattr(place, column_name, None)
        if told:
            return str(told)
    return None


def _inside(site: Site, kept: str) -> str:
    """The systems that the key is kept on, if all of its places are systems of the site."""
    found = [site.once(systems_of).index.find(place) for place in kept.split("\n") if place]
    inside = [match.asset for match in found if match is not None and match.asset]
    return listed(inside, 3) if len(inside) == len(found) else ""


def _hours(site: Site, at: Any) -> float | None:
    return (site.at - at).total_seconds() / 3600 if at else None


def _days(site: Site, at: Any) -> float | None:
    return (site.at - at).total_seconds() / 86_400 if at else None
