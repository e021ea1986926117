"""The commands, as they are typed."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from collectors.asking import collect
from collectors.bundle import BundleWriter
from collectors.collector import load
from holdwater.cli import cli
from tests.canned import CannedTarget, host

Run = Callable[..., Result]


@pytest.fixture(scope="session")
def sick_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hosts; the first disk of db has reallocated sectors."""
    path = tmp_path_factory.mktemp("audits") / "office-20261123T0800Z.evidence.zip"
    hosts = {"db": host("db", sick=lambda number: number == 0), "web": host("web")}
    writer = BundleWriter(path, site="office", tool="test")
    targets = [CannedTarget(name, answers) for name, answers in hosts.items()]
    asyncio.run(collect(targets, list(load().values()), writer))
    return writer.path


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sick_bundle: Path) -> Run:
    """Run a command in an empty folder; the latest audit is the sick one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOLDWATER_AUDITS", str(sick_bundle.parent))

    def invoke(*arguments: object, stdin: bytes | None = None) -> Result:
        return CliRunner().invoke(cli, [str(one) for one in arguments], input=stdin)

    return invoke


def test_analyze_tells_the_sick_disk(run: Run) -> None:
    done = run("analyze")
    assert done.exit_code == 1, done.output
    assert "/dev/sda" in done.output
    assert run("analyze", "--fail-on", "never").exit_code == 0


def test_analyze_json(run: Run, sick_bundle: Path) -> None:
    told = json.loads(run("analyze", sick_bundle, "--json").stdout)
    assert told["schema"] == 1
    assert told["targets"] == ["db", "web"]
    rules = {f["rule"] for f in told["findings"] if f["target"] == "db" and f["outcome"] == "fail"}
    assert "smart/reallocated-sectors" in rules
    finding = next(f for f in told["findings"] if f["rule"] == "smart/reallocated-sectors")
    assert finding["evidence"][0]["argv"][0] == "smartctl"
    assert finding["limits"]


def test_the_same_twice(run: Run) -> None:
    assert run("analyze", "--json").output == run("analyze", "--json").output


def test_report(run: Run, tmp_path: Path) -> None:
    done = run("report", "-o", tmp_path / "office.html")
    assert done.exit_code == 0, done.output
    page = (tmp_path / "office.html").read_text("utf-8")
    assert "smart/reallocated-sectors" in page
    assert "office" in page


def test_show(run: Run) -> None:
    told = json.loads(run("show", "drive", "--where", "device == '/dev/sda'", "--json").stdout)
    assert [row["target"] for row in told] == ["db", "web"]
    table = run("show", "drive", "--columns", "device,serial", "--sort", "-device").output.splitlines()
    assert table[0].split() == ["device", "serial"]
    assert table[1].startswith("/dev/sdb")
    assert run("show", "drive", "--csv").output.startswith("target,drive,device")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["show", "drives"], "did you mean drive?"),
        (["show", "drive", "--where", "nothing > 1"], "there is no column 'nothing'"),
        (["show", "drive", "--where", "open('x')"], "not allowed"),
        (["show", "drive", "missing.evidence.zip"], "missing.evidence.zip"),
        (["rules", "smart/pending-sector"], "did you mean smart/pending-sectors?"),
        (["explain", "smart/reallocated-sectors:nothing-like-it"], "judged nothing like"),
        (["analyze", "missing.evidence.zip"], "missing.evidence.zip"),
        (["audit", "ftp://somewhere"], "ftp://somewhere"),
        (["collect", "telnet://x"], "no target"),
        (["report", "/dev/null"], "bundle"),
    ],
)
def test_one_line_and_status_2(run: Run, arguments: list[str], told: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2, done.output
    assert told in done.output
    assert len(done.output.strip().splitlines()) == 1
    assert "Traceback" not in done.output


def test_explain_shows_row_limits_and_raw_answer(run: Run) -> None:
    done = run("explain", "smart/reallocated-sectors:/dev/sda")
    assert done.exit_code == 0, done.output
    for part in ("verdict", "limit", "row", "evidence", "smartctl --json=c", "| "):
        assert part in done.output
    told = json.loads(run("explain", "smart/reallocated-sectors:/dev/sda", "--json").stdout)
    assert {f["target"] for f in told["findings"]} == {"db", "web"}
    assert all(f["excerpts"][0] for f in told["findings"])


def test_tables_and_rules(run: Run) -> None:
    assert "drive_attribute" in run("tables").output
    assert "serial" in run("tables", "drive").output
    assert "smart/pending-sectors" in run("rules").output
    assert "Why it matters" in run("rules", "smart/pending-sectors").output
    assert json.loads(run("rules", "--json").stdout)
    assert json.loads(run("tables", "--json").stdout)


def test_plan(run: Run) -> None:
    text = run("plan", "ssh://auditor@db1").output
    assert "ssh://auditor@db1" in text
    assert "smartctl --json=c --scan-open" in text
    assert "NOPASSWD" in text
    assert json.loads(run("plan", "--json").stdout)["commands"]
    lines = run("plan", "--sudoers", "auditor").output
    assert lines.startswith("# /etc/sudoers.d/holdwater")
    # in a line of sudoers a # begins a comment, also within a regular expression
    assert not [one for one in lines.splitlines() if "#" in one and not one.startswith("#")]
    # sudoers(5): a longer regular expression is taken and never matches
    assert max(len(one.partition("^")[2]) for one in lines.splitlines()) < 1024


def test_plan_lists_every_command_that_was_asked(run: Run, sick_bundle: Path) -> None:
    listed = json.loads(run("bundle", "list", sick_bundle, "--json").stdout)
    planned = [one["command"].split() for one in json.loads(run("plan", "--json").stdout)["commands"]]
    for entry in listed:
        argv = entry["command"].split()
        assert any(_fits(argv, words) for words in planned), entry["command"]


def _fits(argv: list[str], words: list[str]) -> bool:
    return len(argv) == len(words) and all("{" in w or a == w for a, w in zip(argv, words, strict=True))


def test_bundle(run: Run, sick_bundle: Path, tmp_path: Path) -> None:
    assert run("bundle", "verify", sick_bundle).exit_code == 0
    assert "smartctl" in run("bundle", "list", sick_bundle).output
    assert run("bundle", "extract", sick_bundle, tmp_path / "out").exit_code == 0
    assert list((tmp_path / "out").rglob("*"))
    changed = tmp_path / "changed.evidence.zip"
    raw = bytearray(sick_bundle.read_bytes())
    raw[len(raw) // 2] ^= 1
    changed.write_bytes(raw)
    assert run("bundle", "verify", changed).exit_code == 1
    refused = run("analyze", changed)
    assert refused.exit_code == 2
    assert "--salvage" in refused.output


def test_read_one_saved_file(run: Run, tmp_path: Path) -> None:
    answers = host("nas", sick=lambda _: True)
    saved = tmp_path / "mail attachment.txt"
    saved.write_bytes(next(raw for argv, raw in answers.items() if argv[-1] == "/dev/sda"))
    told = json.loads(run("read", saved, "--json").stdout)
    assert told["kind"] == "smartctl-json"
    assert told["facts"]["drive"]
    assert any(f["rule"] == "smart/reallocated-sectors" for f in told["findings"])
    assert run("read", "-", stdin=saved.read_bytes()).exit_code == 1
    assert run("read", "--kinds").output.count("\n") > 5


@pytest.mark.parametrize("raw", [b"", b"hello\n", b"\x00\xff" * 5000, b"{", b"<html></html>"])
def test_read_refuses_what_it_does_not_know(run: Run, tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "x").write_bytes(raw)
    done = run("read", tmp_path / "x", "--json")
    assert done.exit_code == 2
    assert len(done.output.strip().splitlines()) == 1


def test_init(run: Run, tmp_path: Path) -> None:
    assert run("init", "--site", 'a "b"').exit_code == 0
    assert run("init").exit_code == 2
    assert (tmp_path / "site.toml").exists()
    assert run("plan").exit_code == 0


def test_limits_of_the_site_are_used_and_checked(run: Run, tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text('[limits."smart/age-hdd"]\nno_such = 1\n')
    done = run("analyze")
    assert done.exit_code == 2
    assert "no_such" in done.output


def test_doctor(run: Run) -> None:
    done = run("doctor", "--json")
    assert {one["name"] for one in json.loads(done.stdout)} >= {"rights", "smartctl", "block", "smart", "ssh"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(run: Run, shell: str) -> None:
    assert "_HOLDWATER_COMPLETE" in run("completion", shell).output


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("holdwater rec", "recovery-plan"),
        ("holdwater rules smart/pend", "smart/pending-sectors"),
        ("holdwater waive raid/degr", "raid/degraded"),
        ("holdwater tables dri", "drive_attribute"),
        ("holdwater show file", "filesystem"),
        ("holdwater show filesystem --sort free", "free_percent"),
        ("holdwater show filesystem --columns device,fs", "device,fs_type"),
        ("holdwater read --as mds", "mdstat"),
        ("holdwater report --format sar", "sarif"),
    ],
)
def test_the_shell_is_offered_names(typed: str, offered: str) -> None:
    from click.shell_completion import BashComplete

    *before, last = typed.split()[1:]
    completion = BashComplete(cli, {}, "holdwater", "_HOLDWATER_COMPLETE")
    assert offered in {one.value for one in completion.get_completions(before, last)}


def test_a_damaged_bundle_is_listed_and_extracted_as_its_message_says(
    run: Run, sick_bundle: Path, tmp_path: Path
) -> None:
    raw = sick_bundle.read_bytes()
    cut = tmp_path / "cut.evidence.zip"
    cut.write_bytes(raw[: len(raw) * 2 // 3])
    assert "--salvage" in run("bundle", "list", cut).output
    listed = run("bundle", "list", cut, "--salvage")
    assert listed.exit_code == 0, listed.output
    assert "smartctl" in listed.output
    assert run("bundle", "extract", cut, tmp_path / "raw", "--salvage").exit_code == 0
    assert list((tmp_path / "raw").rglob("*-smartctl.out"))


def test_a_word_near_a_rule_is_suggested(run: Run) -> None:
    assert "(did you mean smart/pending-sectors?)" in run("rules", "smart/pending-sector").output
    assert "(did you mean smart?)" in run("rules", "smrt").output


@pytest.mark.parametrize("command", ["show", "tables"])
def test_a_table_of_the_store_is_pointed_to(run: Run, command: str) -> None:
    done = run(command, "best_action")
    assert done.exit_code == 2
    assert "holdwater query best_action" in done.output
