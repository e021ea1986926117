"""Rules on recovery of each system: was it ever restored, how long ago, and how long would it take."""

from __future__ import annotations

from analyzer.derived.protection import Protection
from analyzer.guest_judging import aged
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict


@rule("recovery/never-tested", on=Protection, severity="high", controls=("C8",))
def never_tested(row: Protection) -> Verdict:
    """Nobody ever restored the system, as far as is on record.

    Why it matters
        A copy that was never restored is a hope. Missing drivers, keys, passwords and disks show up in the
        first restore, and that should not be the real one.

    What to do
        Restore a file, a machine and a database beside production this month, and note what came back, how
        long it took and what was missing (site.toml: restore_tests).

    What not to do
        Do not restore over production to try it.

    References
        BSI CON.3 A15; CIS Controls 11.5.
    """
    if not row.copies or (row.tier or 2) > 2:
        return NA
    if row.tested_days is not None:
        return OK
    if row.said_days is not None:
        return Unknown(f"{row.said}: a restore {row.said_days:.0f} days ago is only said; nothing shows it")
    return Fail(f"{row.said}: no restore of it is on record", None, "tested_days")


@rule("recovery/test-stale", on=Protection, severity="medium", controls=("C8",))
def stale_test(
    row: Protection,
    *,
    first_medium_days: float = 90.0,
    first_high_days: float = 180.0,
    other_days: float = 365.0,
) -> Verdict:
    """The last restore test is long ago.

    Why it matters
        Systems, keys and people change. What could be restored a year ago may not be today.

    What to do
        Put restore tests into the calendar: every quarter for what is vital, every year for the rest.

    What not to do
        Do not test the same easy system each time.

    References
        CIS Controls 11.5: a sample every quarter.
    """
    if row.tested_days is None:
        return NA
    if row.tier is None and first_medium_days < row.tested_days <= other_days:
        return Unknown(
            f"{row.said}: last restored {row.tested_days:.0f} days ago; nobody said how vital it is"
        )
    first = row.tier == 1
    limit = first_medium_days if first else other_days
    if row.tested_days <= limit:
        return OK
    severity: Severity = "high" if first and row.tested_days > first_high_days else "medium"
    said = f"{first_medium_days:g} and {first_high_days:g} days" if first else f"{other_days:g} days"
    return Fail(
        f"{row.said}: last restored {row.tested_days:.0f} days ago; limits {said}", severity, "tested_days"
    )


@rule("recovery/test-failed", on=Protection, severity="critical", controls=("C8",))
def failed_test(row: Protection) -> Verdict:
    """The last restore test failed.

    Why it matters
        It is proven that the system cannot be restored as things are.

    What to do
        Mend what made it fail and test again, this week.

    What not to do
        Do not wait for the next regular test.

    References
        NIS2 implementing regulation 4.2.6.
    """
    if row.test_failed:
        return Fail(f"{row.said}: its last restore test failed", None, "test_failed")
    return OK if row.tested_days is not None else NA


_SHALLOW = ("file", "boot")


@rule("recovery/test-shallow", on=Protection, severity="low", controls=("C8",))
def shallow_test(row: Protection) -> Verdict:
    """Only a file or a boot screen was restored, not the application.

    Why it matters
        A database that does not open and a directory that does not answer have booted all the same.

    What to do
        Log in, open the data, compare a number that somebody knows.

    What not to do
        Do not stop at the screenshot.

    References
        BSI CON.3 A15.
    """
    if row.tested_days is None or not (
        row.role or row.kind in ("database", "mail", "application", "directory")
    ):
        return NA
    if row.test_kind in _SHALLOW:
        return Fail(
            f"{row.said} ({row.role or row.kind}): only a {row.test_kind} test is on record",
            None,
            "test_kind",
        )
    return OK


@rule("recovery/rto-exceeds", on=Protection, severity="medium", controls=("C13",))
def rto_exceeds(row: Protection, *, medium_times: float = 1.0, high_times: float = 2.0) -> Verdict:
    """Restoring takes longer than the system can be missed.

    Why it matters
        Recovery takes far longer than anybody expects, and it is found out when it has begun.

    What to do
        Restore from nearer or faster storage, restore what is vital first, run from the backup meanwhile, or
        agree on a longer time with the owner.

    What not to do
        Do not plan with the speed of the network card.

    References
        The estimate names each of its terms, and whether it was measured or assumed.
    """
    if row.rto_wanted_hours is None or not row.copies:
        return NA
    if row.rto_hours is None:
        return Unknown(f"{row.said}: its size was not told, so the time to restore it cannot be estimated")
    if row.rto_hours <= medium_times * row.rto_wanted_hours:
        return OK
    severity: Severity = "high" if row.rto_hours > high_times * row.rto_wanted_hours else "medium"
    return Fail(
        f"{row.said}: restore estimated at {aged(row.rto_hours)}, {aged(row.rto_wanted_hours)} wanted"
        f" ({row.rto_basis}); limits {medium_times:g} and {high_times:g} times",
        severity,
        "rto_hours",
    )


@rule("recovery/throughput-unknown", on=Protection, severity="medium", controls=("C8",))
def throughput_unknown(row: Protection) -> Verdict:
    """How fast a restore runs was never measured.

    Why it matters
        The time to recovery is a guess without it.

    What to do
        Note size and duration in the next restore test (site.toml: restore_tests).

    What not to do
        Do not take the speed of backups for that of restores.

    References
        The estimate assumes half of what backups read, or 50 MB/s where nothing is known.
    """
    if row.rto_hours is None or (row.tier or 2) > 2:
        return NA
    if row.rto_measured:
        return OK
    return Fail(
        f"{row.said}: the speed of a restore was never measured ({row.rto_basis})", None, "rto_measured"
    )


@rule("recovery/no-objectives", on=Protection, severity="medium", controls=("C13",))
def no_objectives(row: Protection) -> Verdict:
    """Nobody said how much loss and how long an outage a vital system may have.

    Why it matters
        Without a wanted value nothing can be called enough, and the owner will name one when it is too late.

    What to do
        Ask the owner: how much work may be lost, how long may it be away (site.toml: rpo, rto).

    What not to do
        Do not let the backup software's default decide.

    References
        BSI CON.3 A1; NIST SP 800-53 CP-2.
    """
    if row.tier != 1:
        return NA
    missing = [word for word, told in (("rpo", row.rpo_stated), ("rto", row.rto_wanted_hours)) if not told]
    if missing:
        return Fail(f"{row.said}: {' and '.join(missing)} not set for a system of tier 1", None, "rpo_stated")
    return OK
