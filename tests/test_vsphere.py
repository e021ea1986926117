"""The vSphere target without a vCenter: addresses, what answers in its place, and machines that vanish."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from collectors.block_tables import MdStatus
from collectors.bundle import Bundle, BundleWriter
from collectors.collector import COLLECTORS, load, meant_for
from collectors.fact import Fact, Gap
from collectors.hypervisor_tables import Datastore, Guest, GuestSnapshot
from collectors.question import Answer, Question
from collectors.reading import read_answer, read_target
from collectors.targets import open_target
from collectors.targets.vsphere import PASSWORD, VsphereTarget, parsed
from collectors.targets.vsphere_retrieval import retrieve
from collectors.tools.vsphere_api import GUESTS
from tests.lab.vcsim import certify

load()
FIXTURES = Path(__file__).parent.parent / "fixtures" / "collectors"


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("vsphere://root@esx1", ("esx1", 443, "root", "", 250)),
        (
            "vsphere://audit@vsphere.local@vc.example:8443",
            ("vc.example", 8443, "audit@vsphere.local", "", 250),
        ),
        ("vsphere://DOM%5Caudit@vc?page=20", ("vc", 443, "DOM\\audit", "", 20)),
        ("vsphere://a@[::1]:444?thumbprint=" + "AB:" * 19 + "AB", ("::1", 444, "a", "ab" * 20, 250)),
    ],
)
def test_addresses(address: str, parts: tuple[Any, ...]) -> None:
    assert parsed(address)[:5] == parts


def test_browsing_is_a_wish() -> None:
    assert not parsed("vsphere://root@esx1").browse
    assert parsed("vsphere://root@esx1?browse=yes").browse
    with pytest.raises(ValueError, match="say yes or no"):
        parsed("vsphere://root@esx1?browse=perhaps")


@pytest.mark.parametrize(
    "address",
    [
        "vsphere://root:s3cret@esx1",
        "vsphere://esx1",
        "vsphere://root@",
        "vsphere://root@esx1:port",
        "vsphere://root@esx1/sdk",
        "vsphere://root@esx1?insecure=1",
        "vsphere://root@esx1?thumbprint=",
        "vsphere://root@esx1?thumbprint=12",
        "vsphere://root@esx1?page=0",
        "vsphere://root:s3cret@esx1:port",
    ],
)
def test_addresses_that_are_none_and_no_password_is_repeated(address: str) -> None:
    with pytest.raises(ValueError, match=r"vsphere://|thumbprint|page") as raised:
        open_target(address)
    assert "s3cret" not in str(raised.value)


def test_only_the_collector_of_vsphere_has_questions_for_it() -> None:
    target = open_target("vsphere://root@esx1")
    assert [one.name for one in meant_for(COLLECTORS.values(), target.about)] == [
        "vsphere",
        "vsphere-history",
    ]
    assert "vsphere" not in {one.name for one in meant_for(COLLECTORS.values(), {})}


def reached(address: str) -> str:
    async def ask() -> str:
        target = VsphereTarget(address, connect_timeout=1.0)
        try:
            answer = await target.ask(GUESTS())
            assert answer.refusal == "unreachable"
            return answer.detail
        finally:
            await target.close()

    return asyncio.run(ask())


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, "s3cret")


def test_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSWORD)
    assert reached("vsphere://root@localhost").startswith(f"no password: set {PASSWORD}")


@contextmanager
def server(says: bytes, folder: Path | None = None) -> Iterator[int]:
    """Says the same to whoever connects; over TLS if there is a folder for its certificate."""
    listening = socket.create_server(("127.0.0.1", 0))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if folder:
        context.load_cert_chain(*certify(folder))

    def serve() -> None:
        while True:
            try:
                heard, _ = listening.accept()
            except OSError:
                return
            try:
                with heard if folder is None else context.wrap_socket(heard, server_side=True) as talking:
                    talking.recv(4096)
                    talking.sendall(says)
            except OSError:
                continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


def test_html_of_a_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = b"HTTP/1.0 403 Forbidden\r\nContent-Type: text/html\r\n\r\n<html>Blocked</html>"
    with server(page, tmp_path) as port:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "localhost.pem"))
        said = reached(f"vsphere://root@localhost:{port}")
    assert "no vSphere API, or a proxy stands before it (403 Forbidden, text/html)" in said


def test_an_api_that_is_too_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = b"<namespaces><namespace><version>99.1</version></namespace></namespaces>"
    with server(b"HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\n\r\n" + versions, tmp_path) as port:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "localhost.pem"))
        said = reached(f"vsphere://root@localhost:{port}")
    assert "versions of the API that pyVmomi does not (99.1)" in said


def test_ports_where_something_else_or_nothing_listens() -> None:
    with server(b"HTTP/1.0 400 Bad Request\r\n\r\n") as port:
        assert f"no TLS there: is {port} the port?" in reached(f"vsphere://root@localhost:{port}")
    assert "nothing listens there" in reached(f"vsphere://root@localhost:{port}")


def test_a_server_that_never_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        said = reached(f"vsphere://root@localhost:{silent.getsockname()[1]}")
    assert "no answer in time" in said


class Service:
    """A property collector of two machines, of which some are not told and some vanish meanwhile."""

    host = "vc:443"

    def __init__(self, members: list[list[str]], pages: list[list[str]]) -> None:
        from pyVmomi import vim, vmodl

        self._query = vmodl.query.PropertyCollector
        self._machine = vim.VirtualMachine
        self._members, self._waiting = members, pages
        view = vim.view.ContainerView("view-1")
        manager = SimpleNamespace(CreateContainerView=lambda *_: view)
        self.content = SimpleNamespace(viewManager=manager, rootFolder=None, propertyCollector=self)
        self.about: dict[str, str] = {}
        self.stub = self

    def RetrievePropertiesEx(self, specs: list[Any], options: Any) -> Any:  # noqa: N802 - a name of the API
        if specs[0].propSet[0].pathSet == ["view"]:
            value = [self._machine(name) for name in self._members.pop(0)]
            told = SimpleNamespace(propSet=[SimpleNamespace(name="view", val=value)])
            return SimpleNamespace(objects=[told], token=None)
        return self._page()

    def ContinueRetrievePropertiesEx(self, token: str) -> Any:  # noqa: N802 - a name of the API
        return self._page()

    def _page(self) -> Any:
        objects = [
            SimpleNamespace(
                obj=self._machine(name), propSet=[SimpleNamespace(name="name", val=name)], missingSet=[]
            )
            for name in self._waiting.pop(0)
        ]
        return SimpleNamespace(objects=objects, token="next" if self._waiting else None)


def retrieved(service: Service, **told: Any) -> tuple[list[dict[str, Any]], str]:
    limits: dict[str, Any] = {"page": 2, "until": time.monotonic() + 60, "most": 1 << 20}
    given = {**limits, "stop": threading.Event(), **told}
    out, why = retrieve(service, ("retrieve", "VirtualMachine", "name"), **given)
    return [json.loads(line) for line in out.splitlines()], why


def test_machines_that_vanish_are_no_loss_and_lost_ones_are_named() -> None:
    service = Service([["vm-1", "vm-2", "vm-3"], ["vm-1", "vm-3"]], [["vm-1"]])
    lines, why = retrieved(service)
    assert why == ""
    assert lines[-1] == {"retrieved": 1, "expected": 3, "gone": 1, "lost": 1, "named": ["vm-3"], "pages": 1}


def test_what_ends_early_says_why() -> None:
    pages = [["vm-1"], ["vm-2"]]
    _, late = retrieved(Service([["vm-1", "vm-2"]], list(pages)), until=time.monotonic() - 1)
    assert late.startswith("its time was up")
    lines, large = retrieved(Service([["vm-1", "vm-2"]], list(pages)), most=130)
    assert large.startswith("the answer is larger than is kept; 1 objects")
    assert len(lines) == 2
    stop = threading.Event()
    stop.set()
    _, stopped = retrieved(Service([["vm-1", "vm-2"]], list(pages)), stop=stop)
    assert stopped.startswith("collection was interrupted")


def test_an_unfinished_bundle_still_knows_that_it_was_vsphere(tmp_path: Path) -> None:
    writer = BundleWriter(tmp_path / "a.evidence.zip", site="s", tool="t")
    writer.open_target("vc", "vsphere", "vsphere://root@vc")
    raw = (FIXTURES / "vsphere-guests" / "healthy" / "answer.out").read_bytes()
    writer.add("vc", Answer(GUESTS(), stdout=raw, status=0))
    raw = writer.finish().read_bytes()
    (tmp_path / "killed.zip").write_bytes(raw[: raw.rindex(b"PK\x03\x04")])
    with Bundle(tmp_path / "killed.zip", salvage=True) as bundle:
        told = list(read_target(bundle.target("vc"), COLLECTORS.values()))
    assert [one.row.name for one in told if isinstance(one, Fact) and type(one.row) is Guest] == ["web1"]
    assert {one.table for one in told if isinstance(one, Gap)} >= {Datastore}
    assert not any(isinstance(one, Gap) and one.table is MdStatus for one in told)


@pytest.mark.parametrize("kind", ["vsphere-guests", "vsphere-datastores", "vsphere-hosts"])
def test_an_answer_cut_anywhere_is_never_whole(kind: str) -> None:
    whole = (FIXTURES / kind / "sick" / "answer.out").read_bytes()
    form = next(one for one in COLLECTORS["vsphere"].asks if one.reads == kind)
    for end in range(0, len(whole) - 1, max(1, len(whole) // 150)):
        told = list(read_answer("vc", Answer(form(), stdout=whole[:end], status=0)))
        assert any(type(one).__name__ == "Gap" for one in told), end


def test_times_keep_their_zones() -> None:
    """The same moment, as servers of three zones write it; a time without a zone is taken as UTC."""
    raw = (FIXTURES / "vsphere-guests" / "healthy" / "answer.out").read_text()
    written = re.findall(r'"createTime":"([^"]+)"', raw)
    assert written
    told = []
    for stamp in ("2026-03-01T10:00:00Z", "2026-03-01T15:30:00+05:30", "2026-03-01T02:00:00-08:00"):
        changed = raw.replace(written[0], stamp).encode()
        found = read_answer("vc", Answer(GUESTS(), stdout=changed, status=0))
        rows = [one.row for one in found if isinstance(one, Fact)]
        told += [row.created_at for row in rows if isinstance(row, GuestSnapshot)][:1]
    assert told == [datetime(2026, 3, 1, 10, tzinfo=UTC)] * 3


def test_evidence_of_earlier_releases_is_read(tmp_path: Path) -> None:
    raw = (FIXTURES / "vsphere-guests" / "healthy" / "answer.out").read_bytes()
    writer = BundleWriter(tmp_path / "a.evidence.zip", site="s", tool="t")
    writer.open_target("vc", "vsphere", "vsphere://root@vc")
    writer.add("vc", Answer(Question(GUESTS.formerly[0], GUESTS), stdout=raw, status=0))
    writer.close_target("vc", about={"system": "vsphere"})
    with Bundle(writer.finish()) as bundle:
        told = list(read_target(bundle.target("vc"), [COLLECTORS["vsphere"]]))
    (guest,) = [one for one in told if isinstance(one, Fact) and type(one.row) is Guest]
    assert guest.row.name == "web1"
    assert guest.sources[0].origin.argv == GUESTS.formerly[0]
