"""Small sites made of rows, for the tests of derived tables."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from analyzer.engine import every_rule
from analyzer.site import Asset, Site
from collectors.block_tables import BlockDevice, MdMember, MdStatus, MdSysfs, Mount
from collectors.fact import Fact, Gap, Origin, Source
from collectors.table import Row

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOST = "host1"
UUID = "2984a9c2-acb7-4f3e-bb3a-902fb50faa90"


def site_of(
    rows: Iterable[Row],
    *,
    gaps: Iterable[Gap] = (),
    days: float = 0,
    history: tuple[Site, ...] = (),
    assets: tuple[Asset, ...] = (),
) -> Site:
    """A site of one host, *days* after :data:`AT`; every fact has a source that names its table."""
    every_rule()
    at = AT + timedelta(days=days)
    site = Site("site", at, (HOST,), history=history, assets=assets)
    site.add(Fact(HOST, row, (source(row.TABLE, at),)) for row in rows)
    site.add(gaps)
    return site


def source(name: str, at: datetime = AT) -> Source:
    return Source(Origin(HOST, (name,), at, f"answers/{name}"), "line 1")


def disk(name: str, number: int, **more: object) -> BlockDevice:
    told: dict[str, object] = {
        "model": "ST4000NM0035",
        "serial": f"ZC1A000{number}",
        "wwn": f"5000c500aabbcc0{number}",
        "transport": "sata",
        "rotational": True,
        "size_bytes": 4_000_787_030_016,
    }
    return BlockDevice(name=name, type="disk", **(told | more))


def part(name: str, parent: str, **more: object) -> BlockDevice:
    return BlockDevice(name=name, type="part", parents=parent, **more)


def mirror(*, broken: bool = False) -> list[Row]:
    """md0, RAID1 of sda1 and sdb1, with a volume and /srv on it; *broken*: sdb1 is gone."""
    member = {"fs_type": "linux_raid_member", "fs_uuid": UUID}
    return [
        disk("sda", 1),
        disk("sdb", 2),
        part("sda1", "sda", **member),
        part("sdb1", "sdb", **member),
        BlockDevice(name="md0", type="raid1", parents="sda1" if broken else "sda1 sdb1"),
        BlockDevice(name="dm-0", type="lvm", parents="md0", mapped_name="vg-srv", mountpoints="/srv"),
        Mount(mountpoint="/srv", source="/dev/mapper/vg-srv", fs_type="ext4", options="rw", read_only=False),
        MdStatus(
            array="md0",
            active=True,
            level="raid1",
            members="sda1[0]" if broken else "sda1[0] sdb1[2]",
            slots=2,
            slots_in_sync=1 if broken else 2,
            slot_map="U_" if broken else "UU",
        ),
        MdSysfs(
            array="md0",
            level="raid1",
            array_state="clean",
            raid_disks=2,
            degraded=int(broken),
            sync_action="idle",
        ),
        MdMember(array="md0", member="sda1", slot=0, state="in_sync", errors=0, bad_blocks=0),
        *(
            []
            if broken
            else [MdMember(array="md0", member="sdb1", slot=1, state="in_sync", errors=0, bad_blocks=0)]
        ),
    ]
