"""Sources of backups that mean no system of the site, or several: retired ones, names that do not match."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.copy_series import collected
from analyzer.derived.repository import Repository
from analyzer.joining import sources
from analyzer.site import Site, derived
from analyzer.wording import listed
from collectors.backup_tables import RestorePoint
from collectors.fact import Fact
from collectors.guest_backup_tables import GuestBackup
from collectors.table import Row, column, table


@table("backup_stranger", key=("repository", "source"), label=("source", "repository_name"), root=("source",))
class BackupStranger(Row):
    """Copies of something that is no system of this audit."""

    repository: str = column("Identity of the repository")
    repository_name: str = column("What its people call it")
    source: str = column("What was copied, as the product names it")
    source_name: str | None = column("Its name there", default=None)
    points: int = column("Copies")
    newest_days: float | None = column("Age of the newest", default=None)
    rivals: str = column("Systems that bear that name, if several do", default="")


@derived(BackupStranger, out_of=(RestorePoint, GuestBackup))
def strangers(site: Site) -> Iterator[Fact[BackupStranger]]:
    found = site.once(collected).strangers
    if not found:
        return
    names = {fact.row.repository: fact.row.name for fact in site.facts(Repository)}
    for (target, repository, source), stranger in sorted(found.items()):
        if repository.startswith("store:"):
            continue  # a hypervisor's own leftovers are told by its numbers of guests
        known = stranger.newest > float("-inf")
        row = BackupStranger(
            repository=repository,
            repository_name=names.get(repository, repository),
            source=source,
            source_name=stranger.fact.row.source_name,
            points=stranger.points,
            newest_days=(site.at.timestamp() - stranger.newest) / 86_400 if known else None,
            rivals=listed(list(stranger.rivals), 4),
        )
        yield Fact(target, row, sources(stranger.fact))
