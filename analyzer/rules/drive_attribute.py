"""Rules on `drive_attribute`: attributes at the maker's own thresholds."""

from __future__ import annotations

from analyzer.drive_judging import named
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict
from collectors.drive_tables import DriveAttribute

HEAT = (190, 194)
"""Attributes of temperature, whose thresholds say nothing of the drive's health."""


def _said(row: DriveAttribute) -> str:
    told = f"{named(row)}: attribute {row.id} {row.name}"
    if row.worst is not None and row.threshold is not None:
        return f"{told}: value {row.value}, worst {row.worst}, the maker's threshold {row.threshold}"
    return told


@rule("smart/prefail-now", on=DriveAttribute, severity="critical", controls=("C1",))
def prefail_now(row: DriveAttribute) -> Verdict:
    """An attribute of a drive is at or below the maker's threshold.

    Why it matters
        At the threshold of a pre-failure attribute the maker expects the drive to fail, whatever its overall
        verdict says. An old-age attribute there means that the drive is past what it was built for.

    What to do
        Copy or fail over now, then replace the drive.

    What not to do
        Do not reboot to see whether it clears. Do not run a long self-test or a file system check first on
        the only copy.

    References
        smartctl(8), WHEN_FAILED.
    """
    if row.when_failed is None:
        if row.value is None or row.threshold is None:
            return Unknown(f"{_said(row)}: whether it is at its threshold was not told")
        return NA
    if row.when_failed != "now":
        return OK
    if row.id in HEAT:
        return Fail(f"{_said(row)}: too warm now", "medium", "when_failed")
    if row.prefailure is None:
        return Fail(f"{_said(row)}: failing now", "high", "when_failed")
    kind = "failure is expected" if row.prefailure else "past the age it was built for"
    return Fail(f"{_said(row)}: {kind}", "critical" if row.prefailure else "high", "when_failed")


@rule("smart/attribute-failed-past", on=DriveAttribute, severity="medium", controls=("C1",))
def attribute_failed_past(row: DriveAttribute) -> Verdict:
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
    if row.when_failed is None:
        if row.worst is None or row.threshold is None:
            return Unknown(f"{_said(row)}: whether it ever was at its threshold was not told")
        return NA
    if row.when_failed != "past":
        return OK if row.when_failed == "" else NA
    return Fail(f"{_said(row)}: was below it before", "low" if row.id in HEAT else "medium", "when_failed")
