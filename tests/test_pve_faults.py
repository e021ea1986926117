"""Faults of a Proxmox VE cluster on every path that is asked: gaps with their reason, never health."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from analyzer.engine import Judgement
from collectors.targets.proxmox_address import TOKEN
from holdwater import api
from tests.lab import pve as lab
from tests.lab import pve_evidence as more

FAULTS = {
    "denied": (403, "Permission check failed (/, Sys.Audit)"),
    "unreachable": (595, "No route to host"),
    "timed-out": (596, "Connection timed out"),
    "failed": (500, "internal error"),
}
PATHS = {
    "/access/permissions": "guest",
    "/cluster/status": "hypervisor_cluster",
    "/cluster/resources": "guest",
    "/api2/json/storage": "storage_setting",
    "/cluster/backup": "guest_backup_job",
    "/cluster/backup-info/not-backed-up": "guest_not_backed_up",
    "/qemu/100/config": "guest_disk",
    "/qemu/100/snapshot": "guest_snapshot",
    "/lxc/200/config": "guest_disk",
    "/nodes/pve1/tasks": "hypervisor_task",
    "/log": "guest_backup_run",
    "/storage/nas/content": "guest_backup",
    "/nodes/pve1/disks/list": "drive",
    "/disks/smart": "drive",
    "/nodes/pve2/disks/zfs": "zpool_properties",
    "/nodes/pve2/disks/zfs/rpool": "zpool_status",
    "/nodes/pve1/disks/lvmthin": "lvm_volume",
    "/nodes/pve2/replication": "guest_replication",
}
NOW = int(time.time())
EVERY = ("/cluster/resources", "/qemu/100/snapshot", "/storage/nas/content")
"""Paths that are tried with every fault; the others take turns."""


def faults_for(path: str) -> list[str]:
    names = list(FAULTS)
    return names if path in EVERY else [names[list(PATHS).index(path) % len(names)]]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[lab.Cluster, str]]:
    pve = lab.seeded(NOW)
    pve.allow(lab.RIGHTS)
    more.complete(pve)
    more.add_log(pve, NOW - 3600)
    more.add_leftovers(pve, NOW)
    with (
        pytest.MonkeyPatch.context() as patch,
        lab.serving(pve, tmp_path_factory.mktemp("pve")) as address,
    ):
        patch.setenv(TOKEN, lab.SECRET)
        yield pve, address


@pytest.fixture(scope="module")
def sound(cluster: tuple[lab.Cluster, str], tmp_path_factory: pytest.TempPathFactory) -> Judgement:
    """What is found when every question is answered."""
    return api.judge(api.collect([cluster[1]], tmp_path_factory.mktemp("sound")))


def outcomes(judgement: Judgement) -> dict[tuple[str, str, str], str]:
    return {(one.rule, one.target, one.subject): one.outcome for one in judgement.findings}


@pytest.mark.parametrize("path", PATHS)
def test_a_fault_never_turns_a_failure_into_a_pass(
    cluster: tuple[lab.Cluster, str], sound: Judgement, tmp_path: Path, path: str
) -> None:
    pve, address = cluster
    before = outcomes(sound)
    for reason in faults_for(path):
        status, words = FAULTS[reason]
        pve.fail("GET", path, status=status, message=words)
        judgement = api.judge(api.collect([address], tmp_path / reason))
        pve.failures.clear()
        gaps = {(gap.table.TABLE, gap.reason) for gap in judgement.site.gaps}
        assert (PATHS[path], reason) in gaps, (reason, gaps)
        healed = [
            key
            for key, outcome in outcomes(judgement).items()
            if outcome == "pass" and before.get(key) == "fail"
        ]
        assert healed == [], (reason, healed)
        assert not [one for one in judgement.findings if one.outcome == "error"]


def test_a_token_that_expires_in_the_middle(cluster: tuple[lab.Cluster, str], tmp_path: Path) -> None:
    """The first lists are answered, nothing after them."""
    pve, address = cluster
    for part in ("/config", "/snapshot", "/tasks", "/content", "/list", "/zfs", "/lvmthin", "/replication"):
        pve.fail("GET", part, status=401, message="permission denied - invalid PVE ticket")
    judgement = api.judge(api.collect([address], tmp_path))
    pve.failures.clear()
    gaps = {(gap.table.TABLE, gap.reason) for gap in judgement.site.gaps}
    hidden = ("guest_disk", "guest_snapshot", "hypervisor_task", "guest_backup", "drive", "guest_replication")
    assert {(table, "denied") for table in hidden} <= gaps
    passed = {one.rule for one in judgement.findings if one.outcome == "pass"}
    assert not passed & {"snapshot/masquerades-as-backup", "snapshot/age", "backup/last-failed"}


def test_a_slow_node_is_a_gap_and_the_others_are_read(
    cluster: tuple[lab.Cluster, str], tmp_path: Path
) -> None:
    """pveproxy itself waits for a node only so long: then it answers 596, which is no health."""
    pve, address = cluster
    for part in ("/qemu/102/config", "/qemu/102/snapshot"):
        pve.fail("GET", part, status=596, message="Connection timed out")
    judgement = api.judge(api.collect([address], tmp_path))
    pve.failures.clear()
    told = {
        one.subject: one.outcome for one in judgement.findings if one.rule == "snapshot/masquerades-as-backup"
    }
    assert told["qemu/102"] == "unknown"
    assert told["qemu/100"] == "pass"
