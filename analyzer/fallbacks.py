"""What there is to go back to beside copies: snapshots and redundancy, which die with their system."""

from __future__ import annotations

from analyzer.derived.array import Array
from analyzer.guest_places import guests_of
from analyzer.site import Site
from analyzer.snapshot_names import sort_of
from collectors.btrfs_tables import BtrfsSnapshots
from collectors.hypervisor_tables import GuestSnapshot
from collectors.zfs_tables import ZfsSnapshotSet

OWN_SNAPSHOTS = "snapshots of its own file systems"
REDUNDANCY = "redundancy of "


def fallbacks(site: Site) -> dict[tuple[str, str], tuple[str, ...]]:
    """(target, guest) → what there is to go back to that dies with the system."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for snapshot in site.facts(GuestSnapshot):
        row = snapshot.row
        sort, _ = sort_of(row.name, row.description, row.kind, row.creator)
        if sort in ("operator", "schedule"):
            told = found.setdefault((snapshot.target, row.guest), {})
            told["snapshot"] = told.get("snapshot", 0) + 1
    for pool in site.facts(ZfsSnapshotSet):
        found.setdefault((pool.target, ""), {})[OWN_SNAPSHOTS] = 0
    for place in site.facts(BtrfsSnapshots):
        if place.row.snapshots:
            found.setdefault((place.target, ""), {})[OWN_SNAPSHOTS] = 0
    for array in site.facts(Array):
        if (array.row.redundancy_left or 0) > 0:
            found.setdefault((array.target, ""), {})[f"{REDUNDANCY}{array.row.name}"] = 0
    guests = {(fact.target, fact.row.guest) for fact in site.once(guests_of)}
    return {
        key: tuple(
            f"{count} {word}{'s' if count > 1 else ''}" if count else word for word, count in told.items()
        )
        for key, told in found.items()
        if not key[1] or key in guests
    }
