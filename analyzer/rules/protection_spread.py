"""Rules on the copies of each system together: how many, how far apart, how old, out of whose reach."""

from __future__ import annotations

from analyzer.derived.protection import Protection
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import many


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
