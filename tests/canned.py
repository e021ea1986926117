"""Hosts made of canned answers, for tests and benchmarks that need many of them or some that misbehave.

The answers are those of real tools (from `fixtures/collectors`) with names and serial numbers put in.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from collectors.question import Answer, Question
from collectors.tools import (
    block_queue,
    df,
    diskstats,
    ext4,
    ext_live,
    fstab,
    host_identity,
    journal,
    kernel_log,
    lsblk,
    md_monitor,
    md_sysfs,
    mdadm,
    mdstat,
    mounts,
    nut,
    smartctl,
    swaps,
)
from collectors.tools import host as machine

FIXTURES = Path(__file__).parent.parent / "fixtures" / "collectors"
MODEL = "WDC WD4003FFBX-68MU3N0"
BEGAN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

ALWAYS_THERE = ("cat", "grep", "ls", "stat", "find")
"""What every Linux has; asked for what a host has not, it says so."""

Answers = Mapping[tuple[str, ...], bytes]


def answered(answers: Answers, question: Question, *, second: int = 0, began: datetime = BEGAN) -> Answer:
    """The answer of the table, at that second of the audit; what is not there is a missing file or tool."""
    at = began + timedelta(seconds=second)
    out = answers.get(question.argv)
    if out is not None:
        return Answer(question, stdout=out, status=0, started_at=at)
    tool = question.argv[0]
    if tool in ALWAYS_THERE:
        err = f"{tool}: {question.argv[-1]}: No such file or directory\n".encode()
        return Answer(question, stderr=err, status=2, started_at=at)
    return Answer(question, started_at=at, refusal="tool-missing", detail=f"{tool}: not found")


class CannedTarget:
    """A target that answers from a table, after *delay_seconds*; what is not there is a missing tool.

    *began*: when it is asked first, by the times of its answers.
    """

    kind = "canned"

    def __init__(
        self, name: str, answers: Answers, *, delay_seconds: float = 0.0, began: datetime = BEGAN
    ) -> None:
        self.name = name
        self.address = f"canned://{name}"
        self.about: dict[str, str] = {}
        self.asked: list[tuple[str, ...]] = []
        self._answers = answers
        self._delay = delay_seconds
        self._began = began

    async def reach(self) -> str:
        return ""

    async def ask(self, question: Question) -> Answer:
        self.asked.append(question.argv)
        if self._delay:
            await asyncio.sleep(self._delay)
        told = answered(self._answers, question, second=len(self.asked), began=self._began)
        return dataclasses.replace(told, duration_seconds=self._delay)

    async def close(self) -> None:
        """Nothing is held."""


def host(
    name: str, *, disks: int = 2, sick: Callable[[int], bool] = lambda _: False
) -> dict[tuple[str, ...], bytes]:
    """The answers of a Linux host with SATA disks, the first two of them in a mirror that holds /srv.

    *sick* says of each disk (counted from 0) whether it has pending and reallocated sectors.
    """
    letters = [f"sd{_letters(number)}" for number in range(disks)]
    answers = {
        smartctl.SCAN(): _json(_scan(letters)),
        lsblk.LSBLK(): _json(_lsblk(name, letters)),
        mdstat.MDSTAT(): _mdstat(letters),
        mounts.MOUNTINFO(): MOUNTINFO,
        df.DF_SPACE(): DF,
        df.DF_INODES(): DF_INODES,
        fstab.FSTAB(): b"/dev/md0 /srv ext4 errors=remount-ro 0 2\n",
        ext4.EXT4(): EXT4,
        swaps.SWAPS(): b"Filename\tType\tSize\tUsed\tPriority\n",
        block_queue.QUEUE(): "".join(QUEUE.format(letter) for letter in letters).encode(),
        ext_live.DUMPE2FS(device="/dev/md0"): _healthy("ext-superblock"),
        ext_live.DUMPE2FS(device="/dev/block/8:1"): _healthy("ext-superblock"),
        diskstats.DISKSTATS(): "".join(DISKSTATS.format(letter) for letter in letters).encode(),
        machine.FILES(): _healthy("host-files").replace(b"umlguest", name.encode()),
        kernel_log.LAST(): b"2026-11-23T07:00:00+0000 host kernel: EXT4-fs (md0): mounted filesystem\n",
        kernel_log.JOURNAL(): b"",
        journal.WTMP(): (FIXTURES / "last" / "healthy" / "answer.out").read_bytes(),
        nut.SETUP(): b"/etc/nut/upsmon.conf:MONITOR ups@localhost\n/etc/nut/upsmon.conf:SHUTDOWNCMD\n",
        nut.UPSC(ups="ups@localhost"): _healthy("upsc"),
        host_identity.IDENTITY(): f"{KNOWN}{name}\n/etc/machine-id:{_uuid(name, 'system').hex}\n".encode(),
        host_identity.MACHINE(): f"{KNOWN}{name}\n{UUID}{_uuid(name, 'machine')}\n".encode(),
        machine.CLOCK(hostname=name): f"{BEGAN.timestamp() + 3:.9f} {name}\n".encode(),
    }
    if disks > 1:
        answers |= {
            md_sysfs.MD_SYSFS(): _arrays(_healthy("md-sysfs"), letters),
            mdadm.MDADM_DETAIL(array="/dev/md0"): _arrays(_healthy("mdadm-detail"), letters),
            md_monitor.MD_MONITOR(): _healthy("md-monitor"),
            md_monitor.MD_CHECKS(): _healthy("md-checks"),
        }
    for number, letter in enumerate(letters):
        question = smartctl.READ(type="sat", device=f"/dev/{letter}")
        answers[question] = _json(_smart(name, number, letter, sick(number)))
    return {question.argv: raw for question, raw in answers.items()}


def degraded(answers: dict[tuple[str, ...], bytes]) -> dict[tuple[str, ...], bytes]:
    """The same host after the second disk has fallen out of its mirror."""
    changes = (
        (b"[2/2] [UU]", b"[2/1] [U_]"),
        (b" sdb[1]", b""),
        (b"/md/degraded:0", b"/md/degraded:1"),
        (b"Active Devices : 2", b"Active Devices : 1"),
        (b"State : clean", b"State : clean, degraded"),
    )
    told = dict(answers)
    for argv, raw in answers.items():
        for old, new in changes:
            raw = raw.replace(old, new)
        told[argv] = b"".join(line for line in raw.splitlines(True) if b"/dev-sdb/" not in line)
    return told


KNOWN, UUID = "/proc/sys/kernel/hostname:", "/sys/class/dmi/id/product_uuid:"


def _uuid(name: str, what: str) -> uuid.UUID:
    """The same for the same host in every run."""
    return uuid.uuid5(uuid.NAMESPACE_DNS, f"{what}.{name}.example")


def _healthy(kind: str) -> bytes:
    return (FIXTURES / kind / "healthy" / "answer.out").read_bytes()


def _arrays(raw: bytes, letters: list[str]) -> bytes:
    """A recorded array by the names of this host, with members of its size."""
    for old, new in (
        (b"md1", b"md0"),
        (b"ubdb", letters[0].encode()),
        (b"ubdc", letters[1].encode()),
        (b"48128 (47.00 MiB 49.28 MB)", b"3906887168 (3.64 TiB 4.00 TB)"),
        (b"48128", b"3906887168"),
        (b"61f80e0d:bcb7dd31:0bf1d8a6:40873938", b"80d4be43:9540fc99:0affd1f8:36c15586"),
    ):
        raw = raw.replace(old, new)
    return raw


def _letters(number: int) -> str:
    return (chr(96 + number // 26) if number >= 26 else "") + chr(97 + number % 26)


def serial(name: str, number: int) -> str:
    """The serial number of a host's disk."""
    return f"HW{hash_of(name) % 10**6:06d}{number * 7919 % 10**6:06d}"


