"""Rules on ZFS pools: state, damage, scrubs, space and how they are made."""

from __future__ import annotations

from analyzer.derived.zfs_pool import ZfsPool
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import listed, size

_UNUSABLE = ("FAULTED", "UNAVAIL", "SUSPENDED", "REMOVED", "OFFLINE")


def _why(row: ZfsPool) -> str:
    told = f": {row.status.rstrip('.')}" if row.status else ""
    return f"{told} [{row.devices}]" if row.devices else told


@rule("fs/zfs-faulted", on=ZfsPool, severity="critical", controls=("C2",))
def faulted(row: ZfsPool) -> Verdict:
    """The pool cannot be used: faulted, unavailable or suspended.

    Why it matters
        Its metadata are damaged, too many devices are gone, or every write waits for a device that does not
        answer. Nothing on it can be relied on until the cause is found, but most such pools are still whole
        on their devices.

    What to do
        Look for the devices first: power, cable, controller, expander. A suspended pool goes on after the
        devices are back and `zpool clear`. Try a read-only import that mounts nothing (`zpool import -o
        readonly=on -N`) and copy the data out. Where another array is named at fault, see there.

    What not to do
        No `zpool import -F`, `-FX` or `-m` without an image of the devices: they throw transactions away. No
        `zpool create`, no `zpool labelclear`, no `zpool destroy`.

    References
        zpool-import(8); OpenZFS messages ZFS-8000-HC, -JQ, -72, -5E.
    """
    if row.state is None:
        return Unknown(f"{row.said}: its state was not told")
    if row.state not in _UNUSABLE:
        return OK
    return Fail(f"{row.said} is {row.state}{_why(row)}", "info" if row.arrays_tell else None, "state")


@rule("fs/zfs-degraded", on=ZfsPool, severity="high", controls=("C2",))
def degraded(row: ZfsPool) -> Verdict:
    """The pool is degraded.

    Why it matters
        A device is missing, failed or has too many errors. What redundancy is left decides whether the next
        fault loses data; a lost log or cache is milder, and as silent. Where a mirror or raidz lacks a
        member, the rule on that array weighs it, and this one only tells of the pool.

    What to do
        Confirm the backup, replace the named device, let the resilver finish, then scrub.

    What not to do
        Do not detach or replace a second device at the same time; do not clear the errors instead of
        replacing the device.

    References
        zpool-status(8), zpool-replace(8); OpenZFS messages ZFS-8000-2Q, -4J, -9P.
    """
    if row.state is None:
        return Unknown(f"{row.said}: its state was not told")
    if row.state in _UNUSABLE:
        return NA
    if row.state != "DEGRADED":
        return OK
    severity: Severity | None = "critical" if row.no_margin else None
    margin = ", no redundancy left in a group" if row.no_margin else ""
    if row.arrays_tell:
        severity = "info"
    return Fail(f"{row.said} is DEGRADED{margin}{_why(row)}", severity, "state")


@rule("fs/zfs-data-errors", on=ZfsPool, severity="critical", controls=("C5",))
def data_errors(row: ZfsPool) -> Verdict:
    """The pool knows of data that are lost.

    Why it matters
        Blocks could not be repaired from any copy: those files are damaged for good, although the pool calls
        itself ONLINE. Damage in the pool's own metadata can take much more with it.

    What to do
        List the files (`zpool status -v`), restore them from a backup, find the cause (memory, controller,
        drive), then scrub twice: the list is emptied by the scrubs.

    What not to do
        Do not take `zpool clear` for a repair: it only resets counters.

    References
        zpool-status(8); OpenZFS message ZFS-8000-8A.
    """
    if row.data_errors is None:
        return Unknown(f"{row.said}: whether data are damaged was not told")
    if row.data_errors == 0:
        return OK
    names = listed(row.damaged.split("\n"), 4) if row.damaged else "the files were not listed"
    inside = ", the pool's own metadata among them" if row.metadata_damaged else ""
    return Fail(
        f"{row.said}: {row.data_errors} permanent errors{inside} ({names}); limit 0", None, "data_errors"
    )


def _plan(scheduled: bool | None) -> str:
    if scheduled is None:
        return "whether one is scheduled was not told"
    return "one is scheduled" if scheduled else "none is scheduled"


