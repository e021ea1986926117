"""Saved outputs of backup products, all the way: recognised, put together, and counted in the verdict."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from analyzer.derived.asset_copy import AssetCopy
from analyzer.derived.job_record import JobRecord
from analyzer.derived.repository import Repository
from analyzer.engine import Judgement
from collectors.backup_tables import BackupSession
from collectors.question import Answer
from collectors.tools.backup_traces import ask
from holdwater.cli import cli
from holdwater.judging import judged

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "collectors"


def audited(folder: Path, name: str, cases: dict[str, str], site: str = "") -> tuple[Judgement, str]:
    """The judgement of saved files (file name → case) of one machine, and what `why` says of it."""
    saved = folder / name
    saved.mkdir()
    for file, case in cases.items():
        shutil.copy(FIXTURES / case / "answer.out", saved / file)
    config = folder / "site.toml"
    config.write_text(f'[[targets]]\naddress = "{saved}"\n[[assets]]\nname = "{name}"\ntier = 1\n{site}')
    bundle = folder / "x.evidence.zip"
    done = CliRunner().invoke(cli, ["collect", "--config", str(config), "--output", str(bundle)])
    assert done.exit_code == 0, done.output
    listed = CliRunner().invoke(cli, ["assets", str(bundle), "--config", str(config)])
    assert name in listed.output
    said = CliRunner().invoke(cli, ["why", name, str(bundle), "--config", str(config)])
    assert said.exit_code == 0, said.output
    return judged(bundle, config=config), said.output


def copies(judgement: Judgement) -> dict[tuple[str, str], AssetCopy]:
    return {(fact.row.asset, fact.row.repository_name): fact.row for fact in judgement.site.facts(AssetCopy)}


def test_backuppc(tmp_path: Path) -> None:
    """A server backs up itself, on its own disk, and web1; the only run of db1 broke off."""
    files = {
        "backups.txt": "backuppc-backups/sick-partial",
        "settings.txt": "backuppc-settings/sick-disabled",
        "status.pl": "backuppc-status/sick-failed",
    }
    more = "".join(f'[[assets]]\nname = "{one}.example"\ntier = 2\n' for one in ("web1", "db1", "old1"))
    judgement, said = audited(tmp_path, "backup1", files, more)
    found = copies(judgement)
    own = found["backup1", "/var/lib/backuppc"]
    assert (own.points, own.good, own.same_host) == (3, 3, True)
    assert found["web1.example", "/var/lib/backuppc"].good == 1
    assert found["db1.example", "/var/lib/backuppc"].good == 0
    assert "/var/lib/backuppc" in said
    records = {fact.row.job: fact.row for fact in judgement.site.facts(JobRecord)}
    assert (records["db1.example"].failed_in_row, records["old1.example"].enabled) == (1, False)
    told = {one.rule: one.message for one in judgement.failed() if one.rule.startswith("backup/")}
    assert "db1.example" in told["backup/job-failing"]
    assert "every 0.97 days" in told["backup/job-silent"]
    assert records["old1.example"].missed is not None


def test_wbadmin(tmp_path: Path) -> None:
    files = {
        "versions.txt": "wbadmin-versions/healthy",
        "events.xml": "wbadmin-events/sick-xml",
        "run.txt": "wbadmin-status/healthy",
        "summary.json": "windows-backup/healthy",
    }
    judgement, said = audited(tmp_path, "fs1", files)
    found = copies(judgement)
    share = found["fs1", "\\\\nas1\\wsb"]
    assert (share.points, share.good) == (2, 2)
    assert found["fs1", "E:"].points == 1
    hosts = {fact.row.name: fact.row.host for fact in judgement.site.facts(Repository)}
    assert hosts == {"\\\\nas1\\wsb": "nas1", "E:": "fs1"}
    assert "nas1" in said
    (record,) = (fact.row for fact in judgement.site.facts(JobRecord))
    assert record.failed_in_row == 0
    assert record.good_hours is not None


@pytest.mark.parametrize(
    "case", ["wbadmin-versions/sick-german", "wbadmin-status/sick-german", "wbadmin-events/sick-german"]
)
def test_another_language_is_a_gap_and_no_health(case: str, tmp_path: Path) -> None:
    judgement, _ = audited(tmp_path, "fs1", {"saved.txt": case})
    assert copies(judgement) == {}
    assert any("English" in one.detail for one in judgement.site.gaps)


def test_hyper_backup_of_synology(tmp_path: Path) -> None:
    """One task is fine; another failed, its newest version a month old."""
    files = {
        "synobackup.conf": "synology-tasks/healthy",
        "backup.last": "synology-last/sick",
        "synobackup.log": "synology-log/sick",
    }
    judgement, said = audited(tmp_path, "nas1", files)
    found = copies(judgement)
    assert {name for _, name in found} == {"vault1", "bucket"}
    assert found["nas1", "vault1"].same_storage is None  # where the vault stands is not told
    assert "vault1" in said
    records = {fact.row.job: fact.row for fact in judgement.site.facts(JobRecord)}
    assert records["To the vault"].failed_in_row == 0
    assert records["Cloud"].warned_in_row == 1


def test_tasks_of_truenas(tmp_path: Path) -> None:
    judgement, _ = audited(tmp_path, "nas2", {"rsync.json": "truenas-tasks/healthy-rsync"})
    assert {fact.row.name: fact.row.enabled for fact in judgement.site.facts(JobRecord)} == {
        "homes": True,
        "/mnt/tank/pulled": False,
    }


def test_active_backup_of_synology(tmp_path: Path) -> None:
    """The NAS holds copies of a laptop and of guests; where they lie is told by its list of storages."""
    files = {
        "tasks.json": "active-backup/healthy",
        "results.json": "active-backup/healthy-results",
        "storages.json": "active-backup/healthy-storages",
    }
    more = '[[assets]]\nname = "laptop1"\ntier = 2\n[[assets]]\nname = "db1"\ntier = 1\n'
    judgement, said = audited(tmp_path, "nas3", files, more)
    found = copies(judgement)
    assert found["laptop1", "ActiveBackupforBusiness"].good == 2
    assert found["db1", "ActiveBackupforBusiness"].good == 1
    assert "nas3" in said
    (place,) = (fact.row for fact in judgement.site.facts(Repository))
    assert (place.host, place.path) == ("nas3", "/volume3/ActiveBackupforBusiness")
    records = {fact.row.name: fact.row for fact in judgement.site.facts(JobRecord)}
    assert records["Laptop"].good_hours is not None


def test_active_backup_that_fails_or_says_what_nobody_knows(tmp_path: Path) -> None:
    judgement, _ = audited(tmp_path, "nas3", {"tasks.json": "active-backup/sick"})
    records = {fact.row.name: fact.row for fact in judgement.site.facts(JobRecord)}
    assert (records["Laptop"].failed_in_row, records["Guests"].warned_in_row) == (1, 1)
    assert (records["Share"].runs, records["Share"].good_hours) == (0, None)
    assert {gap.subject for gap in judgement.site.gaps} >= {"task 5", "task 6", "task 7"}


@pytest.mark.parametrize(
    ("case", "failed", "warned", "message"),
    [
        ("qnap-events-csv/sick", 1, 0, "cannot be reached"),
        ("qnap-syslog/sick", 0, 1, "Finished Backup job"),
    ],
)
def test_hybrid_backup_sync_of_qnap(
    case: str, failed: int, warned: int, message: str, tmp_path: Path
) -> None:
    judgement, said = audited(tmp_path, "nas4", {"events.txt": case})
    assert "nas4" in said
    records = {fact.row.name: fact.row for fact in judgement.site.facts(JobRecord)}
    record = records["Homes to vault1"]
    assert (record.failed_in_row, record.warned_in_row) == (failed, warned)
    assert message in record.last_message
    assert ("backup/job-failing" in {one.rule for one in judgement.failed()}) is bool(failed)


@pytest.mark.parametrize(
    "case", ["qnap-events-csv/sick-german", "qnap-syslog/sick-japanese", "qnap-syslog/sick-no-severity"]
)
def test_what_an_event_log_does_not_tell_is_a_gap(case: str, tmp_path: Path) -> None:
    judgement, _ = audited(tmp_path, "nas4", {"events.txt": case})
    assert all(fact.row.good_hours is None for fact in judgement.site.facts(JobRecord))
    assert any(gap.table is BackupSession for gap in judgement.site.gaps)


@pytest.mark.parametrize(
    ("trace", "product"),
    [
        ("/etc/backuppc/config.pl:# BackupPC", "backuppc"),
        ("/etc/BackupPC/config.pl:# BackupPC", "backuppc"),
        ('/var/packages/HyperBackup/INFO:package="HyperBackup"', "synology"),
        ("/etc/cron.d/x:# nothing of the kind", ""),
    ],
)
def test_a_host_is_asked_only_about_what_it_has(trace: str, product: str) -> None:
    asking = ask()
    (question,) = next(asking)
    try:
        asked = asking.send([Answer(question, stdout=f"{trace}\n".encode(), status=0)])
    except StopIteration:
        asked = ()
    assert {one.form.reads.partition("-")[0] for one in asked} == ({product} if product else set())
    assert len(asked) == (3 if product else 0)
