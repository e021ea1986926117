"""Rules on how XCP-ng and XenServer clean up after snapshots."""

from __future__ import annotations

from analyzer.derived.xen_coalesce import AttachedSnapshot, XenStore
from analyzer.guest_judging import aged
from analyzer.rule import rule
from analyzer.verdict import OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import many, size


@rule("snapshot/xcp-uncoalesced", on=XenStore, severity="medium", controls=("C18", "C6"))
def uncoalesced(row: XenStore, *, medium_hours: float = 24.0, high_hours: float = 72.0) -> Verdict:
    """Layers of removed snapshots are not merged.

    Why it matters
        Each of them lengthens a chain that may have thirty, and takes space. Xen Orchestra leaves out guests
        whose chain waits, without a failed job: their recovery points age unseen.

    What to do
        Read /var/log/SMlog for SMGC. Give the repository free space, end what still holds a snapshot, then
        rescan the repository (`xe sr-scan`) and wait.

    What not to do
        Do not delete VHD files, and do not run `vhd-util coalesce` beside the garbage collector.

    References
        XCP-ng documentation: coalesce; a layer with one image above it is to be merged with it.
    """
    if row.waiting is None:
        return Unknown(f"{row.name}: which of its virtual disks are layers was not told")
    if not row.waiting:
        return OK
    held = f" ({size(row.waiting_bytes)})" if row.waiting_bytes is not None else ""
    free = f", {size(row.free_bytes)} free" if row.free_bytes is not None else ""
    what = f"{row.name}: {many(row.waiting, 'layer')}{held} of {row.layers} wait to be merged{free}"
    limits = f"limits {medium_hours:g} and {high_hours:g} hours"
    if not row.logged:
        return Unknown(f"{what}; since when was not told, the log of the storage manager was not read")
    if not row.failures:
        return OK  # the garbage collector is at it, or comes to it
    if row.failing_hours is None:
        return Unknown(f"{what}; the merge failed {many(row.failures, 'time')}, since when was not told")
    if row.failing_hours <= medium_hours:
        return OK
    severity: Severity | None = "high" if row.failing_hours > high_hours else None
    said = f" ({row.said})" if row.said else ""
    return Fail(
        f"{what}; the merge failed {many(row.failures, 'time')} since {aged(row.failing_hours)} ago{said};"
        f" {limits}",
        severity,
        "failures",
    )


@rule("snapshot/xcp-leftover-vbd", on=AttachedSnapshot, severity="medium", controls=("C18",))
def leftover_attachment(row: AttachedSnapshot, *, after_hours: float = 24.0) -> Verdict:
    """A snapshot is still attached to a control domain.

    Why it matters
        A backup or an import that broke off still holds it. As long as it does, the chain of that disk cannot
        be merged, and grows with every further snapshot.

    What to do
        See that no backup runs, then unplug it (Xen Orchestra: dashboard, health; or `xe vbd-unplug`), and
        rescan the repository.

    What not to do
        Do not unplug while a backup reads from it, and do not destroy the disk instead of its attachment.

    References
        Xen Orchestra: VDIs attached to the control domain.
    """
    if row.age_hours is None:
        return Unknown(f"snapshot {row.name or row.image} on {row.domain}: when it was made was not told")
    if row.age_hours <= after_hours:
        return OK
    return Fail(
        f"snapshot {row.name or row.image}, {aged(row.age_hours)} old, is attached to {row.domain};"
        f" limit {after_hours:g} hours",
        None,
        "age_hours",
    )
