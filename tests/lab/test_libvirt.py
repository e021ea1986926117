# SPDX-License-Identifier: Apache-2.0
"""A real libvirtd with emulated guests: what is wrong with their snapshots and images is found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analyzer.derived.guest_disk_state import GuestDiskState
from analyzer.derived.guest_state import GuestState
from analyzer.derived.rests_on import RestsOn
from analyzer.derived.snapshot_state import SnapshotState
from analyzer.engine import Judgement
from analyzer.finding import Finding
from collectors.block_tables import Mount
from collectors.hypervisor_tables import DiskImage
from collectors.targets import open_target
from collectors.targets.local import LocalTarget
from tests.sshd import SSHD, Sshd

from .audits import audited
from .beds import BedMissing, must
from .libvirt import GUESTS, LibvirtBed, libvirt_bed

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LibvirtBed]:
    """The guests, once for all tests."""
    try:
        with libvirt_bed(tmp_path_factory.mktemp("libvirt")) as running:
            yield running
    except BedMissing as missing:
        pytest.skip(f"libvirt bed: {missing}")


@pytest.fixture(scope="module")
def judgement(bed: LibvirtBed, tmp_path_factory: pytest.TempPathFactory) -> Judgement:
    """One audit of this machine with them."""
    return audited(LocalTarget("lab-virt"), tmp_path_factory.mktemp("audit") / "virt.evidence.zip")


def about(judgement: Judgement, guest: str) -> dict[str, Finding]:
    """The faults about a guest, its snapshots, disks and images, by rule."""
    families = ("snapshot/", "fs/image", "fs/guest", "backup/disk")
    return {
        finding.rule: finding
        for finding in judgement.failed()
        if finding.rule.startswith(families) and guest in f"{finding.label} {finding.subject}"
    }


def test_every_guest_is_told_once(judgement: Judgement) -> None:
    rows = {fact.row.name: fact.row for fact in judgement.site.facts(GuestState)}
    assert set(rows) == set(GUESTS)
    assert {name for name, row in rows.items() if row.power == "running"} == {"chain", "memory"}
    assert {name for name, row in rows.items() if row.power == "off"} == set(GUESTS) - {"chain", "memory"}
    assert all(row.hypervisor == "libvirt" and row.provisioned_bytes for row in rows.values() if row.disks)


def test_nothing_is_wrong_with_the_healthy_one(judgement: Judgement) -> None:
    assert about(judgement, "healthy") == {}


def test_sorts_of_snapshots(judgement: Judgement) -> None:
    rows = {(f.row.guest_name, f.row.name): f.row for f in judgement.site.facts(SnapshotState)}
    assert set(rows) == {
        ("inside", "before-upgrade"),
        ("inside", "child"),
        ("memory", "with-memory"),
        ("chain", "ext1"),
        ("chain", "ext2"),
        ("forgotten", "old"),
        ("DC01", "before patch"),
    }
    assert rows["memory", "with-memory"].memory is True
    assert rows["chain", "ext2"].kind == "external"
    assert rows["chain", "ext2"].size_bytes
    assert rows["inside", "child"].kind == "internal"
    assert (rows["inside", "child"].age_hours or 0) < 1


def test_a_deleted_record_leaves_its_layer(judgement: Judgement) -> None:
    rows = {
        (f.row.guest_name, f.row.disk): f.row
        for f in judgement.site.facts(GuestDiskState)
        if f.row.guest_name == "chain"
    }
    assert {row.depth for row in rows.values()} == {3}
    assert {row.unrecorded for row in rows.values()} == {1}
    assert about(judgement, "chain")["snapshot/kvm-external-chain"].severity == "info"


def test_forgotten_snapshots(judgement: Judgement) -> None:
    found = about(judgement, "forgotten")
    assert found["snapshot/age"].severity == "high"
    assert found["snapshot/masquerades-as-backup"].severity == "critical"
    assert "no backup evidence was collected" in found["snapshot/masquerades-as-backup"].message
    assert "snapshot/no-expiry-metadata" in found


def test_a_controller_by_its_name(judgement: Judgement) -> None:
    found = about(judgement, "DC01")
    assert found["snapshot/age"].severity == "critical"
    assert "may be a domain controller" in found["snapshot/on-domain-controller"].message


def test_broken_images(judgement: Judgement) -> None:
    assert about(judgement, "orphan.qcow2")["snapshot/kvm-backing-missing"].severity == "critical"
    assert "gone.qcow2" in about(judgement, "orphan.qcow2")["snapshot/kvm-backing-missing"].message
    assert about(judgement, "damaged.qcow2")["fs/image-corrupt"].severity == "critical"
    assert about(judgement, "relative.qcow2")["snapshot/kvm-relative-backing"].severity == "low"


def test_a_snapshot_made_by_hand_inside_an_image(judgement: Judgement) -> None:
    found = about(judgement, "unrecorded")["snapshot/kvm-unrecorded-internal"]
    assert "holds 1 snapshot inside, 1 more than libvirt knows of" in found.message
    assert "snapshot/kvm-unrecorded-internal" not in about(judgement, "inside")


def told_by_qemu(bed: LibvirtBed, path: str) -> list[dict[str, Any]]:
    """The chain of an image in the words of qemu-img."""
    chain = must(bed, ["qemu-img", "info", "-U", "--backing-chain", "--output=json", path])
    told: list[dict[str, Any]] = json.loads(chain)
    return told


def test_sizes_and_depths_are_those_of_qemu_img(bed: LibvirtBed, judgement: Judgement) -> None:
    """Trees, several disks, memory, and disks without snapshots."""
    disks = {(f.row.guest_name, f.row.disk): f.row for f in judgement.site.facts(GuestDiskState)}
    assert len(disks) == len(GUESTS) + 1
    seen = 0
    for (guest, _), disk in disks.items():
        if guest in ("orphan", "damaged"):
            continue  # qemu-img tells nothing of the one, and refuses the other
        assert disk.path is not None
        chain = told_by_qemu(bed, disk.path)
        assert disk.depth == len(chain) - 1, guest
        assert disk.size_bytes == chain[0]["virtual-size"]
        assert disk.internal_snapshots == len(chain[0].get("snapshots", []))
        if len(chain) > 1:
            assert disk.overlay_bytes == sum(one["actual-size"] for one in chain[:-1])
            assert disk.base_bytes == chain[-1]["actual-size"]
        seen += 1
    assert seen == len(disks) - 2
    images = {fact.row.path: fact.row for fact in judgement.site.facts(DiskImage)}
    healthy = told_by_qemu(bed, str(bed.folder / "healthy.qcow2"))[0]
    assert images[str(bed.folder / "healthy.qcow2")].used_bytes == healthy["actual-size"]


def test_ages_are_those_of_qemu_img(bed: LibvirtBed, judgement: Judgement) -> None:
    rows = {(f.row.guest_name, f.row.name): f.row for f in judgement.site.facts(SnapshotState)}
    at = judgement.site.at.timestamp()
    for guest in ("inside", "memory"):
        for one in told_by_qemu(bed, str(bed.folder / f"{guest}.qcow2"))[0]["snapshots"]:
            row = rows[guest, one["name"]]
            assert row.age_hours is not None
            assert abs(at - row.age_hours * 3600 - one["date-sec"]) <= 5
            assert row.memory is (one["vm-state-size"] > 0)


def test_external_snapshots_hold_what_their_layers_take(bed: LibvirtBed, judgement: Judgement) -> None:
    rows = {(f.row.guest_name, f.row.name): f.row for f in judgement.site.facts(SnapshotState)}
    for name in ("ext1", "ext2"):
        layers = [bed.folder / f"chain-{disk}.{name}" for disk in "ab"]
        held = sum(told_by_qemu(bed, str(path))[0]["actual-size"] for path in layers)
        assert rows["chain", name].size_bytes == held


def test_the_same_is_told_over_ssh(bed: LibvirtBed, judgement: Judgement, tmp_path: Path) -> None:
    """Only virsh and qemu-img, asked through a real sshd, by the address that libvirt itself would take."""
    if SSHD is None:
        pytest.skip("sshd is not installed (apt install openssh-server)")
    home = tmp_path / "home"
    home.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.delenv("SSH_AUTH_SOCK", raising=False)
        server = Sshd(tmp_path / "sshd", home)
        try:
            server.trust()
            target = open_target(f"qemu+{server.address()}/system", name="lab-virt")
            over = audited(target, tmp_path / "ssh.evidence.zip")
        finally:
            server.stop()
    for table in (GuestDiskState, GuestState):
        here = {fact.row.subject: fact.row for fact in judgement.site.facts(table)}
        there = {fact.row.subject: fact.row for fact in over.site.facts(table)}
        assert set(here) == set(there)
    rules = ("snapshot/", "fs/image")
    faults = [
        {(one.rule, one.subject) for one in side.failed() if one.rule.startswith(rules)}
        for side in (judgement, over)
    ]
    assert faults[0] == faults[1]


def test_guests_stand_on_the_file_systems_of_the_host(judgement: Judgement) -> None:
    if not any(fact.row.mountpoint == "/" for fact in judgement.site.facts(Mount)):
        pytest.skip("no file system is mounted on / here (a change of root): images stand on nothing")
    edges = [f.row for f in judgement.site.facts(RestsOn) if f.row.upper_kind == "guest"]
    assert {edge.upper_label for edge in edges} == set(GUESTS)
    assert all(edge.lower.startswith(("mount:", "block:")) for edge in edges)
