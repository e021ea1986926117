"""Rules on thin and VDO pools of LVM."""

from __future__ import annotations

from analyzer.derived.lvm_pool import LvmPool
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import many, size


def _said(row: LvmPool) -> str:
    return f"{row.kind} pool {row.name}"


@rule("fs/lvmthin-data", on=LvmPool, severity="high", controls=("C4",))
def data_full(row: LvmPool, *, medium: float = 80.0, high: float = 90.0, critical: float = 95.0) -> Verdict:
    """The thin pool runs out of space for data.

    Why it matters
        A full pool holds writes for a minute and then fails them: every file system in every volume of the
        pool is damaged at once, and guests see a broken disk although theirs is not full.

    What to do
        Extend the pool first: add a physical volume or use free space of the group (`lvextend`). Then run
        fstrim in the guests, and remove snapshots nobody needs.

    What not to do
        Do not delete a volume in panic, and do not check file systems while the pool is full.

    References
        lvmthin(7): data space exhaustion.
    """
    if row.kind != "thin":
        return NA
    limits = f"limits {medium:g}, {high:g} and {critical:g} %"
    if row.health == "out_of_data" or row.mode == "out_of_data_space":
        return Fail(f"{_said(row)} is out of space for data{_holds(row)}", "critical", "health")
    if row.data_percent is None:
        why = "it is not active" if row.active is False else "it was not told"
        return Unknown(f"{_said(row)}: how full it is cannot be said, {why}")
    severity = _ladder(row.data_percent, medium, high, critical)
    if severity is None:
        return OK
    told = f"{_said(row)}: {row.data_percent:.1f} % of {size(row.size_bytes)} used{_holds(row)}; {limits}"
    return Fail(told, severity, "data_percent")


def _holds(row: LvmPool) -> str:
    when = ", writes get an error when full" if row.when_full == "error" else ""
    return f", {many(row.volumes, 'volume')} in it{when}" if row.volumes else when


def _ladder(percent: float, medium: float, high: float, critical: float) -> Severity | None:
    steps: tuple[tuple[float, Severity], ...] = ((critical, "critical"), (high, "high"), (medium, "medium"))
    return next((severity for limit, severity in steps if percent >= limit), None)


@rule("fs/lvmthin-metadata", on=LvmPool, severity="high", controls=("C4",))
def metadata_full(
    row: LvmPool, *, medium: float = 70.0, high: float = 85.0, critical: float = 95.0
) -> Verdict:
    """The thin pool runs out of space for metadata.

    Why it matters
        When metadata are full the pool turns read-only and has to be repaired offline; that does not always
        succeed. Many snapshots and small writes fill metadata long before data.

    What to do
        Extend them now, while the pool is in use: `lvextend --poolmetadatasize +SIZE vg/pool`. If they are
        exhausted already: deactivate, `lvconvert --repair`, then check every file system of the pool.

    What not to do
        Do not reboot to see whether it helps; do not activate the pool writable before the repair.

    References
        lvmthin(7): metadata space exhaustion.
    """
    if row.kind != "thin":
        return NA
    if row.health == "metadata_read_only":
        return Fail(f"{_said(row)}: its metadata are read-only", "critical", "health")
    if row.metadata_percent is None:
        why = "it is not active" if row.active is False else "it was not told"
        return Unknown(f"{_said(row)}: how full its metadata are cannot be said, {why}")
    severity = _ladder(row.metadata_percent, medium, high, critical)
    if severity is None:
        return OK
    limits = f"limits {medium:g}, {high:g} and {critical:g} %"
    return Fail(
        f"{_said(row)}: {row.metadata_percent:.1f} % of its metadata used; {limits}",
        severity,
        "metadata_percent",
    )


@rule("fs/lvmthin-needs-check", on=LvmPool, severity="critical", controls=("C5",))
def needs_check(row: LvmPool) -> Verdict:
    """The pool has failed, or wants a check of its metadata.

    Why it matters
        The kernel found the metadata inconsistent. Writing on can mix blocks of different volumes.

    What to do
        Stop what uses the pool and deactivate it. Keep a copy of the metadata (`lvconvert --swapmetadata`,
        `thin_dump`), run `thin_check`, then `lvconvert --repair`, and check the file systems.

    What not to do
        Do not activate it writable again before that, and do not throw the old metadata away.

    References
        lvmthin(7): metadata check and repair; lvs(8): lv_attr.
    """
    if row.health == "failed" or row.mode in ("Fail", "Error"):
        return Fail(f"{_said(row)} has failed", None, "health")
    if row.check_needed:
        return Fail(f"{_said(row)} wants a check of its metadata", None, "check_needed")
    if row.check_needed is None and (row.health is None or row.active):
        return Unknown(f"{_said(row)}: whether it needs a check was not told")
    return OK


