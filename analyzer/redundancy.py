"""Arithmetic of redundancy: what an array can lose, how long a rebuild takes, how likely it is to fail.

The probabilities are for ranking designs, not prophecies; every result comes with its assumptions, which
the messages print. Annual failure rates: published fleet statistics; unrecoverable read errors: the maker's
bound.
"""

from __future__ import annotations

import math

from collectors.frozen import frozen

HOURS_A_YEAR = 8766.0
LOADED_BYTES_PER_SECOND = 50_000_000
"""Rate of a rebuild while the array is used; an idle one manages about twice that."""
ANNUAL_RATE_CLEAN = 0.015
"""Yearly failure rate of a drive without a bad sign, about what large fleets report."""
ANNUAL_RATE_SICK = 0.34
"""Yearly failure rate of a drive with its first unreadable sectors."""
SAME_HOUR_FACTOR = 4.0
"""Failures of drives in one array come together: a second one is about this much likelier than chance."""
SAME_BATCH_FACTOR = 14.0
"""Upper end of what a field study found for drives of one batch."""
BITS_PER_ERROR_DESKTOP = 1e14
BITS_PER_ERROR_NEARLINE = 1e15


def redundancy_of(level: str | None, slots: int | None, copies: int = 2) -> int | None:
    """Members that a whole array of this level can lose in the worst case; None if the level is not known."""
    match level:
        case "raid0" | "linear":
            return 0
        case "raid1" | "multipath":
            return slots - 1 if slots else None
        case "raid4" | "raid5":
            return 1
        case "raid6":
            return 2
        case "raid10":
            return copies - 1
        case _:
            return None


def fatal(level: str | None, slots: int | None, missing: int | None, slot_map: str | None = None) -> bool:
    """Whether the array has lost more than its level bears.

    RAID10 with two copies bears one loss for each pair of neighbouring slots (layout near=2); without a
    slot map it counts as lost only when more than half of it is gone.
    """
    if not missing:
        return False
    if level == "raid10" and slots:
        if slot_map and len(slot_map) == slots and slots % 2 == 0:
            return any(slot_map[n : n + 2] == "__" for n in range(0, slots, 2))
        return missing > slots // 2
    bears = redundancy_of(level, slots)
    return bears is not None and missing > bears


def rebuild_hours(member_bytes: int, bytes_per_second: float = LOADED_BYTES_PER_SECOND) -> float:
    """Lower bound of the hours to rebuild one member. Raises ValueError for a rate that is not positive."""
    if bytes_per_second <= 0:
        raise ValueError("the rate must be positive")
    return member_bytes / bytes_per_second / 3600


def further_failure(annual_rates: list[float], hours: float, factor: float = 1.0) -> float:
    """Probability that one or more drives fail within *hours*: 1 - exp(-sum(rates) * hours / year)."""
    return -math.expm1(-factor * sum(annual_rates) * max(hours, 0.0) / HOURS_A_YEAR)


def read_error(bytes_read: float, bits_per_error: float) -> float:
    """The maker's bound on meeting an unreadable sector in so many bytes: 1 - exp(-bits / bits per error)."""
    return -math.expm1(-bytes_read * 8 / bits_per_error)


_YEARLY = (
    f"yearly failure rate {ANNUAL_RATE_CLEAN:g} for a clean and {ANNUAL_RATE_SICK:g} for a failing drive"
)
_TOGETHER = (
    f"joint failures {SAME_HOUR_FACTOR:g} times likelier than chance (in one batch {SAME_BATCH_FACTOR:g})"
)


@frozen
class RebuildRisk:
    """How a rebuild of one member may end."""

    hours: float
    loss: float
    loss_same_batch: float
    read_error: float
    assumptions: str


def rebuild_risk(
    *,
    survivors: list[bool],
    member_bytes: int,
    bytes_per_second: float | None,
    rotating: bool,
    spare_losses: int,
) -> RebuildRisk:
    """Risk of losing the array while one member is rebuilt.

    *survivors*: for each drive that must be read, whether it shows signs of failing. *spare_losses*:
    members that may still be lost during the rebuild; with any, the loss takes that many failures more.
    """
    rate = bytes_per_second or LOADED_BYTES_PER_SECOND
    hours = rebuild_hours(member_bytes, rate)
    rates = [ANNUAL_RATE_SICK if sick else ANNUAL_RATE_CLEAN for sick in survivors]
    each = [further_failure(rates, hours, factor) for factor in (SAME_HOUR_FACTOR, SAME_BATCH_FACTOR)]
    loss, loss_same_batch = (one ** (1 + spare_losses) for one in each)
    bits = BITS_PER_ERROR_DESKTOP if rotating else BITS_PER_ERROR_NEARLINE
    measured = "measured" if bytes_per_second else "assumed"
    sick = sum(survivors)
    return RebuildRisk(
        hours=hours,
        loss=loss,
        loss_same_batch=loss_same_batch,
        read_error=read_error(float(member_bytes) * len(survivors), bits) if not spare_losses else 0.0,
        assumptions=f"{rate / 1e6:.0f} MB/s ({measured}), {_YEARLY}"
        f" ({sick} of {len(survivors)} survivors), {_TOGETHER}",
    )
