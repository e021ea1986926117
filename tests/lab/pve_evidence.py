"""What a Proxmox VE cluster knows of its backups and leftovers, for the seeded one of tests/lab/pve.py."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.lab.pve import DAY, Cluster

MIB = 1 << 20


def log_of_backup(started: int, *, machine: str = "100") -> list[str]:
    """Three guests in one task, as vzdump of release 8 logs them: a machine, a container, one that fails."""
    at = datetime.fromtimestamp(started + 7200, UTC)  # the node's clock shows CEST

    def when(seconds: int) -> str:
        return datetime.fromtimestamp(at.timestamp() + seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")

    archive = at.strftime("%Y_%m_%d-%H_%M_%S")
    return [
        f"INFO: starting new backup job: vzdump {machine} 200 102 --storage nas --mode snapshot --quiet 1",
        f"INFO: Starting Backup of VM {machine} (qemu)",
        f"INFO: Backup started at {when(1)}",
        "INFO: status = running",
        "INFO: VM Name: db1",
        f"INFO: include disk 'scsi0' 'local-lvm:vm-{machine}-disk-0' 32G",
        f"INFO: exclude disk 'scsi1' 'local-lvm:vm-{machine}-disk-1' (backup=no)",
        "INFO: backup mode: snapshot",
        f"INFO: creating vzdump archive '/mnt/pve/nas/dump/vzdump-qemu-{machine}-{archive}.vma.zst'",
        "INFO: skipping guest-agent 'fs-freeze', agent configured but not running?",
        "INFO: started backup task '5a5bd3c7-9f0e-4f26-8f9f-2f0a3f3f5c11'",
        "INFO:  12% (4.0 GiB of 32.0 GiB) in 3s, read: 1.3 GiB/s, write: 401.2 MiB/s",
        "INFO: 100% (32.0 GiB of 32.0 GiB) in 1m 20s, read: 400.0 MiB/s, write: 390.0 MiB/s",
        "INFO: transferred 32.00 GiB in 80 seconds (409.6 MiB/s)",
        "INFO: archive file size: 7.50GB",
        f"INFO: Finished Backup of VM {machine} (00:01:25)",
        f"INFO: Backup finished at {when(86)}",
        "INFO: Starting Backup of VM 200 (lxc)",
        f"INFO: Backup started at {when(86)}",
        "INFO: CT Name: proxy1",
        "INFO: including mount point rootfs ('/') in backup",
        "INFO: excluding bind mount point mp0 ('/srv/data') from backup (not a volume)",
        f"INFO: creating vzdump archive '/mnt/pve/nas/dump/vzdump-lxc-200-{archive}.tar.zst'",
        f"INFO: Total bytes written: {512 * MIB} (512MiB, 51MiB/s)",
        "INFO: archive file size: 189MB",
        "INFO: Finished Backup of VM 200 (00:00:10)",
        "INFO: Starting Backup of VM 102 (qemu)",
        f"INFO: Backup started at {when(97)}",
        "ERROR: Backup of VM 102 failed - VM is locked (snapshot-delete)",
        f"INFO: Failed at {when(98)}",
        "INFO: Backup job finished with errors",
        "TASK ERROR: job errors",
    ]


def task(kind: str, started: int, *, node: str = "pve1", guest: str = "", seconds: int | None = 98) -> Any:
    """A task; *seconds* None: it runs."""
    told = {
        "upid": f"UPID:{node}:0001F00D:0ABCDEF1:{started:08X}:{kind}:{guest}:root@pam:",
        "node": node,
        "type": kind,
        "id": guest,
        "user": "root@pam",
        "starttime": started,
        "status": "running",
    }
    if seconds is not None:
        told |= {"status": "stopped", "exitstatus": "OK", "endtime": started + seconds}
    return told


def add_log(pve: Cluster, started: int) -> str:
    """The newest backup of node pve1, with its log; gives its identity."""
    told = task("vzdump", started) | {"exitstatus": "job errors", "log": log_of_backup(started)}
    pve.tasklog.append({key: value for key, value in told.items() if key != "log"})
    pve.tasks[told["upid"]] = told
    return str(told["upid"])


def add_leftovers(pve: Cluster, now: int) -> None:
    """Backups and images that belong to nobody, a base with its clone, images of cloud-init and of states."""
    nas = pve.storages["nas"].setdefault("volumes", {})
    for number, age, kind in (
        ("100", 1, "qemu"),
        ("200", 1, "lxc"),
        ("109", 90, "qemu"),
        ("101", 400, "lxc"),
    ):
        at = datetime.fromtimestamp(now - age * DAY, UTC)
        name = f"backup/vzdump-{kind}-{number}-{at:%Y_%m_%d-%H_%M_%S}.vma.zst"
        nas[name] = {"content": "backup", "size": 7 << 30, "ctime": now - age * DAY, "vmid": int(number)}
    thin = pve.storages["local-lvm"].setdefault("volumes", {})
    for name in (
        *("vm-109-disk-0", "vm-100-disk-0", "vm-100-disk-7", "vm-100-state-kid", "vm-101-cloudinit"),
        *("vm-101-disk-0", "vm-101-disk-3"),
    ):
        number = int(name.split("-")[1])
        thin[name] = {"content": "images", "format": "raw", "size": 8 << 30, "vmid": number}


def add_replications(pve: Cluster, now: int) -> None:
    """One that is late, one that goes to a node that is off."""
    pve.per_node["pve1", "replication"] = [
        _replication("100-0", 100, "pve2", last_sync=now - 6 * 3600, last_try=now - 60),
        _replication("100-1", 100, "pve3", last_sync=now - 600, last_try=now - 600),
    ]


def _replication(job: str, guest: int, target: str, **more: Any) -> dict[str, Any]:
    told = {"id": job, "guest": guest, "vmtype": "qemu", "source": "pve1", "target": target}
    return told | {"schedule": "*/15", "fail_count": 0} | more


def add_pool_tree(pve: Cluster) -> None:
    """The devices of pool rpool of pve2: a mirror with one side gone and errors on the other."""
    leaf = {"leaf": 1, "read": 0, "write": 0}
    pve.per_node["pve2", "disks/zfs/{name}"] = {
        "name": "rpool",
        "state": "DEGRADED",
        "status": "One or more devices could not be used because the label is missing or invalid.",
        "action": "Replace the device using 'zpool replace'.",
        "scan": "scrub repaired 0B in 00:12:11 with 0 errors on Sun Nov  8 00:36:12 2026",
        "errors": "No known data errors",
        "leaf": 0,
        "children": [
            {
                "name": "rpool",
                "state": "DEGRADED",
                "read": 0,
                "write": 0,
                "cksum": 0,
                "leaf": 0,
                "children": [
                    {
                        "name": "mirror-0",
                        "state": "DEGRADED",
                        "read": 0,
                        "write": 0,
                        "cksum": 0,
                        "leaf": 0,
                        "children": [
                            leaf | {"name": "/dev/disk/by-id/ata-A-part3", "state": "ONLINE", "cksum": 12},
                            leaf
                            | {
                                "name": "9021415214151231",
                                "state": "UNAVAIL",
                                "cksum": 0,
                                "msg": "was /dev/disk/by-id/ata-B-part3",
                            },
                        ],
                    }
                ],
            }
        ],
    }


def complete(pve: Cluster) -> None:
    """A log for every task on record, devices for the pool: with them nothing is missing."""
    add_pool_tree(pve)
    for one in pve.tasklog:
        ended = "TASK OK" if one["exitstatus"] == "OK" else f"TASK ERROR: {one['exitstatus']}"
        pve.tasks[one["upid"]] = one | {"log": ["INFO: starting new backup job: vzdump --all 1", ended]}
