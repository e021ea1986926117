"""How likely a hard disk fails within a year at a counter's value: `analyzer/data/hazard.toml`."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parent / "data" / "hazard.toml"


def hazard(counter: str, count: int) -> float | None:
    """Failures per drive-year of disks whose *counter* stands at *count*; None where no study tells."""
    steps = table().get(counter, {}).get("steps", ())
    for highest, rate in steps:
        if count <= highest:
            return float(rate)
    return float(steps[-1][1]) if steps else None


@lru_cache(maxsize=1024)
def probability(counter: str, count: int) -> float | None:
    """Chance of failing within 365 days, 0 to 1: 1 - exp(-hazard)."""
    rate = hazard(counter, count)
    return None if rate is None else 1 - math.exp(-rate)


@cache
def table() -> Mapping[str, Any]:
    """The whole table, read on first demand."""
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))
