"""Rules on drives as their RAID controller tells of them."""

from __future__ import annotations

from analyzer.derived.controller_disk import ControllerDisk
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict

_OUT: dict[str, tuple[str, Severity]] = {
    "failed": ("has failed", "high"),
    "offline": ("is offline", "high"),
    "missing": ("is missing", "high"),
    "bad": ("is marked bad", "high"),
    "foreign": ("carries a foreign configuration", "high"),
    "rebuilding": ("is being rebuilt", "medium"),
}


@rule("raid/pd-predictive", on=ControllerDisk, severity="high", controls=("C1",))
def predictive_failure(row: ControllerDisk) -> Verdict:
    """The controller or the drive predicts that the drive will fail.

    Why it matters
        The drive's own warning, passed on by the controller. It comes late and is rarely wrong.

    What to do
        Replace the drive, found by slot and serial number; if the controller offers to copy it to a spare
        first (copyback), let it.

    What not to do
        Do not set it offline while another member of its array is out.

    References
        StorCLI Reference Manual: Predictive Failure Count, S.M.A.R.T alert flagged by drive.
    """
    if row.smart_alert:
        count = f", {row.predictive_failures} warnings" if row.predictive_failures else ""
        return Fail(f"{row.said} predicts its failure{count}", None, "smart_alert")
    if row.predictive_failures:
        return Fail(
            f"{row.said}: {row.predictive_failures} predictive failures; limit 0", None, "predictive_failures"
        )
    if row.state in ("missing", "failed"):
        return NA
    if row.smart_alert is None or row.predictive_failures is None:
        return Unknown(f"{row.said}: whether it predicts a failure was not told, or told by half")
    return OK


@rule("raid/pd-media-errors", on=ControllerDisk, severity="medium", controls=("C1",))
def media_errors(row: ControllerDisk) -> Verdict:
    """The controller met unreadable sectors on the drive.

    Why it matters
        Media errors are what pending and uncorrectable sectors are elsewhere: they surface in a rebuild,
        when the copy to mend them from is gone.

    What to do
        Let a patrol read run; replace the drive if the count grows.

    What not to do
        Do not clear the counters.

    References
        StorCLI Reference Manual: Media Error Count.
    """
    if row.state == "missing":
        return NA
    grown = _growth(row.media_errors, row.media_errors_before)
    if row.media_errors:
        more = f", {grown} more than at the audit before" if grown else ""
        severity: Severity | None = "high" if grown else None
        return Fail(f"{row.said}: {row.media_errors} media errors{more}; limit 0", severity, "media_errors")
    if row.media_errors is None:
        return Unknown(f"{row.said}: media errors were not told")
    return OK


@rule("raid/pd-other-errors", on=ControllerDisk, severity="low", controls=("C1",))
def other_errors(row: ControllerDisk) -> Verdict:
    """Link errors and timeouts between controller and drive grow.

    Why it matters
        A bad cable, backplane or expander throws good drives out of arrays, several at a time.

    What to do
        Look at cable, backplane, expander and power before the drive.

    What not to do
        Do not replace drive after drive in the same slot.

    References
        StorCLI Reference Manual: Other Error Count.
    """
    if row.other_errors is None or row.other_errors_before is None:
        return NA
    grown = _growth(row.other_errors, row.other_errors_before)
    if grown:
        told = f"{row.other_errors} other errors, {grown} more than at the audit before"
        return Fail(f"{row.said}: {told}", None, "other_errors")
    return OK


def _growth(now: int | None, before: int | None) -> int:
    return max(0, now - before) if now is not None and before is not None else 0


@rule("raid/pd-state", on=ControllerDisk, severity="high", controls=("C2",))
def drive_state(row: ControllerDisk) -> Verdict:
    """A drive behind the controller is out of its array, or not fully in it.

    Why it matters
        Its array has less margin than its level promises, or has lost its spare.

    What to do
        Find the drive by slot and serial number (make its light blink), find out why it dropped out, and
        replace it.

    What not to do
        Do not set it good or online to silence the alarm: what it holds is older than the rest of the array.

    References
        StorCLI Reference Manual: drive states; HPE: physical drive status.
    """
    if row.state is None or row.state == "unknown":
        words = f": {row.told_state}" if row.told_state else ""
        return Unknown(f"{row.said}: its state was not told or is not known{words}")
    if row.state not in _OUT:
        return OK
    what, severity = _OUT[row.state]
    words = f" ({row.told_state})" if row.told_state else ""
    return Fail(f"{row.said} {what}{words}", severity, "state")
