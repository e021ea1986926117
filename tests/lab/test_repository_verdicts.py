# SPDX-License-Identifier: Apache-2.0
"""Real repositories in every state, the whole way to the verdict on the system that lies in them.

What is wrong with a repository narrows what is said of the system, with its reason; it never widens it.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from analyzer.derived.protection import Protection
from analyzer.site import Asset
from collectors.targets.repository_address import Access
from holdwater import api
from holdwater.site_file import TargetEntry

from .backups import RepositoryBed, copied, flip, packs, repository_bed
from .beds import BedMissing

pytestmark = pytest.mark.lab

ASSETS = (
    Asset("web1", 1, rpo_hours=24.0, known_as=(socket.gethostname(),)),
    Asset("db1", 1, rpo_hours=24.0),
)


@pytest.fixture(scope="module")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RepositoryBed]:
    try:
        yield repository_bed(tmp_path_factory.mktemp("verdicts"))
    except BedMissing as missing:
        pytest.skip(f"repositories: {missing}")


@pytest.fixture(scope="module")
def repositories(bed: RepositoryBed) -> dict[str, Path]:
    return {"restic": bed.restic("restic"), "borg": bed.borg("borg")}


@pytest.fixture(autouse=True)
def no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a tool keeps in its cache would hide what is gone from the repository."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in [name for name in os.environ if name.startswith(("RESTIC_", "BORG_", "XDG_"))]:
        monkeypatch.delenv(name)


def sound(_: Path) -> None:
    """Nothing is done to it."""


def rotten(repository: Path) -> None:
    segments = list((repository / "data" / "0").glob("*")) if (repository / "README").exists() else []
    flip(max(segments, key=lambda path: path.stat().st_size) if segments else packs(repository)[0], 100_000)


def without_index(repository: Path) -> None:
    for index in (repository / "index").iterdir():
        index.unlink()


def without_key(repository: Path) -> None:
    for key in (repository / "keys").iterdir():
        key.unlink()


def with_a_broken_snapshot(repository: Path) -> None:
    newest = max((repository / "snapshots").iterdir(), key=lambda path: path.stat().st_mtime)
    newest.chmod(0o600)
    newest.write_bytes(b"no snapshot")


def locked(repository: Path) -> None:
    (repository / "lock.exclusive").mkdir()
    (repository / "lock.exclusive" / "elsewhere@1.1-0").touch()


def gone(repository: Path) -> None:
    repository.rename(repository.with_name(f"{repository.name}-moved"))


@dataclass(frozen=True)
class Case:
    """A repository in a state, and what must be said of a system in it."""

    tool: str
    spoil: Callable[[Path], None]
    level: int | None
    standing: str
    says: str
    asset: str = "web1"
    check: str = ""
    key: str | None = "password"
    fires: str = ""


CASES = {
    "restic-healthy": Case("restic", sound, 2, "doubtful", "1 good copy in"),
    "restic-stale": Case(
        "restic", sound, 2, "doubtful", "R3 no: independent, and new enough: the newest", "db1"
    ),
    "restic-checked": Case("restic", sound, 2, "doubtful", "1 good copy in", check="100"),
    "restic-rotten-unchecked": Case("restic", rotten, 2, "doubtful", "its content was never checked"),
    "restic-rotten": Case(
        *("restic", rotten, 2, "doubtful", "a check found damage"), check="100", fires="backup/verify-failed"
    ),
    "restic-index-lost": Case(
        "restic", without_index, 2, "doubtful", "a check found damage", fires="backup/verify-failed"
    ),
    "restic-snapshot-broken": Case(
        *("restic", with_a_broken_snapshot, None, "unknown", "load snapshot"),
        fires="backup/verify-failed",
    ),
    "restic-key-lost": Case("restic", without_key, None, "unknown", "no key found"),
    "restic-no-passphrase": Case("restic", sound, None, "unknown", "password_file", key=None),
    "restic-wrong-passphrase": Case("restic", sound, None, "unknown", "wrong password", key="wrong"),
    "restic-gone": Case("restic", gone, None, "unknown", "could not be read"),
    "borg-healthy": Case("borg", sound, 2, "doubtful", "2 good copies in"),
    "borg-rotten": Case(
        *("borg", rotten, 2, "doubtful", "a check found damage"),
        check="structure",
        fires="backup/verify-failed",
    ),
    "borg-locked": Case("borg", locked, None, "unknown", "break-lock"),
    "borg-no-passphrase": Case("borg", sound, None, "unknown", "password_file", key=None),
    "borg-gone": Case("borg", gone, None, "unknown", "could not be read"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_verdict_follows_the_repository(
    name: str, bed: RepositoryBed, repositories: dict[str, Path], tmp_path: Path
) -> None:
    case = CASES[name]
    (bed.folder / "wrong").write_text("something else\n")
    repository = copied(repositories[case.tool], name)
    case.spoil(repository)
    access: dict[str, Any] = {"password_file": str(bed.folder / case.key)} if case.key else {}
    if case.check:
        access["check"] = case.check
    target = TargetEntry(f"{case.tool}:{repository}", "", Access(**access))
    bundle = api.collect([target], tmp_path, site="lab")
    site = api.open_site(bundle, assets=ASSETS)
    (row,) = [fact.row for fact in site.facts(Protection) if fact.row.asset == case.asset]
    assert (row.level, row.standing) == (case.level, case.standing), row.proof
    assert case.says in row.proof
    failed = {finding.rule for finding in api.judge(bundle, assets=ASSETS).failed()}
    assert (case.fires in failed) if case.fires else "backup/verify-failed" not in failed
