"""Webhooks against a server on loopback: shapes, retries, and secrets that stay secret."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from holdwater import site_file, webhook_file
from holdwater.errors import CannotRun
from holdwater.news import News, Outcome
from holdwater.running import Place, _ping, ping, run
from holdwater.schedule_file import DAYS, Schedule
from holdwater.site_file import SiteFile
from holdwater.webhooks import Webhooks
from reports.language import words
from reports.management import management
from reports.notices import NTFY_LONGEST, ntfy, plain, slack, teams
from tests.site_factory import build

AT = datetime(2026, 11, 23, tzinfo=UTC)


class Server(ThreadingHTTPServer):
    """Remembers what was posted; answers as it is told, then 200."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[int] = []
        self.got: list[tuple[str, dict[str, str], Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, dict(self.headers), json.loads(body)))
        status = self.server.answers.pop(0) if self.server.answers else 200
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()

    def do_GET(self) -> None:
        self.server.got.append((self.path, dict(self.headers), None))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as opened:
        thread = threading.Thread(target=opened.serve_forever, daemon=True)
        thread.start()
        yield opened
        opened.shutdown()
        thread.join()


def news() -> News:
    judgement = build().judgement
    return News(SiteFile(), "Werkstatt Nord", AT, Path("x"), judgement)


def failure() -> News:
    return News(SiteFile(), "Werkstatt Nord", AT, reasons=("db: connection refused",))


def send(told: News, **hook: Any) -> list[Outcome]:
    block = {"wait_seconds": 0, "timeout_seconds": 2, **hook}
    return list(Webhooks(webhook_file.understood([block])).send(told))


def test_json_for_machines(server: Server) -> None:
    (outcome,) = send(news(), url=server.url + "/hook")
    assert outcome.delivered
    ((path, headers, told),) = server.got
    assert path == "/hook"
    assert headers["Content-Type"] == "application/json"
    assert told["outcome"] == "judged"
    assert told["grade"] == "C"
    assert told["counts"] == {"critical": 2, "high": 5, "medium": 3, "unknown": 8}
    assert told["restorable"]["unknown"] == 3


def test_a_failure_is_told_as_one(server: Server) -> None:
    for kind, more in (("json", {}), ("ntfy", {"topic": "audits"})):
        (outcome,) = send(failure(), kind=kind, url=server.url, **more)
        assert outcome.delivered
    (_, _, told), (_, _, pushed) = server.got
    assert told["outcome"] == "failed"
    assert "db: connection refused" in told["reasons"]
    assert pushed["priority"] == 5
    assert "Audit failed" in pushed["title"]


