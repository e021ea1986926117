"""Proxmox VE by its API, against fakepve over TLS on loopback."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analyzer.derived.guest_storage import GuestStorage
from analyzer.engine import Judgement
from analyzer.site import Site
from collectors.targets.proxmox_address import TOKEN
from holdwater import api
from tests.lab import pve as lab
from tests.lab.pve_evidence import complete


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN, lab.SECRET)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[lab.Cluster, str]]:
    pve = lab.seeded()
    pve.allow(lab.RIGHTS)
    complete(pve)
    with lab.serving(pve, tmp_path) as address:
        yield pve, address


def site_of(address: str, folder: Path) -> Site:
    return api.open_site(api.collect([address], folder))


def gaps(site: Site) -> set[tuple[str, str]]:
    return {(gap.table.TABLE, gap.reason) for gap in site.gaps}


def rows(site: Site, table: str) -> list[Any]:
    return [fact.row for row_type, facts in site.tables.items() if table == row_type.TABLE for fact in facts]


def failed(judgement: Judgement) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for finding in judgement.findings:
        if finding.outcome == "fail":
            found.setdefault(finding.rule, []).append(finding.message)
    return found


def test_a_cluster_is_read_whole(cluster: tuple[lab.Cluster, str], tmp_path: Path) -> None:
    pve, address = cluster
    site = site_of(address, tmp_path)
    assert gaps(site) == {("storage_volume", "not-asked")}
    assert {row.guest for row in rows(site, "guest")} == {"qemu/100", "qemu/101", "qemu/102", "lxc/200"}
    kid = next(row for row in rows(site, "guest_snapshot") if row.name == "kid")
    assert (kid.parent, kid.depth, kid.current, kid.memory) == ("old", 2, True, True)
    stores = {row.datastore for row in rows(site, "datastore")}
    assert {"name:nas", "name:pve1/local", "name:pve3/local-lvm"} <= stores
    assert len(stores) == len(rows(site, "datastore"))
    nas = next(row for row in rows(site, "datastore") if row.name == "nas")
    assert (nas.device, nas.shared, nas.accessible) == ("nas1:/backups", True, True)
    places = {row.storage: row.place for row in rows(site, "storage_setting")}
    assert places["nas"] == "nas1:/backups"
    (drive,) = rows(site, "drive")
    assert (drive.device, drive.model, drive.serial, drive.passed) == (
        "pve1:/dev/sda",
        "WDC_WD4003FFBX",
        "V1J2",
        True,
    )
    assert all(method == "GET" for method, _, _ in pve.requests)


def test_a_cluster_is_judged(cluster: tuple[lab.Cluster, str], tmp_path: Path) -> None:
    found = failed(api.judge(api.collect([cluster[1]], tmp_path)))
    said = {rule: " | ".join(messages) for rule, messages in found.items()}
    assert "weekly" in said["backup/job-disabled"]
    assert "gone does not exist" in said["backup/job-storage-missing"]
    assert "job here" in said["backup/vzdump-storage-local"]
    assert "job lost" in said["backup/prune-risk"]
    assert "web1: left out by name in job nightly" in said["backup/not-in-job"]
    assert "pve1: the last 2 runs" in said["backup/last-failed"]
    assert "failed 4 times (no space left)" in said["backup/replication-error"]
    assert "db1" in said["snapshot/masquerades-as-backup"]
    assert "old" in said["snapshot/age"]
    assert "scsi1" in said["backup/disk-excluded"]
    assert "mail1" in said["snapshot/pve-locked"]
    assert any("pve/data" in message for message in found["fs/lvmthin-data"])
    assert any(
        "sda" in message
        for rule, messages in found.items()
        if rule.startswith("smart/")
        for message in messages
    )


def test_the_number_of_requests_is_bounded(tmp_path: Path) -> None:
    pve = lab.Cluster()
    pve.allow(lab.RIGHTS)
    for node in ("pve2", "pve3"):
        pve.add_node(node)
    for number in range(120):
        pve.add_vm(1000 + number, f"vm{number}", node=f"pve{number % 3 + 1}")
    with lab.serving(pve, tmp_path) as address:
        site = site_of(address, tmp_path)
    assert len(rows(site, "guest")) == 120
    assert len(pve.requests) <= 120 * 2 + 60


def test_a_token_without_rights_is_no_empty_cluster(cluster: tuple[lab.Cluster, str], tmp_path: Path) -> None:
    pve, address = cluster
    pve.acl = {}
    bundle = api.collect([address], tmp_path)
    site = api.open_site(bundle)
    assert rows(site, "guest") == []
    empty = {"guest", "guest_disk", "guest_snapshot", "datastore", "guest_backup", "guest_backup_job"}
    assert {(table, "denied") for table in (*empty, "hypervisor_task", "guest_not_backed_up")} <= gaps(site)
    assert "blind-spot/permission-gaps" in failed(api.judge(bundle))


def test_a_token_that_sees_few_guests_is_told(cluster: tuple[lab.Cluster, str], tmp_path: Path) -> None:
    pve, address = cluster
    pve.allow({**lab.RIGHTS, "/vms": (), "/vms/100": ("VM.Audit",)})
    site = site_of(address, tmp_path)
    assert [row.guest for row in rows(site, "guest")] == ["qemu/100"]
    said = [gap.detail for gap in site.gaps if gap.table.TABLE == "guest"]
    assert said == ["without VM.Audit on /vms guests are hidden, all but /vms/100"]


def test_the_role_of_an_auditor_does_not_see_backups(
    cluster: tuple[lab.Cluster, str], tmp_path: Path
) -> None:
    pve, address = cluster
    pve.allow({**lab.RIGHTS, "/vms": ("VM.Audit",), "/storage": ("Datastore.Audit",)})
    assert ("guest_backup", "denied") in gaps(site_of(address, tmp_path))


def test_a_node_that_is_off(cluster: tuple[lab.Cluster, str], tmp_path: Path) -> None:
    pve, address = cluster
    pve.set_node_offline("pve3")
    bundle = api.collect([address], tmp_path)
    site = api.open_site(bundle)
    lost = {(gap.table.TABLE, gap.subject, gap.detail) for gap in site.gaps if gap.reason == "unreachable"}
    assert ("guest_snapshot", "qemu/102", "node pve3 is offline") in lost
    assert ("drive", "node pve3", "node pve3 is offline") in lost
    assert not [path for _, path, _ in pve.requests if "/nodes/pve3/" in path]
    assert failed(api.judge(bundle))["blind-spot/node-offline"] == ["node pve3 is offline"]


def test_without_the_list_of_resources_everything_is_a_gap(
    cluster: tuple[lab.Cluster, str], tmp_path: Path
) -> None:
    cluster[0].fail("GET", "/cluster/resources", status=500, message="internal error")
    missing = {table for table, reason in gaps(site_of(cluster[1], tmp_path)) if reason == "failed"}
    assert {"guest", "guest_snapshot", "datastore", "drive", "guest_backup", "hypervisor_task"} <= missing


def test_a_storage_of_backups_that_no_node_reaches(cluster: tuple[lab.Cluster, str], tmp_path: Path) -> None:
    cluster[0].storages["nas"]["active"] = 0
    site = site_of(cluster[1], tmp_path)
    said = [gap.detail for gap in site.gaps if gap.table.TABLE == "guest_backup"]
    assert said == ["storage nas: no node reaches it"]


def test_quorum_lost(cluster: tuple[lab.Cluster, str], tmp_path: Path) -> None:
    cluster[0].lose_quorum()
    assert "backup/quorum-lost" in failed(api.judge(api.collect([cluster[1]], tmp_path)))


@pytest.mark.parametrize(
    ("path", "status", "words", "gap"),
    [
        (
            "/qemu/100/snapshot",
            403,
            "Permission check failed (/vms/100, VM.Audit)",
            ("guest_snapshot", "denied"),
        ),
        ("/qemu/100/snapshot", 595, "No route to host", ("guest_snapshot", "unreachable")),
        ("/qemu/100/config", 596, "Connection timed out", ("guest_disk", "timed-out")),
        ("/qemu/100/config", 500, "Configuration file does not exist", ("guest_disk", "failed")),
        ("/storage/nas/content", 500, "got timeout", ("guest_backup", "timed-out")),
        ("/cluster/resources", 401, "invalid token", ("guest", "denied")),
        ("/access/permissions", 500, "internal error", ("guest", "failed")),
        ("/cluster/status", 501, "not implemented", ("hypervisor_cluster", "unsupported")),
    ],
)
def test_a_fault_ends_in_a_gap_with_its_reason(
    cluster: tuple[lab.Cluster, str],
    tmp_path: Path,
    path: str,
    status: int,
    words: str,
    gap: tuple[str, str],
) -> None:
    pve, address = cluster
    pve.fail("GET", path, status=status, message=words)
    site = site_of(address, tmp_path)
    assert gap in gaps(site)
    said = [one.detail for one in site.gaps if (one.table.TABLE, one.reason) == gap]
    assert any(words in detail for detail in said), said


def test_a_gap_about_one_guest_leaves_the_others_known(
    cluster: tuple[lab.Cluster, str], tmp_path: Path
) -> None:
    cluster[0].fail("GET", "/qemu/101/snapshot", status=596, message="Connection timed out")
    judgement = api.judge(api.collect([cluster[1]], tmp_path))
    outcomes = {
        finding.subject: finding.outcome
        for finding in judgement.findings
        if finding.rule == "snapshot/masquerades-as-backup"
    }
    assert outcomes == {"qemu/100": "fail", "qemu/101": "unknown", "qemu/102": "pass", "lxc/200": "pass"}


def test_disks_lie_on_the_storage_of_their_own_node(tmp_path: Path) -> None:
    pve = lab.Cluster()
    pve.allow(lab.RIGHTS)
    pve.add_vm(100, "one", config={"scsi0": "local-lvm:vm-100-disk-0,size=200G"})
    pve.add_vm(101, "two", node="pve2", config={"scsi0": "local-lvm:vm-101-disk-0,size=8G"})
    with lab.serving(pve, tmp_path) as address:
        site = site_of(address, tmp_path)
    guests = {row.storage: row.guests for row in (fact.row for fact in site.facts(GuestStorage))}
    assert guests["datastore:name:pve1/local-lvm"] == guests["datastore:name:pve2/local-lvm"] == 1


def test_a_web_page_in_the_middle(cluster: tuple[lab.Cluster, str], tmp_path: Path) -> None:
    cluster[0].fail("GET", "/cluster/resources", status=200, message="<html>Log in</html>", html=True)
    site = site_of(cluster[1], tmp_path)
    assert ("guest", "unreadable") in gaps(site)
    assert any("web page" in gap.detail for gap in site.gaps)


def test_the_secret_is_nowhere_in_the_bundle(cluster: tuple[lab.Cluster, str], tmp_path: Path) -> None:
    pve, address = cluster
    pve.vms[0].config["description"] = f"token {lab.SECRET}"
    pve.fail("GET", "/cluster/status", status=500, message=f"you sent {lab.SECRET}")
    bundle = api.collect([address], tmp_path)
    with zipfile.ZipFile(bundle) as opened:
        for name in opened.namelist():
            assert lab.SECRET.encode() not in opened.read(name), name


def test_hostile_names_are_not_asked_about(cluster: tuple[lab.Cluster, str], tmp_path: Path) -> None:
    pve, address = cluster
    pve.storages["../../access/users"] = {"type": "dir", "active": 1, "content": "backup", "files": set()}
    pve.vms[1].name = "<b>web\x1b[31m%2f‮</b>"
    site = site_of(address, tmp_path)
    assert not [path for _, path, _ in pve.requests if "access/users" in path]
    assert ("datastore", "unsupported") in gaps(site)
