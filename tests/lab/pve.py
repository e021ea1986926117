"""A Proxmox VE cluster on loopback: fakepve over TLS, with ages, jobs, tasks and disks put in.

fakepve keeps guests, snapshots, storages, permissions and faults; what it only makes up (disks, jobs, backup
files, tasks, replication) is answered here by routes of our own.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fakepve import FakePve
from fakepve.certs import make_cert

DAY = 86_400
USER, TOKEN, SECRET = "auditor@pve", "holdwater", "5f0c1d3e-7a54-4c3e-9a51-2b8a0e6d9f17"
DEFAULTS: dict[str, Any] = {
    "disks/zfs/{name}": {},
    "status": {
        "pveversion": "pve-manager/8.2.4",
        "rootfs": {"total": 100 << 30, "used": 20 << 30, "free": 80 << 30, "avail": 75 << 30},
    },
}
"""What a node answers to a path that a test does not care about; a list of nothing otherwise."""
RIGHTS = {
    "/": ("Sys.Audit",),
    "/nodes": ("Sys.Audit",),
    "/vms": ("VM.Audit", "VM.Backup"),
    "/storage": ("Datastore.Audit", "Datastore.AllocateSpace"),
}


class Cluster(FakePve):
    """The fake with answers of our own."""

    def __init__(self) -> None:
        super().__init__(user="root@pam", password="secret", host="127.0.0.1", port=0)
        self.time_scale = 0
        self.apitokens[f"{USER}!{TOKEN}"] = SECRET
        self.own: dict[str, Any] = {}
        self.per_node: dict[tuple[str, str], Any] = {}
        self.of_storage: dict[tuple[str, str], dict[str, Any]] = {}

    def allow(self, rights: dict[str, tuple[str, ...]]) -> None:
        """Give the token these privileges and no others."""
        self.acl = {}
        for path, held in rights.items():
            self.grant(f"{USER}!{TOKEN}", path, *held)

    def _storage_resource(self, node: str, name: str) -> dict[str, Any] | None:
        told: dict[str, Any] | None = super()._storage_resource(node, name)
        return told and told | self.of_storage.get((node, name), {})

    def _routes_own(self) -> list[tuple[str, str, Any]]:
        def cluster(path: str) -> Any:
            async def answer(values: dict[str, Any], user: str) -> Any:
                return self.own.get(path, [])

            return answer

        def node(path: str) -> Any:
            async def answer(values: dict[str, Any], user: str) -> Any:
                told = self.per_node.get((values["node"], path), DEFAULTS.get(path, []))
                return told.get(values["disk"]) if "disk" in values and isinstance(told, dict) else told

            return answer

        whole = ("/cluster/backup", "/cluster/backup-info/not-backed-up")
        each = (
            "disks/list",
            "disks/smart",
            "disks/zfs",
            "disks/zfs/{name}",
            "disks/lvmthin",
            "replication",
            "status",
        )
        return [("GET", path, cluster(path)) for path in whole] + [
            ("GET", f"/nodes/{{node}}/{path}", node(path)) for path in each
        ]


@contextmanager
def serving(cluster: Cluster, folder: Path) -> Iterator[str]:
    """Serve it; gives the address to hand to holdwater, certificate pinned."""
    certificate, key, der = make_cert(str(folder), hosts=("127.0.0.1",))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(doing: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(doing, loop).result(30)

    try:
        run(cluster.start(certificate, key))
        port = cluster.url.rsplit(":", 1)[1].strip("/")
        pin = hashlib.sha256(der).hexdigest()
        yield f"pve://{USER}!{TOKEN}@127.0.0.1:{port}?fingerprint={pin}"
    finally:
        run(cluster.stop())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def seeded(now: int | None = None) -> Cluster:
    """Three nodes with guests, old snapshots, jobs, failed tasks and a disk that is failing."""
    now = now or int(time.time())
    pve = Cluster()
    pve.add_node("pve2")
    pve.add_node("pve3")
    pve.storages["nas"] = {
        "type": "nfs",
        "active": 1,
        "shared": 1,
        "content": "backup",
        "files": set(),
        "path": "/mnt/pve/nas",
        "server": "nas1",
        "export": "/backups",
        "avail": 500 << 30,
    }
    database = pve.add_vm(
        100,
        "db1",
        status="running",
        config={
            "scsi0": "local-lvm:vm-100-disk-0,size=32G",
            "scsi1": "local-lvm:vm-100-disk-1,backup=0,size=8G",
        },
    )
    database.config["parent"] = "kid"
    database.snapshots["old"] = {"snaptime": now - 200 * DAY, "description": "pre-upgrade"}
    database.snapshots["kid"] = {
        "snaptime": now - 3 * DAY,
        "parent": "old",
        "vmstate": "local-lvm:vm-100-state-kid",
    }
    pve.add_vm(101, "web1", node="pve2", config={"scsi0": "local-lvm:vm-101-disk-0,size=8G"})
    pve.add_vm(102, "mail1", node="pve3", status="running", lock="snapshot-delete")
    pve.add_ct(200, "proxy1", node="pve2", status="running")
    pve.own["/cluster/backup"] = [
        job(
            "nightly",
            all=1,
            exclude="101",
            storage="nas",
            schedule="02:00",
            **{"prune-backups": "keep-last=7"},
        ),
        job("weekly", vmid="102", storage="nas", schedule="sat 03:00", enabled=0),
        job("lost", vmid="200", storage="gone", schedule="sun 03:00", **{"prune-backups": {"keep-last": 1}}),
        job("here", vmid="100", storage="local", schedule="sun 04:00"),
    ]
    pve.own["/cluster/backup-info/not-backed-up"] = [{"vmid": 101, "name": "web1", "type": "qemu"}]
    pve.tasklog += [
        _task("pve1", now - hours * 3600, outcome)
        for hours, outcome in ((6, "job errors"), (30, "job errors"), (54, "OK"))
    ]
    pve.tasklog.append(_task("pve2", now - 6 * 3600, "OK"))
    pve.per_node["pve1", "disks/list"] = [
        {
            "devpath": "/dev/sda",
            "type": "hdd",
            "health": "PASSED",
            "wearout": "N/A",
            "rpm": 7200,
            "size": 4_000_787_030_016,
            "model": "WDC_WD4003FFBX",
            "serial": "V1J2",
            "vendor": "ATA",
            "gpt": 1,
        }
    ]
    pve.per_node["pve1", "disks/smart"] = {
        "/dev/sda": {
            "health": "PASSED",
            "type": "ata",
            "attributes": [
                attribute(5, "Reallocated_Sector_Ct", "8"),
                attribute(197, "Current_Pending_Sector", "3"),
            ],
        }
    }
    pve.per_node["pve2", "disks/zfs"] = [
        {
            "name": "rpool",
            "health": "DEGRADED",
            "size": 10**12,
            "alloc": 95 * 10**10,
            "free": 5 * 10**10,
            "frag": 61,
            "dedup": 1.0,
        }
    ]
    pve.per_node["pve1", "disks/lvmthin"] = [
        {
            "lv": "data",
            "vg": "pve",
            "lv_size": 10**12,
            "used": 97 * 10**10,
            "metadata_size": 10**10,
            "metadata_used": 10**9,
        }
    ]
    pve.per_node["pve2", "replication"] = [
        {
            "id": "200-0",
            "guest": 200,
            "vmtype": "lxc",
            "target": "pve1",
            "schedule": "*/15",
            "fail_count": 4,
            "error": "no space left",
            "last_sync": now - 2 * DAY,
        }
    ]
    return pve


def job(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "type": "vzdump", "enabled": 1, "mode": "snapshot"} | more


def _task(node: str, started: int, outcome: str) -> dict[str, Any]:
    return {
        "upid": f"UPID:{node}:0001F00D:0ABCDEF1:{started:08X}:vzdump::root@pam:",
        "node": node,
        "type": "vzdump",
        "id": "",
        "user": "root@pam",
        "starttime": started,
        "endtime": started + 1800,
        "status": "stopped",
        "exitstatus": outcome,
    }


def attribute(number: int, name: str, raw: str) -> dict[str, str]:
    return {
        "id": f"{number:3d}",
        "name": name,
        "value": "100",
        "worst": "100",
        "threshold": "10",
        "raw": raw,
        "fail": "-",
        "flags": "PO--CK",
    }