def test_chats_get_their_shapes_from_a_secret_address(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_URL", server.url + "/secret-part")
    for kind in ("teams", "slack"):
        (outcome,) = send(news(), kind=kind, url="env:HOOK_URL", link="https://reports.example/")
        assert outcome.delivered
    card, blocks = (told for _, _, told in server.got)
    content = card["attachments"][0]["content"]
    assert (content["type"], content["version"]) == ("AdaptiveCard", "1.4")
    assert content["actions"][0]["url"] == "https://reports.example/"
    assert "0 of 3 systems restorable" in json.dumps(content, ensure_ascii=False)
    assert [block["type"] for block in blocks["blocks"]] == ["header", "section"]


def test_a_token_is_sent_and_a_topic_named(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NTFY_TOKEN", "tk_abc")
    (outcome,) = send(news(), kind="ntfy", url=server.url, topic="audits", token="env:NTFY_TOKEN")
    assert outcome.delivered
    ((_, headers, told),) = server.got
    assert headers["Authorization"] == "Bearer tk_abc"
    assert told["topic"] == "audits"


@pytest.mark.parametrize(
    ("answers", "delivered", "asked"),
    [([500, 429], True, 3), ([503] * 9, False, 4), ([404], False, 1), ([302], False, 1)],
)
def test_what_is_temporary_is_tried_again(
    server: Server, answers: list[int], delivered: bool, asked: int
) -> None:
    server.answers = list(answers)
    (outcome,) = send(news(), url=server.url, name="watch")
    assert outcome.delivered is delivered
    assert len(server.got) == asked
    assert delivered or outcome.told == f"it answered {answers[0]}"


def test_one_that_is_down_keeps_no_other_from_it(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOWN", "http://127.0.0.1:9/secret-part")
    hooks = webhook_file.understood(
        [
            {"kind": "slack", "url": "env:DOWN", "wait_seconds": 0, "attempts": 2},
            {"kind": "teams", "url": "env:HOLDWATER_NOT_SET"},
            {"url": server.url},
        ]
    )
    outcomes = list(Webhooks(hooks).send(news()))
    assert [one.delivered for one in outcomes] == [False, False, True]
    assert outcomes[0].told == "it is not reached"
    assert "HOLDWATER_NOT_SET" in outcomes[1].told
    assert "secret-part" not in "".join(one.told for one in outcomes)


def test_hostile_names_are_only_characters() -> None:
    page = management(build(hosts=12, findings=120, hostile=True).judgement, words())
    card = json.dumps(teams(page), ensure_ascii=False)
    for evil in ("\u202e", "\\u001b"):
        assert evil not in card + json.dumps(slack(page), ensure_ascii=False)
    for block in teams(page)["attachments"][0]["content"]["body"]:
        assert not any(f"]{'('}" in block["text"].replace("\\]\\(", "") for _ in (1,))
    assert len(ntfy(page, "t")["message"].encode()) <= NTFY_LONGEST
    assert plain(page)["schema"] == 1
    assert len(slack(page)["blocks"][1]["text"]["text"]) <= 3000


def test_a_ping_asks_its_url_once_and_says_nothing_of_the_site(server: Server) -> None:
    ping(f"{server.url}/0123-secret", AT)
    ((path, headers, body),) = server.got
    assert (path, body) == ("/0123-secret", None)
    assert "Werkstatt" not in str(headers)


def test_a_ping_that_is_not_taken_is_said_without_its_url(server: Server) -> None:
    server.answers = [500]
    with pytest.raises(CannotRun) as told:
        ping(f"{server.url}/0123-secret", AT)
    assert "not taken" in told.value.message
    assert "secret" not in told.value.message
    with pytest.raises(CannotRun) as told:
        ping("http://127.0.0.1:1/0123-secret", AT)
    assert "secret" not in told.value.message


def test_a_ping_takes_its_url_from_the_environment(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCH", f"{server.url}/from-there")
    ping("env:WATCH", AT)
    assert [path for path, _, _ in server.got] == ["/from-there"]


def test_a_good_run_pings_one_address_and_a_bad_one_the_other(server: Server) -> None:
    said: list[str] = []
    schedule = Schedule(ping=f"{server.url}/good", ping_failed=f"{server.url}/bad")
    _ping(schedule, True, said.append)
    _ping(schedule, False, said.append)
    _ping(Schedule(), True, said.append)
    server.answers = [404]
    _ping(schedule, True, said.append)
    assert [path for path, _, _ in server.got] == ["/good", "/bad", "/good"]
    assert len(said) == 1


def test_a_ping_to_a_file_leaves_its_time(tmp_path: Path) -> None:
    ping(f"file:{tmp_path / 'ok'}", AT)
    assert (tmp_path / "ok").read_text() == f"{AT.isoformat()}\n"
    with pytest.raises(CannotRun, match="could not be written"):
        ping(f"file:{tmp_path / 'not' / 'ok'}", AT)


SOUND = """Personalities : [raid1]
md0 : active raid1 sdb1[1] sda1[0]
      1000 blocks super 1.2 [2/2] [UU]

unused devices: <none>
"""
DEAD = """Personalities : [raid6] [raid5] [raid4]
md0 : inactive sdb1[1](S) sda1[0](S)
      2000 blocks super 1.2

unused devices: <none>
"""


def test_scheduled_runs_alert_once_between_regular_messages(server: Server, tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    saved.mkdir()
    other_day = DAYS[(datetime.now().astimezone().weekday() + 3) % 7]
    config = tmp_path / "site.toml"
    config.write_text(
        f"""[[targets]]
address = "{saved}"
[schedule]
at = "daily 06:00"
report = "{other_day}"
[[webhooks]]
name = "hook"
url = "{server.url}/x"
""",
        "utf-8",
    )
    settings, place = site_file.load(config), Place(tmp_path / "audits", "nord")
    heard = []
    for state in (SOUND, SOUND, DEAD, DEAD):
        (saved / "mdstat").write_text(state, "utf-8")
        server.got.clear()
        assert run(settings, config, place, fail_on="never", say=lambda _: None) == 0
        heard.append([told["outcome"] for _, _, told in server.got])
    assert heard == [["judged"], [], ["alert"], []]
