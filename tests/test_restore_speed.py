"""How fast a restore may be, by what was measured when copies were made."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from analyzer.restore_time import ASSUMED_BYTES_PER_SECOND, Speed, speeds_of
from analyzer.site import Site
from collectors.backup_tables import BackupJob, BackupRepository, BackupSession
from collectors.guest_backup_tables import GuestBackup, GuestBackupRun
from tests.derived_sites import AT
from tests.protected_sites import site

MB = 10**6


def run(number: int, rate: float, **more: Any) -> GuestBackupRun:
    told: dict[str, Any] = {
        "succeeded": True,
        "storage": "nas",
        "transferred_bytes": int(rate * 100),
        "transfer_seconds": 100.0,
    }
    return GuestBackupRun(task=f"UPID:{number}", guest="qemu/101", **{**told, **more})


def speed(made: Site, repository: str) -> Speed:
    return speeds_of(made).of("dc01", repository)


def test_half_of_what_the_backups_of_guests_read() -> None:
    copy = GuestBackup(volume="nas:backup/1", guest="qemu/101", storage="nas", created_at=AT)
    made = site({"pve1": [copy, run(1, 100 * MB), run(2, 300 * MB), run(3, 200 * MB)]})
    told = speed(made, "store:pve1/nas")
    assert (told.bytes_per_second, told.measured) == (100 * MB, False)
    assert told.basis == "100 MB/s, 50% of what its 3 backups read"


@pytest.mark.parametrize(
    "more",
    [
        {"succeeded": False},
        {"succeeded": None},
        {"transfer_seconds": 59.0},
        {"storage": None},
        {"transferred_bytes": None},
    ],
)
def test_a_run_that_measures_nothing(more: dict[str, Any]) -> None:
    made = site({"pve1": [run(1, 100 * MB, **more)]})
    assert speed(made, "store:pve1/nas").bytes_per_second == ASSUMED_BYTES_PER_SECOND


def test_a_restore_says_more_than_a_backup() -> None:
    def session(name: str, purpose: str, rate: int) -> BackupSession:
        began = AT - timedelta(hours=2)
        return BackupSession(
            product="bacula",
            session=name,
            job="files",
            purpose=purpose,
            outcome="ok",
            started_at=began,
            ended_at=began + timedelta(seconds=100),
            size_bytes=100 * rate,
        )

    store = BackupRepository(repository="bacula:main", name="main", product="bacula")
    job = BackupJob(product="bacula", job="files", name="files", repository="main")
    made = site({"*b": [store, job, session("1", "backup", 80 * MB)]})
    assert speed(made, "bacula:main").bytes_per_second == 40 * MB
    assert speed(made, "bacula:main").basis == "40.0 MB/s, 50% of what one backup read"
    made = site({"*b": [store, job, session("1", "backup", 80 * MB), session("2", "restore", 70 * MB)]})
    assert (speed(made, "bacula:main").bytes_per_second, speed(made, "bacula:main").measured) == (
        70 * MB,
        True,
    )
