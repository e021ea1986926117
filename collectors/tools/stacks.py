"""Storage stacks that few hosts have: iSCSI, NVMe over a network, bcache, and whether others are there.

One question proves for most hosts that there is none of them (the kernel's Documentation/ABI/stable and
testing: sysfs-class-iscsi*, sysfs-block-bcache; drivers/nvme/host/sysfs.c).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.ceph_tables import CephCluster, CephOsd, CephPool
from collectors.collector import Asking, collector, reader
from collectors.crypt_tables import CryptHeader, IntegrityDevice
from collectors.fact import Missing, NotHere, Reading
from collectors.plain_text import unopened, whole_number
from collectors.question import Answer, Form, Question
from collectors.remote_disk_tables import IscsiSession, MultipathMap, MultipathPath, NvmePath
from collectors.replicated_disk_tables import BcacheDevice, DrbdVolume
from collectors.stack_traces import Traces, traces
from collectors.table import Row
from collectors.tools.bcache import BACKING, made_for_bcache
from collectors.tools.bcache import device as bcache_device
from collectors.tools.ceph import CEPH_OSDS, CEPH_POOLS, CEPH_STATUS
from collectors.tools.dm_crypt import LUKS_DUMP
from collectors.tools.dm_integrity import INTEGRITY_STATUS
from collectors.tools.drbd import DRBD_STATUS, kernel_volumes
from collectors.tools.lsblk import LSBLK
from collectors.tools.multipath import MULTIPATH

STACKS = Form(
    (
        *("grep", "-aH", "-m", "99", ""),
        *("/sys/block/dm-*/dm/uuid", "/sys/block/dm-*/dm/name", "/sys/block/dm-*/slaves/*/dev"),
        "/sys/class/iscsi_session/session*/state",
        "/sys/class/iscsi_session/session*/targetname",
        "/sys/class/iscsi_session/session*/recovery_tmo",
        "/sys/class/iscsi_connection/connection*/persistent_address",
        *(f"/sys/class/nvme/nvme*/{name}" for name in ("transport", "state", "address", "subsysnqn")),
        "/sys/class/nvme/nvme*/nvme*/ana_state",
        *(f"/sys/block/bcache*/bcache/{name}" for name in ("state", "cache_mode", "dirty_data", "running")),
        *("/proc/drbd", "/etc/ceph/ceph.conf"),
    ),
    reads="stacks",
    why="Whether multipath, iSCSI, NVMe over a network, DRBD, bcache, encryption or Ceph are in use",
    expand=True,
)


@collector(
    "stacks",
    asks=(
        *(STACKS, LSBLK, MULTIPATH, DRBD_STATUS, LUKS_DUMP, INTEGRITY_STATUS, BACKING),
        *(CEPH_STATUS, CEPH_OSDS, CEPH_POOLS),
    ),
)
def ask() -> Asking:
    """Remote, replicated, cached and encrypted disks, Ceph"""
    answer, blocks = yield (STACKS(), LSBLK())
    found = traces(answer)
    questions: list[Question] = []
    if found.multipath:
        questions.append(MULTIPATH())
    if found.drbd is not None and not found.drbd_tells:
        questions.append(DRBD_STATUS())
    if found.integrity:
        questions.append(INTEGRITY_STATUS())
    if made_for_bcache(blocks):
        questions.append(BACKING())
    if found.ceph:
        questions.extend((CEPH_STATUS(), CEPH_OSDS(), CEPH_POOLS()))
    for lower in sorted({lower for _, lower in found.encrypted if re.fullmatch(r"[\w./-]+", lower)}):
        questions.append(LUKS_DUMP(device=f"/dev/{lower}"))
    yield questions


def recognises(text: str) -> float:
    known = r"^/sys/(?:block/(?:dm-\d+/(?:dm|slaves)|bcache\d+/bcache)|class/(?:iscsi_|nvme))|^/proc/drbd:"
    return 0.9 if re.search(known, text[:20000], re.MULTILINE) else 0.0


_FILLS: tuple[type[Row], ...] = (
    *(MultipathMap, MultipathPath, IscsiSession, NvmePath, BcacheDevice, DrbdVolume, CryptHeader),
    *(IntegrityDevice, CephCluster, CephOsd, CephPool),
)


_LEADS: dict[type[Row], type[Row]] = {CephOsd: CephCluster, CephPool: CephCluster}
"""Tables that are there if the other one is."""


@reader("stacks", fills=_FILLS, recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """remote, replicated, cached and encrypted disks as sysfs tells them"""
    if not answer.stdout and "No such file" not in answer.stderr.decode("utf-8", "replace"):
        for row_type in _FILLS:
            yield Missing(row_type, "failed", answer.complaint or "nothing is told")
        return
    found = traces(answer)
    refused = list(_refused(answer))
    closed = {one.table for one in refused}
    yield from (one for one in _absences(found) if not ({one.table, _LEADS.get(one.table)} & closed))
    yield from refused
    for name, told in sorted(found.iscsi.items()):
        yield IscsiSession(
            session=name,
            target_name=told.get("targetname") or None,
            portal=told.get("portal") or None,
            state=told.get("state") or None,
            recovery_seconds=whole_number(told.get("recovery_tmo")),
        )
    for name, path in sorted(found.fabrics.items()):
        yield NvmePath(
            controller=name,
            subsystem=path.get("subsysnqn") or None,
            transport=path.get("transport"),
            address=path.get("address") or None,
            state=path.get("state") or None,
            ana_state=path.get("ana_state") or None,
        )
    for name, told in sorted(found.bcache.items()):
        yield bcache_device(name, told)
    yield from kernel_volumes(found.drbd or ())


def _absences(found: Traces) -> Iterator[NotHere]:
    """What the answer proves not to be there."""
    here: dict[tuple[type[Row], ...], tuple[bool, str]] = {
        (MultipathMap, MultipathPath): (found.multipath, "no map of the device mapper is a multipath map"),
        (IscsiSession,): (bool(found.iscsi), "the kernel has no iSCSI session"),
        (NvmePath,): (bool(found.fabrics), "no NVMe controller is reached over a network"),
        (BcacheDevice,): (bool(found.bcache), "there is no bcache device"),
        (DrbdVolume,): (found.drbd is not None, "there is no /proc/drbd"),
        (CryptHeader,): (bool(found.encrypted), "no LUKS device is open"),
        (IntegrityDevice,): (found.integrity, "no dm-integrity device is open"),
        (CephCluster, CephOsd, CephPool): (found.ceph, "there is no /etc/ceph/ceph.conf"),
    }
    for row_types, (present, proof) in here.items():
        if not present:
            yield from (NotHere(row_type, proof) for row_type in row_types)


def _refused(answer: Answer) -> Iterator[Missing]:
    for path, why in unopened(answer).items():
        if "ermission" in why and path.startswith(("/etc/ceph", "/proc/drbd")):
            row_type = CephCluster if path.startswith("/etc/ceph") else DrbdVolume
            yield Missing(row_type, "denied", f"{path}: {why}")
