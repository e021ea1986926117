# SPDX-License-Identifier: Apache-2.0
"""Real file systems in real trouble, audited where they are mounted: on this host, or in user-mode Linux."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.derived.filesystem import Filesystem
from collectors.targets import Target
from collectors.targets.local import LocalTarget

from . import filesystems
from .audits import Expected, audited, faults, severities
from .beds import HostBed, must
from .filesystems import FilesystemBed
from .targets import BedTarget

RULES = (
    "capacity/used",
    "fs/barriers-off",
    "fs/ext4-errors",
    "fs/inode-exhaustion",
    "fs/no-journal",
    "fs/ro-remount",
)
EXPECTED: dict[str, Expected] = {
    "ext4-healthy": {},
    "ext4-full": {"capacity/used": "critical"},
    "ext4-no-inodes": {"fs/inode-exhaustion": "high"},
    "ext4-errors": {"fs/ext4-errors": "critical"},
    "ext4-emergency-read-only": {"fs/ext4-errors": "critical", "fs/ro-remount": "critical"},
    "ext4-read-only": {},
    "xfs-healthy": {},
    "xfs-shut-down": {},
    "btrfs-healthy": {},
    "btrfs-corrupted": {},
    "btrfs-degraded": {},
}

SILENT = {
    "xfs-shut-down": "mount options, df and sysfs look well; only stat of the mount point gives EIO",
    "btrfs-corrupted": "the error counters of btrfs devices are not asked for yet",
    "btrfs-degraded": "missing btrfs devices are not asked for yet",
}
"""Trouble of which nothing is heard so far, and why."""


def target_of(bed: FilesystemBed) -> Target:
    """The machine on which the bed mounts."""
    return LocalTarget("lab-fs") if isinstance(bed.bed, HostBed) else BedTarget(bed, "lab-fs")


@pytest.mark.lab
@pytest.mark.parametrize("name", filesystems.SCENARIOS)
def test_filesystem(volumes: FilesystemBed, name: str, tmp_path: Path) -> None:
    """What is wrong is found, under the name of the mount; what is not wrong is not."""
    with filesystems.SCENARIOS[name](volumes) as volume:
        judgement = audited(target_of(volumes), tmp_path / "fs.evidence.zip")
        silent = "emergency_ro" not in must(volumes, "cat /proc/self/mountinfo")
    expected = dict(EXPECTED[name])
    if silent:  # as Linux 6.1 to 6.12 do: nothing but the memory of errors tells that it refuses writes
        expected.pop("fs/ro-remount", None)
    found = faults(judgement, RULES, volume.mount)
    assert severities(found) == expected
    for finding in found.values():
        assert finding.subject == volume.mount
        assert f"on {volume.name}" in finding.message
    row = next(f.row for f in judgement.site.facts(Filesystem) if f.row.mountpoint == volume.mount)
    assert row.fs_type == name.partition("-")[0]
    assert row.device == volume.name
    mine = {f.rule: f.outcome for f in judgement.findings if f.subject == volume.mount}
    # A read-only mount which nobody listed may be meant or not; the memory of errors is ext4's alone.
    if name in ("ext4-read-only", "ext4-emergency-read-only"):
        assert mine["fs/ro-remount"] == ("unknown" if name == "ext4-read-only" or silent else "fail")
    else:
        assert mine["fs/ro-remount"] == "pass"
    assert ("fs/ext4-errors" in mine) == (row.fs_type == "ext4")


@pytest.mark.lab
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.xfail(reason=why)) for name, why in SILENT.items()],
)
def test_trouble_is_not_passed_over(volumes: FilesystemBed, name: str, tmp_path: Path) -> None:
    """Something about the mount is found, unknown, or a gap."""
    with filesystems.SCENARIOS[name](volumes) as volume:
        judgement = audited(target_of(volumes), tmp_path / "fs.evidence.zip")
    found = [f for f in judgement.findings if f.outcome != "pass" and f.subject == volume.mount]
    said = [f for f in found if f.rule.startswith("fs/")]
    gaps = [spot for spot in judgement.blind_spots if volume.mount in spot.gap.subject]
    assert said or gaps
