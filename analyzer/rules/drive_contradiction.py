"""The rule on drives that call themselves sound while the kernel meets errors on them."""

from __future__ import annotations

from analyzer.derived.drive_contradiction import DriveContradiction
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict
from analyzer.wording import ago, many


@rule("smart/clean-but-errors-logged", on=DriveContradiction, severity="medium", controls=("C1",))
def clean_but_errors_logged(row: DriveContradiction, *, old_days: float = 30.0) -> Verdict:
    """SMART shows nothing, and the kernel met errors of the medium.

    Why it matters
        One of the two is wrong. Drives count late or not at all what they return to the host, and a cable can
        look like a bad sector. Whoever watches SMART alone hears nothing of it.

    What to do
        Trust the worse story: treat the drive as failing until a full read of it, or of the array, ends
        clean. Then look at cable, backplane and controller.

    What not to do
        Do not take "PASSED" for the answer, and do not clear the log.

    References
        Pinheiro et al., FAST 2007: more than a third of failed drives had shown nothing in SMART.
    """
    if row.sick or row.passed is False or row.logged is None:
        return NA  # both tell the same, or only one was heard
    if row.sick is None:
        return Unknown(f"{row.named}: its counters were not told")
    if not row.logged or (row.age_days is not None and row.age_days > old_days):
        return OK
    when = f", the last {ago(row.age_days)}" if row.age_days is not None else ""
    return Fail(
        f"{row.named}: SMART shows nothing, the kernel logged {many(row.logged, 'message')} of errors"
        f" ({row.kinds}){when}; limit 0 in {old_days:g} days",
        None,
        "logged",
    )
