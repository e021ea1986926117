# SPDX-License-Identifier: Apache-2.0
"""LVM of a real device mapper and btrfs of a real kernel, audited in trouble and out of it.

What is asserted is exact both ways: the alarms which have to ring, and that none of the others does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from analyzer.derived.array import Array
from analyzer.derived.btrfs_volume import BtrfsVolume
from collectors.lvm_tables import DmTarget, LvmGroup, LvmPhysical, LvmSetting, LvmVolume
from collectors.targets.local import LocalTarget

from . import filesystems, lvm
from .audits import Expected, audited, faults, severities
from .beds import BedMissing, HostBed, need_programs
from .filesystems import FilesystemBed
from .targets import BedTarget
from .uml import Uml

ALARMS = (
    *("raid/failed", "raid/degraded-no-margin", "raid/degraded", "raid/rebuilding", "raid/mismatch"),
    *("raid/lvm-degraded", "raid/lvm-health", "raid/lvm-integrity", "fs/lvmthin-data", "fs/lvmthin-metadata"),
    *("fs/lvmthin-needs-check", "fs/lvm-snapshot-cow"),
)
BTRFS_ALARMS = (
    *("raid/failed", "raid/degraded-no-margin", "raid/degraded", "raid/scrub-errors"),
    *("fs/btrfs-missing-device", "fs/btrfs-device-stats", "fs/btrfs-raid56", "fs/btrfs-metadata-single"),
    *("fs/btrfs-multiple-profiles", "fs/btrfs-unallocated-low", "fs/btrfs-scrub-unfinished"),
)


@dataclass(frozen=True)
class State:
    """What holdwater has to make of a scenario."""

    alarms: Expected
    says: tuple[str, ...] = ()
    arrays: tuple[tuple[str, str, str], ...] = ()
    """Name, level and state of every array."""


STATES = {
    "raid-healthy": State({}, (), (("vg/r1", "raid1", "clean"), ("vg/r5", "raid5", "clean"))),
    "raid-missing": State(
        {
            "raid/degraded-no-margin": "critical",
            "raid/lvm-degraded": "critical",
            "raid/lvm-health": "critical",
        },
        ("slot 0: ubdb", "slot 1: missing"),
        (("vg/r1", "raid1", "degraded"), ("vg/r5", "raid5", "degraded")),
    ),
    "raid-checksums-damaged": State(
        {"raid/lvm-integrity": "high", "raid/mismatch": "low"},
        ("vg/r1", "wrong checksums"),
        (("vg/r1", "raid1", "clean"),),
    ),
    "thin-healthy": State({}),
    "thin-nearly-full": State({"fs/lvmthin-data": "high"}, ("thin pool vg/pool", "93.8 %")),
    "thin-full": State({"fs/lvmthin-data": "critical"}, ("thin pool vg/pool is out of space",)),
    "snapshot-filling": State({"fs/lvm-snapshot-cow": "high"}, ("snapshot vg/snap of lin", "limit 80 %")),
    "snapshot-overflowed": State({"fs/lvm-snapshot-cow": "medium"}, ("overflowed and is lost",)),
}


LVM = (LvmVolume, LvmGroup, LvmPhysical, LvmSetting, DmTarget)
FAST = ("raid-missing", "thin-full", "snapshot-overflowed")


@pytest.fixture(scope="module")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Uml]:
    """User-mode Linux with disks for volume groups."""
    try:
        need_programs(lvm.TOOLS)
        with Uml(tmp_path_factory.mktemp("uml-lvm"), disks=lvm.DISKS) as uml:
            yield uml
    except BedMissing as missing:
        pytest.skip(f"user-mode Linux bed: {missing}")


@pytest.mark.lab
@pytest.mark.parametrize("name", FAST)
def test_lvm(bed: Uml, name: str, tmp_path: Path) -> None:
    """Each state rings its own alarms, and the arrays are named with their disks."""
    check(bed, name, tmp_path)


@pytest.mark.lab_slow
@pytest.mark.parametrize("name", [name for name in lvm.SCENARIOS if name not in FAST])
def test_other_lvm(bed: Uml, name: str, tmp_path: Path) -> None:
    """The remaining states."""
    check(bed, name, tmp_path)


def check(bed: Uml, name: str, tmp_path: Path) -> None:
    """Audit one scenario and compare."""
    wanted = STATES[name]
    with lvm.SCENARIOS[name](bed):
        judgement = audited(BedTarget(bed, "lab-lvm"), tmp_path / "lvm.evidence.zip", ("lvm", "block"))
    found = faults(judgement, ALARMS)
    assert severities(found) == wanted.alarms
    first = found[next(iter(wanted.alarms))].message if wanted.alarms else ""
    assert [text for text in wanted.says if text not in first] == [], first
    arrays = {(f.row.name, f.row.level, f.row.state) for f in judgement.site.facts(Array)}
    assert arrays == set(wanted.arrays)
    # Whatever is wrong, it is known: no gap in what LVM and the kernel say of it.
    assert [str(gap) for gap in judgement.site.gaps if gap.table in LVM] == []
    assert judgement.site.facts(LvmVolume)


@pytest.mark.lab
def test_no_lvm_is_proved_and_costs_no_question(bed: Uml, tmp_path: Path) -> None:
    """Empty disks: nothing is asked of LVM."""
    judgement = audited(BedTarget(bed, "lab-lvm"), tmp_path / "none.evidence.zip", ("lvm",))
    assert [str(gap) for gap in judgement.site.gaps if gap.table in LVM] == []
    assert LvmVolume in {absent.table for absent in judgement.site.absences}


BTRFS: dict[str, tuple[Expected, tuple[str, ...]]] = {
    "btrfs-healthy": ({}, ()),
    "btrfs-corrupted": (
        {"fs/btrfs-device-stats": "high", "raid/scrub-errors": "medium"},
        ("corruption errors",),
    ),
    "btrfs-degraded": (
        {"raid/degraded-no-margin": "critical", "fs/btrfs-missing-device": "critical"},
        ("device 1:", "device 2: missing"),
    ),
}


@pytest.mark.lab
@pytest.mark.parametrize("name", BTRFS)
def test_btrfs(volumes: FilesystemBed, name: str, tmp_path: Path) -> None:
    """A mirror whole, damaged and halved, where the bed can mount it."""
    target = LocalTarget("lab-fs") if isinstance(volumes.bed, HostBed) else BedTarget(volumes, "lab-fs")
    alarms, says = BTRFS[name]
    with filesystems.SCENARIOS[name](volumes) as volume:
        only = ("btrfs", "block", "file-systems")
        judgement = audited(target, tmp_path / "btrfs.evidence.zip", only)
    (mine,) = (f.row for f in judgement.site.facts(BtrfsVolume) if f.row.mountpoint == volume.mount)
    found = {
        rule: finding
        for rule, finding in faults(judgement, BTRFS_ALARMS).items()
        if mine.uuid in f"{finding.subject} {finding.root}"
    }
    assert severities(found) == alarms
    first = found[next(iter(alarms))].message if alarms else ""
    assert [text for text in says if text not in first] == [], first
    assert (mine.devices, mine.data_profiles, mine.metadata_profiles) == (2, "raid1", "raid1")
