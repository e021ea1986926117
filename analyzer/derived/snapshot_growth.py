"""How fast the snapshots of a guest grow, and when they will have filled its storage."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.derived.guest_state import GuestState
from analyzer.joining import sources
from analyzer.site import Site, derived
from collectors.fact import Fact
from collectors.table import Row, column, table

AUDITS = 30
LONGEST_DAYS = 3650.0


@table("snapshot_growth", key=("guest",), label=("name",), root=("guest",))
class SnapshotGrowth(Row):
    """The snapshots of one guest and the free space they grow into."""

    guest: str = column("Identity of the guest")
    name: str = column("Its name")
    storage: str = column("Storages it lies on, newline-separated", default="")
    delta_bytes: int | None = column("Space that the snapshots hold", default=None)
    free_bytes: int | None = column("Free on the fullest of its storages", default=None)
    growth_bytes_per_day: float | None = column("Growth of the snapshots", default=None)
    basis: str = column("What the growth was worked out of", default="")
    days_to_full: float | None = column("Days until they have taken the free space", default=None)


@derived(SnapshotGrowth, out_of=(GuestState,))
def snapshot_growth(site: Site) -> Iterator[Fact[SnapshotGrowth]]:
    with_snapshots = [fact for fact in site.facts(GuestState) if fact.row.snapshots]
    if not with_snapshots:
        return
    before = _before(site)
    for fact in with_snapshots:
        row = fact.row
        growth, basis = _growth(site, row, before.get((fact.target, row.guest)))
        days = None
        if growth is not None and row.free_bytes is not None:
            days = min(LONGEST_DAYS, row.free_bytes / growth) if growth > 0 else LONGEST_DAYS
        told = SnapshotGrowth(
            guest=row.guest,
            name=row.name,
            storage=row.storages,
            delta_bytes=row.delta_bytes,
            free_bytes=row.free_bytes,
            growth_bytes_per_day=growth,
            basis=basis,
            days_to_full=days,
        )
        yield Fact(fact.target, told, sources(fact))


def _before(site: Site) -> dict[tuple[str, str], tuple[float, GuestState]]:
    """The newest earlier row of each guest, and the days since."""
    found: dict[tuple[str, str], tuple[float, GuestState]] = {}
    for earlier in site.history[-AUDITS:]:
        days = (site.at - earlier.at).total_seconds() / 86_400
        for fact in earlier.facts(GuestState):
            if days > 0:
                found[fact.target, fact.row.guest] = (days, fact.row)
    return found


def _growth(site: Site, row: GuestState, before: tuple[float, GuestState] | None) -> tuple[float | None, str]:
    """Since the audit before, if the same snapshots were there; else since the oldest of them was made."""
    if row.delta_bytes is None:
        return None, ""
    if before is not None and before[1].delta_bytes is not None and before[1].snapshots == row.snapshots:
        growth = (row.delta_bytes - before[1].delta_bytes) / before[0]
        if growth >= 0:
            return growth, f"since the audit {before[0]:.1f} days ago"
    if row.oldest_any_hours:
        return row.delta_bytes / max(row.oldest_any_hours / 24, 0.25), "mean since the oldest one was made"
    return None, ""
