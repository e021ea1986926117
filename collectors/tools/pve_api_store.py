"""Proxmox VE by its API: backups and images on the storages."""

from __future__ import annotations

from collections.abc import Iterator

from collectors import proxmox_api as api
from collectors import pve_answer
from collectors.cluster_tables import StorageVolume
from collectors.collector import reader
from collectors.fact import At, Reading
from collectors.guest_backup_tables import GuestBackup
from collectors.hypervisor_words import count, word
from collectors.question import Answer, Form

CONTENT = Form(
    ("pve-api", "GET", "/nodes/{node}/storage/{storage}/content", "content=backup"),
    reads="pve-backups",
    why="Backups of guests on a storage (VM.Backup and Datastore.AllocateSpace, or Datastore.Allocate)",
    timeout_seconds=120.0,
    max_bytes=64 * 1024 * 1024,
)
VOLUMES = Form(
    ("pve-api", "GET", "/nodes/{node}/storage/{storage}/content", "content={content}"),
    reads="pve-volumes",
    why="Images on a storage, to find those that no guest uses (Datastore.Allocate; left out without it)",
    timeout_seconds=120.0,
    max_bytes=64 * 1024 * 1024,
)


@reader("pve-backups", fills=(GuestBackup,), recognises=lambda said: 0.0)  # saved ones: proxmox-api
def read_backups(answer: Answer) -> Iterator[Reading]:
    """backups on one storage by the Proxmox VE API"""
    yield from pve_answer.refused(answer, GuestBackup)
    if answer.status in (None, 200):
        for number, one in enumerate(pve_answer.objects(answer)):
            row = api.backup_of(one)
            if row is not None:
                yield At(row, f"[{number}]")


@reader("pve-volumes", fills=(StorageVolume,), recognises=lambda said: 0.0)  # nobody saves these
def read_volumes(answer: Answer) -> Iterator[Reading]:
    """images on one storage by the Proxmox VE API"""
    yield from pve_answer.refused(answer, StorageVolume)
    if answer.status not in (None, 200):
        return
    node = pve_answer.node_of(answer) or ""
    for number, one in enumerate(pve_answer.objects(answer)):
        volume = word(one["volid"]) or ""
        if word(one.get("content")) not in ("images", "rootdir"):
            continue
        row = StorageVolume(
            volume=volume,
            storage=volume.partition(":")[0],
            node=node,
            guest_number=word(one.get("vmid")),
            size_bytes=count(one.get("size")),
            used_bytes=count(one.get("used")),
            parent=word(one.get("parent")),
        )
        yield At(row, f"[{number}]")
