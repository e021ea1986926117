"""Waivers: what they move and what not, when they end, and how they are written."""

from __future__ import annotations

import dataclasses
import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from analyzer.engine import LimitError
from analyzer.finding import Finding, Waiver
from analyzer.waivers import a_year_after, names, standing, waived
from holdwater import api, site_file, waivers
from holdwater.cli import cli
from holdwater.errors import CannotRun
from reports import json as told_json
from reports import terminal
from reports.html import render
from tests.recorded import BUNDLES, SUFFIX
from tests.site_factory import build

BUNDLE = BUNDLES / f"md-degraded{SUFFIX}"
AT = datetime(2026, 11, 23, 10, 22, tzinfo=UTC)


def waiver(**changed: Any) -> Waiver:
    told = {"rule": "raid/monitor-off", "target": "lab-md", "by": "Eva Lang", "reason": "test machine"}
    return Waiver(**{**told, "until": date(2027, 3, 31), **changed})


def test_a_waived_fault_leaves_the_counts_and_stays_listed() -> None:
    before, after = api.judge(BUNDLE), api.judge(BUNDLE, waivers=[waiver()])
    assert after.counts()["high"] == before.counts()["high"] - 1
    assert after.counts()["waived"] == 1
    (left,) = [f for f in after.findings if f.outcome == "waived"]
    assert (left.rule, left.waiver) == ("raid/monitor-off", waiver())
    assert left not in list(after.failed())
    assert [(one.standing, one.count) for one in after.waivers] == [("in-force", 1)]


def test_a_waiver_makes_no_fault_better_than_it_is() -> None:
    """Number, range, grade, caps and pillars are those of the fault; only no mending is asked for."""
    everything = [waiver(rule=f.rule) for f in api.judge(BUNDLE).failed()]
    before, after = api.judge(BUNDLE).score, api.judge(BUNDLE, waivers=everything).score
    assert after.actions == ()
    assert dataclasses.replace(after, actions=()) == dataclasses.replace(before, actions=())


@pytest.mark.parametrize(
    ("until", "outcome", "told"),
    [
        (date(2026, 11, 22), "fail", "expired"),
        (date(2026, 11, 23), "waived", "in-force"),
        (date(2027, 11, 23), "waived", "in-force"),
        (date(2027, 11, 24), "fail", "too-far"),
    ],
)
def test_it_holds_to_its_last_day_and_at_most_a_year(until: date, outcome: str, told: str) -> None:
    fault = Finding(rule="raid/monitor-off", outcome="fail", severity="high", target="lab-md", subject="m")
    (found,), (applied,) = waived([fault], [waiver(until=until)], AT)
    assert (found.outcome, applied.standing) == (outcome, told)
    assert found.waiver is not None


def test_a_leap_day_has_a_year_too() -> None:
    assert a_year_after(date(2028, 2, 29)) == date(2029, 2, 28)


@pytest.mark.parametrize(
    ("changed", "held"),
    [
        ({}, True),
        ({"target": "lab-m"}, False),
        ({"target": "", "subject": "wwn:1"}, True),
        ({"target": "", "subject": "/dev/sda"}, True),
        ({"subject": "/dev/sd"}, False),
        ({"rule": "raid/monitor"}, False),
    ],
)
def test_scope_is_exact(changed: dict[str, str], held: bool) -> None:
    fault = Finding(
        rule="raid/monitor-off",
        outcome="fail",
        severity="high",
        target="lab-md",
        subject="wwn:1",
        label="/dev/sda",
    )
    assert names(waiver(**changed), fault) is held


def test_only_faults_are_waived() -> None:
    checks = [
        Finding(rule="raid/monitor-off", outcome=outcome, severity="high", target="lab-md", subject="m")
        for outcome in ("pass", "unknown", "error")
    ]
    found, (applied,) = waived(checks, [waiver()], AT)
    assert found == checks
    assert applied.standing == "matches-nothing"


def test_the_waiver_that_holds_wins_over_one_that_ran_out() -> None:
    fault = Finding(rule="raid/monitor-off", outcome="fail", severity="high", target="lab-md", subject="m")
    old = waiver(until=date(2026, 1, 1))
    (found,), told = waived([fault], [old, waiver()], AT)
    assert (found.outcome, found.waiver) == ("waived", waiver())
    assert [one.standing for one in told] == ["expired", "in-force"]
    assert standing(old, AT.date(), 0) == "matches-nothing"


def test_a_waiver_of_no_rule_is_refused() -> None:
    with pytest.raises(LimitError, match="there is no such rule"):
        api.judge(BUNDLE, waivers=[waiver(rule="raid/no-such")])


