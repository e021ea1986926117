# SPDX-License-Identifier: Apache-2.0
"""File systems in good and bad states, on loop devices of the host or inside user-mode Linux.

    with filesystem_bed(tmp_path) as bed:
        with SCENARIOS["ext4-errors"](bed) as volume:
            bed.run(["cat", f"/sys/fs/ext4/{volume.name}/errors_count"])

The same scenarios work in any bed with loop devices; ``filesystem_bed`` takes the host where it can.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from .beds import Bed, HostBed, must, need_programs
from .uml import Uml

MEBIBYTE = 1 << 20
TOOLS = {
    "mkfs.ext4": "e2fsprogs",
    "debugfs": "e2fsprogs",
    "mkfs.xfs": "xfsprogs",
    "xfs_io": "xfsprogs",
    "mkfs.btrfs": "btrfs-progs",
    "losetup": "mount",
}


@dataclass(frozen=True)
class Volume:
    """A mounted file system on a loop device."""

    device: str
    mount: str
    image: str

    @property
    def name(self) -> str:
        """The device's short name, as in /sys/fs/ext4."""
        return self.device.removeprefix("/dev/")


Scenario = Callable[["FilesystemBed"], AbstractContextManager[Volume]]
SCENARIOS: dict[str, Scenario] = {}


class FilesystemBed:
    """A bed with a scratch directory in it; runs commands like the bed itself."""

    def __init__(self, bed: Bed, directory: str) -> None:
        """Remember both; ``directory`` is a path inside the bed."""
        self.bed = bed
        self.directory = directory
        self.run = bed.run

    def loop_complaint(self) -> str:
        """Why no ext4 on a loop device can be mounted here; empty if it can."""
        text = "truncate -s 8M probe.img && mkfs.ext4 -q -F probe.img && mkdir -p probe"
        text = f"cd '{self.directory}' && {text} && mount -o loop probe.img probe && umount probe"
        answer = self.run(f"{text} && rmdir probe && rm probe.img")
        return f"status {answer.status}: {answer.complaint.strip()}" if answer.status else ""


@contextmanager
def filesystem_bed(directory: Path, force_uml: bool = False) -> Iterator[FilesystemBed]:
    """The host if it can mount loop devices, else user-mode Linux."""
    need_programs(TOOLS)
    host = FilesystemBed(HostBed(), str(directory))
    if not force_uml and os.geteuid() == 0 and not host.loop_complaint():
        yield host
        return
    with Uml(directory / "uml", memory="1024M") as bed:
        must(bed, "modprobe loop && mkdir -p /tmp/filesystems")
        yield FilesystemBed(bed, "/tmp/filesystems")


def scenario(name: str) -> Callable[[Callable[[FilesystemBed], Iterator[Volume]]], Scenario]:
    """Register a generator which yields one volume as the scenario of that name."""

    def register(function: Callable[[FilesystemBed], Iterator[Volume]]) -> Scenario:
        SCENARIOS[name] = contextmanager(function)
        return SCENARIOS[name]

    return register


@contextmanager
def loop_device(bed: FilesystemBed, name: str, size: int) -> Iterator[tuple[str, str]]:
    """A loop device over a new sparse image: (device, image)."""
    image = f"{bed.directory}/{name}.img"
    device = must(bed, f"rm -f '{image}' && truncate -s {size} '{image}' && losetup --find --show '{image}'")
    try:
        yield device, image
    finally:
        bed.run(f"losetup --detach {device}; rm -f '{image}'")


@contextmanager
def mounted(
    bed: FilesystemBed, kind: str, size: int, before_mount: str = "true", options: str = "rw"
) -> Iterator[Volume]:
    """A file system with a few files, mounted with the options; ``before_mount`` may damage ``$device``."""
    with loop_device(bed, kind, size) as (device, image):
        volume = Volume(device, f"{bed.directory}/{kind}", image)
        force = "-F" if kind == "ext4" else "-f"
        prepare = (
            f"device={device} && mount={volume.mount} && mkdir -p $mount && "
            f"mkfs.{kind} -q {force} $device && mount $device $mount && "
            f"mkdir $mount/directory && echo text >$mount/directory/file && "
            f"umount $mount && {{ {before_mount}; }} && mount -o {options} $device $mount"
        )
        try:
            must(bed, prepare)
            yield volume
        finally:
            bed.run(f"umount {volume.mount}; rmdir {volume.mount}")


@scenario("ext4-healthy")
def ext4_healthy(bed: FilesystemBed) -> Iterator[Volume]:
    """Nothing wrong."""
    with mounted(bed, "ext4", 64 * MEBIBYTE) as volume:
        yield volume


