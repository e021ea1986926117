"""Scheduled runs: units that systemd takes, one run at a time, and nobody left in the dark."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from holdwater.cli import cli
from holdwater.run_state import RunState, remember, remembered
from holdwater.schedule_file import Schedule, moments
from holdwater.units import Job, calendar, cron_line, units, windows_task
from tests.mail_server import Sink, free_port, serving, site_toml

TARGET = '[site]\nname = "Werk"\n[[targets]]\naddress = "saved"\n'
ANALYZE = shutil.which("systemd-analyze")


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def port(sink: Sink) -> Iterator[int]:
    with serving(sink) as port:
        yield port


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site of one host, of which an answer was saved."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOLDWATER_AUDITS", str(tmp_path / "audits"))
    case = Path(__file__).parent.parent / "fixtures/collectors/mdstat"
    (tmp_path / "saved/db").mkdir(parents=True)
    shutil.copy(min(case.iterdir()) / "answer.out", tmp_path / "saved/db/mdstat.txt")
    return tmp_path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["schedule", *map(str, arguments)])


def told(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return " ".join(part.get_content().split())


def job(tmp_path: Path, at: str = "Mon,Thu 18:30", **changes: object) -> Job:
    days, hour, minute = moments(at)
    wanted: dict[str, object] = {
        "name": "Werk",
        "site": "Werk 100%",
        "python": sys.executable,
        "config": tmp_path / "a b%$" / "site.toml",
        "audits": Path("/var/lib/holdwater/Werk"),
        "schedule": Schedule(days=days, hour=hour, minute=minute, ping="file:/run/holdwater/ok"),
    }
    return Job(**(wanted | changes))  # type: ignore[arg-type]


def test_a_run_collects_judges_tells_and_pings(folder: Path, sink: Sink, port: int) -> None:
    site_toml(folder, port, more=TARGET + f'[schedule]\nping = "file:{folder}/ok"\n')
    done = run("run", "--fail-on", "never")
    assert done.exit_code == 0, done.output
    names = sorted(path.suffix for path in (folder / "audits").iterdir() if path.name.startswith("Werk"))
    assert names == [".html", ".json", ".zip"]
    ((_, message),) = sink.taken
    assert message["Subject"].startswith("[Werk] ")
    assert (folder / "ok").read_text().startswith("20")
    state = remembered(folder / "audits/.Werk.run.json")
    assert state is not None
    assert (state.status, state.told) == (0, True)
    assert "status 0" in run("show").output


def test_findings_are_a_result(folder: Path, sink: Sink, port: int) -> None:
    site_toml(folder, port, more=TARGET + f'[schedule]\nping = "file:{folder}/ok"\n')
    assert run("run", "--fail-on", "info").exit_code == 1
    assert (folder / "ok").exists()


def test_a_run_that_saw_nothing_says_so_and_pings_nobody(folder: Path, sink: Sink, port: int) -> None:
    nobody = f'[site]\nname = "Werk"\n[[targets]]\naddress = "ssh://root@127.0.0.1:{free_port()}"\n'
    pings = f'[schedule]\nping = "file:{folder}/ok"\nping_failed = "file:{folder}/failed"\n'
    site_toml(folder, port, more=nobody + pings)
    done = run("run")
    assert done.exit_code == 2, done.output
    ((_, message),) = sink.taken
    assert "Audit failed" in message["Subject"]
    assert "127.0.0.1" in told(message)
    assert not (folder / "ok").exists()
    assert (folder / "failed").exists()


def test_undelivered_is_kept_and_sent_by_the_next_run(folder: Path, sink: Sink, port: int) -> None:
    site_toml(folder, port, more=TARGET + f'[schedule]\nping = "file:{folder}/ok"\n')
    sink.answers["RCPT"] = ["550 5.1.1 no such user"]
    assert run("run").exit_code == 2
    assert not (folder / "ok").exists(), "nobody was told: the watch must notice"
    assert len(list((folder / "audits/outbox").iterdir())) == 1
    assert run("run").exit_code in (0, 1)
    assert len(sink.taken) == 2
    assert not list((folder / "audits/outbox").iterdir())


def test_runs_do_not_overlap(folder: Path, sink: Sink, port: int) -> None:
    site_toml(folder, port, more=TARGET)
    (folder / "audits").mkdir()
    lock = os.open(folder / "audits/.Werk.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        state = folder / "audits/.Werk.run.json"
        remember(state, RunState((datetime.now(UTC) - timedelta(hours=1)).isoformat()))
        done = run("run")
        assert done.exit_code == 2
        assert "another run of this site is under way since" in done.output
        assert sink.taken == []
        remember(state, RunState((datetime.now(UTC) - timedelta(days=5)).isoformat()))
        assert run("run").exit_code == 2
        ((_, message),) = sink.taken
        assert "Audit failed" in message["Subject"], "a run that hangs for days is no health"
    finally:
        os.close(lock)


def test_missed_and_broken_runs_are_said(folder: Path, sink: Sink, port: int) -> None:
    site_toml(folder, port, more=TARGET)
    begun = (datetime.now(UTC) - timedelta(days=16)).isoformat()
    remember(folder / "audits/.Werk.run.json", RunState(begun))
    run("run")
    ((_, message),) = sink.taken
    assert "Runs were missed: the one before this was 16 days ago." in told(message)
    assert "broke off before it could tell a result" in told(message)
    run("run")
    assert "missed" not in told(sink.taken[1][1])


def test_what_died_without_a_word_is_told_once(folder: Path, sink: Sink, port: int) -> None:
    site_toml(folder, port, more=TARGET)
    remember(folder / "audits/.Werk.run.json", RunState(datetime.now(UTC).isoformat()))
    assert run("failed").exit_code == 0
    assert "Audit failed" in sink.taken[0][1]["Subject"]
    assert "told by the run itself" in run("failed").output
    assert len(sink.taken) == 1


def test_a_spoilt_record_is_no_record(folder: Path) -> None:
    path = folder / "state.json"
    for text in ("", "[]", '{"begun": 3}', '{"begun": "2026-01-01T00:00:00"}', '{"x": 1}'):
        path.write_text(text)
        assert remembered(path) is None


def test_install_writes_and_remove_takes_away(folder: Path, port: int) -> None:
    site_toml(folder, port, more=TARGET)
    done = run("install", "--folder", folder / "units", "--at", "daily 05:00")
    assert done.exit_code == 0, done.output
    assert "systemctl enable --now holdwater-Werk.timer" in done.output
    names = sorted(path.name for path in (folder / "units").iterdir())
    assert names == ["holdwater-Werk-failed.service", "holdwater-Werk.service", "holdwater-Werk.timer"]
    assert "OnCalendar=*-*-* 05:00:00" in (folder / "units/holdwater-Werk.timer").read_text()
    assert run("remove", "--folder", folder / "units").exit_code == 0
    assert not list((folder / "units").iterdir())
    assert "no schedule of Werk is installed" in run("remove", "--folder", folder / "units").output


def test_the_command_exactly_as_installed_runs(folder: Path, sink: Sink, port: int) -> None:
    site_toml(folder, port, more=TARGET)
    run("install", "--folder", folder / "units")
    text = (folder / "units/holdwater-Werk.service").read_text()
    line = next(one for one in text.splitlines() if one.startswith("ExecStart="))
    place = next(one for one in text.splitlines() if one.startswith("WorkingDirectory="))
    done = subprocess.run(
        line.removeprefix("ExecStart=").split(),
        capture_output=True,
        text=True,
        cwd=place.partition("=")[2],
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    assert len(sink.taken) == 1
    run("install", "--cron", "--folder", folder / "cron")
    line = (folder / "cron/holdwater-Werk").read_text().splitlines()[-1]
    done = subprocess.run(
        ["/bin/sh", "-c", line.split(" ", 6)[6]], capture_output=True, text=True, cwd="/", check=False
    )
    assert done.returncode in (0, 1), done.stderr
    assert len(sink.taken) == 2


def test_broken_settings_are_one_line(folder: Path) -> None:
    assert "needs a site.toml" in run("install").output
    (folder / "site.toml").write_text('[schedule]\nat = "never"\n')
    done = run("install")
    assert (done.exit_code, len(done.output.splitlines())) == (2, 1)


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    place = tmp_path / "a b%$"
    place.mkdir()
    for name, text in units(job(tmp_path)).items():
        (tmp_path / name).write_text(text)
    paths = sorted(map(str, tmp_path.glob("holdwater-*")))
    done = subprocess.run(
        [str(ANALYZE), "verify", "--man=no", *paths], capture_output=True, text=True, check=False
    )
    complaints = [line for line in done.stderr.splitlines() if "holdwater" in line]
    assert complaints == []


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize(
    ("unit", "most"), [("holdwater-Werk.service", 4.5), ("holdwater-Werk-failed.service", 2.5)]
)
def test_exposure_as_systemd_rates_it(tmp_path: Path, unit: str, most: float) -> None:
    for name, text in units(job(tmp_path)).items():
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        [
            str(ANALYZE),
            "security",
            "--offline=true",
            "--json=short",
            f"--threshold={most * 10:.0f}",
            str(tmp_path / unit),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-400:] + done.stderr


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("at", ["Mon 06:00", "Mon,Thu 18:30", "daily 05:00"])
def test_systemd_reads_the_time(at: str) -> None:
    days, hour, minute = moments(at)
    told = calendar(Schedule(days=days, hour=hour, minute=minute))
    subprocess.run([str(ANALYZE), "calendar", told], capture_output=True, check=True)


def test_cron_and_windows(tmp_path: Path) -> None:
    line = cron_line(job(tmp_path)).splitlines()[-1]
    assert line.startswith("30 18 * * 1,4 root cd ")
    assert "\\%" in line
    task = ElementTree.fromstring(windows_task(job(tmp_path)).replace(' encoding="UTF-16"', ""))
    space = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
    days = task.find(".//t:DaysOfWeek", space)
    assert days is not None
    assert [one.tag.partition("}")[2] for one in days] == ["Monday", "Thursday"]
    start = task.find(".//t:StartWhenAvailable", space)
    assert start is not None
    assert start.text == "true"


def test_show_as_json(folder: Path, port: int) -> None:
    site_toml(folder, port, more=TARGET)
    seen = json.loads(run("show", "--json").output)
    assert seen["when"] == "Mon *-*-* 06:00:00"
    assert seen["last"] is None
