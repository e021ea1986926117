"""What the findings of one asset come to: risks by pillar and root cause, and how much was seen.

Sums go through :func:`math.fsum` and products are taken in sorted order, so that the order of the findings
does not change the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import exp, fsum, log, prod

from analyzer.finding import Finding
from analyzer.rule import Rule
from analyzer.score_method import Method, Place
from collectors.fact import Source

Root = tuple[int, str]
"""Index of the pillar, and the root cause on the asset."""


@dataclass(slots=True)
class Tally:
    """One rule's words on one asset. *worth*: of the evidence of its passes and failures, summed."""

    base: float
    place: Place
    passes: int = 0
    unknowns: int = 0
    fails: int = 0
    worth: float = 0.0

    @property
    def pillar(self) -> int:
        """Index of the pillar in which it counts."""
        return self.place.pillar

    def assured(self, mended: int = 0) -> Share:
        """Base seen to pass, and base that did not fail; *mended* failures counted as passes.

        Failures of blind-spot rules stand among the unknowns, and leave them when mended.
        """
        passes = self.passes + mended
        not_failed = passes + self.unknowns
        if mended and not self.fails:
            not_failed -= min(mended, self.unknowns)
        return (self.base * passes / not_failed, self.base) if not_failed else (0.0, 0.0)


@dataclass(slots=True)
class Ledger:
    """All that counts for one asset's score. *said*: its name, for texts; the site's own has no other."""

    name: str
    said: str
    tier: int
    weight: float
    blast: float
    tallies: dict[str, Tally] = field(default_factory=dict)
    fails: dict[str, list[Finding]] = field(default_factory=dict)
    failed: dict[Root, list[float]] = field(default_factory=dict)
    unsure: dict[Root, list[float]] = field(default_factory=dict)
    blind: set[tuple[str, str]] = field(default_factory=set)
    passed: set[int] = field(default_factory=set)
    faulty: set[int] = field(default_factory=set)
    not_here: frozenset[int] = frozenset()

    def applies(self, pillar: int) -> bool:
        """Whether there is something to examine: yes, unless somebody denied it and nothing passed."""
        return pillar in self.passed or pillar not in self.not_here

    def unseen(self, pillar: int) -> bool:
        """Whether the pillar applies, but nothing passed there."""
        return pillar not in self.passed and self.applies(pillar)


def grouped(risks: Sequence[float], others: float) -> float:
    """The risk of several faults with one root cause: the worst whole, the others in part."""
    if len(risks) == 1:
        return risks[0]
    *rest, worst = sorted(risks)
    return 1 - (1 - worst) * prod(1 - others * risk for risk in rest)


