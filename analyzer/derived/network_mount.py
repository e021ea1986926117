"""File systems served by other machines, and whether their server answered."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.joining import by_target, keyed, sources
from analyzer.site import Site, derived
from collectors.block_tables import FsUsage, Mount
from collectors.fact import Fact, Gap
from collectors.file_system_types import over_network
from collectors.table import Row, column, table


@table("network_mount", key=("mountpoint",), label=("mountpoint", "source"))
class NetworkMount(Row):
    """A mounted file system that lies on another machine."""

    mountpoint: str = column("Where")
    source: str = column("Server and path")
    fs_type: str = column("nfs4, cifs and so on")
    answered: bool | None = column("Its server told the space; None if it was not asked", default=None)
    refusal: str = column("What came instead of an answer", default="")
    soft: bool | None = column("Gives up on requests after a while instead of waiting", default=None)
    read_only: bool = column("Mounted read-only")


@derived(NetworkMount, out_of=(Mount,))
def network_mount(site: Site) -> Iterator[Fact[NetworkMount]]:
    usages = by_target(site.facts(FsUsage))
    gaps = [gap for gap in site.gaps if gap.table is FsUsage]
    for target, mounts in by_target(site.facts(Mount)).items():
        used = keyed(usages.get(target, []), lambda r: r.mountpoint)
        for fact in mounts:
            row = fact.row
            if not over_network(row.fs_type, row.source):
                continue
            refused = next((g for g in gaps if g.target == target and _about(g, row.mountpoint)), None)
            silent = refused is not None and refused.reason in ("timed-out", "failed", "unreadable")
            words = set(row.options.split(","))
            told = NetworkMount(
                mountpoint=row.mountpoint,
                source=row.source,
                fs_type=row.fs_type,
                answered=True if row.mountpoint in used else False if silent else None,
                refusal=refused.detail[:200] if refused else "",
                soft=bool(words & {"soft", "softerr"}) if words - {""} else None,
                read_only=row.read_only,
            )
            yield Fact(target, told, sources(fact, used.get(row.mountpoint)))


def _about(gap: Gap, mountpoint: str) -> bool:
    if gap.subject == mountpoint:
        return True
    return gap.source is not None and gap.source.origin.argv[-1] == mountpoint
