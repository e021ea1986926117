"""Rules on the clocks of machines that hold backups."""

from __future__ import annotations

from analyzer.derived.readiness import ExposureState
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict
from analyzer.wording import lasting


@rule("exposure/clock-control", on=ExposureState, severity="medium", controls=("C16",))
def clock_control(
    row: ExposureState, *, medium_seconds: float = 60.0, high_seconds: float = 300.0
) -> Verdict:
    """The clock that guards the copies is wrong, or production can move it.

    Why it matters
        Whoever sets the clock forward lets locks run out and pruning delete what should be kept. A clock that
        is off spoils ages, and logins that need the right time.

    What to do
        Give machines that hold copies a time source of their own, and set an alarm on a step.

    What not to do
        Do not let them follow the domain controllers that they protect.

    References
        NIST SP 800-53 AU-8. Compared with the clock of the machine that ran holdwater.
    """
    if not row.backups:
        return NA
    skew = abs(row.clock_skew_seconds) if row.clock_skew_seconds is not None else None
    if skew is not None and skew > medium_seconds:
        off = lasting(skew / 86_400) if skew >= 86_400 else f"{skew:.0f} s"
        return Fail(
            f"{row.clock_host} holds backups, and its clock is off by {off}; limits {medium_seconds:g} and"
            f" {high_seconds:g} s",
            "high" if skew > high_seconds else "medium",
            "clock_skew_seconds",
        )
    if row.clock_of_production:
        return Fail(
            f"{row.site}: the clock of the backups follows one that production can set",
            None,
            "clock_of_production",
        )
    if skew is None:
        return Unknown(f"{row.site}: the clocks of the machines with backups were not compared")
    if row.clock_of_production is None:
        return Unknown(f"{row.site}: whose time the machines with backups follow was not told")
    return OK
