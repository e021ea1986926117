"""How a Proxmox VE cluster is reached: certificates, tokens, addresses, limits, and what a person is told."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from collectors.question import Form
from collectors.targets import open_target
from collectors.targets.proxmox_address import TOKEN, parsed
from holdwater.commands.plan import plan
from tests.lab import pve as lab


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN, lab.SECRET)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[lab.Cluster, str]]:
    pve = lab.seeded()
    with lab.serving(pve, tmp_path) as address:
        yield pve, address


def reach(address: str) -> str:
    async def run() -> str:
        target = open_target(address, connect_timeout=2)
        try:
            return await target.reach()
        finally:
            await target.close()

    return asyncio.run(run())


def test_a_slow_server_is_not_waited_for(cluster: tuple[lab.Cluster, str]) -> None:
    pve, address = cluster

    async def run() -> Any:
        target = open_target(address)
        try:
            assert await target.reach() == ""
            pve.time_scale = 1
            pve.slow_network(3)
            quick = Form(("pve-api", "GET", "/version"), "pve-version", "test", timeout_seconds=0.3)
            return await target.ask(quick())
        finally:
            await target.close()

    answer = asyncio.run(run())
    assert (answer.refusal, answer.stdout) == ("timed-out", b"")


def test_an_answer_that_is_too_large(cluster: tuple[lab.Cluster, str]) -> None:
    async def run() -> Any:
        target = open_target(cluster[1])
        try:
            small = Form(("pve-api", "GET", "/cluster/resources"), "pve-resources", "test", max_bytes=100)
            return await target.ask(small())
        finally:
            await target.close()

    assert asyncio.run(run()).refusal == "truncated"


def test_why_it_cannot_be_reached(cluster: tuple[lab.Cluster, str], monkeypatch: pytest.MonkeyPatch) -> None:
    pve, address = cluster
    plain = address.partition("?")[0]
    assert reach(address) == ""
    said = reach(plain)
    assert "certificate is not trusted" in said
    assert address.partition("fingerprint=")[2].upper() in said
    assert "WRONG CERTIFICATE" in reach(f"{plain}?fingerprint={'0' * 64}")
    monkeypatch.setenv(TOKEN, "wrong")
    assert "the token is not accepted" in reach(address)
    monkeypatch.delenv(TOKEN)
    assert f"put it into {TOKEN}" in reach(address)
    monkeypatch.setenv(f"{TOKEN}_127_0_0_1", lab.SECRET)
    assert reach(address) == ""
    pve.fail("GET", "/version", status=200, message="<html>Please log in</html>", html=True)
    assert "a web page answered" in reach(address)
    assert "\n" not in said


def test_a_certificate_that_the_system_trusts_needs_no_pin(
    cluster: tuple[lab.Cluster, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (certificate,) = tmp_path.glob("*.crt")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    plain = cluster[1].partition("?")[0]
    assert reach(plain) == ""


def test_the_plan_for_a_cluster_names_its_paths_only() -> None:
    done = CliRunner().invoke(plan, ["pve://auditor@pve!holdwater@pve1.example", "--json"])
    commands = [one["command"] for one in json.loads(done.stdout)["commands"]]
    assert "pve-api GET /nodes/{node}/{kind}/{number}/snapshot" in commands
    assert all(command.startswith("pve-api GET /") for command in commands)


def test_wrong_ports() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert "connection refused" in reach(f"pve://a@pve!t@127.0.0.1:{port}")
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        assert "no TLS on port" in reach(f"pve://a@pve!t@127.0.0.1:{server.getsockname()[1]}")


@pytest.mark.parametrize(
    "address",
    [
        "pve://root@pam@host",
        "pve://root@pam:secret@host",
        "pve://root@pam!t=0f0f-secret@host",
        "pve://a@pve!t@host/api2",
        "pve://a@pve!t@host:99999",
        "pve://a@pve!t@host?fingerprint=abcd",
        "pve://a@pve!t@-host",
    ],
)
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(ValueError, match=r"Proxmox|port|SHA-256") as raised:
        open_target(address)
    assert "secret@" not in str(raised.value)


def test_an_address_in_brackets() -> None:
    place = parsed("pve://a@pve!t@[2001:db8::1]:443")
    assert (place.url, place.bare_host) == ("https://[2001:db8::1]:443", "2001:db8::1")
