"""Hosts whose data lies on btrfs: subvolumes, their snapshots, and what was received of those of others."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from collectors.question import Question
from collectors.tools import btrfs, df, fstab, lsblk, md_sysfs, mdadm, mdstat, mounts
from collectors.tools.btrfs_show import BTRFS_SHOW
from collectors.tools.btrfs_stats import BTRFS_STATS
from collectors.tools.btrfs_subvolumes import BTRFS_SNAPSHOTS
from collectors.tools.btrfs_usage import BTRFS_USAGE
from collectors.tools.btrfs_uuids import BTRFS_TIMES, BTRFS_UUIDS
from tests.canned import DF, DF_INODES, MOUNTINFO
from tests.canned import host as linux
from tests.sites.world import DAILY, HOST_BYTES, Part, before

PLACE = "/srv"
NOT_SAID = "-" + " " * 35
NO_ARRAYS = b"Personalities : \nunused devices: <none>\n"


@dataclass(frozen=True)
class Subvolume:
    """A subvolume in /srv. *ages*: of its snapshots, in hours; *received_of*: of which host it was received.

    The data of a subvolume is known by its name: what is received is named like what it is a copy of.
    """

    name: str
    ages: Sequence[float] = DAILY
    received_of: str = ""


def btrfs_host(name: str, *subvolumes: Subvolume, more: dict[Question, bytes] | None = None) -> Part:
    """A Linux host with its system on a disk and its data on a btrfs mirror of two."""
    answers = linux(name)
    identity = _uuid(name, "file system")
    told = json.loads(answers[lsblk.LSBLK().argv])
    for disk in told["blockdevices"]:
        disk.pop("children", None)
        disk |= {"fstype": "btrfs", "uuid": identity}
    told["blockdevices"][0]["mountpoints"] = [PLACE]
    for form in (md_sysfs.MD_SYSFS(), mdadm.MDADM_DETAIL(array="/dev/md0")):
        answers.pop(form.argv, None)
    used = HOST_BYTES - 21_474_836_480
    space = f"/dev/sda btrfs {2 * used} {used} {used} 50% {PLACE}\n".encode()
    lines = [line for one in subvolumes for line in _lines(name, one)]
    answered = {
        lsblk.LSBLK(): json.dumps(told).encode(),
        mdstat.MDSTAT(): NO_ARRAYS,
        mounts.MOUNTINFO(): MOUNTINFO.splitlines(True)[0]
        + f"23 22 0:40 / {PLACE} rw,relatime - btrfs /dev/sda rw,subvolid=5,subvol=/\n".encode(),
        df.DF_SPACE(): b"".join(DF.splitlines(True)[:2]) + space,
        df.DF_INODES(): b"".join(DF_INODES.splitlines(True)[:2]) + f"/dev/sda 0 0 0 - {PLACE}\n".encode(),
        fstab.FSTAB(): f"/dev/sda1 / ext4 defaults 0 1\nUUID={identity} {PLACE} btrfs 0 0\n".encode(),
        btrfs.BTRFS_SYSFS(): _sysfs(identity),
        BTRFS_SHOW(): f"Label: none  uuid: {identity}\n\tTotal devices 2 FS bytes used {used}\n".encode()
        + "".join(
            f"\tdevid    {number} size 4000787030016 used {used} path /dev/{disk}\n"
            for number, disk in ((1, "sda"), (2, "sdb"))
        ).encode(),
        BTRFS_USAGE(mountpoint=PLACE): _usage(used),
        BTRFS_STATS(mountpoint=PLACE): _stats(),
        BTRFS_SNAPSHOTS(mountpoint=PLACE): "".join(line[0] for line in lines if line[0]).encode(),
        BTRFS_UUIDS(mountpoint=PLACE): "".join(line[1] for line in lines).encode(),
        BTRFS_TIMES(mountpoint=PLACE): "".join(line[2] for line in lines if line[2]).encode(),
        **(more or {}),
    }
    answers |= {question.argv: raw for question, raw in answered.items()}
    return Part(name, answers, address=f"ssh://root@{name}")


def _uuid(*words: object) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, " ".join(map(str, words))))


def _lines(host: str, one: Subvolume) -> list[tuple[str, str, str]]:
    """Of a subvolume and its snapshots: lines of `list -s`, `list -u -q -R` and both together."""
    found: list[tuple[str, str, str]] = []
    whole = _uuid(one.received_of or host, one.name)
    if not one.received_of:
        found.append(("", _line(256, "", NOT_SAID, NOT_SAID, whole, one.name), ""))
    older = NOT_SAID
    for number, age in enumerate(sorted(one.ages, reverse=True), 300):
        made = f"{before(age - 0.5 if one.received_of else age):%Y-%m-%d %H:%M:%S}"
        path = f"{one.received_of or 'snapshots'}/{one.name}.{before(age):%Y%m%dT%H%M}"
        sent = _uuid(one.received_of or host, one.name, age)
        uuids = (older, sent, _uuid(host, sent)) if one.received_of else (whole, NOT_SAID, sent)
        times = f"cgen {number} top level 5 otime {made} "
        snapshot = uuids[0] != NOT_SAID
        found.append(
            (
                f"ID {number} gen {number} {times}path {path}\n" if snapshot else "",
                _line(number, "", *uuids, path),
                _line(number, times, *uuids, path) if snapshot else "",
            )
        )
        older = uuids[2]
    return found


def _line(number: int, times: str, parent: str, received: str, own: str, path: str) -> str:
    times = times or "top level 5 "
    uuids = f"parent_uuid {parent} received_uuid {received} uuid {own}"
    return f"ID {number} gen {number} {times}{uuids} path {path}\n"


def _sysfs(identity: str) -> bytes:
    folder = f"/sys/fs/btrfs/{identity}"
    lines = [f"{folder}/label:", f"{folder}/exclusive_operation:none"]
    for device in (1, 2):
        lines.append(f"{folder}/devinfo/{device}/missing:0")
    return "".join(f"{line}\n" for line in lines).encode()


def _usage(used: int) -> bytes:
    head = (
        f"Overall:\n    Device size:\t\t {2 * 4000787030016}\n    Device allocated:\t\t {2 * used}\n"
        f"    Device unallocated:\t\t {2 * (4000787030016 - used)}\n    Device missing:\t\t 0\n"
        f"    Used:\t\t\t {2 * used}\n    Free (estimated):\t\t {4000787030016 - used}\t(min: 1)\n"
        "    Multiple profiles:\t\t no\n\n"
    )
    kinds = (("Data", used), ("Metadata", 10**9), ("System", 10**7))
    parts = "".join(
        f"{kind},RAID1: Size:{size}, Used:{size // 2}\n   /dev/sda\t {size}\n   /dev/sdb\t {size}\n\n"
        for kind, size in kinds
    )
    free = 4000787030016 - used
    return (head + parts + f"Unallocated:\n   /dev/sda\t {free}\n   /dev/sdb\t {free}\n").encode()


def _stats() -> bytes:
    names = ("write_io_errs", "read_io_errs", "flush_io_errs", "corruption_errs", "generation_errs")
    return "".join(f"[/dev/{disk}].{name} 0\n" for disk in ("sda", "sdb") for name in names).encode()
