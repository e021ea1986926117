"""The catalog of Bacula as a target: addresses, passwords, a session that cannot write, failures."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from analyzer.derived.protection import Protection
from analyzer.site import Asset, Site
from collectors.question import Answer, Form
from collectors.targets.catalog import PASSWORD, CatalogTarget, engine, parsed, secret
from collectors.targets.repository_address import Access
from collectors.tools.bacula import JOBS
from holdwater import api
from holdwater.commands.plan import plan

TABLES = (
    "CREATE TABLE Job (JobId, Job, Name, Type, Level, JobStatus, SchedTime, StartTime, EndTime, RealEndTime,"
    " JobTDate, JobFiles, JobBytes, ReadBytes, JobErrors, PurgedFiles, ClientId, FileSetId, PoolId)",
    "CREATE TABLE Client (ClientId, Name)",
    "CREATE TABLE FileSet (FileSetId, FileSet)",
    "CREATE TABLE Pool (PoolId, Name)",
    "CREATE TABLE Storage (StorageId, Name)",
    "CREATE TABLE JobMedia (JobId, MediaId)",
    "CREATE TABLE Media (MediaId, VolumeName, MediaType, VolStatus, Enabled, VolBytes, VolRetention, Recycle,"
    " FirstWritten, LastWritten, VolErrors, PoolId, StorageId)",
)


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    file = tmp_path / "a catalog.db"
    with sqlite3.connect(file) as database:
        for table in TABLES:
            database.execute(table)
    database.close()
    return file


def put(target: CatalogTarget, form: Form) -> Answer:
    async def asking() -> Answer:
        try:
            return await target.ask(form())
        finally:
            await target.close()

    return asyncio.run(asking())


def test_an_empty_catalog_is_proved_empty(catalog: Path, tmp_path: Path) -> None:
    site: Site = api.open_site(api.collect([f"bacula+sqlite://{catalog}"], tmp_path))
    assert site.gaps == []
    assert {one.table.TABLE for one in site.absences} >= {"restore_point", "backup_repository"}


def test_nothing_can_be_written(catalog: Path) -> None:
    before = catalog.read_bytes()
    form = Form(("catalog", "DELETE FROM Job"), "bacula-jobs", "")
    answer = put(CatalogTarget(f"bacula+sqlite://{catalog}"), form)
    assert answer.status == 1
    assert b"readonly" in answer.stderr
    assert catalog.read_bytes() == before


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "none.db"
    assert put(CatalogTarget(f"bacula+sqlite://{file}"), JOBS).refusal == "unreachable"
    assert not file.exists()


def test_another_database_is_a_gap(tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    sqlite3.connect(file).close()
    site = api.open_site(api.collect([f"bacula+sqlite://{file}"], tmp_path))
    said = {(gap.table.TABLE, gap.reason) for gap in site.gaps}
    assert {("restore_point", "failed"), ("backup_repository", "failed")} <= said


def test_a_catalog_of_an_older_release_says_so_in_the_verdict(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    with sqlite3.connect(file) as database:
        for table in TABLES:
            database.execute(table.replace("ReadBytes, ", ""))
    database.close()
    web = (Asset("web1", 1),)
    site = api.open_site(api.collect([f"bacula+sqlite://{file}"], tmp_path), assets=web)
    assert ("restore_point", "failed") in {(gap.table.TABLE, gap.reason) for gap in site.gaps}
    (verdict,) = [fact.row for fact in site.facts(Protection) if fact.row.asset == "web1"]
    assert (verdict.level, verdict.standing) == (None, "unknown")
    assert "no such column: Job.ReadBytes; the catalog is of another release" in verdict.proof


def test_a_server_that_is_off() -> None:
    answer = put(CatalogTarget("bacula+postgresql://u@127.0.0.1:9/bacula", connect_timeout=2), JOBS)
    assert answer.refusal == "unreachable"


@pytest.mark.parametrize(
    "address", ["bacula+postgresql://u:word@h/db", "bacula+oracle://h/db", "bacula+sqlite://x"]
)
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(ValueError, match=PASSWORD) as told:
        parsed(address)
    assert "word@" not in str(told.value)


def test_passwords_are_named_by_reference(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("of the file\n")
    assert secret(Access(password_file=str(file)), {PASSWORD: "other"}) == "of the file"
    assert secret(Access(password_command="echo of the command"), {}) == "of the command"
    assert secret(Access(), {PASSWORD: "of the environment"}) == "of the environment"


def test_sessions_of_servers_are_read_only() -> None:
    url = engine(parsed("bacula+postgresql://reader@db1/bacula"), "p@ss/word", 3).url
    assert (url.drivername, url.username, url.host, url.password) == (
        "postgresql+psycopg",
        "reader",
        "db1",
        "p@ss/word",
    )
    assert engine(parsed("bacula+mysql://reader@db1:3307/bareos"), "", 3).url.port == 3307


def test_plan_prints_the_statements() -> None:
    said = CliRunner().invoke(plan, ["bacula+mysql://reader@db1/bareos"]).output
    assert "SELECT Job.JobId" in said
    assert "sudoers" not in said
