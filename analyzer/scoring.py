"""Weighs findings into a number, a range, a confidence and a grade, for each asset and for the site.

The method with its reasons is told in `docs/scoring.md`; its numbers stand in `analyzer/data/scoring.toml`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache

from analyzer.finding import BlindSpot, Finding
from analyzer.rule import Rule
from analyzer.score_caps import assurance_caps, binding, capped, floor_caps, rounded, told_cap
from analyzer.score_card import GRADES, Action, AssetScore, Cap, Grade, PillarScore, SiteScore
from analyzer.score_ledger import Ledger, Scribe
from analyzer.score_method import Method, Pillar, method, stepped
from analyzer.score_site import Weighed, Whole, over_pillars, percent, weigh
from analyzer.score_systems import THE_SITE, Scored, dependent_weights
from analyzer.site import Asset, Site
from collectors.fact import Source

__all__ = [
    "GRADES",
    "Action",
    "AssetScore",
    "Cap",
    "Grade",
    "PillarScore",
    "SiteScore",
    "carried_over",
    "is_stale",
    "score",
]

STALE = " (stale evidence: not seen again)"


def score(
    site: Site,
    findings: Sequence[Finding],
    blind: Sequence[BlindSpot],
    rules: Mapping[str, Rule],
    *,
    dependents: Mapping[str, float] | None = None,
    levels: Mapping[str, int] | None = None,
    not_applicable: Mapping[str, Collection[str]] | None = None,
    systems: Scored | None = None,
) -> SiteScore:
    """The score of the site. The order of findings, blind spots, targets and assets does not matter.

    *dependents*: asset → sum of the tier weights of all that depends on it. *levels*: asset → recoverability
    level 0 to 5; without them no site is A+. *not_applicable*: asset → names of pillars in which it
    has nothing to examine (a virtual machine has no media of its own); without that word a pillar of which
    nothing was seen is not examined. *systems* tells all three, and which finding is about which system;
    without it each declared asset and each target is one.
    """
    how = method()
    known = systems or Scored(site.assets)
    weights = dependents if dependents is not None else dependent_weights(known, how)
    missing = not_applicable if not_applicable is not None else known.not_applicable
    levels = levels if levels is not None else known.levels
    owned: dict[str, list[Finding]] = {}
    of_all: list[Finding] = []
    for one in findings:
        everywhere = one.outcome == "error" and _of_all(one, site, rules)
        (of_all if everywhere else owned.setdefault(known.owner(one, rules), [])).append(one)
    ledgers = _open(site, known, owned, blind, weights, missing, how)
    scribe = Scribe(how, rules, site.at)
    for name, ledger in ledgers.items():
        scribe.enter(ledger, owned.get(name, ()))
        scribe.enter(ledger, of_all)
    for spot in blind:
        for rule in spot.rules:
            scribe.blinded(ledgers[spot.gap.target], rule, spot.gap.subject)
    whole = Whole([weigh(ledger, how) for ledger in ledgers.values()], how)
    assured = percent([whole.assured])
    told = [told_cap(t, t.cap.site) for t in whole.triggers if t.cap.site]
    facts = told + floor_caps([number for number, _ in whole.pillars], how)
    here, seen, unseen = _looked_at(ledgers.values(), how)
    caps = facts + assurance_caps(assured, unseen, "", how)
    number, low, high, grade = _range(whole.number, whole.lowest(), whole.highest(), facts, caps, how)
    if not unseen and _deserves_plus(number, grade, assured, whole, findings, levels):
        grade = "A+"
    return SiteScore(
        number=number,
        uncapped=None if whole.number is None else rounded(whole.number),
        low=low,
        high=high,
        grade=grade,
        confidence_percent=percent(whole.confident()),
        assured_percent=assured,
        caps=binding(caps, 0.0 if whole.number is None else whole.number, how),
        pillars=_pillars([number for number, _ in whole.pillars], seen, here, how),
        assets=tuple(_asset(one, how) for one in whole.assets if one.ledger.name != THE_SITE),
        actions=whole.actions(),
        ruleset=_fingerprint(tuple(rules.values())),
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
    judged = {finding.key for finding in findings if finding.outcome in ("pass", "fail", "waived")}
    doubtful = {
        (finding.rule, finding.target) for finding in findings if finding.outcome in ("unknown", "error")
    }
    doubtful |= {(rule, spot.gap.target) for spot in blind for rule in spot.rules}
    looked = {(finding.rule, finding.target) for finding in findings} - doubtful
    return tuple(
        replace(
            finding,
            outcome="fail",
            message=finding.message.removesuffix(STALE) + STALE,
            sources=_elsewhere(finding),
        )
        for finding in sorted(earlier, key=lambda f: (f.key, f.message))
        if finding.outcome in ("fail", "waived")
        and finding.key not in judged
        and (finding.rule, finding.target) not in looked
    )


def _elsewhere(finding: Finding) -> tuple[Source, ...]:
    """The finding's evidence: which question and when; the answer itself lies in another bundle."""
    return tuple(replace(one, origin=replace(one.origin, member="")) for one in finding.sources)


