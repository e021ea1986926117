"""Rules on checkpoints of Hyper-V."""

from __future__ import annotations

from analyzer.derived.snapshot_state import SnapshotState
from analyzer.guest_judging import KEPT, aged, ageless
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict


@rule("snapshot/hv-checkpoint-prod", on=SnapshotState, severity="medium", controls=("C18",))
def checkpoint_in_production(row: SnapshotState, *, after_hours: float = 24.0) -> Verdict:
    """A guest of Hyper-V in production has a checkpoint.

    Why it matters
        When the disk with the checkpoint is full, Hyper-V pauses the guest and leaves it paused.

    What to do
        Delete the checkpoint in Hyper-V Manager and wait until the merge has ended.

    What not to do
        Do not delete .avhdx files, and do not restart the management service to hurry the merge.

    References
        Best Practices Analyzer of Hyper-V: avoid checkpoints on production servers.
    """
    if row.hypervisor != "hyperv" or row.sort not in KEPT:
        return NA
    if row.age_hours is None:
        return ageless(row)
    if row.age_hours <= after_hours:
        return OK
    return Fail(f"{row.said} is {aged(row.age_hours)} old; limit {after_hours:g} hours", None, "age_hours")


@rule("snapshot/hv-standard-type", on=SnapshotState, severity="medium", controls=("C18",))
def standard_checkpoint(row: SnapshotState) -> Verdict:
    """The checkpoint is of the standard type, which knows nothing of the programs in the guest.

    Why it matters
        A standard checkpoint freezes memory and disks as they are. Databases and domain controllers do not
        bear being put back to that; only production checkpoints are supported for them.

    What to do
        Set the guest to production checkpoints only, delete this one.

    What not to do
        Do not apply it to a domain controller or a database server.

    References
        Microsoft: standard or production checkpoints.
    """
    if row.hypervisor != "hyperv" or row.sort not in KEPT or (row.tier or 2) > 2:
        return NA
    if row.kind is None:
        return Unknown(f"{row.said}: its type was not told")
    if row.kind.lower() != "standard":
        return OK
    may = f"; the guest may be a {row.role}" if row.role else ""
    return Fail(
        f"{row.said} is of type Standard{may}", "high" if row.role == "domain controller" else None, "kind"
    )


@rule("snapshot/hv-recovery-leftover", on=SnapshotState, severity="high", controls=("C18",))
def recovery_checkpoint(row: SnapshotState, *, after_hours: float = 24.0) -> Verdict:
    """A backup left a recovery checkpoint behind.

    Why it matters
        Recovery checkpoints are made by backups and are not shown with a Delete command. The guest runs on a
        differencing disk until the merge.

    What to do
        Look at the backup's log and run the backup again: it often cleans up. If it does not, export the
        guest first, then remove the checkpoint by PowerShell as the product's maker says.

    What not to do
        Do not delete .avhdx files and do not edit the parent of a disk.

    References
        Microsoft: Get-VMSnapshot, SnapshotType Recovery.
    """
    if row.hypervisor != "hyperv" or (row.kind or "").lower() != "recovery":
        return NA
    if row.age_hours is None:
        return ageless(row)
    if row.age_hours <= after_hours:
        return OK
    return Fail(
        f"{row.said}, a recovery checkpoint, is {aged(row.age_hours)} old; limit {after_hours:g} hours",
        None,
        "age_hours",
    )