class Scribe:
    """Enters findings into ledgers; looks up once what is the same for many of them."""

    def __init__(self, method: Method, rules: Mapping[str, Rule], at: datetime) -> None:
        self.method = method
        self.rules = rules
        self.at = at
        self._recent = at - timedelta(days=method.same_audit_days)
        self._ages: dict[int, tuple[float, float]] = {}

    def enter(self, ledger: Ledger, findings: Iterable[Finding]) -> None:
        """Take in the findings of one asset."""
        tallies, ages, stale_below = ledger.tallies, self._ages, self.method.stale_below
        for finding in findings:
            rule, outcome, sources = finding.rule, finding.outcome, finding.sources
            tally = tallies.get(rule) or self.tally(ledger, rule)
            quality, days = ages.get(id(sources)) or self._aged(sources)
            worth = quality * 0.5 ** (days / tally.place.half_life_days) if days else quality
            if outcome == "pass" and worth >= stale_below:
                tally.passes += 1
                tally.worth += worth
                if tally.base and not tally.place.blind:
                    ledger.passed.add(tally.place.pillar)
            elif outcome in ("fail", "waived"):  # a waiver makes no fault better than it is
                self._fail(ledger, finding, tally, worth)
            else:
                tally.unknowns += 1
                self._doubt(ledger, tally, finding.root or finding.subject or rule)

    def blinded(self, ledger: Ledger, rule: str, subject: str) -> None:
        """Take in that a gap kept a rule from judging a subject (empty: all of them)."""
        if (rule, subject) in ledger.blind:
            return
        ledger.blind.add((rule, subject))
        tally = ledger.tallies.get(rule) or self.tally(ledger, rule)
        tally.unknowns += 1
        self._doubt(ledger, tally, f"\0gap {subject}")

    def tally(self, ledger: Ledger, rule: str) -> Tally:
        """The asset's tally of a rule, opened."""
        place, known = self.method.place(rule), self.rules.get(rule)
        base = self.method.base[known.severity if known else "medium"]
        tally = ledger.tallies[rule] = Tally(base * place.share, place)
        return tally

    def _fail(self, ledger: Ledger, finding: Finding, tally: Tally, worth: float) -> None:
        pillar, share, blind, _ = tally.place
        if blind:
            tally.unknowns += 1
        else:
            tally.fails += 1
            tally.worth += worth
        base = self.method.base[finding.severity] * share
        if not base:
            return
        risk = min(self.method.most, base * self.method.likely(finding.probability) * ledger.blast)
        root = finding.root or finding.subject or finding.rule
        ledger.failed.setdefault((pillar, root), []).append(risk)
        ledger.fails.setdefault(root, []).append(finding)
        if not blind:
            ledger.faulty.add(pillar)

    def _doubt(self, ledger: Ledger, tally: Tally, root: str) -> None:
        if tally.base:
            ledger.unsure.setdefault((tally.pillar, root), []).append(self.method.unknown * tally.base)

    def _aged(self, sources: Sequence[Source]) -> tuple[float, float]:
        """What the evidence is worth by its kind, up to 1, and its age in days, by which it loses worth."""
        quality, oldest, of_kind = 1.0, self._recent, self.method.quality
        for source in sources:
            origin = source.origin
            if of_kind[origin.worth] < quality:
                quality = of_kind[origin.worth]
            if origin.at is None:  # worth no more than an export
                quality = min(quality, of_kind["export"])
            elif origin.at < oldest:
                oldest = origin.at
        days = 0.0 if oldest is self._recent else (self.at - oldest).total_seconds() / 86400
        known = self._ages[id(sources)] = (quality, days)
        return known


def logs(groups: Mapping[Root, Sequence[float]], method: Method) -> list[float]:
    """For each pillar, the logarithm of what is left of 1 after all risks; 0.0 where there is none."""
    found: list[list[float]] = [[] for _ in method.pillars]
    for (pillar, _), risks in groups.items():
        found[pillar].append(log(1 - grouped(risks, method.others)))
    return [fsum(one) for one in found]


def numbers(ledger: Ledger, method: Method) -> tuple[list[float | None], list[float]]:
    """Each pillar's number, 0 to 100, from what failed (None where nothing passed or failed), and its number
    if the unknown were half a failure; where nothing passed, all that is expected is unknown.
    """
    both = dict(ledger.failed)
    for root, risks in ledger.unsure.items():
        both[root] = [*both.get(root, ()), *risks]
    told: list[float | None] = []
    least: list[float] = []
    of_failed, of_both = logs(ledger.failed, method), logs(both, method)
    for at, (failed, low) in enumerate(zip(of_failed, of_both, strict=True)):
        told.append(100 * exp(failed) if failed or at in ledger.passed else None)
        unseen = min(low, failed + method.pillars[at].unseen_log) if ledger.unseen(at) else low
        least.append(100 * exp(unseen))
    return told, least


Share = tuple[float, float]
"""A part, and the whole that it is a part of."""


def shares(ledger: Ledger, method: Method) -> tuple[Share, Share]:
    """Base seen to pass, of the base that did not fail; and base judged, weighed by its evidence, of the base
    that applies. Of a pillar in which nothing passed, at least what is expected applies.
    """
    seen: list[float] = []
    judged: list[float] = []
    sound: list[list[float]] = [[] for _ in method.pillars]
    whole: list[list[float]] = [[] for _ in method.pillars]
    for tally in ledger.tallies.values():
        base, pillar, not_failed = tally.base, tally.place.pillar, tally.passes + tally.unknowns
        if not_failed:
            seen.append(base * tally.passes / not_failed)
            sound[pillar].append(base)
        judged.append(base * tally.worth / (not_failed + tally.fails))
        whole[pillar].append(base)
    return (
        (fsum(seen), _with_unseen(ledger, method, sound)),
        (fsum(judged), _with_unseen(ledger, method, whole)),
    )


def _with_unseen(ledger: Ledger, method: Method, bases: Sequence[Sequence[float]]) -> float:
    told = [fsum(one) for one in bases]
    for at, pillar in enumerate(method.pillars):
        if told[at] < pillar.expected and ledger.unseen(at):
            told[at] = pillar.expected
    return fsum(told)
