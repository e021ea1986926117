"""Rules on what is taken for a backup and is none, and on copies that nobody was shown."""

from __future__ import annotations

from analyzer.derived.protection import Protection
from analyzer.fallbacks import OWN_SNAPSHOTS, REDUNDANCY
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Verdict
from analyzer.wording import listed


@rule("raid/raid-as-backup", on=Protection, severity="high", controls=("C10",))
def redundancy_as_backup(row: Protection) -> Verdict:
    """Redundancy is all that protects the system.

    Why it matters
        A mirror carries out a deletion, an encryption or a damage in the same moment on all its disks. It
        keeps a machine running when a disk fails, and brings nothing back.

    What to do
        See `backup/none`: a copy on other storage, restored once.

    What not to do
        Do not put more disks into the array instead.

    References
        BSI CON.3 A2. Only where no copy is known to exist; else `backup/none` tells what is not known.
    """
    kept = [word for word in row.fallback.split("\n") if word]
    if row.level is None or not kept:
        return NA
    if row.level >= 2 or not all(word.startswith(REDUNDANCY) for word in kept):
        return OK
    severity: Severity = "high" if (row.tier or 2) <= 2 else "medium"
    return Fail(f"{row.said}: no copy; all there is: {listed(kept, 3)}", severity, "fallback")


@rule("snapshot/array-same-system", on=Protection, severity="high", controls=("C10",))
def snapshots_of_the_same_pool(row: Protection) -> Verdict:
    """Snapshots in the pool of the system itself are its only recovery points.

    Why it matters
        They die with the pool, and whoever administers the machine can destroy them in one command.

    What to do
        Send them to another machine, with an account there that this machine cannot use to destroy them.

    What not to do
        Do not destroy old ones before the first copy was restored: they are all there is.

    References
        BSI CON.3 A2; OpenZFS: zfs-send(8), zfs-hold(8). Guests: see `snapshot/masquerades-as-backup`.
    """
    kept = row.fallback.split("\n")
    if row.level is None or row.kind == "guest" or OWN_SNAPSHOTS not in kept:
        return NA
    if row.level >= 2:
        return OK
    severity: Severity = "high" if (row.tier or 2) <= 2 else "medium"
    return Fail(f"{row.said}: no copy elsewhere; all there is: {listed(kept, 3)}", severity, "fallback")


@rule("blind-spot/evidence-interview-only", on=Protection, severity="medium", controls=("C8",))
def only_statements(row: Protection) -> Verdict:
    """That the system is backed up was said, and nothing shows it.

    Why it matters
        What people remember of a backup is how it was set up. Jobs stop, targets fill up and disks stay in
        the safe, and nobody who is asked knows.

    What to do
        Audit the repository, or ask for something that it made: the log of the last run, a list of its
        copies with their times, a picture of a restore with its date.

    What not to do
        Do not take a second statement for a proof of the first.

    References
        How much a source is worth: docs/scoring.md.
    """
    if not row.copies:
        return NA
    if not row.only_said:
        return OK
    where = listed(row.where.split("\n"), 3)
    severity: Severity = "medium" if (row.tier or 2) <= 2 else "low"
    return Fail(f"{row.said}: copies in {where} are only stated in site.toml", severity, "only_said")
