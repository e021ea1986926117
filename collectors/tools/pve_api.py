"""Proxmox VE by its API: what is asked, and how guests, snapshots and backups read.

Requests: two for each guest, thirteen for each node, one for each disk, each ZFS pool, each storage of
backups and each sort of image on a storage, one for each of the newest logs of backups, and six. Nodes that
are off are not asked: every request for them would wait until pveproxy gives up.
Lists are read by the same functions as saved answers (proxmox_api_json), but each path fills its own tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from collectors import proxmox_api as api
from collectors import pve_answer
from collectors.collector import Asking, collector, reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.guest_backup_tables import GuestBackupJob, GuestNotBackedUp
from collectors.hypervisor_tables import GuestDisk, GuestSnapshot
from collectors.hypervisor_words import word
from collectors.pve_resources import Resources, resources_of
from collectors.question import Answer, Form, Question
from collectors.tools.pve_api_cluster import PERMISSIONS, RESOURCES, STATUS, STORAGES
from collectors.tools.pve_api_node import DISKS, NODE_STATUS, REPLICATION, SMART, THIN_POOLS, disks_of
from collectors.tools.pve_api_store import CONTENT, VOLUMES
from collectors.tools.pve_api_task import LOG, RUNNING, SNAPSHOT_TASKS, TASKS, newest_of
from collectors.tools.pve_api_zfs import ZFS_POOL, ZFS_POOLS, pools_of

JOBS = Form(
    ("pve-api", "GET", "/cluster/backup"),
    reads="pve-jobs",
    why="Backup jobs: which guests, when, where to, how many are kept (Sys.Audit on /)",
)
NOT_IN_JOB = Form(
    ("pve-api", "GET", "/cluster/backup-info/not-backed-up"),
    reads="pve-not-in-job",
    why="Guests that no backup job takes (Sys.Audit on /, VM.Audit on /vms)",
    timeout_seconds=60.0,
)
CONFIG = Form(
    ("pve-api", "GET", "/nodes/{node}/{kind}/{number}/config"),
    reads="pve-config",
    why="Disks of a guest, with their cache mode and whether backups take them (VM.Audit)",
)
SNAPSHOTS = Form(
    ("pve-api", "GET", "/nodes/{node}/{kind}/{number}/snapshot"),
    reads="pve-snapshots",
    why="Snapshots of a guest: age, parent, memory (VM.Audit)",
)


@collector(
    "proxmox",
    system="proxmox",
    asks=(
        *(PERMISSIONS, STATUS, RESOURCES, STORAGES, JOBS, NOT_IN_JOB, CONFIG, SNAPSHOTS, CONTENT, VOLUMES),
        *(DISKS, SMART, ZFS_POOLS, ZFS_POOL, THIN_POOLS, REPLICATION, NODE_STATUS, TASKS, RUNNING, LOG),
    ),
)
def ask() -> Asking:
    """Proxmox VE by its API: guests, snapshots, storages, backup jobs and their results, disks, quorum"""
    answers = yield (PERMISSIONS(), STATUS(), RESOURCES(), STORAGES(), JOBS(), NOT_IN_JOB())
    found = resources_of(pve_answer.seen(answers[2]))
    nodes = sorted(set(found.online))
    first = [form(node=node) for form in (DISKS, ZFS_POOLS) for node in nodes]
    backups = [TASKS(node=node, type="vzdump") for node in nodes]
    told = yield (*first, *backups, *_about_nodes(nodes), *_about_guests(found), *_stores(found))
    count = len(nodes)
    disks, pools, tasks = told[:count], told[count : 2 * count], told[2 * count : 3 * count]
    yield (
        *(SMART(node=n, device=one) for n, told in zip(nodes, disks, strict=True) for one in disks_of(told)),
        *(ZFS_POOL(node=n, pool=one) for n, told in zip(nodes, pools, strict=True) for one in pools_of(told)),
        *(LOG(node=n, task=one) for n, told in zip(nodes, tasks, strict=True) for one in newest_of(told)),
    )


def _about_nodes(nodes: Sequence[str]) -> Iterator[Question]:
    for node in nodes:
        yield from (form(node=node) for form in (THIN_POOLS, REPLICATION, NODE_STATUS, RUNNING))
        yield from (TASKS(node=node, type=kind) for kind in SNAPSHOT_TASKS)


def _about_guests(found: Resources) -> Iterator[Question]:
    for node, kind, number in found.guests:
        if node not in found.offline:
            yield CONFIG(node=node, kind=kind, number=number)
            yield SNAPSHOTS(node=node, kind=kind, number=number)


def _stores(found: Resources) -> Iterator[Question]:
    for node, name in found.stores:
        yield CONTENT(node=node, storage=name)
    for node, name, sort in found.images:
        yield VOLUMES(node=node, storage=name, content=sort)


def _recognises(_: str) -> float:
    """Saved answers are read as proxmox-api, which tells them apart by their content."""
    return 0.0


@reader("pve-config", fills=(GuestDisk,), recognises=_recognises)
def read_config(answer: Answer) -> Iterator[Reading]:
    """the configuration of one guest by the Proxmox VE API"""
    guest = pve_answer.guest_of(answer)
    yield from pve_answer.refused(answer, GuestDisk, subject=guest)
    if answer.status in (None, 200):
        told = pve_answer.mapping(answer)
        if not told:
            yield Missing(GuestDisk, "empty", f"{guest}: its configuration is empty", guest)
        for row in api.config_rows(told, guest, pve_answer.node_of(answer)):
            if not isinstance(row, GuestSnapshot):
                yield row


@reader("pve-snapshots", fills=(GuestSnapshot,), recognises=_recognises)
def read_snapshots(answer: Answer) -> Iterator[Reading]:
    """the snapshots of one guest by the Proxmox VE API"""
    guest = pve_answer.guest_of(answer)
    yield from pve_answer.refused(answer, GuestSnapshot, subject=guest)
    if answer.status not in (None, 200):
        return
    told = pve_answer.objects(answer)
    if not any(word(one.get("name")) == "current" for one in told):
        # the running state is always listed: without it the list is not whole
        yield Missing(GuestSnapshot, "empty", f"{guest}: the entry of its running state is missing", guest)
    yield from api.snapshot_rows(told, guest, "")


@reader("pve-jobs", fills=(GuestBackupJob,), recognises=_recognises)
def read_jobs(answer: Answer) -> Iterator[Reading]:
    """backup jobs by the Proxmox VE API"""
    yield from pve_answer.refused(answer, GuestBackupJob)
    if answer.status in (None, 200):
        told = pve_answer.objects(answer)
        for number, one in enumerate(told):
            yield At(api.backup_job(one), f"[{number}]")
        if not told:
            yield NotHere(GuestBackupJob, "the cluster lists no backup job")


@reader("pve-not-in-job", fills=(GuestNotBackedUp,), recognises=_recognises)
def read_not_in_job(answer: Answer) -> Iterator[Reading]:
    """guests that no backup job takes, by the Proxmox VE API"""
    yield from pve_answer.refused(answer, GuestNotBackedUp)
    if answer.status in (None, 200):
        for number, one in enumerate(pve_answer.objects(answer)):
            yield At(api.not_backed_up(one), f"[{number}]")
