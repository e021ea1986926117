# SPDX-License-Identifier: Apache-2.0
"""LVM in every state holdwater has to tell apart, made on the scratch disks of a bed.

    with Uml(tmp_path, disks=lvm.DISKS) as bed:
        with lvm.SCENARIOS["raid1-missing"](bed) as group:
            bed.run(["lvs", "-a", group.name])

Leaving the inner block removes the volume group and wipes its disks, so one bed serves many scenarios.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from .beds import DiskBed, must

DISKS = (64 << 20,) * 4
TOOLS = {"lvs": "lvm2", "dmsetup": "dmsetup"}
MODULES = "dm-mod dm-raid dm-snapshot dm-thin-pool dm-mirror raid1 raid456 dm-integrity"


@dataclass(frozen=True)
class Group:
    """A volume group brought into some state."""

    name: str
    disks: tuple[str, ...]


Scenario = Callable[[DiskBed], AbstractContextManager[Group]]
SCENARIOS: dict[str, Scenario] = {}


def scenario(name: str) -> Callable[[Callable[[DiskBed], Iterator[Group]]], Scenario]:
    """Register a generator which yields one volume group as the scenario of that name."""

    def register(function: Callable[[DiskBed], Iterator[Group]]) -> Scenario:
        SCENARIOS[name] = contextmanager(function)
        return SCENARIOS[name]

    return register


@contextmanager
def made(bed: DiskBed, *commands: str) -> Iterator[Group]:
    """The group `vg` on all disks with the volumes which the commands make; wiped at the end."""
    disks = bed.disks[:4]
    try:
        must(
            bed,
            f"modprobe -a {MODULES} && pvcreate -qqy {' '.join(disks)} && vgcreate -qq vg {' '.join(disks)}",
        )
        for command in commands:
            must(bed, command)
        yield Group("vg", disks)
    finally:
        bed.run(
            "vgchange -an vg; vgreduce --removemissing --force vg; vgremove -ff -y vg; dmsetup remove_all"
        )
        bed.run(
            f"for disk in {' '.join(disks)}; do wipefs -qa $disk; done; pvscan --cache; udevadm settle -t 5"
        )


RAID1 = "lvcreate -y -Zn --type raid1 -m1 -L 16M -n r1 vg"
RAID5 = "lvcreate -y -Zn --type raid5 -i2 -L 16M -n r5 vg"
BUSY = "lvs --noheadings -o sync_percent vg | grep -qvE '100.00|^ *$'"
SETTLED = f"for i in $(seq 60); do {BUSY} || break; sleep 0.5; done"
# Without thin_check(8) these commands do their work and complain.
POOL = (
    "lvcreate -y -L 16M --poolmetadatasize 4M --type thin-pool -n pool vg; "
    "lvcreate -y -V 64M --thinpool pool -n thin vg; vgmknodes; test -b /dev/vg/thin"
)


def filled(mebibytes: int) -> str:
    """Write so much into the thin volume."""
    return f"dd if=/dev/urandom of=/dev/vg/thin bs=1M count={mebibytes} oflag=direct"


def lost(bed: DiskBed, index: int) -> None:
    """Overwrite the label of a disk, as if another drive stood in its place, and activate what is left."""
    disk = bed.disks[index]
    must(bed, f"vgchange -an vg && dd if=/dev/zero of={disk} bs=1M count=2 conv=fsync")
    bed.run("pvscan --cache; vgchange -ay --activationmode degraded vg")


@scenario("raid-healthy")
def raid_healthy(bed: DiskBed) -> Iterator[Group]:
    """RAID1 and RAID5, in sync."""
    with made(bed, RAID1, RAID5, SETTLED) as group:
        yield group


@scenario("raid-missing")
def raid_missing(bed: DiskBed) -> Iterator[Group]:
    """The second disk is gone: RAID1 and RAID5 lost an image, a linear volume lost everything."""
    with made(bed, RAID1, RAID5, SETTLED, f"lvcreate -y -Zn -L 8M -n lin vg {bed.disks[1]}") as group:
        lost(bed, 1)
        yield group


@scenario("raid-checksums-damaged")
def raid_checksums_damaged(bed: DiskBed) -> Iterator[Group]:
    """RAID1 with checksums below: part of one image was overwritten, and mended by a check."""
    first, second = bed.disks[:2]
    raid = f"lvcreate -y -Zn --type raid1 -m1 --raidintegrity y -L 16M -n r1 vg {first} {second}"
    with made(bed, raid, SETTLED) as group:
        must(bed, "dd if=/dev/urandom of=/dev/vg/r1 bs=1M count=16 oflag=direct && lvchange -an vg")
        must(bed, f"dd if=/dev/urandom of={first} bs=1M seek=8 count=1 conv=notrunc,fsync")
        must(bed, "lvchange -ay vg && lvchange --syncaction check vg/r1")
        must(bed, f"sleep 1; {SETTLED}")
        yield group


@scenario("thin-healthy")
def thin_healthy(bed: DiskBed) -> Iterator[Group]:
    """A thin pool with a quarter of it used."""
    with made(bed, POOL, filled(4)) as group:
        yield group


@scenario("thin-nearly-full")
def thin_nearly_full(bed: DiskBed) -> Iterator[Group]:
    """A thin pool with 15 of 16 MiB used."""
    with made(bed, POOL, filled(15)) as group:
        yield group


@scenario("thin-full")
def thin_full(bed: DiskBed) -> Iterator[Group]:
    """A thin pool which is full and answers writes with errors."""
    with made(bed, POOL, "lvchange --errorwhenfull y vg/pool; true", filled(15)) as group:
        bed.run("timeout 5 dd if=/dev/urandom of=/dev/vg/thin bs=1M seek=15 count=2 oflag=direct")
        yield group


def snapped(size: str) -> tuple[str, ...]:
    """A volume with a snapshot of that size, of which 7 MiB were changed since."""
    return (
        "lvcreate -y -Zn -L 20M -n lin vg",
        f"lvcreate -y -s -L {size} -n snap vg/lin; vgmknodes; test -b /dev/vg/snap",
        "dd if=/dev/urandom of=/dev/vg/lin bs=1M count=7 conv=fsync",
    )


@scenario("snapshot-filling")
def snapshot_filling(bed: DiskBed) -> Iterator[Group]:
    """A snapshot with 88 % of its space used."""
    with made(bed, *snapped("8M")) as group:
        yield group


@scenario("snapshot-overflowed")
def snapshot_overflowed(bed: DiskBed) -> Iterator[Group]:
    """A snapshot whose space did not suffice: it is lost."""
    with made(bed, *snapped("4M")) as group:
        yield group
