"""Rules on disks of Proxmox guests: chains of volumes, caches in the memory of the host."""

from __future__ import annotations

from analyzer.derived.guest_disk_state import GuestDiskState
from analyzer.guest_judging import said
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict
from analyzer.wording import size


@rule("fs/guest-cache-unbacked", on=GuestDiskState, severity="low", controls=("C15", "C9"))
def cached_and_left_out(row: GuestDiskState) -> Verdict:
    """A disk whose writes wait in the memory of the host is left out of backups.

    Why it matters
        What was not yet flushed is lost when the host stops, and no backup holds an earlier state of it.

    What to do
        Include the disk in backups, or set its cache to none if what is on it matters.

    What not to do
        Do not keep databases on it.

    References
        Proxmox VE: cache=writeback of a disk, backup=0.
    """
    if row.cache is None or row.backup is None:
        return NA
    if row.cache != "writeback" or row.backup:
        return OK
    return Fail(f"{said(row)} ({size(row.size_bytes)}) has cache=writeback and backup=0", None, "cache")


@rule("snapshot/pve-volume-chain", on=GuestDiskState, severity="medium", controls=("C18",))
def volume_chain(row: GuestDiskState, *, medium: int = 4) -> Verdict:
    """The disk is a long chain of volumes, one for each snapshot.

    Why it matters
        On such a storage every snapshot is a volume that the next one builds on. Each read may look through
        all of them, and one that is damaged loses all above it.

    What to do
        See that a backup exists and that the storage has room, then remove snapshots, oldest first.

    What not to do
        Do not remove volumes of the chain by hand: their names look like those of disks nobody uses.

    References
        Proxmox VE 9: snapshot-as-volume-chain of a storage.
    """
    if row.hypervisor != "proxmox" or not row.volume_chain:
        return NA
    if row.depth is None:
        return Unknown(f"{said(row)}: on which of its snapshots it runs was not told")
    if row.depth < medium:
        return OK
    return Fail(f"{said(row)} builds on {row.depth} volumes; limit {medium}", None, "depth")
