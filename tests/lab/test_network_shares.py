# SPDX-License-Identifier: Apache-2.0
"""A repository on a real NFS and a real SMB mount of a production server, from the mount to the finding."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from analyzer.derived.filesystem import Filesystem
from analyzer.engine import Judgement
from analyzer.fate import fates_of
from analyzer.site import Asset, Site
from collectors import asking
from collectors.bundle import BundleWriter
from collectors.collector import load
from collectors.exposure_tables import NfsExport
from holdwater import api

from .beds import BedMissing, must
from .network_shares import mount_nfs, mount_smb, nas_and_server, serve_nfs, serve_smb
from .targets import BedTarget
from .uml import Uml

pytestmark = pytest.mark.lab

ONLY = ("host", "block", "file-systems", "shares", "backup-traces")
ASSETS = (Asset("web1", 1, rpo_hours=48.0), Asset("nas1", 2))
FOLDER = "/mnt/backup/web1"
DUMPS = f"""
mkdir -p {FOLDER}
for days in 4 3 2 1 0; do
  night=$(date -d "-$days days" +%F)
  head -c 100000 /dev/urandom >{FOLDER}/web1-$night.sql.gz
  touch -d "$night 00:01" {FOLDER}/web1-$night.sql.gz
done
echo '1 0 * * * root mysqldump --all-databases | gzip > {FOLDER}/web1-$(date +\\%F).sql.gz' >/etc/cron.d/dumps
"""


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Uml, Uml]]:
    """`nas1` shares a file system both ways; `web1` mounts nothing yet."""
    try:
        with nas_and_server(tmp_path_factory.mktemp("shares")) as (nas, web):
            serve_nfs(nas)
            serve_smb(nas)
            yield nas, web
    except BedMissing as missing:
        pytest.skip(f"two machines: {missing}")


def audited(machines: tuple[Uml, Uml], path: Path) -> tuple[Site, Judgement]:
    known, writer = load(), BundleWriter(path, site="lab", tool="holdwater lab")
    targets = [BedTarget(bed, bed.name) for bed in machines]
    asyncio.run(asking.collect(targets, [known[name] for name in ONLY], writer))
    return api.open_site(path, assets=ASSETS), api.judge(path, assets=ASSETS)


def mounted(site: Site) -> tuple[str | None, bool | None]:
    """What web1 has at /mnt/backup, and whether it is read-only."""
    (row,) = [
        fact.row
        for fact in site.facts(Filesystem)
        if fact.target == "web1" and fact.row.mountpoint == "/mnt/backup"
    ]
    assert row.network
    return row.source, row.read_only


def told(judgement: Judgement, rule: str) -> list[str]:
    return [finding.message for finding in judgement.failed() if finding.rule == rule]


def test_production_that_can_overwrite_its_copies_is_found(machines: tuple[Uml, Uml], tmp_path: Path) -> None:
    _, web = machines
    mount_nfs(web, "/mnt/backup", "rw")
    must(web, DUMPS)
    site, judgement = audited(machines, tmp_path / "nfs.evidence.zip")
    assert mounted(site) == ("nas1:/mnt/backup", False)
    assert told(judgement, "exposure/repo-writable") == [f"{FOLDER}: mounted writable on web1"]
    (export,) = [fact.row for fact in site.facts(NfsExport) if fact.target == "nas1"]
    assert (export.path, export.writable, export.root_squash, export.live) == (
        "/mnt/backup",
        True,
        False,
        True,
    )
    (open_to_root,) = told(judgement, "exposure/nfs-open")
    assert open_to_root.endswith(f"with no_root_squash; {FOLDER} lies there"), open_to_root
    needs = site.once(fates_of).needs([("web1", "mount:/mnt/backup")])
    assert ("nas1", "mount:/mnt/backup") in needs

    must(web, "mount -o remount,ro /mnt/backup")
    site, judgement = audited(machines, tmp_path / "read-only.evidence.zip")
    assert mounted(site) == ("nas1:/mnt/backup", True)
    assert told(judgement, "exposure/repo-writable") == []

    must(web, "umount /mnt/backup")
    mount_smb(web, "/mnt/backup", "rw")
    site, judgement = audited(machines, tmp_path / "smb.evidence.zip")
    assert mounted(site) == ("//nas1/backup", False)
    assert ("nas1", "mount:/mnt/backup") in site.once(fates_of).needs([("web1", "mount:/mnt/backup")])
    assert told(judgement, "exposure/repo-writable") == [f"{FOLDER}: mounted writable on web1"]
    assert any("backup" in message for message in told(judgement, "exposure/smb1-guest"))