def is_stale(finding: Finding) -> bool:
    """Whether the finding was carried over: it stands because nobody could look again."""
    return finding.outcome in ("fail", "waived") and finding.message.endswith(STALE)


def _open(
    site: Site,
    known: Scored,
    owners: Collection[str],
    blind: Sequence[BlindSpot],
    dependents: Mapping[str, float],
    not_applicable: Mapping[str, Collection[str]],
    how: Method,
) -> dict[str, Ledger]:
    """A ledger for each asset that was declared, read or judged, by name."""
    declared = {asset.name: asset for asset in known.assets}
    names = {*declared, *site.targets, *owners, *(spot.gap.target for spot in blind)}
    ledgers = {}
    for name in sorted(names):
        tier = how.tier(declared.get(name, Asset(name)).tier)
        weight = how.tier_weights[tier]
        blast = stepped(how.blast, weight + dependents.get(name, 0.0))
        missing = not_applicable.get(name, ())
        not_here = frozenset(at for at, pillar in enumerate(how.pillars) if pillar.name in missing)
        ledgers[name] = Ledger(name, name or site.name, tier, weight, blast, not_here=not_here)
    return ledgers


def _of_all(finding: Finding, site: Site, rules: Mapping[str, Rule]) -> bool:
    """Whether the error is a table's that broke for all targets: then its rules are unknown on each."""
    if finding.target != site.name:
        return False
    rule = rules.get(finding.rule)
    return site.name not in site.targets or (rule is not None and finding.subject == rule.on.TABLE)


def _looked_at(ledgers: Collection[Ledger], how: Method) -> tuple[list[bool], list[bool], list[Pillar]]:
    """For each pillar of the site: does it apply, was it examined; and those in which nothing passed."""
    places = range(len(how.pillars))
    here = [not ledgers or any(at not in one.not_here for one in ledgers) for at in places]
    seen = [any(at in one.passed or at in one.faulty for one in ledgers) for at in places]
    passed = [any(at in one.passed for one in ledgers) for at in places]
    return here, seen, [how.pillars[at] for at in places if here[at] and not passed[at]]


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
    here = [told is not None or ledger.applies(at) for at, told in enumerate(one.numbers)]
    lowest = over_pillars([one.worst_case(at) for at in range(len(here))], how) or 0.0
    highest = over_pillars([one.best_case(at) for at in range(len(here))], how)
    facts = [told_cap(trigger, trigger.cap.asset) for trigger in one.triggers if trigger.cap.asset]
    unseen = [pillar for at, pillar in enumerate(how.pillars) if ledger.unseen(at)]
    assured = percent([one.assured])
    caps = facts + assurance_caps(assured, unseen, ledger.name, how)
    shown, low, high, grade = _range(number, lowest, 100.0 if highest is None else highest, facts, caps, how)
    examined = [at in ledger.passed or at in ledger.faulty for at in range(len(how.pillars))]
    return AssetScore(
        name=ledger.name,
        tier=ledger.tier,
        number=shown,
        uncapped=None if number is None else rounded(number),
        low=low,
        high=high,
        grade=grade,
        confidence_percent=percent([one.confidence]),
        assured_percent=assured,
        pillars=_pillars(one.numbers, examined, here, how),
        caps=binding(caps, 0.0 if number is None else number, how),
    )


def _pillars(
    numbers: Sequence[float | None], examined: Sequence[bool], here: Sequence[bool], how: Method
) -> tuple[PillarScore, ...]:
    return tuple(
        PillarScore(
            name=pillar.name,
            title=pillar.title,
            weight=pillar.weight,
            number=rounded(number) if number is not None and seen else None,
            examined=seen,
            applicable=applies,
        )
        for pillar, number, seen, applies in zip(how.pillars, numbers, examined, here, strict=True)
    )


def _deserves_plus(
    number: float | None,
    grade: Grade,
    assured: float,
    whole: Whole,
    findings: Sequence[Finding],
    levels: Mapping[str, int],
) -> bool:
    """Whether an A is an A+: no cap, nothing bad open, and what matters most proven restorable."""
    plus = whole.method.a_plus
    first = [one.ledger.name for one in whole.assets if one.ledger.tier == 1]
    return (
        grade == "A"
        and number is not None
        and number >= plus.number
        and assured >= plus.assured
        and bool(first)
        and all(levels.get(name, 0) >= plus.level for name in first)
        and not any(f.outcome in ("fail", "waived") and f.severity in ("high", "critical") for f in findings)
    )


@cache
def _fingerprint(rules: tuple[Rule, ...]) -> str:
    """Number of rules and a digest of their ids, severities and default limits."""
    told = sorted(f"{rule.id} {rule.severity} {rule.limits}" for rule in rules)
    digest = hashlib.sha256("\n".join(told).encode()).hexdigest()
    return f"{len(told)} rules, {digest[:12]}"
