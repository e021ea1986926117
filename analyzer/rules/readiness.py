"""Rules on how the recovery of the site is prepared."""

from __future__ import annotations

from analyzer.derived.readiness import RecoveryReadiness
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict, fault_if
from analyzer.wording import listed, many


@rule("recovery/no-runbook", on=RecoveryReadiness, severity="high", controls=("C13",))
def no_runbook(row: RecoveryReadiness, *, medium_days: float = 365.0) -> Verdict:
    """There is no written plan for recovery, or it is old.

    Why it matters
        Without order, credentials and contacts the first hours are lost to search and wrong attempts.

    What to do
        Write down order, where copies and keys are, who decides, who helps. Go through it once a
        year.

    What not to do
        Do not keep it only in one head.

    References
        CIS Controls 11.1; NIS2 implementing regulation 4.1.2.
    """
    if row.runbook is None:
        return Unknown(f"{row.site}: nobody said whether there is a written plan (site.toml: recovery)")
    if not row.runbook:
        return Fail(f"{row.site}: there is no written plan for recovery", None, "runbook")
    if row.runbook_days is None:
        return Unknown(f"{row.site}: when the plan was last gone through was not told")
    if row.runbook_days > medium_days:
        said = (
            f"{row.site}: the plan was last gone through"
            f" {row.runbook_days:.0f} days ago; limit {medium_days:g} days"
        )
        return Fail(said, "medium", "runbook_days")
    return OK


@rule("recovery/runbook-unreachable", on=RecoveryReadiness, severity="high", controls=("C13",))
def runbook_unreachable(row: RecoveryReadiness) -> Verdict:
    """The plan lies only on systems that it is meant to bring back.

    Why it matters
        What is needed to restore is lost with what must be restored.

    What to do
        Keep plan, inventory and passwords on paper or in a vault off the site, and refresh them with
        each change.

    What not to do
        Do not rely on a share, a wiki or a mailbox of the site.

    References
        BSI CON.3 A6.
    """
    if row.runbook == "":
        return NA
    if row.runbook_kept_outside is None:
        return Unknown(f"{row.site}: where the plan is kept was not told")
    if row.runbook_kept_outside:
        return OK
    return Fail(f"{row.site}: the plan is kept only on {row.runbook_lost_with}", None, "runbook_kept_outside")


@rule("recovery/order-undefined", on=RecoveryReadiness, severity="medium", controls=("C13",))
def order_undefined(row: RecoveryReadiness, *, least_systems: int = 3) -> Verdict:
    """Nobody said which systems need which others.

    Why it matters
        Systems that are restored before what they need do not start, and hours are lost finding out
        why.

    What to do
        Ask for each vital system what it cannot start without (site.toml: depends_on): network,
        names, directory, storage, database.

    What not to do
        Do not expect to remember it in the night.

    References
        BSI CON.3 A4; NIS2 implementing regulation 4.1.2 (e).
    """
    if row.systems < least_systems:
        return NA
    if row.unknown_dependencies:
        said = f"{row.site}: systems need {row.unknown_dependencies}, which this audit does not know"
        return Fail(said, None, "unknown_dependencies")
    if not row.dependencies:
        return Fail(
            f"{row.site}: for none of {row.systems} systems is it said what it needs", None, "dependencies"
        )
    return OK


@rule("recovery/identity-single", on=RecoveryReadiness, severity="high", controls=("C13",))
def identity_single(row: RecoveryReadiness) -> Verdict:
    """Only one directory is restorable, or none.

    Why it matters
        Nothing authenticates without it: not the backup console, not the hypervisor, not the file
        server.

    What to do
        Back up two of them with a method made for directories, and keep the restore password offline.

    What not to do
        Do not revert a directory to a snapshot.

    References
        Microsoft, safely virtualizing directory services.
    """
    if not row.directories:
        return NA
    if row.directories_restorable >= 2 or (row.directories_restorable and row.break_glass):
        return OK
    if row.directories_restorable and row.break_glass is None:
        return Unknown(
            f"{row.site}: one directory is restorable; whether there are credentials without it was not told"
        )
    said = (
        f"{row.site}: {row.directories_restorable} of"
        f" {many(row.directories, 'directory', 'directories')} restorable"
    )
    return Fail(said, None, "directories_restorable")


