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

TOLD_ELSEWHERE = {
    "xfs-shut-down": {"fs/xfs-corruption"},
    "btrfs-corrupted": {"fs/btrfs-device-stats"},
    "btrfs-degraded": {"fs/btrfs-missing-device"},
}
"""Trouble that mount options, df and sysfs hide, and the rules that tell of it all the same."""


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
@pytest.mark.parametrize("name", TOLD_ELSEWHERE)
def test_trouble_is_not_passed_over(volumes: FilesystemBed, name: str, tmp_path: Path) -> None:
    """What the mount does not show is found by the log of the kernel or by the file system's own counters."""
    with filesystems.SCENARIOS[name](volumes) as volume:
        judgement = audited(target_of(volumes), tmp_path / "fs.evidence.zip")
    about = {
        finding.rule
        for finding in judgement.failed()
        if any(word in f"{finding.label} {finding.message}" for word in (volume.mount, volume.name))
    }
    assert about >= TOLD_ELSEWHERE[name], sorted({(f.rule, f.message) for f in judgement.failed()})
