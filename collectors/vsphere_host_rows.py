"""Rows of hosts, LUNs and paths out of properties of a HostSystem."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from collectors.hypervisor_words import count, listed, mappings, power, truth, word
from collectors.remote_disk_tables import MultipathMap, MultipathPath
from collectors.table import Row
from collectors.vsphere_shapes import Plain, at
from collectors.vsphere_tables import HypervisorHost, HypervisorLun

_REMOTE = ("HostFibreChannel", "HostInternetScsi", "HostTcp", "HostRdma")
_PATH_STATES = {
    "active": ("active", "ready"),
    "standby": ("active", "ghost"),
    "dead": ("failed", "faulty"),
    "disabled": ("failed", "faulty"),
}
"""State of a path as the device mapper and its checker would call it; ghost: ready on the standby side."""


def host_rows(reference: str, told: Plain) -> Iterator[Row]:
    """The host, the disks it sees, and the paths to those that it reaches over a network or several ways."""
    name = word(told.get("name")) or reference
    state = word(at(told, "runtime.powerState"))
    yield HypervisorHost(
        host=reference,
        name=name,
        version=_version(told),
        connection=word(at(told, "runtime.connectionState")),
        maintenance=truth(at(told, "runtime.inMaintenanceMode")),
        power="standby" if state == "standBy" else power(state),
    )
    units = {str(one.get("lun")): one for one in mappings(at(told, "config.storageDevice.multipathInfo.lun"))}
    for lun in mappings(at(told, "config.storageDevice.scsiLun")):
        canonical = word(lun.get("canonicalName"))
        if canonical is None or word(lun.get("lunType")) not in (None, "disk"):
            continue
        paths = mappings(units.get(str(lun.get("key")), {}).get("path"))
        yield _lun(reference, name, canonical, lun, paths)
        yield from _paths(name, canonical, paths)


def _version(told: Plain) -> str | None:
    release, build = word(at(told, "config.product.version")), word(at(told, "config.product.build"))
    return f"{release} build {build}" if release and build else release


def _lun(host: str, name: str, canonical: str, lun: Plain, paths: list[Plain]) -> HypervisorLun:
    blocks, size = count(at(lun, "capacity.block")), count(at(lun, "capacity.blockSize"))
    states = [str(one) for one in listed(lun.get("operationalState"))]
    return HypervisorLun(
        host=host,
        lun=canonical,
        host_name=name,
        display_name=word(lun.get("displayName")),
        vendor=word(lun.get("vendor")),
        model=word(lun.get("model")),
        size_bytes=blocks * size if blocks is not None and size is not None else None,
        state=" ".join(states) or None,
        local=truth(lun["localDisk"]) if "localDisk" in lun else None,
        flash=truth(lun["ssd"]) if "ssd" in lun else None,
        paths=len(paths) or None,
    )


def _paths(host: str, canonical: str, paths: list[Plain]) -> Iterator[Row]:
    if len(paths) < 2 and not any(_remote(one) for one in paths):
        return  # a disk of the host itself
    name = f"{host} {canonical}"
    yield MultipathMap(name=name, wwid=canonical)
    for number, one in enumerate(paths):
        state = word(one.get("pathState")) or word(one.get("state"))
        mapped, checked = _PATH_STATES.get(state or "", (None, None))
        yield MultipathPath(
            map=name,
            path=word(one.get("name")) or f"path {number}",
            dm_state=mapped,
            checker_state=checked,
        )


def _remote(path: Plain) -> bool:
    transport: Any = path.get("transport")
    return isinstance(transport, dict) and str(transport.get("_typeName", "")).startswith(_REMOTE)
