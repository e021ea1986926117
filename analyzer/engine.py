"""Puts every row before every rule that judges its table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, NamedTuple

from analyzer.changes import Audited, Changes, Graded, changes
from analyzer.finding import BlindSpot, Finding, Outcome, Waiver
from analyzer.placing import placed
from analyzer.priority import prioritised, with_priorities
from analyzer.rule import RULES, Rule, load
from analyzer.score_systems import scored_systems
from analyzer.scoring import SiteScore, carried_over, score
from analyzer.site import Limits, Site, load_derived, tables_below
from analyzer.verdict import NA, OK, SEVERITIES, Fail, Unknown, Verdict, rank
from analyzer.waivers import Applied, waived
from collectors.fact import Fact, Source
from collectors.table import Row


class LimitError(ValueError):
    """A limit or waiver in `site.toml` names a rule or limit that does not exist, or has the wrong type."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules say of a site. *findings*: worst first, passed checks last; same input, same order.

    *changes*: since the audit before; None where there is none. *waivers*: what became of each of them.
    *course*: the grades of this audit and of those before it, oldest first; empty where not asked for.
    """

    site: Site
    findings: tuple[Finding, ...]
    blind_spots: tuple[BlindSpot, ...]
    score: SiteScore
    rules: Mapping[str, Rule]
    changes: Changes | None = None
    waivers: tuple[Applied, ...] = ()
    course: tuple[Graded, ...] = ()

    def failed(self) -> Iterator[Finding]:
        """The faults, worst first."""
        return (f for f in self.findings if f.outcome == "fail")

    def counts(self) -> dict[str, int]:
        """Number of faults by severity, then unknown, error, waived and pass; zero where there is none."""
        kinds = ("critical", "high", "medium", "low", "info", "unknown", "error", "waived", "pass")
        told = dict.fromkeys(kinds, 0)
        for finding in self.findings:
            told[finding.severity if finding.outcome == "fail" else finding.outcome] += 1
        return told


def judge(
    site: Site,
    limits: Limits | None = None,
    waivers: Sequence[Waiver] = (),
    *,
    before: Audited | None = None,
) -> Judgement:
    """Judge a site with every rule. Pure: "now" is `site.at`, nothing is read or asked.

    *before*: the audit before this one; its faults that could not be looked at again still stand. Raises
    LimitError for limits that no rule has, and for waivers of no rule.
    """
    rules = every_rule()
    chosen = checked_limits(limits or {}, rules)
    checked_waivers(waivers, rules)
    findings: list[Finding] = []
    for row_type, judges in _by_table(tuple(rules.values())).items():
        findings += _judge_table(site, row_type, judges, chosen)
    findings = placed(site, findings)
    blind = blind_spots(site, rules)
    if before is not None:
        findings.extend(f for f in carried_over(before.findings, findings, blind) if f.rule in rules)
    findings, applied = waived(findings, waivers, site.at)
    findings.sort(key=_order)
    known = scored_systems(site)
    scored = score(site, findings, blind, rules, systems=known)
    findings = prioritised(findings, known, rules)
    scored = replace(scored, actions=with_priorities(scored.actions, findings))
    judged = Judgement(site, tuple(findings), blind, scored, rules, waivers=applied)
    return judged if before is None else replace(judged, changes=changes(before, audited(judged)))


def audited(judged: Judgement) -> Audited:
    """The judgement as an audit that others are compared with."""
    return Audited(
        at=judged.site.at,
        targets=judged.site.targets,
        findings=judged.findings,
        blind_spots=judged.blind_spots,
        grade=judged.score.grade,
        number=judged.score.number,
        ruleset=judged.score.ruleset,
        scoring=judged.score.scoring,
    )


def graded(judged: Judgement) -> Graded:
    """The grade of the judgement as one of a course."""
    score = judged.score
    return Graded(
        at=judged.site.at,
        grade=score.grade,
        number=score.number if score.grade != "U" else None,
        low=score.low,
        high=score.high,
        ruleset=score.ruleset,
        scoring=score.scoring,
    )


@cache
def every_rule() -> Mapping[str, Rule]:
    """All rules by id, derived tables loaded with them."""
    load_derived()
    return load()


def checked_limits(limits: Limits, rules: Mapping[str, Rule]) -> Limits:
    """The limits, if every one of them exists and has the type of its default."""
    for rule_id, changed in limits.items():
        if rule_id not in rules:
            raise LimitError(f"limits for {rule_id!r}: there is no such rule (see `holdwater rules`)")
        known = rules[rule_id].limits
        for name, value in changed.items():
            if name not in known:
                raise LimitError(f"{rule_id} has no limit {name!r}; it has {', '.join(known) or 'none'}")
            number = isinstance(known[name], (int, float)) and isinstance(value, (int, float))
            if not number and type(value) is not type(known[name]):
                raise LimitError(f"{rule_id}: {name} must be like {known[name]!r}, not {value!r}")
    return limits


def checked_waivers(waivers: Sequence[Waiver], rules: Mapping[str, Rule]) -> None:
    """Raises LimitError for a waiver of a rule that does not exist."""
    for one in waivers:
        if one.rule not in rules:
            raise LimitError(f"waiver of {one.rule!r}: there is no such rule (see `holdwater rules`)")


def blind_spots(site: Site, rules: Mapping[str, Rule]) -> tuple[BlindSpot, ...]:
    """Every gap with the rules it blinds, also through derived tables; also gaps that blind no rule."""
    blinded = _blinded(tuple(rules))
    spots = {
        (g.target, g.table.TABLE, g.subject, g.reason, g.detail): BlindSpot(g, blinded.get(g.table, ()))
        for g in site.gaps
    }
    return tuple(spots[key] for key in sorted(spots))


@cache
def _blinded(rule_ids: tuple[str, ...]) -> Mapping[type[Row], tuple[str, ...]]:
    found: dict[type[Row], list[str]] = {}
    for rule_id in rule_ids:
        for below in tables_below(RULES[rule_id].on):
            found.setdefault(below, []).append(rule_id)
    return {row_type: tuple(ids) for row_type, ids in found.items()}


class Judge(NamedTuple):
    """A rule ready to be put before rows: what to call, and the limits to print with its findings."""

    rule: Rule
    call: Callable[[Any], Verdict]
    limits: Mapping[str, Any]


@cache
def _by_table(rules: tuple[Rule, ...]) -> Mapping[type[Row], Sequence[Judge]]:
    tables: dict[type[Row], list[Judge]] = {}
    for one in rules:
        tables.setdefault(one.on, []).append(Judge(one, one.judge, one.limits))
    return tables


def _limited(one: Judge, limits: Limits) -> Judge:
    changed = limits.get(one.rule.id)
    return Judge(one.rule, partial(one.call, **changed), {**one.limits, **changed}) if changed else one


def _judge_table(
    site: Site, row_type: type[Row], judges: Sequence[Judge], limits: Limits
) -> Sequence[Finding]:
    try:
        facts = site.facts(row_type)
    except Exception as error:  # the seam around one derived table: its rules say so, the audit goes on
        return [_broken(one, site.name, row_type.TABLE, error) for one, _, _ in judges]
    if not facts:
        return ()
    if limits:
        judges = [_limited(one, limits) for one in judges]
    found: list[Finding] = []
    for fact in facts:
        row = fact.row
        names: tuple[str, str, str] | None = None
        for one, call, printed in judges:
            try:
                told = call(row)
            except Exception as error:  # the seam around one rule: it becomes an error finding
                found.append(_broken(one, fact.target, row.subject, error))
                continue
            if told is NA:
                continue
            names = names or (row.subject, row.label, row.root)
            if told is OK:  # by place, not by name: most findings are these
                found.append(
                    Finding(
                        one.id, "pass", one.severity, fact.target, *names, "", "", None, printed, fact.sources
                    )
                )
            else:
                found.append(_finding(one, fact, names, printed, told))
    return found


def _finding(
    one: Rule, fact: Fact[Row], names: tuple[str, str, str], printed: Mapping[str, Any], told: Verdict
) -> Finding:
    subject, label, root = names
    outcome: Outcome = "pass"
    severity, message, column, probability, sources = one.severity, "", "", None, fact.sources
    match told:
        case Fail():
            outcome, message, column, probability = "fail", told.message, told.column, told.probability
            severity, sources = told.severity or severity, pointed(fact, column)
        case Unknown():
            outcome, message = "unknown", told.message
    return Finding(
        rule=one.id,
        outcome=outcome,
        severity=severity,
        target=fact.target,
        subject=subject,
        label=label,
        root=root,
        message=message,
        column=column,
        probability=probability,
        limits=printed,
        sources=sources,
    )


def pointed(fact: Fact[Row], column: str) -> tuple[Source, ...]:
    """The fact's sources, the first pointing at the column's own JSON path where the table declares one."""
    if not column or not fact.sources:
        return fact.sources
    path = type(fact.row).__dataclass_fields__[column].metadata.get("path", "")
    if not path:
        return fact.sources
    return (Source(fact.sources[0].origin, f"$.{path}"), *fact.sources[1:])


def _broken(one: Rule, target: str, subject: str, error: Exception) -> Finding:
    return Finding(
        rule=one.id,
        outcome="error",
        severity=one.severity,
        target=target,
        subject=subject,
        root=subject,
        message=f"the rule failed: {type(error).__name__}: {error}"[:300],
    )


_STANDING = {"fail": 0, "error": 1, "unknown": 2, "waived": 3, "pass": 4}
_WORST_FIRST = {severity: -rank(severity) for severity in SEVERITIES}
_FOREMOST = "snapshot/masquerades-as-backup"
"""Told before all that is as bad: whoever believes in his snapshots prepares for nothing else."""


def _order(finding: Finding) -> tuple[Any, ...]:
    return (
        _STANDING[finding.outcome],
        _WORST_FIRST[finding.severity],
        finding.rule != _FOREMOST,
        finding.rule,
        finding.target,
        finding.subject,
        finding.message,
    )
