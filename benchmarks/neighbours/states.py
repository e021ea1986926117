# SPDX-License-Identifier: Apache-2.0
"""The states compared: scenarios of `tests/lab`, and whether something is wrong in them."""

from __future__ import annotations

from dataclasses import replace

from tests.lab.smartshim import DRIVES, MEANING, Drive
from tests.lab.smartshim.ata import AtaDrive, Attribute
from tests.lab.smartshim.make_drives import BASE, FAILED_TESTS, PREFAIL

ARRAYS = {
    "raid1-healthy": "mirror, healthy",
    "raid5-healthy": "RAID 5 with a spare, healthy",
    "raid1-checking": "mirror, scrub running",
    "raid1-degraded": "mirror, one half failed",
    "raid1-removed": "mirror, failed half taken out",
    "raid1-rebuilding": "mirror, replaced half being filled",
    "raid1-resyncing": "mirror, first sync running",
    "raid1-pending": "mirror, resync=PENDING",
    "raid1-mismatched": "mirror, 256 sectors differ after a scrub",
    "raid5-inactive": "RAID 5, assembled from one of three, not started",
    "raid5-broken": "RAID 5, two of three failed",
    "raid6-twice-degraded": "RAID 6, two of four failed",
}
FILESYSTEMS = {
    "ext4-healthy": "ext4, healthy",
    "xfs-healthy": "xfs, healthy",
    "btrfs-healthy": "btrfs raid1, healthy",
    "ext4-read-only": "ext4, mounted read-only on purpose",
    "ext4-errors": "ext4, kernel counted errors and went on",
    "ext4-emergency-read-only": "ext4, kernel refuses writes after an error",
    "ext4-full": "ext4, no block free",
    "ext4-no-inodes": "ext4, no inode free",
    "xfs-shut-down": "xfs, shut down, every access gives EIO",
    "btrfs-degraded": "btrfs raid1, one device missing",
    "btrfs-corrupted": "btrfs raid1, checksum errors repaired by a scrub",
}
VOLUMES = {
    "raid-healthy": "LVM RAID 1 and RAID 5, healthy",
    "thin-healthy": "thin pool, a quarter used",
    "raid-missing": "LVM RAID, a physical volume lost",
    "raid-checksums-damaged": "LVM RAID 1 with checksums, an image damaged and mended",
    "thin-nearly-full": "thin pool, 94 % used",
    "thin-full": "thin pool, full, writes give errors",
    "snapshot-filling": "classic snapshot, 88 % used",
    "snapshot-overflowed": "classic snapshot, overflowed and lost",
}
POOLS = {
    "zfs-healthy": "mirror, healthy",
    "zfs-repaired": "mirror, ONLINE, checksum errors of one half repaired by a scrub",
    "zfs-data-errors": "one disk, ONLINE, a file damaged for good",
    "zfs-faulted": "mirror, one half faulted, the spare not in use",
    "zfs-removed": "raidz1, a disk removed",
    "zfs-resilvering": "raidz1, the replaced disk being filled",
    "zfs-suspended": "raidz1, suspended after two disks went away",
}
_HEALTHY = DRIVES["sda"]
assert isinstance(_HEALTHY, AtaDrive)
MORE_DRIVES: dict[str, Drive] = {
    "sdh": replace(
        _HEALTHY, serial="ZFN00005", attributes=BASE | {5: Attribute(98, 184, PREFAIL, 10)}, statistics=None
    ),
    "sdi": replace(_HEALTHY, serial="ZFN00006", self_tests=FAILED_TESTS),
    "sdj": replace(_HEALTHY, serial="ZFN00007", logged_errors=12),
}
ALL_DRIVES = DRIVES | MORE_DRIVES
DEVICES = MEANING | {"reallocated-only": "sdh", "self-test-only": "sdi", "error-log-only": "sdj"}
DRIVE_STATES = {
    "healthy": "ATA, healthy",
    "sas-healthy": "SAS, healthy",
    "nvme-healthy": "NVMe, healthy",
    "reallocated": "ATA, 24 pending and 184 reallocated sectors, failed self-test",
    "reallocated-only": "ATA, 184 reallocated sectors, nothing else",
    "self-test-only": "ATA, last self-test failed, nothing else",
    "error-log-only": "ATA, 12 entries in the error log, nothing else",
    "failing": "ATA, failing by its own word, attribute 5 below its threshold",
    "worn-ssd": "SATA SSD, 97 % of its life used",
    "sas-failing": "SAS, impending failure, 312 grown defects",
    "nvme-read-only": "NVMe, read-only, worn, reliability degraded",
    "nvme-spare-low": "NVMe, spare below threshold, media errors",
    "standby": "ATA, asleep",
}
TITLES = ARRAYS | FILESYSTEMS | VOLUMES | POOLS | DRIVE_STATES
WELL = {
    *("raid1-healthy", "raid5-healthy", "raid1-checking", "ext4-healthy", "xfs-healthy", "btrfs-healthy"),
    *("raid-healthy", "thin-healthy", "zfs-healthy"),
    *("ext4-read-only", "healthy", "sas-healthy", "nvme-healthy"),
}
"""Nothing is wrong: an alarm here is a false one."""
NEITHER = {"raid1-resyncing", "raid1-pending", "standby"}
"""Not counted: a first sync, running or waiting, is no fault but no redundancy either; of a drive asleep
nobody can tell."""
