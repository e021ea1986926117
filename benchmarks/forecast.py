"""How good the fill forecast is: series of many kinds, cut off and foretold, against what came.

Every series is cut at several points; from what came before the cut it is foretold when the level reaches
the one that it really had some time later. Printed: the median error of the day, whether it errs early or
late, how often the real day lay in the 80 % interval, and how wide that is. The baseline is a plain Theil–Sen
line over all points with the interval of its slope.
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median

from analyzer.forecast import Point, theil_sen
from analyzer.outlook import outlook
from benchmarks.timing import verdict

SERIES = 60
WEEKS = 104
Foretell = Callable[[Sequence[Point], float], tuple[float, float, float]]


def ours(points: Sequence[Point], room: float) -> tuple[float, float, float]:
    """Days, soonest, latest."""
    told = outlook(points, room)
    assert told is not None
    return told.days, told.soonest, told.latest


def plain(points: Sequence[Point], room: float) -> tuple[float, float, float]:
    """The baseline."""
    slope = theil_sen(points)
    assert slope is not None
    days, soonest, latest = (
        room / one if one > 0 else math.inf for one in (slope.middle, slope.high, slope.low)
    )
    return days, soonest, latest


def simulated(chance: random.Random) -> dict[str, list[Point]]:
    """One series of each kind: weekly levels in gigabytes of something that fills."""
    grow = chance.uniform(1, 10)
    steady = [100 + grow * week for week in range(WEEKS)]
    noise = chance.uniform(0.2, 3) * grow
    walk = _walk(chance, grow * chance.uniform(0.3, 1.5))
    cleaned = chance.randrange(20, 60)
    faster = chance.randrange(25, 60)
    factor = chance.uniform(1.5, 4)
    kinds = {
        "steady, noise": [level + chance.gauss(0, noise) for level in steady],
        "steady, wandering": [level + off for level, off in zip(steady, walk, strict=True)],
        "clean-up in the middle": [
            level + chance.gauss(0, noise / 3) - (grow * cleaned * 0.6 if week >= cleaned else 0)
            for week, level in enumerate(steady)
        ],
        "large copy in the middle": [
            level + chance.gauss(0, noise / 3) + (grow * 25 if week >= cleaned else 0)
            for week, level in enumerate(steady)
        ],
        "grows faster later": [
            level + chance.gauss(0, noise / 3) + max(0, week - faster) * grow * (factor - 1)
            for week, level in enumerate(steady)
        ],
        "clean-up every month": [
            level - grow * (week % 4) * -0.8 + chance.gauss(0, noise / 4) for week, level in enumerate(steady)
        ],
        "bursts": _bursts(chance, grow),
    }
    told = {name: [(7.0 * week, y) for week, y in enumerate(levels)] for name, levels in kinds.items()}
    told["audits missing"] = [point for point in told["steady, noise"] if chance.random() > 0.4]
    return told


def _walk(chance: random.Random, size: float) -> list[float]:
    at, told = 0.0, []
    for _ in range(WEEKS):
        at += chance.gauss(0, size)
        told.append(at)
    return told


def _bursts(chance: random.Random, grow: float) -> list[float]:
    at, told = 100.0, []
    for _ in range(WEEKS):
        at += chance.expovariate(1 / (4 * grow)) if chance.random() < 0.25 else 0
        told.append(at)
    return told


def real() -> dict[str, list[Point]]:
    """Real growth found on this machine: bytes of files by the week in which each was last written."""
    told = {}
    for root in ("/usr/share", "/usr/lib", "/var/lib"):
        sizes: dict[int, int] = {}
        for folder, _, names in os.walk(root):
            for name in names:
                try:
                    about = os.lstat(Path(folder) / name)
                except OSError:
                    continue
                week = int(about.st_mtime // (7 * 86400))
                sizes[week] = sizes.get(week, 0) + about.st_size
        weeks = sorted(sizes)[:-1]
        level, points = 0.0, []
        for week in weeks:
            level += sizes[week] / 1e6
            points.append((7.0 * week, level))
        if len(points) >= 60:
            told[f"{root} by time of writing"] = points[-WEEKS:]
    return told


def trials(points: Sequence[Point]) -> Iterator[tuple[Sequence[Point], float, float]]:
    """(what was known, room, days until it was really reached) for several cuts and horizons."""
    for cut in (20, 30, 45, 60, 75):
        for ahead in (4, 9, 17):
            if cut + ahead >= len(points):
                continue
            known = points[max(0, cut - 60) : cut]
            room = max(y for _, y in points[cut : cut + ahead]) - known[-1][1]
            if room <= 0:
                continue
            day = next(x for x, y in points[cut:] if y >= known[-1][1] + room)
            yield known, room, day - known[-1][0]


def measured(series: Sequence[Sequence[Point]], foretell: Foretell) -> tuple[float, float, float, float, int]:
    """Median error and bias in percent of the days, share in the interval, median width, number of trials."""
    errors, biases, widths, inside, count = [], [], [], 0, 0
    for points in series:
        for known, room, truth in trials(points):
            days, soonest, latest = foretell(known, room)
            error = min(days, 3650) / truth - 1
            errors.append(abs(error))
            biases.append(error)
            widths.append((min(latest, 3650) - soonest) / truth)
            inside += (
                soonest <= truth + 7 and truth - 7 <= latest
            )  # seen weekly: a week more or less is not known
            count += 1
    if not count:
        return 0, 0, 0, 0, 0
    return 100 * median(errors), 100 * median(biases), 100 * inside / count, 100 * median(widths), count


def run() -> None:
    """Print the errors."""
    chance = random.Random(11)
    kinds: dict[str, list[list[Point]]] = {}
    for _ in range(SERIES):
        for name, points in simulated(chance).items():
            kinds.setdefault(name, []).append(points)
    kinds |= {name: [points] for name, points in real().items()}
    print("fill forecast: error of the day, lean (late +), share within the interval (80 %), width; percent")
    print(
        f"  {'series':<34}{'trials':>7} |{'error':>6}{'lean':>6}{'in':>5}{'width':>7} | plain line: the same"
    )
    every: list[list[Point]] = []
    for name, series in kinds.items():
        ours_told, plain_told = measured(series, ours), measured(series, plain)
        if not ours_told[4]:
            continue
        told = "".join(f"{one:{size}.0f}" for one, size in zip(ours_told[:4], (6, 6, 5, 7), strict=True))
        base = "".join(f"{one:{size}.0f}" for one, size in zip(plain_told[:4], (6, 6, 5, 7), strict=True))
        print(f"  {name:<34}{ours_told[4]:>7} |{told} |{base}")
        if not name.startswith("/"):
            every += series
    error, _, inside, _, _ = measured(every, ours)
    base_error, _, base_inside, _, _ = measured(every, plain)
    verdict("percent of simulated days within the 80 % interval", inside, "70 to 92", 70 <= inside <= 92)
    verdict("the same of the plain line", base_inside, "no goal; recorded", True)
    verdict("error / error of the plain line", error / base_error, "<= 1", error <= base_error)
