"""Devices cached by bcache, with what lies below them."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.joining import by_target, keyed, sources
from analyzer.site import Site, derived
from collectors.block_tables import BlockDevice
from collectors.fact import Fact
from collectors.replicated_disk_tables import BcacheDevice
from collectors.table import Row, column, table


@table("bcache_state", key=("device",))
class BcacheState(Row):
    """A device cached by bcache."""

    device: str = column("Kernel name, bcache0")
    state: str | None = column("clean, dirty, no cache or inconsistent", default=None)
    cache_mode: str | None = column("writethrough, writeback, writearound or none", default=None)
    dirty_bytes: int | None = column("Written to the cache only", default=None)
    running: bool | None = column("False: it waits for its cache and cannot be used", default=None)
    lower: str = column("Kernel names of backing and cache devices, blank-separated", default="")
    mirrored: bool | None = column("All of them lie on redundant arrays", default=None)


@derived(BcacheState, out_of=(BcacheDevice,))
def bcache_state(site: Site) -> Iterator[Fact[BcacheState]]:
    blocks = by_target(site.facts(BlockDevice))
    for fact in site.facts(BcacheDevice):
        known = keyed(blocks.get(fact.target, []), lambda r: r.name)
        mine = known.get(fact.row.device)
        lower = mine.row.parents.split() if mine else []
        row = BcacheState(
            device=fact.row.device,
            state=fact.row.state,
            cache_mode=fact.row.cache_mode,
            dirty_bytes=fact.row.dirty_bytes,
            running=fact.row.running,
            lower=" ".join(lower),
            mirrored=all(_redundant(name, known) for name in lower) if lower else None,
        )
        yield Fact(fact.target, row, sources(fact, mine))


def _redundant(name: str, known: dict[str, Fact[BlockDevice]]) -> bool:
    """Whether the device is a redundant array or lies on one."""
    seen: set[str] = set()
    while name in known and name not in seen:
        seen.add(name)
        row = known[name].row
        if row.type in ("raid1", "raid4", "raid5", "raid6", "raid10"):
            return True
        name = (row.parents.split() or [""])[0]
    return False
