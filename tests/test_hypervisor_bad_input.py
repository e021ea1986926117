"""Hostile names, huge descriptions and deep trees of three hypervisors: nothing lost, nothing executed."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from analyzer.derived.snapshot_state import SnapshotState
from collectors.fact import Fact, Gap
from collectors.question import Answer, Form
from collectors.reading import read_answer
from collectors.targets.proxmox_address import TOKEN
from holdwater import api
from holdwater.cli import cli
from tests.lab import pve as lab
from tests.recorded_hypervisors import powershell, records, uuid
from tests.test_pve import rows, site_of

HOSTILE = (
    "a/b%2f../..",
    "\"quoted\" and 'single'",
    "<img src=x onerror=alert(1)>",
    "\u202etxt.exe\u202c",
    "tab\tbell\x07 \x1b[31mred",
    "$(reboot); `id` | x",
)


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN, lab.SECRET)


def test_proxmox_with_hostile_names_a_deep_tree_and_long_texts(tmp_path: Path) -> None:
    now = int(time.time())
    pve = lab.Cluster()
    pve.allow(lab.RIGHTS)
    for number, name in enumerate(HOSTILE):
        pve.add_vm(100 + number, name, config={"description": name})
    deep = pve.vms[0]
    for level in range(40):
        above = {"parent": f"s{level - 1}"} if level else {}
        deep.snapshots[f"s{level}"] = {"snaptime": now - 86_400, "description": "x" * 200_000, **above}
    deep.config["parent"] = "s39"
    with lab.serving(pve, tmp_path) as address:
        bundle = api.collect([address], tmp_path)
        site = api.open_site(bundle)
    assert {row.name for row in rows(site, "guest")} == set(HOSTILE)
    snapshots = rows(site, "guest_snapshot")
    assert (len(snapshots), max(row.depth for row in snapshots)) == (40, 40)
    assert all("[cut, 200000 characters]" in row.description for row in snapshots)
    assert len(site.facts(SnapshotState)) == 40
    page = tmp_path / "page.html"
    done = CliRunner().invoke(cli, ["report", str(bundle), "-o", str(page)])
    assert done.exit_code in (0, 1), done.output
    html = page.read_text()
    assert "<img src=x" not in html
    assert "\x1b" not in html


def test_a_guest_that_was_removed_between_two_questions(tmp_path: Path) -> None:
    pve = lab.seeded()
    pve.allow(lab.RIGHTS)
    gone = "Configuration file 'nodes/pve1/qemu-server/100.conf' does not exist"
    for path in ("/qemu/100/config", "/qemu/100/snapshot"):
        pve.fail("GET", path, status=500, message=gone)
    with lab.serving(pve, tmp_path) as address:
        site = site_of(address, tmp_path)
    said = {(gap.table.TABLE, gap.subject) for gap in site.gaps if "does not exist" in gap.detail}
    assert said == {("guest_disk", "qemu/100"), ("guest_snapshot", "qemu/100")}
    assert "qemu/101" in {row.guest for row in rows(site, "guest_disk")}


def read(kind: str, out: str, *argv: str, status: int = 0) -> list[object]:
    form = Form(argv or ("saved", "file"), kind, "a test")
    at = datetime(2026, 11, 26, tzinfo=UTC)
    return list(read_answer("t", Answer(form(), stdout=out.encode(), status=status, started_at=at)))


@pytest.mark.parametrize("name", HOSTILE)
def test_hyper_v_tells_hostile_names_as_they_are(name: str) -> None:
    told = read(
        "hyperv-guests",
        powershell({"Name": name, "VMId": uuid(1), "State": "Running", "Notes": "n" * 200_000}),
    )
    (fact,) = told
    assert isinstance(fact, Fact)
    assert fact.row.name == name.strip()
    assert len(fact.row.annotation) < 3000


@pytest.mark.parametrize("cut", [1, 40, 200])
def test_answers_of_powershell_that_are_cut_off_are_gaps(cut: int) -> None:
    whole = powershell({"Name": "a", "VMId": uuid(1), "State": "Running"}, {"Name": "b", "VMId": uuid(2)})
    told = read("hyperv-guests", whole[:-cut])
    assert told
    assert all(isinstance(one, Gap) and one.reason == "unreadable" for one in told)


def test_enums_of_a_later_release_are_unknown_and_not_fine() -> None:
    odd = {"Name": "a", "VMId": uuid(1), "State": "Hibernating", "CheckpointType": "Quantum", "Status": 7}
    (fact,) = read("hyperv-guests", powershell(odd))
    assert isinstance(fact, Fact)
    assert (fact.row.power, fact.row.checkpoint_type) == (None, None)


@pytest.mark.parametrize("name", HOSTILE)
def test_xe_tells_hostile_names_as_they_are(name: str) -> None:
    one_line = name.replace("\n", " ")
    told = read("xe", records({"uuid": uuid(1), "name-label": one_line, "power-state": "running"}))
    (fact,) = told
    assert isinstance(fact, Fact)
    assert fact.row.name == one_line.strip()


def test_a_name_that_looks_like_the_next_record_is_told_of() -> None:
    name = f"a\nuuid ( RO): {uuid(9)}"
    told = read("xe", records({"uuid": uuid(1), "name-label": name, "power-state": "running"}))
    # xe prints it so and nothing can tell them apart: what is left of the first is a gap, not lost
    assert any(isinstance(one, Gap) and one.reason == "unsupported" for one in told)


def test_snapshots_from_the_future_and_without_a_zone() -> None:
    later = {"Name": "x", "VMId": uuid(1), "Id": "1", "SnapshotType": "Standard", "ParentSnapshotId": ""}
    told = {"2031-01-01T00:00:00+14:00": 2030, "/Date(1924992000000)/": 2031, "nonsense": None}
    for time_told, year in told.items():
        (fact,) = read("hyperv-checkpoints", powershell(later | {"CreationTime": time_told}))
        assert isinstance(fact, Fact)
        at = fact.row.created_at
        assert (at.astimezone(UTC).year if at else None) == year
