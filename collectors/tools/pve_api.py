"""Proxmox VE by its API: what is asked, and how guests, snapshots and backups read.

Requests: two for each guest, seven for each node, one for each disk and each storage of backups, and six.
Nodes that are off are not asked: every request for them would wait until pveproxy gives up.
Lists are read by the same functions as saved answers (proxmox_api_json), but each path fills its own tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from collectors import proxmox_api as api
from collectors import pve_answer
from collectors.collector import Asking, collector, reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.guest_backup_tables import GuestBackup, GuestBackupJob, GuestNotBackedUp, HypervisorTask
from collectors.hypervisor_tables import GuestDisk, GuestSnapshot
from collectors.hypervisor_words import word
from collectors.pve_resources import Resources, resources_of
from collectors.question import Answer, Form, Question
from collectors.tools.pve_api_cluster import PERMISSIONS, RESOURCES, STATUS, STORAGES
from collectors.tools.pve_api_node import DISKS, REPLICATION, SMART, THIN_POOLS, ZFS_POOLS, disks_of

_TASKS = ("vzdump", "qmdelsnapshot", "vzdelsnapshot")
_MANY = 64 * 1024 * 1024
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
TASKS = Form(
    ("pve-api", "GET", "/nodes/{node}/tasks", "typefilter={type}", "limit=500"),
    reads="pve-tasks",
    why="How the last backups and removals of snapshots ended (Sys.Audit on /nodes)",
    timeout_seconds=60.0,
)
CONTENT = Form(
    ("pve-api", "GET", "/nodes/{node}/storage/{storage}/content", "content=backup"),
    reads="pve-backups",
    why="Backups of guests on a storage (VM.Backup and Datastore.AllocateSpace, or Datastore.Allocate)",
    timeout_seconds=120.0,
    max_bytes=_MANY,
)


@collector(
    "proxmox",
    system="proxmox",
    asks=(
        *(PERMISSIONS, STATUS, RESOURCES, STORAGES, JOBS, NOT_IN_JOB, CONFIG, SNAPSHOTS, TASKS, CONTENT),
        *(DISKS, SMART, ZFS_POOLS, THIN_POOLS, REPLICATION),
    ),
)
def ask() -> Asking:
    """Proxmox VE by its API: guests, snapshots, storages, backup jobs and their results, disks, quorum"""
    answers = yield (PERMISSIONS(), STATUS(), RESOURCES(), STORAGES(), JOBS(), NOT_IN_JOB())
    found = resources_of(pve_answer.seen(answers[2]))
    nodes = sorted(set(found.online))
    lists = [DISKS(node=node) for node in nodes]
    answers = yield (*lists, *_about_nodes(nodes), *_about_guests(found), *_backups(found))
    yield [
        SMART(node=node, device=device)
        for node, answer in zip(nodes, answers[: len(nodes)], strict=True)
        for device in disks_of(answer)
    ]


def _about_nodes(nodes: Sequence[str]) -> Iterator[Question]:
    for node in nodes:
        yield from (form(node=node) for form in (ZFS_POOLS, THIN_POOLS, REPLICATION))
        yield from (TASKS(node=node, type=kind) for kind in _TASKS)


def _about_guests(found: Resources) -> Iterator[Question]:
    for node, kind, number in found.guests:
        if node not in found.offline:
            yield CONFIG(node=node, kind=kind, number=number)
            yield SNAPSHOTS(node=node, kind=kind, number=number)


def _backups(found: Resources) -> Iterator[Question]:
    for node, name in found.stores:
        yield CONTENT(node=node, storage=name)


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


@reader("pve-tasks", fills=(HypervisorTask,), recognises=_recognises)
def read_tasks(answer: Answer) -> Iterator[Reading]:
    """tasks of one node by the Proxmox VE API"""
    yield from pve_answer.refused(answer, HypervisorTask)
    if answer.status in (None, 200):
        for number, one in enumerate(pve_answer.objects(answer)):
            yield At(api.task_of(one), f"[{number}]")


@reader("pve-backups", fills=(GuestBackup,), recognises=_recognises)
def read_backups(answer: Answer) -> Iterator[Reading]:
    """backups on one storage by the Proxmox VE API"""
    yield from pve_answer.refused(answer, GuestBackup)
    if answer.status in (None, 200):
        for number, one in enumerate(pve_answer.objects(answer)):
            row = api.backup_of(one)
            if row is not None:
                yield At(row, f"[{number}]")
