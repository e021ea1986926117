"""Rules on volume groups, snapshots and caches of LVM."""

from __future__ import annotations

from analyzer.derived.lvm_watch import LvmCache, LvmGroupState, LvmSnapshot
from analyzer.rule import rule
from analyzer.verdict import OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import many


@rule("raid/lvm-degraded", on=LvmGroupState, severity="high", controls=("C2",))
def missing_physical(row: LvmGroupState) -> Verdict:
    """A physical volume of the volume group is missing.

    Why it matters
        Volumes on it without another copy are gone until it returns; RAID volumes lost an image. Partial
        activation can hide that after a reboot.

    What to do
        Look for the drive first: cable, controller, a filter in lvm.conf, the devices file. If it is lost,
        add a new physical volume and run `lvconvert --repair` on the RAID volumes; restore the others.

    What not to do
        Do not run `vgreduce --removemissing --force`: it removes every volume that lay on the missing drive.

    References
        lvmraid(7); vgs(8): vg_missing_pv_count.
    """
    if row.missing is None:
        return Unknown(f"volume group {row.name}: missing physical volumes were not told")
    if not row.missing:
        return OK
    which = f" ({row.missing_text})" if row.missing_text else ""
    told = f"volume group {row.name}: {many(row.missing, 'physical volume')} missing{which}"
    if row.lost:
        told += f"; without another copy on it: {row.lost_text}"
    if row.degraded_text:
        told += f"; degraded: {row.degraded_text}"
    severity: Severity = "critical" if row.lost or not row.degraded_text else "high"
    return Fail(f"{told}; limit 0", severity, "missing")


@rule("fs/lvm-snapshot-cow", on=LvmSnapshot, severity="high", controls=("C18",))
def snapshot_filling(row: LvmSnapshot, *, full_percent: float = 80.0, old_days: float = 1.0) -> Verdict:
    """A classic snapshot runs full, is lost, or was left behind.

    Why it matters
        A snapshot that overflows is worthless from that moment; a backup that reads from it is void. While
        it exists, every write to its origin costs two more.

    What to do
        Extend it (`lvextend`), or remove it if its purpose is over. If it was the source of a backup, repeat
        the backup and check its log.

    What not to do
        Do not count it as a backup: it dies with the drive of its origin.

    References
        lvs(8): lv_attr, Snap%; lvmsnapshot in lvm(8); lvm.conf(5): snapshot_autoextend_threshold.
    """
    said = f"snapshot {row.name}" + (f" of {row.origin}" if row.origin else "")
    if row.merge_failed:
        return Fail(f"{said}: merging it back has failed", None, "merge_failed")
    if row.invalid:
        return Fail(f"{said} overflowed and is lost", "medium", "invalid")
    if row.used_percent is not None and row.used_percent >= full_percent:
        told = f"{said}: {row.used_percent:.1f} % of its space used, limit {full_percent:g} %"
        return Fail(told, None, "used_percent")
    if row.used_percent is None or row.invalid is None:
        return Unknown(f"{said}: how full it is was not told")
    if row.age_days is None:
        return Unknown(f"{said}: its age was not told")
    if row.age_days > old_days:
        told = f"{said}: {row.age_days:.0f} days old, limit {old_days:g}; likely left behind"
        return Fail(told, "low", "age_days")
    return OK


@rule("raid/lvm-cache-writeback", on=LvmCache, severity="high", controls=("C15",))
def cache_writeback(row: LvmCache) -> Verdict:
    """Writes wait in a cache on a single fast device.

    Why it matters
        In write-back mode the newest data are only on the fast device. If it fails, they are lost, and the
        slow volume below is left with holes: the file system may not survive.

    What to do
        Put the cache on a RAID1 of two fast devices, or set `lvchange --cachemode writethrough`.

    What not to do
        Do not remove a failed cache with force before the data that can be saved are saved.

    References
        lvmcache(7): cache mode; writecache.
    """
    if row.mode is None:
        return Unknown(f"{row.name}: the mode of its cache was not told")
    if row.mode != "writeback":
        return OK
    if row.fast_redundant is None:
        return Unknown(f"{row.name}: writes are cached, and where the cache lies was not told")
    if row.fast_redundant:
        return OK
    where = f" {row.fast_devices}" if row.fast_devices else ""
    return Fail(f"{row.name}: write-back cache on a single device{where}", None, "fast_redundant")
