"""A simulated vCenter's past and its datastores: who made snapshots, what failed, what lies around."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from analyzer.derived.snapshot_state import SnapshotState
from analyzer.engine import Judgement
from collectors.guest_backup_tables import HypervisorTask
from collectors.storage_system_tables import StoragePart
from collectors.targets import open_target
from collectors.targets.vsphere import PASSWORD
from collectors.vsphere_tables import DatastoreFile, GuestBackupNote, GuestFiles, HypervisorAdapter
from tests.lab.audits import audited
from tests.lab.beds import BedMissing
from tests.lab.vcsim import PASSWORD as SECRET
from tests.lab.vcsim import VCenter, vcsim
from tests.vsphere_seeds import GIB, machine, snapshot

pytestmark = pytest.mark.lab

NOW = datetime.now(UTC).replace(microsecond=0)
HOME = "DC0_C0_RP0_VM0"
MADE, TIMED = NOW - timedelta(days=5), NOW - timedelta(days=3)


def past() -> dict[str, Any]:
    """Machines with snapshots, a backup proxy, one with its snapshots elsewhere; tasks and files."""
    noted = f"{NOW - timedelta(days=9):%Y-%m-%d %H:%M:%S}, Nightly"
    veeam = "Veeam Backup: Time: [20.11.2025 22:10:00]"
    kept = snapshot("before update", MADE, [9 * GIB], current=True)
    timed = snapshot("try", TIMED, [9 * GIB], current=True)
    foreign = {"bytes": GIB, "mode": "independent_nonpersistent", "file": f"[LocalDS_0] {HOME}/disk0.vmdk"}
    task = {"machine": HOME, "user": "LAB\\anna", "at": MADE.isoformat()}
    return {
        "machines": [
            machine(0, snapshots=[kept], attributes=[noted]),
            machine(1, snapshots=[timed]),
            machine(2, disks=[foreign], running=[1]),
            machine(3, snapshot_dir="[LocalDS_1] snaps/", annotation=veeam),
        ],
        "fields": ["Last Backup"],
        "tasks": [
            task | {"description": "VirtualMachine.powerOn"},
            task | {"description": "VirtualMachine.createSnapshot", "made": "before update"},
            {
                "description": "VirtualMachine.createSnapshot",
                "machine": "DC0_C0_RP0_VM1",
                "user": "LAB\\otto",
                "at": (TIMED - timedelta(minutes=4)).isoformat(),
            },
            {
                "description": "VirtualMachine.removeAllSnapshots",
                "machine": HOME,
                "user": "LAB\\svc-backup",
                "at": (NOW - timedelta(days=2)).isoformat(),
                "error": "Unable to access file since it is locked",
            },
        ],
        "hosts": [
            {
                "name": "DC0_C0_H0",
                "adapters": {"vmhba1": "fault", "vmhba2": "offline"},
                "parts": {"Disk 3 on HBA 1": "Red", "Controller 0": "Green"},
            }
        ],
        "datastores": [
            {
                "name": "LocalDS_0",
                "files": [
                    _file(f"{HOME}/disk0.vmdk", 90),
                    _file(f"{HOME}/disk0-ctk.vmdk", 90),
                    _file(f"{HOME}/{HOME}-000009.vmdk", 40),
                    _file(f"{HOME}/{HOME}-000009-delta.vmdk", 40),
                    _file(f"{HOME}/{HOME}-000004-delta.vmdk", 0),
                    _file("gone/gone-000001-sesparse.vmdk", 40),
                    _file("gone/gone.vmdk", 40),
                    _file("contentlib-1/x/x-000001.vmdk", 40),
                    _file("fcd/y-000001.vmdk", 40),
                ],
            }
        ],
    }


def _file(path: str, days: int) -> dict[str, Any]:
    return {"path": path, "bytes": GIB, "modified": (NOW - timedelta(days=days)).isoformat()}


@pytest.fixture(scope="module", params=["tasks", "events"])
def vcenter(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VCenter]:
    options = ("-no-task-history",) if request.param == "events" else ()
    try:
        with vcsim(tmp_path_factory.mktemp("vcsim"), seed=past(), machines=4, options=options) as started:
            yield started
    except BedMissing as missing:
        pytest.skip(f"vCenter bed: {missing}")


@pytest.fixture(scope="module")
def judgement(vcenter: VCenter, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judgement]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(vcenter.certificate))
        patch.setenv(PASSWORD, SECRET)
        path = tmp_path_factory.mktemp("audit") / "vc.evidence.zip"
        target = open_target(vcenter.address + "?browse=yes", name="vc")
        yield audited(target, path, ["vsphere", "vsphere-history"])


def said(judgement: Judgement, rule: str) -> list[str]:
    return sorted(one.message for one in judgement.failed() if one.rule == rule)


def test_who_made_a_snapshot(judgement: Judgement) -> None:
    rows = {fact.row.name: fact.row for fact in judgement.site.facts(SnapshotState)}
    assert rows["before update"].creator == "LAB\\anna"
    assert rows["try"].creator == "LAB\\otto"
    assert "LAB\\anna made it" in said(judgement, "snapshot/no-expiry-metadata")[0]


def test_a_removal_that_failed(judgement: Judgement) -> None:
    tasks = [fact.row for fact in judgement.site.facts(HypervisorTask)]
    assert {one.kind for one in tasks} >= {"create snapshot", "remove all snapshots"}
    assert "VirtualMachine.powerOn" not in {one.kind for one in tasks}
    failed = said(judgement, "snapshot/removal-failed")
    if any(one.succeeded for one in tasks):  # events do not tell how a task ended
        assert failed == [
            f"guest {HOME}: remove all snapshots failed 2.0 days ago: FileLocked: Unable to access file"
            " since it is locked; limit 7 days"
        ]
    else:
        assert not failed


def test_files_that_nobody_owns(judgement: Judgement) -> None:
    files = [fact.row.path for fact in judgement.site.facts(DatastoreFile)]
    assert f"[LocalDS_0] {HOME}/{HOME}-000009-delta.vmdk" in files
    own, elsewhere = said(judgement, "snapshot/vmw-orphaned-delta")
    assert own.startswith(f"[LocalDS_0] {HOME}/{HOME}-000009.vmdk (2.1 GB) beside the files of {HOME}")
    assert elsewhere.startswith("[LocalDS_0] gone/gone-000001.vmdk")
    assert "another vCenter" in elsewhere
    (disk,) = said(judgement, "capacity/orphaned-disk")
    assert disk.startswith("[LocalDS_0] gone/gone.vmdk")


def test_a_disk_left_on_a_backup_proxy(judgement: Judgement) -> None:
    (found,) = said(judgement, "snapshot/vmw-hotadd-leftover")
    assert f"[LocalDS_0] {HOME}/disk0.vmdk, a file of {HOME}" in found


def test_notes_of_backups_and_folders_of_snapshots(judgement: Judgement) -> None:
    notes = {fact.row.attribute: fact.row for fact in judgement.site.facts(GuestBackupNote)}
    assert notes["Last Backup"].last_backup_at == NOW - timedelta(days=9)
    assert notes["annotation"].product == "Veeam"
    assert len(said(judgement, "backup/note-old")) == 2
    (alone,) = [one for one in said(judgement, "snapshot/masquerades-as-backup") if one.startswith(HOME)]
    assert "no backup evidence was collected" in alone
    assert "(a note of somebody tells of one 9 days ago, which proves no copy)" in alone
    assert len(judgement.site.facts(GuestFiles)) == 4
    (found,) = said(judgement, "snapshot/vmw-workdir-elsewhere")
    assert "its snapshots grow on LocalDS_1" in found


def test_adapters_and_parts_of_hosts(judgement: Judgement) -> None:
    told = [fact.row for fact in judgement.site.facts(HypervisorAdapter)]
    adapters = {one.adapter: one for one in told if one.host_name == "DC0_C0_H0"}
    assert (adapters["vmhba1"].kind, adapters["vmhba2"].status) == ("Fibre Channel", "offline")
    assert said(judgement, "raid/hypervisor-adapter-fault") == ["DC0_C0_H0: vmhba1 (seeded) reports a fault"]
    parts = {fact.row.name: (fact.row.kind, fact.row.sound) for fact in judgement.site.facts(StoragePart)}
    assert parts["DC0_C0_H0: Disk 3 on HBA 1"] == ("drive", False)
    assert parts["DC0_C0_H0: Controller 0"] == ("controller", True)


def test_without_the_wish_no_datastore_is_browsed(
    vcenter: VCenter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(vcenter.certificate))
    monkeypatch.setenv(PASSWORD, SECRET)
    path = tmp_path / "vc.evidence.zip"
    judgement = audited(open_target(vcenter.address, name="vc"), path, ["vsphere-history"])
    (gap,) = [one for one in judgement.site.gaps if one.table is DatastoreFile]
    assert gap.reason == "not-asked"
    assert "add ?browse=yes to the address" in gap.detail
    assert not judgement.site.facts(DatastoreFile)
