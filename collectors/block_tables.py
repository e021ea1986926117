"""Tables about block devices, arrays of the md driver, mounts and the host itself."""

from __future__ import annotations

from datetime import datetime

from collectors.table import Row, column, table


@table("host", key=("hostname",))
class Host(Row):
    """The machine."""

    hostname: str = column("Its own name")
    os_name: str | None = column("Distribution or system name", default=None)
    os_version: str | None = column("Its version", default=None)
    kernel: str | None = column("Kernel release", default=None)
    virtualization: str | None = column("Hypervisor it runs on, none for hardware", default=None)
    boot_at: datetime | None = column("Last boot", default=None)
    clock_skew_seconds: float | None = column("Target's clock minus collector's clock", default=None)
    memory_bytes: int | None = column("Main memory", default=None)
    vendor: str | None = column("Maker by its firmware", default=None)
    product: str | None = column("Product name by its firmware", default=None)


@table("host_identity", key=("hostname",))
class HostIdentity(Row):
    """By what others know the machine."""

    hostname: str = column("Its own name")
    machine_uuid: str | None = column(
        "UUID of its firmware: a guest's hypervisor knows it by this", default=None
    )
    machine_id: str | None = column("Identity of the installed system", default=None)
    serial: str | None = column("Serial number of the machine", default=None)
    addresses: str | None = column(
        "Its addresses, blank-separated, without loopback and link-local ones", default=None
    )


@table("block_device", key=("name",))
class BlockDevice(Row):
    """A block device of the kernel: disk, partition, array, logical volume, loop."""

    name: str = column("Kernel name, sda1, md0, dm-3")
    path: str | None = column("Path under /dev", default=None)
    type: str = column("disk, part, raid1, lvm, crypt, loop, rom and so on")
    size_bytes: int | None = column("Size", default=None)
    parents: str = column("Kernel names of the devices right below, blank-separated, sorted", default="")
    model: str | None = column("Model", default=None)
    serial: str | None = column("Serial number", default=None)
    wwn: str | None = column("World wide name, lower-case hex without prefix", default=None)
    transport: str | None = column("sata, sas, nvme, usb, iscsi, virtio…", default=None)
    vendor: str | None = column("Vendor", default=None)
    revision: str | None = column("Firmware revision as lsblk tells it", default=None)
    rotational: bool | None = column("Rotates", default=None)
    removable: bool | None = column("Removable", default=None)
    read_only: bool | None = column("Read-only", default=None)
    fs_type: str | None = column("Signature found on it: ext4, linux_raid_member…", default=None)
    fs_uuid: str | None = column("UUID of the signature", default=None)
    fs_label: str | None = column("Label of the signature", default=None)
    mountpoints: str = column("Where it is mounted, newline-separated, sorted", default="")
    logical_sector_bytes: int | None = column("Logical sector size", default=None)
    physical_sector_bytes: int | None = column("Physical sector size", default=None)
    hctl: str | None = column("SCSI address host:channel:target:lun", default=None)
    state: str | None = column("Device state: running, offline", default=None)
    mapped_name: str | None = column("Name of the device mapper, vg-data for dm-3", default=None)
    device_number: str | None = column("major:minor", default=None)


@table("block_queue", key=("name",))
class BlockQueue(Row):
    """What sysfs tells of a disk: its command timeout and its cache."""

    name: str = column("Kernel name")
    timeout_seconds: int | None = column("Command timeout of the SCSI layer", default=None)
    write_cache: str | None = column("write back or write through", default=None)


