"""Rules on holes of backup software."""

from __future__ import annotations

from analyzer.derived.backup_software import BackupSoftware
from analyzer.rule import rule
from analyzer.verdict import OK, Fail, Unknown, Verdict


@rule("exposure/backup-software-vulnerable", on=BackupSoftware, severity="critical", controls=("C3", "C11"))
def vulnerable(row: BackupSoftware) -> Verdict:
    """The backup software has a hole that is known and used.

    Why it matters
        Intruders look for the backup server first: with it they own every copy and the passwords of
        every machine that it backs up.

    What to do
        Update to the version named, and let only those networks reach it that must.

    What not to do
        Do not update without an export of its configuration, kept elsewhere.

    References
        The makers' advisories, as analyzer/data/advisories.toml names them.
    """
    cure = f"; none of them from {row.fixed} on"
    if row.holes:
        return Fail(f"{row.software}: {row.holes}{cure}", None, "holes")
    if row.domain_holes and row.domain_joined:
        return Fail(
            f"{row.software}, in the production domain: {row.domain_holes}{cure}", None, "domain_holes"
        )
    if row.domain_holes and row.domain_joined is None:
        return Unknown(
            f"{row.software}: {row.domain_holes}{cure}; whether it is in a domain was not told"
            " (site.toml: [exposure] backup_domain_joined)"
        )
    if row.version is None:
        return Unknown(f"{row.software}: its version was not told")
    if not row.judged:
        return Unknown(f"{row.software}: our table of holes does not know this product or main version")
    return OK
