# SPDX-License-Identifier: Apache-2.0
"""A libvirtd of its own with emulated guests: every sort of snapshot, broken and damaged images."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .beds import BedMissing, HostBed, must, need_programs, need_root

SETTINGS = Path("/etc/libvirt/qemu.conf")
QEMU_SETTINGS = """
security_driver = "none"
user = "root"
group = "root"
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
"""
DAEMON_SETTINGS = """listen_tls = 0
listen_tcp = 0
unix_sock_group = "root"
auth_unix_rw = "none"
"""
OLD = 1_700_000_000  # 2023-11-14
GUESTS = (
    "healthy",
    "inside",
    "memory",
    "chain",
    "forgotten",
    "orphan",
    "damaged",
    "relative",
    "DC01",
    "unrecorded",
)


@dataclass
class LibvirtBed(HostBed):
    """The host with a running libvirtd; images lie in *folder*."""

    folder: Path = Path("/nonexistent")

    def virsh(self, *words: str | Path) -> str:
        """Run virsh with the right to change things."""
        return must(self, ["virsh", "-q", "-c", "qemu:///system", *map(str, words)])

    def image(self, name: str, *more: str) -> Path:
        """A new qcow2 image of 64 MB with 8 MB in it."""
        path = self.folder / f"{name}.qcow2"
        must(self, ["qemu-img", "create", "-q", "-f", "qcow2", *more, str(path), *(() if more else ("64M",))])
        if not more:
            must(self, ["qemu-io", "-c", "write -q -P 65 0 8M", str(path)])
        return path

    def define(self, name: str, *disks: Path) -> None:
        """Define a guest without an operating system."""
        told = "".join(
            f"<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='{path}'/>"
            f"<target dev='vd{chr(97 + number)}' bus='virtio'/></disk>"
            for number, path in enumerate(disks)
        )
        xml = self.folder / f"{name}.xml"
        xml.write_text(
            f"<domain type='qemu'><name>{name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>"
            f"<os><type arch='x86_64' machine='pc'>hvm</type></os>"
            f"<devices>{told}<memballoon model='none'/></devices></domain>"
        )
        self.virsh("define", xml)


@contextmanager
def libvirt_bed(folder: Path) -> Iterator[LibvirtBed]:
    """Start libvirtd, set up every guest, and take all of it away again. Raises BedMissing."""
    need_root()
    need_programs(
        {
            "libvirtd": "libvirt-daemon-system",
            "virsh": "libvirt-clients",
            "qemu-img": "qemu-utils",
            "qemu-system-x86_64": "qemu-system-x86",
        }
    )
    bed = LibvirtBed(folder=folder)
    if bed.run(["virsh", "-c", "qemu:///system", "version"]).status == 0:
        raise BedMissing("another libvirtd runs on this machine")
    before = SETTINGS.read_bytes() if SETTINGS.exists() else None
    SETTINGS.write_bytes((before or b"") + QEMU_SETTINGS.encode())
    (folder / "libvirtd.conf").write_text(DAEMON_SETTINGS + f'log_outputs = "3:file:{folder}/libvirtd.log"\n')
    daemon = subprocess.Popen(
        ["libvirtd", "-f", str(folder / "libvirtd.conf"), "-p", str(folder / "libvirtd.pid")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await(bed)
        known = bed.virsh("list", "--all", "--name").split()
        if known:
            raise BedMissing(f"libvirt knows guests already: {', '.join(known)}")
        try:
            _set_up(bed)
            yield bed
        finally:
            _take_away(bed)
    finally:
        daemon.terminate()
        daemon.wait(20)
        if before is None:
            SETTINGS.unlink()
        else:
            SETTINGS.write_bytes(before)


def _await(bed: LibvirtBed) -> None:
    for _ in range(300):
        if bed.run(["virsh", "-c", "qemu:///system", "version"]).status == 0:
            return
        time.sleep(0.1)
    raise BedMissing("libvirtd did not answer within 30 s")


def _take_away(bed: LibvirtBed) -> None:
    for name in bed.virsh("list", "--all", "--name").splitlines():
        bed.run(["virsh", "-c", "qemu:///system", "destroy", name])
        for snapshot in bed.virsh("snapshot-list", name, "--name").splitlines():
            bed.run(["virsh", "-c", "qemu:///system", "snapshot-delete", name, snapshot, "--metadata"])
        bed.run(["virsh", "-c", "qemu:///system", "undefine", name])
    for command in ("pool-destroy", "pool-undefine"):
        bed.run(["virsh", "-c", "qemu:///system", command, "lab"])


def _set_up(bed: LibvirtBed) -> None:
    bed.define("healthy", bed.image("healthy"))
    bed.define("inside", bed.image("inside"))
    for name in ("before-upgrade", "child"):
        bed.virsh("snapshot-create-as", "inside", name)
    bed.define("memory", bed.image("memory"))
    bed.virsh("start", "memory")
    bed.virsh("snapshot-create-as", "memory", "with-memory")
    _set_up_chain(bed)
    _set_up_old(bed, "forgotten", "old")
    _set_up_old(bed, "DC01", "before patch")
    gone = bed.image("gone")
    bed.define("orphan", bed.image("orphan", "-F", "qcow2", "-b", str(gone)))
    gone.unlink()
    bed.image("base")
    bed.define("relative", bed.image("relative", "-b", "base.qcow2", "-F", "qcow2"))
    damaged = bed.image("damaged")
    bed.define("damaged", damaged)
    mark_corrupt(damaged)
    unrecorded = bed.image("unrecorded")
    bed.define("unrecorded", unrecorded)
    must(bed, ["qemu-img", "snapshot", "-c", "by-hand", str(unrecorded)])
    bed.virsh("pool-define-as", "lab", "dir", "--target", bed.folder)
    bed.virsh("pool-start", "lab")


def _set_up_chain(bed: LibvirtBed) -> None:
    """Three external snapshots on two disks, the first of them forgotten by libvirt but not by the images."""
    bed.define("chain", bed.image("chain-a"), bed.image("chain-b"))
    bed.virsh("start", "chain")
    for number in range(3):
        bed.virsh("snapshot-create-as", "chain", f"ext{number}", "--disk-only", "--atomic")
    bed.virsh("snapshot-delete", "chain", "ext0", "--metadata")


def _set_up_old(bed: LibvirtBed, guest: str, snapshot: str) -> None:
    """A snapshot made years ago: its record is written anew with another time."""
    bed.define(guest, bed.image(guest))
    bed.virsh("snapshot-create-as", guest, snapshot)
    told = re.sub(
        r"<creationTime>\d+", f"<creationTime>{OLD}", bed.virsh("snapshot-dumpxml", guest, snapshot)
    )
    record = bed.folder / f"{guest}-snapshot.xml"
    record.write_text(told)
    bed.virsh("snapshot-delete", guest, snapshot, "--metadata")
    bed.virsh("snapshot-create", guest, record, "--redefine")


def mark_corrupt(image: Path) -> None:
    """Set the corrupt bit of a qcow2 image: the second lowest of the incompatible features at byte 72."""
    with image.open("r+b") as file:
        file.seek(72)
        features = int.from_bytes(file.read(8), "big")
        file.seek(72)
        file.write((features | 2).to_bytes(8, "big"))
