"""Machines that could overwrite a repository because they have it mounted."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.derived.filesystem import Filesystem
from analyzer.fate import Fates, Node
from analyzer.guest_places import within
from analyzer.site import Site
from collectors.backup_tables import BackupRepository


def writers(site: Site, row: BackupRepository, nodes: Sequence[Node], fates: Fates) -> list[str]:
    """Other targets on which the repository is mounted so that it can be written to."""
    mine = {(target, node.removeprefix("mount:")) for target, node in nodes if node.startswith("mount:")}
    found = []
    for fact in site.facts(Filesystem):
        if not fact.row.network or fact.row.read_only is not False:
            continue
        node = (fact.target, f"mount:{fact.row.mountpoint}")
        below = {(t, n.removeprefix("mount:")) for t, n in fates.needs([node]) if n.startswith("mount:")}
        direct = row.location and fact.row.source and within(row.location, fact.row.source)
        if direct or (below - {(fact.target, fact.row.mountpoint)}) & mine:
            found.append(fact.target)
    return sorted(set(found))
