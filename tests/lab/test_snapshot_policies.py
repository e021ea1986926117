"""Real snapper and btrbk on a real btrfs: their policies are read, and what they did is the proof."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from analyzer.derived.asset_copy import AssetCopy
from analyzer.derived.job_record import JobRecord
from analyzer.site import Site
from collectors.targets.local import LocalTarget

from .audits import audited
from .beds import HostBed, must, need_programs
from .filesystems import MEBIBYTE, FilesystemBed, filesystem_bed, loop_device

BTRBK = Path("/etc/btrbk/btrbk.conf")
CONFIG = "holdwater-lab"
MADE = """
set -e
mkdir -p {one} {other}
mkfs.btrfs -q {first} && mkfs.btrfs -q {second} && mount {first} {one} && mount {second} {other}
btrfs subvolume create {one}/data && mkdir {one}/snaps {other}/held && echo something > {one}/data/file
snapper --no-dbus -c {config} create-config {one}/data
snapper --no-dbus -c {config} create --cleanup-algorithm timeline
btrbk run
"""


@pytest.fixture
def bed(tmp_path: Path) -> Iterator[FilesystemBed]:
    need_programs({"snapper": "snapper", "btrbk": "btrbk"})
    with filesystem_bed(tmp_path) as made:
        if not isinstance(made.bed, HostBed) or os.path.lexists(BTRBK):
            pytest.skip("loop devices of the host and a host without a btrbk of its own are needed")
        yield made


@pytest.mark.lab
def test_snapper_and_btrbk(bed: FilesystemBed, tmp_path: Path) -> None:
    one, other = f"{bed.directory}/one", f"{bed.directory}/other"
    size = 256 * MEBIBYTE
    with loop_device(bed, "first", size) as (first, _), loop_device(bed, "second", size) as (second, _):
        BTRBK.write_text(
            f"snapshot_preserve_min 2d\ntarget_preserve 20d 10w\nvolume {one}\n  snapshot_dir snaps\n"
            f"  target {other}/held\n  subvolume data\n    snapshot_name shop\n"
        )
        try:
            must(bed, MADE.format(one=one, other=other, first=first, second=second, config=CONFIG))
            only = ("btrfs", "snapshot-policies", "block", "file-systems", "host")
            site = audited(LocalTarget("lab-fs"), tmp_path / "policies.evidence.zip", only).site
        finally:
            BTRBK.unlink()
            bed.run(f"snapper --no-dbus -c {CONFIG} delete-config; umount {one} {other}")
            bed.run("btrfs device scan --forget")
    check(site, one, other)


def check(site: Site, one: str, other: str) -> None:
    records = {fact.row.job: fact.row for fact in site.facts(JobRecord)}
    assert set(records) == {CONFIG, f"{one}/data", f"{one}/data > {other}/held"}
    assert all(row.good_hours is not None and row.good_hours < 0.1 for row in records.values()), records
    assert (records[CONFIG].schedule, records[CONFIG].missed) == ("hourly", 0)
    assert records[f"{one}/data > {other}/held"].retention == "20d 10w"
    (copy,) = (fact.row for fact in site.facts(AssetCopy))
    assert (copy.product, copy.good, copy.paths) == ("btrfs", 1, f"{one}/data")
