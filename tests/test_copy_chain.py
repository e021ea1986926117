"""Copies that build on others: how long the chain is, and what falls with a link."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta
from typing import Any

import pytest

from analyzer.derived.asset_copy import AssetCopy
from analyzer.engine import judge
from collectors.backup_tables import RestorePoint
from collectors.collector import load
from collectors.fact import Fact
from collectors.table import Row
from tests.derived_sites import AT
from tests.protected_sites import host, nas, one, severities, site
from tests.test_zfs import read

GB = 10**9


def point(name: str, hours: float, kind: str, parent: str | None = None, **more: Any) -> RestorePoint:
    return RestorePoint(
        repository="restic:1f",
        point=name,
        source="files",
        created_at=AT - timedelta(hours=hours),
        kind=kind,
        parent=parent,
        **more,
    )


def chain(*days: int) -> list[Row]:
    """A full copy ten days ago and an increment every day since, but for those *days* (10: the full one)."""
    told = [point("10", 240, "full")]
    told += [point(f"{day}", 24 * day, "incremental", f"{day + 1}") for day in range(9, 0, -1)]
    return [row for row in told if int(row.point) not in days]


def copy_of(*rows: Row) -> AssetCopy:
    made = site({"files": host("files"), "nas": host("nas"), "*r": [nas(), *rows]})
    return next(fact.row for fact in made.facts(AssetCopy))


@pytest.mark.parametrize(
    ("gone", "good", "broken", "age"),
    [((), 10, 0, 24), ((1,), 9, 0, 48), ((5,), 5, 4, 144), ((10,), 0, 9, None)],
    ids=["whole", "the last one", "one in the middle", "the full one"],
)
def test_what_builds_on_a_lost_copy_is_none(
    gone: tuple[int, ...], good: int, broken: int, age: float | None
) -> None:
    copy = copy_of(*chain(*gone))
    assert (copy.good, copy.broken, copy.age_hours) == (good, broken, age and pytest.approx(age))


def test_order_does_not_matter_and_a_damaged_parent_is_a_lost_one() -> None:
    rows = [*chain(5), point("5", 120, "incremental", "6", verified="failed")]
    assert copy_of(*reversed(rows)).broken == copy_of(*rows).broken == 4


def test_parents_in_a_ring_hold_nothing() -> None:
    copy = copy_of(point("a", 2, "incremental", "b"), point("b", 1, "incremental", "a"))
    assert (copy.good, copy.broken) == (0, 2)


def test_a_broken_chain_lowers_the_verdict() -> None:
    made = site({"files": host("files"), "nas": host("nas"), "*r": [nas(), *chain(10)]})
    assert one(made, "files").copies == 0
    assert severities(judge(made), "files")["backup/chain-broken"] == "high"


def test_the_chain_is_counted_since_the_last_full_copy() -> None:
    assert (copy_of(*chain()).chain, copy_of(*chain()).rootless) == (9, False)
    assert copy_of(*chain(), point("x", 60, "full")).chain == 2
    alone = copy_of(*(point(f"{n}", n, "incremental") for n in range(1, 5)))
    assert (alone.rootless, alone.good) == (True, 4)


def test_what_the_newest_took_is_compared_with_those_of_its_kind() -> None:
    took = [point(f"{n}", 24 * n, "incremental", stored_bytes=GB) for n in range(2, 90)]
    full = point("full", 3000, "full", stored_bytes=900 * GB)
    newest = point("new", 1, "incremental", stored_bytes=7 * GB)
    copy = copy_of(newest, *took, full)
    assert (copy.added_bytes, copy.usual_added_bytes) == (7 * GB, GB)
    assert copy_of(full, newest).usual_added_bytes is None


def test_a_chain_of_wal_g_is_whole_over_several_links() -> None:
    """Each name holds only the segment of the one it builds on."""
    names = ["base_0A", "base_0B_D_0A", "base_0C_D_0B", "base_0E_D_0D"]
    load()
    listed = json.dumps([{"backup_name": name, "time": "2026-11-20T00:00:00Z"} for name in names])
    told = [fact.row for fact in read("wal-g-list", listed) if isinstance(fact, Fact)]
    parents = [row.parent for row in told if isinstance(row, RestorePoint)]
    assert parents == [None, "base_0A", "base_0B_D_0A", "base_0D"]


def test_what_borg_tells_of_a_copy_is_not_compared() -> None:
    """What the newest shares with none is what all older ones share with it."""
    rows = [point(f"{n}", 24 * n, "full", stored_bytes=9 * GB if n == 1 else 1) for n in range(1, 20)]
    rows = [dataclasses.replace(row, repository="borg:1f") for row in rows]
    made = site({"files": host("files"), "*b": [nas(repository="borg:1f", product="borg"), *rows]})
    (copy,) = (fact.row for fact in made.facts(AssetCopy))
    assert (copy.good, copy.added_bytes, copy.usual_added_bytes) == (19, None, None)
