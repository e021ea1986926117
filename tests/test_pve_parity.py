"""What cv4pve-diag checks about storages, snapshots, backups and disks of Proxmox VE, shown to holdwater.

One sick cluster holds what each of its codes is about. The table in docs/hypervisors.md says which rule
stands for a code; here each of them has to find it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analyzer.rule import load
from analyzer.site import Asset
from collectors.targets.proxmox_address import TOKEN
from holdwater import api
from tests.lab import pve as lab
from tests.lab import pve_evidence as more
from tests.test_pve import failed

NOW = int(time.time())
GIB = 1 << 30
PAGE = Path(__file__).parents[1] / "docs" / "hypervisors.md"
CODES = r"\b[CWI][CNSG]\d{4}\b"

FOUND: dict[str, tuple[tuple[str, str], ...]] = {
    "WC0002": (("backup/prune-risk", "job here keeps all backups for ever"),),
    "WC0017": (("backup/job-disabled", "never"),),
    "IC0012": (("backup/job-disabled", "weekly"),),
    "WC0018": (("backup/last-failed", "guest 102 failed"),),
    "WC0019": (("backup/jobs-at-once", "nightly"),),
    "WS0007": (("backup/job-storage-missing", "far is not reached by pve2"),),
    "WG0017": (("backup/not-in-job", "web1"),),
    "CG0002": (("backup/disk-excluded", "scsi1"),),
    "WG0009": (("fs/guest-cache-unbacked", "virtio1"),),
    "WG0008": (("fs/guest-cache-unsafe", "virtio2"),),
    "WG0020": (("snapshot/masquerades-as-backup", "bare1"), ("backup/rpo-missed", "web1")),
    "WS0003": (("backup/orphan-points", "number 109"),),
    "WS0002": (("capacity/unused-image", "vm-109-disk-0"),),
    "WG0018": (("capacity/unused-image", "vm-101-disk-9 of web1"),),
    "WG0003": (("backup/agent-absent", "web1: the guest agent is not switched on"),),
    "WG0004": (("backup/agent-absent", "db1: its agent did not answer"),),
    "WG0023": (("snapshot/pve-volume-chain", "disk scsi0 of chain1 builds on 5 volumes"),),
    "WG0024": (("snapshot/age", '"old"'), ("snapshot/on-database", "db1")),
    "WG0035": (("snapshot/memory-state", '"kid"'),),
    "CG0001": (("snapshot/pve-hibernated", "asleep1"),),
    "WG0015": (("snapshot/pve-locked", "mail1"),),
    "IG0011": (("backup/guest-deletable", "db1"),),
    "CG0003": (("backup/last-failed", "guest 102"), ("snapshot/removal-failed", "db1: qmdelsnapshot")),
    "CN0005": (("backup/last-failed", "pve2"),),
    "CN0004": (("backup/replication-error", "no space left"),),
    "WC0009": (("backup/replication-error", "100-9"),),
    "WC0010": (("backup/replication-late", "100-0"),),
    "WN0002": (("blind-spot/node-offline", "pve3"),),
    "WN0016": (("smart/overall-failed", "sdb"),),
    "WN0020": (("smart/reallocated-sectors", "sda"),),
    "CN0008": (("smart/pending-sectors", "sda"),),
    "CN0009": (("smart/offline-uncorrectable", "sda"),),
    "WN0021": (("smart/crc-errors", "sda"),),
    "WN0022": (("smart/reported-uncorrectable", "sda"),),
    "WN0018": (("smart/ssd-wear", "nvme0n1"),),
    "WN0044": (("fs/zfs-capacity", "rpool"),),
    "CN0010": (("fs/zfs-degraded", "rpool"),),
    "CN0012": (("fs/zfs-degraded", "rpool"),),
    "WN0024": (("fs/zfs-data-errors", "rpool"),),
    "WN0025": (("fs/zfs-device-errors", "ata-A"),),
    "WN0026": (("fs/lvmthin-data", "pve/data"),),
    "CN0013": (("fs/lvmthin-metadata", "pve/data"),),
    "WN0003": (("exposure/eol-platform", "pve2"),),
    "WN0029": (("capacity/used", "pve2:/"),),
    "CS0001": (("capacity/datastore-inaccessible", "gone-nas"),),
    "WS0008": (("capacity/datastore-inaccessible", "off-store"), ("backup/job-storage-missing", "off-store")),
    "WS0001": (("capacity/datastore-used", "full-store"),),
    "WS0004": (("capacity/thin-overcommit", "full-store"),),
    "WS0005": (("capacity/shared-storage-partial", "half-nas"),),
}
"""The rules that stand for a code, and words of the message."""
ELSEWHERE = {
    "WC0001": "test_a_cluster_without_jobs_and_storages_for_them",
    "WS0006": "test_a_cluster_without_jobs_and_storages_for_them",
    "CC0001": "test_quorum_lost of test_pve.py",
    "CC0002": "test_quorum_lost of test_pve.py",
    "WN0017": "test_wear_that_is_not_told_is_unknown",
    "WG0042": "test_pve_faults.py",
}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return collected(sick, tmp_path_factory.mktemp("sick"))


def collected(cluster: Callable[[], lab.Cluster], folder: Path) -> Any:
    pve = cluster()
    pve.allow({**lab.RIGHTS, "/storage": (*lab.RIGHTS["/storage"], "Datastore.Allocate")})
    with pytest.MonkeyPatch.context() as patch, lab.serving(pve, folder) as address:
        patch.setenv(TOKEN, lab.SECRET)
        return api.judge(api.collect([address], folder), assets=(Asset("db1", tier=1),))


def sick() -> lab.Cluster:
    pve = lab.seeded(NOW)
    more.complete(pve)
    more.add_log(pve, NOW - 3600)
    more.add_leftovers(pve, NOW)
    more.add_replications(pve, NOW)
    sick_backups(pve)
    sick_guests(pve)
    sick_storages(pve)
    sick_disks(pve)
    return pve


def sick_backups(pve: lab.Cluster) -> None:
    pve.own["/cluster/backup"] += [
        lab.job("again", all=1, exclude="101", storage="nas", schedule="02:00"),
        lab.job("never", vmid="100", storage="nas"),
        lab.job("remote", vmid="103", storage="far", schedule="04:00"),
        lab.job("dark", vmid="103", storage="off-store", schedule="05:00"),
    ]
    pve.tasklog.append(
        more.task("qmdelsnapshot", NOW - 7200, guest="100", seconds=9) | {"exitstatus": "lvremove failed"}
    )
    pve.tasklog.append(more.task("vzdump", NOW - 5000, node="pve2") | {"exitstatus": "job errors"})
    pve.per_node["pve1", "replication"][0].pop("schedule")
    pve.per_node["pve1", "replication"].append(
        {"id": "100-9", "guest": 100, "vmtype": "qemu", "target": "pve2", "disable": 1, "fail_count": 0}
    )


def sick_guests(pve: lab.Cluster) -> None:
    pve.vm(100).config["agent"] = "1"
    pve.vm(100).config |= {
        "virtio1": "local-lvm:vm-100-disk-2,cache=writeback,backup=0,size=4G",
        "virtio2": "local-lvm:vm-100-disk-3,cache=unsafe,size=4G",
    }
    web = pve.vm(101)
    web.status = "running"
    web.config["unused0"] = "local-lvm:vm-101-disk-9"
    for number, name in ((103, "chain1"), (104, "asleep1"), (105, "bare1")):
        pve.add_vm(number, name, config={"scsi0": f"local-lvm:vm-{number}-disk-0,size=8G"})
    pve.vm(104).lock = "suspended"
    pve.vm(105).snapshots["before"] = {"snaptime": NOW - 40 * lab.DAY}
    chain = pve.vm(103)
    chain.config["scsi0"] = "chained:103/vm-103-disk-0.qcow2,size=8G"
    above = None
    for number in range(5):
        chain.snapshots[f"s{number}"] = {"snaptime": NOW - lab.DAY} | ({"parent": above} if above else {})
        above = f"s{number}"
    chain.config["parent"] = above


def sick_storages(pve: lab.Cluster) -> None:
    for name, more_of_it in {
        "far": {"type": "nfs", "shared": 1, "content": "backup", "nodes": "pve1"},
        "gone-nas": {"type": "nfs", "shared": 1, "active": 0, "content": "images"},
        "half-nas": {"type": "nfs", "shared": 1, "content": "images"},
        "off-store": {"type": "dir", "disable": 1, "content": "images,backup"},
        "full-store": {"type": "lvmthin", "content": "images", "nodes": "pve1"},
        "chained": {"type": "dir", "content": "images", "snapshot-as-volume-chain": 1},
    }.items():
        pve.storages[name] = {"active": 1, "files": set()} | more_of_it
    pve.of_storage["pve2", "half-nas"] = {"status": "unknown"}
    pve.of_storage["pve1", "full-store"] = {"disk": 95 * GIB}
    pve.vm(100).config["scsi7"] = "off-store:vm-100-disk-7,size=4G"
    pve.vm(100).config["scsi8"] = "full-store:vm-100-disk-8,size=400G"


def sick_disks(pve: lab.Cluster) -> None:
    first = pve.per_node["pve1", "disks/list"][0]
    pve.per_node["pve1", "disks/list"] += [
        first | {"devpath": "/dev/sdb", "serial": "V2", "health": "FAILED!"},
        first | {"devpath": "/dev/nvme0n1", "serial": "V3", "type": "nvme", "rpm": 0, "wearout": 4},
        first | {"devpath": "/dev/sdc", "serial": "V4", "type": "ssd", "rpm": 0},
    ]
    smart = pve.per_node["pve1", "disks/smart"]
    smart["/dev/sda"]["attributes"] += [
        lab.attribute(187, "Reported_Uncorrect", "4"),
        lab.attribute(198, "Offline_Uncorrectable", "2"),
        lab.attribute(199, "UDMA_CRC_Error_Count", "900"),
    ]
    sound = [
        lab.attribute(5, "Reallocated_Sector_Ct", "0"),
        lab.attribute(197, "Current_Pending_Sector", "0"),
    ]
    smart["/dev/sdb"] = {"health": "FAILED!", "type": "ata", "attributes": sound}
    smart["/dev/nvme0n1"] = {"health": "PASSED", "type": "text", "text": "Percentage Used:  96%\n"}
    smart["/dev/sdc"] = {"health": "PASSED", "type": "ata", "attributes": sound}
    pve.per_node["pve1", "disks/lvmthin"][0]["metadata_used"] = 99 * 10**8
    pve.per_node["pve2", "disks/zfs/{name}"]["errors"] = "3 data errors, use '-v' for a list"
    full = {"total": 100 << 30, "used": 97 << 30, "free": 3 << 30, "avail": 2 << 30}
    pve.per_node["pve2", "status"] = {"pveversion": "pve-manager/6.4-15", "rootfs": full}
    pve.set_node_offline("pve3")


@pytest.mark.parametrize("code", FOUND)
def test_what_a_code_is_about_is_found(judged: Any, code: str) -> None:
    said = failed(judged)
    for rule, words in FOUND[code]:
        assert any(words in message for message in said.get(rule, ())), (rule, said.get(rule))


def test_the_rules_that_stand_for_codes_are_in_the_table() -> None:
    rules = load().keys()
    told: set[str] = set()
    line = re.compile(r"^\| ([CWI][CNSG]\d{4}.*?) \| .*? \| (.*) \|$", re.MULTILINE)
    for row in line.findall(PAGE.read_text()):
        codes = expanded(row[0])
        told |= codes
        named = set(re.findall(r"`([a-z-]+/[a-z0-9-]+)`", row[1]))
        assert named <= rules, row
        for code in codes & FOUND.keys():
            assert {rule for rule, _ in FOUND[code]} <= named or "smart/…" in row[1], (code, named)
        if not row[1].startswith("none"):
            assert codes <= FOUND.keys() | ELSEWHERE.keys(), codes - FOUND.keys() - ELSEWHERE.keys()
    assert FOUND.keys() | ELSEWHERE.keys() <= told


def expanded(cell: str) -> set[str]:
    """The codes of a cell, ranges written out."""
    codes = set(re.findall(CODES, cell))
    for first, last in re.findall(f"({CODES})–({CODES})", cell):
        codes |= {f"{first[:2]}{number:04}" for number in range(int(first[2:]), int(last[2:]) + 1)}
    return codes


def test_wear_that_is_not_told_is_unknown(judged: Any) -> None:
    (said,) = [f for f in judged.findings if f.rule == "smart/ssd-wear" and "sdc" in f.subject]
    assert said.outcome == "unknown"


def bare() -> lab.Cluster:
    pve = lab.Cluster()
    pve.add_vm(100, "db1", status="running", config={"scsi0": "local-lvm:vm-100-disk-0,size=8G"})
    pve.own["/cluster/backup"] = []
    pve.own["/cluster/backup-info/not-backed-up"] = [{"vmid": 100, "name": "db1", "type": "qemu"}]
    for one in pve.storages.values():
        one["content"] = "images"
    return pve


def test_a_cluster_without_jobs_and_storages_for_them(tmp_path: Path) -> None:
    said = failed(collected(bare, tmp_path))
    assert any("db1" in message for message in said["backup/not-in-job"])
    assert any("db1" in message for message in said["backup/none"])
