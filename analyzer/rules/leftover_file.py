"""Rules on virtual disk files that nobody seems to own."""

from __future__ import annotations

from analyzer.derived.leftover_file import LeftoverFile
from analyzer.guest_judging import aged
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict
from analyzer.wording import size

_ELSEWHERE = "; no registered machine has files in that folder, one of another vCenter may"


def _unsure(row: LeftoverFile, quiet_hours: float) -> Verdict | None:
    """What is said where it cannot be told that the file is left over, or if it is not."""
    if row.referenced:
        return OK
    if not row.references_known:
        return Unknown(f"{row.path}: not of every machine the files were told")
    if row.quiet_hours is None:
        return Unknown(f"{row.path}: when it was last written to was not told")
    if row.quiet_hours < quiet_hours:
        return NA  # a clone, a backup or a move may be at work
    return None


def _told(row: LeftoverFile, quiet_hours: float) -> str:
    takes = f" ({size(row.size_bytes)})" if row.size_bytes is not None else ""
    by = f" beside the files of {row.beside}" if row.beside else ""
    return (
        f"{row.path}{takes}{by}: no registered machine or template refers to it, last written"
        f" {aged(row.quiet_hours or 0)} ago; limit {quiet_hours:g} hours" + ("" if row.beside else _ELSEWHERE)
    )


@rule("snapshot/vmw-orphaned-delta", on=LeftoverFile, severity="medium", controls=("C18",))
def orphaned_delta(row: LeftoverFile, *, quiet_hours: float = 24.0) -> Verdict:
    """A delta on a datastore belongs to no registered machine.

    Why it matters
        It takes space, and it may be the missing half of something: of a machine that is not registered, of a
        replica, of a machine of another vCenter.

    What to do
        Prove in every vCenter and on every host that reaches the datastore that nothing refers to it. Back up
        the machine whose folder it lies in. Then move the file aside under another name, wait for some weeks
        of good backups, and only then remove it.

    What not to do
        Never delete files of snapshots by hand in the datastore browser or over SSH because a list calls them
        orphaned.

    References
        The datastore browser against the files of every machine (layoutEx); folders of content libraries,
        first class disks and replication are left out.
    """
    if row.kind == "disk":
        return NA  # capacity/orphaned-disk says so
    unsure = _unsure(row, quiet_hours)
    if unsure is not None:
        return unsure
    mild = row.beside is None or row.kind == "tracking"
    return Fail(_told(row, quiet_hours), "low" if mild else None, "files")


@rule("capacity/orphaned-disk", on=LeftoverFile, severity="low", controls=("C4",))
def orphaned_disk(row: LeftoverFile, *, quiet_hours: float = 168.0) -> Verdict:
    """A virtual disk on a datastore belongs to no registered machine.

    Why it matters
        It takes space that nobody accounts for. It may also be the only copy of something that was taken out
        of the inventory and not deleted.

    What to do
        Find its owner: look at it from a test machine, read-only. Keep it with a name and a date, or have its
        deletion signed.

    What not to do
        Do not delete it because no machine refers to it: templates, replicas and machines of another vCenter
        may.

    References
        The datastore browser against the files of every machine (layoutEx).
    """
    if row.kind != "disk":
        return NA
    unsure = _unsure(row, quiet_hours)
    if unsure is not None:
        return unsure
    return Fail(_told(row, quiet_hours), None if row.beside else "info", "files")
