"""Rules on what notes at guests say of their backups."""

from __future__ import annotations

from analyzer.derived.guest_note import GuestNote
from analyzer.guest_judging import aged
from analyzer.rule import rule
from analyzer.verdict import OK, Fail, Unknown, Verdict


@rule("backup/note-old", on=GuestNote, severity="medium", controls=("C6",))
def note_old(row: GuestNote, *, low_hours: float = 48.0, medium_hours: float = 168.0) -> Verdict:
    """By a note at the guest, its last backup is old or failed.

    Why it matters
        Backup products write the time of the last backup into notes and custom attributes. A time that stands
        still is often the first and only sign that a guest fell out of its job.

    What to do
        Look in the backup product whether the guest is still in a job and when it was last copied. Clear
        notes of products that are no longer used.

    What not to do
        Do not take a fresh note for a backup: it says that a product wrote it, not that a copy exists.

    References
        vSphere API: customValue and config.annotation. A note without a zone is read as UTC.
    """
    who = f"{row.name or row.guest}: the note of {row.product or 'a backup'} in {row.attribute!r}"
    if row.failed:
        return Fail(f"{who} speaks of a failure: {(row.text or '')[:120]}", None, "text")
    if row.age_hours is None:
        return Unknown(f"{who} tells no time that is certain")
    if row.age_hours <= low_hours:
        return OK
    return Fail(
        f"{who} tells of a backup {aged(row.age_hours)} ago; limits {low_hours:g} and {medium_hours:g} hours",
        "low" if row.age_hours <= medium_hours else None,
        "age_hours",
    )
