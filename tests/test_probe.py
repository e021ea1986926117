"""Ports of targets are tried only where somebody asked for it, and nothing is sent."""

from __future__ import annotations

import asyncio
import json
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from analyzer.derived.management_reach import ManagementReach
from collectors.collector import load, meant_for
from collectors.exposure_tables import ReachablePort
from collectors.management_ports import PORTS
from collectors.question import Form, Question
from collectors.reading import read_answer
from collectors.targets.probing import Pace, host_of, probed, tried
from collectors.tools.tcp_connect import TCP_CONNECT
from holdwater import api, site_file
from holdwater.cli import cli
from holdwater.errors import CannotRun
from tests.canned import CannedTarget
from tests.sshd import SSHD, USER, Sshd, free_port

WATCHED = 55414
"""The port of the list that a test listens on: nobody else does."""


def question(*ports: int) -> Question:
    form = Form(("tcp-connect", *map(str, ports)), "tcp-connect", "a test")
    return Question(form.argv, form)


def test_nothing_is_sent_and_the_connection_is_closed() -> None:
    heard: list[bytes] = []

    async def listening() -> bytes:
        done = asyncio.Event()

        async def record(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heard.append(await reader.read())  # until the other side closes
            writer.close()
            done.set()

        async with await asyncio.start_server(record, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            answer = await tried(question(port, free_port()), "localhost", Pace())
            await asyncio.wait_for(done.wait(), 5)
        return answer.stdout

    told = json.loads(asyncio.run(listening()))
    assert heard == [b""]
    assert [one["state"] for one in told["ports"]] == ["open", "closed"]
    assert told["address"] == "127.0.0.1"
    assert told["seen_from"] == "127.0.0.1"


def test_what_does_not_answer_is_filtered(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(*_: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr("collectors.targets.probing.CONNECT_SECONDS", 0.05)
    monkeypatch.setattr(asyncio, "open_connection", silent)
    answer = asyncio.run(tried(question(9), "127.0.0.1", Pace()))
    assert [fact.row.state for fact in read_answer("t", answer)] == ["filtered"]


def test_the_rate_is_limited_over_all_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    sleep = asyncio.sleep

    async def record(seconds: float) -> None:
        waited.append(seconds)
        await sleep(0)

    async def both() -> None:
        pace = Pace(per_second=0.01)
        await asyncio.gather(
            *(tried(question(free_port(), free_port()), "127.0.0.1", pace) for _ in range(2))
        )

    monkeypatch.setattr(asyncio, "sleep", record)
    asyncio.run(both())
    assert [round(seconds, -2) for seconds in waited] == [0, 100, 200, 300]


def test_a_name_without_address_is_a_gap() -> None:
    answer = asyncio.run(tried(question(22), "no-such-host.invalid", Pace()))
    assert answer.refusal == "unreachable"
    assert "no-such-host.invalid" in answer.detail


@pytest.mark.parametrize(
    ("address", "host_name"),
    [
        ("ssh://root@nas:2222", "nas"),
        ("pve://a@pve!t@[2001:db8::1]:8006", "2001:db8::1"),
        ("vsphere://a@vc1", "vc1"),
        ("restic:sftp:backup@store:/srv/r", "store"),
        ("borg:ssh://b@store/./r", "store"),
        ("restic:s3:s3.example.com/bucket", ""),
        ("files:/srv/dumps", ""),
        ("local", ""),
        ("", ""),
        ("a/folder", ""),
    ],
)
def test_only_hosts_that_were_named_are_tried(address: str, host_name: str) -> None:
    assert host_of(address) == host_name


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sshd]:
    """A real server on loopback that lets us in, with a home of our own."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    started = Sshd(tmp_path / "sshd", home)
    started.trust()
    yield started
    started.stop()


@pytest.fixture
def heard() -> Iterator[list[bytes]]:
    """What was sent to a port of the list on loopback, by connection."""
    told: list[bytes] = []

    class Record(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            told.append(self.request.recv(1000))

    with socketserver.TCPServer(("127.0.0.1", WATCHED), Record) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.05,))
        thread.start()
        yield told
        listening.shutdown()
        thread.join()


@pytest.mark.skipif(SSHD is None, reason="sshd is not installed (apt install openssh-server)")
@pytest.mark.parametrize("probe", [True, False])
def test_ports_are_tried_only_where_somebody_asked(
    probe: bool, server: Sshd, heard: list[bytes], tmp_path: Path
) -> None:
    bundle = api.collect([f"ssh://{USER}@127.0.0.1:{server.port}"], tmp_path, probe=probe)
    site = api.open_site(bundle)
    assert heard == ([b""] if probe else [])
    found = {fact.row.port: fact.row.state for fact in site.facts(ReachablePort)}
    assert list(found) == (list(PORTS) if probe else [])
    assert found.get(WATCHED) == ("open" if probe else None)
    assert not [gap for gap in site.gaps if gap.table is ReachablePort]
    assert [fact.row.exposed for fact in site.facts(ManagementReach)] == (
        ["UrBackup (55414)"] if probe else []
    )


def test_without_the_wish_nobody_has_the_question() -> None:
    collectors = load().values()
    assert "reachability" not in {one.name for one in meant_for(collectors, {"system": "windows"})}
    assert "reachability" in {one.name for one in meant_for(collectors, {"probed": "nas"})}
    assert asyncio.run(_kept()) == ["probed", ""]


async def _kept() -> list[str]:
    far, here = CannedTarget("far", {}), CannedTarget("here", {})
    far.address, here.address = "ssh://far", "local"
    return ["probed" if "probed" in one.about else "" for one in probed([far, here])]


def test_the_plan_names_every_connection(tmp_path: Path) -> None:
    asked = ["plan", "ssh://root@nas", "restic:sftp:b@nas:/r", "--json"]
    told = json.loads(CliRunner().invoke(cli, [*asked, "--probe"]).output)
    assert told["connections"] == [f"nas:{port}" for port in TCP_CONNECT.argv[1:]]
    assert json.loads(CliRunner().invoke(cli, asked).output)["connections"] == []
    site = tmp_path / "site.toml"
    site.write_text('[exposure]\nprobe = true\n[[targets]]\naddress = "ssh://root@nas"\n', "utf-8")
    shown = CliRunner().invoke(cli, ["plan", "-c", str(site)]).output
    assert "nas:8007" in shown
    assert "Proxmox Backup Server" in shown
    assert "nothing is sent" in shown


def test_a_site_file_asks_for_it_and_names_a_known_network(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text('[exposure]\nprobe = true\nprobe_from = "users"\n', "utf-8")
    assert site_file.load(site).probe
    site.write_text('[exposure]\nprobe_from = "moon"\n', "utf-8")
    with pytest.raises(CannotRun, match=r"probe_from.*'moon'"):
        site_file.load(site)
    assert not site_file.load(None).probe
