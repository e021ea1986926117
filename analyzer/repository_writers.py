"""Machines that could overwrite a repository because they have it mounted."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.copy_series import collected
from analyzer.derived.asset import BACKUP_SYSTEMS, REPOSITORY_SYSTEMS, systems_of
from analyzer.derived.filesystem import Filesystem
from analyzer.fate import Fates, Node
from analyzer.guest_places import within
from analyzer.site import Site
from collectors.backup_tables import BackupRepository


def writers(site: Site, row: BackupRepository, nodes: Sequence[Node], fates: Fates) -> list[str]:
    """Targets on which the repository is mounted so that it can be written to, sorted.

    Where a machine found the repository on such a mount of its own, it counts unless it keeps copies of
    others there: then it is what makes the backups, and has to write.
    """
    mine = {(target, node.removeprefix("mount:")) for target, node in nodes if node.startswith("mount:")}
    found = []
    for fact in site.facts(Filesystem):
        if not fact.row.network or fact.row.read_only is not False:
            continue
        node = (fact.target, f"mount:{fact.row.mountpoint}")
        below = {(t, n.removeprefix("mount:")) for t, n in fates.needs([node]) if n.startswith("mount:")}
        direct = row.location and fact.row.source and within(row.location, fact.row.source)
        place = (fact.target, fact.row.mountpoint)
        own = place in mine and _keeps_its_own(site, row.repository, fact.target)
        if direct or own or (below - {place}) & mine:
            found.append(fact.target)
    return sorted(set(found))


def _keeps_its_own(site: Site, repository: str, target: str) -> bool:
    """Whether a machine of production keeps copies in a repository, and no other machine does."""
    if site.systems.get(target) in BACKUP_SYSTEMS | REPOSITORY_SYSTEMS:
        return False
    drafts = site.once(systems_of).drafts
    owners = {asset for asset, held in site.once(collected).series if held == repository}
    return all(drafts[asset].target == target for asset in owners if asset in drafts)