def hash_of(text: str) -> int:
    """The same number for the same text in every run."""
    return int.from_bytes(text.encode()[-6:].rjust(6, b"\0"), "big")


def _smart(name: str, number: int, letter: str, sick: bool) -> dict[str, Any]:
    folder = "sick-ata" if sick else "healthy-ata"
    told: dict[str, Any] = json.loads((FIXTURES / "smartctl-json" / folder / "answer.out").read_text("utf-8"))
    told["device"] |= {"name": f"/dev/{letter}", "info_name": f"/dev/{letter} [SAT]", "type": "sat"}
    told |= {"model_family": "Western Digital Red Pro", "model_name": MODEL, "rotation_rate": 7200}
    told["serial_number"] = serial(name, number)
    told["power_on_time"] = {"hours": told["power_on_time"]["hours"] - 1700 * number}
    erc = {"enabled": True, "deciseconds": 70}
    told["ata_sct_erc"] = {"read": erc, "write": erc}
    told["wwn"] = {"naa": 5, "oui": 3152, "id": hash_of(name) % 10**6 * 1000 + number * 7919}
    return told


def _scan(letters: list[str]) -> dict[str, Any]:
    devices = [
        {"name": f"/dev/{one}", "info_name": f"/dev/{one} [SAT]", "type": "sat", "protocol": "ATA"}
        for one in letters
    ]
    return {
        "json_format_version": [1, 0],
        "smartctl": {"version": [7, 3], "exit_status": 0},
        "devices": devices,
    }


