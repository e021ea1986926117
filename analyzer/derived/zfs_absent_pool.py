"""Pools that disks carry, and that may not be imported: after a boot that went wrong nothing else tells."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.joining import sources
from analyzer.site import Site, derived
from collectors.block_tables import BlockDevice
from collectors.fact import Fact
from collectors.table import Row, column, table
from collectors.zfs_tables import ZpoolProperties, ZpoolStatus


@table("zfs_absent_pool", key=("pool",))
class ZfsAbsentPool(Row):
    """A pool by the labels on the disks of a target, whether it is imported or not."""

    pool: str = column("Name in the labels")
    devices: str = column("Devices that carry them, blank-separated, sorted")
    imported: bool | None = column(
        "A pool of that name is imported; None if pools were not told", default=None
    )


@derived(ZfsAbsentPool, out_of=(BlockDevice,))
def zfs_absent_pool(site: Site) -> Iterator[Fact[ZfsAbsentPool]]:
    labels: dict[tuple[str, str], list[Fact[BlockDevice]]] = {}
    for fact in site.facts(BlockDevice):
        if fact.row.fs_type == "zfs_member" and fact.row.fs_label:
            labels.setdefault((fact.target, fact.row.fs_label), []).append(fact)
    if not labels:
        return
    pools = {(fact.target, fact.row.pool) for fact in site.facts(ZpoolStatus)}
    pools |= {(fact.target, fact.row.pool) for fact in site.facts(ZpoolProperties)}
    blind = {gap.target for gap in site.gaps if gap.table is ZpoolStatus}
    told = {one.target for one in site.absences if one.table is ZpoolStatus} | {target for target, _ in pools}
    for (target, name), facts in sorted(labels.items()):
        known = (target, name) in pools or (None if target in blind or target not in told else False)
        names = " ".join(sorted(fact.row.name for fact in facts))
        yield Fact(target, ZfsAbsentPool(pool=name, devices=names, imported=known), sources(*facts))
