"""Rules on snapshots of guests that bear them badly: databases, domain controllers, Exchange."""

from __future__ import annotations

from analyzer.derived.snapshot_state import SnapshotState
from analyzer.guest_judging import KEPT, aged, ageless
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Verdict


@rule("snapshot/on-database", on=SnapshotState, severity="high", controls=("C18",))
def on_database(row: SnapshotState, *, medium_hours: float = 4.0, high_hours: float = 24.0) -> Verdict:
    """A guest that may be a database server runs on a snapshot.

    Why it matters
        Databases write all the time: the snapshot grows fast and every write waits longer. Going back to it
        breaks replication and whatever relies on the log.

    What to do
        Make a backup with the database's own means, see that it restores, then remove the snapshot.

    What not to do
        Do not go back to the snapshot to undo an error in the data; restore the database beside it.

    References
        Advice of VMware for database servers: minutes to hours. That it is one is only concluded from its
        name, notes or system, so the severity is one step lower than if it were known.
    """
    if row.role != "database" or row.sort not in KEPT:
        return NA
    if row.age_hours is None:
        return ageless(row)
    if row.age_hours <= medium_hours:
        return OK
    severity: Severity = "medium" if row.age_hours > high_hours else "low"
    return Fail(
        f"{row.said}, {aged(row.age_hours)} old; the guest may be a database server; limits {medium_hours:g}"
        f" and {high_hours:g} hours",
        severity,
        "age_hours",
    )


@rule("snapshot/on-domain-controller", on=SnapshotState, severity="high", controls=("C18",))
def on_domain_controller(row: SnapshotState, *, after_hours: float = 24.0) -> Verdict:
    """A guest that may be a domain controller has a snapshot.

    Why it matters
        A domain controller put back to a snapshot may hand out numbers a second time that its partners have
        seen already; they then refuse to replicate with it.

    What to do
        Back up the system state of at least two domain controllers with a program that knows them, then
        remove the snapshot.

    What not to do
        Do not revert a domain controller. Restore it, or build another one and let it replicate.

    References
        Microsoft: virtualized domain controllers, USN rollback. That it is one is only concluded from its
        name, notes or system, so the severity is one step lower than if it were known.
    """
    if row.role != "domain controller" or row.sort not in KEPT:
        return NA
    if row.age_hours is None:
        return ageless(row)
    if row.age_hours <= after_hours:
        return OK
    return Fail(
        f"{row.said}, {aged(row.age_hours)} old; the guest may be a domain controller; limit {after_hours:g}"
        " hours",
        "medium",
        "age_hours",
    )


@rule("snapshot/on-exchange", on=SnapshotState, severity="high", controls=("C18",))
def on_exchange(row: SnapshotState) -> Verdict:
    """A guest that may be an Exchange server has a snapshot.

    Why it matters
        Microsoft does not support snapshots of a machine that runs Exchange: they know nothing of its state
        and going back has consequences nobody foresees.

    What to do
        Back it up with a program that knows Exchange, then remove the snapshot.

    What not to do
        Do not revert it.

    References
        Microsoft: Exchange virtualization requirements. That it is one is only concluded from its name, notes
        or system, so the severity is one step lower than if it were known.
    """
    if row.role != "exchange" or row.sort not in KEPT:
        return NA if row.role != "exchange" else OK
    return Fail(f"{row.said}: the guest may be an Exchange server; limit 0 snapshots", "medium", "role")


@rule("snapshot/on-mail-server", on=SnapshotState, severity="medium", controls=("C18",))
def on_mail_server(row: SnapshotState, *, after_hours: float = 24.0) -> Verdict:
    """A guest that may be a mail server has a snapshot.

    Why it matters
        Going back to it loses every mail that came and went since, and clients then see their folders jump
        back in time; while it stays, each mail is written twice.

    What to do
        Back up the mail store with a program that knows it, or at rest, then remove the snapshot.

    What not to do
        Do not revert it to mend a failed update: restore the program, not the mail.

    References
        Documentation of the hypervisors on snapshots. That it is one is only concluded from its name, notes
        or system.
    """
    if row.role != "mail" or row.sort not in KEPT:
        return NA
    if row.age_hours is None:
        return ageless(row)
    if row.age_hours <= after_hours:
        return OK
    return Fail(
        f"{row.said}, {aged(row.age_hours)} old; the guest may be a mail server; limit {after_hours:g} hours",
        None,
        "age_hours",
    )
