"""Tables about guests, their disks and their snapshots: the same for every hypervisor."""

from __future__ import annotations

from datetime import datetime

from collectors.table import Row, column, table


@table("guest", key=("guest",), label=("name",), root=("guest",))
class Guest(Row):
    """A virtual machine or container as its hypervisor knows it."""

    guest: str = column("Identity: uuid:…, else the hypervisor's own id (qemu/101), else name:…")
    name: str = column("Its name there")
    hypervisor: str = column("vmware, proxmox, libvirt, hyperv, xen, virtualbox, lxc and so on")
    kind: str | None = column("vm, container or template", default=None)
    host: str | None = column("Host or node it runs on", default=None)
    power: str | None = column("running, off, suspended or paused", default=None)
    state: str | None = column(
        "What is wrong with its registration: orphaned, inaccessible, locked", default=None
    )
    lock: str | None = column("Lock that an operation holds: backup, snapshot, snapshot-delete", default=None)
    locked_at: datetime | None = column("Since when it is held", default=None)
    tools: str | None = column("Guest agent or tools: running, not running, not installed", default=None)
    system: str | None = column("Guest operating system as configured", default=None)
    created_at: datetime | None = column("When it was created", default=None)
    consolidation_needed: bool | None = column(
        "The hypervisor says that disks must be consolidated", default=None
    )
    changed_block_tracking: bool | None = column("Changes are tracked for backups", default=None)
    annotation: str | None = column("Notes or description, as far as kept", default=None)
    reference: str | None = column(
        "What tasks call it, where that is not its identity: vm/vm-12", default=None
    )
    checkpoint_type: str | None = column(
        "Checkpoints it is set to (Hyper-V): disabled, production, production only, standard", default=None
    )
    automatic_checkpoints: bool | None = column("Hyper-V makes one at every start", default=None)
    replication_health: str | None = column("normal, warning or critical (Hyper-V Replica)", default=None)
    replication_state: str | None = column("State of its replication, as told", default=None)
    replicated_at: datetime | None = column("When its replica was brought up to date last", default=None)
    agent_enabled: bool | None = column("The hypervisor may ask an agent in the guest", default=None)
    protected: bool | None = column("Its removal and that of its disks is refused", default=None)
    pool: str | None = column("Pool of guests it belongs to", default=None)
    merging: bool | None = column("Disks of it are being merged, or wait for it", default=None)


@table("guest_disk", key=("guest", "disk"), label=("guest_name", "disk"), root=("guest",))
class GuestDisk(Row):
    """A virtual disk of a guest."""

    guest: str = column("Identity of the guest")
    guest_name: str = column("Name of the guest", default="")
    disk: str = column("Slot or label: scsi0, vda, Hard disk 1")
    path: str | None = column("Image, volume or device that is written to now", default=None)
    storage: str | None = column("Datastore, pool or storage it lies on", default=None)
    size_bytes: int | None = column("Size that the guest sees", default=None)
    used_bytes: int | None = column("Space it takes, without its snapshots", default=None)
    format: str | None = column("qcow2, raw, vmdk, vhdx, avhdx", default=None)
    mode: str | None = column("persistent, independent_persistent, independent_nonpersistent", default=None)
    raw_device: str | None = column(
        "virtual or physical for a raw device mapping or pass-through", default=None
    )
    sharing: str | None = column("Shared by several guests: multi-writer, bus sharing", default=None)
    cache: str | None = column("Cache mode: none, writeback, unsafe", default=None)
    backup: bool | None = column("False: left out of backups by its configuration", default=None)
    chain_depth: int | None = column("Layers below the one written to; 0: none", default=None)
    delta: bool | None = column("What is written to is a delta of a snapshot", default=None)
    attached: bool | None = column("False: kept for the guest, but not plugged in (unused0)", default=None)


