"""Hosts whose data lies on a ZFS pool of two disks, with datasets, snapshots and what they received."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from collectors.tools import df, fstab, lsblk, md_sysfs, mdadm, mdstat, mounts, zfs, zpool
from tests.canned import DF, DF_INODES, MOUNTINFO, hash_of
from tests.canned import host as linux
from tests.sites.world import DAILY, HOST_BYTES, Part, before

SCRUBS = b"/etc/systemd/system/timers.target.wants/zfs-scrub-monthly@tank.timer:OnCalendar=monthly\n"
NO_ARRAYS = b"Personalities : \nunused devices: <none>\n"


@dataclass(frozen=True)
class Dataset:
    """A file system of the pool. *of*: name of the data: two datasets of the same hold the same snapshots.

    *ages*: of the snapshots, in hours before the audit; *created*: of the dataset.
    """

    name: str
    mountpoint: str
    of: str
    ages: Sequence[float] = DAILY
    created: float = 10_000.0


def zfs_host(name: str, *datasets: Dataset) -> Part:
    """A Linux host with its system on a disk and its data on a mirror of the pool `tank`."""
    answers = linux(name)
    told = json.loads(answers[lsblk.LSBLK().argv])
    for disk in told["blockdevices"]:
        disk.pop("children", None)
        disk["fstype"] = "zfs_member"
    mounted = [one for one in datasets if one.mountpoint.startswith("/")]
    used = (HOST_BYTES - 21_474_836_480) // len(datasets)
    space = "".join(
        f"{one.name} zfs {2 * used} {used} {used} 50% {one.mountpoint}\n" for one in mounted
    ).encode()
    nodes = "".join(f"{one.name} - - - - - {one.mountpoint}\n" for one in mounted).encode()
    lines = "".join(
        f"{30 + number} 22 0:{40 + number} / {one.mountpoint} rw,relatime - zfs {one.name} rw,xattr\n"
        for number, one in enumerate(mounted)
    ).encode()
    for form in (md_sysfs.MD_SYSFS(), mdadm.MDADM_DETAIL(array="/dev/md0")):
        answers.pop(form.argv, None)
    more = {
        lsblk.LSBLK(): json.dumps(told).encode(),
        mdstat.MDSTAT(): NO_ARRAYS,
        mounts.MOUNTINFO(): MOUNTINFO.splitlines(True)[0] + lines,
        df.DF_SPACE(): b"".join(DF.splitlines(True)[:2]) + space,
        df.DF_INODES(): b"".join(DF_INODES.splitlines(True)[:2]) + nodes,
        fstab.FSTAB(): b"/dev/sda1 / ext4 errors=remount-ro 0 1\n",
        zpool.ZFS_HERE(): b"/dev/zfs\n",
        zpool.STATUS_JSON(): json.dumps({"pools": {"tank": _pool(name)}}).encode(),
        zpool.POOL_GET(): _properties(used * len(mounted)),
        zfs.DATASETS(): "".join(_row(one, used) for one in datasets).encode(),
        zfs.SNAPSHOTS(): "".join(_snapshots(one) for one in datasets).encode(),
        zfs.BOOKMARKS(): b"",
        zfs.SCHEDULE(): SCRUBS,
    }
    answers |= {question.argv: raw for question, raw in more.items()}
    return Part(name, answers, address=f"ssh://root@{name}")


def _pool(name: str) -> dict[str, Any]:
    began = int(before(100).timestamp())
    quiet = {"state": "ONLINE", "class": "normal", "read_errors": 0, "write_errors": 0, "checksum_errors": 0}
    disks = {
        disk: {"name": disk, "vdev_type": "disk", "guid": number, "path": f"/dev/{disk}", **quiet}
        for number, disk in enumerate(("sda", "sdb"), 7)
    }
    mirror = {"name": "mirror-0", "vdev_type": "mirror", "guid": 6, **quiet, "vdevs": disks}
    scan = {"function": "SCRUB", "state": "FINISHED", "start_time": began, "end_time": began + 9000}
    return {
        "name": "tank",
        "state": "ONLINE",
        "pool_guid": hash_of(name),
        "scan_stats": {**scan, "errors": 0, "processed": 0},
        "vdevs": {"tank": {"name": "tank", "vdev_type": "root", **quiet, "vdevs": {"mirror-0": mirror}}},
        "error_count": 0,
    }


def _properties(used: int) -> bytes:
    told = {"size": 4 * 10**12, "allocated": used, "free": 4 * 10**12 - used}
    told["capacity"] = 100 * used // (4 * 10**12)
    words = {**told, "health": "ONLINE", "ashift": 12, "readonly": "off", "fragmentation": 10}
    return "".join(f"tank\t{name}\t{value}\t-\n" for name, value in words.items()).encode()


def _row(one: Dataset, used: int) -> str:
    created = int(before(one.created).timestamp())
    mounted = "yes" if one.mountpoint.startswith("/") else "no"
    return (
        f"{one.name}\tfilesystem\t{used}\t{10**12}\t{used}\t65536\t{one.mountpoint}\t{mounted}\tstandard"
        f"\t{created}\toff\t-\tnone\t-\t-\n"
    )


def _snapshots(one: Dataset) -> str:
    return "".join(
        f"{one.name}@autosnap_{before(age):%Y-%m-%d_%H:%M:%S}_daily\t65536\t{int(before(age).timestamp())}"
        f"\t0\t{hash_of(one.of) * 100_000 + int(age)}\n"
        for age in one.ages
    )
