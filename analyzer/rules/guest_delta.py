"""Rules on deltas that disks of guests run on: without a snapshot on record, of an old format."""

from __future__ import annotations

from analyzer.derived.guest_disk_state import GuestDiskState
from analyzer.guest_judging import said
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import many


@rule("snapshot/vmw-undetected-delta", on=GuestDiskState, severity="high", controls=("C18",))
def undetected_delta(row: GuestDiskState) -> Verdict:
    """The guest runs on a delta disk, and no snapshot is on record.

    Why it matters
        Nobody sees the chain: it grows unnoticed, and a backup of "the disk" may take a layer for the whole.

    What to do
        Back up the guest with an agent inside it. Then make a snapshot and delete all, or consolidate, with
        enough free space.

    What not to do
        Do not delete or rename the delta or its base. Do not edit descriptor files without copies.

    References
        VMware: delta disks are named NAME-000001.vmdk and so on.
    """
    if row.hypervisor != "vmware" or row.template:
        return NA
    if row.delta is None:
        return Unknown(f"{said(row)}: the file it runs on was not told")
    if row.delta and not row.snapshots:
        return Fail(
            f"{said(row)} runs on {row.path or 'a delta'}, and no snapshot is on record", None, "delta"
        )
    return OK


@rule("snapshot/hv-avhdx-orphan", on=GuestDiskState, severity="high", controls=("C18",))
def orphaned_avhdx(row: GuestDiskState) -> Verdict:
    """The guest runs on a differencing disk, and no checkpoint is on record.

    Why it matters
        A merge failed or still waits. The disk grows unnoticed, and whoever tidies up the folder deletes the
        newest data.

    What to do
        Check the chain with Get-VHD. See that there is room for the merge, shut the guest down and wait: the
        merge begins by itself.

    What not to do
        Do not delete .avhdx files, and do not set another parent with -IgnoreIdMismatch without copies of all
        files of the chain.

    References
        Microsoft: Get-VHD, Merge-VHD.
    """
    if row.hypervisor != "hyperv" or row.template:
        return NA
    if row.delta is None:
        return Unknown(f"{said(row)}: whether it runs on a differencing disk was not told")
    if row.delta and not row.snapshots:
        return Fail(
            f"{said(row)} runs on {row.path or 'a delta'}, and no checkpoint is on record", None, "delta"
        )
    return OK


@rule("snapshot/hv-vhd-differencing", on=GuestDiskState, severity="medium", controls=("C15",))
def differencing_vhd(row: GuestDiskState) -> Verdict:
    """A differencing disk has the old VHD format.

    Why it matters
        VHD keeps no log of its own metadata: a power cut can leave such a disk inconsistent.

    What to do
        Merge it, and convert the disk to VHDX while the guest is off.

    What not to do
        Do not convert a parent that differencing disks build on.

    References
        Best Practices Analyzer of Hyper-V.
    """
    if row.hypervisor != "hyperv" or (row.format or "").lower() not in ("vhd", "avhd"):
        return NA
    if row.depth or row.delta:
        return Fail(f"{said(row)} is a differencing disk of format {row.format}", None, "format")
    if row.depth is None:
        return Unknown(f"{said(row)}: whether it is a differencing disk was not told")
    return OK


@rule("snapshot/kvm-external-chain", on=GuestDiskState, severity="medium", controls=("C18",))
def unrecorded_chain(row: GuestDiskState, *, info: int = 1, medium: int = 2, high: int = 5) -> Verdict:
    """Images build on one another, and libvirt has no record of the snapshots.

    Why it matters
        Such layers are leftovers of backups of running guests, or of snapshots whose record was deleted. No
        list shows them; whoever deletes "old" files destroys the disk.

    What to do
        Back up the guest. Then merge the layers while it runs (`virsh blockcommit --active --pivot`), or
        while it is off, and see with `virsh domblklist` that it runs on the base.

    What not to do
        Do not delete a file of the chain. Do not use `qemu-img rebase -u` to be rid of a layer: it only
        changes the name in the header.

    References
        virsh(1): blockcommit. One such layer is also what a linked clone of a template has.
    """
    if row.hypervisor != "libvirt":
        return NA
    if row.unrecorded is None:
        return NA if row.format == "raw" else Unknown(f"{said(row)}: its layers were not told")
    if row.unrecorded < info:
        return OK
    severity: Severity = (
        "high" if row.unrecorded >= high else "medium" if row.unrecorded >= medium else "info"
    )
    return Fail(
        f"{said(row)}: {many(row.unrecorded, 'layer')} below {row.path} of which libvirt has no snapshot on"
        f" record; limits {info}, {medium} and {high}",
        severity,
        "unrecorded",
    )
