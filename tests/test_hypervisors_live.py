"""Hyper-V and XCP-ng asked over SSH: a real sshd whose shell answers as a recorded host did."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from holdwater import api
from holdwater.cli import cli
from holdwater.commands.plan import plan
from tests import recorded_hypervisors as recorded
from tests.recorded_host import RecordedHost
from tests.sshd import SSHD, Sshd
from tests.test_pve import failed, rows

Serve = Callable[[RecordedHost], str]


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    if SSHD is None:
        pytest.skip("sshd is not installed (apt install openssh-server)")
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    started: list[Sshd] = []

    def start(host: RecordedHost) -> str:
        server = Sshd(tmp_path / f"sshd{len(started)}", home, ForceCommand=host.command)
        started.append(server)
        server.trust()
        return server.address()

    yield start
    for server in started:
        server.stop()


def test_hyper_v_is_asked_live_and_judged(serve: Serve, tmp_path: Path) -> None:
    host = RecordedHost(tmp_path, windows=True)
    recorded.hyperv_host(host, datetime.now(UTC))
    bundle = api.collect([serve(host)], tmp_path)
    site = api.open_site(bundle)
    assert {row.name for row in rows(site, "guest")} == {"files01", "DC01"}
    said = failed(api.judge(bundle))
    for rule, words in {
        "snapshot/age": "before-patch",
        "snapshot/hv-checkpoint-prod": "before-patch",
        "snapshot/hv-standard-type": "before-patch",
        "snapshot/hv-recovery-leftover": "backup",
        "snapshot/hv-avhdx-orphan": "dc01_1.avhdx",
        "snapshot/hv-merge-pending": "DC01",
        "snapshot/hv-automatic": "DC01",
        "snapshot/hv-replica-health": "files01",
        "snapshot/kvm-backing-missing": "dc01.vhdx",
        "snapshot/chain-depth": "7 layers",
    }.items():
        assert any(words in message for message in said.get(rule, ())), (rule, said.get(rule))
    assert "snapshot/hv-avhdx-unreferenced" not in said  # a merge is under way: nobody can tell
    assert "snapshot/kvm-relative-backing" not in said
    assert not [line for line in host.heard if "sudo" in line]


def test_differencing_files_of_nobody(serve: Serve, tmp_path: Path) -> None:
    host = RecordedHost(tmp_path, windows=True)
    recorded.hyperv_host(host, datetime.now(UTC), merging=False)
    (said,) = failed(api.judge(api.collect([serve(host)], tmp_path)))["snapshot/hv-avhdx-unreferenced"]
    assert "left_1.avhdx (1.1 GB) belongs to no disk and no checkpoint, last written 90 days ago" in said


def test_an_account_that_hyper_v_shows_nothing_is_no_empty_host(serve: Serve, tmp_path: Path) -> None:
    host = RecordedHost(tmp_path, windows=True)
    recorded.hyperv_without_rights(host)
    site = api.open_site(api.collect([serve(host)], tmp_path))
    missing = {(gap.table.TABLE, gap.reason) for gap in site.gaps}
    for table in ("guest", "guest_snapshot", "guest_disk", "disk_image"):
        assert (table, "denied") in missing
    assert not any(absent.table.TABLE == "guest" for absent in site.absences)


def test_windows_without_hyper_v_is_asked_no_further(serve: Serve, tmp_path: Path) -> None:
    host = RecordedHost(tmp_path, windows=True)
    none = "ObjectNotFound|NoServiceFoundForGivenName,Microsoft.PowerShell.Commands.GetServiceCommand|x"
    host.says(recorded.hv.HYPERV_HERE().argv, recorded.powershell(errors=(none,)))
    site = api.open_site(api.collect([serve(host)], tmp_path))
    assert {one.table.TABLE for one in site.absences} >= {"guest", "guest_snapshot", "guest_disk"}
    assert not any(gap.table.TABLE.startswith("guest") for gap in site.gaps)


def test_a_module_that_is_missing_is_a_gap(serve: Serve, tmp_path: Path) -> None:
    host = RecordedHost(tmp_path, windows=True)
    host.says(recorded.hv.HYPERV_HERE().argv, recorded.powershell({"Name": "vmms", "Status": "Running"}))
    for form in (recorded.hv.HYPERV_GUESTS, recorded.hv.HYPERV_CHECKPOINTS):
        error = "ObjectNotFound|CommandNotFoundException|Get-VM is not recognized"
        host.says(form().argv, recorded.powershell(errors=(error,)))
    site = api.open_site(api.collect([serve(host)], tmp_path))
    missing = {(gap.table.TABLE, gap.reason) for gap in site.gaps}
    assert {("guest", "tool-missing"), ("guest_snapshot", "tool-missing")} <= missing


def test_xcp_ng_is_asked_live_and_judged(serve: Serve, tmp_path: Path) -> None:
    host = RecordedHost(tmp_path)
    recorded.xen_host(host, datetime.now(UTC))
    bundle = api.collect([serve(host)], tmp_path)
    site = api.open_site(bundle)
    assert [row.name for row in rows(site, "guest")] == ["files"]
    (snapshot,) = rows(site, "guest_snapshot")
    assert (snapshot.guest, snapshot.name) == (f"uuid:{recorded.uuid(1)}", "before upgrade")
    said = failed(api.judge(bundle))
    for rule, words in {
        "snapshot/age": "before upgrade",
        "snapshot/masquerades-as-backup": "files",
        "snapshot/xcp-chain": "chain of 11 parents",
        "snapshot/xcp-uncoalesced": "Local storage: 10 layers",
        "snapshot/xcp-leftover-vbd": "Control domain on host: xcp1",
        "backup/agent-absent": "files",
        "capacity/datastore-used": "Local storage",
    }.items():
        assert any(words in message for message in said.get(rule, ())), (rule, said.get(rule))
    assert "snapshot/kvm-relative-backing" not in said


@pytest.mark.parametrize(("windows", "most_visible"), [(True, "files01"), (False, "files")])
def test_the_whole_way_from_the_command_to_the_findings(
    serve: Serve, tmp_path: Path, windows: bool, most_visible: str
) -> None:
    host = RecordedHost(tmp_path, windows=windows)
    fill = recorded.hyperv_host if windows else recorded.xen_host
    fill(host, datetime.now(UTC))
    done = CliRunner().invoke(cli, ["audit", serve(host), "-o", str(tmp_path / "audits"), "--json"])
    assert done.exit_code == 1, done.output
    told = json.loads(done.stdout)
    first = told["findings"][0]
    assert (first["rule"], first["severity"]) == ("snapshot/masquerades-as-backup", "critical")
    assert first["message"].startswith(f"{most_visible}: ")
    (page,) = (tmp_path / "audits").glob("*.html")
    assert "no backup evidence was collected, so nothing shows that any other copy exists" in page.read_text()


def test_xe_that_refuses_is_a_gap_and_no_empty_pool(serve: Serve, tmp_path: Path) -> None:
    host = RecordedHost(tmp_path)
    host.says(recorded.xen.XEN_HERE().argv, "/opt/xensource/bin/xe\n")
    for form in (recorded.xen.XEN_GUESTS, recorded.xen.XEN_SNAPSHOTS, recorded.xen.XEN_IMAGES):
        host.says(form().argv, "", status=1, err="Error: Connection refused (calling connect )\n")
    site = api.open_site(api.collect([serve(host)], tmp_path))
    missing = {(gap.table.TABLE, gap.reason) for gap in site.gaps}
    assert {("guest", "failed"), ("guest_snapshot", "failed"), ("disk_image", "failed")} <= missing


def test_the_plan_prints_what_is_asked() -> None:
    done = CliRunner().invoke(plan, ["ssh://root@host.example", "--json"])
    commands = " ".join(one["command"] for one in json.loads(done.stdout)["commands"])
    for words in ("Get-VMSnapshot", "Get-VHD", "Get-VMReplication", "vm-list", "snapshot-list", "SMlog"):
        assert words in commands, words