@table("md_status", key=("array",))
class MdStatus(Row):
    """An array as /proc/mdstat tells it."""

    array: str = column("md0, md127")
    active: bool = column("Assembled and running")
    broken: bool = column("Newer kernels: too many members are gone", default=False)
    read_only: str | None = column("read-only or auto-read-only", default=None)
    level: str | None = column("raid1, raid5, linear; None while inactive", default=None)
    members: str = column("Kernel names of members with their slot, blank-separated", default="")
    failed_members: str = column("Kernel names flagged (F), blank-separated", default="")
    spare_members: str = column("Kernel names flagged (S), blank-separated", default="")
    slots: int | None = column("Member slots by metadata: the n of [n/m]", default=None)
    slots_in_sync: int | None = column("Slots in use and in sync: the m of [n/m]", default=None)
    action: str | None = column("recovery, resync, reshape, check, repair", default=None)
    action_state: str | None = column("running, DELAYED, PENDING, REMOTE", default=None)
    action_percent: float | None = column("Progress", default=None)
    action_minutes_left: float | None = column("Time left by the kernel's estimate", default=None)
    action_kib_per_second: int | None = column("Speed", default=None)
    bitmap: bool | None = column("Has a write-intent bitmap", default=None)
    slot_map: str | None = column(
        "U for a slot in use and in sync, _ for any other, in slot order", default=None
    )
    size_bytes: int | None = column("Array size", default=None)
    metadata: str | None = column(
        "1.2, 1.0, non-persistent, external:imsm; None for 0.90 and while inactive without", default=None
    )
    container: bool | None = column(
        "Only holds the metadata of other arrays (IMSM, DDF); inactive is its normal state", default=None
    )
    journal_members: str = column("Kernel names flagged (J), blank-separated", default="")
    write_mostly_members: str = column("Kernel names flagged (W), blank-separated", default="")
    replacement_members: str = column("Kernel names flagged (R), blank-separated", default="")


@table("md_sysfs", key=("array",))
class MdSysfs(Row):
    """An array as /sys/block/mdN/md tells it."""

    array: str = column("md0")
    level: str | None = column("raid1…", default=None)
    array_state: str | None = column("clean, active, inactive, readonly, broken…", default=None)
    raid_disks: int | None = column("Slots by metadata", default=None)
    degraded: int | None = column("Slots without a working member", default=None)
    sync_action: str | None = column("idle, check, recover, resync…", default=None)
    last_sync_action: str | None = column("The last finished one", default=None)
    sync_completed_sectors: int | None = column("Done", default=None)
    sync_total_sectors: int | None = column("To do", default=None)
    sync_kib_per_second: int | None = column("Speed", default=None)
    mismatch_sectors: int | None = column("mismatch_cnt of the last check", default=None)
    bitmap_location: str | None = column("none, internal, file, or an offset like +8", default=None)
    consistency_policy: str | None = column("resync, bitmap, journal, ppl", default=None)
    chunk_bytes: int | None = column("Chunk size", default=None)
    member_size_bytes: int | None = column("Size used of each member", default=None)
    metadata_version: str | None = column("1.2, 0.90, external:imsm, none", default=None)
    reshape_position_sectors: int | None = column(
        "Where a reshape stands; None if there is none", default=None
    )


@table("md_member", key=("array", "member"), label=("member", "array"))
class MdMember(Row):
    """A member device of an array as /sys/block/mdN/md/dev-* tells it."""

    array: str = column("md0")
    member: str = column("Kernel name, sda1")
    slot: int | None = column("Its slot; None for a spare", default=None)
    state: str | None = column("in_sync, faulty, spare, write_mostly…, comma-separated", default=None)
    errors: int | None = column("Read errors corrected without ejecting it", default=None)
    bad_blocks: int | None = column("Entries of its bad block list", default=None)


