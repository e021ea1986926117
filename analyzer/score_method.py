"""The numbers of the scoring method, read from `analyzer/data/scoring.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from math import fsum, log1p
from typing import Any, NamedTuple

from analyzer.finding import Priority
from analyzer.score_card import GRADES, Grade
from analyzer.verdict import Severity

Steps = tuple[tuple[float, float], ...]
"""Pairs (from, factor), the highest first: the first pair whose *from* is reached gives the factor."""


@dataclass(frozen=True, slots=True)
class Pillar:
    """One part of the score. *expected*: sum of its rules' bases. *unseen_log*: log of its worth unseen."""

    name: str
    title: str
    weight: float
    families: tuple[str, ...]
    expected: float
    unseen_log: float


@dataclass(frozen=True, slots=True)
class CapRule:
    """A condition on failed rules that holds grades down; *asset* None: the asset's own is left alone."""

    name: str
    asset: Grade | None
    site: Grade | None
    rules: frozenset[str]
    critical: frozenset[str]
    tiers: frozenset[int]
    unless_passed: tuple[str, ...]
    because: str
    lift: str


@dataclass(frozen=True, slots=True)
class APlus:
    """What the best grade takes."""

    number: float
    assured: float
    level: int


class Place(NamedTuple):
    """Where a rule counts. *share*: of its base that does; *blind*: it is about what could not be seen."""

    pillar: int
    share: float
    blind: bool
    half_life_days: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """All of the file. Grades by threshold are (threshold, grade), the highest threshold first."""

    version: str
    actions: int
    base: Mapping[Severity, float]
    most: float
    others: float
    unknown: float
    likelihood: Steps
    not_quantified: float
    blast: Steps
    priorities: tuple[tuple[float, Priority], ...]
    tier_default: int
    tier_weights: Mapping[int, float]
    important: int
    mean: float
    worst: float
    pillars: tuple[Pillar, ...]
    blind_family: str
    blind_share: float
    blind_pillars: Mapping[str, int]
    blind_default: int
    quality: Mapping[str, float]
    stale_below: float
    same_audit_days: float
    half_life_days: Mapping[str, float]
    bands: tuple[tuple[float, Grade], ...]
    tops: Mapping[Grade, float]
    floors: tuple[tuple[float, Grade], ...]
    assurance: tuple[tuple[float, Grade], ...]
    a_plus: APlus
    caps: tuple[CapRule, ...]
    caps_of: Mapping[str, tuple[CapRule, ...]]
    _places: dict[str, Place] = field(default_factory=dict, compare=False, repr=False)

    def place(self, rule: str) -> Place:
        """Index of the rule's pillar, its share, and the days in which its evidence loses half its worth."""
        known = self._places.get(rule)
        if known is None:
            known = self._places[rule] = self._place(rule, rule.partition("/")[0])
        return known

    def _place(self, rule: str, family: str) -> Place:
        days = self.half_life_days.get(family, self.half_life_days["default"])
        if family == self.blind_family:
            return Place(self.blind_pillars.get(rule, self.blind_default), self.blind_share, True, days)
        indexes = (index for index, pillar in enumerate(self.pillars) if family in pillar.families)
        return Place(next(indexes, self.blind_default), 1.0, False, days)

    def tier(self, tier: int | None) -> int:
        """The tier that an asset is judged as."""
        return tier if tier is not None and tier in self.tier_weights else self.tier_default

    def likely(self, probability: float | None) -> float:
        """Factor for the probability of the harm within twelve months."""
        return self.not_quantified if probability is None else stepped(self.likelihood, probability)


def stepped(steps: Steps, value: float) -> float:
    """The factor of the highest step that *value* reaches; below all of them (or not a number) the lowest."""
    return next((factor for start, factor in steps if value >= start), steps[-1][1])


@cache
def method() -> Method:
    """The method that holdwater ships."""
    text = resources.files("analyzer").joinpath("data/scoring.toml").read_text(encoding="utf-8")
    return read_method(tomllib.loads(text))


def read_method(told: Mapping[str, Any]) -> Method:
    """The method out of the parsed file. Raises KeyError or ValueError if it is incomplete."""
    base, risk, grades, blind = told["severity"], told["risk"], told["grades"], told["blind_spot"]
    pillars = tuple(_pillar(one, base, risk["unknown"]) for one in told["pillar"])
    index = {pillar.name: at for at, pillar in enumerate(pillars)}
    evidence = told["evidence"]
    caps = tuple(_cap(one) for one in told["cap"])
    return Method(
        version=told["version"],
        actions=told["actions"],
        base=base,
        most=risk["most"],
        others=risk["others"],
        unknown=risk["unknown"],
        likelihood=_steps(told["likelihood"]["steps"]),
        not_quantified=told["likelihood"]["not_quantified"],
        blast=_steps(told["blast"]["steps"]),
        priorities=((told["priority"]["P1"], "P1"), (told["priority"]["P2"], "P2")),
        tier_default=told["tiers"]["default"],
        tier_weights={int(tier): weight for tier, weight in told["tiers"]["weights"].items()},
        important=told["tiers"]["important"],
        mean=told["site"]["mean"],
        worst=told["site"]["worst"],
        pillars=pillars,
        blind_family=blind["family"],
        blind_share=blind["share"],
        blind_pillars={rule: index[name] for rule, name in blind["pillars"].items()},
        blind_default=index[blind["default"]],
        quality=evidence,
        stale_below=evidence["stale_below"],
        same_audit_days=evidence["same_audit_hours"] / 24,
        half_life_days=told["half_life_days"],
        bands=tuple(sorted(((b["from"], grade(b["grade"])) for b in grades["bands"]), reverse=True)),
        tops={grade(name): float(top) for name, top in grades["tops"].items()},
        floors=tuple(sorted((f["below"], grade(f["grade"])) for f in told["floor"])),
        assurance=tuple(sorted((f["below"], grade(f["grade"])) for f in told["assurance"])),
        a_plus=APlus(**grades["a_plus"]),
        caps=caps,
        caps_of={
            rule: tuple(cap for cap in caps if rule in cap.rules or rule in cap.critical)
            for rule in sorted(frozenset().union(*(cap.rules | cap.critical for cap in caps)))
        },
    )


def grade(name: str) -> Grade:
    """The grade of that name. Raises ValueError if there is none."""
    return GRADES[[str(one) for one in GRADES].index(name)]


def _steps(told: list[dict[str, float]]) -> Steps:
    return tuple(sorted(((one["from"], one["factor"]) for one in told), reverse=True))


def _pillar(told: Mapping[str, Any], base: Mapping[Severity, float], unknown: float) -> Pillar:
    counts: Mapping[Severity, int] = told["expected"]
    return Pillar(
        name=told["name"],
        title=told["title"],
        weight=told["weight"],
        families=tuple(told["families"]),
        expected=fsum(base[severity] * count for severity, count in counts.items()),
        unseen_log=fsum(log1p(-unknown * base[severity]) * count for severity, count in counts.items()),
    )


def _cap(told: Mapping[str, Any]) -> CapRule:
    return CapRule(
        name=told["name"],
        asset=grade(told["asset"]) if told["asset"] else None,
        site=grade(told["site"]) if told["site"] else None,
        rules=frozenset(told.get("rules", ())),
        critical=frozenset(told.get("critical", ())),
        tiers=frozenset(told.get("tiers", ())),
        unless_passed=tuple(told.get("unless_passed", ())),
        because=told["because"],
        lift=told["lift"],
    )
