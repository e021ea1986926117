"""Rows of hosts, LUNs and paths out of properties of a HostSystem."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from collectors.hypervisor_words import count, listed, mappings, power, truth, word
from collectors.remote_disk_tables import MultipathMap, MultipathPath
from collectors.storage_system_tables import StoragePart
from collectors.table import Row
from collectors.vsphere_shapes import Plain, at
from collectors.vsphere_tables import HypervisorAdapter, HypervisorHost, HypervisorLun

_REMOTE = ("HostFibreChannel", "HostInternetScsi", "HostTcp", "HostRdma")
_ADAPTERS = {
    "FibreChannel": "Fibre Channel",
    "InternetScsi": "iSCSI",
    "SerialAttached": "SAS",
    "Block": "block",
}
_PARTS = (
    ("controller", re.compile(r"controller|adapter|\bHBA\b", re.IGNORECASE)),
    ("volume", re.compile(r"volume|logical|virtual disk|raid", re.IGNORECASE)),
    ("drive", re.compile(r"disk|drive|\bSSD\b|\bHDD\b", re.IGNORECASE)),
)
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
    yield from _adapters(reference, name, told)
    yield from _parts(name, told)


def _adapters(host: str, name: str, told: Plain) -> Iterator[HypervisorAdapter]:
    for one in mappings(at(told, "config.storageDevice.hostBusAdapter")):
        device = word(one.get("device"))
        if device is not None:
            kind = str(one.get("_typeName", "")).removeprefix("Host").removesuffix("Hba")
            yield HypervisorAdapter(
                host=host,
                adapter=device,
                host_name=name,
                kind=_ADAPTERS.get(kind, kind or None),
                model=word(one.get("model")),
                driver=word(one.get("driver")),
                status=word(one.get("status")),
            )


def _parts(name: str, told: Plain) -> Iterator[StoragePart]:
    """Drives, controllers and volumes of the host as its hardware health tells them."""
    where = "runtime.healthSystemRuntime.hardwareStatusInfo.storageStatusInfo"
    for number, one in enumerate(mappings(at(told, where))):
        part = word(one.get("name")) or f"part {number}"
        state = word(at(one, "status.key"))
        yield StoragePart(
            kind=_kind_of(part),
            name=f"{name}: {part}",
            health=word(at(one, "status.label")) or state,
            sound={"green": True, "yellow": False, "red": False}.get((state or "").lower()),
        )


def _kind_of(part: str) -> str:
    """By the word that stands first: "Disk 3 on HBA 1" is a drive."""
    found = [(match.start(), kind) for kind, pattern in _PARTS if (match := pattern.search(part))]
    return min(found)[1] if found else "system"


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