@table("md_detail", key=("array",))
class MdDetail(Row):
    """An array as `mdadm --detail` tells it."""

    array: str = column("md0")
    uuid: str | None = column("UUID of the array", default=None)
    level: str | None = column("raid1…", default=None)
    slots: int | None = column("Raid devices by metadata", default=None)
    state: str | None = column("clean, degraded, recovering…", default=None)
    active_devices: int | None = column("Active", default=None)
    working_devices: int | None = column("Working", default=None)
    failed_devices: int | None = column("Failed", default=None)
    spare_devices: int | None = column("Spare", default=None)
    consistency_policy: str | None = column("resync, bitmap, journal, ppl", default=None)
    created_at: datetime | None = column("Creation time", default=None)
    updated_at: datetime | None = column("Last superblock update", default=None)
    size_bytes: int | None = column("Array size", default=None)
    member_size_bytes: int | None = column("Used member size", default=None)
    metadata_version: str | None = column("1.2, 0.90, imsm", default=None)
    members: str = column(
        "Member device paths in slot order, blank-separated; removed for an empty slot", default=""
    )
    faulty_members: str = column("Paths of members marked faulty, blank-separated", default="")
    spare_members: str = column("Paths of spares, also those being rebuilt, blank-separated", default="")
    removed_slots: int | None = column("Slots without a member", default=None)
    name: str | None = column("Name in the metadata, host:name", default=None)
    events: int | None = column("Event count", default=None)
    action_percent: float | None = column("Progress of a check, resync, rebuild or reshape", default=None)
    container: bool | None = column("Only holds the metadata of other arrays (IMSM, DDF)", default=None)


@table("md_superblock", key=("device",), label=("device", "array_name"), root=("array_uuid",))
class MdSuperblock(Row):
    """What a member device remembers of its array, as `mdadm --examine` reads it off the disk."""

    device: str = column("Path of the member, /dev/sda1")
    array_uuid: str | None = column("UUID of the array", default=None)
    array_name: str | None = column("Name of the array, host:name", default=None)
    metadata_version: str | None = column("1.2, 0.90, imsm, ddf", default=None)
    level: str | None = column("raid1…", default=None)
    slots: int | None = column("Raid devices by this member's metadata", default=None)
    slot: int | None = column("Slot it holds; None for a spare", default=None)
    role: str | None = column("Active device 0, spare, journal, in the tool's words", default=None)
    slot_map: str | None = column(
        "A: active, .: missing, R: replacing, as this member last saw it", default=None
    )
    state: str | None = column("clean or active", default=None)
    events: int | None = column("Event count: the member with a lower one fell out earlier", default=None)
    created_at: datetime | None = column("Creation of the array", default=None)
    updated_at: datetime | None = column("Last update of this superblock", default=None)
    checksum_correct: bool | None = column("The superblock's checksum is right", default=None)
    bad_blocks_present: bool | None = column("Its bad block log has entries", default=None)
    recovery_offset_sectors: int | None = column("How far it was rebuilt; None if it is whole", default=None)
    reshape_position: str | None = column("Where a reshape stands, in the tool's words", default=None)


@table("md_check", key=("array_uuid",))
class MdCheck(Row):
    """When an array was last checked from end to end, by the traces mdcheck leaves."""

    array_uuid: str = column("UUID of the array")
    finished_at: datetime | None = column("End of the last finished check", default=None)
    paused_at: datetime | None = column(
        "When a check that is not finished was last interrupted", default=None
    )


@table("md_monitor", key=("name",))
class MdMonitor(Row):
    """Whether anybody is told when an array degrades."""

    name: str = column("Always mdadm")
    monitor_active: bool | None = column("mdmonitor or mdadm --monitor is running", default=None)
    mail_to: str | None = column("MAILADDR of mdadm.conf", default=None)
    program: str | None = column("PROGRAM of mdadm.conf", default=None)
    check_scheduled: bool | None = column(
        "A monthly check is scheduled (timer enabled or cron entry)", default=None
    )
    start_dirty_degraded: bool | None = column("md_mod start_dirty_degraded is set", default=None)
    check_started_at: datetime | None = column(
        "When the timer of the monthly check last went off", default=None
    )
    spares_expected: str = column(
        "What mdadm.conf says of spares, a line each: names and UUID of an array, tab, spares, tab, group",
        default="",
    )


@table("mount", key=("mountpoint",))
class Mount(Row):
    """A mounted file system as /proc/self/mountinfo tells it."""

    mountpoint: str = column("Where")
    source: str = column("Device or remote path")
    fs_type: str = column("ext4, xfs, nfs4…")
    device_number: str | None = column("major:minor", default=None)
    options: str = column("Mount and superblock options, comma-separated, sorted")
    read_only: bool = column("ro in either set of options")
    subtree: str | None = column("Root of the mount inside the file system, other than /", default=None)


