"""Rules on the space and the settings of ZFS pools."""

from __future__ import annotations

from analyzer.derived.zfs_pool import ZfsPool
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import listed, size


@rule("fs/zfs-capacity", on=ZfsPool, severity="medium", controls=("C4",))
def capacity(row: ZfsPool, *, low: float = 80.0, high: float = 90.0, critical: float = 95.0) -> Verdict:
    """The pool is nearly full.

    Why it matters
        Copy-on-write needs free space for every change. A nearly full pool becomes slow; a full one may
        refuse even the deletion that would free it.

    What to do
        Find what grows, have its owner decide which snapshots may go, add a group. Keep ten percent free.

    What not to do
        Do not delete snapshots or bookmarks that a running replication needs, and do not fill the pool to
        make one last backup.

    References
        zpoolprops(7): capacity. Vendors advise 80 to 90 %.
    """
    if row.read_only:
        return NA
    if row.capacity_percent is None:
        return Unknown(f"{row.said}: its space was not told")
    used = row.capacity_percent
    severity: Severity = "critical" if used >= critical else "high" if used >= high else "low"
    if used < low:
        return OK
    return Fail(
        f"{row.said}: {used:.1f} % used, {size(row.free_bytes)} of {size(row.size_bytes)} free (parity"
        f" included), limits {low:g}/{high:g}/{critical:g} %",
        severity,
        "capacity_percent",
    )


@rule("fs/zfs-fragmentation", on=ZfsPool, severity="low", controls=("C4",))
def fragmentation(
    row: ZfsPool, *, low: float = 50.0, medium: float = 70.0, medium_used: float = 80.0
) -> Verdict:
    """The free space of the pool is fragmented.

    Why it matters
        Writes and resilvers become slow when the free space lies in crumbs, most of all on a pool that is
        also full.

    What to do
        Free or add space first: fragmentation goes back as blocks are rewritten.

    What not to do
        Do not take the number for that of files: it says nothing about them.

    References
        zpoolprops(7): fragmentation.
    """
    if row.read_only:
        return NA
    if row.fragmentation_percent is None:
        return Unknown(f"{row.said}: fragmentation was not told")
    if row.fragmentation_percent < low:
        return OK
    if row.fragmentation_percent >= medium and row.capacity_percent is None:
        return Unknown(f"{row.said}: fragmentation {row.fragmentation_percent:.0f} %, its space was not told")
    full = row.capacity_percent is not None and row.capacity_percent >= medium_used
    severity: Severity = "medium" if row.fragmentation_percent >= medium and full else "low"
    return Fail(
        f"{row.said}: free space fragmented to {row.fragmentation_percent:.0f} %, limits {low:g} %, and"
        f" {medium:g} % from {medium_used:g} % used",
        severity,
        "fragmentation_percent",
    )


@rule("fs/zfs-checkpoint", on=ZfsPool, severity="medium", controls=("C18",))
def checkpoint(row: ZfsPool, *, hours: float = 24.0) -> Verdict:
    """The pool still has a checkpoint.

    Why it matters
        A checkpoint keeps every block freed since then, keeps devices from being removed, and its own data
        are not repaired by scrubs. It is made for one risky change and forgotten.

    What to do
        Once the change is accepted, discard it (`zpool checkpoint -d`).

    What not to do
        Do not keep it as a backup: it lies on the same devices, and going back loses everything since.

    References
        zpool-checkpoint(8).
    """
    if row.checkpoint_bytes is None:
        return Unknown(f"{row.said}: whether it has a checkpoint was not told")
    if row.checkpoint_bytes == 0:
        return OK
    if row.checkpoint_hours is None:
        return Unknown(f"{row.said} has a checkpoint; since when was not told")
    if row.checkpoint_hours < hours:
        return OK
    return Fail(
        f"{row.said} has had a checkpoint for at least {row.checkpoint_hours:.0f} hours"
        f" ({size(row.checkpoint_bytes)}), limit {hours:g} hours",
        None,
        "checkpoint_hours",
    )


@rule("fs/zfs-autotrim", on=ZfsPool, severity="low")
def autotrim(row: ZfsPool) -> Verdict:
    """A pool on solid-state drives is never trimmed.

    Why it matters
        Drives that are not told what is free copy dead blocks around: they become slow and wear faster.

    What to do
        Schedule a trim each week or month (`zfs-trim-weekly@POOL.timer`), or set autotrim.

    What not to do
        Do not trim drives whose firmware is known to lose data by it.

    References
        zpool-trim(8), zpoolprops(7): autotrim.
    """
    if row.solid_state is False:
        return NA
    if row.solid_state is None or row.autotrim is None:
        what = "its drives" if row.solid_state is None else "autotrim"
        return Unknown(f"{row.said}: {what} were not told")
    if row.autotrim or row.trim_scheduled:
        return OK
    if row.trim_scheduled is None:
        return Unknown(f"{row.said}: autotrim is off; whether a trim is scheduled was not told")
    return Fail(f"{row.said}: autotrim is off and no trim is scheduled", None, "autotrim")


@rule("fs/zfs-features-off", on=ZfsPool, severity="info")
def features_off(row: ZfsPool) -> Verdict:
    """The pool does not use all features that the software supports.

    Why it matters
        Some features bring safety or speed. Enabling them is one-way: older software, a boot loader or a
        replication target may not read the pool any more.

    What to do
        Upgrade only when nothing that must read the pool is older, and never the boot pool without looking.

    What not to do
        Do not upgrade just because the status line suggests it.

    References
        zpool-upgrade(8), zpool-features(7).
    """
    if row.features_disabled:
        names = row.features_disabled.split()
        return Fail(
            f"{row.said}: {len(names)} features disabled ({listed(names, 4)})", None, "features_disabled"
        )
    if row.features_off:
        return Fail(f"{row.said}: supported features are not enabled", None, "features_off")
    if row.features_disabled is None and row.features_off is None:
        return Unknown(f"{row.said}: its features were not told")
    return OK
