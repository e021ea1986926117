"""Veeam Backup & Replication by its REST API, against a fake of it over TLS on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from analyzer.derived.asset_copy import AssetCopy
from analyzer.derived.backup_software import BackupSoftware
from analyzer.derived.job_record import JobRecord
from analyzer.site import Site
from collectors.targets.veeam_address import PASSWORD, parsed
from holdwater import api
from holdwater.cli import cli
from holdwater.commands.plan import plan
from holdwater.judging import judged
from holdwater.site_file import load
from tests import fake_veeam as fake

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, fake.SECRET)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[fake.Server, str]]:
    server = fake.seeded(NOW)
    with fake.serving(server, tmp_path) as address:
        yield server, address


def site_of(address: str, folder: Path) -> Site:
    return api.open_site(api.collect([address], folder))


def rows(site: Site, table: str) -> list[Any]:
    return [fact.row for row_type, facts in site.tables.items() if table == row_type.TABLE for fact in facts]


def gaps(site: Site, table: str) -> list[tuple[str, str]]:
    return [(gap.reason, gap.detail) for gap in site.gaps if table == gap.table.TABLE]


def test_a_server_is_read_whole(served: tuple[fake.Server, str], tmp_path: Path) -> None:
    server, address = served
    site = site_of(address, tmp_path)
    assert [(gap.table.TABLE, gap.reason, gap.detail) for gap in site.gaps] == []
    posts = [path for method, path in server.requests if method == "POST"]
    assert posts == ["/api/oauth2/token", "/api/oauth2/logout"]
    assert server.tokens == set()
    stores = {row.name: row for row in rows(site, "backup_repository")}
    assert stores["Default"].repository == "veeam:127.0.0.1/r-1"
    assert (stores["Default"].host, stores["Default"].path) == ("vbr1.example", "D:\\Backup")
    assert (stores["Default"].free_bytes, stores["Default"].lock_mode) == (400 << 30, "none")
    assert (stores["Hardened"].lock_mode, stores["Hardened"].lock_days) == ("hardened", 14.0)
    assert (stores["Cloud"].lock_mode, stores["Cloud"].lock_days) == ("compliance", 30.0)
    assert (stores["Cloud"].size_bytes, stores["Cloud"].kind) == (None, "s3")
    assert [row.version for row in rows(site, "backup_server")] == ["12.1.2.172"]


def test_points_lie_in_the_repository_of_their_chain(served: tuple[fake.Server, str], tmp_path: Path) -> None:
    site = site_of(served[1], tmp_path)
    points = {row.point: row for row in rows(site, "restore_point")}
    assert points["p-dc1-1"].repository == "veeam:127.0.0.1/r-1"
    assert (points["p-dc1-1"].job, points["p-dc1-1"].source_kind) == ("j-1", "guest")
    assert (points["p-old"].repository, points["p-old"].job) == ("veeam:127.0.0.1/r-2", "To the bunker")
    checks = {row.check: row for row in rows(site, "backup_check")}
    assert (checks["t-1"].kind, checks["t-1"].repository) == ("boot", "veeam:127.0.0.1/r-1")
    assert (checks["t-2"].kind, checks["t-2"].result) == ("restore", "ok")
    assert (checks["malware p-ill"].kind, checks["malware p-ill"].result) == ("malware", "failed")
    assert set(checks) == {"t-1", "t-2", "malware p-ill"}


def test_jobs_and_their_runs(served: tuple[fake.Server, str], tmp_path: Path) -> None:
    site = site_of(served[1], tmp_path)
    jobs = {row.job: row for row in rows(site, "backup_job")}
    assert len(rows(site, "backup_job")) == len(jobs) == 3
    nightly, bunker = jobs["j-1"], jobs["j-2"]
    assert (nightly.schedule, nightly.selects, nightly.notifies) == ("22:00", "dc1\nweb1", "it@example.com")
    assert (nightly.enabled, nightly.last_outcome, nightly.application_aware) == (True, "ok", True)
    assert (bunker.enabled, bunker.schedule, bunker.purpose) == (False, "", "copy")
    assert bunker.repository == "veeam:127.0.0.1/r-2"
    assert jobs["configuration backup"].last_success_at is not None
    records = {fact.row.job: fact.row for fact in site.facts(JobRecord)}
    assert (records["j-1"].runs, records["j-1"].good_runs, records["j-1"].missed) == (7, 7, 0)


def test_a_login_that_has_expired_is_renewed_once(served: tuple[fake.Server, str], tmp_path: Path) -> None:
    server, address = served
    server.lasts = 3
    site = site_of(address, tmp_path)
    assert site.gaps == []
    assert server.issued == 2


def test_every_page_is_read(served: tuple[fake.Server, str], tmp_path: Path) -> None:
    server, address = served
    server.page = 5
    site = site_of(address, tmp_path)
    assert len(rows(site, "restore_point")) == 16
    assert site.gaps == []
    server.faults["/restorePoints"] = "cut at 10"
    again = tmp_path / "again"
    again.mkdir()
    site = site_of(address, again)
    assert len(rows(site, "restore_point")) == 11
    assert [reason for reason, _ in gaps(site, "restore_point")] == ["unreadable"]


def test_an_older_release_lists_its_points_elsewhere(served: tuple[fake.Server, str], tmp_path: Path) -> None:
    server, address = served
    server.revisions = ("1.1-rev0",)
    server.lists["/objectRestorePoints"] = server.lists.pop("/restorePoints")
    del server.lists["/taskSessions"]
    site = site_of(address, tmp_path)
    assert len(rows(site, "restore_point")) == 16
    assert gaps(site, "restore_point") == []
    assert [reason for reason, _ in gaps(site, "backup_check")] == ["unsupported"]


FAULTS = [
    ("/jobs/states", (500, "internal error"), "backup_job", "failed", "internal error"),
    ("/restorePoints", (403, "no right"), "restore_point", "denied", "no right"),
    ("/backups", (403, "no right"), "backup_chain", "denied", "no right"),
    ("/backups", "cut", "backup_chain", "unreadable", ""),
    ("/sessions", "html", "backup_session", "unreadable", "web page"),
    ("/taskSessions", (503, "busy"), "backup_check", "unreachable", "busy"),
    ("/backupInfrastructure/repositories/states", "cut", "backup_repository", "unreadable", ""),
    ("/configBackup", (403, "administrators only"), "backup_job", "denied", "administrators only"),
]


@pytest.mark.parametrize(("path", "fault", "table", "reason", "said"), FAULTS)
def test_a_fault_is_a_gap_with_its_reason(
    served: tuple[fake.Server, str], tmp_path: Path, path: str, fault: Any, table: str, reason: str, said: str
) -> None:
    server, address = served
    server.faults[path] = fault
    told = gaps(site_of(address, tmp_path), table)
    assert any(one == reason and said in detail for one, detail in told), told


def test_a_wrong_password_is_one_line_and_asked_once(
    served: tuple[fake.Server, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, "something else")
    server, address = served
    site = site_of(address, tmp_path)
    assert rows(site, "restore_point") == []
    (detail,) = {detail for _, detail in gaps(site, "restore_point")}
    assert "the login of auditor is refused: wrong user name or password" in detail
    assert "\n" not in detail
    assert sum(method == "POST" for method, _ in server.requests) == 1


def test_an_account_with_a_second_factor(served: tuple[fake.Server, str], tmp_path: Path) -> None:
    served[0].second_factor = True
    told = gaps(site_of(served[1], tmp_path), "restore_point")
    assert any("needs a second factor" in detail for _, detail in told)


def test_a_proxy_in_between(served: tuple[fake.Server, str], tmp_path: Path) -> None:
    served[0].faults["/serverTime"] = "html"
    told = gaps(site_of(served[1], tmp_path), "backup_repository")
    assert any("a web page answered instead of the Veeam REST API" in detail for _, detail in told)


def test_another_certificate_is_not_taken(served: tuple[fake.Server, str], tmp_path: Path) -> None:
    server, address = served
    site = site_of(f"{address.partition('=')[0]}={'0' * 64}", tmp_path)
    assert any("WRONG CERTIFICATE" in detail for _, detail in gaps(site, "restore_point"))
    assert server.requests == []


def test_the_password_is_nowhere_in_the_evidence(served: tuple[fake.Server, str], tmp_path: Path) -> None:
    import zipfile

    bundle = api.collect([served[1]], tmp_path)
    with zipfile.ZipFile(bundle) as whole:
        everything = b"".join(whole.read(name) for name in whole.namelist())
    assert fake.SECRET.encode() not in everything
    assert b"token-of-the-fake" not in everything


def test_a_password_by_reference(
    served: tuple[fake.Server, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PASSWORD)
    (tmp_path / "word").write_text(f"{fake.SECRET}\n")
    file = tmp_path / "site.toml"
    file.write_text(f'[[targets]]\naddress = "{served[1]}"\npassword_file = "{tmp_path / "word"}"\n')
    (entry,) = load(file).targets
    from collectors.targets import open_targets

    (target,) = open_targets(entry.address, access=entry.access)
    assert target.kind == "veeam"
    result = CliRunner().invoke(
        cli, ["collect", "--config", str(file), "--output", str(tmp_path / "x.evidence.zip")]
    )
    assert result.exit_code == 0, result.output
    site = api.open_site(tmp_path / "x.evidence.zip")
    assert len(rows(site, "restore_point")) == 16


def test_the_verdict_counts_what_the_server_tells(served: tuple[fake.Server, str], tmp_path: Path) -> None:
    """dc1: a copy a day, started by SureBackup two days ago; on an immutable repository 41 days old."""
    file = tmp_path / "site.toml"
    file.write_text(
        f'[[targets]]\naddress = "{served[1]}"\n'
        '[[assets]]\nname = "dc1"\ntier = 1\nrpo = "24h"\n[[assets]]\nname = "mail"\ntier = 1\n'
    )
    bundle = tmp_path / "x.evidence.zip"
    collected = CliRunner().invoke(cli, ["collect", "--config", str(file), "--output", str(bundle)])
    assert collected.exit_code == 0, collected.output
    judgement = judged(bundle, config=file)
    site = judgement.site
    copies = {(fact.row.asset, fact.row.repository_name): fact.row for fact in site.facts(AssetCopy)}
    near, far = copies["dc1", "Default"], copies["dc1", "Hardened"]
    assert (near.points, near.good, near.out_of_reach) == (7, 7, False)
    assert near.verified_days is not None
    assert 1.9 < near.verified_days < 2.1
    assert (far.points, far.out_of_reach) == (1, True)
    listed = CliRunner().invoke(cli, ["assets", str(bundle), "--config", str(file)])
    assert "dc1" in listed.output
    said = CliRunner().invoke(cli, ["why", "dc1", str(bundle), "--config", str(file)])
    assert said.exit_code == 0, said.output
    assert "Default" in said.output
    assert "Hardened" in said.output
    software = [fact.row for fact in site.facts(BackupSoftware)]
    assert [row.software for row in software] == ["Veeam 12.1.2.172"]
    assert "CVE-2024-40711" in software[0].holes


def test_a_job_that_fails_or_falls_silent_is_told(served: tuple[fake.Server, str], tmp_path: Path) -> None:
    server, address = served
    runs = [fake.session(f"s-{n}", "j-1", NOW - timedelta(days=n), "Failed") for n in range(1, 5)]
    server.lists["/sessions"] = [*runs, fake.session("s-5", "j-1", NOW - timedelta(days=5), "Success")]
    server.lists["/restorePoints"] = [fake.point("p-1", "dc1", NOW - timedelta(days=5))]
    judgement = api.judge(api.collect([address], tmp_path))
    told = {(one.rule, one.severity): one.message for one in judgement.failed()}
    assert "veeam job Nightly" in told["backup/job-failing", "critical"]
    assert any(rule == "backup/job-silent" and "22:00" in told[rule, severity] for rule, severity in told)


def test_plan_prints_the_calls_and_the_role() -> None:
    said = CliRunner().invoke(plan, ["veeam://auditor@vbr1.example"]).output
    assert "/api/v1/restorePoints" in said
    assert "Veeam Backup Viewer" in said
    assert "POST /api/oauth2/token" in said
    assert "sudoers" not in said


def test_addresses() -> None:
    place = parsed("veeam://OFFICE%5Cauditor@vbr1.example")
    assert (place.user, place.port, place.revision) == ("OFFICE\\auditor", 9419, "")
    assert parsed("veeam://auditor@office.example@[2001:db8::1]:443?api=1.2-rev0").bare_host == "2001:db8::1"
    for wrong in (
        "veeam://auditor:word@host",
        "veeam://host",
        "veeam://a@host?fingerprint=12",
        "veeam://a@h?x=1",
    ):
        with pytest.raises(ValueError, match=r"veeam|fingerprint") as error:
            parsed(wrong)
        assert "word@" not in str(error.value)


def test_without_the_list_of_backups_copies_lie_nowhere_known(
    served: tuple[fake.Server, str], tmp_path: Path
) -> None:
    server, address = served
    server.faults["/backups"] = (403, "no right")
    judgement = api.judge(api.collect([address], tmp_path))
    assert {row.repository for row in rows(judgement.site, "restore_point")} == {
        "veeam:127.0.0.1/backup b-1",
        "veeam:127.0.0.1/backup b-2",
    }
    assert any(spot.gap.table.TABLE == "backup_chain" and spot.rules for spot in judgement.blind_spots)
