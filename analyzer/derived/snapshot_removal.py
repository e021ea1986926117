"""Tasks of a hypervisor that were to remove or consolidate snapshots, the newest of each guest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from analyzer.joining import sources
from analyzer.site import Site, derived
from collectors.fact import Fact
from collectors.guest_backup_tables import HypervisorTask
from collectors.hypervisor_tables import Guest
from collectors.table import Row, column, table

REMOVES = re.compile(r"del-?snapshot|(?:remove|delete).*snapshot|consolidat|blockcommit|merge", re.IGNORECASE)
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


@table("snapshot_removal", key=("guest", "kind"), label=("guest", "kind"), root=("guest",))
class SnapshotRemoval(Row):
    """The newest task of its kind on a guest."""

    guest: str = column("Guest, as the task names it")
    name: str | None = column("Its name, where it is known", default=None)
    kind: str = column("Kind of the task")
    age_days: float | None = column("Days since it began", default=None)
    succeeded: bool | None = column("It ended well; None: it runs, or nothing tells", default=None)
    outcome: str | None = column("What went wrong", default=None)


@derived(SnapshotRemoval, out_of=(HypervisorTask,))
def snapshot_removal(site: Site) -> Iterator[Fact[SnapshotRemoval]]:
    names = {(f.target, _called(f.row)): f.row.name for f in site.facts(Guest)}
    newest: dict[tuple[str, str, str], Fact[HypervisorTask]] = {}
    for fact in site.facts(HypervisorTask):
        if REMOVES.search(fact.row.kind):
            key = (fact.target, fact.row.guest or "", fact.row.kind)
            before = newest.get(key)
            if before is None or (fact.row.started_at or _FIRST) > (before.row.started_at or _FIRST):
                newest[key] = fact
    for (target, guest, kind), fact in newest.items():
        began = fact.row.started_at
        row = SnapshotRemoval(
            guest=guest,
            name=names.get((target, guest)) or fact.row.guest_name,
            kind=kind,
            age_days=(site.at - began).total_seconds() / 86_400 if began else None,
            succeeded=fact.row.succeeded,
            outcome=fact.row.outcome,
        )
        yield Fact(target, row, sources(fact))


def _called(guest: Guest) -> str:
    """What tasks call it; those of Proxmox VE know its number only."""
    number = guest.guest.rpartition("/")[2] if guest.hypervisor == "proxmox" else guest.guest
    return guest.reference or number
