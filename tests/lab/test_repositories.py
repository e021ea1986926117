# SPDX-License-Identifier: Apache-2.0
"""Real repositories as targets: what is told of them, and what a person is told where nothing can be."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analyzer.site import Site
from collectors.backup_tables import BackupCheck, BackupRepository, RestorePoint
from collectors.fact import Gap
from collectors.table import Row
from collectors.targets.repository_address import Access
from holdwater import api
from holdwater.site_file import TargetEntry
from tests.sshd import USER, Sshd

from .backups import PASSPHRASE, RepositoryBed, copied, flip, packs, repository_bed
from .beds import BedMissing

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RepositoryBed]:
    try:
        yield repository_bed(tmp_path_factory.mktemp("repositories"))
    except BedMissing as missing:
        pytest.skip(f"repositories: {missing}")


@pytest.fixture(scope="module")
def restic(bed: RepositoryBed) -> Path:
    return bed.restic("restic")


@pytest.fixture(scope="module")
def borg(bed: RepositoryBed) -> Path:
    return bed.borg("borg")


@pytest.fixture(autouse=True)
def own_home(bed: RepositoryBed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Caches of the tools go below the bed; nothing of the machine's settings is used."""
    monkeypatch.setenv("HOME", str(bed.folder))
    for name in [name for name in os.environ if name.startswith(("RESTIC_", "BORG_", "XDG_"))]:
        monkeypatch.delenv(name)


def audited(address: str, folder: Path, **access: str) -> tuple[Site, Path]:
    """The site of one repository, and the bundle it was read from."""
    bundle = api.collect([TargetEntry(address, "", Access(**access))], folder, site="lab")
    return api.open_site(bundle), bundle


def rows(site: Site, row_type: type[Row]) -> list[Any]:
    return [fact.row for fact in site.tables.get(row_type, ())]


def gaps(site: Site, row_type: type[Row]) -> list[Gap]:
    return [gap for gap in site.gaps if gap.table is row_type]


