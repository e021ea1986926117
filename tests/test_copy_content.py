"""What copies are worth to applications, as the log of a backup tells it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from analyzer.derived.asset_copy import AssetCopy
from analyzer.engine import judge
from collectors.backup_tables import BackupJob, BackupRepository
from collectors.guest_backup_tables import GuestBackup, GuestBackupRun
from collectors.hypervisor_tables import Guest
from collectors.table import Row
from tests.derived_sites import AT
from tests.protected_sites import host, one, points, site

FILE = "vzdump-qemu-101-2026_11_22-02_00_00.vma.zst"


@pytest.mark.parametrize(
    ("rest", "path", "told", "fires"),
    [
        ("frozen", f"/mnt/pve/nas/dump/{FILE}", "file system", False),
        ("agent silent", f"/mnt/pve/nas/dump/{FILE}", "crash", True),
        ("freeze off", f"/mnt/pve/nas/dump/{FILE}", "crash", True),
        (None, f"/mnt/pve/nas/dump/{FILE}", None, False),
        ("freeze off", f"/mnt/pve/nas/dump/older-{FILE}", None, False),
    ],
)
def test_the_log_tells_whether_a_database_was_at_rest(
    rest: str | None, path: str, told: str | None, fires: bool
) -> None:
    rows: list[Row] = [
        Guest(guest="qemu/101", name="sql01", kind="vm", hypervisor="proxmox"),
        GuestBackup(
            volume=f"nas:backup/{FILE}",
            guest="qemu/101",
            storage="nas",
            created_at=AT - timedelta(hours=9),
            size_bytes=10**9,
        ),
        GuestBackupRun(task="1", guest="qemu/101", storage="nas", volume=path, succeeded=True, rest=rest),
    ]
    made = site({"pve1": rows})
    assert one(made, "sql01").consistent == told
    assert fires is any(f.rule == "backup/app-aware-missing" for f in judge(made).failed())


@pytest.mark.parametrize(("archived", "told"), [(None, "/etc\n/srv"), ("/home", "/home")])
def test_what_borg_was_not_told_by_name_stands_in_the_configuration_of_borgmatic(
    archived: str | None, told: str
) -> None:
    rows: list[Row] = [
        *host("files"),
        BackupRepository(repository="borg:1f", name="b", product="borg", kind="local", path="/mnt/b"),
        *points("borg:1f", "files", 9.0, paths=archived),
        BackupJob(
            product="borgmatic",
            job="config.yaml",
            name="config.yaml",
            repository="borg:1f",
            selects="/srv\n/etc\npostgresql_databases",
        ),
    ]
    (copy,) = site({"files": rows}).facts(AssetCopy)
    assert copy.row.paths == told
