"""Names that one answer cannot tell and another one of the same target does.

`restic snapshots` does not say of which repository, `find` not on which host: their readers write `?`
(`restic:?`, `files:?:/srv/dumps`). Here it is replaced by what the other answers of the target tell; where
none does, by the repository's location or, as a last resort, the target's name. Restore points that name the
chain they are part of get the repository of that chain.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TypeVar

from collectors.backup_tables import (
    BackupChain,
    BackupCheck,
    BackupJob,
    BackupRepository,
    BackupServer,
    BackupSession,
    RestorePoint,
)
from collectors.block_tables import Host
from collectors.fact import Absent, Fact, Gap
from collectors.table import Row

R = TypeVar("R", bound=Row)
Told = Fact[Row] | Gap | Absent
_Names = dict[str, str]

_NAMED = (BackupRepository, RestorePoint, BackupChain, BackupJob, BackupSession, BackupCheck, BackupServer)
_OPEN = re.compile(r"([\w-]+):\?([:/].*)?", re.DOTALL)


def named(told: list[Told], target: str) -> list[Told]:
    """The same, with names in place of question marks."""
    if {type(one.row) for one in told if type(one) is Fact}.isdisjoint(_NAMED):
        return told
    facts = _out_of_chains(told)
    rows = [one.row for one in facts if isinstance(one, Fact)]
    repositories = [row for row in rows if isinstance(row, BackupRepository)]
    hosts = [row.hostname for row in rows if isinstance(row, Host)]
    # a share lies elsewhere: what is told without a host does not lie there too
    hosts += [row.host for row in repositories if row.host and row.host != "?" and row.kind != "smb"]
    host = hosts[0] if hosts else target
    identities = _identities(repositories, target) | _places(repositories, host)
    names = _names(repositories, identities, host)
    located = {
        f"{row.product}:{row.location}": _identity(row.repository, identities, host)
        for row in repositories
        if row.location
    }
    everywhere = identities | located
    sources = {row.point: row.source for row in rows if isinstance(row, RestorePoint) and row.source != "?"}
    return [
        _renamed(one, everywhere, host, names, sources)
        if isinstance(one, Fact) and type(one.row) in _NAMED
        else one
        for one in facts
    ]


def _out_of_chains(told: list[Told]) -> list[Told]:
    """The same, with the repository and the job of its chain at each copy, and of its copy at each check."""
    rows = [one.row for one in told if isinstance(one, Fact)]
    chains = {row.chain: row for row in rows if isinstance(row, BackupChain)}
    if not chains:
        return told
    places = {
        row.point: chains[row.repository].repository
        for row in rows
        if isinstance(row, RestorePoint) and row.repository in chains
    }
    return [_in_chain(one, chains, places) for one in told]


def _in_chain(one: Told, chains: dict[str, BackupChain], places: _Names) -> Told:
    if not isinstance(one, Fact):
        return one
    row = one.row
    match row:
        case RestorePoint() if (chain := chains.get(row.repository)) is not None:
            row = dataclasses.replace(row, repository=chain.repository, job=row.job or chain.job)
        case BackupCheck() if row.point in places and _OPEN.fullmatch(row.repository):
            row = _with(row, repository=places[row.point])
    return one if row is one.row else Fact(one.target, row, one.sources)


def _identities(repositories: list[BackupRepository], target: str) -> _Names:
    """Product → the identity of the only repository of that product."""
    told: dict[str, set[str]] = {}
    places: _Names = {}
    for row in repositories:
        open_name = _OPEN.fullmatch(row.repository)
        if open_name is None or (open_name[2] or "").startswith("/"):
            told.setdefault(row.product, set()).add(row.repository.replace(":?/", f":{target}/", 1))
        elif row.location:
            places.setdefault(row.product, f"{row.product}:{row.location}")
    sole = {product: min(names) for product, names in told.items() if len(names) == 1}
    return places | sole | {"": target}


def _places(repositories: list[BackupRepository], host: str) -> _Names:
    """`pgbackrest:?:repo1` → the place of it, which other hosts name too."""
    told: _Names = {}
    for row in repositories:
        if row.repository.startswith(f"{row.product}:?:") and row.host and row.path:
            told[row.repository] = f"{row.product}:{host if row.host == '?' else row.host}:{row.path}"
    return told


def _names(repositories: list[BackupRepository], identities: _Names, host: str) -> _Names:
    """Identity → what its people call it."""
    names: _Names = {}
    for row in repositories:
        if row.name:
            names.setdefault(_identity(row.repository, identities, host), row.name)
    return names


def _identity(repository: str, identities: _Names, host: str) -> str:
    open_name = _OPEN.fullmatch(repository)
    if open_name is None:
        return repository
    if (open_name[2] or "").startswith("/"):  # a name that counts on that server only
        return f"{open_name[1]}:{identities['']}{open_name[2]}"
    if open_name[2] is not None:
        return identities.get(repository) or f"{open_name[1]}:{host}{open_name[2]}"
    return identities.get(open_name[1]) or f"{open_name[1]}:{identities['']}"


def _renamed(one: Fact[Row], identities: _Names, host: str, names: _Names, sources: _Names) -> Fact[Row]:
    row = one.row
    match row:
        case BackupRepository():
            identity = _identity(row.repository, identities, host)
            row = _with(row, repository=identity, name=names.get(identity) or row.location or identity)
            row = _with(row, host=host) if row.host == "?" else row
            parts = [_identity(one, identities, host) for one in (row.extents or "").split("\n") if one]
            row = _with(row, extents="\n".join(parts)) if parts else row
        case RestorePoint():
            source = sources.get(row.point, "") if row.source == "?" else row.source
            source = identities[""] if source == "host:?" else source
            row = _with(row, repository=_identity(row.repository, identities, host), source=source)
        case BackupJob():
            if row.repository:
                identity = identities.get(row.repository) or _identity(row.repository, identities, host)
                row = _with(row, repository=identity)
            row = _with(row, server=identities[""]) if row.server == "?" else row
            row = _with(row, selects=identities[""]) if row.selects == "host:?" else row
        case BackupSession() | BackupServer() if row.server == "?":
            row = _with(row, server=identities[""])
        case BackupCheck() | BackupChain():
            row = _with(row, repository=_identity(row.repository, identities, host))
    return one if row is one.row else Fact(one.target, row, one.sources)


def _with(row: R, **told: str) -> R:
    """The row with these columns; itself if it has them."""
    if all(getattr(row, name) == value for name, value in told.items()):
        return row
    return dataclasses.replace(row, **told)
