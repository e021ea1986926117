"""Robust lines through few points: Theil–Sen slopes and what they foretell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from collectors.frozen import frozen

Point = tuple[float, float]
MOST_POINTS = 120
_Z_80_PERCENT = 1.2816


@frozen
class Slope:
    """Median slope of all pairs of points, with the bounds of its 80 % interval (Sen 1968)."""

    low: float
    middle: float
    high: float


def theil_sen(points: Sequence[Point]) -> Slope | None:
    """The slope through (x, y) points, which one wild point cannot bend; None with fewer than two x.

    More than :data:`MOST_POINTS` are thinned evenly, the newest kept.
    """
    kept = thinned(sorted(points))
    slopes = sorted(
        (y2 - y1) / (x2 - x1) for n, (x1, y1) in enumerate(kept) for x2, y2 in kept[n + 1 :] if x2 > x1
    )
    if not slopes:
        return None
    count = len(kept)
    spread = _Z_80_PERCENT * math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    low = max(0, round((len(slopes) - spread) / 2) - 1)
    high = min(len(slopes) - 1, round((len(slopes) + spread) / 2))
    return Slope(slopes[low], median(slopes), slopes[high])


def thinned(points: Sequence[Point]) -> list[Point]:
    """At most :data:`MOST_POINTS` of them, evenly spread, first and last among them."""
    if len(points) <= MOST_POINTS:
        return list(points)
    step = (len(points) - 1) / (MOST_POINTS - 1)
    return [points[round(n * step)] for n in range(MOST_POINTS)]


def days_until(room: float, per_day: float) -> float | None:
    """Days until *room* is used up; None if it does not shrink."""
    return room / per_day if per_day > 0 else None


@frozen
class Step:
    """The newest change for each day, and what is usual: median and median absolute deviation."""

    newest: float
    usual: float
    deviation: float


def newest_step(points: Sequence[Point]) -> Step | None:
    """The last step against all before it; None with fewer than eight steps."""
    ordered = sorted(points)
    steps = [(y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in pairwise(ordered) if x2 > x1]
    if len(steps) < 8:
        return None
    usual = median(steps[:-1])
    return Step(steps[-1], usual, median(abs(step - usual) for step in steps[:-1]))
