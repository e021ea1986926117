"""Tables of LVM: volume groups, physical and logical volumes, settings, and targets of the device mapper."""

from __future__ import annotations

from datetime import datetime

from collectors.table import Row, column, table


@table("lvm_group", key=("name",))
class LvmGroup(Row):
    """A volume group."""

    name: str = column("Name")
    uuid: str | None = column("UUID", default=None)
    attributes: str | None = column("vg_attr, as vgs(8) explains it", default=None)
    size_bytes: int | None = column("Size", default=None)
    free_bytes: int | None = column("Free", default=None)
    physical_count: int | None = column("Physical volumes by its metadata", default=None)
    missing_count: int | None = column("Missing physical volumes", default=None)
    volume_count: int | None = column("Logical volumes", default=None)


@table("lvm_physical", key=("name", "uuid"), label=("name", "group"), root=("group",))
class LvmPhysical(Row):
    """A physical volume."""

    name: str = column("Device path; [unknown] for a missing one")
    uuid: str | None = column("UUID", default=None)
    group: str | None = column("Volume group; None for one in no group", default=None)
    attributes: str | None = column("pv_attr, as pvs(8) explains it", default=None)
    size_bytes: int | None = column("Size", default=None)
    free_bytes: int | None = column("Free", default=None)
    missing: bool | None = column("Told as missing", default=None)


@table("lvm_volume", key=("name",))
class LvmVolume(Row):
    """A logical volume. Letters of `attributes` are those of lvs(8)."""

    name: str = column("Volume group/logical volume")
    group: str = column("Volume group")
    volume: str = column("Name without brackets")
    hidden: bool = column("A part of another volume", default=False)
    uuid: str | None = column("UUID", default=None)
    attributes: str | None = column("lv_attr", default=None)
    segment_type: str | None = column("linear, raid1, thin-pool, thin, snapshot, cache…", default=None)
    size_bytes: int | None = column("Size, virtual for thin volumes", default=None)
    active: bool | None = column("Active on this host", default=None)
    origin: str | None = column("Origin of a snapshot or of a cached volume", default=None)
    pool: str | None = column("Thin, cache or VDO pool", default=None)
    data_percent: float | None = column("Used of a pool, thin volume or snapshot", default=None)
    metadata_percent: float | None = column("Used metadata of a pool", default=None)
    sync_percent: float | None = column("In sync, of RAID, mirror, cache or move", default=None)
    sync_action: str | None = column("idle, check, recover, resync, repair, reshape, frozen", default=None)
    mismatch_sectors: int | None = column("Mismatches of the last check", default=None)
    integrity_mismatches: int | None = column("Wrong checksums that dm-integrity met", default=None)
    health: str | None = column("lv_health_status; empty: nothing wrong told; None: not told", default=None)
    snapshot_invalid: bool | None = column("A snapshot that overflowed", default=None)
    merge_failed: bool | None = column("Merging the snapshot failed", default=None)
    check_needed: bool | None = column("Its pool wants a check of its metadata", default=None)
    when_full: str | None = column("queue or error, of a thin pool", default=None)
    monitored: bool | None = column("Watched by dmeventd", default=None)
    cache_mode: str | None = column("writeback, writethrough or passthrough", default=None)
    vdo_mode: str | None = column("normal, recovering or read-only, of a VDO pool", default=None)
    devices: str = column("Devices or parts it lies on, blank-separated, in order", default="")
    mapped_name: str | None = column("Name of its device mapper device", default=None)
    created_at: datetime | None = column("Creation", default=None)


@table("lvm_setting", key=("name",))
class LvmSetting(Row):
    """A setting of lvm.conf, defaults included."""

    name: str = column("activation/thin_pool_autoextend_threshold and so on")
    value: str = column("Its value")


@table("dm_target", key=("name", "start"))
class DmTarget(Row):
    """A device mapper target that has a state, by `dmsetup status`."""

    name: str = column("Name of the mapped device")
    start: int = column("First sector of it", default=0)
    type: str = column("raid, thin-pool, snapshot, cache…")
    raid_health: str | None = column(
        "One letter for each image: A alive and in sync, a alive and not in sync, D dead", default=None
    )
    raid_action: str | None = column("idle, check, recover, resync, repair, reshape, frozen", default=None)
    raid_percent: float | None = column("In sync", default=None)
    mismatch_sectors: int | None = column("Mismatches of the last check", default=None)
    data_percent: float | None = column("Used of a pool or snapshot", default=None)
    metadata_percent: float | None = column("Used metadata of a pool", default=None)
    mode: str | None = column("rw, ro, out_of_data_space, Fail, Error, Invalid, Overflow", default=None)
    needs_check: bool | None = column("The pool wants a check of its metadata", default=None)