@rule("fs/zfs-scrub-stale", on=ZfsPool, severity="medium", controls=("C1",))
def scrub_stale(row: ZfsPool, *, low_days: float = 35.0, medium_days: float = 95.0) -> Verdict:
    """The pool has not been scrubbed for long.

    Why it matters
        Only a scrub reads what nobody reads. Bad sectors that it would have repaired from a good copy are
        found by the next rebuild instead, when that copy is gone.

    What to do
        Schedule one a month: `zfs-scrub-monthly@POOL.timer`, the distribution's cron job, or periodic(8). A
        quarter of a year is the longest for good drives.

    What not to do
        Do not scrub a degraded pool before its device is replaced.

    References
        zpool-scrub(8). Advice of the makers ranges from a week to a quarter of a year.
    """
    if row.state in _UNUSABLE:
        return NA
    if row.scan_kind == "scrub" and row.scan_state == "running":
        return OK
    limits = f"limits {low_days:g} and {medium_days:g} days"
    plan = _plan(row.scrub_scheduled)
    age, done = row.scrub_age_days, "last scrub ended"
    if age is None and row.never_scrubbed:
        age, done = row.age_days, "never scrubbed, made"
        if age is None:
            return Fail(f"{row.said}: never scrubbed; {plan}; {limits}", "low", "never_scrubbed")
    if age is None:
        last = (
            f"the last scan is a {row.scan_state or ''} {row.scan_kind}"
            if row.scan_kind
            else "nothing is told"
        )
        return Unknown(f"{row.said}: no finished scrub on record, {last}; {plan}")
    if age <= low_days:
        return OK
    severity: Severity = "medium" if age > medium_days else "low"
    return Fail(f"{row.said}: {done} {age:.0f} days ago, {limits}; {plan}", severity, "scrub_age_days")


@rule("fs/zfs-scrub-errors", on=ZfsPool, severity="high", controls=("C5",))
def scrub_errors(row: ZfsPool) -> Verdict:
    """The last scrub or resilver met errors.

    Why it matters
        What it repaired proves that a device returned wrong data or none; what it could not repair is lost.

    What to do
        Find the device by its counters, check its cable, SMART values and the memory, scrub again. Restore
        the files that `zpool status -v` lists.

    What not to do
        Do not be content with "repaired": the cause is still there.

    References
        zpool-scrub(8), zpool-status(8).
    """
    if row.scan_kind == "none" or (row.scan_kind is not None and row.scan_state == "canceled"):
        return NA
    if row.scan_errors:
        return Fail(
            f"{row.said}: the last {row.scan_kind} left {row.scan_errors} errors unrepaired; limit 0",
            None,
            "scan_errors",
        )
    if row.scan_kind == "scrub" and row.scan_repaired_bytes:
        return Fail(
            f"{row.said}: the last scrub repaired {size(row.scan_repaired_bytes)}; limit 0",
            "medium",
            "scan_repaired_bytes",
        )
    if row.scan_kind is None:
        return Unknown(f"{row.said}: its last scan was not told")
    if row.scan_state != "running" and (
        row.scan_errors is None or (row.scan_kind == "scrub" and row.scan_repaired_bytes is None)
    ):
        return Unknown(f"{row.said}: what its last {row.scan_kind} found was not told")
    return OK


@rule("fs/zfs-single-vdev", on=ZfsPool, severity="high", controls=("C2",))
def single_device(row: ZfsPool) -> Verdict:
    """A pool stripes over a device that stands alone.

    Why it matters
        A pool is lost with any one of its groups. One lone disk, often added by mistake with `-f`, makes all
        the mirrors or raidz beside it worth no more than itself.

    What to do
        Attach a second device to it (`zpool attach`); from mirrors it can also be removed again. Where the
        pool is nothing but lone disks, what depends on each disk is weighed there.

    What not to do
        No `zpool add -f` of a single disk to a pool with redundancy.

    References
        zpoolconcepts(7), zpool-attach(8), zpool-remove(8).
    """
    if row.lone is None:
        return Unknown(f"{row.said}: its devices were not told")
    if not row.lone:
        return OK
    beside = " beside groups with redundancy" if row.mixed else ""
    judged_below = row.lone_judged and not row.mixed
    return Fail(f"{row.said} stands on {row.lone} alone{beside}", "info" if judged_below else None, "lone")


@rule("raid/zfs-on-hw-raid", on=ZfsPool, severity="medium", controls=("C2",))
def on_hardware_raid(row: ZfsPool) -> Verdict:
    """The pool lies on volumes of a RAID controller.

    Why it matters
        ZFS sees one disk where there are several: it notices damage and cannot mend it, its errors name no
        drive, the controller's cache acknowledges what ZFS believes to be on the medium, and only a
        controller of the same kind can read the drives again.

    What to do
        Give ZFS the drives themselves at the next change of hardware: a plain host adapter, or the
        controller in its HBA mode. Until then watch the controller's own state and battery.

    What not to do
        Do not switch the controller's mode under a pool in use: that destroys its volumes. A volume of one
        drive each is no way out, the controller's cache and format stay between.

    References
        OpenZFS documentation, hardware; Proxmox VE documentation on ZFS.
    """
    if row.on_controller is None:
        return Unknown(f"{row.said}: what its devices are was not told")
    if not row.on_controller:
        return OK
    return Fail(
        f"{row.said} lies on volumes of a RAID controller: {row.on_controller}", None, "on_controller"
    )