def _lsblk(name: str, letters: list[str]) -> dict[str, Any]:
    def disk(number: int, one: str) -> dict[str, Any]:
        told = {"name": one, "kname": one, "path": f"/dev/{one}", "type": "disk", "size": 4000787030016}
        told |= {"model": MODEL, "serial": serial(name, number), "tran": "sata", "rota": True}
        told |= {"rm": False, "ro": False, "log-sec": 512, "phy-sec": 4096, "mountpoints": [None]}
        if number < 2 and len(letters) > 1:
            array = {
                "name": "md0",
                "kname": "md0",
                "path": "/dev/md0",
                "type": "raid1",
                "size": 4000652869632,
            }
            array |= {"fstype": "ext4", "mountpoints": ["/srv"], "rm": False, "ro": False}
            told |= {"fstype": "linux_raid_member", "children": [array]}
        return told

    return {"blockdevices": [disk(number, one) for number, one in enumerate(letters)]}


def _mdstat(letters: list[str]) -> bytes:
    if len(letters) < 2:
        return b"Personalities : \nunused devices: <none>\n"
    return (
        f"Personalities : [raid1] \nmd0 : active raid1 {letters[1]}[1] {letters[0]}[0]\n"
        "      3906887168 blocks super 1.2 [2/2] [UU]\n"
        "      bitmap: 0/30 pages [0KB], 65536KB chunk\n\nunused devices: <none>\n"
    ).encode()


def _json(told: Any) -> bytes:
    return json.dumps(told).encode()


MOUNTINFO = (
    b"22 1 8:1 / / rw,relatime - ext4 /dev/root rw,errors=remount-ro\n"
    b"23 22 9:0 / /srv rw,relatime - ext4 /dev/md0 rw,errors=remount-ro\n"
)
EXT4 = b"".join(
    b"/sys/fs/ext4/%s/%s:0\n" % (device, name)
    for device in (b"root", b"md0")
    for name in (b"errors_count", b"warning_count", b"first_error_time", b"last_error_time")
)
QUEUE = "/sys/block/{0}/queue/write_cache:write back\n/sys/block/{0}/device/timeout:30\n"
DISKSTATS = "   8       0 {0} 3800 0 69600 970 120 0 960 30 0 1000 1000 0 0 0 0 0 0\n"
DF = (
    b"Filesystem     Type     1-blocks          Used     Available Capacity Mounted on\n"
    b"/dev/root      ext4   53687091200   21474836480   29527900160      43% /\n"
    b"/dev/md0       ext4 3937376833536 1968688416768 1768620695552      53% /srv\n"
)
DF_INODES = (
    b"Filesystem        Inodes  IUsed     IFree IUse% Mounted on\n"
    b"/dev/root        3276800 245000   3031800    8% /\n"
    b"/dev/md0       244187136 120000 244067136    1% /srv\n"
)
