"""Rules on the image files that disks of guests are made of."""

from __future__ import annotations

from analyzer.derived.guest_disk_state import GuestDiskState
from analyzer.derived.image_chain import ImageChain
from analyzer.guest_judging import said
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict
from analyzer.wording import listed, many, size


@rule("snapshot/kvm-backing-missing", on=ImageChain, severity="critical", controls=("C5",))
def backing_missing(row: ImageChain) -> Verdict:
    """A file that the disk builds on is not there.

    Why it matters
        A guest that runs still holds the file open; once it is stopped it does not start again, and all that
        was in the missing layer is lost.

    What to do
        1. If the guest runs: leave it running. Copy its disk out of it now (`virsh blockcopy`, or a backup
           from inside).
        2. Look for the file: moved, on a storage that is not mounted, renamed?
        3. If it is found, put it back under the very name that the image above tells.

    What not to do
        Do not shut the guest down. Do not create an empty file of that name, and do not use
        `qemu-img rebase -u` to point somewhere else.

    References
        qemu-img(1): info --backing-chain.
    """
    if row.missing is not None:
        what = "the image itself" if row.missing == row.top else f"{row.missing}, which it builds on,"
        return Fail(f"{row.top}: {what} is not there", None, "missing")
    if not row.whole:
        return Unknown(f"{row.top}: whether all that it builds on is there was not told")
    return OK


@rule("snapshot/kvm-relative-backing", on=ImageChain, severity="low", controls=("C18",))
def relative_backing(row: ImageChain) -> Verdict:
    """An image names the one below by a relative path or without its format.

    Why it matters
        A relative name breaks when the image is moved or opened from elsewhere. Without the format the kind
        of the image below is guessed from its content, which a guest may have written.

    What to do
        With the guest off, on a copy: `qemu-img rebase -b ABSOLUTE -F FORMAT IMAGE`, the path being that of
        the same file; then put the copy in its place.

    What not to do
        Do not do so while the guest runs, and not with any other file.

    References
        qemu-img(1): rebase, -F.
    """
    if row.relative:
        names = listed(row.relative.split("\n"), 3)
        return Fail(f"{names}: names the image below by a relative path", None, "relative")
    if row.unformatted:
        names = listed(row.unformatted.split("\n"), 3)
        return Fail(f"{names}: does not tell the format of the image below", None, "unformatted")
    return OK if row.depth and row.whole else NA


@rule("fs/image-corrupt", on=ImageChain, severity="critical", controls=("C5",))
def corrupt_image(row: ImageChain) -> Verdict:
    """The image of a disk is damaged.

    Why it matters
        QEMU found that tables of the image contradict one another. Reading may give other data than was
        written, and every write can make it worse; QEMU refuses to write to an image that is marked.

    What to do
        1. Stop the guest and copy the image as it is to other storage.
        2. Check the storage below it first (disks, array, file system).
        3. Restore from a backup; if there is none, repair the copy (`qemu-img check -r all`) and check the
           guest's file systems.

    What not to do
        Do not repair the only copy. Do not let the guest run on it.

    References
        qcow2 format: incompatible feature bit 1; qemu-img(1): check.
    """
    if row.corrupt:
        found = f" ({many(row.corruptions, 'error')})" if row.corruptions else ""
        return Fail(
            f"{listed(row.corrupt.split(chr(10)), 3)} is marked corrupt or has errors{found}", None, "corrupt"
        )
    if row.format not in (None, "qcow2", "qed", "raw"):
        return NA  # no tool tells it of VMDK, VHD and VHDX
    if not row.damage_known and row.corruptions is None:
        return NA if row.missing is not None else Unknown(f"{row.top}: whether it is damaged was not told")
    return OK


@rule("fs/image-leaks", on=ImageChain, severity="info")
def leaked_clusters(row: ImageChain) -> Verdict:
    """The image holds space that nothing in it uses.

    Why it matters
        QEMU was ended while it wrote. No data are lost, only space.

    What to do
        With the guest off: `qemu-img check -r leaks`.

    What not to do
        Do not run a repair while the guest runs.

    References
        qemu-img(1): check.
    """
    if row.leaks is None:
        return NA
    if row.leaks == 0:
        return OK
    return Fail(f"{row.top}: {many(row.leaks, 'leaked cluster')}; limit 0", None, "leaks")


@rule("snapshot/kvm-internal-qcow2", on=GuestDiskState, severity="low", controls=("C18",))
def large_internal(row: GuestDiskState, *, from_bytes: int = 500_000_000_000) -> Verdict:
    """A large image holds snapshots inside.

    Why it matters
        Removing a snapshot inside a large qcow2 image can hold the guest for minutes to hours.

    What to do
        Make a backup, then remove the snapshot while the guest is off.

    What not to do
        Do not remove it from a running guest in working hours.

    References
        Documentation of Proxmox VE on qcow2 snapshots.
    """
    if not row.internal_snapshots:
        return NA if row.internal_snapshots is None else OK
    if row.size_bytes is None:
        return Unknown(f"{said(row)}: its size was not told")
    if row.size_bytes < from_bytes:
        return OK
    return Fail(
        f"{said(row)}: {many(row.internal_snapshots, 'snapshot')} inside an image of {size(row.size_bytes)};"
        f" limit {size(from_bytes)}",
        None,
        "internal_snapshots",
    )


@rule("snapshot/kvm-base-written", on=GuestDiskState, severity="critical", controls=("C5",))
def base_written(row: GuestDiskState) -> Verdict:
    """The disk builds on an image that another guest writes to.

    Why it matters
        Layers above an image only fit the image as it was. Once the other guest has written to it, this disk
        is a mix of both.

    What to do
        Stop both guests, copy both images as they are, and find out which was changed since; restore the
        other from a backup.

    What not to do
        Do not start either of them to see whether it still works.

    References
        qemu-img(1): an image must not be written to while others build on it.
    """
    if row.hypervisor != "libvirt" or row.depth is None:
        return NA
    if not row.written_below:
        return OK
    return Fail(
        f"{said(row)} builds on {listed(row.written_below.split(chr(10)), 3)}, to which a guest writes"
    )


@rule("fs/image-unclean", on=GuestDiskState, severity="medium", controls=("C5",))
def image_unclean(row: GuestDiskState) -> Verdict:
    """The image of a guest that is off was not closed cleanly.

    Why it matters
        The hypervisor was ended while it wrote. The next start repairs the image without asking, on the only
        copy there is.

    What to do
        Copy the image before the guest is started, then let `qemu-img check` look at the copy.

    What not to do
        Do not check or repair the image while a guest uses it.

    References
        qemu-img(1): info, check; qcow2 format: dirty bit; VMDK: uncleanly shut down.
    """
    if row.depth is None or row.running:
        return NA  # in use, an image may well be open
    if not row.dirty:
        return OK
    which = listed(row.dirty.split(chr(10)), 3)
    if row.running is None:
        return Unknown(f"{said(row)}: {which} is open, and whether the guest runs was not told")
    return Fail(f"{said(row)}: {which} was not closed cleanly, and the guest is off", None, "dirty")
