"""Rules on btrfs file systems: devices, profiles, space."""

from __future__ import annotations

from analyzer.derived.btrfs_volume import BtrfsVolume
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import size

_GIBIBYTE = 1 << 30


@rule("fs/btrfs-missing-device", on=BtrfsVolume, severity="critical", controls=("C2",))
def missing_device(row: BtrfsVolume) -> Verdict:
    """A device of the btrfs file system is missing, or it is mounted with the option degraded.

    Why it matters
        A degraded mirror has one copy of everything left, and btrfs may write new chunks as `single`: they
        stay without a copy after the device is back. With the option in fstab, the next missing device goes
        unnoticed as well.

    What to do
        Save the data, then `btrfs replace start <number of the missing device> <new drive> <mountpoint>`,
        a balance with `-dconvert=raid1,soft -mconvert=raid1,soft`, and a scrub. Take the option out of
        fstab.

    What not to do
        Do not keep running degraded, do not mount the two halves of a mirror separately and write to both,
        do not use `btrfs check --repair`.

    References
        btrfs(5): degraded; btrfs-replace(8); btrfs-filesystem(8): show.
    """
    if row.missing:
        which = f" ({row.missing_text})" if row.missing_text else ""
        of = f" of {row.devices}" if row.devices else ""
        return Fail(f"{row.said}: at least {row.missing}{of} devices missing{which}", None, "missing")
    if row.degraded_mount:
        return Fail(f"{row.said} is mounted with the option degraded", "high", "degraded_mount")
    if row.missing is None:
        if row.told_devices or row.mounted:
            return Unknown(f"{row.said}: whether a device is missing was not told")
        return NA
    if row.mounted and row.degraded_mount is None:
        return Unknown(f"{row.said}: its mount options were not told")
    return OK


@rule("fs/btrfs-raid56", on=BtrfsVolume, severity="high", controls=("C2",))
def raid56(row: BtrfsVolume) -> Verdict:
    """btrfs keeps blocks in its RAID5 or RAID6 profile.

    Why it matters
        Its makers call these profiles unstable: a power cut in a write can leave parity that does not fit,
        and a device lost after that takes data with it. Where metadata lie on them, the whole file system
        may go.

    What to do
        Convert metadata to raid1 or raid1c3 at once (`btrfs balance start -mconvert=raid1c3`), plan the move
        of the data to raid1 or raid10, protect the machine with a UPS, scrub after every unclean stop.

    What not to do
        Do not start a conversion without a tested backup.

    References
        btrfs(5): RAID56 status and recommended practices.
    """
    if row.metadata_profiles is None or row.data_profiles is None:
        known = f"{row.metadata_profiles or ''} {row.data_profiles or ''}"
        if "raid5" not in known and "raid6" not in known:
            return _layout_unknown(row)
    metadata = _parity(row.metadata_profiles)
    if metadata:
        return Fail(f"{row.said}: metadata or system in {metadata}", "critical", "metadata_profiles")
    data = _parity(row.data_profiles)
    if data:
        return Fail(f"{row.said}: data in {data}", None, "data_profiles")
    return OK


def _parity(profiles: str | None) -> str:
    return " ".join(name for name in (profiles or "").split() if name in ("raid5", "raid6"))


def _layout_unknown(row: BtrfsVolume) -> Verdict:
    if not row.told_layout and not row.mounted:
        return NA
    return Unknown(f"{row.said}: its profiles were not told")


@rule("fs/btrfs-metadata-single", on=BtrfsVolume, severity="medium", controls=("C2",))
def metadata_single(row: BtrfsVolume) -> Verdict:
    """btrfs keeps a single copy of its metadata.

    Why it matters
        One unreadable block of metadata can make the whole file system unmountable; with a second copy btrfs
        mends it unseen.

    What to do
        `btrfs balance start -mconvert=dup` on one device, `-mconvert=raid1` on several. It runs while
        mounted.

    What not to do
        Do not rely on the drive's own copies: on flash both copies of `dup` may share a fate, but one copy
        has no chance at all.

    References
        mkfs.btrfs(8): profiles; btrfs-balance(8).
    """
    if row.metadata_profiles is None:
        return _layout_unknown(row)
    weak = [name for name in row.metadata_profiles.split() if name in ("single", "raid0")]
    if not weak:
        return OK
    if row.devices is None:
        return Unknown(f"{row.said}: metadata in {weak[0]}; over how many devices was not told")
    severity: Severity = "high" if row.devices > 1 else "medium"
    return Fail(f"{row.said}: metadata or system in {weak[0]}, no second copy", severity, "metadata_profiles")


@rule("fs/btrfs-multiple-profiles", on=BtrfsVolume, severity="medium", controls=("C2",))
def multiple_profiles(row: BtrfsVolume) -> Verdict:
    """btrfs keeps blocks of one kind in several profiles.

    Why it matters
        A conversion was interrupted, or chunks were written while a device was missing: part of the data has
        less redundancy than everybody believes.

    What to do
        Finish it with a balance and the soft filter, as `btrfs balance start -dconvert=raid1,soft`, and look
        at `btrfs filesystem usage` afterwards.

    What not to do
        Do not balance everything where the soft filter is enough.

    References
        btrfs(5): filesystem with multiple profiles.
    """
    if row.multiple_profiles is None:
        return _layout_unknown(row)
    if not row.multiple_profiles:
        return OK
    told = f"data {row.data_profiles or '?'}, metadata {row.metadata_profiles or '?'}"
    return Fail(f"{row.said}: several profiles side by side ({told})", None, "multiple_profiles")


@rule("fs/btrfs-unallocated-low", on=BtrfsVolume, severity="high", controls=("C4",))
def unallocated_low(
    row: BtrfsVolume,
    *,
    low_bytes: int = 5 * _GIBIBYTE,
    low_percent: float = 2.0,
    small_percent: float = 10.0,
    metadata_percent: float = 80.0,
    chunk_bytes: int = _GIBIBYTE,
) -> Verdict:
    """btrfs has nearly no unallocated space left for metadata.

    Why it matters
        btrfs gives space to data and metadata in large chunks. When no chunk is left and metadata are full,
        every write fails and the file system goes read-only, although df still shows free space.

    What to do
        Give chunks that are nearly empty back with a small balance (`btrfs balance start -dusage=10`, then
        20), remove old snapshots, extend the file system.

    What not to do
        Do not start a full balance, and do not wait for "no space left": the balance itself needs room.

    References
        btrfs-filesystem(8): usage; btrfs-balance(8): usage filter.
    """
    if row.room_bytes is None or row.size_bytes is None:
        if not row.told_space and not row.mounted:
            return NA
        return Unknown(f"{row.said}: its unallocated space was not told")
    percent = 100.0 * row.room_bytes / row.size_bytes if row.size_bytes else 100.0
    low = percent < low_percent or (row.room_bytes < low_bytes and percent < small_percent)
    if not low:
        return OK
    left = f"{size(row.room_bytes)} ({percent:.1f} %) unallocated where metadata can use it"
    if row.metadata_used_percent is None:
        return Unknown(f"{row.said}: {left}; how full its metadata are was not told")
    told = (
        f"{row.said}: {left}, metadata {row.metadata_used_percent:.0f} % used; limits {size(low_bytes)} below"
        f" {small_percent:g} %, or {low_percent:g} %, with metadata {metadata_percent:g} % used"
    )
    if row.metadata_used_percent >= metadata_percent:
        return Fail(told, None, "room_bytes")
    if row.room_bytes < chunk_bytes:
        return Fail(f"{told}; less than {size(chunk_bytes)}, one chunk", "medium", "room_bytes")
    return OK
