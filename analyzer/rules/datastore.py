"""Rules on storages that carry guests."""

from __future__ import annotations

from analyzer.derived.guest_storage import GuestStorage
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import many, size


def _free(row: GuestStorage, medium: float, high: float, critical: float) -> Verdict:
    if row.accessible is False:
        return NA  # storage-inaccessible says so
    if row.free_percent is None:
        return Unknown(f"{row.name}: its free space was not told")
    ladder: tuple[tuple[float, Severity], ...] = ((critical, "critical"), (high, "high"), (medium, "medium"))
    severity = next((level for limit, level in ladder if row.free_percent <= limit), None)
    if severity is None:
        return OK
    return Fail(
        f"{row.name}: {row.free_percent:.1f} % ({size(row.free_bytes)}) of {size(row.size_bytes)} free,"
        f" {many(row.guests, 'guest')} on it; limits {medium:g}, {high:g} and {critical:g} %",
        severity,
        "free_percent",
    )


@rule("snapshot/vmw-datastore-free", on=GuestStorage, severity="high", controls=("C4",))
def vmware_free(
    row: GuestStorage, *, medium: float = 15.0, high: float = 10.0, critical: float = 5.0
) -> Verdict:
    """The datastore is nearly full.

    Why it matters
        On a full datastore every guest stops that needs to grow a delta or a thin disk.

    What to do
        Move a guest away or extend the datastore first; then remove snapshots, one guest at a time.

    What not to do
        Do not browse the datastore and delete files that look old: a -delta or -000001 file is part of a
        disk.

    References
        vSphere API: DatastoreSummary freeSpace, capacity.
    """
    return _free(row, medium, high, critical) if row.hypervisor == "vmware" else NA


@rule("capacity/datastore-used", on=GuestStorage, severity="medium", controls=("C4",))
def store_free(
    row: GuestStorage, *, medium: float = 15.0, high: float = 10.0, critical: float = 5.0
) -> Verdict:
    """The storage of guests is nearly full.

    Why it matters
        When it is full, guests are paused or get errors for their writes, all of them at once.

    What to do
        Extend it or move a guest away first; then remove snapshots and old images with their owners' consent.

    What not to do
        Do not delete layers of images or files of snapshots to gain space.

    References
        A storage that is a file system of the host is judged by capacity/used.
    """
    return NA if row.hypervisor == "vmware" or row.file_system else _free(row, medium, high, critical)


@rule("capacity/datastore-inaccessible", on=GuestStorage, severity="high", controls=("C4",))
def inaccessible(row: GuestStorage) -> Verdict:
    """The hypervisor does not reach a storage, or guests lie on one that is switched off.

    Why it matters
        Guests on it do not run or will not start, and backups to it are not written.

    What to do
        Find out what is gone: the path, the server, the disk. Keep what is on it untouched.

    What not to do
        Do not create or format a new storage in its place.

    References
        States of storages as the hypervisor tells them.
    """
    if row.maintenance == "disabled" and row.guests:
        told = f"{row.name} is switched off, and {many(row.guests, 'guest')} have disks on it"
        return Fail(told, None, "maintenance")
    if row.accessible is None:
        return NA
    if row.accessible:
        return OK
    on_it = f", {many(row.guests, 'guest')} on it" if row.guests else ""
    return Fail(f"{row.name} is not reached{on_it}", None, "accessible")


@rule("capacity/datastore-maintenance", on=GuestStorage, severity="low", controls=("C4",))
def in_maintenance(row: GuestStorage) -> Verdict:
    """A storage stands in maintenance mode.

    Why it matters
        Nothing new is placed on it, and the other storages carry its share. A mode that is entered and never
        reached waits for guests that cannot be moved, often because of their snapshots.

    What to do
        Find out who began it and what it waits for: move the guests that are left, then end the mode or take
        the storage away.

    What not to do
        Do not unmount or delete it while guests, templates or images still lie there.

    References
        vSphere API: DatastoreSummary.maintenanceMode: normal, enteringMaintenance, inMaintenance.
    """
    if row.maintenance is None:
        return NA
    if row.maintenance == "normal":
        return OK
    on_it = f", {many(row.guests, 'guest')} on it" if row.guests else ""
    return Fail(f"{row.name}: {row.maintenance}{on_it}", "medium" if row.guests else None, "maintenance")


@rule("capacity/thin-overcommit", on=GuestStorage, severity="medium", controls=("C4",))
def overcommit(
    row: GuestStorage, *, medium: float = 150.0, free_percent: float = 30.0, high: float = 300.0
) -> Verdict:
    """More space is promised to guests than the storage has.

    Why it matters
        Guests may fill what they were promised. When the storage is full they stop together, and none of them
        shows a full disk before.

    What to do
        Keep a reserve, watch the free space with an alarm, see that guests discard what they delete.

    What not to do
        Do not take the free space that a guest shows for real.

    References
        vSphere API: DatastoreSummary.uncommitted; Proxmox VE: thin provisioning.
    """
    if row.promised_percent is None:
        return Unknown(f"{row.name}: what is promised on it was not told") if row.guests else NA
    told = (
        f"{row.name}: {row.promised_percent:.0f} % of {size(row.size_bytes)} promised;"
        f" limits {medium:g} % with at most {free_percent:g} % free, and {high:g} %"
    )
    if row.promised_percent > high:
        return Fail(told, "high", "promised_percent")
    if row.promised_percent <= medium:
        return OK
    if row.free_percent is None:
        return Unknown(f"{told}; how much is free was not told")
    if row.free_percent > free_percent:
        return OK
    return Fail(f"{told}; {row.free_percent:.0f} % free", None, "promised_percent")


@rule("capacity/snapshot-headroom", on=GuestStorage, severity="high", controls=("C4",))
def headroom(row: GuestStorage, *, share_percent: float = 20.0) -> Verdict:
    """The storage has too little room to merge the snapshots on it.

    Why it matters
        Merging writes the deltas into the base and, while the guest runs, a new delta beside it. A merge that
        runs out of space stops half way, with the storage full.

    What to do
        Extend the storage or move another guest away before any snapshot is removed. Then one guest at a
        time, oldest snapshot first.

    What not to do
        Do not begin with "delete all" on the largest guest, and do not delete files by hand to make room.

    References
        Broadcom's advice for large guests: 20 to 30 % of their size free. The room needed is what the deltas
        hold, at most what the base can still grow.
    """
    if not row.snapshotted:
        return NA
    if row.free_bytes is None or (row.delta_bytes is None and row.largest_bytes is None):
        return Unknown(f"{row.name}: free space or sizes of the guests with snapshots were not told")
    if row.delta_bytes is not None and row.free_bytes < row.delta_bytes:
        return Fail(
            f"{row.name}: {size(row.free_bytes)} free, merging the snapshots of {row.delta_name} may take"
            f" {size(row.delta_bytes)}",
            None,
            "delta_bytes",
        )
    if row.largest_bytes is None:
        return Unknown(f"{row.name}: sizes of the guests with snapshots were not told")
    if row.free_bytes < row.largest_bytes * share_percent / 100:
        return Fail(
            f"{row.name}: {size(row.free_bytes)} free, less than {share_percent:g} % of the"
            f" {size(row.largest_bytes)} of {row.largest_name}, the largest guest with snapshots",
            "medium",
            "free_bytes",
        )
    if row.delta_bytes is None:
        return Unknown(f"{row.name}: what the snapshots hold was not told")
    return OK
