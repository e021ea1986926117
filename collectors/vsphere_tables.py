"""Tables about hosts of a hypervisor and the disks they see, as their management tells of them."""

from __future__ import annotations

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
