"""What scoring promises whatever the findings are."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analyzer.derived.readiness import ExposureState
from analyzer.finding import BlindSpot, Finding
from analyzer.rule import Rule
from analyzer.score_caps import rank
from analyzer.scoring import SiteScore, carried_over, score
from analyzer.site import Asset, Site
from analyzer.verdict import OK, SEVERITIES, Severity, Verdict
from collectors.fact import Gap
from collectors.table import Row

AT = datetime(2025, 6, 1, tzinfo=UTC)
SEVERITY: dict[str, Severity] = {
    "smart/one": "high",
    "smart/two": "low",
    "raid/failed": "critical",
    "raid/degraded-no-margin": "critical",
    "fs/one": "medium",
    "capacity/used": "medium",
    "snapshot/one": "high",
    "backup/none": "critical",
    "backup/two": "low",
    "recovery/never-tested": "high",
    "exposure/one": "info",
    "blind-spot/no-smart": "medium",
    "blind-spot/asset-unknown": "high",
}
TARGETS = ("east", "north", "west")
DEPENDENTS = {"north": 7.0}
NOT_APPLICABLE = {"west": {"snapshot", "recovery"}, "east": {"recovery"}, "north": {"recovery"}}


def _judge(row: Row) -> Verdict:
    return OK


RULES = {name: Rule(name, Row, severity, (), _judge, {}) for name, severity in SEVERITY.items()}
WHOLE = "exposure/of-the-whole-site"
RULES[WHOLE] = Rule(WHOLE, ExposureState, "high", (), _judge, {})

rule_ids = st.sampled_from(sorted(SEVERITY))
targets = st.sampled_from(TARGETS)
subjects = st.sampled_from(("a", "b", "c"))
probabilities = st.none() | st.floats(0, 1)


@st.composite
def finding(draw: st.DrawFn, outcomes: tuple[str, ...] = ("fail", "unknown", "pass", "error")) -> Finding:
    rule = draw(rule_ids)
    outcome = draw(st.sampled_from(outcomes))
    severity = draw(st.sampled_from(SEVERITIES)) if outcome == "fail" else SEVERITY[rule]
    return Finding(
        rule=rule,
        outcome=outcome,
        severity=severity,
        target=draw(targets),
        subject=draw(subjects),
        root=draw(subjects),
        probability=draw(probabilities) if outcome == "fail" else None,
    )


@st.composite
def blind_spot(draw: st.DrawFn) -> BlindSpot:
    rules = tuple(sorted(draw(st.sets(rule_ids, min_size=1, max_size=4))))
    return BlindSpot(Gap(draw(targets), Row, "denied", subject=draw(st.sampled_from(("", "a")))), rules)


findings_of_a_site = st.lists(finding(), max_size=25)
blind_spots = st.lists(blind_spot(), max_size=4)
tiers = st.tuples(*(st.sampled_from((None, 1, 2, 3)) for _ in TARGETS))


about_the_site = st.builds(
    Finding,
    rule=st.just(WHOLE),
    outcome=st.sampled_from(("fail", "unknown", "pass")),
    severity=st.sampled_from(SEVERITIES),
    target=st.just("site"),
    subject=st.just("site"),
)
whole_site = st.lists(about_the_site, max_size=2)


def scored(found: Sequence[Finding], blind: Sequence[BlindSpot], tier: tuple[int | None, ...]) -> SiteScore:
    assets = tuple(Asset(name, one) for name, one in zip(TARGETS, tier, strict=True))
    site = Site("site", AT, TARGETS, assets=assets)
    return score(site, found, blind, RULES, dependents=DEPENDENTS, not_applicable=NOT_APPLICABLE)


def no_better(new: SiteScore, old: SiteScore, *, low: bool = True) -> None:
    """Number, range and grade did not rise, of the site and of every asset."""
    for after, before in [(new, old), *zip(new.assets, old.assets, strict=True)]:
        if before.number is not None:
            assert after.number is None or after.number <= before.number
        assert after.low <= before.low or not low
        assert after.high <= before.high
        assert rank(after.grade) <= rank(before.grade)


def not_surer(new: SiteScore, old: SiteScore) -> None:
    for after, before in [(new, old), *zip(new.assets, old.assets, strict=True)]:
        assert after.confidence_percent <= before.confidence_percent
        assert after.assured_percent <= before.assured_percent


@given(
    findings_of_a_site,
    whole_site,
    blind_spots,
    tiers,
    finding(("fail",)) | about_the_site.map(lambda one: replace(one, outcome="fail")),
)
def test_one_more_failure_improves_nothing(
    found: list[Finding],
    whole: list[Finding],
    blind: list[BlindSpot],
    tier: tuple[int | None, ...],
    more: Finding,
) -> None:
    found = [*found, *whole]
    no_better(scored([*found, more], blind, tier), scored(found, blind, tier))


@given(findings_of_a_site, blind_spots, tiers, st.data())
def test_a_pass_that_fails_improves_nothing(
    found: list[Finding], blind: list[BlindSpot], tier: tuple[int | None, ...], data: st.DataObject
) -> None:
    passes = [at for at, one in enumerate(found) if one.outcome == "pass"]
    assume(passes)
    at = data.draw(st.sampled_from(passes))
    severity = data.draw(st.sampled_from(SEVERITIES))
    failed = [*found[:at], replace(found[at], outcome="fail", severity=severity), *found[at + 1 :]]
    no_better(scored(failed, blind, tier), scored(found, blind, tier))


@given(findings_of_a_site, blind_spots, tiers, st.data())
def test_a_pass_that_is_not_seen_improves_nothing(
    found: list[Finding], blind: list[BlindSpot], tier: tuple[int | None, ...], data: st.DataObject
) -> None:
    passes = [at for at, one in enumerate(found) if one.outcome == "pass"]
    assume(passes)
    at = data.draw(st.sampled_from(passes))
    before = scored(found, blind, tier)
    rest = found[:at] + found[at + 1 :]
    gap = BlindSpot(Gap(found[at].target, Row, "timeout"), (found[at].rule,))
    unknown = scored([*rest, replace(found[at], outcome="unknown")], blind, tier)
    for after in (unknown, scored(rest, [*blind, gap], tier)):
        no_better(after, before)
        if after is unknown or gap.gap not in [spot.gap for spot in blind]:
            not_surer(after, before)


@given(findings_of_a_site, blind_spots, tiers, blind_spot())
def test_one_more_gap_improves_nothing(
    found: list[Finding], blind: list[BlindSpot], tier: tuple[int | None, ...], more: BlindSpot
) -> None:
    new, old = scored(found, [*blind, more], tier), scored(found, blind, tier)
    no_better(new, old)
    not_surer(new, old)


undecided = st.builds(
    Finding,
    rule=st.sampled_from((*sorted(RULES), "exposure/of-a-later-version", "family/nobody-knows")),
    outcome=st.sampled_from(("unknown", "error")),
    severity=st.sampled_from(SEVERITIES),
    target=st.sampled_from((*TARGETS, "south", "site")),
    subject=subjects,
    root=subjects,
)


@settings(max_examples=150)
@given(findings_of_a_site, whole_site, blind_spots, tiers, undecided)
def test_one_more_check_that_cannot_be_decided_improves_nothing(
    found: list[Finding],
    whole: list[Finding],
    blind: list[BlindSpot],
    tier: tuple[int | None, ...],
    more: Finding,
) -> None:
    """Whatever the rule, the pillar and the system, be it one that was not heard of before, or the site."""
    found = [*found, *whole]
    spot = BlindSpot(Gap(more.target, Row, "denied", subject=more.subject), (more.rule,))
    before, known = scored(found, blind, tier), more.target in TARGETS
    nothing_better(scored([*found, more], blind, tier), before, high=known or more.rule == WHOLE)
    nothing_better(scored(found, [*blind, spot], tier), before, high=known)


def nothing_better(new: SiteScore, old: SiteScore, *, high: bool) -> None:
    """Nothing of the site, its pillars, its assets or theirs rose; *high*: nor the upper end of a range."""
    known = {one.name: one for one in new.assets}
    for after, before in [(new, old), *((known.pop(one.name), one) for one in old.assets)]:
        assert after.low <= before.low
        assert after.high <= before.high or not high
        assert rank(after.grade) <= rank(before.grade)
        assert after.confidence_percent <= before.confidence_percent
        assert after.assured_percent <= before.assured_percent
        numbers = [(after.number, before.number), (after.uncapped, before.uncapped)]
        numbers += [(a.number, b.number) for a, b in zip(after.pillars, before.pillars, strict=True)]
        for changed, was in numbers:
            assert changed is None or (was is not None and changed <= was)
    assert all((one.number, one.grade) == (None, "U") for one in known.values()), "heard of only now"


@given(findings_of_a_site, blind_spots, tiers, st.sets(targets), st.sets(rule_ids))
def test_looking_away_from_what_is_known_improves_nothing(
    found: list[Finding],
    blind: list[BlindSpot],
    tier: tuple[int | None, ...],
    silent: set[str],
    blinded: set[str],
) -> None:
    away = [one for one in found if one.target in silent or one.rule in blinded]
    seen = [one for one in found if one not in away]
    pairs = sorted({(one.target, one.rule, one.subject) for one in away})
    gaps = [
        BlindSpot(Gap(target, Row, "denied", subject=subject), (rule,)) for target, rule, subject in pairs
    ]
    stale = carried_over(found, seen, [*blind, *gaps])
    only_known = all(one.outcome in ("pass", "fail") for one in away)  # else a gap may lump what was unknown
    no_better(scored([*seen, *stale], [*blind, *gaps], tier), scored(found, blind, tier), low=only_known)


@given(findings_of_a_site, blind_spots, tiers, st.randoms())
def test_order_does_not_matter(
    found: list[Finding], blind: list[BlindSpot], tier: tuple[int | None, ...], chance: random.Random
) -> None:
    before = scored(found, blind, tier)
    chance.shuffle(found)
    chance.shuffle(blind)
    order = list(zip(TARGETS, tier, strict=True))
    chance.shuffle(order)
    assets = tuple(Asset(name, one) for name, one in order)
    site = Site("site", AT, tuple(name for name, _ in order), assets=assets)
    rules = dict(reversed(RULES.items()))
    after = score(site, found, blind, rules, dependents=DEPENDENTS, not_applicable=NOT_APPLICABLE)
    assert after == before


@given(findings_of_a_site, blind_spots, tiers)
def test_numbers_stay_in_their_range_and_agree_with_their_grades(
    found: list[Finding], blind: list[BlindSpot], tier: tuple[int | None, ...]
) -> None:
    told = scored(found, blind, tier)
    tops = {"F": 19.9, "E": 34.9, "D": 49.9, "C": 64.9, "B": 79.9, "A": 100, "U": 100}
    for one in (told, *told.assets):
        assert 0 <= one.low <= one.high <= 100
        assert 0 <= one.assured_percent <= one.confidence_percent <= 100
        if one.number is None:
            assert one.grade == "U"
        else:
            assert one.low <= one.number <= one.high
            assert one.number <= tops[one.grade]
        assert [rank(cap.grade) for cap in one.caps] == sorted(rank(cap.grade) for cap in one.caps)
        assert all(rank(one.grade) <= rank(cap.grade) for cap in one.caps)


@settings(max_examples=60)
@given(findings_of_a_site, blind_spots, tiers)
def test_actions_tell_what_mending_brings(
    found: list[Finding], blind: list[BlindSpot], tier: tuple[int | None, ...]
) -> None:
    plain = [one for one in found if not one.rule.startswith("blind-spot/")]
    told = scored(plain, blind, tier)
    for action in told.actions:
        mended = [
            replace(one, outcome="pass", severity=SEVERITY[one.rule])
            if (one.target, one.root, one.outcome) == (action.target, action.root, "fail")
            and one.severity != "info"
            else one
            for one in plain
        ]
        again = scored(mended, blind, tier)
        assert told.uncapped is not None
        if again.uncapped is None:  # nothing is left that was judged
            continue
        assert abs(again.uncapped - told.uncapped - action.gain) < 0.11
        assert again.number is not None
        if not any(one.rule == "backup/none" for one in found):
            assert abs(again.number - action.number) < 0.01
            assert again.grade == action.grade
        assert action.gain >= 0
