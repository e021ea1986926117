"""The local page: for this machine only, with the token only, reading only, out of the store only."""

from __future__ import annotations

import base64
import hashlib
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from holdwater.serving import Server, Site
from holdwater.store import layout, rebuilding
from tests.store_sites import bundle, guests, weeks

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sites, one with a hostile name; the newest audit has its report."""
    made = tmp_path_factory.mktemp("audits")
    *_, newest = weeks(made, 3, sick=lambda week: week == 2)
    bundle(made, 1, site='a/../b<script>alert(1)</script>"', name="x")
    rebuilding.rebuild(made / "store", made)
    guests(made / "store", 3)
    shutil.copy(ROOT / "tests" / "canned.py", made / "secret.html")
    page = made / newest.name.replace(".evidence.zip", ".html")
    subprocess.run(
        [sys.executable, "-m", "holdwater", "report", newest, "-o", page],
        check=True,
        cwd=ROOT,
        capture_output=True,
    )
    return made


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    with Server(Site(folder / "store", folder)) as opened:
        threading.Thread(target=opened.serve_forever, daemon=True).start()
        yield opened
        opened.shutdown()


def ask(
    server: Server, path: str, *, method: str = "GET", known: bool = True, **headers: str
) -> tuple[int, dict[str, str], str]:
    port = server.server_address[1]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    told = {"Host": f"127.0.0.1:{port}"} | ({"Cookie": f"holdwater-{port}={server.token}"} if known else {})
    connection.putrequest(method, path, skip_host=True)
    for name, value in (told | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        connection.putheader(name, value)
    connection.endheaders()
    reply = connection.getresponse()
    body = reply.read().decode()
    connection.close()
    return reply.status, dict(reply.getheaders()), body


def links(body: str) -> list[str]:
    return re.findall(r'href="(/[^"]*)"', body)


def test_every_page_is_reached_by_links(server: Server) -> None:
    waiting, seen, pages = ["/"], set(), {}
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            status, _, body = ask(server, path)
            assert status == (404 if "<h1>No report" in body else 200), path
            pages[path] = body
            if not path.startswith("/report"):
                waiting += links(body)
    assert len([path for path in seen if path.startswith("/audit/")]) == 7
    assert len([path for path in seen if path.startswith("/site/")]) == 3
    reports = [pages[path] for path in sorted(seen) if path.startswith("/report/")]
    assert len([body for body in reports if "<title>Grade" in body]) == 4, "also without a file beside it"
    assert len([body for body in reports if "cannot" in body or "not " in body]) >= 3
    assert "pending" in pages["/"]
    assert all("<script>alert" not in body for body in pages.values())


def test_the_policy_lets_only_our_own_styles_through(server: Server) -> None:
    for path in ("/", next(link for link in links(ask(server, "/")[2]) if link.startswith("/site/"))):
        _, headers, body = ask(server, path)
        (style,) = re.findall(r"<style>(.*?)</style>", body, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert headers["Content-Security-Policy"].startswith(
            f"default-src 'none'; style-src 'sha256-{digest}'; "
        )
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert "<script" not in body
        assert " style=" not in body
        assert not re.search(r"https?://(?!www\.w3\.org)", body)


def test_a_report_is_shown_under_its_own_policy(server: Server) -> None:
    site = next(link for link in links(ask(server, "/")[2]) if link.startswith("/site/site-"))
    report = next(link for link in links(ask(server, site)[2]) if link.startswith("/report/"))
    status, headers, body = ask(server, report)
    assert status == 200
    assert "Storage audit" in body
    policy = headers["Content-Security-Policy"]
    assert policy.count("sha256-") == 2
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_a_page_that_is_none_of_ours_is_not_shown(server: Server, folder: Path) -> None:
    audit = next(
        one for one in layout.content(folder / "store").audits("site") if "-000-" in one.told["bundle"]
    )
    page = folder / audit.told["bundle"].replace(".evidence.zip", ".html")
    page.write_text("<!doctype html><script>alert(1)</script>")
    try:
        assert ask(server, f"/report/{audit.audit}")[0] == 403
        page.unlink()
        page.symlink_to("/etc/passwd")
        status, _, body = ask(server, f"/report/{audit.audit}")
        assert status == 200, "made from the bundle"
        assert "root:" not in body
    finally:
        page.unlink()


def test_a_report_without_a_file_is_made_once_and_nothing_is_written(folder: Path) -> None:
    site = Site(folder / "store", folder)
    before = sorted((path, path.stat().st_mtime_ns) for path in folder.rglob("*"))
    audit = next(
        one for one in layout.content(folder / "store").audits("site") if "-001-" in one.told["bundle"]
    )
    first = site.page(f"/report/{audit.audit}")
    assert first.status == 200
    assert "Storage audit" in first.body
    assert first.policy.count("sha256-") == 2
    assert site.page(f"/report/{audit.audit}").body is first.body
    assert sorted((path, path.stat().st_mtime_ns) for path in folder.rglob("*")) == before


def test_a_bundle_put_in_the_place_of_another_is_not_shown(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "audits")
    made = tmp_path / "audits"
    one, other = (next(made.glob(f"audit-{week}-*.evidence.zip")) for week in ("000", "001"))
    shutil.copy(other, one)
    audit = next(a for a in layout.content(made / "store").audits("site") if a.told["bundle"] == one.name)
    reply = Site(made / "store", made).page(f"/report/{audit.audit}")
    assert reply.status == 404
    assert "not the bundle that this audit was made of" in reply.body


@pytest.mark.parametrize(
    "host", ["", "evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:{port}", "[::1]:{port}"]
)
def test_another_name_for_us_is_refused(server: Server, host: str) -> None:
    """A page elsewhere may point its own name at this machine; the browser then says that name."""
    status, _, body = ask(server, "/", Host=host.format(port=server.server_address[1]))
    assert (status, body) == (421, "")


def test_without_the_token_there_is_nothing(server: Server) -> None:
    assert ask(server, "/", known=False)[0] == 403
    assert ask(server, "/?token=wrong", known=False)[0] == 403
    assert ask(server, "/", known=False, Cookie="holdwater=x; ;;=")[0] == 403
    assert ask(server, "/", Sec_Fetch_Site="cross-site")[0] == 403
    status, headers, body = ask(server, f"/?token={server.token}", known=False)
    assert (status, headers["Location"], body) == (303, "/", "")
    assert "HttpOnly" in headers["Set-Cookie"]
    assert "SameSite=Strict" in headers["Set-Cookie"]
    assert len(server.token) >= 32


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_it_only_reads(server: Server, method: str) -> None:
    assert ask(server, "/", method=method)[0] == 501


@pytest.mark.parametrize(
    "path",
    [
        "/report/../../secret",
        "/report/secret",
        "/report/%2e%2e%2fsecret",
        "/report/..%5c..%5csecret",
        "//etc/passwd",
        "/site/../../../etc/passwd",
        "/audit/../unit.json",
        "/store/holdwater-store.json",
        "/secret.html",
        "/report/" + "a" * 5000,
        "/report/\x00",
        "/audit/'; DROP TABLE",
    ],
)
def test_no_address_leads_to_a_file(server: Server, path: str) -> None:
    if "\x00" in path or " " in path:
        path = path.replace("\x00", "%00").replace(" ", "%20")
    status, _, body = ask(server, path)
    assert status == 404
    assert "root:" not in body


def test_only_the_loopback_address_listens(server: Server) -> None:
    assert server.server_address[0] == "127.0.0.1"
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in others - {"127.0.0.1"}:
        with socket.socket() as tried:
            tried.settimeout(2)
            assert tried.connect_ex((str(address), server.server_address[1])) != 0 or str(address).startswith(
                "127."
            )


def test_a_store_that_breaks_meanwhile_is_said(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "audits")
    store = tmp_path / "audits" / "store"
    (store / layout.MARKER).write_text('{"format": "holdwater-store", "version": 99}')
    reply = Site(store, tmp_path / "audits").page("/")
    assert reply.status == 500
    assert "another version" in reply.body


def test_the_program_serves_until_it_is_stopped(folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "holdwater", "serve"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "HOLDWATER_AUDITS": str(folder)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a background job ignores it
    )
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{32,}", address)
    port = int(address.split(":")[2].partition("/")[0])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/")
    assert connection.getresponse().status == 403
    connection.close()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in err
