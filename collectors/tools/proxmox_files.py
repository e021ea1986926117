"""Proxmox VE by its configuration files: guests, disks, snapshots, storages, backup jobs without the API.

Sources: qm.conf(5), pct.conf(5), the Proxmox VE administration guide ("Proxmox Cluster File System").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.collector import Asking, collector, reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.guest_backup_tables import GuestBackupJob
from collectors.hypervisor_tables import Datastore, Guest, GuestDisk, GuestSnapshot
from collectors.plain_text import file_lines, numbered_lines, unopened
from collectors.proxmox_config import GuestConfig, identity_of, rows_of
from collectors.proxmox_sections import cron_job, datastore_of, job_of, sections
from collectors.question import Answer, Form
from collectors.table import Row

_TABLES: tuple[type[Row], ...] = (Guest, GuestDisk, GuestSnapshot, Datastore, GuestBackupJob)

HERE = Form(
    ("ls", "-d", "/etc/pve", "/etc/pve/local"),
    reads="proxmox-here",
    why="Whether the host is a node of Proxmox VE with its cluster file system mounted",
)
GUESTS = Form(
    # passwords for the first start of a guest are not wanted
    (*("grep", "-aHv", "-e", "^cipassword:"), "/etc/pve/qemu-server/*.conf", "/etc/pve/lxc/*.conf"),
    reads="proxmox-guests",
    why="Guests, their disks, locks and snapshots",
    right="root",
    expand=True,
    max_bytes=64 * 1024 * 1024,
)
STORAGES = Form(
    ("grep", "-aH", "", "/etc/pve/storage.cfg"),
    reads="proxmox-storages",
    why="Storages that guests and backups lie on",
    right="root",
)
JOBS = Form(
    ("grep", "-aH", "", "/etc/pve/jobs.cfg", "/etc/pve/vzdump.cron"),
    reads="proxmox-jobs",
    why="Backup jobs: which guests, when, where to, how many are kept",
    right="root",
)


@collector("proxmox-files", asks=(HERE, GUESTS, STORAGES, JOBS))
def ask() -> Asking:
    """Proxmox VE: guests, disks, snapshots, storages and backup jobs by the files of /etc/pve"""
    (here,) = yield (HERE(),)
    if "/etc/pve" in here.text.split():
        yield (GUESTS(), STORAGES(), JOBS())


def _recognises_here(text: str) -> float:
    return 0.9 if text.split() in (["/etc/pve", "/etc/pve/local"], ["/etc/pve"]) else 0.0


@reader("proxmox-here", fills=_TABLES, recognises=_recognises_here)
def read_here(answer: Answer) -> Iterator[Reading]:
    """whether the host is a node of Proxmox VE"""
    if "/etc/pve" in answer.text.split():
        if "No such file" in unopened(answer).get("/etc/pve/local", ""):
            for row_type in _TABLES:
                yield Missing(row_type, "failed", "the cluster file system is not mounted on /etc/pve")
    elif "No such file" in answer.complaint:
        for row_type in _TABLES:
            yield NotHere(row_type, "there is no /etc/pve")
    else:
        for row_type in _TABLES:
            yield Missing(row_type, "failed", answer.complaint or "ls told nothing")


def _recognises_guests(text: str) -> float:
    return 0.96 if re.search(r"^/etc/pve/\S*(?:qemu-server|lxc)/\d+\.conf:", text, re.MULTILINE) else 0.0


@reader("proxmox-guests", fills=(Guest, GuestDisk, GuestSnapshot), recognises=_recognises_guests)
def read_guests(answer: Answer) -> Iterator[Reading]:
    """guests of Proxmox VE by the files of /etc/pve"""
    section = path_before = ""
    config, begun = GuestConfig(), 0
    for number, path, line in file_lines(answer):
        if path != path_before:
            yield from _guest(path_before, config, begun)
            config, section, path_before, begun = GuestConfig(), "", path, number
        section = config.add(line, section)
    yield from _guest(path_before, config, begun)
    for path, reason in unopened(answer).items():
        if "*" not in path:
            yield Missing(Guest, "denied" if "denied" in reason else "failed", f"{path}: {reason}", path)
    if not path_before:  # none, or folders that may not be listed: the pattern looks the same then
        for row_type in (Guest, GuestDisk, GuestSnapshot):
            yield Missing(row_type, "empty", "no configuration of a guest is there, or none may be listed")
    elif answer.status not in (None, 0, 1, 2) or (answer.status == 2 and not answer.stderr):
        yield Missing(Guest, "failed", answer.complaint or "grep did not end well")


def _guest(path: str, config: GuestConfig, line: int) -> Iterator[Reading]:
    match = re.search(r"(qemu-server|lxc)/(\d{1,9})\.conf$", path)
    if match is None:
        return
    identity = f"{'lxc' if match[1] == 'lxc' else 'qemu'}/{match[2]}"
    node = re.search(r"/nodes/([^/]+)/", path)
    for row in rows_of(identity, config, node[1] if node else None):
        yield At(row, f"line {line}")
    if config.strange:
        yield Missing(Guest, "unreadable", f"{path}: {config.strange[0]}", identity)


def _recognises_config(text: str) -> float:
    if text.lstrip()[:1] in ("{", "<"):
        return 0.0
    known = r"^(?:(?:scsi|virtio|ide|sata|efidisk|unused|mp)\d+|rootfs|smbios1|ostype|scsihw): ?\S"
    found = {line.partition(":")[0] for line in re.findall(known, text, re.MULTILINE)}
    if len(found) > 1:
        return 0.9
    return 0.6 if found and re.search(r"^(?:digest|memory):", text, re.MULTILINE) else 0.0


@reader("proxmox-config", fills=(Guest, GuestDisk, GuestSnapshot), recognises=_recognises_config)
def read_config(answer: Answer) -> Iterator[Reading]:
    """one guest by its VMID.conf, or as qm config and pct config print it"""
    config, section = GuestConfig(), ""
    for _, line in numbered_lines(answer.text):
        section = config.add(line, section)
    if len(config.keys) < 2:
        raise ValueError("not the configuration of a guest")
    yield from rows_of(identity_of(config, answer.question.argv[-1]), config)
    if config.strange:
        yield Missing(Guest, "unreadable", config.strange[0])


def _recognises_storages(text: str) -> float:
    kinds = "dir|lvm|lvmthin|zfspool|zfs|nfs|cifs|pbs|rbd|cephfs|btrfs|iscsi|iscsidirect|glusterfs|esxi"
    found = re.search(rf"^(?:/etc/pve/storage\.cfg:)?(?:{kinds}): [\w.-]+\s*$", text[:200_000], re.MULTILINE)
    return 0.93 if found and re.search(r"^(?:/etc/pve/storage\.cfg:)?\s+\w", text, re.MULTILINE) else 0.0


@reader("proxmox-storages", fills=(Datastore,), recognises=_recognises_storages)
def read_storages(answer: Answer) -> Iterator[Reading]:
    """storages of Proxmox VE by storage.cfg"""
    found = list(sections(_lines(answer, "/etc/pve/storage.cfg")))
    for kind, name, keys in found:
        yield datastore_of(kind, name, keys)
    if answer.text.strip() and not found:
        yield Missing(Datastore, "unreadable", f"no storage in: {answer.text.strip()[:100]}")
    for path, reason in unopened(answer).items():
        if "No such file" in reason:  # what holds without the file
            yield datastore_of("dir", "local", {"path": "/var/lib/vz"})
        else:
            yield Missing(Datastore, "denied" if "denied" in reason else "failed", f"{path}: {reason}")
    if answer.status not in (None, 0, 1, 2) or not (answer.stdout or answer.stderr):
        yield Missing(Datastore, "empty", answer.complaint or "storage.cfg is empty")


def _recognises_jobs(text: str) -> float:
    known = r"^(?:/etc/pve/jobs\.cfg:)?vzdump: \S+|^(?:/etc/pve/vzdump\.cron:)?(?:\S+\s+){5}root\s+vzdump "
    return 0.94 if re.search(known, text[:200_000], re.MULTILINE) else 0.0


@reader("proxmox-jobs", fills=(GuestBackupJob,), recognises=_recognises_jobs)
def read_jobs(answer: Answer) -> Iterator[Reading]:
    """backup jobs of Proxmox VE by jobs.cfg and vzdump.cron"""
    for kind, name, keys in sections(_lines(answer, "/etc/pve/jobs.cfg")):
        if kind == "vzdump":
            yield job_of(name, keys)
    for number, line in enumerate(_lines(answer, "/etc/pve/vzdump.cron"), 1):
        job = cron_job(line, number)
        if job is not None:
            yield job
    for path, reason in unopened(answer).items():
        if "No such file" not in reason:  # none of the two need exist
            yield Missing(GuestBackupJob, "denied" if "denied" in reason else "failed", f"{path}: {reason}")
    if answer.status not in (None, 0, 1, 2):
        yield Missing(GuestBackupJob, "failed", answer.complaint or "grep did not end well")


def _lines(answer: Answer, path: str) -> list[str]:
    """Lines of one file out of what grep prints, or the text itself where somebody saved the file."""
    told = list(file_lines(answer))
    return [line for _, at, line in told if at == path] if told else answer.text.splitlines()
