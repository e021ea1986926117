# SPDX-License-Identifier: Apache-2.0
"""Storage stacks of a real kernel: checksums, encryption, caches, replication, several paths, iSCSI.

    with Uml(tmp_path, disks=stacks.DISKS) as bed:
        with stacks.SCENARIOS["multipath-path-lost"](bed):
            bed.run("multipath -ll")

Leaving the inner block takes the stack down, so one bed serves all scenarios. Not to be had here: dm-vdo
(in the kernel since 6.9), DRBD 9 (its module is not part of the kernel), NVMe over a network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from .beds import DiskBed, must

DISKS = (64 << 20,) * 4
TOOLS = {
    "integritysetup": "cryptsetup-bin",
    "cryptsetup": "cryptsetup-bin",
    "make-bcache": "bcache-tools",
    "drbdsetup": "drbd-utils",
    "multipath": "multipath-tools",
    "iscsiadm": "open-iscsi",
}
Scenario = Callable[[DiskBed], AbstractContextManager[None]]
SCENARIOS: dict[str, Scenario] = {}


def scenario(name: str) -> Callable[[Callable[[DiskBed], Iterator[None]]], Scenario]:
    """Register a generator which yields once as the scenario of that name."""

    def register(function: Callable[[DiskBed], Iterator[None]]) -> Scenario:
        SCENARIOS[name] = contextmanager(function)
        return SCENARIOS[name]

    return register


@contextmanager
def undone(bed: DiskBed, *commands: str) -> Iterator[None]:
    """Run the commands and wipe the disks at the end, whatever happened."""
    try:
        yield
    finally:
        for command in commands:
            bed.run(command)
        bed.run(f"for disk in {' '.join(bed.disks)}; do wipefs -qa $disk; done; udevadm settle -t 5")


INTACT = "--integrity crc32c"


@contextmanager
def checksummed(bed: DiskBed) -> Iterator[str]:
    """A device with checksums over the first disk, half full; its disk."""
    disk = bed.disks[0]
    with undone(bed, "integritysetup close intact", f"dd if=/dev/zero of={disk} bs=1M count=1 conv=fsync"):
        must(bed, f"modprobe -a dm-mod dm-integrity && integritysetup format -q {INTACT} {disk}", 60)
        must(bed, f"integritysetup open {INTACT} {disk} intact && udevadm settle -t 5")
        must(bed, "dd if=/dev/urandom of=/dev/mapper/intact bs=1M count=16 oflag=direct conv=fsync")
        yield disk


@scenario("integrity-healthy")
def integrity_healthy(bed: DiskBed) -> Iterator[None]:
    """Every checksum fits."""
    with checksummed(bed):
        yield


@scenario("integrity-damaged")
def integrity_damaged(bed: DiskBed) -> Iterator[None]:
    """A quarter of a megabyte was overwritten below the checksums, and was read since."""
    with checksummed(bed) as disk:
        must(bed, "integritysetup close intact")
        must(bed, f"dd if=/dev/urandom of={disk} bs=64k seek=128 count=4 conv=notrunc,fsync")
        must(bed, f"integritysetup open {INTACT} {disk} intact && udevadm settle -t 5")
        bed.run("dd if=/dev/mapper/intact of=/dev/null bs=64k count=256 conv=noerror iflag=direct")
        yield


@scenario("luks-open")
def luks_open(bed: DiskBed) -> Iterator[None]:
    """An encrypted disk with one key, open."""
    disk = bed.disks[1]
    cheap = "--type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000"
    with undone(bed, "cryptsetup close secret"):
        must(bed, "modprobe -a dm-mod dm-crypt; echo a key of the lab >/tmp/key")
        must(bed, f"cryptsetup luksFormat -q {cheap} {disk} /tmp/key")
        must(bed, f"cryptsetup open --key-file /tmp/key {disk} secret && udevadm settle -t 5")
        yield


ENTER = "udevadm settle -t 5; for disk in {0} {1}; do echo $disk >/sys/fs/bcache/register; done"
ATTACH = "basename /sys/fs/bcache/*-*-* >/sys/block/bcache0/bcache/attach"


STOP = "for one in /sys/block/*/bcache/stop /sys/fs/bcache/*-*-*/stop; do echo 1 >$one; done"


@contextmanager
def cached(bed: DiskBed) -> Iterator[None]:
    """bcache0: the second disk, cached by the first, in write-back mode and with writes that wait."""
    fast, slow = bed.disks[:2]
    with undone(
        bed,
        f"{STOP}; for n in $(seq 30); do ls -d /sys/block/*/bcache || break; sleep 0.1; done",
    ):
        must(bed, f"modprobe bcache && make-bcache -b 64k -C {fast} && make-bcache -B {slow}")
        bed.run(ENTER.format(fast, slow))  # udev may have entered one of them already
        must(bed, f"sleep 0.5; {ATTACH} && echo writeback >/sys/block/bcache0/bcache/cache_mode")
        must(bed, "dd if=/dev/urandom of=/dev/bcache0 bs=4k count=500 oflag=direct")
        yield


@scenario("bcache-write-back")
def bcache_write_back(bed: DiskBed) -> Iterator[None]:
    """Writes wait in the cache, which is a single disk."""
    with cached(bed):
        yield


@scenario("bcache-cache-lost")
def bcache_cache_lost(bed: DiskBed) -> Iterator[None]:
    """The disk below comes up without its cache, which holds writes that it lacks: it waits."""
    with cached(bed):
        fast, slow = bed.disks[:2]
        bed.run(f"{STOP}; sleep 1.5")
        must(bed, f"wipefs -qa {fast} && udevadm settle -t 5")
        bed.run(f"echo {slow} >/sys/fs/bcache/register")
        must(bed, "udevadm settle -t 5; grep 0 /sys/block/*/bcache/running")
        yield


MULTIPATH_CONF = "printf 'defaults {\\n find_multipaths no\\n user_friendly_names yes\\n}\\n'"
SEVERAL_HOSTS = "modprobe scsi_debug dev_size_mb=32 add_host=2 vpd_use_hostno=0"


@contextmanager
def two_paths(bed: DiskBed) -> Iterator[None]:
    """mpatha: one disk of two SCSI hosts."""
    with undone(bed, "multipath -F; multipathd shutdown; sleep 1; multipath -F; rmmod scsi_debug"):
        must(bed, f"modprobe -a dm-mod dm-multipath dm-service-time sd_mod && {SEVERAL_HOSTS}")
        must(bed, f"udevadm settle -t 5; {MULTIPATH_CONF} >/etc/multipath.conf; multipathd")
        must(bed, "for n in $(seq 50); do multipath -ll | grep -q mpatha && break; sleep 0.2; done")
        yield


@scenario("multipath-healthy")
def multipath_healthy(bed: DiskBed) -> Iterator[None]:
    """Both paths work."""
    with two_paths(bed):
        yield


@scenario("multipath-path-lost")
def multipath_path_lost(bed: DiskBed) -> Iterator[None]:
    """The disk of the second path went offline, and the checker has noticed."""
    with two_paths(bed):
        must(bed, "echo offline >/sys/block/sdb/device/state; multipathd reconfigure; sleep 1")
        must(bed, "for n in $(seq 60); do multipath -ll | grep -q faulty && break; sleep 0.2; done")
        yield


STORE = "iscsi/iqn.2026-01.example.lab:store"
EXPORT = f"""set -e; mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config
cd /sys/kernel/config/target; disk=core/fileio_0/lun; truncate -s 32M /tmp/lun.img; mkdir -p $disk
echo fd_dev_name=/tmp/lun.img,fd_dev_size=33554432 >$disk/control; echo 1 >$disk/enable
for n in 1 2; do
  group={STORE}/tpgt_$n; mkdir -p $group/lun/lun_0 $group/np/127.0.0.$n:3260
  ln -s $PWD/$disk $group/lun/lun_0/disk; echo 0 >$group/attrib/authentication
  echo 1 >$group/attrib/generate_node_acls; echo 0 >$group/attrib/demo_mode_write_protect
  echo 1 >$group/enable
