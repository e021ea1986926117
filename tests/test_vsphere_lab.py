"""The vSphere API of a simulated vCenter: what was seeded comes out, and every trouble has its sentence."""

from __future__ import annotations

import asyncio
import hashlib
import json
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors.asking import collect
from collectors.bundle import Bundle, BundleWriter
from collectors.collector import COLLECTORS
from collectors.fact import Fact, Gap
from collectors.hypervisor_tables import Datastore, Guest, GuestDisk, GuestSnapshot
from collectors.question import Answer
from collectors.reading import Told, read_answer, read_target
from collectors.remote_disk_tables import MultipathPath
from collectors.targets import open_target
from collectors.targets.vsphere import PASSWORD, VsphereTarget
from collectors.tools.vsphere_api import DATASTORES, GUESTS, HOSTS
from collectors.vsphere_tables import HypervisorHost, HypervisorLun
from tests.lab.audits import audited
from tests.lab.beds import BedMissing
from tests.lab.vcsim import PASSWORD as SECRET
from tests.lab.vcsim import VCenter, population, vcsim
from tests.vsphere_seeds import DEEP, GIB, HOSTILE, LONG, NAA, TREE_SIZES, machine, scenario, snapshot

pytestmark = pytest.mark.lab

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, SECRET)


@pytest.fixture(scope="module")
def vcenter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VCenter]:
    try:
        with vcsim(tmp_path_factory.mktemp("vcsim"), seed=scenario(NOW), machines=6) as started:
            yield started
    except BedMissing as missing:
        pytest.skip(f"vCenter bed: {missing}")


@pytest.fixture
def trusted(vcenter: VCenter, monkeypatch: pytest.MonkeyPatch) -> VCenter:
    monkeypatch.setenv("SSL_CERT_FILE", str(vcenter.certificate))
    return vcenter


def told(target: VsphereTarget) -> list[Told]:
    async def ask() -> list[Answer]:
        try:
            assert await target.reach() == ""
            return [await target.ask(form()) for form in (GUESTS, DATASTORES, HOSTS)]
        finally:
            await target.close()

    return [one for answer in asyncio.run(ask()) for one in read_answer("vc", answer)]


def reached(address: str) -> str:
    async def ask() -> str:
        target = VsphereTarget(address)
        try:
            return await target.reach()
        finally:
            await target.close()

    return asyncio.run(ask())


def rows(found: list[Told], kind: type[Any]) -> list[Any]:
    return [one.row for one in found if isinstance(one, Fact) and type(one.row) is kind]


@pytest.fixture
def found(trusted: VCenter) -> list[Told]:
    return told(VsphereTarget(trusted.address + "?page=2"))


def test_ages_sizes_and_trees_are_those_that_were_seeded(found: list[Told]) -> None:
    mine = {one.name: one for one in rows(found, GuestSnapshot) if one.guest_name == "db1"}
    assert {name: one.size_bytes for name, one in mine.items()} == TREE_SIZES
    assert {name: NOW - one.created_at for name, one in mine.items()} == {
        "base": timedelta(days=100),
        "dead end": timedelta(days=80),
        "live": timedelta(days=2),
    }
    assert [(one.depth, one.current, one.memory, one.quiesced) for one in mine.values()] == [
        (1, False, False, False),
        (2, False, False, False),
        (2, True, True, True),
    ]
    assert mine["live"].parent == mine["base"].snapshot
    assert f"{len(LONG)} characters" in mine["base"].description


def test_a_chain_of_forty_and_a_hostile_name(found: list[Told]) -> None:
    mine = [one for one in rows(found, GuestSnapshot) if one.name.startswith("s")]
    assert [one.depth for one in mine] == list(range(1, DEEP + 1))
    assert [one.size_bytes for one in mine] == list(range(2, DEEP + 2))
    assert {one.guest_name for one in mine} == {HOSTILE}


