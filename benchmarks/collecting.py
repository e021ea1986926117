"""Collecting 64 disks whose answers take 200 ms each, against one after another and against the ideal."""

from __future__ import annotations

import asyncio
import math
import tempfile
import time
from pathlib import Path

from benchmarks.timing import verdict
from collectors.asking import AT_ONCE, collect
from collectors.bundle import BundleWriter
from collectors.collector import load
from collectors.question import Form, Question
from tests.canned import CannedTarget, host

DISKS = 64
DELAY = 0.2


def run() -> None:
    """Print the ratios."""
    answers = host("bench", disks=DISKS)
    with tempfile.TemporaryDirectory() as folder:
        target = CannedTarget("bench", answers, delay_seconds=DELAY)
        took = _collected(target, Path(folder) / "all.evidence.zip")
    one_by_one = _one_after_another(target)
    rounds = 2 + math.ceil(DISKS / AT_ONCE)
    ideal = rounds * DELAY
    print(f"collecting {DISKS} disks at {DELAY * 1000:.0f} ms an answer, {AT_ONCE} questions at once:")
    print(
        f"          {took:.2f} s, one after another {one_by_one:.2f} s, ideal {ideal:.2f} s ({rounds} rounds)"
    )
    verdict("faster than one after another", one_by_one / took, ">= 12", one_by_one / took >= 12)
    verdict("of the ideal", took / ideal, "<= 1.3", took / ideal <= 1.3)


def _collected(target: CannedTarget, path: Path) -> float:
    writer = BundleWriter(path, site="bench", tool="benchmark")
    collectors = list(load().values())  # what importing costs is start-up's to measure
    begun = time.perf_counter()
    asyncio.run(collect([target], collectors, writer, questions_at_once=AT_ONCE))
    return time.perf_counter() - begun


def _one_after_another(target: CannedTarget) -> float:
    """The same questions put in turn; measured on a quarter of them, for it is all waiting."""
    form = Form(("none",), "none", "none")
    asked = target.asked[: len(target.asked) // 4]

    async def ask() -> None:
        for argv in asked:
            await target.ask(Question(argv, form))

    total = len(target.asked)
    begun = time.perf_counter()
    asyncio.run(ask())
    return (time.perf_counter() - begun) / len(asked) * total
