"""Rules on `smart_trend`: how a drive's numbers moved."""

from __future__ import annotations

from analyzer.derived.smart_trend import SmartTrend
from analyzer.drive_judging import named
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict


@rule("smart/temperature-swing", on=SmartTrend, severity="info", controls=("C1",))
def temperature_swing(row: SmartTrend, *, kelvin: int = 20) -> Verdict:
    """The temperature of a drive swings widely within a week.

    Why it matters
        Changing temperature goes with latent errors more consistently than a high one.

    What to do
        Steady the cooling: fan curves, the room's air conditioning, the place of the drive in the case.

    What not to do
        Do not take it for an alarm: it is a hint where to look.

    References
        El-Sayed et al., SIGMETRICS 2012.
    """
    if row.measure != "temperature_celsius" or row.samples_7d < 2:
        return NA
    if row.lowest_7d is None or row.highest_7d is None:
        return Unknown(f"{named(row)}: temperatures of the week were not told")
    if row.highest_7d - row.lowest_7d < kelvin:
        return OK
    return Fail(
        f"{named(row)}: {row.lowest_7d} to {row.highest_7d} °C within 7 days, limit {kelvin} K",
        "info",
        "highest_7d",
    )
