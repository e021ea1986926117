"""Audits of one canned host over weeks, for tests and benchmarks of the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from collectors.asking import collect
from collectors.bundle import BundleWriter
from collectors.collector import load
from tests.canned import Answers, CannedTarget, host

FIRST = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def bundle(
    folder: Path, week: int, answers: Answers | None = None, *, site: str = "site", name: str = "db"
) -> Path:
    """The bundle of one week; answers default to those of a healthy host."""
    folder.mkdir(parents=True, exist_ok=True)
    at = FIRST + timedelta(weeks=week)
    path = folder / f"audit-{week:03}-{name}.evidence.zip"
    writer = BundleWriter(path, site=site, tool="test", at=at)
    target = CannedTarget(name, host(name) if answers is None else answers)
    asyncio.run(collect([target], list(load().values()), writer))
    return writer.path


def weeks(
    folder: Path, count: int, sick: Callable[[int], bool] = lambda week: False, *, site: str = "site"
) -> Iterator[Path]:
    """A bundle for each week; in the weeks that are *sick* the first disk fails."""
    for week in range(count):
        bad = sick(week)
        yield bundle(folder, week, host("db", sick=lambda number, bad=bad: bad and number == 0), site=site)