@scenario("ext4-full")
def ext4_full(bed: FilesystemBed) -> Iterator[Volume]:
    """No block is free."""
    with mounted(bed, "ext4", 16 * MEBIBYTE) as volume:
        bed.run(f"dd if=/dev/zero of={volume.mount}/filler bs=64k; sync {volume.mount}/filler")
        yield volume


@scenario("ext4-no-inodes")
def ext4_no_inodes(bed: FilesystemBed) -> Iterator[Volume]:
    """Blocks are free, but no inode is."""
    again = "mkfs.ext4 -q -F -N 64 $device"
    with mounted(bed, "ext4", 16 * MEBIBYTE, before_mount=again) as volume:
        bed.run(f"for i in $(seq 80); do : >{volume.mount}/$i || break; done")
        yield volume


# Inode 13 is "directory/file": without it, listing the directory makes the kernel note an error.
CLEAR_INODE = "debugfs -w -R 'clri <13>' $device"


@scenario("ext4-errors")
def ext4_errors(bed: FilesystemBed) -> Iterator[Volume]:
    """The kernel found a damaged inode, counted it and went on."""
    with mounted(bed, "ext4", 64 * MEBIBYTE, CLEAR_INODE, "errors=continue") as volume:
        bed.run(f"ls -l {volume.mount}/directory; stat {volume.mount}/directory/file")
        yield volume


@scenario("ext4-emergency-read-only")
def ext4_emergency_read_only(bed: FilesystemBed) -> Iterator[Volume]:
    """The kernel found a damaged inode and refuses writes from then on; /proc/mounts may still say rw."""
    with mounted(bed, "ext4", 64 * MEBIBYTE, CLEAR_INODE, "errors=remount-ro") as volume:
        bed.run(
            f"ls -l {volume.mount}/directory; stat {volume.mount}/directory/file; touch {volume.mount}/new"
        )
        yield volume


@scenario("ext4-read-only")
def ext4_read_only(bed: FilesystemBed) -> Iterator[Volume]:
    """Mounted read-only on purpose."""
    with mounted(bed, "ext4", 64 * MEBIBYTE, options="ro") as volume:
        yield volume


@scenario("xfs-healthy")
def xfs_healthy(bed: FilesystemBed) -> Iterator[Volume]:
    """Nothing wrong."""
    with mounted(bed, "xfs", 320 * MEBIBYTE) as volume:
        yield volume


@scenario("xfs-shut-down")
def xfs_shut_down(bed: FilesystemBed) -> Iterator[Volume]:
    """Shut down as after a log error: still mounted rw, every access gives EIO."""
    with mounted(bed, "xfs", 320 * MEBIBYTE) as volume:
        must(bed, f"xfs_io -x -c 'shutdown -f' {volume.mount}")
        yield volume


@contextmanager
def btrfs_mirror(bed: FilesystemBed, damage: str = "true", options: str = "rw") -> Iterator[Volume]:
    """A btrfs raid1 over two loop devices with 24 MiB in it; ``damage`` may hurt ``$second`` unmounted."""
    size = 256 * MEBIBYTE
    with loop_device(bed, "first", size) as (first, image), loop_device(bed, "second", size) as (second, _):
        mount = f"{bed.directory}/btrfs"
        text = (
            f"first={first} && second={second} && mkdir -p {mount} && "
            f"mkfs.btrfs -q -f -m raid1 -d raid1 $first $second && mount $first {mount} && "
            f"dd if=/dev/urandom of={mount}/file bs=1M count=24 && umount {mount} && "
            f"{{ {damage}; }} && mount -o {options} $first {mount}"
        )
        try:
            must(bed, text)
            yield Volume(first, mount, image)
        finally:
            bed.run(f"umount {mount}; rmdir {mount}; btrfs device scan --forget")


@scenario("btrfs-healthy")
def btrfs_healthy(bed: FilesystemBed) -> Iterator[Volume]:
    """Both halves present and equal."""
    with btrfs_mirror(bed) as volume:
        yield volume


@scenario("btrfs-corrupted")
def btrfs_corrupted(bed: FilesystemBed) -> Iterator[Volume]:
    """One half was overwritten; a scrub found and repaired it, so the counters are not zero."""
    damage = "dd if=/dev/urandom of=$second bs=1M seek=16 count=100 conv=fsync"
    with btrfs_mirror(bed, damage) as volume:
        bed.run(f"btrfs scrub start -B {volume.mount}")
        yield volume


@scenario("btrfs-degraded")
def btrfs_degraded(bed: FilesystemBed) -> Iterator[Volume]:
    """One half is missing, mounted with ``degraded``."""
    damage = "wipefs -qa $second && btrfs device scan --forget && btrfs device scan $first"
    with btrfs_mirror(bed, damage, "degraded") as volume:
        yield volume
