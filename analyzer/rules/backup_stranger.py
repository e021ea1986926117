"""Rules on copies that belong to no system of the audit."""

from __future__ import annotations

from analyzer.derived.backup_stranger import BackupStranger
from analyzer.rule import rule
from analyzer.verdict import OK, Fail, Verdict
from analyzer.wording import many


@rule("backup/copies-of-nobody", on=BackupStranger, severity="low", controls=("C17",))
def orphan_points(row: BackupStranger) -> Verdict:
    """Copies belong to no system that this audit knows.

    Why it matters
        They are of a retired system, and then a matter of space and of law, perhaps its only copy; or of a
        system that was left out of the audit; or of one that is known by another name, and counts as not
        backed up.

    What to do
        Say in site.toml whose they are (known_as), audit the missing system, or let the owner decide on
        deletion.

    What not to do
        Do not delete them because nobody knows them.

    References
        Matched by UUID, serial number, number, name and address; what two systems share matches neither.
    """
    if row.rivals:
        return OK  # said by backup/ambiguous-source
    name = row.source_name or row.source
    age = f", the newest {row.newest_days:.0f} days old" if row.newest_days is not None else ""
    said = f"{name} in {row.repository_name}: {many(row.points, 'copy', 'copies')}{age}, of no known system"
    return Fail(said, None, "points")


@rule("backup/ambiguous-source", on=BackupStranger, severity="medium", controls=("C9",))
def ambiguous_source(row: BackupStranger) -> Verdict:
    """It cannot be told which of several systems copies belong to.

    Why it matters
        None of them is credited with the copies, so one that is backed up may seem not to be, and nobody
        would know which one to restore.

    What to do
        Give the systems names of their own, or say in site.toml which is meant (known_as).

    What not to do
        Do not rename systems in the backup without looking at what that does to their chains.

    References
        Matched by UUID, serial number, number, name and address.
    """
    if not row.rivals:
        return OK
    name = row.source_name or row.source
    return Fail(f"{name} in {row.repository_name} may be any of {row.rivals}", None, "rivals")
