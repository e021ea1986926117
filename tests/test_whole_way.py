"""Properties of the whole way from answers to the grade."""

import asyncio
import itertools
import random
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.engine import Judgement, judge
from analyzer.score_card import GRADES
from analyzer.site import Site
from collectors.asking import collect
from collectors.bundle import BundleWriter
from collectors.collector import load
from collectors.question import Answer, Question
from collectors.reading import read_target
from holdwater import api
from reports import json
from tests import spoiling
from tests.canned import BEGAN, Answers, CannedTarget, answered, degraded, host

SICK = host("db", sick=lambda number: number == 0)
HEALTHY = host("db")


class Table:
    """A recorded target made of a table of answers."""

    def __init__(self, name: str, answers: Mapping[tuple[str, ...], bytes]) -> None:
        self.name = name
        self._answers = answers

    def answer(self, question: Question) -> Answer:
        return answered(self._answers, question)


def judged(*targets: tuple[str, Answers]) -> Judgement:
    site = Site("site", BEGAN, tuple(name for name, _ in targets))
    for name, answers in targets:
        site.add(read_target(Table(name, answers), load().values()))
    return judge(site)


def grade(judgement: Judgement) -> int:
    return GRADES.index(judgement.score.grade)


def bundle(path: Path, *targets: tuple[str, Answers]) -> Path:
    writer = BundleWriter(path, site="site", tool="test")
    asked = [CannedTarget(name, answers) for name, answers in targets]
    asyncio.run(collect(asked, list(load().values()), writer))
    return writer.path


def truncated(raw: bytes, where: float) -> bytes:
    return raw[: int(len(raw) * where)]


def flipped(raw: bytes, where: float) -> bytes:
    if not raw:
        return raw
    position = min(len(raw) - 1, int(len(raw) * where))
    return raw[:position] + bytes([raw[position] ^ (1 << (position % 8))]) + raw[position + 1 :]


def shuffled(raw: bytes, where: float) -> bytes:
    return spoiling.shuffled(raw, random.Random(where))


PLACES = st.floats(0, 0.999)
QUICK = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("damage", [truncated, flipped, shuffled])
@given(question=st.sampled_from(sorted(HEALTHY)), where=PLACES)
@QUICK
def test_damage_to_a_healthy_answer_never_betters_the_grade(
    damage: object, question: tuple[str, ...], where: float
) -> None:
    assert callable(damage)
    changed = {**HEALTHY, question: damage(HEALTHY[question], where)}
    before, after = judged(("db", HEALTHY)), judged(("db", changed))
    assert grade(after) <= grade(before)
    assert not [f for f in after.findings if f.outcome == "error"]


@given(question=st.sampled_from(sorted(SICK)), where=PLACES)
@QUICK
def test_cutting_an_answer_of_a_sick_host_never_betters_the_grade(
    question: tuple[str, ...], where: float
) -> None:
    changed = {**SICK, question: truncated(SICK[question], where)}
    before, after = judged(("db", SICK)), judged(("db", changed))
    assert grade(after) <= grade(before)


DEGRADED = degraded(HEALTHY)


@given(question=st.sampled_from(sorted(DEGRADED)), where=PLACES)
@QUICK
def test_cutting_an_answer_of_a_degraded_host_never_betters_the_grade(
    question: tuple[str, ...], where: float
) -> None:
    changed = {**DEGRADED, question: truncated(DEGRADED[question], where)}
    before, after = judged(("db", DEGRADED)), judged(("db", changed))
    assert before.score.grade == "E"
    assert grade(after) <= grade(before)


@given(question=st.sampled_from(sorted(SICK)))
@QUICK
def test_a_refused_answer_betters_nothing_that_was_seen(question: tuple[str, ...]) -> None:
    """What was never told cannot count against a host; but it is no health, and less is known."""
    changed = {argv: raw for argv, raw in SICK.items() if argv != question}
    before, after, healthy = judged(("db", SICK)), judged(("db", changed)), judged(("db", HEALTHY))
    assert after.score.assured_percent <= before.score.assured_percent
    assert grade(after) <= grade(healthy)


def test_one_more_sick_disk_never_betters_anything() -> None:
    scores = [
        judged(("db", host("db", disks=4, sick=lambda n, most=most: n < most))).score for most in range(5)
    ]
    for better, worse in itertools.pairwise(scores):
        assert (worse.number or 0) <= (better.number or 0)
        assert worse.low <= better.low
        assert GRADES.index(worse.grade) <= GRADES.index(better.grade)
    assert (scores[1].number or 0) < (scores[0].number or 0)


def test_the_order_of_targets_does_not_matter(tmp_path: Path) -> None:
    targets = [(name, host(name, sick=lambda number: number == 1)) for name in ("b", "a", "c")]
    texts = []
    for order in (targets, targets[::-1]):
        told = json.judgement(judged(*order))
        texts.append(json.dumps(told))
    assert texts[0] == texts[1]


def test_replay_is_the_same_as_live(tmp_path: Path) -> None:
    path = bundle(tmp_path / "a.evidence.zip", ("db", SICK), ("web", host("web")))
    live = json.judgement(judged(("db", SICK), ("web", host("web"))))
    first, second = (json.dumps(json.judgement(api.judge(path))) for _ in range(2))
    assert first == second
    replayed = json.judgement(api.judge(path))
    key = ("rule", "outcome", "severity", "target", "subject", "message")
    assert [[f[k] for k in key] for f in replayed["findings"]] == [
        [f[k] for k in key] for f in live["findings"]
    ]


def test_growth_needs_two_audits_and_then_counts(tmp_path: Path) -> None:
    """A counter that rose since the last audit is worse than one that stands."""
    before = Site("site", BEGAN.replace(day=9), ("db",))
    before.add(read_target(Table("db", HEALTHY), load().values()))
    now = Site("site", BEGAN, ("db",), history=(before,))
    now.add(read_target(Table("db", SICK), load().values()))
    grown = judge(now)
    alone = judged(("db", SICK))
    assert grade(grown) <= grade(alone)
    assert any(
        "grow" in f.message or "more" in f.message for f in grown.failed() if f.rule.startswith("smart/")
    )


def test_arrays_cut_off_are_never_graded() -> None:
    told = judged(("db", {**HEALTHY, ("cat", "/proc/mdstat"): HEALTHY[("cat", "/proc/mdstat")][:120]}))
    assert told.score.grade == "U"
    assert "arrays not fully read" in {cap.condition for cap in told.score.caps}


@pytest.mark.parametrize("cut", [0, 40, 2000])
def test_drives_cut_off_are_never_graded(cut: int) -> None:
    argv = next(argv for argv in SICK if argv[-1] == "/dev/sda")
    told = judged(("db", {**SICK, argv: SICK[argv][:cut]}))
    assert told.score.grade == "U"
    assert "drives not fully read" in {cap.condition for cap in told.score.caps}
