"""Whether anybody is told when an array of the host degrades."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.derived.array import Array
from analyzer.joining import by_target, first, sources
from analyzer.site import Site, derived
from collectors.block_tables import MdMonitor
from collectors.fact import Fact
from collectors.table import Row, column, table


@table("array_watch", key=("name",))
class ArrayWatch(Row):
    """The watch over md arrays of one host that has any with redundancy."""

    name: str = column("Always mdadm")
    arrays: str = column("Arrays it should watch, blank-separated")
    monitor_active: bool | None = column("mdadm --monitor is running", default=None)
    mail_to: str | None = column("MAILADDR of mdadm.conf", default=None)
    program: str | None = column("PROGRAM of mdadm.conf", default=None)
    start_dirty_degraded: bool | None = column("md_mod start_dirty_degraded is set", default=None)


@derived(ArrayWatch, out_of=(MdMonitor, Array))
def array_watch(site: Site) -> Iterator[Fact[ArrayWatch]]:
    for target, told in by_target(site.facts(MdMonitor)).items():
        watched = [fact for fact in site.facts_of(target, Array) if fact.row.redundancy != 0]
        if not watched:
            continue
        rows = [fact.row for fact in told]
        row = ArrayWatch(
            name="mdadm",
            arrays=" ".join([fact.row.name for fact in watched]),
            monitor_active=first(*[r.monitor_active for r in rows]),
            mail_to=first(*[r.mail_to for r in rows]),
            program=first(*[r.program for r in rows]),
            start_dirty_degraded=first(*[r.start_dirty_degraded for r in rows]),
        )
        yield Fact(target, row, sources(*told))