def test_guests_and_disks(found: list[Told]) -> None:
    guests = {one.name: one for one in rows(found, Guest)}
    assert len(guests) == 6
    assert guests["golden"].kind == "template"
    assert guests["phantom"].consolidation_needed is True
    assert guests["lost"].state == "inaccessible"
    assert (guests["odd"].annotation, guests["odd"].changed_block_tracking) == ("ask Otto", True)
    assert {one.host for one in guests.values()} <= {"DC0_C0_H0", "DC0_C0_H1"}
    disks = [one for one in rows(found, GuestDisk) if one.guest_name in ("odd", "phantom")]
    assert [(one.mode, one.raw_device, one.sharing, one.delta) for one in disks] == [
        ("persistent", None, None, True),
        ("independent_persistent", None, None, False),
        ("independent_persistent", "physical", None, False),
        ("persistent", None, "multi-writer", False),
    ]
    assert not [one for one in found if isinstance(one, Gap)]


def test_datastores_hosts_and_paths(found: list[Told]) -> None:
    stores = {one.name: one for one in rows(found, Datastore)}
    assert (stores["LocalDS_0"].free_bytes, stores["LocalDS_0"].device) == (4 * GIB, NAA)
    assert (stores["LocalDS_1"].accessible, stores["LocalDS_1"].free_bytes) == (False, None)
    assert {one.name: one.connection for one in rows(found, HypervisorHost)} == {
        "DC0_C0_H0": "connected",
        "DC0_C0_H1": "notResponding",
    }
    assert [one.paths for one in rows(found, HypervisorLun) if one.lun == NAA] == [3]
    assert [(one.map, one.checker_state) for one in rows(found, MultipathPath)] == [
        (f"DC0_C0_H0 {NAA}", state) for state in ("ready", "faulty", "ghost")
    ]


def test_a_bundle_holds_neither_password_nor_gap(trusted: VCenter, tmp_path: Path) -> None:
    path = tmp_path / "all.evidence.zip"
    target = open_target(trusted.address, name="vc")
    writer = BundleWriter(path, site="t", tool="t")
    asyncio.run(collect([target], [COLLECTORS["vsphere"]], writer))
    with Bundle(path) as bundle:
        (recorded,) = bundle.targets()
        assert recorded.about["product"].startswith("VMware vCenter")
        again = list(read_target(recorded, [COLLECTORS["vsphere"]]))
        assert SECRET not in json.dumps(bundle.manifest)
    assert len(rows(again, Guest)) == 6
    assert not [one for one in again if isinstance(one, Gap)]


def test_what_is_wrong_is_found(trusted: VCenter, tmp_path: Path) -> None:
    judgement = audited(open_target(trusted.address, name="vc"), tmp_path / "vc.evidence.zip", ["vsphere"])
    found = {(one.rule, one.severity) for one in judgement.failed()}
    assert found >= {
        ("blind-spot/hypervisor-host-unreachable", "high"),
        ("raid/multipath-degraded", "high"),
        ("snapshot/vmw-consolidation-needed", "high"),
        ("snapshot/vmw-datastore-free", "critical"),
    }
    rules = {rule for rule, _ in found}
    assert rules >= {
        "snapshot/age",
        "snapshot/masquerades-as-backup",
        "snapshot/vmw-independent-disk",
        "snapshot/vmw-invalid-vm",
        "snapshot/vmw-rdm-physical",
        "snapshot/vmw-undetected-delta",
    }


def test_the_session_ends_with_the_target(trusted: VCenter) -> None:
    async def sessions() -> int:
        watching = VsphereTarget(trusted.address)
        await watching.reach()
        assert watching._session is not None
        found = len(watching._session.content.sessionManager.sessionList)
        await watching.close()
        return found

    async def both() -> tuple[int, int]:
        before = await sessions()
        target = VsphereTarget(trusted.address)
        asking = asyncio.ensure_future(target.ask(GUESTS()))
        await asyncio.sleep(0.01)
        asking.cancel()  # in the middle of the login
        await target.close()
        return before, await sessions()

    before, after = asyncio.run(both())
    assert after == before


