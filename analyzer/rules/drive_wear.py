"""Rules on `drive_endurance`: rated life and spare area of solid-state drives."""

from __future__ import annotations

from analyzer.derived.drive_endurance import DriveEndurance
from analyzer.drive_judging import named
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict


@rule("smart/ssd-wear", on=DriveEndurance, severity="medium", controls=("C1",))
def ssd_wear(row: DriveEndurance, *, low: int = 80, medium: int = 90, high: int = 100) -> Verdict:
    """A solid-state drive has used up its rated endurance, or nearly.

    Why it matters
        At 100 % the maker's promise ends, not the drive: studies found no rise of errors at the limit. But
        the warranty is gone and how long data keep without power is unknown.

    What to do
        Plan the swap, and stagger it inside an array: members of one age wear out together.

    What not to do
        Do not guess the direction of a vendor attribute: some count up, some down.

    References
        Schroeder et al., FAST 2016; Maneas et al., FAST 2020.
    """
    if row.used_percent is None:
        return Unknown(f"{named(row)}: the drive does not tell how much of its endurance is used")
    if row.used_percent < low:
        return OK
    severity: Severity = (
        "high" if row.used_percent >= high else "medium" if row.used_percent >= medium else "low"
    )
    return Fail(
        f"{named(row)}: {row.used_percent} % of its rated endurance used; "
        f"limits {low}, {medium} and {high} %",
        severity,
        "used_percent",
    )


@rule("smart/ssd-wear-forecast", on=DriveEndurance, severity="medium", controls=("C4",))
def ssd_wear_forecast(
    row: DriveEndurance, *, limit_days: float = 365.0, high_days: float = 91.0, span_days: float = 30.0
) -> Verdict:
    """A solid-state drive will have used up its rated endurance soon.

    Why it matters
        A planning figure: at the present rate of writing the rated endurance ends on that day.

    What to do
        Find the writer (logs, snapshots, staging of backups), or buy drives rated for more writes a day.

    What not to do
        Do not draw the line from a few days only.

    References
        Maneas et al., FAST 2020.
    """
    if row.used_percent is None or row.growth_per_day is None or row.span_days is None:
        return NA
    if row.span_days < span_days or row.used_percent >= 100:
        return NA
    if row.days_left is None or row.days_left >= limit_days:
        return OK if row.growth_per_day <= 0 or row.days_left is not None else NA
    return Fail(
        f"{named(row)}: {row.used_percent} % used, {row.growth_per_day * 30:.2g} points a month: "
        f"rated endurance ends in {row.days_left:.0f} days; limits {limit_days:g} and {high_days:g}",
        "high" if row.days_left < high_days else "medium",
        "days_left",
    )


@rule("smart/ssd-spare-low", on=DriveEndurance, severity="critical", controls=("C1",))
def ssd_spare_low(
    row: DriveEndurance, *, margin: int = 10, drop_90d: float = 5.0, usual_threshold: int = 10
) -> Verdict:
    """The spare area of a solid-state drive runs out.

    Why it matters
        Spare blocks take the place of bad ones. At the maker's threshold many drives turn read-only, and
        drives that eat their spare area are far likelier to be replaced.

    What to do
        Replace the drive; expect it to turn read-only without further notice.

    What not to do
        Do not free space on the file system and think it helps: the spare area is the drive's own.

    References
        NVM Express base specification, SMART / Health log; Maneas et al., FAST 2020.
    """
    if row.spare_percent is None:
        return NA if row.used_percent is None or row.protocol != "NVMe" else _untold(row)
    if row.spare_percent > 100:
        return Unknown(f"{named(row)}: tells {row.spare_percent} % of spare area, which cannot be")
    limit = row.spare_threshold_percent or usual_threshold
    whose = "the maker's threshold" if row.spare_threshold_percent else "threshold not told, taken as"
    told = f"{named(row)}: {row.spare_percent} % of its spare area left; {whose} {limit} %"
    if row.spare_percent <= limit:
        return Fail(told, "critical", "spare_percent")
    if row.spare_percent < 100 and row.spare_percent <= limit + margin:
        return Fail(told, "high", "spare_percent")
    if row.spare_growth_90d is not None and -row.spare_growth_90d >= drop_90d:
        return Fail(
            f"{told}; {-row.spare_growth_90d:.3g} points less within 90 days", "medium", "spare_growth_90d"
        )
    return OK if row.spare_growth_90d is not None or row.spare_percent == 100 else NA


def _untold(row: DriveEndurance) -> Unknown:
    return Unknown(f"{named(row)}: the drive does not tell its spare area")
