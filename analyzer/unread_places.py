"""Repositories and backup systems that should have told of copies and did not, and why."""

from __future__ import annotations

from analyzer.replicas import unseen_pools
from analyzer.site import Site
from collectors.backup_tables import BackupRepository, RestorePoint
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