done"""
UNEXPORT = f"""cd /sys/kernel/config/target
for group in {STORE}/tpgt_*; do
  echo 0 >$group/enable; rm $group/lun/lun_0/disk; rmdir $group/np/* $group/lun/lun_0 $group
done
rmdir {STORE} core/fileio_0/lun"""
MODULES = "configfs target_core_mod iscsi_target_mod target_core_file iscsi_tcp sd_mod"


@contextmanager
def sessions(bed: DiskBed) -> Iterator[None]:
    """A disk of a target in the same kernel, logged in over both of its portals."""
    logout = "timeout 20 iscsiadm -m node --logout; iscsiadm -m node -o delete; pkill -x iscsid; true"
    with undone(bed, logout, UNEXPORT):
        must(bed, f"modprobe -a {MODULES}")
        must(bed, EXPORT)
        must(bed, "mkdir -p /run/lock/iscsi; pgrep -x iscsid || iscsid; sleep 0.5")
        must(bed, "iscsiadm -m discovery -t st -p 127.0.0.1 && iscsiadm -m node --login && sleep 1")
        yield


@scenario("iscsi-healthy")
def iscsi_healthy(bed: DiskBed) -> Iterator[None]:
    """Both sessions are logged in."""
    with sessions(bed):
        yield


@scenario("iscsi-portal-lost")
def iscsi_portal_lost(bed: DiskBed) -> Iterator[None]:
    """The target has switched off its second portal."""
    with sessions(bed):
        must(bed, f"echo 0 >/sys/kernel/config/target/{STORE}/tpgt_2/enable")
        noticed = "grep -qv LOGGED_IN /sys/class/iscsi_session/session*/state"
        must(bed, f"for n in $(seq 75); do {noticed} && break; sleep 0.2; done; {noticed}")
        yield


