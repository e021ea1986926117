"""Priorities of faults, and what is told at once when a scheduled run finds something new and critical."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from analyzer.finding import Finding
from analyzer.priority import prioritised, risk, with_priorities
from analyzer.score_card import Action
from analyzer.score_method import method
from analyzer.score_systems import Scored
from analyzer.site import Asset
from analyzer.verdict import SEVERITIES, Severity
from holdwater.alerts import due, told_at_once
from holdwater.news import News, Outcome
from holdwater.run_state import RunState, remember, remembered
from holdwater.schedule_file import understood
from holdwater.site_file import SiteFile
from reports.failure import Failure
from reports.language import words
from reports.mail import failure_letter
from reports.management import management
from reports.notices import plain
from tests.site_factory import build

AT = datetime(2026, 6, 1, 6, tzinfo=UTC)
"""A Monday."""


def fault(severity: Severity, *, probability: float | None = None, target: str = "t", **more: str) -> Finding:
    told = {"rule": "smart/x", "subject": "s", "root": "s", **more}
    return Finding(
        outcome="fail", severity=severity, target=target, probability=probability, message="m", **told
    )


@pytest.mark.parametrize(
    ("severity", "probability", "tier", "wanted"),
    [
        ("critical", None, 3, "P1"),
        ("critical", 0.001, 2, "P1"),
        ("critical", 0.001, 3, "P2"),
        ("high", None, 2, "P2"),
        ("high", 0.7, 2, "P1"),
        ("high", 0.3, 1, "P1"),
        ("high", 0.001, 3, "P2"),
        ("medium", None, 1, "P3"),
        ("medium", 0.7, 1, "P2"),
        ("low", 0.9, 1, "P3"),
        ("info", 0.9, 1, None),
    ],
)
def test_priority_follows_the_risk(
    severity: Severity, probability: float | None, tier: int, wanted: str | None
) -> None:
    known = Scored((Asset("t", tier),))
    (told,) = prioritised([fault(severity, probability=probability)], known, {})
    assert told.priority == wanted


def test_what_is_worse_is_never_later() -> None:
    how = method()
    for probability in (None, 0.0, 0.016, 0.05, 0.2, 0.6, 1.0):
        risks = [risk(fault(one, probability=probability), 1.0, how) for one in SEVERITIES]
        assert risks == sorted(risks, reverse=SEVERITIES[0] == "critical")
    steps = [factor for _, factor in how.blast]
    assert all(a > b for a, b in pairwise(steps))


def test_only_open_faults_have_one_and_actions_have_their_most_urgent() -> None:
    passed = replace(fault("critical"), outcome="pass")
    waived = replace(fault("critical"), outcome="waived", priority="P1")
    told = prioritised([passed, waived, fault("high"), fault("critical", rule="smart/y")], Scored(), {})
    assert [one.priority for one in told] == [None, None, "P2", "P1"]
    rules = ("smart/x", "smart/y")
    action = Action(
        target="t", root="s", label="", rules=rules, severity="high", number=1.0, grade="C", gain=1.0
    )
    other = replace(action, root="another")
    assert [one.priority for one in with_priorities((action, other), told)] == ["P1", None]


def test_both_documents_and_the_letter_say_it() -> None:
    made = build().judgement
    found = tuple(prioritised(made.findings, Scored(), made.rules))
    page = management(replace(made, findings=found), words("de"))
    assert page.worst[0].when == "P1: jetzt"
    assert management(made, words("en")).worst[0].when == ""


class Heard:
    """A channel that remembers what it was given."""

    def __init__(self, delivered: bool = True) -> None:
        self.news: list[News] = []
        self.delivered = delivered

    def send(self, news: News) -> Iterator[Outcome]:
        self.news.append(news)
        yield Outcome("test", "somebody", self.delivered, "" if self.delivered else "refused")


def news(*found: Finding) -> News:
    return News(SiteFile(), "Nord", AT, judgement=replace(build().judgement, findings=found))


def heard(state: RunState, told: News, *, regular: bool = True, delivered: bool = True) -> list[str]:
    channel = Heard(delivered)
    told_at_once(told, state, [channel], regular=regular, say=lambda _: None)
    return [finding.rule for one in channel.news for finding in one.alert]


def test_a_new_critical_fault_is_told_once_and_again_only_when_it_comes_back() -> None:
    state = RunState("x")
    old, new = fault("critical", rule="smart/old"), fault("critical", rule="smart/new")
    assert heard(state, news(old)) == []  # the first message tells it
    assert heard(state, news(old, new, fault("high"))) == ["smart/new"]
    assert heard(state, news(old, new)) == []
    assert heard(state, news(old)) == []
    assert heard(state, news(old, new)) == ["smart/new"]


def test_what_reached_nobody_is_told_again_and_silent_first_runs_tell() -> None:
    state = RunState("x")
    assert heard(state, news(fault("critical")), regular=False, delivered=False) == ["smart/x"]
    assert heard(state, news(fault("critical")), regular=False) == ["smart/x"]
    assert heard(state, news(fault("critical")), regular=False) == []
    assert heard(state, News(SiteFile(), "Nord", AT)) == []
    assert state.alerted == [["smart/x", "t", "s"]]


def test_what_is_remembered_survives_and_old_records_are_read(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text('{"begun": "2026-06-01T06:00:00+00:00"}', "utf-8")
    state = remembered(path)
    assert state is not None
    assert state.alerted is None
    state.alerted = [["a", "b", "c"]]
    remember(path, state)
    assert remembered(path) == state


def test_the_alert_says_what_where_and_what_to_do_in_the_language_of_the_reader() -> None:
    evil = replace(fault("critical", rule="raid/md-degraded", target="<b>x"), message="md0 \x1b[31mruns")
    told = News(SiteFile(), "Nord", AT, judgement=build().judgement, alert=(evil,))
    page = told.page("de")
    assert isinstance(page, Failure)
    assert page.subject == "[Nord] ALARM: 1 neuer kritischer Fehler"
    letter = failure_letter(page)
    assert "&lt;b&gt;x" in letter.html
    assert "<b>x" in letter.text
    assert "\x1b" not in letter.text + letter.html
    machine = plain(told.page("en"))
    assert machine["outcome"] == "alert"
    assert machine["faults"][0]["where"] == "s on <b>x"
    assert told.document("csv") is None


@pytest.mark.parametrize(
    ("report", "day", "last", "wanted"),
    [
        ("", 2, None, True),
        ("Mon", 1, "2026-05-31T06:00:00+00:00", True),
        ("Mon", 2, "2026-06-01T06:00:00+00:00", False),
        ("Mon", 9, "2026-06-01T06:00:00+00:00", True),
        ("Mon", 2, None, True),
    ],
)
def test_the_regular_message_has_its_days_and_is_made_up_for(
    report: str, day: int, last: str | None, wanted: bool
) -> None:
    schedule = understood({"at": "daily 06:00", **({"report": report} if report else {})})
    before = RunState("x", reported=last) if last else None
    assert due(schedule, before, AT.replace(day=day, hour=7)) is wanted


def test_a_day_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match=r"schedule\.report: 'Xyz' is no day"):
        understood({"report": "Xyz"})
