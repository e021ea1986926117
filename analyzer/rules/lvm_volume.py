"""Rules on single logical volumes."""

from __future__ import annotations

from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict
from collectors.lvm_tables import LvmVolume

_RAID = ("raid", "mirror")


@rule("raid/lvm-health", on=LvmVolume, severity="high", controls=("C2",))
def health(row: LvmVolume) -> Verdict:
    """LVM reports a logical volume as unhealthy.

    Why it matters
        A partial volume lacks a device it lies on: without another copy, part of it is gone. A RAID volume
        that wants a refresh met errors on one image and runs on the others. A failed write cache has lost
        data.

    What to do
        Find the device (`lvs -a -o +devices`), then its SMART values, cable and kernel log. When the cause is
        removed, `lvchange --refresh`; when the drive is dead, `lvconvert --repair` onto a new one.

    What not to do
        Do not refresh before the cause is fixed, and do not use `vgreduce --removemissing --force`.

    References
        lvs(8): lv_health_status, lv_attr; lvmraid(7). Missing images of RAID volumes are judged as arrays.
    """
    kind = row.segment_type or ""
    if row.hidden or kind in ("thin-pool", "vdo-pool"):
        return NA
    match row.health:
        case None | "unknown":
            return Unknown(f"{row.name}: its health was not told")
        case "partial":
            if kind.startswith(_RAID):
                return NA
            return Fail(f"{row.name} is partial: a device it lies on is missing", "critical", "health")
        case "refresh needed":
            return Fail(f"{row.name} ({kind}) needs a refresh: an image met errors", None, "health")
        case "mismatches exist" if row.mismatch_sectors is None:
            return Fail(f"{row.name} ({kind}): copies or parity disagree", None, "health")
        case "error" | "failed":
            return Fail(f"{row.name} ({kind}): {row.health}", "critical", "health")
        case _:
            return OK


@rule("raid/lvm-integrity", on=LvmVolume, severity="high", controls=("C5",))
def integrity(row: LvmVolume) -> Verdict:
    """dm-integrity met wrong checksums below a RAID volume.

    Why it matters
        A device returned data other than what was written. The volume mended it from another image; without
        the checksums nobody would have noticed.

    What to do
        Read the SMART values of the devices of that image, check cable, controller and memory, run
        `lvchange --syncaction check`, replace the device if the count grows.

    What not to do
        Do not take the checksums off to silence it.

    References
        lvmraid(7): data integrity; lvs(8): integritymismatches.
    """
    if row.integrity_mismatches is None:
        return NA
    if not row.integrity_mismatches:
        return OK
    told = f"{row.name}: {row.integrity_mismatches} wrong checksums; limit 0"
    return Fail(told, None, "integrity_mismatches")
