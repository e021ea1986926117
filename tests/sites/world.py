"""The parts that sites are made of: hosts, restic repositories, a Proxmox VE cluster, each with its answers.

The answers have the shape of those of the real tools, as recorded in `fixtures/collectors`; names and times
are ours.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from collectors.management_ports import PORTS
from collectors.tools import shares, tcp_connect
from tests.canned import BEGAN, Answers, degraded
from tests.canned import host as linux

GB = 10**9
HOST_BYTES = 1_990_163_251_200
"""What lies on the two file systems of a host."""

DAILY = tuple(6.0 + 24 * n for n in range(120))
"""Ages in hours of copies made every night for four months."""


@dataclass(frozen=True)
class Part:
    """A target of a site. *about*: what its connection tells. *unreachable*: why it could not be asked.

    *files*: what somebody saved and handed over, in place of answers.
    """

    name: str
    answers: Answers
    about: dict[str, str] = field(default_factory=dict)
    address: str = ""
    unreachable: str = ""
    files: dict[str, bytes] = field(default_factory=dict)


def before(hours: float) -> datetime:
    """So long before the audit."""
    return BEGAN - timedelta(hours=hours)


def host(name: str, *, broken: bool = False, more: Answers | None = None) -> Part:
    """A Linux host with /srv on a mirror of two disks; *broken*: one of them is out of the mirror."""
    answers = linux(name)
    if broken:
        answers = degraded(answers)
    return Part(name, {**answers, **(more or {})}, address=f"ssh://root@{name}")


def mounting(part: Part, export: str, where: str) -> Part:
    """The host with an export of another one mounted writable."""
    from collectors.tools import mounts

    line = f"24 22 0:40 / {where} rw,relatime - nfs4 {export} rw,vers=4.2\n".encode()
    argv = mounts.MOUNTINFO().argv
    return Part(part.name, {**part.answers, argv: part.answers[argv] + line}, part.about, part.address)


def sharing(part: Part, *lines: str, open_ports: Sequence[int] = ()) -> Part:
    """The host with lines `FILE:LINE` of its configuration, and the ports that answer from where we are."""
    ports = [{"port": port, "state": "open" if port in open_ports else "closed"} for port in PORTS]
    tried = {
        "host": part.name,
        "address": "192.0.2.7",
        "seen_from": "192.0.2.99",
        "ports": ports,
    }
    more = {
        shares.SHARES().argv: "".join(f"{line}\n" for line in lines).encode(),
        tcp_connect.TCP_CONNECT().argv: _json(tried),
    }
    return Part(part.name, {**part.answers, **more}, {**part.about, "probed": part.name}, part.address)


@dataclass(frozen=True)
class Copies:
    """Copies of one host in a repository. *ages*: hours before the audit."""

    source: str
    ages: Sequence[float] = DAILY
    paths: tuple[str, ...] = ("/",)
    size_bytes: int = HOST_BYTES


def restic(
    name: str,
    on: str,
    path: str,
    *copies: Copies,
    checked: float | None = None,
    damaged: bool = False,
    lock_hours: float | None = None,
    refused: str = "",
) -> Part:
    """A restic repository on a host. *checked*: hours since its content was read back, which found it
    *damaged* or not. *refused*: what restic says instead of answering.
    """
    target = f"restic:sftp:backup@{on}:{path}"
    asked = ("restic", "--no-lock")
    location = {
        "check": "100" if checked is not None else "",
        "host": on,
        "key_location": "file /etc/restic/password",
        "kind": "sftp",
        "location": f"sftp:backup@{on}:{path}",
        "path": path,
        "product": "restic",
    }
    answers: dict[tuple[str, ...], Any] = {("holdwater", "location"): location}
    if refused:
        about = {"system": "restic", "refused": refused}
        return Part(target, {argv: _json(told) for argv, told in answers.items()}, about, target)
    snapshots = [_snapshot(one, age) for one in copies for age in one.ages]
    identity = hashlib.sha256(name.encode()).hexdigest()
    answers |= {
        (*asked, "cat", "config"): {"version": 2, "id": identity, "chunker_polynomial": "39d15788d48c31"},
        (*asked, "snapshots", "--json"): sorted(snapshots, key=lambda one: one["time"]),
        (*asked, "stats", "--json", "--mode", "raw-data"): {
            "total_size": sum(one.size_bytes for one in copies),
            "total_blob_count": 24,
            "snapshots_count": len(snapshots),
        },
    }
    for one in copies:
        if one.ages:
            newest = _snapshot(one, min(one.ages))["id"]
            argv = (*asked, "stats", "--json", "--mode", "restore-size", newest)
            answers[argv] = {"total_size": one.size_bytes, "total_file_count": 9, "snapshots_count": 1}
    raw = {argv: _json(told) for argv, told in answers.items()}
    lock = hashlib.sha256(f"lock {name}".encode()).hexdigest()
    raw[(*asked, "list", "locks")] = f"{lock}\n".encode() if lock_hours is not None else b""
    if lock_hours is not None:
        held = {"time": before(lock_hours).isoformat(), "exclusive": False, "hostname": on, "pid": 7}
        raw[(*asked, "cat", "lock", lock)] = _json(held)
    raw[(*asked, "list", "keys")] = f"{identity}\n".encode()
    if checked is not None:
        raw[(*asked, "check", "--read-data-subset=100%")] = _DAMAGED if damaged else _SOUND
    return Part(target, raw, {"system": "restic", "checked": str(checked)}, target)


_SOUND = (
    b"create exclusive lock for repository\nload indexes\ncheck all packs\ncheck snapshots, trees and blobs\n"
    b"read all data\n[0:00] 100.00%  1 / 1 packs\n\nno errors were found\n"
)
_DAMAGED = (
    b"load indexes\ncheck all packs\ncheck snapshots, trees and blobs\nread all data\n"
    b"Pack ID does not match, want 4e46c06d, got 35a126b8\n\nFatal: repository contains errors\n"
)


def _snapshot(one: Copies, age: float) -> dict[str, Any]:
    name = hashlib.sha256(f"{one.source} {age} {one.paths}".encode()).hexdigest()
    return {
        "time": before(age).isoformat().replace("+00:00", "Z"),
        "tree": hashlib.sha256(f"tree {name}".encode()).hexdigest(),
        "paths": list(one.paths),
        "hostname": one.source,
        "username": "root",
        "id": name,
        "short_id": name[:8],
    }


@dataclass(frozen=True)
class Machine:
    """A guest of the cluster. *snapshots*: names and ages in hours. *copies*: storage → ages in hours."""

    number: int
    name: str
    snapshots: tuple[tuple[str, float], ...] = ()
    copies: dict[str, Sequence[float]] = field(default_factory=dict)
    verified: str = ""
    left_out: bool = False
    store: str = "tank"


@dataclass(frozen=True)
class Storage:
    """A storage of the cluster."""

    name: str
    kind: str = "dir"
    content: str = "images"
    shared: bool = False
    more: dict[str, Any] = field(default_factory=dict)


TANK = Storage("tank", "zfspool", "images,rootdir")
LOCAL = Storage("local", "dir", "backup,iso", more={"path": "/var/lib/vz"})


def cluster(
    name: str,
    machines: Sequence[Machine],
    *,
    storages: Sequence[Storage] = (TANK, LOCAL),
    jobs: Sequence[dict[str, Any]] = (),
    rights: dict[str, dict[str, int]] | None = None,
) -> Part:
    """A Proxmox VE node with guests, asked by its API."""
    node = name
    all_rights = {
        "/": {"Sys.Audit": 1},
        "/nodes": {"Sys.Audit": 1},
        "/vms": {"VM.Audit": 1, "VM.Backup": 1},
        "/storage": {"Datastore.Audit": 1, "Datastore.AllocateSpace": 1},
    }
    resources: list[dict[str, Any]] = [
        {"id": f"node/{node}", "type": "node", "node": node, "status": "online"}
    ]
    for one in machines:
        resources.append(
            {
                "id": f"qemu/{one.number}",
                "type": "qemu",
                "vmid": one.number,
                "name": one.name,
                "node": node,
                "status": "running",
                "template": 0,
            }
        )
    for store in storages:
        resources.append(
            {
                "id": f"storage/{node}/{store.name}",
                "type": "storage",
                "storage": store.name,
                "node": node,
                "status": "available",
                "plugintype": store.kind,
                "content": store.content,
                "shared": int(store.shared),
                "disk": 400 * GB,
                "maxdisk": 4000 * GB,
            }
        )
    taken = [m for m in machines if not jobs or _takes(jobs, m)]
    answers: dict[tuple[str, ...], Any] = {
        ("/access/permissions",): all_rights if rights is None else rights,
        ("/cluster/status",): [
            {
                "type": "node",
                "id": f"node/{node}",
                "name": node,
                "nodeid": 1,
                "online": 1,
                "local": 0,
                "level": "",
            }
        ],
        ("/cluster/resources",): resources,
        ("/storage",): [
            {"storage": s.name, "type": s.kind, "content": s.content, "shared": int(s.shared), **s.more}
            for s in storages
        ],
        ("/cluster/backup",): list(jobs),
        ("/cluster/backup-info/not-backed-up",): [
            {"vmid": m.number, "name": m.name, "type": "qemu"} for m in machines if m not in taken or not jobs
        ],
        (f"/nodes/{node}/status",): {"pveversion": "pve-manager/9.0.3", "uptime": 1},
        (f"/nodes/{node}/disks/list",): [],
        (f"/nodes/{node}/disks/zfs",): [],
        (f"/nodes/{node}/disks/lvmthin",): [],
        (f"/nodes/{node}/replication",): [],
    }
    for one in machines:
        disk = f"{one.store}:vm-{one.number}-disk-0,size=32G"
        answers[f"/nodes/{node}/qemu/{one.number}/config",] = {
            "name": one.name,
            "agent": "enabled=1",
            "ostype": "l26",
            "scsi0": f"{disk},backup=0" if one.left_out else disk,
            "digest": "0",
        }
        answers[f"/nodes/{node}/qemu/{one.number}/snapshot",] = [
            *(
                {"name": title, "description": "", "snaptime": int(before(age).timestamp())}
                for title, age in one.snapshots
            ),
            {"name": "current", "description": "You are here!", "running": 1, "digest": "0"},
        ]
    for store in storages:
        if "backup" in store.content:
            argv = (f"/nodes/{node}/storage/{store.name}/content", "content=backup")
            answers[argv] = [_backup(store, m, age) for m in machines for age in m.copies.get(store.name, ())]
        else:
            argv = (f"/nodes/{node}/storage/{store.name}/content", "content=images")
            answers[argv] = [
                {
                    "volid": f"{store.name}:vm-{m.number}-disk-0",
                    "content": "images",
                    "format": "raw",
                    "size": 32 * GB,
                    "vmid": m.number,
                }
                for m in machines
                if m.store == store.name
            ]
    raw = {("pve-api", "GET", *argv): _json(told) for argv, told in answers.items()}
    return Part(name, raw, {"system": "proxmox", "user": "auditor@pve!holdwater"}, f"pve://{name}")


def _takes(jobs: Sequence[dict[str, Any]], machine: Machine) -> bool:
    return any(
        job.get("enabled", 1)
        and (
            (job.get("all") and str(machine.number) not in str(job.get("exclude", "")).split(","))
            or str(machine.number) in str(job.get("vmid", "")).split(",")
        )
        for job in jobs
    )


def _backup(store: Storage, machine: Machine, age: float) -> dict[str, Any]:
    at = before(age)
    if store.kind == "pbs":
        volume = f"{store.name}:backup/vm/{machine.number}/{at:%Y-%m-%dT%H:%M:%SZ}"
    else:
        volume = f"{store.name}:backup/vzdump-qemu-{machine.number}-{at:%Y_%m_%d-%H_%M_%S}.vma.zst"
    told = {
        "volid": volume,
        "content": "backup",
        "ctime": int(at.timestamp()),
        "size": 20 * GB,
        "vmid": machine.number,
    }
    told |= {"format": "pbs-vm" if store.kind == "pbs" else "vma.zst", "subtype": "qemu"}
    if machine.verified:
        told["verification"] = {"state": machine.verified, "upid": "UPID:pbs:0:0:0:0:verify:store:root@pam:"}
    return told


def _json(told: Any) -> bytes:
    return json.dumps(told).encode()
