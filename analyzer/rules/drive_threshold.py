"""Rules on `drive_threshold`: limits set by makers and by drives themselves."""

from __future__ import annotations

from analyzer.derived.drive_threshold import DriveThreshold
from analyzer.drive_judging import named
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict


@rule("smart/prefail-now", on=DriveThreshold, severity="critical", controls=("C1",))
def prefail_now(row: DriveThreshold) -> Verdict:
    """An attribute of a drive is at or below the maker's threshold.

    Why it matters
        At the threshold of a pre-failure attribute the maker expects the drive to fail, whatever its overall
        verdict says. An old-age attribute there means that the drive is past what it was built for.

    What to do
        Copy or fail over now, then replace the drive. A temperature: mend the airflow.

    What not to do
        Do not reboot to see whether it clears. Do not run a long self-test or a file system check first on
        the only copy.

    References
        smartctl(8), WHEN_FAILED.
    """
    if row.failing_prefail:
        told = f"{named(row)}: failure is expected: {row.failing_prefail}"
        return Fail(told, "critical", "failing_prefail")
    if row.failing_old_age:
        told = f"{named(row)}: past what it was built for: {row.failing_old_age}"
        return Fail(told, "high", "failing_old_age")
    if row.failing_heat:
        return Fail(f"{named(row)}: too warm now: {row.failing_heat}", "medium", "failing_heat")
    return _nothing_found(row)


@rule("smart/attribute-failed-past", on=DriveThreshold, severity="medium", controls=("C1",))
def attribute_failed_past(row: DriveThreshold) -> Verdict:
    """An attribute of a drive has been below the maker's threshold before.

    Why it matters
        The drive was out of its limits once. Mostly that was heat; anything else is a fault that came and
        went.

    What to do
        See which attribute it was. Heat: mend the airflow. Anything else: treat the drive as suspect and
        watch its other counters.

    What not to do
        Do not expect it to clear: the worst value is kept for life.

    References
        smartctl(8), WHEN_FAILED.
    """
    if row.failed_past:
        return Fail(f"{named(row)}: was out of its limits: {row.failed_past}", "medium", "failed_past")
    if row.failed_past_heat:
        return Fail(f"{named(row)}: was too warm: {row.failed_past_heat}", "low", "failed_past_heat")
    return _nothing_found(row)


def _nothing_found(row: DriveThreshold) -> Verdict:
    if row.untold:
        told = f"{row.untold} of {row.attributes} attributes do not say whether they passed their threshold"
        return Unknown(f"{named(row)}: {told}")
    return OK if row.attributes else NA


@rule("smart/devstat-condition-met", on=DriveThreshold, severity="medium", controls=("C1",))
def condition_met(row: DriveThreshold) -> Verdict:
    """A drive's own monitored condition is met.

    Why it matters
        The drive watches a statistic against a limit of its own and says that the limit is reached.

    What to do
        Read the statistic and what it counts; where the drive tells both, trust the statistics page rather
        than the vendor attributes.

    What not to do
        Do not clear the statistics: the notice goes away, the cause stays.

    References
        ATA Command Set, device statistics notification; smartctl(8), -l devstat.
    """
    if row.conditions_met:
        return Fail(f"{named(row)}: condition met: {row.conditions_met}", "medium", "conditions_met")
    return OK if row.statistics else NA
