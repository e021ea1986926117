"""Rules on states of images that no list of snapshots shows."""

from __future__ import annotations

from analyzer.derived.guest_disk_state import GuestDiskState
from analyzer.derived.host_snapshot import HostSnapshot
from analyzer.guest_judging import aged, said
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict
from analyzer.wording import many


@rule("snapshot/kvm-host-snapshots", on=HostSnapshot, severity="low", controls=("C18", "C10"))
def host_snapshots(row: HostSnapshot) -> Verdict:
    """The file system below the guest's image keeps snapshots of it.

    Why it matters
        No list of the hypervisor shows them. They hold the guest as after a power cut, on the very disks that
        the guest needs; they are easily taken for a backup, and they keep the space of every block that the
        guest has overwritten since.

    What to do
        Decide whether they are wanted: if so, bring the guest to rest before each (guest agent), send them to
        another machine, and restore one as a test. If not, keep images on a dataset or subvolume without
        them.

    What not to do
        Do not roll the file system back to get one guest back: that takes all files with it. Clone or copy
        the image out of the snapshot.

    References
        zfs-snapshot(8), btrfs-subvolume(8); BSI CON.3 allows snapshots only beside backups elsewhere.
    """
    where = f"{row.mountpoint} ({row.fs_type})"
    if row.snapshots is None:
        return Unknown(f"disk {row.disk} of {row.guest_name}: snapshots of {where} were not told")
    if not row.snapshots:
        return OK
    newest = f", the newest {aged(row.newest_hours)} old" if row.newest_hours is not None else ""
    what = f"disk {row.disk} of {row.guest_name} ({row.format or 'image'} {row.path})"
    kept = f"{many(row.snapshots, 'snapshot')}{newest}"
    return Fail(f"{what} lies on {where}, which keeps {kept}", None, "snapshots")


@rule("snapshot/kvm-unrecorded-internal", on=GuestDiskState, severity="medium", controls=("C18",))
def unrecorded_internal(row: GuestDiskState) -> Verdict:
    """The image holds snapshots that the hypervisor has no record of.

    Why it matters
        Somebody made them with qemu-img, or the record was lost when the guest was defined anew. They keep
        space, they make every removal of another snapshot slower, and nobody knows that they can go.

    What to do
        List them (`qemu-img snapshot -l`), ask whose they are, make a backup, then remove them while the
        guest is off.

    What not to do
        Do not use `qemu-img snapshot` on an image that a running guest has open: that destroys it.

    References
        qemu-img(1): snapshot.
    """
    if row.hypervisor != "libvirt" or row.internal_snapshots is None:
        return NA
    if row.internal_snapshots <= row.snapshots:
        return OK
    extra = row.internal_snapshots - row.snapshots
    inside = many(row.internal_snapshots, "snapshot")
    told = f"{said(row)} holds {inside} inside, {extra} more than libvirt knows of"
    return Fail(told, None, "internal_snapshots")