@rule("recovery/backup-needs-dead-thing", on=RecoveryReadiness, severity="high", controls=("C13",))
def backup_needs_the_dead(row: RecoveryReadiness) -> Verdict:
    """The backup system needs systems that it is meant to restore.

    Why it matters
        A console that authenticates against the lost directory, names that the lost server resolves,
        a licence server: the restore cannot begin.

    What to do
        Give the backup system local accounts, a list of addresses and its own keys.

    What not to do
        Do not find this out in the emergency.

    References
        Said in site.toml (recovery: needs); a cycle of declared needs is found by itself.
    """
    if not row.needs_told:
        return Unknown(
            f"{row.site}: nobody said what the backup system itself needs (site.toml: recovery, needs)"
        )
    if row.needs:
        return Fail(
            f"{row.site}: the backup system needs {listed(row.needs.split(chr(10)), 4)}", None, "needs"
        )
    return OK


@rule("recovery/no-clean-room", on=RecoveryReadiness, severity="medium", controls=("C13",))
def no_clean_room(row: RecoveryReadiness) -> Verdict:
    """There is no isolated network to restore into.

    Why it matters
        Restoring into a network in which the intruder still sits loses the copy too.

    What to do
        Prepare an isolated network and a host in it; scan what was restored before it goes back.

    What not to do
        Do not restore over production.

    References
        CISA StopRansomware guide.
    """
    return fault_if(
        row.clean_room,
        f"{row.site}: there is no isolated network to restore into",
        "clean_room",
        unknown=f"{row.site}: whether there is an isolated network to restore into was not told",
        bad=False,
    )


@rule("recovery/no-target-capacity", on=RecoveryReadiness, severity="medium", controls=("C13",))
def no_target_capacity(row: RecoveryReadiness) -> Verdict:
    """There are no machines to restore onto.

    Why it matters
        A copy without a machine to run it on is data, not recovery.

    What to do
        Keep a spare host, a contract for hardware, or a place in the cloud, and know which vital
        systems fit.

    What not to do
        Do not count on delivery times of quiet days.

    References
        NIST SP 800-53 CP-2.
    """
    return fault_if(
        row.spare_capacity,
        f"{row.site}: there are no machines to restore onto",
        "spare_capacity",
        unknown=f"{row.site}: whether there are machines to restore onto was not told",
        bad=False,
    )


@rule("recovery/golden-images-missing", on=RecoveryReadiness, severity="low", controls=("C13",))
def golden_images_missing(row: RecoveryReadiness) -> Verdict:
    """Images, licence keys and drivers are not kept offline.

    Why it matters
        Infected systems must be built anew, and each missing key or driver costs hours.

    What to do
        Keep them on a disk off the network, with the versions in use.

    What not to do
        Do not rely on downloads.

    References
        CISA StopRansomware guide.
    """
    return fault_if(
        row.golden_images,
        f"{row.site}: images, licence keys and drivers are not kept offline",
        "golden_images",
        unknown=f"{row.site}: whether images, licence keys and drivers are kept offline was not told",
        bad=False,
    )


@rule("recovery/single-person", on=RecoveryReadiness, severity="medium", controls=("C13",))
def single_person(row: RecoveryReadiness, *, people: int = 2) -> Verdict:
    """Only one person can restore.

    Why it matters
        Illness and holidays coincide with incidents.

    What to do
        Let a second person carry out the next drill alone.

    What not to do
        Do not take a written plan for a second person.

    References
        Said in site.toml (recovery: people).
    """
    if row.people is None:
        return Unknown(f"{row.site}: how many people can restore was not told")
    if row.people < people:
        return Fail(
            f"{row.site}: {many(row.people, 'person', 'people')} can restore; limit {people}", None, "people"
        )
    return OK


@rule("recovery/old-hardware-only", on=RecoveryReadiness, severity="medium", controls=("C13",))
def old_hardware_only(row: RecoveryReadiness) -> Verdict:
    """A restore needs a device or system that can no longer be bought.

    Why it matters
        An archive that only one old drive reads is lost with that drive.

    What to do
        Move the archive to something current, and try the old reader every year until then.

    What not to do
        Do not throw the reader away before that.

    References
        Said in site.toml (recovery: obsolete_reader).
    """
    if row.obsolete_reader is None:
        return Unknown(f"{row.site}: whether a restore needs old devices was not told")
    if row.obsolete_reader:
        return Fail(f"{row.site}: a restore needs {row.obsolete_reader[:100]}", None, "obsolete_reader")
    return OK
