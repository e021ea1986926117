"""What rules on the kernel's log share: is the trouble fresh, and how it is told."""

from __future__ import annotations

from typing import Literal

from analyzer.derived.kernel_trouble import KernelTrouble

Standing = Literal["none", "fresh", "old", "past"]


def standing(row: KernelTrouble, fresh_days: float, old_days: float) -> Standing:
    """Where the row stands. An event of a log that tells no times counts as fresh."""
    if row.count == 0:
        return "none"
    if row.age_days is None or row.age_days <= fresh_days:
        return "fresh"
    return "old" if row.age_days <= old_days else "past"


def message(row: KernelTrouble, more: str = "") -> str:
    """What happened to what, how often, when, and one of the messages."""
    sample = f": “{row.sample}”" if row.sample else ""
    return f"{row.said}{sample}{more}"
