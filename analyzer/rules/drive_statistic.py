"""Rules on `drive_statistic`: the ATA device statistics log."""

from __future__ import annotations

from analyzer.drive_judging import named
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Verdict
from collectors.drive_tables import DriveStatistic


@rule("smart/devstat-condition-met", on=DriveStatistic, severity="medium", controls=("C1",))
def condition_met(row: DriveStatistic) -> Verdict:
    """A drive's own monitored condition is met.

    Why it matters
        The drive watches this statistic against a limit of its own and says that the limit is reached.

    What to do
        Read the statistic and what it counts; where the drive tells both, trust the statistics page rather
        than the vendor attributes.

    What not to do
        Do not clear the statistics: the notice goes away, the cause stays.

    References
        ATA Command Set, device statistics notification; smartctl(8), -l devstat.
    """
    if row.condition_met is None:
        return NA
    if not row.condition_met:
        return OK
    return Fail(
        f"{named(row)}: {row.name} is {row.value}: the drive's condition is met", None, "condition_met"
    )
