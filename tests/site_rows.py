"""Rows and raw answers of synthetic hosts: disks in an md array under a logical volume, and a system disk."""

from __future__ import annotations

import random
from collections.abc import Container, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from collectors.block_tables import BlockDevice, FsUsage, Host, MdMember, MdStatus, MdSysfs, Mount
from collectors.drive_tables import Drive
from collectors.fact import Fact, Origin, Source

AT = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
TB = 10**12

HOSTILE = (
    "<script>document.title='owned'</script>",
    '"><img src=x onerror="document.title=1">',
    "\u202egnp.exe\u202c",
    "\x1b[31mred\x1b[0m\x07",
    "zero\u200bwidth\u2066x\u2069\ufeff",
    "{{ 7 * 7 }}{% raw %}</details></section>",
    "A" * 3000,
    "line\nfeed\r\x00nul\u0085",
    "]]></style><svg onload=alert(1)>",
    "z" + "\u0300" * 60 + "algo",
    "javascript:alert(1)//&amp;&#x27;",
    "\ud800 lone surrogate",
)

SMART_ANSWER = """{
  "device": {"name": "%s"},
  "model_name": "WDC WD40EFRX-68N32N0",
  "smart_status": {"passed": true},
  "ata_smart_attributes": {"table": [
    {"id": 5, "name": "Reallocated_Sector_Ct", "value": 200, "raw": {"value": 0, "string": "0"}},
    {"id": 197, "name": "Current_Pending_Sector", "value": 200, "raw": {"value": %d, "string": "%d"}}
  ]},
  "temperature": {"current": %d}
}
"""

MDSTAT = """Personalities : [raid1] [raid6] [raid5] [raid4]
md0 : active raid5 sdd1[4] sdc1[2](F) sdb1[1] sda1[0]
      11720659968 blocks super 1.2 level 5, 512k chunk, algorithm 2 [4/3] [UU_U]
      bitmap: 3/30 pages [12KB], 65536KB chunk

unused devices: <none>
"""


def device(disk: int) -> str:
    """/dev/sda, /dev/sdb … /dev/sdaa."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return "/dev/sd" + (letters[disk // 26 - 1] if disk >= 26 else "") + letters[disk % 26]


def kernel_name(disk: int) -> str:
    return device(disk).removeprefix("/dev/")


def identity(number: int, disk: int) -> str:
    return f"wwn:50014ee2{number:04x}{disk:04x}"


def pending_sectors(number: int, disk: int) -> int:
    """What the drive's answer tells, 1 to 40."""
    return (number * 7 + disk * 13) % 40 + 1


def member(number: int, answer: int) -> str:
    """Name of an answer in the bundle."""
    return f"answers/{number}/{answer:04}"


def smart_source(host: str, number: int, disk: int) -> Source:
    argv = ("smartctl", "--json=c", "-x", device(disk))
    return Source(Origin(host, argv, AT, member(number, disk + 1)), "$.ata_smart_attributes.table[1].raw")


def host_answers(
    number: int, disks: int, chance: random.Random, texts: dict[str, str]
) -> Iterator[dict[str, Any]]:
    """The manifest's answers of one host; their texts go into *texts*."""
    started = (AT + timedelta(seconds=number)).isoformat()
    texts[member(number, 0)] = MDSTAT
    common = {"started_at": started, "status": 0}
    out = {"bytes": len(MDSTAT)}
    yield common | {"argv": ["cat", "/proc/mdstat"], "duration_seconds": 0.012, "out": out}
    for disk in range(disks):
        pending = pending_sectors(number, disk)
        text = SMART_ANSWER % (device(disk), pending, pending, chance.randint(28, 58))
        texts[member(number, disk + 1)] = text
        told = {"argv": ["smartctl", "--json=c", "-x", device(disk)], "via": "sudo"}
        told |= {"duration_seconds": 0.4, "out": {"bytes": len(text)}}
        if disk == 5:
            told |= {"refusal": "timed-out", "detail": "no answer within 30 s", "status": None}
            told |= {"duration_seconds": 30.0, "out": {"bytes": 0}}
        yield common | told


