"""Timing that survives a noisy machine: repeated, interleaved, medians and ratios."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence


def seconds(work: Callable[[], object], *, times: int = 5) -> float:
    """Median wall time of *work* over *times* runs."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def processes(commands: Sequence[Sequence[str]], *, times: int = 15) -> list[float]:
    """Median wall time of each command, run in turn so that a slow moment strikes all of them."""
    taken: list[list[float]] = [[] for _ in commands]
    for _ in range(times):
        for mine, command in zip(taken, commands, strict=True):
            begun = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            mine.append(time.perf_counter() - begun)
    return [statistics.median(mine) for mine in taken]


def peak_mebibytes() -> float:
    """Peak resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1024 if sys.platform != "darwin" else 1 << 20
    )


def verdict(name: str, value: float, goal: str, holds: bool) -> None:
    """Print one measured line with its goal."""
    print(f"  {'holds ' if holds else 'MISSED'}  {name}: {value:.2f}  (goal {goal})")
