"""Proxmox Backup Server by its API, against a fake of it over TLS on loopback."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from analyzer.derived.asset_copy import AssetCopy
from analyzer.derived.protection import Protection
from analyzer.derived.repository import Repository
from analyzer.site import Asset, Site
from collectors.backup_tables import BackupRepository, RestorePoint
from collectors.fact import Fact
from collectors.guest_backup_tables import GuestBackup
from collectors.hypervisor_tables import Datastore, Guest
from collectors.targets.proxmox_address import PBS_TOKEN, parsed, secret_for
from holdwater import api
from holdwater.commands.plan import plan
from tests import fake_pbs as fake

NOW = int(time.time())


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PBS_TOKEN, fake.SECRET)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[fake.Server, str]]:
    server = fake.seeded(NOW)
    with fake.serving(server, tmp_path) as address:
        yield server, address


def site_of(address: str, folder: Path) -> Site:
    return api.open_site(api.collect([address], folder))


def rows(site: Site, table: str) -> list[Any]:
    return [fact.row for row_type, facts in site.tables.items() if table == row_type.TABLE for fact in facts]


def gaps(site: Site, table: str) -> list[tuple[str, str]]:
    return [(gap.reason, gap.detail) for gap in site.gaps if table == gap.table.TABLE]


def test_a_server_is_read_whole(served: tuple[fake.Server, str], tmp_path: Path) -> None:
    server, address = served
    site = site_of(address, tmp_path)
    assert [(gap.table.TABLE, gap.reason, gap.detail) for gap in site.gaps] == []
    assert all(method == "GET" for method, _ in server.requests)
    assert len(server.requests) == 22
    stores = {row.name: row for row in rows(site, "backup_repository") if row.size_bytes}
    main = stores["main"]
    assert main.repository == "pbs:127.0.0.1/main"
    assert (main.host, main.path, main.reachable) == ("127.0.0.1", "/mnt/datastore/main", True)
    assert (main.free_bytes, main.cleaning_outcome) == (3 << 40, "ok")
    rights = {row.credentials: row.can_delete for row in rows(site, "backup_repository") if row.credentials}
    assert rights == {"pve@pbs!cluster1": True, "files1@pbs!nightly": False}


def test_a_verification_belongs_to_its_snapshot(served: tuple[fake.Server, str], tmp_path: Path) -> None:
    points = rows(site_of(served[1], tmp_path), "restore_point")
    assert {row.repository for row in points} == {"pbs:127.0.0.1/main"}
    controllers = sorted((row for row in points if row.source == "vm/101"), key=lambda row: row.created_at)
    assert [row.verified for row in controllers] == ["ok"] * 6 + [None]
    assert controllers[0].verified_at.timestamp() == NOW - 7 * fake.DAY + 3600
    assert controllers[0].source_name == "dc1"
    (web,) = (row for row in points if row.source == "ct/102")
    assert (web.verified, web.encrypted, web.complete) == ("failed", True, True)
    files = {row.complete: row for row in points if row.source == "host/files1"}
    assert (files[True].protected, files[True].source_name) == (True, "files1")
    assert files[False].size_bytes is None
    assert [row.source_name for row in points if row.source == "branch/site2/vm/101"] == ["branch-dc"]


def test_jobs_and_their_runs(served: tuple[fake.Server, str], tmp_path: Path) -> None:
    site = site_of(served[1], tmp_path)
    jobs = {row.job: row for row in rows(site, "backup_job")}
    assert set(jobs) == {"s-main", "v-1", "p-1", "p-2", "gc main", "gc second"}
    assert (jobs["s-main"].retention, jobs["s-main"].last_outcome) == ("keep-daily=7, keep-weekly=4", "ok")
    assert (jobs["v-1"].last_outcome, jobs["v-1"].last_success_at) == ("failed", None)
    assert (jobs["p-1"].selects, jobs["p-1"].repository) == ("offsite/main", "pbs:127.0.0.1/second")
    assert (jobs["p-2"].selects, jobs["p-2"].repository) == ("main", "offsite/copies")
    assert (jobs["p-2"].schedule, jobs["p-2"].last_outcome, jobs["p-1"].last_outcome) == ("", "ok", None)
    runs = {(row.job, row.source): row.outcome for row in rows(site, "backup_session")}
    assert runs == {
        ("backup main", "vm/101"): "ok",
        ("backup main", "ct/102"): "failed",
        ("backup main", "ct/103"): "running",
        ("v-1", ""): "failed",
        ("gc main", ""): "warning",
        ("prune main", ""): "ok",
        ("p-2", ""): "ok",
    }


def test_an_older_release_knows_no_direction(served: tuple[fake.Server, str], tmp_path: Path) -> None:
    served[0].old = True
    site = site_of(served[1], tmp_path)
    assert "p-1" in {row.job for row in rows(site, "backup_job")}
    assert gaps(site, "backup_job") == []


FAULTS = [
    ("/admin/datastore", (403, "permission check failed"), "restore_point", "denied", "permission check"),
    ("/main/snapshots", (403, "permission check failed"), "restore_point", "denied", "permission check"),
    ("ns=branch/site2", (403, "missing Datastore.Audit"), "restore_point", "denied", "Datastore.Audit"),
    ("/main/namespace", (403, "permission check failed"), "restore_point", "denied", "permission check"),
    ("/main/snapshots", "html", "restore_point", "unreadable", "web page"),
    ("/main/snapshots", "cut", "restore_point", "unreadable", ""),
    ("/main/snapshots", (400, "datastore 'main' is in offline maintenance mode"), "restore_point",
     "unreachable", "maintenance"),
    ("/datastore-usage", (500, "internal error"), "backup_repository", "failed", "internal error"),
    ("/main/gc", "cut", "backup_repository", "unreadable", ""),
    ("/admin/verify", (403, "permission check failed"), "backup_job", "denied", "permission check"),
    ("/tasks", "html", "backup_session", "unreadable", "web page"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "fault", "table", "reason", "said"), FAULTS)
def test_a_fault_is_a_gap_with_its_reason(
    served: tuple[fake.Server, str], tmp_path: Path, path: str, fault: Any, table: str, reason: str, said: str
) -> None:
    server, address = served
    server.faults[path] = fault
    told = gaps(site_of(address, tmp_path), table)
    assert any(one == reason and said in detail for one, detail in told), told


def test_a_wrong_secret_is_no_empty_server(
    served: tuple[fake.Server, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PBS_TOKEN, "wrong")
    site = site_of(served[1], tmp_path)
    assert rows(site, "restore_point") == []
    assert any("401 " in detail and "invalid token" in detail for _, detail in gaps(site, "restore_point"))


def test_a_proxy_in_between(served: tuple[fake.Server, str], tmp_path: Path) -> None:
    served[0].faults["/version"] = "html"
    told = gaps(site_of(served[1], tmp_path), "backup_repository")
    assert any("a web page answered instead of the Proxmox Backup Server API" in detail for _, detail in told)


def test_a_token_without_rights(served: tuple[fake.Server, str], tmp_path: Path) -> None:
    server, address = served
    server.acl[f"{fake.USER}!{fake.TOKEN}"] = {}
    site = site_of(address, tmp_path)
    for table in ("backup_repository", "restore_point", "backup_session", "backup_job"):
        assert "denied" in {reason for reason, _ in gaps(site, table)}


def test_a_token_that_sees_one_datastore(served: tuple[fake.Server, str], tmp_path: Path) -> None:
    server, address = served
    server.acl[f"{fake.USER}!{fake.TOKEN}"] = {
        **fake.AUDITOR,
        "/datastore": {},
        "/datastore/main": fake.AUDIT,
    }
    site = site_of(address, tmp_path)
    assert {row.name for row in rows(site, "backup_repository")} == {"main"}
    assert any("all but /datastore/main" in detail for _, detail in gaps(site, "restore_point"))


def test_a_right_that_is_not_handed_down(served: tuple[fake.Server, str], tmp_path: Path) -> None:
    server, address = served
    here = {"/datastore/main": {"Datastore.Audit": False}}
    server.acl[f"{fake.USER}!{fake.TOKEN}"] = {**fake.AUDITOR, **here}
    site = site_of(address, tmp_path)
    assert not [row for row in rows(site, "restore_point") if row.source.startswith("branch")]
    assert any("namespaces below are hidden" in detail for _, detail in gaps(site, "restore_point"))


def test_a_datastore_in_maintenance(served: tuple[fake.Server, str], tmp_path: Path) -> None:
    server, address = served
    server.stores["main"].maintenance = "offline"
    site = site_of(address, tmp_path)
    main = next(row for row in rows(site, "backup_repository") if row.name == "main")
    assert main.reachable is False
    assert any(
        reason == "unreachable" and "maintenance" in detail for reason, detail in gaps(site, "restore_point")
    )
    assert not [path for _, path in server.requests if "main/snapshots" in path]


def test_plan_prints_the_calls_and_the_role() -> None:
    said = CliRunner().invoke(plan, ["pbs://auditor@pbs!holdwater@pbs1.example"]).output
    assert "/admin/datastore/{store}/snapshots" in said
    assert "acl update /datastore DatastoreAudit" in said
    assert "sudoers" not in said


def test_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    place = parsed("pbs://auditor@pbs!holdwater@pbs1.example")
    assert (place.port, place.service.code) == (8007, "PBS")
    monkeypatch.setenv(f"{PBS_TOKEN}_PBS1_EXAMPLE", "auditor@pbs!holdwater:the-secret")
    assert secret_for(place) == "the-secret"
    with pytest.raises(ValueError, match="HOLDWATER_PBS_TOKEN"):
        parsed("pbs://auditor@pbs:secret@host")


def one_store(device: str, *, moved: bool = False) -> Site:
    """A cluster whose storage `nas` is a datastore, and the server itself, with the same three copies."""
    at = datetime(2026, 3, 1, tzinfo=UTC)
    site = Site("site", at + timedelta(days=5))
    guest = Guest(guest="qemu/101", name="dc1", hypervisor="proxmox")
    site.add([Fact("cluster", guest, ())])
    store = Datastore(datastore="name:nas", name="nas", kind="pbs", device=device)
    site.add([Fact("cluster", store, ())])
    place = BackupRepository(
        repository="pbs:pbs1.example/main", name="main", product="pbs", host="pbs1.example"
    )
    site.add([Fact("pbs1.example", place, ())])
    for day in range(3):
        made = at + timedelta(days=day)
        backup = GuestBackup(volume=f"nas:{day}", storage="nas", guest="qemu/101", created_at=made)
        site.add([Fact("cluster", backup, ())])
        made += timedelta(seconds=5 if moved else 0)
        point = RestorePoint(
            repository=place.repository, point=f"p{day}", source="vm/101", created_at=made, complete=True
        )
        site.add([Fact("pbs1.example", point, ())])
    return site


@pytest.mark.parametrize("device", ["pbs1.example:main", "PBS1.example:main", "192.0.2.7:main"])
def test_a_storage_that_is_a_datastore_counts_once(device: str) -> None:
    site = one_store(device)
    assert [fact.row.repository for fact in site.facts(Repository)] == ["pbs:pbs1.example/main"]
    (copies,) = [fact.row for fact in site.facts(AssetCopy)]
    assert (copies.asset, copies.points) == ("dc1", 3)
    assert copies.matched_by == "the guest of that hypervisor"


def test_copies_that_one_side_alone_lists_still_count() -> None:
    site = one_store("pbs1.example:main", moved=True)
    (copies,) = [fact.row for fact in site.facts(AssetCopy)]
    assert (copies.repository, copies.points) == ("pbs:pbs1.example/main", 6)


@pytest.mark.parametrize(("device", "moved"), [("192.0.2.7:main", True), ("pbs1.example:other", False)])
def test_another_datastore_stays_another_repository(device: str, *, moved: bool) -> None:
    site = one_store(device, moved=moved)
    names = {fact.row.repository for fact in site.facts(Repository)}
    assert names == {"pbs:pbs1.example/main", "store:cluster/nas"}


def test_a_removable_datastore_that_is_away(served: tuple[fake.Server, str], tmp_path: Path) -> None:
    server, address = served
    server.stores["second"].device = "9c1d6a7e-1f0b-4f0e-8f5a-2b3c4d5e6f70"
    server.stores["second"].mounted = False
    site = site_of(address, tmp_path)
    told = [row for row in rows(site, "backup_repository") if row.name == "second"]
    assert False in {row.reachable for row in told}
    assert "/mnt/datastore/second" in {row.path for row in told}
    assert any("second is not mounted" in detail for _, detail in gaps(site, "restore_point"))
    assert not [path for _, path in server.requests if "second/snapshots" in path]


def test_half_of_the_api_refused_narrows_the_verdict(served: tuple[fake.Server, str], tmp_path: Path) -> None:
    """What lies in a namespace that is refused is not known; what lies elsewhere is as good as before."""
    server, address = served
    assets = (Asset("dc1", 1, rpo_hours=48.0), Asset("branch-dc", 1, rpo_hours=48.0))
    verdicts = []
    for number, fault in enumerate((None, (403, "permission check failed - missing Datastore.Audit"))):
        if fault:
            server.faults["ns=branch/site2"] = fault
            server.faults["/admin/verify"] = (403, "permission check failed")
        folder = tmp_path / f"{number}"
        folder.mkdir()
        site = api.open_site(api.collect([address], folder), assets=assets)
        verdicts.append({fact.row.asset: fact.row for fact in site.facts(Protection)})
    whole, half = verdicts
    assert (whole["branch-dc"].copies, half["branch-dc"].copies) == (1, 0)
    assert (half["branch-dc"].level, half["branch-dc"].standing) == (None, "unknown")
    assert "missing Datastore.Audit" in half["branch-dc"].proof
    assert half["dc1"].level == whole["dc1"].level
    assert (half["dc1"].verified_days is None) == (whole["dc1"].verified_days is None)
