"""What nobody looked at: unknown machines and products, mails for proof, silent alarms, rot, lost history."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from analyzer.declared import DeclaredCopy, DeclaredMonitoring, declared
from analyzer.derived.alarm_watch import AlarmWatch
from analyzer.derived.backup_agent import BackupAgent
from analyzer.derived.kept_span import KeptSpan
from analyzer.derived.repository_bed import RepositoryBed
from analyzer.derived.seen_name import SeenName
from analyzer.derived.success_proof import SuccessProof
from analyzer.engine import judge
from analyzer.site import Asset, Site
from collectors.alarm_tables import AlarmLog, MailWay, Watcher
from collectors.backup_sign_tables import BackupSign
from collectors.backup_tables import BackupCheck, BackupJob, BackupSession
from collectors.block_tables import HostIdentity, Mount
from collectors.exposure_tables import NetworkNeighbour
from collectors.power_tables import Ups
from collectors.remote_disk_tables import IscsiSession
from collectors.replicated_disk_tables import DrbdVolume
from collectors.table import Row
from tests.derived_sites import AT
from tests.protected_sites import apart, host, nas, points, site


def failed(made: Site, rule: str) -> list[str]:
    return [found.message for found in judge(made).failed() if found.rule == rule]


NAMED: list[Row] = [
    Mount(mountpoint="/backup", source="nas2:/vol/b", fs_type="nfs4", options="rw", read_only=False),
    Mount(mountpoint="/share", source="//nas/s", fs_type="cifs", options="rw", read_only=False),
    IscsiSession(session="session1", target_name="iqn.2026-01.example:a", portal="192.0.2.40:3260,1"),
    DrbdVolume(resource="r0", volume=0, peer="db2"),
    Ups(name="ups@localhost", software="nut", status="OL"),
    BackupSession(product="bacula", session="1", job="nightly", source="mail1"),
]


def test_machines_that_are_named_and_not_known() -> None:
    made = site({"files": [*host("files"), *NAMED], "nas": host("nas")}, Asset("db2"))
    seen = {fact.row.name: (fact.row.kind, fact.row.known) for fact in made.facts(SeenName)}
    assert seen == {
        "192.0.2.40": ("storage server", False),
        "nas": ("storage server", True),
        "nas2": ("storage server", False),
        "db2": ("storage peer", True),
        "mail1": ("backup client", False),
    }
    assert len(failed(made, "blind-spot/asset-unknown")) == 3


def test_neighbours_on_a_network_are_one_row_and_no_fault_of_the_host() -> None:
    rows: list[Row] = [NetworkNeighbour(address=f"192.0.2.{n}", interface="eth0") for n in (2, 3, 4)]
    rows += [
        NetworkNeighbour(address="10.0.3.9", interface="virbr0"),
        HostIdentity(hostname="files", addresses="192.0.2.1"),
    ]
    other: list[Row] = [*host("nas"), HostIdentity(hostname="nas", addresses="192.0.2.2")]
    made = site({"files": [*host("files"), *rows], "nas": other}, Asset("printer", known_as=("192.0.2.3",)))
    (row,) = [fact.row for fact in made.facts(SeenName)]
    assert (row.name, row.count, row.why, row.known) == ("eth0", 1, "192.0.2.4", False)
    severities = {f.severity for f in judge(made).failed() if f.rule == "blind-spot/asset-unknown"}
    assert severities == {"info"}


def test_a_product_that_only_runs_is_not_collected() -> None:
    told = apart()
    told["files"] += [
        BackupSign(product="veeam", kind="process", where="veeamservice"),
        BackupJob(
            product="cron", job="root: restic", name="restic", command="/usr/bin/restic -r /x backup /"
        ),
    ]
    made = site(told)
    assert {f.row.product: f.row.collected for f in made.facts(BackupAgent)} == {
        "veeam": False,
        "restic": True,
    }
    (said,) = failed(made, "blind-spot/backup-product-unknown")
    assert "veeamservice" in said


JOB: dict[str, Any] = {
    "product": "cron",
    "job": "root: x",
    "name": "x",
    "enabled": True,
    "purpose": "backup",
    "notifies": "it@example.org",
}


@pytest.mark.parametrize(
    ("more", "only"),
    [
        ({}, True),
        ({"notifies": None}, False),
        ({"last_success_at": AT - timedelta(hours=3)}, False),
        ({"repository": "restic:/backup/r"}, False),
        ({"purpose": "prune"}, False),
        ({"product": "borgmatic", "notifies": "healthchecks"}, False),
    ],
)
def test_only_a_mail_tells_of_a_job(more: dict[str, Any], only: bool) -> None:
    told = apart()
    told["files"].append(BackupJob(**{**JOB, **more}))
    assert bool(failed(site(told), "blind-spot/mail-evidence-only")) is only


def test_a_declared_copy_that_only_a_mail_tells_of() -> None:
    copy = DeclaredCopy(asset="files", where="provider", known_by="mail")
    made = site(apart(), more=[declared(copy, target="files", where="copies[0]", worth="statement")])
    assert [(f.row.name, f.row.known_by) for f in made.facts(SuccessProof)] == [("provider", "mail")]
    assert failed(made, "blind-spot/mail-evidence-only")


@pytest.mark.parametrize(
    ("fs_type", "options", "checked", "fails"),
    [
        ("ext4", "rw", None, True),
        ("ext4", "rw", 91, True),
        ("ext4", "rw", 89, False),
        ("zfs", "rw", None, False),
        ("btrfs", "rw,nodatacow", None, True),
    ],
)
def test_rot_in_a_repository(fs_type: str, options: str, checked: int | None, fails: bool) -> None:
    told = apart()
    told["nas"].append(
        Mount(mountpoint="/backup", source="/dev/sdb1", fs_type=fs_type, options=options, read_only=False)
    )
    if checked is not None:
        at = AT - timedelta(days=checked)
        told["*restic"].append(
            BackupCheck(repository="restic:1f", check="1", kind="content", at=at, result="ok")
        )
    made = site(told)
    (bed,) = [fact.row for fact in made.facts(RepositoryBed)]
    assert (bed.where, bed.fs_type) == ("/backup of nas", fs_type)
    assert bool(failed(made, "fs/no-checksums-for-repo")) is fails


def test_where_a_repository_lies_is_not_known() -> None:
    made = site({"files": host("files"), "*r": [nas(host=None), *points("restic:1f", "files", 5)]})
    (found,) = [f for f in judge(made).findings if f.rule == "fs/no-checksums-for-repo"]
    assert found.outcome == "unknown"


@pytest.mark.parametrize(("keep", "fails"), [(98.0, False), (102.0, True), (None, False)])
def test_history_that_was_promised(keep: float | None, fails: bool) -> None:
    made = site(apart(), Asset("files", keep_days=keep))
    assert len(made.facts(KeptSpan)) == (keep is not None)
    assert bool(failed(made, "capacity/retention-unmet")) is fails


SMARTD = Watcher(software="smartd", running=True, notifies="root\n/usr/share/smartmontools/smartd-runner")


def watched(*rows: Row, said: DeclaredMonitoring | None = None) -> AlarmWatch:
    more = [declared(said, target="*", where="monitoring[0]")] if said else []
    (fact,) = site({"files": [*host("files"), *rows]}, more=more).facts(AlarmWatch)
    return fact.row


def test_alarms_that_reach_nobody() -> None:
    log = AlarmLog(
        name="alarms",
        since_at=AT - timedelta(days=300),
        last_at=AT - timedelta(days=200),
        failed_at=AT - timedelta(days=2),
        failed_words="smartd: failed",
    )
    row = watched(SMARTD, MailWay(name="mail", sendmail=False), log)
    assert (row.by_mail, row.mailer, row.failed_words) == ("root", False, "smartd: failed")
    assert (round(row.alarm_days or 0), round(row.log_days or 0)) == (200, 300)
    assert watched(Watcher(software="zed", running=True, notifies="")).silent == "zed"
    assert watched(Watcher(software="zed", running=True, notifies="slack_webhook_url")).by_mail == ""


def test_what_watches_from_outside_is_declared() -> None:
    said = DeclaredMonitoring(name="files", watched_by="Zabbix", alarm_tested_at=AT - timedelta(days=9))
    row = watched(MailWay(name="mail", sendmail=True), said=said)
    assert (row.watched_by, round(row.tested_days or 0)) == ("Zabbix", 9)
    other = DeclaredMonitoring(name="elsewhere", watched_by="Zabbix")
    assert watched(MailWay(name="mail", sendmail=True), said=other).watched_by is None


def test_every_table_that_can_be_a_gap_has_a_name_that_people_use() -> None:
    """`5 backup job: failed` is no English, and `mail way` nobody's word."""
    from collectors.collector import READERS, load
    from reports.nouns import NOUNS

    load()
    asked = {row_type.TABLE for reader in READERS.values() for row_type in reader.fills}
    assert {name for name in asked if name not in NOUNS} == set()