def host_rows(
    host: str, number: int, disks: int, chance: random.Random, *, hostile: bool, unread: Container[str]
) -> Iterator[Fact[Any]]:
    """One host. Its first one has lost a member; *unread*: devices whose health is not told."""
    model = HOSTILE[(number + 1) % len(HOSTILE)] if hostile else "WDC WD40EFRX-68N32N0"
    mountpoint = HOSTILE[(number + 2) % len(HOSTILE)] if hostile else "/srv"
    rows: list[Any] = [
        Host(hostname=host, os_name="Debian GNU/Linux", os_version="12", kernel="6.1.0-25-amd64")
    ]
    rows += _system_disk(number, chance)
    for disk in range(disks):
        rows += _block_rows(number, disk, model)
    yield from (Fact(host, row) for row in (*rows, *_array_rows(number, disks, mountpoint)))
    for disk in range(disks):
        if device(disk) not in unread:
            yield Fact(host, _drive(number, disk, model, chance), (smart_source(host, number, disk),))


def _system_disk(number: int, chance: random.Random) -> Iterator[Any]:
    wwn, serial, model = f"eui.0025{number:08x}", f"S64DNF0R{number:04}", "Samsung SSD 980"
    size = TB // 2
    yield BlockDevice(
        name="nvme0n1",
        type="disk",
        size_bytes=size,
        model=model,
        serial=serial,
        wwn=wwn,
        rotational=False,
        transport="nvme",
    )
    yield BlockDevice(
        name="nvme0n1p1", type="part", size_bytes=size, parents="nvme0n1", fs_type="ext4", mountpoints="/"
    )
    yield Drive(
        drive=f"wwn:{wwn}",
        device="/dev/nvme0n1",
        model=model,
        serial=serial,
        wwn=wwn,
        protocol="NVMe",
        rotation_rpm=0,
        temperature_celsius=chance.randint(35, 60),
        endurance_used_percent=chance.randint(2, 97),
        spare_available_percent=100,
        capacity_bytes=size,
        passed=True,
    )
    yield Mount(mountpoint="/", source="/dev/nvme0n1p1", fs_type="ext4", options="rw", read_only=False)
    yield FsUsage(
        mountpoint="/",
        source="/dev/nvme0n1p1",
        fs_type="ext4",
        size_bytes=size,
        used_bytes=90 * 10**9,
        available_bytes=400 * 10**9,
    )


def _serial(number: int, disk: int) -> str:
    return f"WCC7K{number:03}{disk:02}"


def _block_rows(number: int, disk: int, model: str) -> Iterator[Any]:
    name = kernel_name(disk)
    yield BlockDevice(
        name=name,
        path=device(disk),
        type="disk",
        size_bytes=4 * TB,
        model=model,
        serial=_serial(number, disk),
        wwn=identity(number, disk)[4:],
        rotational=True,
        transport="sata",
    )
    yield BlockDevice(
        name=name + "1", type="part", size_bytes=4 * TB, parents=name, fs_type="linux_raid_member"
    )
    lost = disk == 2 and number == 0
    yield MdMember(
        array="md0", member=name + "1", slot=None if lost else disk, state="faulty" if lost else "in_sync"
    )


def _drive(number: int, disk: int, model: str, chance: random.Random) -> Drive:
    return Drive(
        drive=identity(number, disk),
        device=device(disk),
        model=model,
        protocol="ATA",
        rotation_rpm=5400,
        serial=_serial(number, disk),
        wwn=identity(number, disk)[4:],
        capacity_bytes=4 * TB,
        passed=True,
        temperature_celsius=chance.randint(28, 58),
        temperature_limit_celsius=65,
        temperature_min_celsius=18,
        temperature_max_celsius=chance.randint(58, 62),
        power_on_hours=chance.randint(2000, 60000),
    )


def _array_rows(number: int, disks: int, mountpoint: str) -> Iterator[Any]:
    members = " ".join(f"{kernel_name(disk)}1" for disk in range(disks))
    total = (disks - 1) * 4 * TB
    failed = "sdc1" if number == 0 else ""
    volume = "/dev/mapper/vg-srv"
    yield BlockDevice(name="md0", type="raid5", size_bytes=total, parents=members, fs_type="LVM2_member")
    yield BlockDevice(
        name="dm-0",
        path=volume,
        type="lvm",
        parents="md0",
        fs_type="xfs",
        size_bytes=total,
        mountpoints=mountpoint,
    )
    yield MdStatus(
        array="md0",
        active=True,
        level="raid5",
        members=members,
        failed_members=failed,
        slots=disks,
        slots_in_sync=disks - bool(failed),
    )
    yield MdSysfs(array="md0", level="raid5", raid_disks=disks, degraded=int(bool(failed)))
    yield Mount(mountpoint=mountpoint, source=volume, fs_type="xfs", options="rw", read_only=False)
    yield FsUsage(
        mountpoint=mountpoint,
        source=volume,
        fs_type="xfs",
        size_bytes=total,
        used_bytes=int(total * 0.93),
        available_bytes=int(total * 0.07),
    )