def test_pages_hold_no_more_than_was_asked_for(trusted: VCenter) -> None:
    async def ask() -> Answer:
        target = VsphereTarget(trusted.address + "?page=3")
        try:
            return await target.ask(GUESTS())
        finally:
            await target.close()

    answer = asyncio.run(ask())
    last = json.loads(answer.stdout.rstrip(b"\n").split(b"\n")[-1])
    assert last == {"retrieved": 8, "expected": 8, "gone": 0, "lost": 0, "named": [], "pages": 3}


def test_certificates(vcenter: VCenter) -> None:
    der = ssl.PEM_cert_to_DER_cert(vcenter.certificate.read_text())
    whole, short = hashlib.sha256(der).hexdigest(), hashlib.sha1(der).hexdigest()
    refused = reached(vcenter.address)
    assert "not trusted" in refused
    assert f"?thumbprint={whole}" in refused
    colons = ":".join(whole[at : at + 2] for at in range(0, 64, 2)).upper()
    for pin in (whole, short, colons):
        assert reached(f"{vcenter.address}?thumbprint={pin}") == ""
    other = reached(f"{vcenter.address}?thumbprint={'0' * 64}")
    assert "not the pinned one" in other
    assert whole in other


def test_a_wrong_password(trusted: VCenter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, "not it")
    said = reached(trusted.address)
    assert said.endswith("the login of auditor is refused: wrong user name or password")


def test_a_certificate_for_another_name(trusted: VCenter) -> None:
    assert "another name" in reached(trusted.address.replace("localhost", "127.0.0.1"))


def test_an_expired_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        with vcsim(tmp_path, days=(-20, -1)) as started:
            monkeypatch.setenv("SSL_CERT_FILE", str(started.certificate))
            assert "its certificate has expired" in reached(started.address)
    except BedMissing as missing:
        pytest.skip(f"vCenter bed: {missing}")


@pytest.mark.parametrize(
    ("option", "reason", "says"),
    [("-expire-after", "truncated", "session expired"), ("-lose", "truncated", "40 of 42 objects were told")],
)
def test_half_answers_are_loud(
    option: str, reason: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        with vcsim(tmp_path, seed=population(40), machines=40, options=(option, "2")) as started:
            monkeypatch.setenv("SSL_CERT_FILE", str(started.certificate))
            half = told(VsphereTarget(started.address + "?page=10"))
    except BedMissing as missing:
        pytest.skip(f"vCenter bed: {missing}")
    assert 0 < len(rows(half, Guest)) < 40
    gaps = [one for one in half if isinstance(one, Gap) and one.table is GuestSnapshot]
    assert [one.reason for one in gaps] == [reason]
    assert says in gaps[0].detail


def test_a_single_host_without_a_vcenter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no custom attributes and no history of tasks; that is no gap."""
    old = snapshot("before the move", NOW - timedelta(days=90), [30 * GIB], current=True)
    seed = {"machines": [machine(0, name="ha-host_VM0", rename="db1", snapshots=[old])]}
    try:
        with vcsim(tmp_path, seed=seed, machines=2, options=("-esx", "-no-task-history")) as esx:
            monkeypatch.setenv("SSL_CERT_FILE", str(esx.certificate))
            target = open_target(f"{esx.address}?browse=yes", name="esx1")
            judgement = audited(target, tmp_path / "esx.evidence.zip", ["vsphere", "vsphere-history"])
    except BedMissing as missing:
        pytest.skip(f"vCenter bed: {missing}")
    assert judgement.site.gaps == []
    first = next(judgement.failed())
    assert (first.rule, first.severity) == ("snapshot/masquerades-as-backup", "critical")
    assert first.message.startswith(
        "db1: 1 snapshot 90 days old, on the storage of its own disks (LocalDS_0)"
    )
