"""vSphere by its API: guests, snapshots, datastores, hosts and their paths, in one bulk retrieval each.

Properties: VirtualMachine, Datastore, HostSystem of the vSphere Web Services API. The form of the answers is
that of `collectors.targets.vsphere_retrieval`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from collectors.collector import Asking, collector, reader
from collectors.fact import At, Missing, Reading
from collectors.hypervisor_tables import Datastore, Guest, GuestDisk, GuestSnapshot
from collectors.hypervisor_words import count, listed, mappings
from collectors.question import Answer, Form
from collectors.remote_disk_tables import MultipathMap, MultipathPath
from collectors.storage_system_tables import StoragePart
from collectors.table import Row
from collectors.vsphere_host_rows import host_rows
from collectors.vsphere_rows import datastore_row, machine_rows
from collectors.vsphere_shapes import Plain, at, json_lines, nested
from collectors.vsphere_tables import (
    GuestBackupNote,
    GuestFiles,
    HypervisorAdapter,
    HypervisorHost,
    HypervisorLun,
)

_GUEST_OF_FIRST_RELEASE = (
    "name,config.uuid,config.instanceUuid,config.template,config.annotation,config.createDate,"
    "config.guestFullName,config.changeTrackingEnabled,config.files,config.hardware.device,"
    "runtime.powerState,runtime.connectionState,runtime.consolidationNeeded,runtime.host,snapshot,layoutEx,"
    "guest.toolsRunningStatus,guest.toolsStatus,datastore"
)
_GUEST = _GUEST_OF_FIRST_RELEASE + ",customValue,config.managedBy.extensionKey"
_HOST_OF_FIRST_RELEASE = (
    "name,config.product.version,config.product.build,runtime.connectionState,runtime.powerState,"
    "runtime.inMaintenanceMode,config.storageDevice.scsiLun,config.storageDevice.multipathInfo"
)
_HOST = (
    _HOST_OF_FIRST_RELEASE
    + ",config.storageDevice.hostBusAdapter,runtime.healthSystemRuntime.hardwareStatusInfo.storageStatusInfo"
)
GUESTS = Form(
    (
        *("vsphere-api", "retrieve", "VirtualMachine", _GUEST),
        *("HostSystem", "name", "CustomFieldsManager", "field"),
    ),
    reads="vsphere-guests",
    why="Guests with their disks, snapshots and the size of every file, page by page",
    timeout_seconds=1800.0,
    max_bytes=256 * 1024 * 1024,
    formerly=(("vsphere-api", "retrieve", "VirtualMachine", _GUEST_OF_FIRST_RELEASE, "HostSystem", "name"),),
)
DATASTORES = Form(
    ("vsphere-api", "retrieve", "Datastore", "name,summary,info,host"),
    reads="vsphere-datastores",
    why="Datastores, their space and what they lie on",
    timeout_seconds=300.0,
)
HOSTS = Form(
    ("vsphere-api", "retrieve", "HostSystem", _HOST),
    reads="vsphere-hosts",
    why="Hosts, their disks and LUNs and the paths to them",
    timeout_seconds=600.0,
    max_bytes=128 * 1024 * 1024,
    formerly=(("vsphere-api", "retrieve", "HostSystem", _HOST_OF_FIRST_RELEASE),),
)
_OF_GUESTS: tuple[type[Row], ...] = (Guest, GuestDisk, GuestSnapshot, GuestFiles, GuestBackupNote)
_OF_HOSTS: tuple[type[Row], ...] = (
    *(HypervisorHost, HypervisorLun, HypervisorAdapter),
    *(MultipathMap, MultipathPath, StoragePart),
)


@collector("vsphere", asks=(GUESTS, DATASTORES, HOSTS), system="vsphere")
def ask() -> Asking:
    """VMware vSphere: guests, snapshots, datastores, hosts"""
    yield (GUESTS(), DATASTORES(), HOSTS())


def _recognises(first: str) -> Callable[[str], float]:
    begin = re.compile(r'\s*\{"collected": ?\["' + first + '"')
    return lambda text: 0.98 if begin.match(text) else 0.0


@reader("vsphere-guests", fills=_OF_GUESTS, recognises=_recognises("VirtualMachine"))
def read_guests(answer: Answer) -> Iterator[Reading]:
    """guests, disks and snapshots that holdwater retrieved by the vSphere API"""
    names, fields = _names(answer.text)

    def rows(reference: str, told: Plain) -> Iterator[Row]:
        host = at(told, "runtime.host")
        if isinstance(host, str):
            told["runtime"]["host"] = names.get(host, host)
        return machine_rows(reference, told, fields)

    yield from _objects(answer, "VirtualMachine", _OF_GUESTS, rows)


def _names(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """Names of hosts by their references, and of custom attributes by their keys."""
    hosts: dict[str, str] = {}
    fields: dict[str, str] = {}
    for line in text.split("\n"):
        if line.startswith(_NAMED):
            one = json.loads(line)
            told, reference = one.get("propSet"), one.get("obj")
            for field in mappings(at(told, "field")):
                fields[str(field.get("key"))] = str(field.get("name"))[:200]
            if one.get("type") == "HostSystem" and reference:
                hosts[str(reference)] = str(at(told, "name") or reference)
    return hosts, fields


@reader("vsphere-datastores", fills=(Datastore,), recognises=_recognises("Datastore"))
def read_datastores(answer: Answer) -> Iterator[Reading]:
    """datastores that holdwater retrieved by the vSphere API"""
    yield from _objects(
        answer, "Datastore", (Datastore,), lambda ref, told: iter((datastore_row(ref, told),))
    )


@reader("vsphere-hosts", fills=_OF_HOSTS, recognises=_recognises("HostSystem"))
def read_hosts(answer: Answer) -> Iterator[Reading]:
    """hosts, their LUNs and paths that holdwater retrieved by the vSphere API"""
    yield from _objects(answer, "HostSystem", _OF_HOSTS, host_rows)


_NAMED = ('{"type":"HostSystem"', '{"type": "HostSystem"', '{"type":"CustomFieldsManager"')
Rows = Callable[[str, Plain], Iterator[Row]]


def _objects(answer: Answer, sort: str, fills: tuple[type[Row], ...], rows: Rows) -> Iterator[Reading]:
    """The rows of every object of a sort; what is denied, lost or cut off is missing."""
    ended = False
    for number, one in enumerate(json_lines(answer.text), 1):
        if "retrieved" in one:
            ended = True
            yield from _counted(one, fills)
        if one.get("type") == sort and "obj" in one:
            yield from _one(one, f"line {number}", fills, rows)
    if not ended and answer.refusal is None:  # the refusal is a gap by itself
        for row_type in fills:
            yield Missing(row_type, "truncated", "the answer ends before its count")


def _one(line: Mapping[str, Any], where: str, fills: tuple[type[Row], ...], rows: Rows) -> Iterator[Reading]:
    reference = str(line["obj"])[:200]
    properties = line.get("propSet")
    try:
        if not isinstance(properties, dict) or not properties:
            raise ValueError(line.get("unreadable") or "nothing is told of it")
        for row in rows(reference, nested(properties.items())):
            yield At(row, where)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        for row_type in fills:
            yield Missing(row_type, "unreadable", f"{reference}: {error}"[:200], reference)
    for one in mappings(line.get("missing")):
        path = str(one.get("path"))
        reason = f"{path}: {one.get('fault')}"[:200]
        yield Missing(_table_of(path, fills), "denied", reason, reference)


def _table_of(path: str, fills: tuple[type[Row], ...]) -> type[Row]:
    if fills is _OF_GUESTS and path.startswith(("snapshot", "layoutEx")):
        return GuestSnapshot
    if fills is _OF_GUESTS and path.startswith("customValue"):
        return GuestBackupNote
    if fills is _OF_GUESTS and path.startswith("config.hardware"):
        return GuestDisk
    if fills is _OF_HOSTS and path.startswith("config.storageDevice"):
        return MultipathPath if path.endswith("multipathInfo") else HypervisorLun
    return fills[0]


def _counted(line: Mapping[str, Any], fills: tuple[type[Row], ...]) -> Iterator[Reading]:
    retrieved, expected, lost = (count(line.get(name)) for name in ("retrieved", "expected", "lost"))
    if retrieved is None or expected is None or lost is None:
        raise ValueError("the count is no number")
    if lost or retrieved + (count(line.get("gone")) or 0) < expected:
        named = ", ".join(str(one)[:60] for one in listed(line.get("named"))[:10])
        detail = f"{retrieved} of {expected} objects were told; missing: {named or 'not named'}"
        for row_type in fills:
            yield Missing(row_type, "truncated", detail)
    elif expected == 0:
        yield Missing(fills[0], "empty", "the login sees none: it may lack the role Read-only at the top")