def test_every_report_prints_who_why_and_until_when() -> None:
    late = waiver(rule="blind-spot/no-criticality", until=date(2026, 10, 1), by="Jan <b>")
    idle = waiver(rule="power/on-battery")
    judgement = api.judge(BUNDLE, waivers=[waiver(), late, idle])
    page = render(judgement, {}, lambda _: "")
    for said in (
        "Eva Lang",
        "test machine",
        "31 Mar 2027",
        "in force, 1 finding",
        "Jan &lt;b&gt;",
        "expired: the fault counts again",
        "matches no fault of this audit",
        "1 waiver not in force: 1 fault counted again.",
    ):
        assert said in page, said
    text = terminal.summary(judgement, width=100)
    assert "1 waiver not in force: 1 fault counted again. No fault was found for 1 waiver." in text
    assert "1 waived" in text
    told = json.loads(told_json.dumps(told_json.judgement(judgement)))
    assert [one["standing"] for one in told["waivers"]] == ["in-force", "expired", "matches-nothing"]
    assert {one["until"] for one in told["waivers"]} == {"2027-03-31", "2026-10-01"}


def test_nothing_is_said_of_waivers_where_there_are_none() -> None:
    built = build()
    assert 'id="waived"' not in render(built.judgement, built.manifest, lambda _: "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('rule = "a/b"\ntarget = "t"\nby = "x"\nreason = "y"', "until must be a day"),
        ('rule = "a/b"\ntarget = "t"\nby = "x"\nreason = "y"\nuntil = 2027-01-01T00:00:00', "until must be"),
        ('rule = "a/b"\ntarget = "t"\nby = "x"\nreason = "y"\nuntil = "soon"', "until must be a day"),
        ('rule = "a/b"\nby = "x"\nreason = "y"\nuntil = 2027-01-01', "a target, a subject or both"),
        ('rule = "a/b"\ntarget = "t"\nreason = "y"\nuntil = 2027-01-01', "by is missing"),
        ('rule = "a/b"\ntarget = "t"\nby = " "\nreason = "y"\nuntil = 2027-01-01', "by is missing"),
        ('target = "t"\nby = "x"\nreason = "y"\nuntil = 2027-01-01', "waiver of no rule: rule is missing"),
        ('rule = 3\ntarget = "t"', "must be text"),
        ('rules = "a/b"', "'rules' is not known"),
    ],
)
def test_a_block_that_says_too_little(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "site.toml"
    path.write_text(f"[[waivers]]\n{text}\n", "utf-8")
    with pytest.raises(CannotRun, match=said):
        site_file.load(path)


def test_what_is_written_is_read_back_and_comments_stay(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    before = '# of 2024\r\n[site]\r\nname = "Büro" # ours'
    path.write_bytes(before.encode())
    os.chmod(path, 0o640)
    hard = waiver(subject='a "b"\\ \x1b\x7f\n[[x]]', reason="it's = # näh")
    for one in (waiver(), hard):
        waivers.append(path, one)
    assert site_file.load(path).waivers == (waiver(), hard)
    assert path.read_bytes().decode().startswith(before)
    assert path.stat().st_mode & 0o777 == 0o640
    assert [one.name for one in tmp_path.iterdir()] == ["site.toml"]


def run(*words: str) -> Any:
    return CliRunner().invoke(cli, ["waive", *words], catch_exceptions=False)


WHO = ("--by", "Eva Lang", "--reason", "test machine")


def test_the_command_writes_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    day = (datetime.now(UTC).date() + timedelta(days=90)).isoformat()
    done = run("raid/monitor-off:mdadm", "--target", "lab-md", *WHO, "--until", day)
    assert done.exit_code == 0, done.output
    (told,) = site_file.load(None).waivers
    assert (told.rule, told.subject, told.target) == ("raid/monitor-off", "mdadm", "lab-md")
    again = run("raid/monitor-off:mdadm", "--target", "lab-md", *WHO, "--until", day)
    assert again.exit_code == 2
    assert "stands there already" in again.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("raid/monitor-of", "--target", "t"), "did you mean raid/monitor-off?"),
        (("raid/monitor-off",), "a target, a subject or both"),
        (("raid/monitor-off", "--target", "t", "--until", "2020-01-01"), "that day has passed"),
        (("raid/monitor-off", "--target", "t", "--until", "2999-01-01"), "at most twelve months"),
        (("raid/monitor-off", "--target", "t", "--until", "2027-02-30"), "there is no such day"),
        (("raid/monitor-off", "--target", "t", "--until", "soon"), "is wanted"),
    ],
)
def test_the_command_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    tomorrow = (datetime.now(UTC).date() + timedelta(days=1)).isoformat()
    done = run(*words, *WHO, *(() if "--until" in words else ("--until", tomorrow)))
    assert done.exit_code == 2
    assert said in done.output
    assert not list(tmp_path.iterdir())
