"""Rules on Ceph clusters."""

from __future__ import annotations

from analyzer.derived.ceph_state import CephState
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from collectors.ceph_tables import CephOsd, CephPool


@rule("raid/ceph-health", on=CephState, severity="medium", controls=("C2",))
def ceph_health(row: CephState) -> Verdict:
    """The Ceph cluster reports that it is not well.

    Why it matters
        Ceph names each trouble by a check. A warning that stays for weeks hides the next one.

    What to do
        Work through the checks, those about data first: unfound, inconsistent, inactive, full. Clear the
        harmless ones, so that the cluster says OK again.

    What not to do
        Do not mute a check to get a green light, and do not restart several daemons at once.

    References
        The Ceph documentation, "Health checks".
    """
    if row.health is None:
        return Unknown("Ceph: its health was not told")
    if row.health == "HEALTH_OK":
        return Fail(f"Ceph: silenced checks: {row.muted}", "low", "muted") if row.muted else OK
    severity: Severity | None = "critical" if row.health == "HEALTH_ERR" else None
    muted = f" (silenced: {row.muted})" if row.muted else ""
    return Fail(f"Ceph: {row.health}: {row.checks or 'no check is named'}{muted}", severity, "health")


@rule("raid/ceph-data-at-risk", on=CephState, severity="high", controls=("C2",))
def ceph_data(row: CephState) -> Verdict:
    """Data of the Ceph cluster lack copies, differ or cannot be reached.

    Why it matters
        Placement groups that are not active+clean miss copies: the next disk may take the last one. Inactive
        groups serve nothing at all, and an object that is not found exists nowhere.

    What to do
        Bring disks that are down back first, even old ones: they may hold the missing copies. Let recovery
        end. For inconsistent groups find the disk with read errors, then `ceph pg repair`.

    What not to do
        Do not mark objects as lost, do not recreate a placement group, do not destroy a disk that is down
        while any group is not clean.

    References
        The Ceph documentation, "Placement group states" and "Troubleshooting PGs".
    """
    if row.groups is None or row.groups_unclean is None:
        return Unknown("Ceph: the states of its placement groups were not told")
    if row.objects_unfound:
        return Fail(
            f"Ceph: {row.objects_unfound} objects are not found anywhere", "critical", "objects_unfound"
        )
    if row.groups_inactive:
        said = (
            f"Ceph: {row.groups_inactive} of {row.groups} placement groups are inactive: {row.group_states}"
        )
        return Fail(said, "critical", "groups_inactive")
    if row.groups_inconsistent:
        return Fail(
            f"Ceph: {row.groups_inconsistent} placement groups hold copies that differ",
            None,
            "groups_inconsistent",
        )
    if row.objects_degraded:
        return Fail(
            f"Ceph: {row.objects_degraded} object copies are missing; {row.groups_unclean} of {row.groups}"
            f" placement groups not clean: {row.group_states}",
            None,
            "objects_degraded",
        )
    if row.groups_unclean:
        return Fail(f"Ceph: placement groups are not clean: {row.group_states}", "low", "groups_unclean")
    if None in (row.objects_unfound, row.groups_inactive, row.groups_inconsistent, row.objects_degraded):
        return Unknown("Ceph: not all counts of its objects were told")
    return OK


@rule("raid/ceph-monitors", on=CephState, severity="high", controls=("C2",))
def ceph_monitors(row: CephState) -> Verdict:
    """The Ceph cluster has too few monitors.

    Why it matters
        Without a majority of monitors the whole cluster stops. One monitor is a single point of failure;
        with one of three missing, the next failure stops it.

    What to do
        Bring the missing monitor back; run three or five of them on different machines.

    What not to do
        Do not run two or four: they bear no more failures than one or three.

    References
        The Ceph documentation, "Monitor config reference".
    """
    if row.monitors is None or row.monitors_in_quorum is None:
        return Unknown("Ceph: its monitors were not told")
    if row.monitors_in_quorum < row.monitors:
        said = f"Ceph: {row.monitors_in_quorum} of {row.monitors} monitors are in quorum"
        return Fail(said, None, "monitors_in_quorum")
    if row.monitors < 3:
        return Fail(f"Ceph: {row.monitors} monitors; limit 3", "medium", "monitors")
    return OK


@rule("raid/ceph-osd-down", on=CephOsd, severity="high", controls=("C2",))
def osd_down(row: CephOsd) -> Verdict:
    """A disk of the Ceph cluster is down.

    Why it matters
        Its copies are missing until it returns or they are made anew elsewhere, which takes hours and needs
        free space.

    What to do
        Look at the daemon's log and at the disk's health. Replace a bad disk; let recovery end before the
        next one.

    What not to do
        Do not zap the disk while placement groups are not clean.

    References
        The Ceph documentation, "Troubleshooting OSDs".
    """
    where = f"{row.name}{f' on {row.host}' if row.host else ''}"
    if row.up is None:
        return Unknown(f"{where}: whether it is up was not told")
    if row.up:
        return OK
    if row.holds_data is False:
        return Fail(f"{where} is down and out", "medium", "up")
    return Fail(f"{where} is down", None, "up")


@rule("raid/ceph-pool-copies", on=CephPool, severity="high", controls=("C2",))
def pool_copies(row: CephPool) -> Verdict:
    """A pool of Ceph keeps too few copies.

    Why it matters
        With one copy every failed disk loses data. With min_size 1 the cluster accepts writes that exist once
        only: if that disk dies before the others are back, the newest data are gone.

    What to do
        Use size 3 and min_size 2 for replicated pools; make sure that there is room for the copies first.

    What not to do
        Do not lower min_size to get a stuck cluster moving without knowing what is missing.

    References
        The Ceph documentation, "Pools": size and min_size.
    """
    if row.copies is None or row.kind is None:
        return Unknown(f"pool {row.pool}: how many copies it keeps was not told")
    if row.kind != "replicated":
        return NA
    if row.copies < 2:
        return Fail(f"pool {row.pool}: {row.copies} copy; limit 2", None, "copies")
    if row.copies_to_write is None:
        return Unknown(f"pool {row.pool}: its min_size was not told")
    if row.copies_to_write < 2:
        return Fail(
            f"pool {row.pool}: writes with {row.copies_to_write} of {row.copies} copies; limit 2",
            None,
            "copies_to_write",
        )
    return OK


@rule("capacity/ceph-near-full", on=CephOsd, severity="medium", controls=("C4",))
def near_full(row: CephOsd, *, medium: float = 75.0, high: float = 85.0, critical: float = 90.0) -> Verdict:
    """A disk of the Ceph cluster is nearly full.

    Why it matters
        One full disk stops all writes of the pools on it. Past 90 % it takes no more copies, so a failed disk
        can no longer be healed.

    What to do
        Add disks, or balance (`ceph balancer status`), while there is room to move data. Count with one
        machine less than there is.

    What not to do
        Do not raise the full ratio to go on writing, except for the minutes it takes to delete.

    References
        The Ceph documentation: mon_osd_nearfull_ratio 0.85, backfillfull 0.90, full 0.95 by default.
    """
    if row.holds_data is False:
        return NA
    if row.used_percent is None:
        return Unknown(f"{row.name}: how full it is was not told")
    ladder: tuple[tuple[float, Severity], ...] = ((critical, "critical"), (high, "high"), (medium, "medium"))
    severity = next((level for limit, level in ladder if row.used_percent >= limit), None)
    if severity is None:
        return OK
    return Fail(
        f"{row.name}: {row.used_percent:.1f} % used, limits {medium:g}/{high:g}/{critical:g} %",
        severity,
        "used_percent",
    )
