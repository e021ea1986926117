"""How often a host went down without being shut down, and which arrays that may have hurt."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from analyzer.derived.power_cut import PowerCut
from analyzer.joining import by_target, sources
from analyzer.site import Site, derived
from collectors.fact import Fact
from collectors.kernel_log_tables import Boot
from collectors.table import Row, column, table

WINDOW = timedelta(days=30)


@table("boot_record", key=("name",))
class BootRecord(Row):
    """The ends of the boots of thirty days, and when the host last went down unclean before that."""

    name: str = column("Always boots")
    boots: int = column("Boots that are on record")
    unclean: int = column("Of thirty days, those that were cut off")
    last_unclean_at: datetime | None = column("End of the last that was cut off, at the latest", default=None)
    last_unclean_age_days: float | None = column("Days since then", default=None)
    open_arrays: str = column("Arrays whose parity such an end may have hurt, blank-separated", default="")


@derived(BootRecord, out_of=(Boot,))
def boot_record(site: Site) -> Iterator[Fact[BootRecord]]:
    for target, facts in by_target(site.facts(Boot)).items():
        rows = sorted([fact.row for fact in facts], key=lambda row: row.began_at)
        holes = [f.row.name for f in site.facts_of(target, PowerCut) if f.row.write_hole == "open"]
        # a boot that was cut off ended before the next began: that is when somebody knew
        ends = [later.began_at for row, later in pairwise(rows) if row.clean is False]
        last = max(ends, default=None)
        yield Fact(
            target,
            BootRecord(
                name="boots",
                boots=len(rows),
                unclean=len([end for end in ends if site.at - end <= WINDOW]),
                last_unclean_at=last,
                last_unclean_age_days=(site.at - last).total_seconds() / 86_400 if last else None,
                open_arrays=" ".join(sorted(holes)),
            ),
            sources(*facts),
        )
