"""Policies of tools that take snapshots, weighed against the snapshots that are there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from analyzer.derived.asset_copy import AssetCopy
from analyzer.derived.job_record import JobRecord
from analyzer.derived.kept_span import KeptSpan
from analyzer.derived.volume_coverage import VolumeCoverage
from analyzer.engine import judge
from collectors.backup_tables import BackupJob
from collectors.btrfs_tables import BtrfsSubvolume
from collectors.fact import Gap
from collectors.table import Row
from collectors.zfs_tables import ZfsDataset, ZfsSnapshotSet
from collectors.zrepl_config import jobs as zrepl_jobs
from tests.derived_sites import AT
from tests.protected_sites import host, site
from tests.test_replicas import NIGHTS, btrfs_mount, received, snapshots


def dataset(name: str, *ages: float, family: str = "sanoid") -> list[Row]:
    newest = AT - timedelta(hours=min(ages)) if ages else None
    kept = ZfsSnapshotSet(dataset=name, family=family, count=9, newest_at=newest)
    return [ZfsDataset(dataset=name, pool="tank", type="filesystem"), *([kept] if newest else [])]


def policy(product: str, name: str, selects: str = "", schedule: str | None = "59 23 * * *") -> BackupJob:
    return BackupJob(
        product=product,
        job=name,
        name=name,
        purpose="snapshot",
        enabled=True,
        schedule=schedule,
        schedule_kind="cron",
        selects=selects or name,
    )


def record(*rows: Row, blind: bool = False) -> JobRecord:
    made = site({"files": [*host("files"), *rows]})
    if blind:
        made.add([Gap("files", ZfsSnapshotSet, "denied", "permission denied")])
    (row,) = (fact.row for fact in made.facts(JobRecord))
    return row


def test_the_newest_snapshot_is_the_last_good_run() -> None:
    row = record(policy("sanoid", "tank/a"), *dataset("tank/a", 9.0), *dataset("tank/b", 1.0))
    assert (row.good_hours, row.missed) == (pytest.approx(9), 0)
    late = record(policy("sanoid", "tank/a"), *dataset("tank/a", 200.0))
    assert late.missed is not None
    assert late.missed > 5


def test_snapshots_of_another_tool_are_no_proof() -> None:
    row = record(policy("sanoid", "tank/a"), *dataset("tank/a", 9.0, family="zrepl"))
    assert (row.good_hours, row.missed) == (None, 2)


def test_a_policy_that_nothing_came_of() -> None:
    assert record(policy("sanoid", "tank/a"), *dataset("tank/a")).missed == 2
    assert record(policy("sanoid", "tank/a", schedule="0 0 1 1 *"), *dataset("tank/a")).missed is None


def test_what_could_not_be_looked_at_is_unknown() -> None:
    assert record(policy("sanoid", "tank/a"), *dataset("tank/a"), blind=True).missed is None
    assert record(policy("sanoid", "tank/gone"), *dataset("tank/a")).missed is None


def test_only_what_lies_below() -> None:
    rows = [*dataset("tank/a", 300.0), *dataset("tank/a/b", 9.0)]
    assert record(policy("sanoid", "tank/a", "tank/a/*"), *rows).good_hours == pytest.approx(9)


@pytest.mark.parametrize(
    ("selects", "hours"), [("tank/a<", 9), ("tank/a", 300), ("tank/b<", None), ("<", None)]
)
def test_what_zrepl_means(selects: str, hours: float | None) -> None:
    rows = [*dataset("tank/a", 300.0, family="zrepl"), *dataset("tank/a/b", 9.0, family="zrepl")]
    told = record(policy("zrepl", "nightly", selects), *rows).good_hours
    assert told == (pytest.approx(hours) if hours else None)


@pytest.mark.parametrize(
    ("interval", "schedule"),
    [
        ("10m", "*/10 * * * *"),
        ("1h", "0 * * * *"),
        ("60m", "0 * * * *"),
        ("6h", "0 */6 * * *"),
        ("24h", "0 0 * * *"),
        ("1d", "0 0 * * *"),
        ("7m", None),
        ("30s", None),
        ("often", None),
    ],
)
def test_intervals_of_zrepl(interval: str, schedule: str | None) -> None:
    text = f"jobs:\n- name: a\n  type: snap\n  snapshotting:\n    type: periodic\n    interval: {interval}\n"
    ((line, job),) = zrepl_jobs(enumerate(text.splitlines(), 1))
    assert (line, job.schedule) == (2, schedule)


def test_snapshots_of_zrepl_under_another_name_are_not_looked_for() -> None:
    text = (
        'jobs:\n- name: a\n  type: snap\n  filesystems: {"tank<": true}\n  snapshotting:\n    type: manual\n'
    )
    named = text.replace("type: manual", "type: periodic\n    interval: 1h\n    prefix: mine_")
    assert [job.selects for _, job in zrepl_jobs(enumerate(named.splitlines(), 1))] == [None]
    ((_, job),) = zrepl_jobs(enumerate(text.splitlines(), 1))
    assert (job.selects, job.schedule, job.enabled) == ("tank<", "", None)


NIGHTLY = BackupJob(
    product="systemd",
    job="btrbk.timer",
    name="btrbk",
    schedule="daily",
    schedule_kind="systemd",
    enabled=True,
)


def sending(location: str) -> BackupJob:
    return BackupJob(
        product="btrbk",
        job=f"/srv/data > {location}",
        name="/srv/data",
        purpose="replication",
        enabled=True,
        selects="/srv/data",
        repository=location,
        retention="90d",
    )


@pytest.mark.parametrize(
    ("location", "hours"),
    [
        ("ssh://vault/vault", 150),
        ("ssh://root@vault:22/vault/of-files", 150),
        ("vault:/vault", 150),
        ("ssh://elsewhere.example/vault", None),
        ("/vault", None),
        ("ssh://vault/other", None),
    ],
)
def test_what_btrbk_sent_is_looked_for_where_it_goes(location: str, hours: float | None) -> None:
    mine = [*host("files")[:1], *snapshots(*NIGHTS), NIGHTLY, sending(location)]
    made = site({"files": mine, "vault": received(*NIGHTS[6:])})
    (row,) = (fact.row for fact in made.facts(JobRecord) if fact.row.product == "btrbk")
    assert row.schedule == "daily", "the timer that starts it"
    assert row.good_hours == (pytest.approx(hours) if hours else None)
    assert (row.missed is None) is (location.startswith("ssh://elsewhere"))
    wanted = [fact.row.wanted_days for fact in made.facts(KeptSpan)]
    assert wanted == ([90] if hours else []), "its policy is that of the repository"


def test_snapshots_that_btrbk_takes() -> None:
    named = [
        BtrfsSubvolume(
            place="/srv",
            uuid=f"u{age}",
            path=f"snap/data.202611{20 + age}T0100",
            parent_uuid="data",
            created_at=AT - timedelta(days=age),
        )
        for age in (3, 5)
    ]
    taking = BackupJob(
        product="btrbk", job="/srv/data", name="/srv/data", purpose="snapshot", selects="/srv/data"
    )
    made = site({"files": [*host("files")[:1], *snapshots(1.0), *named, NIGHTLY, taking]})
    (row,) = (fact.row for fact in made.facts(JobRecord) if fact.row.product == "btrbk")
    assert row.good_hours == pytest.approx(72), "what bears another name was made by somebody else"
    assert "backup/job-silent" in {found.rule for found in judge(made).failed()}


def test_a_pool_whose_top_is_mounted_elsewhere() -> None:
    """The layout of btrbk's own examples: it names subvolumes by the top, people see them where they are."""
    top = btrfs_mount("/mnt/pool")
    mine = [*snapshots(*NIGHTS, where="/mnt/pool")[:-2], *top, *btrfs_mount("/home", "/data")]
    job = replace(sending("ssh://vault/vault"), selects="/mnt/pool/data")
    made = site({"files": [*host("files")[:1], *mine, NIGHTLY, job], "vault": received(*NIGHTS)})
    (row,) = (fact.row for fact in made.facts(JobRecord) if fact.row.product == "btrbk")
    assert row.good_hours == pytest.approx(6)
    (copy,) = (fact.row for fact in made.facts(AssetCopy))
    assert copy.paths == "/home"
    (held,) = (fact.row for fact in made.facts(VolumeCoverage))
    assert (held.mountpoint, held.held) == ("/home", "whole")
