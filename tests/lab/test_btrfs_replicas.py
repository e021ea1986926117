"""Real btrfs send and receive between two file systems: what was received is a copy of its origin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from analyzer.derived.asset_copy import AssetCopy
from analyzer.derived.repository import Repository
from collectors.btrfs_tables import BtrfsSubvolume
from collectors.targets.local import LocalTarget

from .audits import audited
from .beds import HostBed, must
from .filesystems import MEBIBYTE, FilesystemBed, filesystem_bed, loop_device
from .targets import BedTarget

SENT = """
set -e
mkdir -p {one} {other}
mkfs.btrfs -q {first} && mkfs.btrfs -q {second} && mount {first} {one} && mount {second} {other}
btrfs subvolume create {one}/data && mkdir {one}/snap {other}/held
dd if=/dev/urandom of={one}/data/file bs=1M count=60
btrfs subvolume snapshot -r {one}/data {one}/snap/1 && btrfs send {one}/snap/1 | btrfs receive {other}/held
sleep 1.1
btrfs subvolume snapshot -r {one}/data {one}/snap/2
btrfs send -p {one}/snap/1 {one}/snap/2 | btrfs receive {other}/held
btrfs subvolume snapshot -r {one}/data {one}/snap/3
btrfs subvolume snapshot {other}/held/2 {other}/tried
sync
"""


@pytest.fixture
def bed(tmp_path: Path) -> Iterator[FilesystemBed]:
    with filesystem_bed(tmp_path) as made:
        yield made


@pytest.mark.lab
def test_sent_and_received(bed: FilesystemBed, tmp_path: Path) -> None:
    one, other = f"{bed.directory}/one", f"{bed.directory}/other"
    size = 256 * MEBIBYTE
    target = LocalTarget("lab-fs") if isinstance(bed.bed, HostBed) else BedTarget(bed, "lab-fs")
    with loop_device(bed, "first", size) as (first, _), loop_device(bed, "second", size) as (second, _):
        try:
            must(bed, SENT.format(one=one, other=other, first=first, second=second))
            only = ("btrfs", "block", "file-systems", "host")
            judgement = audited(target, tmp_path / "sent.evidence.zip", only)
        finally:
            bed.run(f"umount {one} {other}; btrfs device scan --forget")
    site = judgement.site
    assert not [str(gap) for gap in site.gaps if gap.table is BtrfsSubvolume]
    (copy,) = (fact.row for fact in site.facts(AssetCopy) if other in fact.row.repository)
    assert (copy.asset, copy.good, copy.paths) == ("lab-fs", 2, f"{one}/data"), "the third was not sent"
    assert copy.age_hours == pytest.approx(0.0, abs=0.1)
    assert copy.same_host, "both lie on this machine"
    (store,) = (fact.row for fact in site.facts(Repository) if other in fact.row.repository)
    assert (store.path, store.located) == (f"{other}/held", True)
    failed = {finding.rule for finding in judgement.failed()}
    assert "backup/same-storage" in failed
