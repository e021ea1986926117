# SPDX-License-Identifier: Apache-2.0
"""The guest with ZFS in it: Debian's zfs-dkms compiled for exactly the guest's kernel, and pools in trouble.

    with zfs_guest(tmp_path) as guest:
        with SCENARIOS["mirror-degraded"](guest) as pool: ...

Modules and programs are built once (6 to 11 minutes on two cores, most of it dkms) under the directory of
:func:`cache_directory`, keyed by kernel, suite of ZFS and recipe. HOLDWATER_LAB_ZFS=bookworm-backports takes
the newer release, which speaks JSON.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from .beds import must, need_programs, need_root
from .guest import TOOLS, Guest, built, kernel_package

BUILD = Path(__file__).resolve().parent / "build_zfs.sh"
SERIAL = "ZFSTOOLS"
DISK = 160 << 20


@dataclass(frozen=True)
class Pool:
    """A pool in trouble: its name, its devices, and the one at fault."""

    name: str
    devices: tuple[str, ...]
    at_fault: str


def release() -> str:
    """The suite the newer release is taken from; empty for Debian's own."""
    return os.environ.get("HOLDWATER_LAB_ZFS", "")


def build_zfs() -> Path:
    """The directory with zfs.img; built now if it is not in the cache."""
    need_programs(TOOLS)
    need_root()
    kernel = kernel_package()
    name = f"zfs-{kernel.removeprefix('linux-image-')}-{release() or 'stable'}"
    return built(BUILD, name, kernel, release())


class ZfsGuest(Guest):
    """The guest with one disk more, which holds the modules and programs of ZFS."""

    def __init__(self, directory: Path, image: Path) -> None:
        super().__init__(directory)
        self._zfs = image / "zfs.img"

    def _disk_arguments(self) -> list[str]:
        """The same disks, larger: ZFS takes none below 64 MiB, and the label of the partition is off that."""
        arguments = super()._disk_arguments()
        for serial in self.serials:
            os.truncate(self.directory / f"{serial}.img", DISK)
        return arguments

    def _arguments(self) -> list[str]:
        tools = f"file={self._zfs},format=raw,if=none,id=zfstools,snapshot=on,cache=unsafe"
        arguments = super()._arguments()
        arguments[arguments.index("1024")] = "2048"
        return [*arguments, "-drive", tools, "-device", f"virtio-blk-pci,drive=zfstools,serial={SERIAL}"]

    def load(self) -> None:
        """Put the programs in place and load the modules in their order."""
        must(
            self,
            f"mkdir -p /zt && mount -o ro $(readlink -f /dev/disk/by-id/virtio-{SERIAL} ||"
            f" lsblk -dnpro NAME,SERIAL | awk '$2 == \"{SERIAL}\" {{print $1}}') /zt &&"
            " cp -a /zt/root/. / && ldconfig && for m in $(cat /zt/order); do insmod /zt/modules/$m; done &&"
            " ls -d /dev/zfs",
            timeout=120,
        )


class OtherZfsGuest(ZfsGuest):
    """A second machine beside it, with disks of its own."""

    serials = ("SATB0001", "SATB0002", "SATB0003", "SATB0004")


@contextmanager
def zfs_guest(directory: Path, kind: type[ZfsGuest] = ZfsGuest) -> Iterator[ZfsGuest]:
    """Build what is missing, boot, and load ZFS."""
    with kind(directory, build_zfs()) as guest:
        guest.load()
        yield guest


@contextmanager
def _pool(guest: ZfsGuest, name: str, layout: str, fault: int = 1) -> Iterator[Pool]:
    """A pool over the SATA disks, destroyed and wiped in the end."""
    a, b, c, d = guest.disks
    words = layout.format(a=a, b=b, c=c, d=d)
    must(guest, f"zpool create -f -o ashift=12 {name} {words}", timeout=90)
    devices = tuple(word for word in words.split() if word.startswith("/dev/"))
    try:
        yield Pool(name, devices, devices[fault])
    finally:
        guest.run(f"zpool destroy -f {name}", timeout=60)
        for device in devices:
            guest.run(f"wipefs -qa {device}1 {device}9 {device}; dd if=/dev/zero of={device} bs=1M count=2")


@contextmanager
def healthy(guest: ZfsGuest) -> Iterator[Pool]:
    """A scrubbed mirror with datasets, snapshots and a hold."""
    with _pool(guest, "tank", "mirror {a} {b} spare {c}") as pool:
        must(
            guest,
            "zfs create tank/home && zfs create -V 8M tank/vol && dd if=/dev/urandom of=/tank/home/f bs=1M"
            " count=8 2>&1 && zfs snapshot tank/home@autosnap_2026-01-01_00:00:00_daily && zfs snapshot -r"
            " tank@manual && zfs hold keep tank/home@manual && zpool scrub tank && zpool wait -t scrub tank",
            timeout=120,
        )
        yield pool


@contextmanager
def mirror_degraded(guest: ZfsGuest) -> Iterator[Pool]:
    """One half of a mirror has failed."""
    with _pool(guest, "tank", "mirror {a} {b}") as pool:
        must(guest, f"zpool offline -f tank {pool.at_fault} && sleep 1")
        yield pool


@contextmanager
def scrub_repaired(guest: ZfsGuest) -> Iterator[Pool]:
    """One half of a mirror was overwritten, and a scrub has mended it."""
    with _pool(guest, "tank", "mirror {a} {b}") as pool:
        must(
            guest,
            "dd if=/dev/urandom of=/tank/f bs=1M count=20 2>&1 && zpool export tank && dd if=/dev/urandom"
            f" of={pool.at_fault}1 bs=1M seek=5 count=30 conv=fsync 2>&1 && zpool import tank && zpool scrub"
            " tank && zpool wait -t scrub tank",
            timeout=120,
        )
        yield pool


@contextmanager
def permanent_errors(guest: ZfsGuest) -> Iterator[Pool]:
    """A single disk lost part of a file: the pool calls itself ONLINE."""
    with _pool(guest, "one", "{a}", fault=0) as pool:
        spoil = "; ".join(
            f"dd if=/dev/urandom of={pool.at_fault}1 bs=1M seek={at} count=2 conv=fsync 2>&1"
            for at in range(10, 50, 8)
        )
        must(
            guest,
            "dd if=/dev/urandom of=/one/big bs=1M count=24 2>&1; zpool export one;"
            f" {spoil}; zpool import one && zpool scrub one && zpool wait -t scrub one",
            timeout=120,
        )
        yield pool


@contextmanager
def suspended(guest: ZfsGuest) -> Iterator[Pool]:
    """Two of three disks of a raidz1 are gone: last, for they do not come back."""
    a, b, c, _ = guest.disks
    must(guest, f"zpool create -f -o ashift=12 pz raidz1 {a} {b} {c}", timeout=90)
    must(guest, "dd if=/dev/urandom of=/pz/f bs=1M count=8 2>&1; zpool sync")
    for device in (b, c):
        must(guest, f"echo 1 >/sys/block/{device.removeprefix('/dev/')}/device/delete")
    guest.run("sleep 1; (dd if=/dev/urandom of=/pz/g bs=1M count=4 oflag=sync >/dev/null 2>&1 &) ; sleep 8")
    yield Pool("pz", (a, b, c), b)


Scenario = Callable[[ZfsGuest], AbstractContextManager[Pool]]

SCENARIOS: dict[str, Scenario] = {
    "healthy": healthy,
    "mirror-degraded": mirror_degraded,
    "scrub-repaired": scrub_repaired,
    "permanent-errors": permanent_errors,
    "suspended": suspended,
}
