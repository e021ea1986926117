"""Questions to a real store: every saved one, in every format, and nothing but questions."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from holdwater.commands.query import answered
from holdwater.query_shell import Shell, completer, matching, words
from holdwater.saved_queries import queries, with_values
from holdwater.store import asking, rebuilding
from holdwater.store.asking import Asked, QuestionError
from reports.answers import FORMATS, written
from tests.store_sites import guests, weeks

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Audits of two sites: one canned host for four weeks, sick in the last two; one with guests."""
    made = tmp_path_factory.mktemp("audits")
    list(weeks(made, 4, sick=lambda week: week >= 2))
    rebuilding.rebuild(made / "store", made)
    guests(made / "store")
    return made


@pytest.fixture
def asked(folder: Path) -> Asked:
    return asking.opened(folder / "store")


def holdwater(folder: Path, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "holdwater", *arguments],
        capture_output=True,
        text=True,
        input=typed,
        cwd=ROOT,
        env={**os.environ, "HOLDWATER_AUDITS": str(folder)},
        check=False,
    )


def test_there_are_twenty_questions_with_a_line_each() -> None:
    assert len(queries()) >= 20
    assert all(one.about and len(one.about) < 100 for one in queries().values())


NOTHING_HERE = {"stale"}
"""Questions to which these two sites rightly have no answer."""


@pytest.mark.parametrize("name", queries())
def test_every_saved_question_is_answered(asked: Asked, name: str) -> None:
    answer = answered(asked, name)
    assert answer.names
    assert bool(answer.rows) is (name not in NOTHING_HERE)


def test_saved_questions_say_what_is_so(asked: Asked) -> None:
    fill = {row["mountpoint"]: row for row in answered(asked, "filling").dicts()}
    assert fill["/srv"]["gigabytes_a_day"] == pytest.approx(20)
    assert fill["/srv"]["days_to_full"] == pytest.approx(10)
    assert {row["site"] for row in answered(asked, "grades").dicts()} == {"guests", "site"}
    assert answered(asked, "unreached").dicts()[0]["target"] == "lost"
    open_faults = [row for row in answered(asked, "long-open").dicts() if row["site"] == "site"]
    since = {row["rule"]: row["audits"] for row in open_faults}
    assert since["smart/pending-sectors"] == 2
    assert answered(asked, "new").rows
    assert len(answered(asked, "old-drives", ("years=0",)).rows) == 2
    assert answered(asked, "old-drives", ("years=90",)).rows == ()


def test_a_table_is_the_newest_audit_and_all_is_every(asked: Asked) -> None:
    assert len(answered(asked, "SELECT DISTINCT audit_id FROM finding").rows) == 2
    assert len(answered(asked, "SELECT DISTINCT audit_id FROM all_finding").rows) == 20
    assert len(answered(asked, "SELECT DISTINCT audit_id FROM all_drive").rows) == 4


def test_one_site_and_an_earlier_audit(folder: Path) -> None:
    one = asking.opened(folder / "store", site="site", audit="2026-12-01")
    told = answered(one, "SELECT site, audit_at FROM audit").rows
    assert [(site, f"{at:%Y-%m-%d}") for site, at in told] == [("site", "2026-12-01")]
    assert not answered(
        one, "SELECT * FROM finding WHERE rule = 'smart/pending-sectors' AND outcome = 'fail'"
    ).rows


def test_a_table_that_no_audit_has_is_empty_and_has_its_columns(asked: Asked) -> None:
    answer = answered(asked, "SELECT pool, state FROM zpool_status")
    assert (answer.names, answer.rows) == (("pool", "state"), ())
    assert answered(asked, "FROM all_zpool_status").names[:3] == ("site", "audit_at", "target")


def test_columns_are_explained(asked: Asked) -> None:
    sql = "SELECT comment FROM duckdb_columns() WHERE table_name = 'drive' AND column_name = 'serial'"
    assert answered(asked, sql).rows == (("Serial number",),)
    assert ("drive",) in answered(asked, "SHOW TABLES").rows


