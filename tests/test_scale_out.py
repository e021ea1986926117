"""A repository that is made of others lies where they lie, and is as firm as the weakest of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from analyzer.derived.repository import Repository
from analyzer.site import Site
from collectors.backup_tables import BackupRepository
from collectors.block_tables import Host
from collectors.fact import Fact

AT = datetime(2026, 3, 1, tzinfo=UTC)


def whole(*modes: str | None, missing: int = 0) -> Repository:
    site = Site("site", AT, ("vbr1", "store1"))
    site.add([Fact("store1", Host(hostname="store1"), ())])
    names = [f"veeam:vbr1/r-{n}" for n in range(len(modes) + missing)]
    made = BackupRepository(repository="veeam:vbr1/so", name="All", product="veeam", extents="\n".join(names))
    site.add([Fact("vbr1", made, ())])
    for name, mode in zip(names, modes, strict=False):
        part = BackupRepository(
            repository=name,
            name=name,
            product="veeam",
            host="store1",
            size_bytes=100,
            free_bytes=40,
            reachable=True,
            lock_mode=mode,
            lock_days=14.0 if mode == "hardened" else 7.0 if mode else None,
        )
        site.add([Fact("vbr1", part, ())])
    return next(fact.row for fact in site.facts(Repository) if fact.row.name == "All")


@pytest.mark.parametrize(
    ("modes", "mode", "days", "out_of_reach"),
    [
        (("hardened", "hardened"), "hardened", 14.0, True),
        (("hardened", "compliance"), "hardened", 7.0, True),
        (("hardened", "none"), "none", 7.0, False),
        (("hardened", "governance"), "governance", 7.0, False),
        (("hardened", None), None, None, None),
    ],
)
def test_the_weakest_part_counts(
    modes: tuple[str | None, ...], mode: str | None, days: float | None, out_of_reach: bool | None
) -> None:
    row = whole(*modes)
    assert (row.lock_mode, row.lock_days, row.out_of_reach) == (mode, days, out_of_reach)
    assert (row.size_bytes, row.free_bytes, row.reachable) == (200, 80, True)
    assert row.located
    assert "store1" in row.nodes


def test_a_part_that_is_not_told_leaves_it_open() -> None:
    row = whole("hardened", missing=1)
    assert (row.lock_mode, row.lock_days, row.size_bytes, row.reachable) == (None, None, None, None)