DRBD_MAKE = (
    "drbdmeta --force {n} v08 {disk} internal create-md </dev/null && drbdsetup new-resource r{n}"
    " && drbdsetup new-minor r{n} {n} 0 && drbdsetup attach {n} {disk} {disk} internal"
)
DRBD_JOIN = (
    "drbdsetup connect r0 127.0.0.1:7789 127.0.0.1:7790 --protocol=C"
    " && drbdsetup connect r1 127.0.0.1:7790 127.0.0.1:7789 --protocol=C"
)
DRBD_SYNCED = (
    "for n in $(seq 100); do grep -q ds:UpToDate/UpToDate /proc/drbd && break; sleep 0.1; done;"
    " grep -q ds:UpToDate/UpToDate /proc/drbd"
)


@contextmanager
def replicated(bed: DiskBed) -> Iterator[None]:
    """drbd0 with drbd1 of the same kernel as its other machine, in step."""
    with undone(bed, "drbdsetup secondary 0; drbdsetup down r0; drbdsetup down r1; rmmod drbd"):
        must(bed, "modprobe drbd; mkdir -p /var/lib/drbd /run/drbd /run/lock; ln -sfn /run/lock /var/lock")
        for number, disk in enumerate(bed.disks[:2]):
            must(bed, DRBD_MAKE.format(n=number, disk=disk))
        must(bed, DRBD_JOIN)
        # Both disks are empty: no need to copy one over the other.
        must(bed, f"sleep 1; drbdsetup new-current-uuid --clear-bitmap 0 && {DRBD_SYNCED}")
        must(bed, "drbdsetup primary 0")
        yield


@scenario("drbd-in-step")
def drbd_in_step(bed: DiskBed) -> Iterator[None]:
    """Both sides are up to date."""
    with replicated(bed):
        yield


@scenario("drbd-alone")
def drbd_alone(bed: DiskBed) -> Iterator[None]:
    """The other side hung up, and four megabytes were written since."""
    with replicated(bed):
        must(bed, "drbdsetup disconnect 127.0.0.1:7790 127.0.0.1:7789")
        must(bed, "sleep 0.5; dd if=/dev/urandom of=/dev/drbd0 bs=1M count=4 oflag=direct")
        yield