REFUSED = (
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM read_parquet('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM '/etc/hosts.csv'",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM read_json('https://127.0.0.1/x.json')",
    "COPY (SELECT 1) TO '{place}/x.csv'",
    "COPY finding TO '{place}/x.parquet'",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{place}/x.csv'",
    "EXPORT DATABASE '{place}'",
    "IMPORT DATABASE '{place}'",
    "ATTACH '{place}/x.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "RESET enable_external_access",
    "PRAGMA database_list",
    "CREATE TABLE x AS SELECT 1",
    "CREATE MACRO f() AS 1",
    "DELETE FROM finding",
    "UPDATE finding SET rule = 'x'",
    "DROP VIEW finding",
    "CALL pragma_version()",
    "CHECKPOINT",
    "SELECT 1; COPY (SELECT 1) TO '{place}/x.csv'",
    "SELECT 1; SELECT 2",
    "",
    ";",
    "SELECT",
)


@pytest.mark.parametrize("sql", REFUSED)
def test_nothing_but_questions(asked: Asked, tmp_path: Path, sql: str) -> None:
    with pytest.raises(QuestionError) as refused:
        asking.ask(asked, sql.format(place=tmp_path))
    assert "\n" not in refused.value.message
    assert list(tmp_path.iterdir()) == []


def test_a_question_may_not_write_over_the_files_it_reads(folder: Path, asked: Asked) -> None:
    (path,) = asked.files("zfs_pool", every=True)[0] or asked.files("audit", every=False)[0][:1]
    before = path.read_bytes()
    with pytest.raises(QuestionError):
        asking.ask(asked, f"EXPLAIN ANALYZE (COPY audit TO '{path}' (use_tmp_file false))")
    with pytest.raises(QuestionError):
        asking.ask(asked, f"COPY audit TO '{path}' (use_tmp_file false)")
    assert path.read_bytes() == before


def test_mistakes_are_met_with_what_was_meant(asked: Asked) -> None:
    with pytest.raises(QuestionError, match="did you mean drive"):
        asking.ask(asked, "SELECT * FROM dirve")
    with pytest.raises(QuestionError, match='"serial"'):
        asking.ask(asked, "SELECT seral FROM drive")
    with pytest.raises(QuestionError, match="double quotes"):
        asking.ask(asked, "SELECT * FROM array")


HOSTILE = [
    {"name": '=1+1|<b>"x"\x1b[31m\u202e', "count": 2, "at": None},
    {"name": "a\nb", "count": None, "at": 1.5},
]


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_holds_hostile_text(format: str) -> None:
    text = written(HOSTILE, (), format)
    match format:
        case "json":
            assert [row["count"] for row in json.loads(text)] == [2, None]
        case "ndjson":
            assert [json.loads(line)["count"] for line in text.splitlines()] == [2, None]
        case "csv":
            rows = list(csv.DictReader(io.StringIO(text)))
            assert rows[0]["name"].startswith("'=1+1")
        case "markdown":
            assert all(line.count("|") - line.count("\\|") == 4 for line in text.splitlines())
        case "table":
            assert len(text.splitlines()) == 3
    if format not in ("json", "ndjson"):
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_no_rows_in_every_format() -> None:
    assert [written([], ("a", "b"), one) for one in FORMATS] == [
        "no rows", "a,b", "[]", "", "| a | b |\n|---|---|"
    ]  # fmt: skip


def test_as_a_shell_would_ask(folder: Path) -> None:
    piped = holdwater(folder, "query", "-", "--format", "ndjson", typed="SELECT 6 * 7 AS answer;")
    assert (piped.returncode, piped.stdout) == (0, '{"answer": 42}\n')
    assert holdwater(folder, "query", "drive", "--json").returncode == 0
    listed = json.loads(holdwater(folder, "query", "--list", "--json").stdout)
    assert {one["name"] for one in listed} == set(queries())
    wrong = holdwater(folder, "query", "SELECT * FROM read_csv('/etc/passwd')")
    assert (wrong.returncode, wrong.stdout, len(wrong.stderr.splitlines())) == (2, "", 1)
    nothing = holdwater(folder / "elsewhere", "query", "worst")
    assert nothing.returncode == 2
    assert "no audit in the store" in nothing.stderr


def test_find_and_top(folder: Path) -> None:
    found = json.loads(holdwater(folder, "find", "DC01", "--json").stdout)
    assert {"guest", "guest_disk"} <= {row["table"] for row in found}
    assert {row["value"] for row in found if row["column"] == "name" and row["table"] == "guest"} == {"DC01"}
    assert holdwater(folder, "find", "nowhere-at-all").returncode == 1
    top = json.loads(holdwater(folder, "top", "--json", "-n", "3").stdout)
    assert len(top) == 3
    assert top[0]["severity"] == "critical"
    assert len({(row["site"], row["target"], row["label"]) for row in top}) == 3
    assets = json.loads(holdwater(folder, "top", "--assets", "--json").stdout)
    places = [["F", "U", "E", "D", "C", "B", "A", "A+"].index(row["grade"]) for row in assets]
    assert places == sorted(places)
    assert {(row["site"], row["target"]) for row in assets} == {
        ("guests", "DC01"), ("guests", "hyper"), ("site", "db")
    }, "a site is none of its systems"  # fmt: skip
    guest, *others = assets
    assert (guest["target"], guest["grade"]) == ("DC01", "F")
    assert guest["number"] < guest["high"] < 20, "what nobody looked at cannot better what is proven"
    assert "is its only recovery point" in guest["worst"]
    worst = {row["target"]: row["worst"] for row in others}
    assert "unreadable" in worst["db"]
    assert "DC01" not in worst["hyper"]


def test_a_damaged_file_is_said_in_one_line(folder: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(folder, tmp_path / "audits")
    for path in (tmp_path / "audits" / "store").rglob("drive.parquet"):
        path.write_bytes(b"PAR1" + bytes(200))
    done = holdwater(tmp_path / "audits", "query", "SELECT serial FROM drive")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "store verify" in done.stderr
    assert holdwater(tmp_path / "audits", "query", "SELECT rule FROM finding").returncode == 0


def test_own_questions_beside_the_site_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "queries.toml").write_text('[mine]\nsql = "SELECT $n AS n"\nvalues = { n = 3 }\n')
    assert queries()["mine"].sql == "SELECT $n AS n"
    assert with_values(queries()["mine"], {"n": "4"}) == {"n": 4}
    (tmp_path / "queries.toml").write_text("[mine]\nslq = 1\n")
    with pytest.raises(Exception, match="sql"):
        queries()


def test_the_shell_takes_questions_over_several_lines(
    asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = Shell(asked, "json")
    for line in ("SELECT 1 AS a,", "2 AS b;", ".format csv", "SELECT 3 AS c;", "SELECT nothing;", ".tables"):
        shell.take(line)
    told = capsys.readouterr()
    assert json.loads(told.out[: told.out.index("]") + 1]) == [{"a": 1, "b": 2}]
    assert "c\n3\n" in told.out
    assert "all_" not in told.out
    assert "nothing" in told.err
    shell.take(".quit")
    assert shell.ended


def test_the_shell_completes(asked: Asked) -> None:
    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document

    told = words(asked)
    assert {"drive", "all_drive", "power_on_hours", "SELECT", "old-drives"} <= told.keys()
    assert "Serial" in told["serial"]
    assert matching(told, "power_on") == ["power_on_hours"]
    found = completer(told).get_completions(Document("SELECT power_on"), CompleteEvent())
    assert [one.text for one in found] == ["power_on_hours"]


def test_the_shell_in_a_terminal(folder: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "HOLDWATER_AUDITS": str(folder), "HOME": str(tmp_path), "TERM": "xterm"}
    process = subprocess.Popen(
        [sys.executable, "-m", "holdwater", "query"], stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT,
        env=environment,
    )  # fmt: skip
    os.close(theirs)
    told = b""
    typed = [(b"holdwater>", b"SELECT 6 * 7 AS found;\r"), (b"42", b".quit\r")]
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        if select.select([ours], [], [], 0.2)[0]:
            try:
                told += os.read(ours, 65536)
            except OSError:
                break
        if typed and typed[0][0] in told:
            os.write(ours, typed.pop(0)[1])
    assert process.wait(10) == 0
    os.close(ours)
    assert not typed
