"""Rules on `drive_history`: growth since earlier audits."""

from __future__ import annotations

from analyzer.derived.drive_history import DriveHistory
from analyzer.drive_judging import named
from analyzer.rule import rule
from analyzer.verdict import OK, Fail, Unknown, Verdict


@rule("smart/counter-growth", on=DriveHistory, severity="info", controls=("C1",))
def counter_growth(row: DriveHistory) -> Verdict:
    """Error counters of a drive grew within a week.

    Why it matters
        Growth foretells failure better than the total. Each rule about a counter that grew is one level more
        severe for it; this one shows the drive's growth in one place.

    What to do
        See the trend of the counters named, and the findings about them.

    What not to do
        Do not take a first audit for a clean one: without an earlier reading there is no baseline, and this
        stays unknown.

    References
        RAIDShield, FAST 2015; Mahdisoltani et al., ATC 2017; Xu et al., ATC 2018.
    """
    if row.growing is None:
        return Unknown(f"{named(row)}: no baseline yet: first reading")
    if not row.growing:
        return OK
    return Fail(f"{named(row)}: grew within 7 days: {row.growing}", "info", "growing")
