# SPDX-License-Identifier: Apache-2.0
"""Real `zfs send` and `zfs receive` between pools of two machines, and what is made of both ends."""

from __future__ import annotations

import asyncio
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from analyzer.derived.asset_copy import AssetCopy
from analyzer.derived.protection import Protection
from analyzer.site import Asset
from collectors import asking
from collectors.bundle import BundleWriter
from collectors.collector import load
from holdwater import api

from .beds import BedMissing, must
from .targets import BedTarget
from .zfs import OtherZfsGuest, ZfsGuest, zfs_guest

pytestmark = [pytest.mark.lab_slow, pytest.mark.timeout(1800)]  # compiling ZFS takes 6 to 11 minutes, once

ONLY = ("host", "identity", "block", "file-systems", "zfs")
ASSETS = (Asset("web1", 1, rpo_hours=24.0, paths=("/tank/data",)),)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ZfsGuest, ZfsGuest]]:
    """`web1` with the pool tank, which is 41 days old, and `store1` with the pool vault."""
    folder = tmp_path_factory.mktemp("replicas")
    try:
        with zfs_guest(folder / "web1") as web, zfs_guest(folder / "store1", OtherZfsGuest) as store:
            for guest, name in ((web, "web1"), (store, "store1")):
                identity = "od -An -N16 -tx1 /dev/urandom | tr -d ' \\n' >/etc/machine-id"
                must(guest, f"hostname {name} && echo {name} >/etc/hostname && {identity}")
            must(web, "date -s '-41 days'")
            must(web, f"zpool create -f -o ashift=12 tank mirror {web.disks[0]} {web.disks[1]}", timeout=90)
            must(web, "zfs create tank/data && dd if=/dev/urandom of=/tank/data/f bs=1M count=8 2>&1")
            must(web, "date -s '+1 day' && zfs snapshot tank/data@sent && date -s '+40 days'")
            must(
                store,
                f"zpool create -f -o ashift=12 vault mirror {store.disks[0]} {store.disks[1]}",
                timeout=90,
            )
            yield web, store
    except BedMissing as missing:
        pytest.skip(f"ZFS guest: {missing}")


def sent(web: ZfsGuest, store: ZfsGuest, what: str) -> None:
    """Pipe a stream from one machine into the other, as syncoid does."""
    stream = web.run(f"zfs send {what}", timeout=120)
    assert stream.status == 0, stream.complaint
    command = ["ssh", "-F", "none", "-i", str(store.key), "-p", str(store.port), "-o", "BatchMode=yes"]
    command += ["-o", f"UserKnownHostsFile={store.known_hosts}", "root@127.0.0.1"]
    command.append(shlex.join(["zfs", "receive", "-F", "vault/web1"]))
    done = subprocess.run(command, input=stream.stdout, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr


def audited(web: ZfsGuest, store: ZfsGuest, path: Path) -> tuple[list[AssetCopy], Protection]:
    """The copies of web1 and the verdict on it, out of one audit of both machines."""
    known, writer = load(), BundleWriter(path, site="lab", tool="holdwater lab")
    targets = [BedTarget(web, "web1"), BedTarget(store, "store1")]
    asyncio.run(asking.collect(targets, [known[name] for name in ONLY], writer))
    site = api.open_site(path, assets=ASSETS)
    (verdict,) = [fact.row for fact in site.facts(Protection) if fact.row.asset == "web1"]
    return [fact.row for fact in site.facts(AssetCopy) if fact.row.asset == "web1"], verdict


def test_replicas_of_two_pools(pair: tuple[ZfsGuest, ZfsGuest], tmp_path: Path) -> None:
    web, store = pair
    copies, verdict = audited(web, store, tmp_path / "none.evidence.zip")
    assert copies == []
    assert (verdict.level, verdict.standing) == (None, "unknown"), verdict.proof

    sent(web, store, "tank/data@sent")
    must(web, "zfs snapshot tank/data@new")
    (copy,), verdict = audited(web, store, tmp_path / "stale.evidence.zip")
    assert copy.age_hours is not None
    assert 39 * 24 < copy.age_hours < 41 * 24
    assert (copy.same_storage, copy.same_host) == (False, False)
    assert (verdict.level, verdict.standing) == (2, "doubtful"), verdict.proof
    assert "the newest good copy is 40 days old" in verdict.proof

    sent(web, store, "-i tank/data@sent tank/data@new")
    (copy,), verdict = audited(web, store, tmp_path / "fresh.evidence.zip")
    assert copy.age_hours is not None
    assert copy.age_hours < 2
    assert verdict.standing == "plausible", verdict.proof
