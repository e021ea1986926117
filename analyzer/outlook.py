"""When a level that was seen now and then will reach a limit: a robust line, and an interval for the day.

The line is the median slope of all pairs of points (Theil–Sen). What the interval is made of is measured on
the points themselves: how far they lie from the line by chance (the same however far ahead one looks), how
far the level wanders (which grows with the time ahead), and how sure the slope is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from analyzer.forecast import Point, Slope, theil_sen, thinned
from collectors.frozen import frozen_by_name

Z_80_PERCENT = 1.2816
TO_DEVIATION = 1.4826
"""Median absolute deviation to standard deviation, for what is normally distributed."""

STEP_DEVIATIONS = 6.0
MOST_STEPS = 0.2
"""A change so many deviations from the usual is a step (a clean-up, a move), unless so large a share is."""

RECENT = 14
"""Points that say what holds now; older ones count as far as they agree with them."""

BURSTS = 0.3
"""Where the usual growth is less than this share of the mean, the mean counts."""

FEW = 8
"""With fewer intervals there are no steps: nothing says what is usual."""


@frozen_by_name
class Outlook:
    """*per_day*: growth; *days* until the limit, between *soonest* and *latest* in four cases of five.

    Infinite where it is not reached.
    """

    per_day: float
    days: float
    soonest: float
    latest: float


def outlook(points: Sequence[Point], room: float) -> Outlook | None:
    """When *room* more than the newest level is reached; None with fewer than two times.

    *points*: (day, level) in any order. A clean-up, or one large move, in the middle bends nothing: growth is
    measured around it. Gaps between the points may be of any length; of points within a minute or so
    the last counts.
    """
    level = levelled(thinned(sorted({round(x, 3): y for x, y in sorted(points)}.items())))
    if len(level) < 2:
        return None
    per_day = in_bursts(level)
    steady = lately(level) if per_day is None else level
    slope = theil_sen(steady) if per_day is None else Slope(per_day, per_day, per_day)
    if slope is None:
        return None
    noise, wander = spread(steady, slope.middle)
    span = steady[-1][0] - steady[0][0]
    unsure = max((slope.high - slope.low) / 2 / Z_80_PERCENT, math.sqrt(wander / span) if span else 0.0)
    if room <= 0:
        return Outlook(per_day=slope.middle, days=0.0, soonest=0.0, latest=0.0)

    def reached(sign: float) -> float:
        return first_day(room, slope.middle, sign * Z_80_PERCENT, noise, wander, unsure)

    middle = room / slope.middle if slope.middle > 0 else math.inf
    return Outlook(
        per_day=slope.middle, days=middle, soonest=min(middle, reached(1)), latest=max(middle, reached(-1))
    )


def levelled(points: Sequence[Point]) -> list[Point]:
    """The points without steps: what comes before a step is moved to where it would have gone on."""
    changes = [(x2 - x1, y2 - y1) for (x1, y1), (x2, y2) in pairwise(points)]
    rates = [change / days for days, change in changes if days > 0]
    if len(rates) < FEW:
        return list(points)
    usual = median(rates)
    excess = [change - usual * days for days, change in changes]
    deviation = TO_DEVIATION * median(map(abs, excess))
    least = max(STEP_DEVIATIONS * deviation, 1e-9 * max(abs(y) for _, y in points))
    down = [-one > least for one in excess]
    up = [one > least for one in excess]
    steps = [
        (d and sum(down) <= MOST_STEPS * len(excess))
        or (u and sum(up) <= max(1, MOST_STEPS / 4 * len(excess)))
        for d, u in zip(down, up, strict=True)
    ]
    moved, shift = [points[-1]], 0.0
    for (x, y), one, step in zip(reversed(points[:-1]), reversed(excess), reversed(steps), strict=True):
        shift += one if step else 0.0
        moved.append((x, y + shift))
    return moved[::-1]


def in_bursts(points: Sequence[Point]) -> float | None:
    """Growth a day of what mostly stands still and then leaps: the mean, for the median sees no leaps.

    None where it grows evenly enough.
    """
    rates = [(y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in pairwise(points) if x2 > x1]
    mean = (points[-1][1] - points[0][1]) / (points[-1][0] - points[0][0])
    return mean if len(rates) >= FEW and mean > 0 and 0 <= median(rates) < BURSTS * mean else None


def lately(points: Sequence[Point]) -> Sequence[Point]:
    """The newest points for as long as their slope agrees with that of the last :data:`RECENT`."""
    if len(points) <= RECENT:
        return points
    newest = theil_sen(points[-RECENT:])
    kept = points[-RECENT:]
    count = RECENT
    while newest is not None and count < len(points):
        count = min(len(points), count * 2)
        longer = theil_sen(points[-count:])
        if longer is None or not agree(newest, longer):
            break
        kept = points[-count:]
    return kept


def agree(one: Slope, other: Slope) -> bool:
    """Whether two slopes may be the same: their intervals, half as wide again, overlap."""

    def wide(slope: Slope) -> tuple[float, float]:
        half = (slope.high - slope.low) / 4
        return slope.low - half, slope.high + half

    (low, high), (low2, high2) = wide(one), wide(other)
    return low <= high2 and low2 <= high


def spread(points: Sequence[Point], slope: float) -> tuple[float, float]:
    """Variance of a difference between two levels: (what does not depend on the days between, that a day).

    Measured as the squared deviation of pairs of points by the days between them, and a line through it.
    """
    pairs = [
        (x2 - x1, abs(y2 - y1 - slope * (x2 - x1)))
        for n, (x1, y1) in enumerate(points)
        for x2, y2 in points[n + 1 :]
        if x2 > x1
    ]
    longest = (points[-1][0] - points[0][0]) / 2
    near = sorted(pair for pair in pairs if pair[0] <= longest) or sorted(pairs)
    size = max(4, len(near) // 8)
    bins = [near[at : at + size] for at in range(0, len(near), size)]
    told = [(median(days for days, _ in one), deviation([off for _, off in one]) ** 2) for one in bins]
    return line_above_zero(told)


def deviation(offs: Sequence[float]) -> float:
    """The standard deviation behind absolute deviations: by half of them, or by four of five if larger."""
    ordered = sorted(offs)
    four_of_five = ordered[min(len(ordered) - 1, int(0.8 * len(ordered)))]
    return max(TO_DEVIATION * median(ordered), four_of_five / Z_80_PERCENT)


def line_above_zero(points: Sequence[Point]) -> tuple[float, float]:
    """Constant and slope of a least-squares line, neither below zero."""
    count = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
    across = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / across if across else 0.0
    constant = mean_y - slope * mean_x
    if slope < 0:
        return mean_y, 0.0
    if constant < 0:
        return 0.0, sum(x * y for x, y in points) / sum(x * x for x, _ in points)
    return constant, slope


def first_day(room: float, slope: float, z: float, noise: float, wander: float, unsure: float) -> float:
    """The day on which the bound of the interval reaches *room*; infinite if not within a hundred years.

    *z*: positive for the upper bound (the soonest day), negative for the lower (the latest).
    """

    def level(days: float) -> float:
        return slope * days + z * math.hypot(math.sqrt(noise + wander * days), unsure * days)

    if level(0.01) >= room:
        return 0.0
    far = 0.01
    while level(far) < room:
        far *= 2
        if far > 40_000:
            return math.inf
    near = far / 2
    for _ in range(50):
        middle = (near + far) / 2
        near, far = (middle, far) if level(middle) < room else (near, middle)
    return far
