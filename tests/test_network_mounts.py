"""File systems of other machines: where they lie, and what production can overwrite through them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from analyzer.derived.asset_copy import AssetCopy
from analyzer.derived.offered_folder import OfferedFolder
from analyzer.derived.repository import Repository
from analyzer.fate import fates_of
from analyzer.host_roles import host_roles
from analyzer.rules.offered_folder import nfs_open
from analyzer.site import Asset, Site
from analyzer.verdict import Fail
from collectors.backup_tables import BackupRepository, RestorePoint
from collectors.block_tables import Host, Mount
from collectors.exposure_tables import NfsExport, SmbShare
from collectors.fact import Fact

AT = datetime(2026, 3, 20, 9, tzinfo=UTC)


def site_of(
    source: str, fs_type: str, *, read_only: bool = False, owners: tuple[str, ...] = ("web1",)
) -> Site:
    """`web1` keeps dumps in /mnt/backup, which lies on `nas1`, there in /srv/backup."""
    site = Site("site", AT, ("nas1", "web1"), assets=tuple(Asset(name) for name in owners))
    for name in ("nas1", "web1"):
        site.add([Fact(name, Host(hostname=name), ())])
    disk = Mount(mountpoint="/srv/backup", source="/dev/sdb1", fs_type="ext4", options="rw", read_only=False)
    share = Mount(mountpoint="/mnt/backup", source=source, fs_type=fs_type, options="rw", read_only=read_only)
    site.add([Fact("nas1", disk, ()), Fact("web1", share, ())])
    site.add([Fact("nas1", SmbShare(name="Backup", path="/srv/backup", writable=True), ())])
    folder = BackupRepository(
        repository="files:web1:/mnt/backup/web1",
        name="/mnt/backup/web1",
        product="files",
        host="web1",
        location="/mnt/backup/web1",
        path="/mnt/backup/web1",
    )
    site.add([Fact("web1", folder, ())])
    for owner in owners:
        point = RestorePoint(
            repository=folder.repository,
            point=owner,
            source=owner,
            created_at=AT - timedelta(hours=7),
            complete=True,
        )
        site.add([Fact("web1", point, ())])
    return site


SOURCES = [("nas1:/srv/backup", "nfs4"), ("//nas1/backup", "cifs"), ("//NAS1/Backup/web", "smb3")]


@pytest.mark.parametrize(("source", "fs_type"), SOURCES)
def test_a_mount_rests_on_the_file_system_of_its_server(source: str, fs_type: str) -> None:
    needs = site_of(source, fs_type).once(fates_of).needs([("web1", "mount:/mnt/backup")])
    assert ("nas1", "mount:/srv/backup") in needs


@pytest.mark.parametrize(("source", "fs_type"), SOURCES)
def test_production_that_writes_its_own_copies_is_told(source: str, fs_type: str) -> None:
    (row,) = [fact.row for fact in site_of(source, fs_type).facts(Repository)]
    assert row.writable_on == "web1"


def test_a_mount_that_is_read_only_cannot_be_written_to() -> None:
    (row,) = [fact.row for fact in site_of("nas1:/srv/backup", "nfs4", read_only=True).facts(Repository)]
    assert row.writable_on == ""


def test_what_keeps_copies_of_others_has_to_write() -> None:
    site = site_of("nas1:/srv/backup", "nfs4", owners=("web1", "db1"))
    (row,) = [fact.row for fact in site.facts(Repository)]
    assert row.writable_on == ""


@pytest.mark.parametrize(
    ("source", "fs_type", "export", "kept"),
    [
        ("nas1:/srv/backup", "nfs4", "/srv/backup", True),
        ("nas1:/srv/backup/here", "nfs4", "/srv", True),
        ("nas1:/srv/backup", "nfs4", "/srv/backup/web1", True),
        ("nas1:/srv/backup", "nfs4", "/srv/backup/other", False),
        ("nas1:/srv/backup", "nfs4", "/srv/images", False),
        ("nas1:/srv/backup", "nfs4", "/mnt/backup", False),
        ("//NAS1/Backup/web", "smb3", "/srv/backup/web/web1", True),
        ("//nas1/unknown", "cifs", "/srv/backup", False),
    ],
)
def test_an_export_holds_what_a_client_keeps_on_its_mount(
    source: str, fs_type: str, export: str, kept: bool
) -> None:
    site = site_of(source, fs_type)
    offer = NfsExport(path=export, client="192.0.2.8", writable=True, root_squash=False, live=True)
    site.add([Fact("nas1", offer, ())])
    (row,) = [fact.row for fact in site.facts(OfferedFolder) if fact.row.protocol == "nfs"]
    assert row.repositories == ("/mnt/backup/web1" if kept else "")
    verdict = nfs_open(row)
    assert isinstance(verdict, Fail) is kept, verdict
    assert site.once(host_roles).of("nas1") == ("" if source.endswith("unknown") else "repository")


@pytest.mark.parametrize(("source", "fs_type"), SOURCES)
@pytest.mark.parametrize("ahead", ["nas1", "web1"])
def test_the_clock_of_a_server_behind_a_mount_may_have_stamped(source: str, fs_type: str, ahead: str) -> None:
    site = site_of(source, fs_type)
    site.add([Fact(ahead, Host(hostname=ahead, clock_skew_seconds=3 * 86_400.0), ())])
    (copy,) = [fact.row for fact in site.facts(AssetCopy)]
    assert (copy.ahead_hours, copy.age_hours) == (72.0, 79.0)
