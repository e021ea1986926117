"""Rules on each system as a whole:

whether a copy exists, is new enough, survives, was checked and was restored.
"""

from __future__ import annotations

from analyzer.derived.protection import Protection
from analyzer.guest_judging import aged
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import listed, many


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


@rule("backup/321", on=Protection, severity="medium", controls=("C10",))
def three_two_one(row: Protection, *, copies: int = 2, media: int = 2, places: int = 2) -> Verdict:
    """Fewer than three copies on two kinds of media at two places.

    Why it matters
        One copy fails in the restore more often than is thought; one kind of storage fails in one way; one
        building burns at once.

    What to do
        Add what the message names; a copy elsewhere usually gives two of the three.

    What not to do
        Do not count the original twice.

    References
        A rule of thumb of the industry, also in the guide of CISA. Three copies include the original.
    """
    if not row.copies:
        return NA
    missing = []
    if row.copies < copies:
        missing.append(f"{many(row.copies, 'copy', 'copies')} beside the original, limit {copies}")
    if row.places is not None and row.places < places:
        missing.append(f"{many(row.places, 'place')}, limit {places}")
    if row.media < media:
        missing.append(f"{many(row.media, 'kind of media', 'kinds of media')}, limit {media}")
    if missing:
        return Fail(f"{row.said}: {'; '.join(missing)}", None, "copies")
    if row.places is None:
        return Unknown(f"{row.said}: where its copies stand was not told; limit {places} places")
    return OK


@rule("backup/same-site", on=Protection, severity="high", controls=("C10",))
def same_site(row: Protection) -> Verdict:
    """All copies stand at the place of the system.

    Why it matters
        Fire, water, burglary and lightning take a building, not a disk.

    What to do
        Keep one copy in another building or fire compartment.

    What not to do
        Do not count a second room of the same fire compartment.

    References
        BSI CON.3 A12; NIS2 implementing regulation 4.2.2 (c).
    """
    if not row.copies:
        return NA
    if row.places is None:
        return Unknown(f"{row.said}: where it and its copies stand was not told (site.toml: place)")
    return (
        OK
        if row.places > 1
        else Fail(f"{row.said}: itself and {many(row.copies, 'copy', 'copies')} at one place", None, "places")
    )


@rule("backup/no-immutable-offline", on=Protection, severity="high", controls=("C11",))
def nothing_out_of_reach(row: Protection) -> Verdict:
    """No copy is out of an intruder's reach.

    Why it matters
        Whoever breaks in goes for the backups first. Nearly all victims report it, and with the backups gone
        the damage is many times higher.

    What to do
        Object lock in compliance mode, a hardened repository, tape, or a disk that is really unplugged.

    What not to do
        Do not take access rights or a hidden share for it: the intruder has the administrator's password.

    References
        Sophos 2024: in 94 % of cases attackers tried to reach the backups. CISA, NCSC: offline copies.
    """
    if not row.copies:
        return NA
    if row.out_of_reach is None:
        return Unknown(f"{row.said}: whether a copy is immutable or offline was not told")
    if row.out_of_reach:
        return OK
    return Fail(
        f"{row.said}: none of its {many(row.copies, 'copy', 'copies')} is immutable or offline",
        None,
        "out_of_reach",
    )


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
    if not row.copies:
        return NA
    if row.verified_days is None and row.tested_days is None:
        return Fail(f"{row.said}: no check of the content of its copies is on record", None, "verified_days")
    return OK


@rule("backup/few-points", on=Protection, severity="medium", controls=("C17",))
def few_points(row: Protection, *, medium: int = 3, high: int = 2) -> Verdict:
    """Hardly any copies are kept.

    Why it matters
        Damage that is noticed after the last good copy was overwritten is final.

    What to do
        Keep daily, weekly and monthly copies.

    What not to do
        Do not keep only the last one: while it is being replaced there is none.

    References
        Proxmox Backup Server shows 13 daily, 8 weekly and 11 monthly ones as an example.
    """
    if not row.copies:
        return NA
    if row.points >= medium:
        return OK
    severity: Severity = "high" if row.points < high else "medium"
    return Fail(
        f"{row.said}: {many(row.points, 'good copy', 'good copies')} kept; limits {medium} and {high}",
        severity,
        "points",
    )


@rule("backup/retention-vs-dwell", on=Protection, severity="medium", controls=("C17",))
def retention_against_dwell(
    row: Protection, *, high_days: float = 14.0, medium_days: float = 30.0, low_days: float = 90.0
) -> Verdict:
    """The oldest copy is younger than the time in which damage goes unnoticed.

    Why it matters
        Intruders stay for days to weeks before they strike, and corruption is found late. By then every copy
        that is kept may hold the damage.

    What to do
        Keep some copies for a quarter and longer. Where the backup is young, that comes with time.

    What not to do
        Do not shorten retention to win space.

    References
        M-Trends 2025: half of intruders stay longer than 11 days. Proxmox Backup Server advises long- lived
        copies.
    """
    if not row.copies:
        return NA
    if row.oldest_days is None:
        return Unknown(f"{row.said}: the age of its oldest copy was not told")
    ladder: tuple[tuple[float, Severity], ...] = (
        (high_days, "high"),
        (medium_days, "medium"),
        (low_days, "low"),
    )
    for limit, severity in ladder:
        if row.oldest_days < limit:
            return Fail(
                f"{row.said}: oldest good copy {row.oldest_days:.0f} days old; limits {high_days:g},"
                f" {medium_days:g} and {low_days:g} days",
                severity,
                "oldest_days",
            )
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
