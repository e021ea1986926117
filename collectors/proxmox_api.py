"""JSON of the Proxmox VE API, as `pvesh get … --output-format json`, curl or a client tells it.

Source: the API viewer of Proxmox VE (api2/json). Every function takes what stands below `data`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from collectors.guest_backup_tables import GuestBackup, GuestBackupJob, GuestNotBackedUp, HypervisorTask
from collectors.hypervisor_tables import Datastore, Guest
from collectors.hypervisor_words import count, kept, moment, power, truth, word
from collectors.proxmox_config import GuestConfig, is_container, rows_of, snapshots_of
from collectors.proxmox_sections import job_of
from collectors.table import Row

Told = Mapping[str, Any]

_ARCHIVE = re.compile(r"vzdump-(qemu|lxc)-(\d{1,9})-(\d{4})_(\d\d)_(\d\d)-(\d\d)_(\d\d)_(\d\d)")
_PBS_VOLUME = re.compile(r"backup/(vm|ct)/(\d{1,9})/")


def guest_in_list(one: Told, kind: str | None = None, node: str | None = None) -> Guest:
    """From /nodes/NODE/qemu, /lxc, …/status/current or /cluster/resources. Raises KeyError without vmid."""
    kind = kind or word(one.get("type")) or "qemu"
    vmid = word(one["vmid"])
    state = word(one.get("status"))
    template = truth(one.get("template")) is True
    return Guest(
        guest=f"{kind}/{vmid}",
        name=word(one.get("name")) or f"{kind}/{vmid}",
        hypervisor="proxmox",
        kind="template" if template else "container" if kind == "lxc" else "vm",
        host=word(one.get("node")) or node,
        power=power(word(one.get("qmpstatus")) or state) or power(state),
        state="inaccessible" if state == "unknown" else None,
        lock=word(one.get("lock")),
        pool=word(one.get("pool")),
    )


def config_rows(told: Told, identity: str, node: str | None = None) -> Iterator[Row]:
    """From /nodes/NODE/qemu/VMID/config: the guest and its disks; snapshots are told apart."""
    keys = {key: str(value) for key, value in told.items() if isinstance(value, str | int | float)}
    return rows_of(identity, GuestConfig(keys), node)


def identity_of_config(told: Told) -> str | None:
    """The guest by what its configuration says; None if that tells no name."""
    if match := re.search(r"uuid=([0-9a-fA-F-]{36})", str(told.get("smbios1", ""))):
        return f"uuid:{match[1].lower()}"
    name = word(told.get("name")) or word(told.get("hostname"))
    return f"name:{name}" if name else None


def snapshot_rows(told: Sequence[Told], identity: str, name: str) -> Iterator[Row]:
    """From …/snapshot. The entry `current` is the running state, its parent what the guest runs on."""
    entries = {word(one.get("name")) or "": one for one in told}
    current = word(entries.pop("current", {}).get("parent"))
    sections = {
        snapshot: {key: str(value) for key, value in one.items() if isinstance(value, str | int | float)}
        for snapshot, one in entries.items()
        if snapshot
    }
    yield from snapshots_of(identity, name, current, sections)


def datastore_in_list(one: Told, node: str | None = None) -> Datastore:
    """From /nodes/NODE/storage, /storage or /cluster/resources. Raises KeyError without a name."""
    name = word(one["storage"]) or ""
    shared = truth(one.get("shared"))
    node = word(one.get("node")) or node
    size, used = count(one.get("total", one.get("maxdisk"))), count(one.get("used", one.get("disk")))
    free = count(one.get("avail"))
    if "active" in one:
        accessible = truth(one["active"])
    else:
        status = word(one.get("status"))
        accessible = None if status is None else status == "available"
    enabled = not (truth(one.get("enabled")) is False or truth(one.get("disable")) is True)
    if accessible is False:
        size = used = free = None  # zeros stand for "not told"
    return Datastore(
        hypervisor="proxmox",
        # every node has its own `local`
        datastore=f"name:{node}/{name}" if node and not shared else f"name:{name}",
        name=name,
        kind=word(one.get("plugintype")) or (None if one.get("id") else word(one.get("type"))),
        size_bytes=size,
        free_bytes=free if free is not None else size - used if size and used is not None else None,
        accessible=accessible if enabled else None,
        maintenance=None if enabled else "disabled",
        shared=shared,
        content=word(one.get("content")),
    )


def backup_job(one: Told) -> GuestBackupJob:
    """From /cluster/backup. Raises KeyError without an identity."""
    flat = {key: _flat(value) if isinstance(value, dict) else value for key, value in one.items()}
    return job_of(word(one["id"]) or "", flat)


def _flat(value: Told) -> str:
    return ",".join(f"{key}={told}" for key, told in sorted(value.items()))


def task_of(one: Told) -> HypervisorTask:
    """From /nodes/NODE/tasks or /cluster/tasks. Raises KeyError without an identity."""
    task = word(one["upid"]) or ""
    outcome = word(one.get("exitstatus"))
    if outcome is None and word(one.get("status")) not in ("running", "RUNNING", "stopped"):
        outcome = word(one.get("status"))
    ended = moment(one.get("endtime"))
    return HypervisorTask(
        task=task,
        kind=word(one.get("type")) or (task.split(":")[5] if task.count(":") > 5 else "unknown"),
        node=word(one.get("node")),
        guest=word(one.get("id")),
        user=word(one.get("user")),
        started_at=moment(one.get("starttime")),
        ended_at=ended,
        outcome=kept(outcome),
        succeeded=None if outcome is None else outcome == "OK" or outcome.startswith("WARNINGS"),
    )


def backup_of(one: Told) -> GuestBackup | None:
    """From /nodes/NODE/storage/STORAGE/content: a backup; None for what is none."""
    volume = word(one["volid"]) or ""
    if word(one.get("content")) != "backup":
        return None
    verification = one.get("verification")
    return GuestBackup(
        volume=volume,
        storage=volume.partition(":")[0] or None,
        guest=_guest_of_volume(volume) or word(one.get("vmid")),
        created_at=moment(one.get("ctime")),
        size_bytes=count(one.get("size")),
        protected=truth(one["protected"]) if "protected" in one else None,
        verified=word(verification.get("state")) if isinstance(verification, dict) else None,
        verified_at=_begun(verification.get("upid")) if isinstance(verification, dict) else None,
        encrypted=True if one.get("encrypted") else None,
    )


def _begun(task: Any) -> datetime | None:
    """When a task of a backup server began: the hexadecimal seconds in its identity."""
    parts = (word(task) or "").split(":")
    return moment(int(parts[5], 16)) if len(parts) > 7 and re.fullmatch("[0-9A-Fa-f]{8}", parts[5]) else None


def _guest_of_volume(volume: str) -> str | None:
    if match := _ARCHIVE.search(volume):
        return f"{match[1]}/{match[2]}"
    if match := _PBS_VOLUME.search(volume):
        return f"{'qemu' if match[1] == 'vm' else 'lxc'}/{match[2]}"
    return None


def last_backup_of(told: Told) -> GuestBackup:
    """A backup as a monitoring agent kept it: `archive_name`, `archive_size`, `started_time`."""
    archive = word(told["archive_name"]) or ""
    return GuestBackup(
        volume=archive,
        guest=_guest_of_volume(archive),
        created_at=moment(told.get("started_time")),
        size_bytes=count(told.get("archive_size")),
    )


def not_backed_up(one: Told) -> GuestNotBackedUp:
    """From /cluster/backup-info/not-backed-up. Raises KeyError without vmid."""
    identity = f"{word(one.get('type')) or 'qemu'}/{word(one['vmid'])}"
    return GuestNotBackedUp(guest=identity, name=word(one.get("name")) or identity)


def looks_like_config(told: Told) -> bool:
    """Whether an object is the configuration of a guest and not the state of something."""
    if "digest" not in told and "ostype" not in told:
        return False
    return is_container(dict.fromkeys(told, "")) or any(
        key in told for key in ("smbios1", "vmgenid", "boot", "bootdisk", "scsihw", "memory", "sockets")
    )
