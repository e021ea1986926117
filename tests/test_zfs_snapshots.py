"""ZFS snapshots: families by name, very many of them, replication over hosts; space shared by datasets."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from analyzer.derived.filesystem import Filesystem
from analyzer.derived.zfs_device import power_loss_protected
from analyzer.derived.zfs_replication import ZfsReplication
from analyzer.engine import judge
from collectors.block_tables import FsUsage, Mount
from collectors.fact import Fact
from collectors.table import Row
from collectors.zfs_tables import ZfsSnapshotSet, ZpoolProperties
from collectors.zfs_words import family_of, kind_of, number_of, written_time
from tests.derived_sites import AT, HOST, site_of
from tests.test_zfs import faults, read, rows


def test_a_hundred_thousand_snapshots_are_a_few_rows() -> None:
    lines = "".join(
        f"tank/d{n % 10}@autosnap_2026-01-01_00:00:{n % 60:02}_{n}\t4096\t{1767225600 + n}\t0\t{n}\n"
        for n in range(100_000)
    )
    began = time.perf_counter()
    told = read("zfs-snapshots", lines)
    assert time.perf_counter() - began < 10
    found = [one.row for one in told if isinstance(one, Fact) and isinstance(one.row, ZfsSnapshotSet)]
    assert [(row.count, row.family) for row in found] == [(10_000, "sanoid")] * 10


def test_replication_is_proved_by_the_same_snapshot_elsewhere() -> None:
    at = AT - timedelta(days=3)
    mine = ZfsSnapshotSet(
        dataset="tank/a", family="sanoid", count=9, newest_at=AT, guids=f"7@{int(at.timestamp())}"
    )
    alone = site_of([mine])
    assert faults(alone)["fs/zfs-snapshots-local-only"].severity == "high"
    other = ZfsSnapshotSet(dataset="pool/copy/a", family="sanoid", count=1, guids=mine.guids)
    both = site_of([mine])
    both.targets = (HOST, "vault")
    both.add([Fact("vault", other)])
    (row, _) = (row for row in rows(both, ZfsReplication) if isinstance(row, ZfsReplication))
    assert (row.replicated, row.evidence) == (1, "the same snapshot on vault")
    assert row.newest_days == pytest.approx(3)
    assert faults(both)["fs/zfs-replication-stale"].severity == "medium"


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("syncoid_host_2026-11-23:02:00:01-GMT01:00", "syncoid"),
        ("autosnap_2026-11-23_00:00:00_daily", "sanoid"),
        ("zrepl_20261123_010000_000", "zrepl"),
        ("zfs-auto-snap_hourly-2026-11-23-0117", "zfs-auto-snapshot"),
        ("auto-2026-11-23_00-00", "truenas"),
        ("auto-20261123.0000-2w", "truenas"),
        ("__replicate_100-0_1795399000__", "pve-replication"),
        ("2026-11-23-120000", "znapzend"),
        ("before-upgrade", "other"),
    ],
)
def test_families(name: str, family: str) -> None:
    assert family_of(name) == family


def test_words() -> None:
    assert kind_of("raidz2-0") == "raidz2"
    assert kind_of("raidz1-0", "raidz") == "raidz1"
    assert kind_of("draid2:4d:10c:1s-0") == "draid2"
    assert kind_of("/srv/d0.img") == "file"
    assert kind_of("sda", "disk") == "disk"
    assert [number_of(word) for word in ("12", "1.2K", "-", "x", None)] == [12, 1200, None, None, None]
    assert written_time("on Sun Jan  5 00:34:31 2026") == datetime(2026, 1, 5, 0, 34, 31, tzinfo=UTC)
    assert written_time("Sun Jan  5 00:34:31") is None
    models = ("INTEL SSDSC2BB480G4", "Samsung SSD 970 EVO 500GB", "QEMU HARDDISK", None)
    assert [power_loss_protected(model) for model in models] == [True, False, None, None]


def test_datasets_that_share_a_full_pool_are_one_finding() -> None:
    """A dataset with a quota of its own is judged by its own space."""

    def mount(name: str, free: int) -> tuple[Row, Row]:
        return (
            Mount(mountpoint=f"/{name}", source=name, fs_type="zfs", options="rw", read_only=False),
            FsUsage(mountpoint=f"/{name}", used_bytes=900 - free, available_bytes=free, size_bytes=900),
        )

    pool = ZpoolProperties(pool="t", size_bytes=1000, allocated_bytes=970, capacity_percent=97.0)
    some = [*mount("t", 30), *mount("t/a", 30), *mount("t/quota", 5)]
    site = site_of([pool, *some])
    shared = {f.row.mountpoint: f.row.space_of for f in site.facts(Filesystem)}
    assert shared == {"/t": "t", "/t/a": "t", "/t/quota": None}
    told = [(f.rule, f.subject) for f in judge(site).findings if f.outcome == "fail"]
    assert [one for one in told if one[0] in ("fs/zfs-capacity", "capacity/used")] == [
        ("capacity/used", "/t/quota"),
        ("fs/zfs-capacity", "t"),
    ]
    blind = site_of(some)
    assert {f.row.space_of for f in blind.facts(Filesystem)} == {None}
