"""Tables about hosts, disks and files of vSphere, as its management tells of them."""

from __future__ import annotations

from datetime import datetime

from collectors.table import Row, column, table


@table("hypervisor_host", key=("host",), label=("name",), root=("host",))
class HypervisorHost(Row):
    """A host that guests run on."""

    host: str = column("The management's own identity of it")
    name: str = column("Its name")
    version: str | None = column("Release of the hypervisor", default=None)
    connection: str | None = column("connected, disconnected or notResponding", default=None)
    maintenance: bool | None = column("It is in maintenance mode", default=None)
    power: str | None = column("running, off or standby", default=None)


@table("hypervisor_lun", key=("host", "lun"), label=("lun", "host_name"), root=("lun",))
class HypervisorLun(Row):
    """A disk or LUN as one host of a hypervisor sees it."""

    host: str = column("The management's own identity of the host")
    lun: str = column("Canonical name: naa.…, t10.…, eui.…")
    host_name: str = column("Name of the host", default="")
    display_name: str | None = column("Name for a person", default=None)
    vendor: str | None = column("Maker", default=None)
    model: str | None = column("Product name", default=None)
    size_bytes: int | None = column("Capacity", default=None)
    state: str | None = column("ok, degraded, lostCommunication, error, off, timeout and so on", default=None)
    local: bool | None = column("A disk of the host itself", default=None)
    flash: bool | None = column("Solid state", default=None)
    paths: int | None = column("Paths to it", default=None)


@table("hypervisor_adapter", key=("host", "adapter"), label=("adapter", "host_name"), root=("host",))
class HypervisorAdapter(Row):
    """A storage adapter of a host of a hypervisor."""

    host: str = column("The management's own identity of the host")
    adapter: str = column("Its device name: vmhba0")
    host_name: str = column("Name of the host", default="")
    kind: str | None = column("Kind of it: block, Fibre Channel, iSCSI, SAS, PCIe", default=None)
    model: str | None = column("Model", default=None)
    driver: str | None = column("Driver", default=None)
    status: str | None = column("online, offline, fault, unknown", default=None)


@table("guest_files", key=("guest",), label=("guest_name",), root=("guest",))
class GuestFiles(Row):
    """The files of a machine, as vSphere lists them."""

    guest: str = column("Identity of the guest")
    guest_name: str = column("Name of the guest", default="")
    home: str | None = column("Folder of its configuration: [ds1] web1", default=None)
    snapshot_folder: str | None = column("Folder that its snapshots grow in", default=None)
    managed_by: str | None = column("Product that owns it, by its extension key", default=None)
    files: str = column("Virtual disk files of it, newline-separated", default="")


@table("datastore_file", key=("path",), root=("path",))
class DatastoreFile(Row):
    """A virtual disk file that the datastore browser lists."""

    path: str = column("As vSphere writes paths: [ds1] web1/web1.vmdk")
    datastore: str = column("Name of the datastore")
    size_bytes: int | None = column("Its size", default=None)
    modified_at: datetime | None = column("When it was last written to", default=None)


@table("guest_backup_note", key=("guest", "attribute"), label=("guest_name", "attribute"), root=("guest",))
class GuestBackupNote(Row):
    """What a backup product, or a person, noted at a machine: a statement, no proof of a copy."""

    guest: str = column("Identity of the guest")
    attribute: str = column("Custom attribute, or annotation")
    guest_name: str = column("Name of the guest", default="")
    product: str | None = column("Product that the note names", default=None)
    last_backup_at: datetime | None = column(
        "Newest time in the note, read as UTC if it names no zone; None if day and month could change places",
        default=None,
    )
    failed: bool | None = column("The note speaks of a failure; None: it does not", default=None)
    text: str | None = column("The note, as far as kept", default=None)
