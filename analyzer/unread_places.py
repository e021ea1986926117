"""Repositories and backup systems that told of copies, or should have and did not, and why."""

from __future__ import annotations

from analyzer.replicas import unseen_pools
from analyzer.site import Site
from collectors.backup_tables import BackupRepository, RestorePoint
from collectors.cluster_tables import NodeStorage
from collectors.guest_backup_tables import GuestBackup

_WANTED = (RestorePoint, BackupRepository, GuestBackup)


def unread_places(site: Site) -> dict[str, str]:
    """What could not be read → what its first answer said; nothing is said of pools without a listing."""
    found: dict[str, str] = {}
    for gap in site.gaps:
        if gap.table in _WANTED and gap.reason != "not-asked":
            found.setdefault(gap.subject or gap.target, " ".join(gap.detail.split())[:300])
    return found | {pool: "" for pool in unseen_pools(site) if pool not in found}


def shut(site: Site) -> frozenset[str]:
    """Targets that told nothing at all of their copies."""
    return frozenset(
        gap.target
        for gap in site.gaps
        if gap.table is RestorePoint and gap.reason != "not-asked" and not gap.subject
    )


def listings(site: Site) -> dict[str, str]:
    """Hypervisors whose storages were looked through for backups of their guests, found or not."""
    seen = {fact.target for fact in site.facts(GuestBackup)} | {
        fact.target for fact in site.facts(NodeStorage)
    }
    seen |= {one.target for one in site.absences if one.table is GuestBackup}
    seen -= {gap.target for gap in site.gaps if gap.table is GuestBackup}
    return {target: f"the storages of {target}" for target in seen}
