"""Whether the next copies still fit: free space of repositories, by what full copies took and by growth."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.backup_server_store import store_repository
from analyzer.copy_series import collected
from analyzer.derived.fill_forecast import Place, forecast
from analyzer.derived.repository import Repository
from analyzer.forecast import Point
from analyzer.replicas import REPLICATING_SYSTEMS
from analyzer.site import Site, derived
from collectors.backup_tables import BackupRepository
from collectors.fact import Fact
from collectors.hypervisor_tables import Datastore
from collectors.table import Row, column, table

_DAY = 86_400.0
ENDLESS = frozenset(("s3", "cloud", "tape"))
"""Kinds of repository that are not full one day, as far as anybody can tell."""

DEDUPLICATING = frozenset(("restic", "borg", "kopia", "pbs"))
"""The next copy takes only what changed, whatever the first one took."""


@table("repository_room", key=("repository",), label=("name",), root=("repository",))
class RepositoryRoom(Row):
    """The room that a repository has left."""

    repository: str = column("Identity of the repository")
    name: str = column("What its people call it")
    free_bytes: int | None = column("Free", default=None)
    next_bytes: int | None = column(
        "What the largest of the newest full copies of its systems took", default=None
    )
    next_of: str = column("System that this is a copy of", default="")
    days_to_full: float | None = column(
        "Days until it is full if it grows as over the earlier audits; None: no trend", default=None
    )
    samples: int = column("Audits with its used space", default=0)


@derived(RepositoryRoom, out_of=(Repository,))
def rooms(site: Site) -> Iterator[Fact[RepositoryRoom]]:
    stores = [
        fact
        for fact in site.facts(Repository)
        if fact.row.product not in ("declared", *REPLICATING_SYSTEMS) and fact.row.kind not in ENDLESS
    ]
    if not stores:
        return
    largest: dict[str, tuple[int, str]] = {}
    for (asset, repository), series in site.once(collected).series.items():
        took = series.chain.full_took()
        if took is not None:
            largest[repository] = max(largest.get(repository, (0, "")), (took, asset))
    past = _past(site)
    for fact in stores:
        row = fact.row
        rolling = row.product in DEDUPLICATING
        took, of = (None, "") if rolling else largest.get(row.repository, (None, ""))
        points = past.get(row.repository, [])
        place = Place(row.name, row.repository, row.size_bytes, row.free_bytes)
        told = forecast(place, points) if len(points) > 1 else None
        room = RepositoryRoom(
            repository=row.repository,
            name=row.name,
            free_bytes=row.free_bytes,
            next_bytes=took,
            next_of=of,
            days_to_full=told.days_to_full if told else None,
            samples=len(points),
        )
        yield Fact(fact.target, room, fact.sources)


def _past(site: Site) -> dict[str, list[Point]]:
    """Day and used bytes of each repository in all audits, oldest first."""
    found: dict[str, list[Point]] = {}
    for one in (*site.history, site):
        told = [(f.row.repository, f.row.size_bytes, f.row.free_bytes) for f in one.facts(BackupRepository)]
        told += [
            (store_repository(f.target, f.row.name), f.row.size_bytes, f.row.free_bytes)
            for f in one.facts(Datastore)
        ]
        for name, whole, free in told:
            points = found.setdefault(name, [])
            day = one.at.timestamp() / _DAY
            if whole is not None and free is not None and (not points or points[-1][0] != day):
                points.append((day, float(whole - free)))
    return found
