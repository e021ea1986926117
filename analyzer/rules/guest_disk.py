"""Rules on disks of guests: chains of deltas, disks that no snapshot holds, disks left out of backups."""

from __future__ import annotations

from analyzer.derived.guest_disk_state import GuestDiskState
from analyzer.guest_judging import said
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import size

_IN_CHAINS = ("vmware", "libvirt", "hyperv", "virtualbox")


def _ladder(depth: int, medium: int, high: int, critical: int) -> Severity | None:
    steps: tuple[tuple[int, Severity], ...] = ((critical, "critical"), (high, "high"), (medium, "medium"))
    return next((severity for limit, severity in steps if depth >= limit), None)


@rule("snapshot/chain-depth", on=GuestDiskState, severity="medium", controls=("C18",))
def chain_depth(row: GuestDiskState, *, medium: int = 4, high: int = 10, critical: int = 24) -> Verdict:
    """The disk is a long chain of deltas.

    Why it matters
        A read may have to look through every layer, and one damaged layer loses all above it. Hypervisors
        refuse further snapshots at about thirty, and with them backups.

    What to do
        See that the storage has room, then remove the oldest snapshot first, or all at once in an hour of
        little load. Find out what makes them: often a backup that does not clean up.

    What not to do
        Do not delete files of the chain by hand, and do not merge many guests at once.

    References
        VMware: at most 32 in a chain, two or three advised.
    """
    if row.hypervisor not in _IN_CHAINS or row.raw_device == "physical":
        return NA
    if row.depth is None:
        if row.format == "raw" and row.hypervisor == "libvirt":
            return NA
        return Unknown(f"{said(row)}: how many layers it has was not told")
    severity = _ladder(row.depth, medium, high, critical)
    if severity is None:
        return OK
    return Fail(
        f"{said(row)} has {row.depth} layers below the one written to; limits {medium}, {high}, {critical}",
        severity,
        "depth",
    )


@rule("snapshot/xcp-chain", on=GuestDiskState, severity="high", controls=("C18",))
def xen_chain(row: GuestDiskState, *, medium: int = 10, high: int = 20, critical: int = 27) -> Verdict:
    """The chain of the virtual disk comes near the limit of the storage repository.

    Why it matters
        At thirty layers no further snapshot can be made and every backup of the guest fails.

    What to do
        Pause the backups of the guest until the garbage collector has merged the chain; give the repository
        free space, then rescan it.

    What not to do
        Do not delete VHD files.

    References
        XCP-ng documentation: coalesce, maximum chain length 30.
    """
    if row.hypervisor != "xen":
        return NA
    if row.depth is None:
        return Unknown(f"{said(row)}: how many layers it has was not told")
    severity = _ladder(row.depth, medium, high, critical)
    if severity is None:
        return OK
    return Fail(
        f"{said(row)}: chain of {row.depth} parents; limits {medium}, {high}, {critical} (30 is the most)",
        severity,
        "depth",
    )


@rule("snapshot/xcp-excluded", on=GuestDiskState, severity="medium", controls=("C9",))
def excluded_by_name(row: GuestDiskState) -> Verdict:
    """The name of the disk tells backups to leave it out.

    Why it matters
        What was left out on purpose years ago holds live data today, and nobody remembers.

    What to do
        Have the owner confirm in writing what is on it, or take the mark out of the name.

    What not to do
        Do not take a successful backup job for a backup of this disk.

    References
        Xen Orchestra: [NOBAK] and [NOSNAP] in the name of a disk.
    """
    if row.hypervisor != "xen":
        return NA
    if row.name_excludes:
        return Fail(f"{said(row)} bears [NOBAK] or [NOSNAP] in its name", None, "name_excludes")
    return OK


@rule("snapshot/vmw-independent-disk", on=GuestDiskState, severity="high", controls=("C9",))
def independent_disk(row: GuestDiskState) -> Verdict:
    """The disk is left out of every snapshot, and so of every image backup.

    Why it matters
        Backups of the guest end with success and do not contain this disk.

    What to do
        Back it up with an agent in the guest, or change its mode while the guest is off.

    What not to do
        Do not take the success of the backup job for a copy of this disk.

    References
        vSphere API: VirtualDiskMode; libvirt: snapshot='no' of a disk.
    """
    if row.hypervisor not in ("vmware", "libvirt"):
        return NA
    if row.mode is None:
        return Unknown(f"{said(row)}: its mode was not told")
    if not row.mode.lower().startswith("independent"):
        return OK
    lost = " and forgets all changes at power off" if "nonpersistent" in row.mode.lower() else ""
    return Fail(f"{said(row)} ({size(row.size_bytes)}) is {row.mode}{lost}", None, "mode")


@rule("snapshot/vmw-rdm-physical", on=GuestDiskState, severity="high", controls=("C9",))
def physical_disk(row: GuestDiskState) -> Verdict:
    """The disk is passed through, or shared on the bus, and cannot be in a snapshot.

    Why it matters
        The hypervisor cannot make a snapshot of it, and image backups leave it out or fail.

    What to do
        Back it up inside the guest or on the storage system, and see that this backup restores.

    What not to do
        Do not count it as protected by the backup of the guest.

    References
        vSphere API: compatibilityMode physicalMode, SCSI bus sharing.
    """
    sharing = (row.sharing or "").lower()
    shared = bool(sharing) and sharing not in ("none", "nosharing", "sharingnone")
    if row.raw_device == "physical":
        return Fail(f"{said(row)} is passed through ({row.path or 'a device'})", None, "raw_device")
    if shared:
        return Fail(f"{said(row)} is shared by several guests ({row.sharing})", None, "sharing")
    if row.raw_device is None and row.sharing is None:
        return NA
    return OK


@rule("backup/disk-excluded", on=GuestDiskState, severity="high", controls=("C9",))
def excluded_from_backup(row: GuestDiskState) -> Verdict:
    """A disk of the guest is left out of its backups.

    Why it matters
        A restore brings back a part of the guest. What is on the other disk is gone.

    What to do
        Have the owner confirm in writing that nothing on it is needed, or include it.

    What not to do
        Do not take "backup successful" for "all of it".

    References
        Proxmox VE: backup=0 of a disk; mount points of containers are in no backup unless they say backup=1.
    """
    if row.backup is None:
        return NA
    if row.backup:
        return OK
    if row.host_folder:
        return Fail(
            f"{said(row)} is the folder {row.path} of the host: no backup of the guest holds it",
            None,
            "backup",
        )
    return Fail(f"{said(row)} ({size(row.size_bytes)}) is left out of backups", None, "backup")


@rule("fs/guest-cache-unsafe", on=GuestDiskState, severity="high", controls=("C15",))
def unsafe_cache(row: GuestDiskState) -> Verdict:
    """The hypervisor ignores the guest's wish that data reach the disk.

    Why it matters
        With cache mode unsafe a flush does nothing. A crash of the host or a power cut may destroy the
        guest's file systems and databases, however carefully they write.

    What to do
        Set the cache mode to none or writeback at the next stop of the guest.

    What not to do
        Do not keep it for speed on anything that has to be kept.

    References
        libvirt: domain XML, driver cache; qemu-img(1): -t.
    """
    if row.cache is None:
        return NA
    if row.cache != "unsafe":
        return OK
    return Fail(f"{said(row)} has cache mode unsafe", None, "cache")
