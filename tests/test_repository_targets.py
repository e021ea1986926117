"""Addresses of repositories, how they are opened, and one name for one repository out of many answers."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from collectors.backup_tables import BackupCheck, BackupJob, BackupRepository, RestorePoint
from collectors.block_tables import Host
from collectors.collector import COLLECTORS, load
from collectors.fact import Fact, Gap
from collectors.naming import named
from collectors.question import Answer, Form
from collectors.table import Row
from collectors.targets import open_targets
from collectors.targets.repository import RepositoryTarget, child_environment, key_location, secrets_of
from collectors.targets.repository_address import Access, is_repository, parsed
from collectors.tools import borg, restic
from holdwater import site_file
from holdwater.cli import cli
from holdwater.errors import CannotRun

load()


@pytest.mark.parametrize(
    ("address", "kind", "host", "path"),
    [
        ("restic:/srv/repo", "local", "", "/srv/repo"),
        ("restic:local:/srv/repo", "local", "", "/srv/repo"),
        ("restic:sftp:backup@store1:/srv/repo", "sftp", "store1", "/srv/repo"),
        ("restic:sftp://backup@store1:2222//srv/repo", "sftp", "store1", "/srv/repo"),
        ("restic:rest:https://store1:8000/db1/", "rest", "store1", "db1/"),
        ("restic:s3:https://s3.example.org:9000/bucket/repo", "s3", "s3.example.org", "bucket/repo"),
        ("restic:s3:s3.amazonaws.com/bucket", "s3", "s3.amazonaws.com", "bucket"),
        ("restic:b2:bucket:path", "cloud", "bucket", "path"),
        ("restic:rclone:store:path", "cloud", "store", "path"),
        ("borg:/srv/borg", "local", "", "/srv/borg"),
        ("borg:file:///srv/borg", "local", "", "/srv/borg"),
        ("borg:ssh://u@store1:23/./repo", "ssh", "store1", "repo"),
        ("borg:ssh://u@[::1]/srv/repo", "ssh", "::1", "/srv/repo"),
        ("borg:u@store1:repo", "ssh", "store1", "repo"),
        ("files:/srv/dumps", "local", "", "/srv/dumps"),
    ],
)
def test_addresses(address: str, kind: str, host: str, path: str) -> None:
    assert is_repository(address)
    place = parsed(address)
    assert (place.kind, place.host, place.path) == (kind, host, path)


@pytest.mark.parametrize("address", ["ssh://u@h", "pve://u@pam!t@h", "local", "", "/srv/restic", "restic"])
def test_what_is_no_repository(address: str) -> None:
    assert address == "restic" or not is_repository(address)


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValueError, match="location_file") as caught:
        open_targets("restic:rest:https://user:hunter22@store1/")
    assert "hunter22" not in str(caught.value)
    with pytest.raises(ValueError, match="no place"):
        open_targets("borg:")


def test_the_key_goes_by_the_environment_and_by_reference() -> None:
    place = parsed("restic:/srv/repo")
    given = {"RESTIC_PASSWORD": "hunter22", "RESTIC_REPOSITORY": "/other", "PATH": "/bin"}
    own = child_environment(given, place, Access(password_file="/k"))
    assert own["RESTIC_REPOSITORY"] == "/srv/repo"
    assert own["RESTIC_PASSWORD_FILE"] == "/k"
    assert "RESTIC_PASSWORD" not in own
    assert child_environment(given, place, Access())["RESTIC_PASSWORD"] == "hunter22"
    filed = child_environment(given, place, Access(location_file="/etc/place"))
    assert filed["RESTIC_REPOSITORY_FILE"] == "/etc/place"
    assert "RESTIC_REPOSITORY" not in filed
    borg_own = child_environment({"HOME": "/root"}, parsed("borg:/srv/b"), Access(password_file="/a b"))
    assert borg_own["BORG_PASSCOMMAND"] == "cat '/a b'"
    assert borg_own["BORG_CACHE_DIR"] == "/root/.cache/holdwater/borg/cache"


def test_a_borg_place_out_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "place").write_text("ssh://u@store1/./repo\n")
    access = Access(location_file=str(tmp_path / "place"))
    assert child_environment({}, parsed("borg:u@store1:repo"), access)["BORG_REPO"] == "ssh://u@store1/./repo"
    with pytest.raises(ValueError, match="location_file"):
        child_environment({}, parsed("borg:u@store1:repo"), Access(location_file=str(tmp_path / "none")))


def test_where_the_key_is_kept_is_told_and_the_key_is_not() -> None:
    assert key_location("restic", Access(password_file="/etc/k"), {}) == "file /etc/k"
    assert key_location("restic", Access(password_command="pass show x"), {}) == "command pass"
    assert key_location("restic", Access(), {"RESTIC_PASSWORD": "hunter22"}) == "RESTIC_PASSWORD"
    told = key_location("borg", Access(), {"BORG_PASSCOMMAND": "echo hunter22"})
    assert told == "BORG_PASSCOMMAND: echo"
    assert key_location("borg", Access(), {}) == ""


def test_only_secrets_of_the_tools_are_looked_for_in_answers() -> None:
    given = {"RESTIC_PASSWORD": "hunter22", "TOKENIZERS_PARALLELISM": "false", "BORG_KEY_FILE": "/k",
             "AWS_SECRET_ACCESS_KEY": "hunter2222", "RESTIC_PASSWORD_FILE": "/long/file"}  # fmt: skip
    assert secrets_of(given) == (b"hunter2222", b"hunter22")


BLOCK = '[[targets]]\naddress = "restic:/srv/repo"\n'


def loaded(tmp_path: Path, text: str) -> site_file.SiteFile:
    path = tmp_path / "site.toml"
    path.write_text(text)
    return site_file.load(path)


def test_a_block_of_the_site_file(tmp_path: Path) -> None:
    (entry,) = loaded(tmp_path, BLOCK + 'password_file = "/k"\ncheck = "5%"\n').targets
    assert entry.access == Access(password_file="/k", check="5")
    (entry,) = loaded(tmp_path, BLOCK + "check = true\n").targets
    assert entry.access == Access(check="structure")
    (entry,) = loaded(tmp_path, BLOCK).targets
    assert entry.access is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (BLOCK + 'check = "500%"\n', "check"),
        (BLOCK + "check = 5\n", "check"),
        (BLOCK + 'password = "x"\n', "not known"),
        ('[[targets]]\naddress = "ssh://u@h"\npassword_file = "/k"\n', "only for"),
    ],
)
def test_blocks_that_make_no_sense(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(CannotRun, match=told):
        loaded(tmp_path, text)


def test_a_folder_of_dumps_is_audited_by_its_address(tmp_path: Path) -> None:
    (tmp_path / "dumps").mkdir()
    (tmp_path / "dumps" / "shop-2026-11-22.sql.gz").write_bytes(b"x")
    run = CliRunner().invoke(cli, ["audit", f"files:{tmp_path}/dumps", "-o", str(tmp_path / "out")])
    assert run.exit_code in (0, 1), run.output
    (bundle,) = (tmp_path / "out").glob("*.evidence.zip")
    shown = CliRunner().invoke(cli, ["show", "restore_point", str(bundle), "--json"])
    (row,) = json.loads(shown.output)
    assert (row["point"], row["source"]) == ("shop-2026-11-22.sql.gz", "shop-*.sql.gz")


@pytest.mark.parametrize(
    ("words", "refusal"), [("returned error, retrying after 1s: no route", None), ("", "timed-out")]
)
def test_what_restic_tries_again_and_again_is_answered_by_what_it_met(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, refusal: str | None
) -> None:
    tool = tmp_path / "restic"
    tool.write_text(f"#!/bin/sh\necho 'Stat(<config/>) {words}' >&2\nexec sleep 60\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    form = Form(("restic", "cat", "config"), "restic-config", "patience", timeout_seconds=1.0)
    answer = asyncio.run(RepositoryTarget("restic:rest:http://store1/x").ask(form()))
    assert (answer.refusal, answer.status) == (refusal, None if refusal else -9)


def test_braces_of_a_form() -> None:
    form = Form(("borg", "{{hostname}}{{end}}", "x{device}"), "borg-list", "")
    assert form(device="a").argv == ("borg", "{hostname}{end}", "xa")
    assert borg.LIST().argv[-1] == "{hostname}{username}{end}{comment}"


def fact(row: Row) -> Fact[Row]:
    return Fact("t", row)


def rows(*told: Row) -> list[Row]:
    return [one.row for one in named([fact(row) for row in told], "t") if isinstance(one, Fact)]


def point(repository: str, name: str, source: str = "db1", **told: int) -> RestorePoint:
    return RestorePoint(repository=repository, point=name, source=source, size_bytes=told.get("size"))


def repository(identity: str, name: str = "", product: str = "restic", **told: str) -> BackupRepository:
    return BackupRepository(repository=identity, name=name, product=product, **told)


def test_answers_that_do_not_name_their_repository_get_the_name_of_the_only_one() -> None:
    told = rows(
        repository("restic:?", "/srv/repo", location="/srv/repo"),
        repository("restic:abc"),
        point("restic:?", "1"),
        point("restic:?", "1", "?", size=5),
        BackupCheck(repository="restic:?", check="c", kind="structure"),
    )
    assert {getattr(row, "repository", "") for row in told} == {"restic:abc"}
    assert [row.name for row in told if isinstance(row, BackupRepository)] == ["/srv/repo"] * 2
    assert [row.source for row in told if isinstance(row, RestorePoint)] == ["db1", "db1"]


def test_without_an_identity_the_place_is_the_name_and_then_the_target() -> None:
    (one, _) = rows(repository("restic:?", location="/srv/repo"), point("restic:?", "1"))
    assert one.subject == "restic:/srv/repo"
    (one,) = rows(point("restic:?", "1"))
    assert one.subject == "restic:t/1/db1"
    *_, last = rows(repository("restic:a"), repository("restic:b"), point("restic:?", "1"))
    assert last.subject == "restic:t/1/db1"


def test_files_get_the_name_of_the_host() -> None:
    *_, last = rows(Host(hostname="web1"), repository("files:?:/srv/d", product="files"))
    assert last.subject == "files:web1:/srv/d"


def test_a_repository_that_several_hosts_write_to_is_known_by_its_place() -> None:
    told = rows(
        repository("pgbackrest:?:repo1", product="pgbackrest", host="store1", path="/srv/pg"),
        point("pgbackrest:?:repo1", "main/1"),
    )
    assert {getattr(row, "repository", "") for row in told} == {"pgbackrest:store1:/srv/pg"}


def test_a_job_that_names_the_place_writes_to_the_repository_found_there() -> None:
    job = BackupJob(product="borgmatic", job="j", name="j", repository="borg:/srv/b")
    told = rows(repository("borg:abc", product="borg", location="/srv/b"), job)
    assert [row.repository for row in told if isinstance(row, BackupJob)] == ["borg:abc"]


def test_other_rows_are_left_alone() -> None:
    gap = Gap("t", RestorePoint, "denied")
    assert list(named([gap, fact(Host(hostname="h"))], "t")) == [gap, fact(Host(hostname="h"))]


def asked(name: str, *answers: tuple[Answer, ...]) -> list[list[str]]:
    """Names of the subcommands of each batch that the collector asks after these answers."""
    asking = COLLECTORS[name].ask()
    batches = [next(asking)]
    for batch in answers:
        try:
            batches.append(asking.send(batch))
        except StopIteration:
            break
    return [[str(question) for question in batch] for batch in batches]


def told(form: Form, text: str = "", status: int = 0, **blanks: str) -> Answer:
    return Answer(form(**blanks), stdout=text.encode(), status=status)


LOCATION = '{"kind": "local", "path": "/srv/b", "check": "structure"}'


def test_nothing_more_is_asked_of_what_cannot_be_opened() -> None:
    batches = asked("restic", (told(restic.LOCATION, LOCATION), told(restic.CONFIG, status=1)))
    assert len(batches) == 1


def test_a_borg_repository_that_is_locked_is_not_read_behind_the_lock() -> None:
    settings = told(borg.SETTINGS, folder="/srv/b")
    free = asked("borg", (told(borg.LOCATION, LOCATION),), (settings, told(borg.LOCKS, folder="/srv/b")))
    assert "--bypass-lock" in free[-1][0]
    held = told(borg.LOCKS, "1.0 lock.exclusive/x@1.1-0\n", folder="/srv/b")
    taken = asked("borg", (told(borg.LOCATION, LOCATION),), (settings, held))
    assert "--lock-wait" in taken[-1][0]
    afar = LOCATION.replace("local", "ssh")
    assert "--lock-wait" in asked("borg", (told(borg.LOCATION, afar),))[-1][0]


def test_names_that_count_on_one_server_only_hold_its_name() -> None:
    rows: list[Row] = [
        BackupRepository(repository="veeam:?/Default", name="Default", product="veeam", host="nas1"),
        BackupJob(product="veeam", server="?", job="j", name="j", repository="veeam:?/Default"),
        BackupRepository(repository="windows-backup:?/E:", name="E:", product="windows-backup", host="?"),
        BackupCheck(repository="veeam:?", check="c", kind="malware"),
    ]
    told = [
        one.row for one in named([Fact("vbr1", row, ()) for row in rows], "vbr1") if isinstance(one, Fact)
    ]
    places = [getattr(row, "repository", "") for row in told]
    assert places == [
        "veeam:vbr1/Default",
        "veeam:vbr1/Default",
        "windows-backup:vbr1/E:",
        "veeam:vbr1/Default",
    ]
    assert [row.server for row in told if isinstance(row, BackupJob)] == ["vbr1"]
