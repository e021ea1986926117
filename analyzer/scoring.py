"""Weighs findings into a number, a range, a confidence and a grade, for each asset and for the site.

The method with its reasons is told in `docs/scoring.md`; every number of it stands in `analyzer/data/scoring.toml`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.finding import BlindSpot, Finding
from analyzer.rule import Rule
from analyzer.score_card import GRADES, Action, AssetScore, Cap, Grade, PillarScore, SiteScore
from analyzer.site import Site

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
    raise NotImplementedError


def carried_over(
    earlier: Sequence[Finding], findings: Sequence[Finding], blind: Sequence[BlindSpot]
) -> tuple[Finding, ...]:
    """Failures of an earlier audit that this one could not look at again, so that they still stand."""
    raise NotImplementedError