@table("fs_usage", key=("mountpoint",))
class FsUsage(Row):
    """Space and inodes of a mounted file system."""

    mountpoint: str = column("Where")
    source: str | None = column("Device", default=None)
    fs_type: str | None = column("Type", default=None)
    size_bytes: int | None = column("Size", default=None)
    used_bytes: int | None = column("Used", default=None)
    available_bytes: int | None = column("Available to ordinary users", default=None)
    inodes: int | None = column("Inodes; None where the file system has no fixed number", default=None)
    inodes_used: int | None = column("Inodes used", default=None)


@table("fstab_entry", key=("mountpoint",))
class FstabEntry(Row):
    """What /etc/fstab wants mounted."""

    mountpoint: str = column("Where")
    source: str = column("Device, UUID=… or remote path")
    fs_type: str = column("Type")
    options: str = column("Options")
    check_pass: int | None = column("Sixth field: order of the check at boot, 0: never", default=None)


@table("swap_area", key=("path",))
class SwapArea(Row):
    """Swap space in use."""

    path: str = column("Device or file")
    type: str | None = column("partition or file", default=None)
    size_bytes: int | None = column("Size", default=None)
    used_bytes: int | None = column("Used", default=None)
    priority: int | None = column("Priority", default=None)


@table("ext_superblock", key=("fs_uuid",), label=("device", "last_mounted_on", "fs_uuid"))
class ExtSuperblock(Row):
    """Superblock of an ext2, ext3 or ext4 file system, as dumpe2fs -h or tune2fs -l print it."""

    fs_uuid: str = column("UUID of the file system")
    device: str | None = column("Device, where the output names it", default=None)
    volume_name: str | None = column("Volume name", default=None)
    last_mounted_on: str | None = column("Last mount point", default=None)
    features: str = column("Features, blank-separated, sorted", default="")
    state: str | None = column("clean, clean with errors, not clean…", default=None)
    errors_behavior: str | None = column("Continue, Remount read-only, Panic", default=None)
    error_count: int | None = column("Errors it remembers; None where it remembers none", default=None)
    first_error_at: datetime | None = column("First", default=None)
    last_error_at: datetime | None = column("Last", default=None)
    last_error_function: str | None = column("Kernel function that met it", default=None)
    created_at: datetime | None = column("Creation", default=None)
    mounted_at: datetime | None = column("Last mount", default=None)
    written_at: datetime | None = column("Last write", default=None)
    checked_at: datetime | None = column("Last full check", default=None)
    mount_count: int | None = column("Mounts since the last check", default=None)
    max_mount_count: int | None = column("Mounts after which a check is due, -1: never", default=None)
    check_interval_seconds: int | None = column("Time after which a check is due, 0: never", default=None)
    size_bytes: int | None = column("Size", default=None)
    reserved_bytes: int | None = column("Kept back for root", default=None)
    journal: bool | None = column("Has a journal", default=None)


@table("ext4_errors", key=("device",))
class Ext4Errors(Row):
    """Error memory of a mounted ext4 file system (/sys/fs/ext4/DEVICE)."""

    device: str = column("Kernel name of the device")
    errors_count: int | None = column("Errors recorded in the superblock", default=None)
    first_error_at: datetime | None = column("First", default=None)
    last_error_at: datetime | None = column("Last", default=None)
    last_error_function: str | None = column("Kernel function that met it", default=None)
    warning_count: int | None = column("Warnings since mount", default=None)
    first_error_function: str | None = column("Kernel function that met the first", default=None)


@table("io_counter", key=("name",))
class IoCounter(Row):
    """Read and write counters of a disk since boot."""

    name: str = column("Kernel name")
    reads: int | None = column("Reads completed", default=None)
    writes: int | None = column("Writes completed", default=None)
    read_bytes: int | None = column("Bytes read", default=None)
    written_bytes: int | None = column("Bytes written", default=None)
    busy_milliseconds: int | None = column("Time spent doing I/O", default=None)
    wait_milliseconds: int | None = column(
        "Time that all reads and writes together waited for their end", default=None
    )
