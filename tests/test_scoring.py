"""Scoring by cases: what each part of the method does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from analyzer.engine import every_rule
from analyzer.finding import BlindSpot, Finding, Outcome
from analyzer.rule import Rule
from analyzer.score_ledger import grouped
from analyzer.score_method import method, stepped
from analyzer.scoring import SiteScore, carried_over, score
from analyzer.site import Asset, Site
from analyzer.verdict import OK, Severity, Verdict
from collectors.fact import Gap, Origin, Source
from collectors.table import Row

AT = datetime(2025, 6, 1, 12, tzinfo=UTC)


def _judge(row: Row) -> Verdict:
    return OK


def found(
    rule: str,
    outcome: Outcome = "pass",
    severity: Severity = "high",
    *,
    target: str = "host",
    subject: str = "thing",
    hours_old: float | None = None,
) -> Finding:
    sources = ()
    if hours_old is not None:
        sources = (Source(Origin(target, ("tool",), AT - timedelta(hours=hours_old), "1")),)
    return Finding(
        rule=rule,
        outcome=outcome,
        severity=severity,
        target=target,
        subject=subject,
        label=f"/dev/{subject}",
        root=subject,
        sources=sources,
    )


def gap(*rules: str, target: str = "host") -> BlindSpot:
    return BlindSpot(Gap(target, Row, "denied"), rules)


def scored(
    *findings: Finding, blind: tuple[BlindSpot, ...] = (), tier: int | None = None, **more: object
) -> SiteScore:
    rules = {f.rule: Rule(f.rule, Row, "high", (), _judge, {}) for f in findings}
    for spot in blind:
        rules |= {rule: Rule(rule, Row, "high", (), _judge, {}) for rule in spot.rules}
    site = Site("site", AT, ("host",), assets=(Asset("host", tier),))
    return score(site, findings, blind, rules, **more)


def all_pass(count: int = 100) -> list[Finding]:
    return [found(f"{p.families[0]}/sound-{n}") for p in method().pillars for n in range(count)]


def test_a_site_of_which_nothing_was_read_is_unrated() -> None:
    for told in (score(Site("site", AT), (), (), {}), scored(), scored(blind=(gap("smart/a", "fs/b"),))):
        assert (told.grade, told.number, told.confidence_percent) == ("U", None, 0)
        assert told.low < 5
        assert told.high == 100
        assert [pillar.number for pillar in told.pillars] == [None] * 6
        assert not any(pillar.examined for pillar in told.pillars)
        assert all(pillar.applicable for pillar in told.pillars)


def test_all_sound_is_an_a_and_only_proof_makes_it_an_a_plus() -> None:
    findings = all_pass()
    told = scored(*findings, tier=1)
    assert (told.grade, told.number, told.low, told.high) == ("A", 100, 100, 100)
    assert told.confidence_percent == 100
    assert scored(*findings, tier=1, levels={"host": 5}).grade == "A+"
    assert scored(*findings, tier=1, levels={"host": 4}).grade == "A"
    assert scored(*findings, tier=2, levels={"host": 5}).grade == "A"


def test_pillars_that_nobody_looked_at_hold_confidence_and_grade_down() -> None:
    told = scored(*(found(f"smart/{n}") for n in range(30)), *(found(f"fs/{n}") for n in range(10)))
    assert told.number == 64
    assert told.uncapped == 100
    assert told.grade == "C"
    assert told.confidence_percent == pytest.approx(100 * 16 / (16 + 12.36 + 15.44 + 5.28 + 7.52), abs=0.1)
    assert told.low < 40
    assert told.high == 100
    assert "looking at snapshots, backup, recovery and exposure lifts it." in told.caps[0].action
    fewer = scored(*(found(f"smart/{n}") for n in range(10)))
    assert fewer.grade == "U"
    assert fewer.caps[0].action.startswith("No grade (U) because")


def test_two_hundred_disks_do_not_drown_the_rest() -> None:
    disks = [found("smart/a", subject=f"disk {n}") for n in range(200)]
    one, many = (scored(*some, blind=(gap("smart/b"),)) for some in (disks[:1], disks))
    assert one.confidence_percent == many.confidence_percent


def test_one_severity_costs_what_the_method_says() -> None:
    def media(severity: Severity) -> float | None:
        return scored(found("smart/b"), found("smart/a", "fail", severity)).pillars[0].number

    assert [media(s) for s in ("critical", "high", "medium", "low", "info")] == [30, 60, 82, 94, 100]


def test_what_depends_on_an_asset_makes_its_faults_worse() -> None:
    faults = (found("smart/b"), found("smart/a", "fail", "high"))
    assert [scored(*faults, dependents={"host": d}).pillars[0].number for d in (0, 3, 13)] == [60, 54, 48]
    assert scored(*faults, tier=3).pillars[0].number == 66


def test_likelihood_moves_the_risk() -> None:
    def media(probability: float) -> float | None:
        fault = replace(found("smart/a", "fail", "high"), probability=probability)
        return scored(found("smart/b"), fault).pillars[0].number

    assert [media(p) for p in (0.6, 0.2, 0.05, 0.016, 0.015, float("nan"))] == [48, 54, 60, 64, 70, 70]


def test_one_root_cause_counts_once_and_a_bit() -> None:
    assert grouped([0.4], 0.25) == 0.4
    assert grouped([0.18, 0.4], 0.25) == pytest.approx(1 - 0.6 * 0.955)
    assert grouped([0.4, 0.18], 0.25) == grouped([0.18, 0.4], 0.25)


def test_the_worst_important_asset_weighs_more_than_its_share() -> None:
    findings = [found("smart/a", target=name) for name in ("a", "b", "c")]
    findings.append(found("smart/b", "fail", "critical", target="d"))
    findings.append(found("smart/a", target="d"))
    told = score(Site("site", AT, ("a", "b", "c", "d")), findings, (), {})
    assert told.pillars[0].number == pytest.approx(0.6 * (300 + 30) / 4 + 0.4 * 30)


@pytest.mark.parametrize(
    ("rule", "severity", "tier", "asset", "site"),
    [
        ("raid/failed", "critical", 2, "F", "E"),
        ("raid/degraded-no-margin", "critical", 2, "F", "E"),
        ("firmware/fatal-hours", "critical", 2, "D", "D"),
        ("capacity/used", "critical", 2, "D", "C"),
        ("backup/none", "critical", 1, "F", "F"),
        ("backup/none", "critical", 2, "E", "C"),
        ("exposure/shared-admin", "critical", 2, "D", "D"),
        ("recovery/never-tested", "high", 1, "C", "C"),
        ("backup/same-site", "high", 2, "C", "C"),
    ],
)
def test_caps(rule: str, severity: Severity, tier: int, asset: str, site: str) -> None:
    told = scored(*all_pass(), found(rule, "fail", severity), tier=tier)
    assert rule in [name for cap in told.caps for name in cap.rules]
    assert (told.assets[0].caps[0].grade, told.caps[0].grade) == (asset, site)
    assert all("host" in cap.action and cap.action.endswith("lifts it.") for cap in told.caps if cap.rules)


def test_a_cap_needs_its_severity_and_its_tier() -> None:
    assert not scored(*all_pass(), found("capacity/used", "fail", "low")).caps
    assert not scored(*all_pass(), found("firmware/fatal-hours", "fail", "low")).caps
    assert not scored(*all_pass(), found("recovery/never-tested", "fail", "low"), tier=2).caps


def test_a_verified_backup_softens_the_cap_of_an_array_without_margin() -> None:
    fault = found("raid/degraded-no-margin", "fail", "low")
    proof = [found(rule) for rule in ("backup/none", "backup/rpo-missed", "backup/verify-stale")]
    assert scored(*all_pass(), fault).assets[0].grade == "F"
    assert scored(*all_pass(), *proof, fault).assets[0].grade == "D"
    assert scored(*all_pass(), *proof[:2], replace(proof[2], outcome="unknown"), fault).assets[0].grade == "F"


def test_blind_spots_weigh_half_and_lower_confidence() -> None:
    told = scored(*all_pass(), found("blind-spot/no-smart", "fail", "high"))
    assert told.pillars[0].number == 80
    assert told.confidence_percent < 100
    alone = scored(found("blind-spot/no-smart", "fail", "high"))
    assert not alone.pillars[0].examined


def test_a_rule_that_broke_for_the_whole_site_is_unknown_on_every_target() -> None:
    passes = [found("smart/a", target=name) for name in ("a", "b")]
    broken = found("smart/b", "error", target="site")
    told = score(Site("site", AT, ("a", "b")), [*passes, broken], (), {})
    assert [asset.name for asset in told.assets] == ["a", "b"]
    assert told.assets[0].low < told.assets[0].high


def test_evidence_ages_and_an_old_pass_becomes_unknown() -> None:
    def told(hours: float) -> SiteScore:
        return scored(*all_pass(), *(found(f"smart/old-{n}", hours_old=hours) for n in range(100)))

    fresh, week, month = told(20), told(7 * 24), told(30 * 24)
    assert fresh.confidence_percent == 100
    assert week.confidence_percent == pytest.approx(100 * (600 + 50) / 700, abs=0.1)
    assert week.low == 100
    assert month.confidence_percent == pytest.approx(100 * 600 / 700, abs=0.1)
    assert month.low < 100
    assert told(-500).confidence_percent == 100


def test_an_answer_that_does_not_tell_its_time_is_worth_less() -> None:
    untimed = replace(found("smart/a"), sources=(Source(Origin("host", ("tool",), None, "1")),))
    assert scored(untimed).confidence_percent < scored(found("smart/a")).confidence_percent


def test_a_failure_that_was_not_looked_at_again_still_stands() -> None:
    old = found("raid/failed", "fail", "critical")
    assert carried_over([old], [], [gap("raid/failed")])[0].message.endswith("not seen again)")
    twice = carried_over(carried_over([old], [], []), [], [])
    assert twice[0].message.count("stale evidence") == 1
    assert carried_over([old], [found("raid/failed")], []) == ()
    assert carried_over([old], [found("raid/failed", subject="new array")], []) == ()
    assert carried_over([old], [found("raid/failed", subject="new")], [gap("raid/failed")]) != ()
    assert carried_over([old], [found("raid/failed", "unknown")], []) != ()
    assert carried_over([found("raid/failed")], [], []) == ()


def test_hostile_labels_stay_text() -> None:
    fault = replace(found("raid/failed", "fail", "critical"), label="{asset.__class__} %s")
    assert "{asset.__class__} %s" in scored(*all_pass(), fault).caps[0].action


def test_the_method_file_is_whole() -> None:
    how = method()
    assert sum(pillar.weight for pillar in how.pillars) == 100
    assert how.mean + how.worst == 1
    families = [family for pillar in how.pillars for family in pillar.families]
    assert len(families) == len(set(families))
    capping = {rule.partition("/")[0] for cap in how.caps for rule in cap.rules | cap.critical}
    assert capping <= {*families, how.blind_family}
    assert {rule.family for rule in every_rule().values()} <= {*families, how.blind_family}
    assert [stepped(how.blast, d) for d in (1, 2, 4, 5, 14, 15)] == [0.85, 1, 1, 1.15, 1.15, 1.3]
    for cap in how.caps:
        assert cap.because.format(asset="A", what="W")