@rule("fs/lvmthin-no-autoextend", on=LvmPool, severity="medium", controls=("C4",))
def no_autoextend(row: LvmPool) -> Verdict:
    """The thin pool does not grow by itself.

    Why it matters
        Nobody extends a pool at night. Without a threshold, without dmeventd or without free space in the
        group, it simply fills.

    What to do
        Set `thin_pool_autoextend_threshold` to 80 or less, keep monitoring on (`lvchange --monitor y`), and
        keep free space in the volume group for it.

    What not to do
        Do not give the whole group to the pool.

    References
        lvmthin(7): automatic extension; lvm.conf(5).
    """
    if row.kind != "thin":
        return NA
    why = []
    if row.autoextend_percent is not None and row.autoextend_percent >= 100:
        why.append("the threshold is 100 %, which means never")
    if row.monitored is False:
        why.append("dmeventd does not watch it")
    if row.group_free_bytes == 0:
        why.append("the volume group has no free space")
    if why:
        column = "autoextend_percent" if "threshold" in why[0] else "monitored"
        column = "group_free_bytes" if why[0].startswith("the volume") else column
        return Fail(f"{_said(row)} cannot grow by itself: {'; '.join(why)}", None, column)
    if row.autoextend_percent is None or row.monitored is None or row.group_free_bytes is None:
        return Unknown(f"{_said(row)}: whether it grows by itself was not told")
    return OK


@rule("fs/lvmthin-overcommit", on=LvmPool, severity="medium", controls=("C4",))
def overcommit(
    row: LvmPool,
    *,
    told_from: float = 1.0,
    medium: float = 1.5,
    used_percent: float = 60.0,
    high: float = 3.0,
) -> Verdict:
    """More space is promised to volumes than the thin pool has.

    Why it matters
        The volumes together may write more than there is. When they do, all of them get errors at once.

    What to do
        Watch how full the pool is, keep a reserve in the group, and see that guests discard what they delete.

    What not to do
        Do not take the free space that a guest shows for real.

    References
        lvmthin(7): over-provisioning.
    """
    if row.kind != "thin":
        return NA
    if row.virtual_bytes is None or not row.size_bytes:
        return Unknown(f"{_said(row)}: sizes of the pool or its volumes were not told")
    ratio = row.virtual_bytes / row.size_bytes
    if ratio <= told_from:
        return OK
    told = (
        f"{_said(row)}: {size(row.virtual_bytes)} promised, {size(row.size_bytes)} there ({ratio:.2f} times);"
        f" limits {told_from:g}, {medium:g} with {used_percent:g} % used, {high:g}"
    )
    if ratio > high:
        return Fail(told, "high", "virtual_bytes")
    if ratio > medium and row.data_percent is None:
        return Unknown(f"{told}; how full it is was not told")
    crowded = ratio > medium and (row.data_percent or 0.0) >= used_percent
    return Fail(told, "medium" if crowded else "info", "virtual_bytes")


@rule("fs/lvmthin-no-pmspare", on=LvmPool, severity="low", controls=("C13",))
def no_spare_metadata(row: LvmPool) -> Verdict:
    """The volume group keeps no spare metadata volume for a repair.

    Why it matters
        `lvconvert --repair` writes mended metadata to that spare. Without it, a repair has to find space
        first, in the worst hour.

    What to do
        Create it with `lvconvert --repair` on an inactive pool, or by adding a small pool with
        `--poolmetadataspare y`.

    What not to do
        Do not remove lvol0_pmspare to gain its few megabytes.

    References
        lvmthin(7): spare metadata volume.
    """
    if row.kind != "thin":
        return NA
    if row.spare_metadata is None:
        return Unknown(f"{_said(row)}: hidden volumes were not listed")
    if row.spare_metadata:
        return OK
    return Fail(f"{_said(row)}: no lvol_pmspare in its group", None, "spare_metadata")


@rule("fs/lvm-vdo-pool", on=LvmPool, severity="high", controls=("C4",))
def vdo_pool(row: LvmPool, *, medium: float = 80.0, high: float = 90.0, critical: float = 95.0) -> Verdict:
    """The VDO pool is nearly full, or has stopped writing.

    Why it matters
        What fits depends on how well data compress; when the pool is full, all volumes on it fail. In
        read-only mode VDO found its own metadata damaged.

    What to do
        Extend the pool, discard what was deleted. In read-only mode save the data first, then look for the
        cause in the device below.

    What not to do
        Do not force a rebuild of its metadata before the data are saved.

    References
        lvmvdo(7).
    """
    if row.kind != "vdo":
        return NA
    if row.vdo_mode == "read-only" or row.health == "failed":
        return Fail(f"{_said(row)} is read-only or has failed", "critical", "vdo_mode")
    if row.data_percent is None:
        return Unknown(f"{_said(row)}: how full it is was not told")
    severity = _ladder(row.data_percent, medium, high, critical)
    if severity is not None:
        limits = f"limits {medium:g}, {high:g} and {critical:g} %"
        return Fail(f"{_said(row)}: {row.data_percent:.1f} % used; {limits}", severity, "data_percent")
    if row.vdo_mode is None:
        return Unknown(f"{_said(row)}: its mode was not told")
    return OK
