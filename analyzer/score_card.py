"""What scoring gives: numbers, grades, the caps that hold them down and the actions that lift them.

A number is 0 (worst) to 100. None means that nothing was judged: never 0, never fine.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from analyzer.finding import Priority
from analyzer.verdict import Severity
from collectors.frozen import frozen_by_name

Grade = Literal["F", "U", "E", "D", "C", "B", "A", "A+"]
GRADES: tuple[Grade, ...] = get_args(Grade)
"""From worst to best. U (unrated: too little was seen) is worse than every grade but a proven F."""


@frozen_by_name
class Cap:
    """A condition that holds the grade down whatever the number says.

    *asset* is empty if the cap is about the whole site; *action* is the full sentence to print; *rules* are
    the failed rules that triggered it, none if too little was seen or a pillar is weak.
    """

    condition: str
    grade: Grade
    asset: str
    action: str
    rules: tuple[str, ...] = ()


@frozen_by_name
class PillarScore:
    """One of the six parts of the score. *weight*: percent of the whole. *number*: None if not examined.

    *examined*: at least one rule passed or failed here. *applicable*: False only where somebody said that
    there is nothing to examine; for the site, on every asset.
    """

    name: str
    title: str
    weight: float
    number: float | None
    examined: bool
    applicable: bool = True


@frozen_by_name
class AssetScore:
    """One asset's score; *tier* is the one it was judged as. Worded like :class:`SiteScore`."""

    name: str
    tier: int
    number: float | None
    uncapped: float | None
    low: float
    high: float
    grade: Grade
    confidence_percent: float
    assured_percent: float
    pillars: tuple[PillarScore, ...]
    caps: tuple[Cap, ...]


@frozen_by_name
class Action:
    """Mending one root cause: everything that failed for it on one target.

    *number*, *grade*: the site's, after caps, if it were mended. *gain*: points the site's number rises
    before caps; it says which mending is worth most even while a cap hides the effect. *priority*: of the
    most urgent fault that is mended with it.
    """

    target: str
    root: str
    label: str
    rules: tuple[str, ...]
    severity: Severity
    number: float
    grade: Grade
    gain: float
    priority: Priority | None = None


@frozen_by_name
class SiteScore:
    """The score of a site.

    *number*: after caps, one decimal; *uncapped*: before them. *low*, *high*: if all that is unknown were
    half a failure, or a pass. *confidence_percent*: how much of what applies was judged. *assured_percent*:
    how much of what did not fail was seen to pass; the caps for blindness read this one, so that no failure
    can lift them. *caps*: those that bind, worst first. *actions*: the best first. *ruleset*: fingerprint of
    the rules that judged; numbers of different rule sets or scoring versions must not be compared.
    """

    number: float | None
    uncapped: float | None
    low: float
    high: float
    grade: Grade
    confidence_percent: float
    assured_percent: float
    caps: tuple[Cap, ...]
    pillars: tuple[PillarScore, ...]
    assets: tuple[AssetScore, ...]
    actions: tuple[Action, ...]
    ruleset: str
    scoring: str
    at: datetime
