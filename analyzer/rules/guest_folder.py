"""Rules on where machines of vSphere keep their files, and on disks of one that hang on another."""

from __future__ import annotations

from analyzer.derived.guest_folder import BACKUP_HOURS, ForeignDisk, GuestFolder
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict
from analyzer.wording import size


@rule("snapshot/vmw-workdir-elsewhere", on=GuestFolder, severity="low", controls=("C4",))
def workdir_elsewhere(row: GuestFolder) -> Verdict:
    """The snapshots of a machine grow on another datastore than its own.

    Why it matters
        Whoever watches the machine's datastore does not see them grow, and the other one fills.

    What to do
        Watch the free space of that datastore too, or set the machine's snapshot folder back to its own while
        it is off and has no snapshots.

    What not to do
        Do not change the folder while there are snapshots.

    References
        vSphere API: config.files.snapshotDirectory against vmPathName.
    """
    if row.home is None or row.snapshots is None:
        return Unknown(f"{row.name}: where its snapshots grow was not told")
    if row.home == row.snapshots:
        return OK
    free = ""
    if row.snapshots_free_bytes is not None:
        free = f" with {size(row.snapshots_free_bytes)} free"
    return Fail(
        f"{row.name}: its snapshots grow on {row.snapshots}{free}, it lies on {row.home}", None, "snapshots"
    )


@rule("snapshot/vmw-hotadd-leftover", on=ForeignDisk, severity="high", controls=("C18",))
def hotadd_leftover(row: ForeignDisk, *, backup_hours: float = BACKUP_HOURS) -> Verdict:
    """A disk of one machine still hangs on another.

    Why it matters
        A backup proxy reads a machine's disk by attaching it to itself and lets go of it afterwards. What is
        left attached blocks consolidation, and deleting the proxy with its disks would delete the disk of the
        machine in production.

    What to do
        See in the backup product that no job and no restore is running. Then detach the disk from the proxy
        *without* "delete from datastore", and verify which files the owner runs on.

    What not to do
        Do not delete the proxy, and do not choose "delete files from datastore".

    References
        VMware VDDK: HotAdd transport. Disks shared on purpose (multi-writer, shared bus) are not meant.
    """
    if row.sharing:
        return OK
    if row.backup_hours is not None and row.backup_hours < backup_hours:
        return NA  # the backup may be at work
    return Fail(
        f"{row.disk} of {row.guest_name} is {row.path}, a file of {row.owner}, and no snapshot of a backup of"
        f" {row.owner} is younger than {backup_hours:g} hours",
        None,
        "path",
    )
