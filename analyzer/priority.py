"""How soon a fault wants doing, by the risk that the score weighs it with: once here, shown everywhere.

The bounds stand in `analyzer/data/scoring.toml`: what costs most is done first, whatever the rule is called.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from analyzer.finding import Finding, Priority
from analyzer.rule import Rule
from analyzer.score_card import Action
from analyzer.score_method import Method, method, stepped
from analyzer.score_systems import Scored, dependent_weights


def prioritised(findings: Iterable[Finding], known: Scored, rules: Mapping[str, Rule]) -> list[Finding]:
    """The findings in the same order, every open fault with its priority; a fault that is waived has none."""
    how = method()
    factors = blasts(known, how)
    default = stepped(how.blast, how.tier_weights[how.tier(None)])
    told = list(findings)
    for at, finding in enumerate(told):
        if finding.outcome == "fail":
            blast = factors.get(known.owner(finding, rules), default)
            told[at] = replace(finding, priority=priority(risk(finding, blast, how), how))
        elif finding.priority:  # carried over from an audit in which it was open, and waived since
            told[at] = replace(finding, priority=None)
    return told


def blasts(known: Scored, how: Method) -> dict[str, float]:
    """System → factor for all that depends on it, itself included."""
    tiers = {asset.name: asset.tier for asset in known.assets}
    below = dependent_weights(known, how)
    return {
        name: stepped(how.blast, how.tier_weights[how.tier(tiers.get(name))] + below.get(name, 0.0))
        for name in {*tiers, *below}
    }


def risk(finding: Finding, blast: float, how: Method) -> float:
    """What the finding weighs in its pillar, 0 to 1."""
    base = how.base[finding.severity] * how.place(finding.rule).share
    return min(how.most, base * how.likely(finding.probability) * blast)


def priority(weight: float, how: Method) -> Priority | None:
    """P1, P2 or P3 of a risk; None where there is nothing to do."""
    if weight <= 0:
        return None
    return next((name for start, name in how.priorities if weight >= start), "P3")


def with_priorities(actions: Iterable[Action], findings: Iterable[Finding]) -> tuple[Action, ...]:
    """The actions, each with the most urgent priority of the faults that it mends."""
    soonest: dict[tuple[str, str, str], Priority] = {}
    for one in findings:
        if one.priority:
            key = (one.target, one.root or one.subject or one.rule, one.rule)
            soonest[key] = min(soonest.get(key, one.priority), one.priority)
    return tuple(
        replace(
            action, priority=min((soonest[key] for key in _mended(action) if key in soonest), default=None)
        )
        for action in actions
    )


def _mended(action: Action) -> list[tuple[str, str, str]]:
    return [(action.target, action.root, rule) for rule in action.rules]
