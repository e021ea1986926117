"""Rules on each system as a whole: a copy exists, is new enough, survives, is whole, and was checked."""

from __future__ import annotations

from analyzer.derived.protection import Protection
from analyzer.guest_judging import aged
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import listed


@rule("backup/none", on=Protection, severity="critical", controls=("C9",))
def no_backup(row: Protection) -> Verdict:
    """No copy of the system exists.

    Why it matters
        Whatever destroys it destroys its data for good. Systems are most often missed when they are new, or
        when they are not servers: e-mail in the cloud, the configuration of switches, a database on
        somebody's desk.

    What to do
        Back it up today, to storage of its own. Then restore it once, beside production.

    What not to do
        Do not count snapshots, redundancy or replication as a copy: they die with the system, or copy its
        damage.

    References
        BSI CON.3 A4; CIS Controls 11.2.
    """
    if row.level is None:
        return Unknown(f"{row.said}: {_reason(row)}")
    if row.level >= 2:
        return OK
    severity: Severity = "critical" if (row.tier or 2) <= 2 else "high"
    only = f"; all there is to go back to: {listed(row.fallback.split(chr(10)), 3)}" if row.fallback else ""
    return Fail(f"{row.said}: {_reason(row)}{only}", severity, "copies")


def _reason(row: Protection) -> str:
    """Why there is no backup, out of the proof of that step."""
    line = next((line for line in row.proof.split("\n") if line.startswith("R2 ")), "")
    return line.rpartition(": ")[2] or "no backup was seen"


@rule("backup/rpo-missed", on=Protection, severity="high", controls=("C6",))
def rpo_missed(
    row: Protection,
    *,
    low_times: float = 1.1,
    high_times: float = 2.0,
    critical_times: float = 3.0,
    critical_days: float = 7.0,
) -> Verdict:
    """The newest copy is older than the loss that is borne.

    Why it matters
        All work since the newest copy is lost with the system. A job that stopped unnoticed looks like this.

    What to do
        Find out why no newer copy exists and mend the cause, then see that a new one appears.

    What not to do
        Do not only start the job again by hand: it will stop again.

    References
        CIS Controls 11.2 asks for a week at most. Without a word from the owner: 24 hours for tier 1 and 2, a
        week for tier 3.
    """
    if not row.copies:
        return NA
    if row.age_hours is None:
        return Unknown(f"{row.said}: the age of its newest copy was not told")
    times = row.age_hours / row.rpo_hours if row.rpo_hours else 0.0
    if times <= low_times:
        return OK
    late = row.age_hours > critical_days * 24 and row.age_hours > row.rpo_hours * low_times
    severity: Severity = (
        "critical" if times > critical_times or late else "high" if times > high_times else "low"
    )
    return Fail(
        f"{row.said}: newest good copy {aged(row.age_hours)} old (in {listed(row.where.split(chr(10)), 2)}),"
        f" {_wanted(row)}; limits {low_times:g}, {high_times:g} and {critical_times:g} times that",
        severity,
        "age_hours",
    )


def _wanted(row: Protection) -> str:
    return f"loss of {aged(row.rpo_hours)} is borne{'' if row.rpo_stated else ' (assumed: nobody said)'}"


@rule("backup/shared-fate", on=Protection, severity="critical", controls=("C10",))
def shared_fate(row: Protection) -> Verdict:
    """No copy is known to survive the loss of the system.

    Why it matters
        A copy on the same disks, pool, datastore or machine is gone in the very moment in which it is needed.

    What to do
        Make a copy on another machine and other storage first. Keep the near one for quick restores.

    What not to do
        Do not delete the near copies before the far one was restored once.

    References
        BSI CON.3 A2: backups on separate media.
    """
    if not row.copies:
        return NA
    if row.apart:
        return OK
    lines = [line for line in row.proof.split("\n") if line.startswith("R3 no")]
    if lines and "same" in lines[0]:
        severity: Severity = "critical" if (row.tier or 2) <= 2 else "high"
        return Fail(
            f"{row.said}: every copy shares its fate: {lines[0].rpartition(': ')[2]}", severity, "apart"
        )
    return Unknown(f"{row.said}: where its copies in {listed(row.where.split(chr(10)), 3)} lie is not known")


@rule("backup/verify-stale", on=Protection, severity="medium", controls=("C7",))
def verify_stale(row: Protection, *, medium_days: float = 35.0, high_days: float = 90.0) -> Verdict:
    """The content of no copy was checked for a long time.

    Why it matters
        Copies rot silently. A check that only looks at the structure does not read what was stored.

    What to do
        Check new copies every day and all of them every month: verify jobs, `restic check --read-data`,
        `borg check --verify-data`.

    What not to do
        Do not take "completed without error" for a check.

    References
        Proxmox Backup Server asks to verify all again at least every month. BSI CON.3 A15.
    """
    if not row.copies or row.verified_days is None:
        return NA
    if row.verified_days <= medium_days:
        return OK
    severity: Severity = "high" if row.verified_days > high_days else "medium"
    return Fail(
        f"{row.said}: content of its copies last checked {row.verified_days:.0f} days ago; limits"
        f" {medium_days:g} and {high_days:g} days",
        severity,
        "verified_days",
    )


@rule("backup/verify-never", on=Protection, severity="high", controls=("C7",))
def verify_never(row: Protection) -> Verdict:
    """The content of no copy was ever checked.

    Why it matters
        Backups end without an error and are still unusable. Nobody knows until it matters.

    What to do
        Switch on the verification of the product, and restore one system a month.

    What not to do
        Do not wait for the first restore to find out.

    References
        BSI CON.3 A15; NIST SP 800-53 CP-9(1).
    """
    if not row.copies or row.check_failed:
        return NA
    if row.verified_days is None and row.tested_days is None:
        return Fail(f"{row.said}: no check of the content of its copies is on record", None, "verified_days")
    return OK


@rule("backup/incomplete", on=Protection, severity="high", controls=("C9",))
def incomplete(row: Protection) -> Verdict:
    """The copies of a system hold only a part of it.

    Why it matters
        A job that copies an empty mount point, or a list of folders from years ago, ends well every night.
        What is restored from it is not the system.

    What to do
        Open the newest copy, compare it with what lies on the system, and mend the job. If the rest may be
        lost, let its owner say so (site.toml: paths).

    What not to do
        Do not let older, fuller copies expire before that.

    References
        Compared by file systems, folders and sizes; copies smaller than a fifth of what they name count as a
        part.
    """
    if not row.copies:
        return NA
    if row.left_out:
        return Fail(f"{row.said}: no copy holds {row.left_out}", None, "left_out")
    return OK