@table("guest_snapshot", key=("guest", "snapshot"), label=("guest_name", "name"), root=("guest",))
class GuestSnapshot(Row):
    """A snapshot or checkpoint of a guest."""

    guest: str = column("Identity of the guest")
    guest_name: str = column("Name of the guest", default="")
    snapshot: str = column("Identity of the snapshot: its id, else its name")
    name: str = column("Its name")
    description: str | None = column("Its description, as far as kept", default=None)
    created_at: datetime | None = column("When it was made, by the hypervisor's clock", default=None)
    parent: str | None = column("Identity of the snapshot it was made after", default=None)
    depth: int | None = column("Place in its chain, 1 for the first", default=None)
    current: bool | None = column("The guest runs on top of it", default=None)
    memory: bool | None = column("Holds the guest's memory", default=None)
    quiesced: bool | None = column("Made with the file systems at rest", default=None)
    size_bytes: int | None = column("Space that it holds", default=None)
    kind: str | None = column("standard, production, recovery, replica; internal or external", default=None)
    creator: str | None = column("Who made it", default=None)
    files: str | None = column(
        "Images that are written to since it was made, newline-separated, of an external one", default=None
    )
    state: str | None = column("Where an operation on it stands or stopped: prepare, delete", default=None)


@table("disk_image", key=("path",))
class DiskImage(Row):
    """An image file with the one it builds on, as qemu-img, Get-VHD or vhd-util tell it."""

    path: str = column("File or volume")
    format: str | None = column("qcow2, raw, vmdk, vhd, vhdx", default=None)
    size_bytes: int | None = column("Size that a guest sees", default=None)
    used_bytes: int | None = column("Space it takes", default=None)
    backing: str | None = column("The image it builds on, as written in it", default=None)
    backing_path: str | None = column("Where that image should be", default=None)
    missing: str | None = column(
        "File that is not there, of the image itself or of those below it", default=None
    )
    backing_found: bool | None = column("Whether that image is there", default=None)
    backing_format: str | None = column("Format of that image, as written", default=None)
    dirty: bool | None = column("Not closed cleanly", default=None)
    corrupt: bool | None = column("Marked corrupt", default=None)
    corruptions: int | None = column("Errors that a check found", default=None)
    leaks: int | None = column("Leaked clusters that a check found", default=None)
    internal_snapshots: int | None = column("Snapshots inside the image", default=None)
    name: str | None = column("What its hypervisor calls it", default=None)
    storage: str | None = column("Storage it lies on", default=None)
    managed: bool | None = column("A disk of its own; False: only a layer of others (XCP-ng)", default=None)
    snapshot: bool | None = column("It is the state of a disk at one time (XCP-ng)", default=None)
    created_at: datetime | None = column("When that state was taken", default=None)
    modified_at: datetime | None = column("When its file was written to last", default=None)
    stray: bool | None = column("It was found in a folder of images, not by way of a guest", default=None)


@table("datastore", key=("datastore",), label=("name",), root=("datastore",))
class Datastore(Row):
    """A storage that a hypervisor keeps guests or their backups on."""

    datastore: str = column("Identity: uuid:… or name:…")
    name: str = column("Its name")
    hypervisor: str | None = column("vmware, proxmox, libvirt, hyperv, xen and so on", default=None)
    kind: str | None = column("vmfs, nfs, vsan, dir, lvmthin, zfspool, pbs, ext, nfs …", default=None)
    size_bytes: int | None = column("Capacity", default=None)
    free_bytes: int | None = column("Free", default=None)
    uncommitted_bytes: int | None = column("Promised to thin disks and not yet taken", default=None)
    accessible: bool | None = column("The hypervisor reaches it", default=None)
    maintenance: str | None = column("normal, or the maintenance mode it is in", default=None)
    shared: bool | None = column("Seen by several hosts", default=None)
    content: str | None = column("What may lie there: images, backup, iso", default=None)
    device: str | None = column("NAA, WWN, export or path it rests on", default=None)
