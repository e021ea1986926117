"""Rules on the growth of file systems and pools."""

from __future__ import annotations

from analyzer.derived.fill_forecast import FillForecast
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import many, size


@rule("capacity/forecast", on=FillForecast, severity="medium", controls=("C4",))
def forecast(
    row: FillForecast,
    *,
    low_days: float = 90.0,
    medium_days: float = 30.0,
    high_days: float = 7.0,
    critical_days: float = 2.0,
    from_samples: int = 14,
    from_days: float = 14.0,
) -> Verdict:
    """A file system or pool will soon be full.

    Why it matters
        Storage that fills up is a failure one can see coming: databases, mail and backups stop on that day.

    What to do
        Find what grows and who owns it, order space in time, clean up with the owner's consent.

    What not to do
        Do not delete snapshot deltas or backup chains by hand to gain a few days.

    References
        The slope is the median over all pairs of audits (Theil–Sen), measured around clean-ups and single
        large moves; in four of five cases the day lies in the interval. `benchmarks/forecast.py` tests it.
    """
    if row.samples < 2:
        return NA  # blind-spot/no-history says so, once for the target
    if row.samples < from_samples or row.span_days < from_days:
        return Unknown(
            f"{row.mountpoint}: {many(row.samples, 'audit')} over {row.span_days:.0f} days show no trend;"
            f" {from_samples} over {from_days:g} days are needed"
        )
    if row.days_to_full is None or row.growth_bytes_per_day is None:
        return Unknown(f"{row.mountpoint}: its free space was not told")
    ladder: tuple[tuple[float, Severity], ...] = (
        (critical_days, "critical"),
        (high_days, "high"),
        (medium_days, "medium"),
        (low_days, "low"),
    )
    severity = next((level for limit, level in ladder if row.days_to_full <= limit), None)
    if severity is None:
        return OK
    soon, late = row.days_to_full_soonest, row.days_to_full_latest
    between = f" (80 % between {soon:.0f} and {late:.0f})" if soon is not None and late is not None else ""
    return Fail(
        f"{row.mountpoint}: full in {row.days_to_full:.0f} days{between} at {size(row.growth_bytes_per_day)}"
        f" a day; limits {low_days:g}/{medium_days:g}/{high_days:g}/{critical_days:g} days",
        severity,
        "days_to_full",
    )


@rule("capacity/jump", on=FillForecast, severity="medium", controls=("C4",))
def jump(row: FillForecast, *, deviations: float = 5.0, least_percent: float = 1.0) -> Verdict:
    """The used space jumped.

    Why it matters
        A step that breaks with all growth before is a runaway log, a snapshot nobody removes, or files being
        encrypted beside the originals.

    What to do
        See what was written since the last audit before the volume is extended.

    What not to do
        Do not delete old backups to make room while the cause is unknown.

    References
        Compared with the median absolute deviation of the growth before.
    """
    if (
        row.jump_bytes_per_day is None
        or row.usual_bytes_per_day is None
        or row.deviation_bytes_per_day is None
    ):
        return NA
    if row.size_bytes is None:
        return Unknown(f"{row.mountpoint}: its size was not told")
    excess = row.jump_bytes_per_day - row.usual_bytes_per_day
    if excess <= deviations * row.deviation_bytes_per_day or excess < row.size_bytes * least_percent / 100:
        return OK
    return Fail(
        f"{row.mountpoint}: grew by {size(row.jump_bytes_per_day)} a day since the last audit, usually by"
        f" {size(row.usual_bytes_per_day)}; limit {deviations:g} deviations of"
        f" {size(row.deviation_bytes_per_day)} and {least_percent:g} % of its size a day",
        None,
        "jump_bytes_per_day",
    )
