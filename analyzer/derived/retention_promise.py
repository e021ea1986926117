"""How far back the copies of a system shall reach by its owner's word, and how far they do."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.derived.asset import systems_of
from analyzer.derived.protection import Protection
from analyzer.site import Site, derived
from collectors.fact import Fact
from collectors.table import Row, column, table


@table("retention_promise", key=("asset",), label=("label",))
class RetentionPromise(Row):
    """A system with copies whose owner said how far back they shall reach."""

    asset: str = column("Name of the system")
    label: str = column("What its people call it")
    keep_days: float = column("How far back its copies shall reach")
    oldest_days: float | None = column("Age of the oldest good copy", default=None)
    cycle_days: float = column("Longest time between two good copies, at least a day", default=1.0)


@derived(RetentionPromise, out_of=(Protection,))
def promises(site: Site) -> Iterator[Fact[RetentionPromise]]:
    wanted = site.once(systems_of).drafts
    for fact in site.facts(Protection):
        row, draft = fact.row, wanted.get(fact.row.asset)
        keep = draft.wanted.keep_days if draft and draft.wanted else None
        if keep is not None and row.copies:
            promise = RetentionPromise(
                asset=row.asset,
                label=row.label,
                keep_days=keep,
                oldest_days=row.oldest_days,
                cycle_days=max(1.0, (row.gap_hours or 0.0) / 24),
            )
            yield Fact(fact.target, promise, fact.sources)
