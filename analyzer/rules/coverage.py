"""Rules on what was not seen: rights, understanding, age of evidence, history, clocks, importance."""

from __future__ import annotations

from analyzer.derived.coverage import Coverage
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import lasting, many


@rule("blind-spot/permission-gaps", on=Coverage, severity="medium", controls=("C14",))
def permission_gaps(row: Coverage) -> Verdict:
    """The account that collected was not allowed to see everything.

    Why it matters
        What a role hides looks the same as what is not there.

    What to do
        Give the account the rights that `holdwater plan` lists; it prints a ready sudoers snippet.

    What not to do
        Do not give it more than reading.

    References
        sudoers(5).
    """
    if row.denied:
        return Fail(
            f"{row.host}: {many(row.denied, 'answer')} denied ({row.denied_text}); limit 0", None, "denied"
        )
    return OK if row.reached else NA


@rule("blind-spot/parser-unknown-version", on=Coverage, severity="low")
def unreadable_answers(row: Coverage) -> Verdict:
    """Some answers could not be understood.

    Why it matters
        A tool of an unknown version may tell of a fault in words we do not know. A value that was misread
        would be worse, so nothing is guessed.

    What to do
        Look at the answer in the evidence, update holdwater, or report the answer to its makers.

    What not to do
        Do not count what was not understood as healthy.

    References
        The evidence bundle keeps every answer verbatim.
    """
    if row.unreadable:
        said = f"{many(row.unreadable, 'answer')} not understood ({row.unreadable_text}); limit 0"
        return Fail(f"{row.host}: {said}", None, "unreadable")
    return OK if row.reached else NA


@rule("blind-spot/arrays-damaged-answer", on=Coverage, severity="high", controls=("C14",))
def arrays_damaged_answer(row: Coverage) -> Verdict:
    """What tells of the arrays was cut off or could not be understood.

    Why it matters
        The piece that is missing may tell of the failed member. No grade is given without it.

    What to do
        Collect again; if the answer is whole and still not understood, report it with the evidence.

    What not to do
        Do not take the arrays that were read for all there are.

    References
        The evidence bundle keeps every answer verbatim.
    """
    if row.arrays_damaged:
        said = (
            f"{many(row.arrays_damaged, 'answer')} about arrays damaged ({row.arrays_damaged_text}); limit 0"
        )
        return Fail(f"{row.host}: {said}", None, "arrays_damaged")
    return OK if row.reached else NA


@rule("blind-spot/drive-damaged-answer", on=Coverage, severity="high", controls=("C14",))
def drive_damaged_answer(row: Coverage) -> Verdict:
    """What a drive told of its health was cut off or could not be understood.

    Why it matters
        The piece that is missing may tell that the drive is failing. No grade is given without it.

    What to do
        Collect again; if the answer is whole and still not understood, report it with the evidence.

    What not to do
        Do not count the drive as healthy, nor as failed.

    References
        The evidence bundle keeps every answer verbatim.
    """
    if row.drives_damaged:
        said = f"answers of {many(row.drives_damaged, 'drive')} damaged ({row.drives_damaged_text}); limit 0"
        return Fail(f"{row.host}: {said}", None, "drives_damaged")
    return OK if row.reached else NA


@rule("blind-spot/stale-data", on=Coverage, severity="medium", controls=("C14",))
def stale_evidence(row: Coverage, *, medium_days: float = 7.0, high_days: float = 30.0) -> Verdict:
    """The evidence was old when it was judged.

    Why it matters
        Everything said about this system is history. What failed since then is not in it.

    What to do
        Repair the collection and audit again.

    What not to do
        Do not read a pass in it as a statement about today.

    References
        The age counts from the newest answer to the time of the audit.
    """
    if row.evidence_age_days is None:
        return Unknown(f"{row.host}: when its evidence was collected was not told")
    if row.evidence_age_days <= medium_days:
        return OK
    severity: Severity = "high" if row.evidence_age_days > high_days else "medium"
    return Fail(
        f"{row.host}: newest evidence is {row.evidence_age_days:.0f} days old, limits {medium_days:g}"
        f" and {high_days:g} days",
        severity,
        "evidence_age_days",
    )


@rule("blind-spot/no-history", on=Coverage, severity="info")
def no_history(row: Coverage, *, from_audits: int = 2, from_days: float = 7.0) -> Verdict:
    """There are too few audits to see growth.

    Why it matters
        Growth of a counter foretells failure better than its value. One look cannot see it.

    What to do
        Run the audit regularly and keep the evidence.

    What not to do
        Do not read a missing trend as a steady one.

    References
        Field studies of disk failure: weekly growth is among the best predictors.
    """
    if row.audits >= from_audits and row.history_days >= from_days:
        return OK
    return Fail(
        f"{row.host}: {many(row.audits, 'audit')} over {row.history_days:.0f} days, at least"
        f" {from_audits} over {from_days:g} days are needed",
        None,
        "audits",
    )


@rule("blind-spot/clock-skew", on=Coverage, severity="low", controls=("C16",))
def clock_skew(row: Coverage, *, limit_seconds: float = 120.0, high_seconds: float = 86_400.0) -> Verdict:
    """The clock of the system is wrong.

    Why it matters
        Ages of backups, errors and checks are measured with it; logs of several machines no longer fit
        together. Off by days, no age and no date in the report can be relied on.

    What to do
        See which of the two clocks is wrong: if several systems are off by the same time, it is that of the
        machine which asked. Set up time synchronisation there (chrony, systemd-timesyncd) and see that it is
        reached.

    What not to do
        Do not turn a clock back by hand on a running database or cluster.

    References
        chronyc(1): tracking.
    """
    skew = row.clock_skew_seconds
    if skew is None:
        return Unknown(f"{row.host}: its clock was not compared")
    if abs(skew) <= limit_seconds:
        return OK
    off = f"{abs(skew):.0f} s" if abs(skew) < high_seconds else lasting(abs(skew) / 86_400)
    off += " ahead of" if skew > 0 else " behind"
    return Fail(
        f"{row.host}: its clock is {off} that of the machine which asked; limit {limit_seconds:g} s",
        "high" if abs(skew) >= high_seconds else None,
        "clock_skew_seconds",
    )


@rule("blind-spot/no-criticality", on=Coverage, severity="low", controls=("C13",))
def no_criticality(row: Coverage) -> Verdict:
    """Nobody has said how important the system is.

    Why it matters
        What an outage costs decides what must be mended first. Without a word from its owner it counts as
        tier 2.

    What to do
        Spend half an hour with the owner and note tier and owner in `site.toml`.

    What not to do
        Do not call everything tier 1.

    References
        `holdwater init` writes a commented `site.toml`.
    """
    if row.repository:
        return NA
    if row.tier is None:
        return Fail(f"{row.host}: no tier in site.toml, judged as tier 2")
    return OK


@rule("blind-spot/firmware-table-old", on=Coverage, severity="low", controls=("C3",))
def firmware_table_old(row: Coverage, *, limit_days: int = 180) -> Verdict:
    """The table of known firmware faults is old.

    Why it matters
        Firmware that stops drives at a certain hour is often found years after they were sold. An old table
        does not know the newest of them.

    What to do
        Update holdwater; its release carries the table.

    What not to do
        Do not take "no known fault" from an old table for "no fault".

    References
        The table has a date of its own, printed with the findings made from it.
    """
    if row.firmware_table_age_days is None:
        return NA
    if row.firmware_table_age_days <= limit_days:
        return OK
    age = row.firmware_table_age_days
    return Fail(f"the firmware table is {age} days old, limit {limit_days}", None, "firmware_table_age_days")