def content(folder: Path) -> dict[str, str]:
    """Every file of a repository with its checksum: nothing may be written into it."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def unpacked(bundle: Path) -> bytes:
    with zipfile.ZipFile(bundle) as opened:
        return b"".join(opened.read(name) for name in opened.namelist())


def test_restic_repository(bed: RepositoryBed, restic: Path, tmp_path: Path) -> None:
    before = content(restic)
    site, bundle = audited(f"restic:{restic}", tmp_path, password_file=str(bed.password_file))
    (repository,) = rows(site, BackupRepository)
    config = json.loads(bed.run("restic", "-r", str(restic), "--no-lock", "cat", "config").stdout)
    assert repository.repository == f"restic:{config['id']}"
    assert (repository.path, repository.kind, repository.reachable) == (str(restic), "local", True)
    assert (repository.keys, repository.locks) == (1, 0)
    assert repository.used_bytes > 3 << 20
    points = rows(site, RestorePoint)
    assert [point.source for point in points] == ["db1", "db1", "web1"]
    assert {point.repository for point in points} == {repository.repository}
    assert [point.size_bytes is not None for point in points][1:] == [True, True]  # 0.17 tells it of all
    assert not site.gaps
    assert content(restic) == before
    assert PASSPHRASE.encode() not in unpacked(bundle)


def test_the_cache_of_the_user_neither_answers_nor_grows(
    bed: RepositoryBed, restic: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "repository"
    shutil.copytree(restic, folder)
    access = {"password_file": str(bed.password_file)}
    words = ("restic", "-r", str(folder), "-p", str(bed.password_file), "--no-lock", "snapshots", "--json")
    theirs = bed.folder / ".cache" / "restic"
    shutil.rmtree(theirs, ignore_errors=True)
    audited(f"restic:{folder}", tmp_path / "whole", **access)
    assert not theirs.exists()
    assert list((bed.folder / ".cache" / "holdwater").glob("restic-*")) == []
    assert len(json.loads(bed.run(*words).stdout)) == 3
    assert theirs.exists()
    for snapshot in (folder / "snapshots").iterdir():
        snapshot.chmod(0o600)
        snapshot.write_bytes(b"rot")
    assert len(json.loads(bed.run(*words).stdout)) == 3, "restic answers out of its cache"
    site, _ = audited(f"restic:{folder}", tmp_path / "rotten", **access)
    assert not rows(site, RestorePoint)
    assert gaps(site, RestorePoint)
    assert [check.result for check in rows(site, BackupCheck)].count("failed") >= 1


def test_passphrase_by_command_and_by_the_environment(
    bed: RepositoryBed, restic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, _ = audited(f"restic:{restic}", tmp_path, password_command=f"cat {bed.password_file}")
    assert len(rows(site, RestorePoint)) == 3
    monkeypatch.setenv("RESTIC_PASSWORD", PASSPHRASE)
    site, bundle = audited(f"restic:{restic}", tmp_path)
    assert len(rows(site, RestorePoint)) == 3
    assert PASSPHRASE.encode() not in unpacked(bundle)


@pytest.mark.parametrize(
    ("access", "says"),
    [
        ({}, "password_file or password_command"),
        ({"password_file": "/nonexistent"}, "password_file or password_command"),
        ({"password_command": "echo wrong-one"}, "passphrase is not accepted"),
    ],
)
@pytest.mark.parametrize("product", ["restic", "borg"])
def test_without_the_passphrase_nothing_is_known(
    product: str, access: dict[str, str], says: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder = request.getfixturevalue(product)
    site, _ = audited(f"{product}:{folder}", tmp_path, **access)
    assert not rows(site, RestorePoint)
    (gap,) = gaps(site, RestorePoint)
    assert gap.reason == "denied"
    assert says in gap.detail
    (repository,) = rows(site, BackupRepository)
    assert repository.path == str(folder)


@pytest.mark.parametrize(
    "address", ["restic:/nonexistent", "borg:/nonexistent", "restic:rest:http://127.0.0.1:9/x",
                "restic:sftp:nobody@127.0.0.1:/x", "borg:ssh://nobody@127.0.0.1:9/x"]
)  # fmt: skip
def test_a_repository_that_is_not_there(bed: RepositoryBed, address: str, tmp_path: Path) -> None:
    site, _ = audited(address, tmp_path, password_file=str(bed.password_file))
    assert {gap.reason for gap in gaps(site, RestorePoint)} == {"unreachable"}
    (repository,) = rows(site, BackupRepository)
    assert repository.reachable is False


def test_a_restic_lock_that_was_left_behind(bed: RepositoryBed, restic: Path, tmp_path: Path) -> None:
    locked = copied(restic, "restic-locked")
    backup = subprocess.Popen(
        ["restic", "-r", str(locked), "backup", "-q", "--stdin", "--stdin-filename", "x"],
        env=bed.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 20
    while not any(len(one.name) == 64 for one in (locked / "locks").iterdir()) and time.monotonic() < until:
        time.sleep(0.1)
    backup.send_signal(signal.SIGKILL)
    backup.communicate()
    site, _ = audited(f"restic:{locked}", tmp_path, password_file=str(bed.password_file))
    (repository,) = rows(site, BackupRepository)
    assert repository.locks == 1
    assert repository.locked_at is not None
    assert len(rows(site, RestorePoint)) == 3


def test_a_rotten_pack_is_found_by_reading_only(bed: RepositoryBed, restic: Path, tmp_path: Path) -> None:
    rotten = copied(restic, "restic-rotten")
    flip(packs(rotten)[0], 100_000)
    key = str(bed.password_file)
    site, _ = audited(f"restic:{rotten}", tmp_path, password_file=key, check="structure")
    (check,) = rows(site, BackupCheck)
    assert (check.kind, check.result) == ("structure", "ok")
    site, _ = audited(f"restic:{rotten}", tmp_path, password_file=key, check="100")
    (check,) = rows(site, BackupCheck)
    assert (check.kind, check.result, check.share_percent) == ("content", "failed", 100.0)


def test_borg_repository(bed: RepositoryBed, borg: Path, tmp_path: Path) -> None:
    before = content(borg)
    site, bundle = audited(f"borg:{borg}", tmp_path, password_file=str(bed.password_file))
    (repository,) = rows(site, BackupRepository)
    assert repository.repository.startswith("borg:")
    assert (repository.path, repository.append_only, repository.locks) == (str(borg), False, 0)
    assert repository.used_bytes > 3 << 20
    old, new = rows(site, RestorePoint)
    assert old.created_at.isoformat() == "2026-08-01T02:00:00+00:00"
    assert new.paths == str(bed.folder / "src")
    assert new.size_bytes > 3 << 20
    assert not site.gaps
    assert content(borg) == before
    assert PASSPHRASE.encode() not in unpacked(bundle)


def test_an_append_only_borg_repository(bed: RepositoryBed, borg: Path, tmp_path: Path) -> None:
    strict = copied(borg, "borg-append-only")
    bed.run("borg", "config", str(strict), "append_only", "1")
    site, _ = audited(f"borg:{strict}", tmp_path, password_file=str(bed.password_file))
    (repository,) = rows(site, BackupRepository)
    assert repository.append_only is True


def test_a_locked_borg_repository(bed: RepositoryBed, borg: Path, tmp_path: Path) -> None:
    locked = copied(borg, "borg-locked")
    (locked / "lock.exclusive").mkdir()
    (locked / "lock.exclusive" / "elsewhere@1.1-0").touch()
    site, _ = audited(f"borg:{locked}", tmp_path, password_file=str(bed.password_file))
    (repository,) = rows(site, BackupRepository)
    assert repository.locks == 1
    (gap,) = gaps(site, RestorePoint)
    assert "break-lock" in gap.detail


def test_a_rotten_borg_segment(bed: RepositoryBed, borg: Path, tmp_path: Path) -> None:
    rotten = copied(borg, "borg-rotten")
    segment = max((rotten / "data" / "0").iterdir(), key=lambda path: path.stat().st_size)
    flip(segment, 500_000)
    site, _ = audited(f"borg:{rotten}", tmp_path, password_file=str(bed.password_file), check="structure")
    (check,) = rows(site, BackupCheck)
    assert (check.kind, check.result) == ("structure", "failed")


@pytest.fixture
def over_ssh(bed: RepositoryBed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Sshd]:
    """A server that is trusted, and an `ssh` in the way of the tools that knows its key."""
    home = tmp_path / "home"
    home.mkdir()
    server = Sshd(tmp_path / "sshd", home, Subsystem="sftp internal-sftp")
    server.trust()
    client = f"-i {server.client_key} -o UserKnownHostsFile={home}/.ssh/known_hosts -F /dev/null"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "ssh").write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} {client} "$@"\n')
    (tmp_path / "bin" / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    try:
        yield server
    finally:
        server.stop()


def test_repositories_on_another_machine(
    bed: RepositoryBed, restic: Path, borg: Path, over_ssh: Sshd, tmp_path: Path
) -> None:
    key, place = str(bed.password_file), f"{USER}@127.0.0.1:{over_ssh.port}"
    here, _ = audited(f"restic:{restic}", tmp_path, password_file=key)
    there, _ = audited(f"restic:sftp://{place}/{restic}", tmp_path, password_file=key)
    (near,), (far,) = rows(here, BackupRepository), rows(there, BackupRepository)
    assert far.repository == near.repository
    assert (far.kind, far.host, far.path) == ("sftp", "127.0.0.1", str(restic))
    assert len(rows(there, RestorePoint)) == 3
    there, _ = audited(f"borg:ssh://{place}{borg}", tmp_path, password_file=key)
    (far,) = rows(there, BackupRepository)
    assert (far.kind, far.host, far.path) == ("ssh", "127.0.0.1", str(borg))
    assert len(rows(there, RestorePoint)) == 2
    assert not there.gaps


def test_a_server_whose_host_key_is_unknown(bed: RepositoryBed, over_ssh: Sshd, tmp_path: Path) -> None:
    (tmp_path / "home" / ".ssh" / "known_hosts").write_text("")
    place = f"{USER}@127.0.0.1:{over_ssh.port}"
    for address in (f"restic:sftp://{place}//srv/x", f"borg:ssh://{place}/srv/x"):
        site, _ = audited(address, tmp_path, password_file=str(bed.password_file))
        assert {gap.reason for gap in gaps(site, RestorePoint)} == {"unreachable"}


def test_a_key_file_that_is_lost(bed: RepositoryBed, tmp_path: Path) -> None:
    lost = bed.borg("borg-keyfile", "keyfile")
    for key in (bed.folder / ".config" / "borg" / "keys").iterdir():
        key.unlink()
    site, _ = audited(f"borg:{lost}", tmp_path, password_file=str(bed.password_file))
    (gap,) = gaps(site, RestorePoint)
    assert gap.reason == "denied"
    assert "key file" in gap.detail
