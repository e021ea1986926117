"""Weighs findings into a number, a range, a confidence and a grade, for each asset and for the site.

The method with its reasons is told in `docs/scoring.md`; its numbers stand in `analyzer/data/scoring.toml`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from analyzer.finding import BlindSpot, Finding
from analyzer.rule import Rule
from analyzer.score_caps import assurance_caps, binding, capped, floor_caps, rounded, told_cap
from analyzer.score_card import GRADES, Action, AssetScore, Cap, Grade, PillarScore, SiteScore
from analyzer.score_ledger import Ledger, Scribe, confidence
from analyzer.score_method import Method, method, stepped
from analyzer.score_site import Weighed, Whole, over_pillars, percent, weigh
from analyzer.site import Asset, Site

__all__ = [
    "GRADES",
    "Action",
    "AssetScore",
    "Cap",
    "Grade",
    "PillarScore",
    "SiteScore",
    "carried_over",
    "score",
]


def score(
    site: Site,
    findings: Sequence[Finding],
    blind: Sequence[BlindSpot],
    rules: Mapping[str, Rule],
    *,
    dependents: Mapping[str, float] | None = None,
    levels: Mapping[str, int] | None = None,
) -> SiteScore:
    """The score of the site. The order of findings, blind spots, targets and assets does not matter.

    *dependents*: asset → sum of the tier weights of all that depends on it. *levels*: asset → recoverability
    level 0 to 5; without them no site is A+.
    """
    how = method()
    ledgers = _ledgers(site, findings, blind, rules, dependents or {}, how)
    whole = Whole([weigh(ledger, how) for ledger in ledgers], how)
    assured = percent([whole.assured])
    told = [told_cap(t, t.cap.site) for t in whole.triggers if t.cap.site]
    facts = told + floor_caps([number for number, _ in whole.pillars], how)
    unseen = [p for at, p in enumerate(how.pillars) if all(at not in ledger.passed for ledger in ledgers)]
    caps = facts + assurance_caps(assured, unseen, "", how)
    number, low, high, grade = _range(whole.number, whole.lowest(), whole.highest(), facts, caps, how)
    if _deserves_plus(site, number, grade, assured, whole, findings, levels or {}):
        grade = "A+"
    sure = [any(at in one.passed or at in one.faulty for one in ledgers) for at in range(len(how.pillars))]
    return SiteScore(
        number=number,
        uncapped=None if whole.number is None else rounded(whole.number),
        low=low,
        high=high,
        grade=grade,
        confidence_percent=percent(
            (one.weight * judged, one.weight * all_of_it)
            for one in ledgers
            for judged, all_of_it in [confidence(one, how)]
        ),
        assured_percent=assured,
        caps=binding(caps, 0.0 if whole.number is None else whole.number, how),
        pillars=_pillars([number for number, _ in whole.pillars], sure, how),
        assets=tuple(_asset(one, how) for one in whole.assets),
        actions=whole.actions(),
        ruleset=_fingerprint(rules.values()),
        scoring=how.version,
        at=site.at,
    )


def carried_over(
    earlier: Sequence[Finding], findings: Sequence[Finding], blind: Sequence[BlindSpot]
) -> tuple[Finding, ...]:
    """Failures of an earlier audit that this one could not look at again, so that they still stand.

    A failure is dropped only when its rule judged the same subject again (passed or failed), or judged
    others on that target and no gap hides this one: then the thing is gone. Add the result to the new
    findings before scoring, and looking away can never improve a score.
    """
    judged = {finding.key for finding in findings if finding.outcome in ("pass", "fail")}
    doubtful = {
        (finding.rule, finding.target) for finding in findings if finding.outcome in ("unknown", "error")
    }
    doubtful |= {(rule, spot.gap.target) for spot in blind for rule in spot.rules}
    looked = {(finding.rule, finding.target) for finding in findings} - doubtful
    return tuple(
        replace(finding, message=f"{finding.message} (stale evidence: not seen again)")
        for finding in sorted(earlier, key=lambda f: (f.key, f.message))
        if finding.outcome == "fail"
        and finding.key not in judged
        and (finding.rule, finding.target) not in looked
    )


def _ledgers(
    site: Site,
    findings: Sequence[Finding],
    blind: Sequence[BlindSpot],
    rules: Mapping[str, Rule],
    dependents: Mapping[str, float],
    how: Method,
) -> list[Ledger]:
    """A ledger for each asset that was declared, read or judged, by name."""
    declared = {asset.name: asset for asset in site.assets}
    names = {*declared, *site.targets, *(spot.gap.target for spot in blind)}
    names |= {finding.target for finding in findings if not _of_the_site(finding, site)}
    ledgers = {}
    for name in sorted(names):
        tier = how.tier(declared.get(name, Asset(name)).tier)
        weight = how.tier_weights[tier]
        ledgers[name] = Ledger(name, tier, weight, stepped(how.blast, weight + dependents.get(name, 0.0)))
    scribe = Scribe(how, rules, site.at)
    for finding in findings:
        if _of_the_site(finding, site):
            for ledger in ledgers.values():
                scribe.enter(ledger, finding)
        else:
            scribe.enter(ledgers[finding.target], finding)
    for spot in blind:
        for rule in spot.rules:
            scribe.blinded(ledgers[spot.gap.target], rule, spot.gap.subject)
    return list(ledgers.values())


def _of_the_site(finding: Finding, site: Site) -> bool:
    """Whether a rule broke for all targets at once: then it is unknown on each of them."""
    return finding.outcome == "error" and finding.target == site.name and site.name not in site.targets


def _range(
    number: float | None, lowest: float, highest: float, facts: list[Cap], caps: list[Cap], how: Method
) -> tuple[float | None, float, float, Grade]:
    """Number, low and high after caps, and the grade. Only what was seen holds the high down."""
    high, _ = capped(highest, [cap.grade for cap in facts], how)
    if number is None:
        return None, min(rounded(lowest), high), high, "U"
    number, grade = capped(number, [cap.grade for cap in caps], how)
    return number, min(rounded(lowest), number), high, grade


def _asset(one: Weighed, how: Method) -> AssetScore:
    ledger = one.ledger
    sure = [at in ledger.passed for at in range(len(how.pillars))]
    number = over_pillars(zip(one.numbers, sure, strict=True), how)
    lowest = over_pillars([(least, True) for least in one.least], how) or 0.0
    best = [100.0 if told is None else told for told in one.numbers]
    highest = over_pillars([(told, True) for told in best], how) or 0.0
    facts = [told_cap(trigger, trigger.cap.asset) for trigger in one.triggers if trigger.cap.asset]
    unseen = [pillar for at, pillar in enumerate(how.pillars) if at not in ledger.passed]
    assured = percent([one.assured])
    caps = facts + assurance_caps(assured, unseen, ledger.name, how)
    shown, low, high, grade = _range(number, lowest, highest, facts, caps, how)
    examined = [at in ledger.passed or at in ledger.faulty for at in range(len(how.pillars))]
    return AssetScore(
        name=ledger.name,
        tier=ledger.tier,
        number=shown,
        low=low,
        high=high,
        grade=grade,
        confidence_percent=percent([confidence(ledger, how)]),
        assured_percent=assured,
        pillars=_pillars(one.numbers, examined, how),
        caps=binding(caps, 0.0 if number is None else number, how),
    )


def _pillars(
    numbers: Sequence[float | None], examined: Sequence[bool], how: Method
) -> tuple[PillarScore, ...]:
    return tuple(
        PillarScore(
            name=pillar.name,
            title=pillar.title,
            weight=pillar.weight,
            number=rounded(number) if number is not None and seen else None,
            examined=seen,
        )
        for pillar, number, seen in zip(how.pillars, numbers, examined, strict=True)
    )


def _deserves_plus(
    site: Site,
    number: float | None,
    grade: Grade,
    assured: float,
    whole: Whole,
    findings: Sequence[Finding],
    levels: Mapping[str, int],
) -> bool:
    """Whether an A is an A+: nothing bad open, everything seen, and what matters most proven restorable."""
    plus = whole.method.a_plus
    first = [one.ledger.name for one in whole.assets if one.ledger.tier == 1]
    return (
        grade == "A"
        and number is not None
        and number >= plus.number
        and assured >= plus.assured
        and all(sure for _, sure in whole.pillars)
        and bool(first)
        and all(levels.get(name, 0) >= plus.level for name in first)
        and not any(f.outcome == "fail" and f.severity in ("high", "critical") for f in findings)
    )


def _fingerprint(rules: Iterable[Rule]) -> str:
    """Number of rules and a digest of their ids, severities and default limits."""
    told = sorted(f"{rule.id} {rule.severity} {rule.limits}" for rule in rules)
    digest = hashlib.sha256("\n".join(told).encode()).hexdigest()
    return f"{len(told)} rules, {digest[:12]}"
