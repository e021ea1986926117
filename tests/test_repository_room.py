"""Whether the next copies fit, by what full ones took and by how a repository grew."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from analyzer.derived.repository_room import RepositoryRoom
from analyzer.engine import judge
from analyzer.site import Site
from collectors.backup_tables import RestorePoint
from tests.derived_sites import AT
from tests.protected_sites import host, nas, points, site

GB = 10**9


def made(free: int, took: int | None, **more: Any) -> Site:
    copies = points("restic:1f", "files", 12, 36, kind="full", stored_bytes=took)
    store = nas(**{"product": "files", "size_bytes": 1000 * GB, "free_bytes": free, **more})
    return site({"files": host("files"), "nas": host("nas"), "*r": [store, *copies]})


def fires(one: Site) -> bool:
    return any(found.rule == "capacity/backup-repo-forecast" for found in judge(one).failed())


@pytest.mark.parametrize(
    ("free", "took", "more", "fails"),
    [
        (100 * GB, 99 * GB, {}, False),
        (100 * GB, 101 * GB, {}, True),
        (100 * GB, None, {}, False),
        (100 * GB, 101 * GB, {"kind": "s3"}, False),
        (100 * GB, 101 * GB, {"product": "restic"}, False),
    ],
)
def test_the_next_full_copy(free: int, took: int | None, more: dict[str, Any], fails: bool) -> None:
    assert fires(made(free, took, **more)) is fails


def test_only_the_newest_full_copy_counts() -> None:
    one = made(100 * GB, GB)
    old = RestorePoint(
        repository="restic:1f",
        point="old",
        source="files",
        kind="full",
        stored_bytes=500 * GB,
        created_at=AT - timedelta(days=90),
    )
    one.add([type(one.facts(RestorePoint)[0])("*r", old)])
    assert not fires(one)


@pytest.mark.parametrize(("daily", "fails"), [(GB, False), (5 * GB, True)])
def test_growth_over_earlier_audits(daily: int, fails: bool) -> None:
    now = made(100 * GB, GB)
    earlier = []
    for days in range(28, 0, -2):
        before = made(100 * GB + days * daily, GB)
        before.at = AT - timedelta(days=days)
        earlier.append(before)
    now.history = tuple(earlier)
    (room,) = (fact.row for fact in now.facts(RepositoryRoom))
    assert room.days_to_full == pytest.approx(100 * GB / daily, rel=0.1)
    assert fires(now) is fails
