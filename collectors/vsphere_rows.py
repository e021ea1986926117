"""Rows of the hypervisor tables out of properties of vSphere objects (see `vsphere_shapes`)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from collectors.hypervisor_tables import Datastore, Guest, GuestDisk, GuestSnapshot
from collectors.hypervisor_words import added, count, depths, kept, mappings, moment, power, truth, word
from collectors.table import Row
from collectors.vsphere_notes import backup_notes
from collectors.vsphere_shapes import Plain, at, datastore_name
from collectors.vsphere_tables import GuestFiles

_DELTA = re.compile(r"-\d{6}\.vmdk$")
_TOOLS = {
    "guestToolsRunning": "running",
    "guestToolsNotRunning": "not running",
    "toolsOk": "running",
    "toolsOld": "running",
    "toolsNotRunning": "not running",
    "toolsNotInstalled": "not installed",
    "guestToolsExecutingScripts": "running",
}
_RAW = {"virtualMode": "virtual", "physicalMode": "physical"}


def identity_of(reference: str | None, machine: Plain) -> str:
    """uuid:… by instance or BIOS, else the reference, else the name. Raises ValueError for none."""
    uuid = word(at(machine, "config.instanceUuid")) or word(at(machine, "summary.config.instanceUuid"))
    uuid = uuid or word(at(machine, "config.uuid")) or word(at(machine, "summary.config.uuid"))
    if uuid:
        return f"uuid:{uuid.lower()}"
    if reference:
        return f"vm/{reference}"
    name = name_of(machine)
    if name is None:
        raise ValueError("a machine without UUID, reference and name")
    return f"name:{name}"


def name_of(machine: Plain) -> str | None:
    """What the machine is called; vSphere writes slashes and percent signs of names as %2f and %25."""
    for path in ("name", "config.name", "summary.config.name"):
        if name := word(at(machine, path)):
            return name.replace("%2f", "/").replace("%5c", "\\").replace("%25", "%")
    return None


def machine_rows(
    reference: str | None, machine: Plain, fields: Mapping[str, str] | None = None
) -> Iterator[Row]:
    """The guest, its disks, snapshots, files and notes from the properties of a VirtualMachine.

    *fields*: names of custom attributes by their keys; None: neither files nor notes are told.
    """
    identity = identity_of(reference, machine)
    name = name_of(machine) or identity
    yield _guest(identity, name, machine, reference)
    yield from _disks(identity, name, machine)
    yield from _snapshots(identity, name, machine)
    if fields is not None:
        yield from _guest_files(identity, name, machine)
        yield from backup_notes(identity, name, machine, fields)


def _guest_files(identity: str, name: str, machine: Plain) -> Iterator[GuestFiles]:
    names = (word(one.get("name")) for one in mappings(at(machine, "layoutEx.file")))
    folder = word(at(machine, "config.files.snapshotDirectory"))
    home = word(at(machine, "config.files.vmPathName"))
    if at(machine, "layoutEx") is not None:
        yield GuestFiles(
            guest=identity,
            guest_name=name,
            home=home.rpartition("/")[0] if home and "/" in home else None,
            snapshot_folder=folder.rstrip("/") if folder else None,
            managed_by=word(at(machine, "config.managedBy.extensionKey")),
            files="\n".join(one for one in names if one and one.lower().endswith(".vmdk")),
        )


def _guest(identity: str, name: str, machine: Plain, reference: str | None) -> Guest:
    runtime = at(machine, "runtime") or at(machine, "summary.runtime") or {}
    connection = word(at(runtime, "connectionState"))
    tools = word(at(machine, "guest.toolsStatus")) if at(machine, "guest") else None
    if tools != "toolsNotInstalled":
        tools = word(at(machine, "guest.toolsRunningStatus")) or tools
    config = at(machine, "config") or at(machine, "summary.config") or {}
    template = truth(at(config, "template"))
    return Guest(
        guest=identity,
        name=name,
        hypervisor="vmware",
        kind=None if template is None else "template" if template else "vm",
        host=word(at(runtime, "host")),
        power=power(at(runtime, "powerState")),
        state=connection if connection not in (None, "connected") else None,
        tools=_TOOLS.get(tools or ""),
        system=word(at(config, "guestFullName")),
        created_at=moment(at(config, "createDate")),
        consolidation_needed=truth(at(runtime, "consolidationNeeded")),
        changed_block_tracking=truth(at(config, "changeTrackingEnabled")),
        annotation=kept(at(config, "annotation")),
        reference=f"vm/{reference}" if reference else None,
    )


def _disks(identity: str, name: str, machine: Plain) -> Iterator[GuestDisk]:
    devices = mappings(at(machine, "config.hardware.device"))
    buses = {str(one.get("key")): word(one.get("sharedBus")) for one in devices}
    sizes = _files(machine)
    chains = {str(one.get("key")): _chain(one) for one in mappings(at(machine, "layoutEx.disk"))}
    taken = {key: added(sizes.get(file) for file in layers[0]) for key, layers in chains.items() if layers}
    for device in devices:
        if "capacityInKB" not in device and device.get("_typeName") != "VirtualDisk":
            continue
        backing = device["backing"] if isinstance(device.get("backing"), dict) else {}
        path = word(backing.get("fileName"))
        bus = buses.get(str(device.get("controllerKey")))
        delta = bool(_DELTA.search(path)) if path else None
        layers = _layers(backing) or max(0, len(chains.get(str(device.get("key")), ())) - 1)
        kilobytes = count(device.get("capacityInKB"))
        yield GuestDisk(
            guest=identity,
            guest_name=name,
            disk=word(at(device, "deviceInfo.label")) or f"disk {device.get('key')}",
            path=path,
            storage=datastore_name(path),
            size_bytes=count(device.get("capacityInBytes")) or (kilobytes * 1024 if kilobytes else None),
            used_bytes=taken.get(str(device.get("key"))),
            format="vmdk",
            mode=word(backing.get("diskMode")),
            raw_device=_RAW.get(str(backing.get("compatibilityMode"))),
            sharing=_sharing(word(backing.get("sharing")), bus),
            chain_depth=layers if layers or delta is False else None,
            delta=delta,
        )


def _sharing(sharing: str | None, bus: str | None) -> str | None:
    if sharing == "sharingMultiWriter":
        return "multi-writer"
    return "bus sharing" if bus in ("physicalSharing", "virtualSharing") else None


def _layers(backing: Plain) -> int:
    layers = 0
    while isinstance(backing.get("parent"), dict) and layers < 1000:
        backing, layers = backing["parent"], layers + 1
    return layers


def _files(machine: Plain) -> dict[str, int | None]:
    return {str(one.get("key")): count(one.get("size")) for one in mappings(at(machine, "layoutEx.file"))}


def _chain(disk: Plain) -> list[tuple[str, ...]]:
    """The layers of a disk, base first, each by the keys of its files."""
    layers = []
    for layer in mappings(disk.get("chain")):
        keys = layer.get("fileKey")
        layers.append(tuple(str(key) for key in (keys if isinstance(keys, list) else [keys])))
    return layers


def snapshot_sizes(machine: Plain) -> dict[str, int]:
    """Bytes that each snapshot holds, by its reference: what was written after it, its memory.

    In `layoutEx` the chain of a snapshot ends with the layer that it froze. The layers right above that one,
    in the chains of later snapshots and of the running disks, are the deltas that its removal would commit.
    """
    sizes = _files(machine)
    snapshots = mappings(at(machine, "layoutEx.snapshot"))
    chains = [
        (str(disk.get("key")), _chain(disk))
        for holder in [*snapshots, at(machine, "layoutEx") or {}]
        for disk in mappings(holder.get("disk"))
    ]
    above: dict[tuple[str, tuple[str, ...]], set[str]] = {}
    for disk, layers in chains:
        for lower, upper in itertools.pairwise(layers):
            above.setdefault((disk, lower), set()).update(upper)
    found: dict[str, int] = {}
    for snapshot in snapshots:
        keys = {str(snapshot[key]) for key in ("dataKey", "memoryKey") if key in snapshot}
        for one in mappings(snapshot.get("disk")):
            layers = _chain(one)
            if layers:
                keys |= above.get((str(one.get("key")), layers[-1]), set())
        total = added(sizes.get(key) for key in sorted(keys))
        if total is not None and word(snapshot.get("key")):
            found[str(snapshot["key"])] = total
    return found


def _snapshots(identity: str, name: str, machine: Plain) -> Iterator[GuestSnapshot]:
    tree = at(machine, "snapshot.rootSnapshotList") or at(machine, "rootSnapshotList")
    current = word(at(machine, "snapshot.currentSnapshot"))
    sizes = snapshot_sizes(machine)
    memory = {
        str(one.get("key")): (count(one.get("memoryKey")) is not None)
        for one in mappings(at(machine, "layoutEx.snapshot"))
        if "memoryKey" in one
    }
    entries = list(flattened(mappings(tree)))
    places = depths({key: parent for key, parent, _ in entries})
    for key, parent, one in entries:
        off = one.get("state") == "poweredOff"
        yield GuestSnapshot(
            guest=identity,
            guest_name=name,
            snapshot=key,
            name=(word(one.get("name")) or key).replace("%2f", "/").replace("%25", "%"),
            description=kept(one.get("description")),
            created_at=moment(one.get("createTime")),
            parent=parent,
            depth=places.get(key),
            current=key == current if current else None,
            memory=memory.get(key, False if off else None),
            quiesced=truth(one.get("quiesced")),
            size_bytes=sizes.get(key),
        )


def flattened(tree: Sequence[Plain]) -> Iterator[tuple[str, str | None, Plain]]:
    """Each snapshot of a tree with its key and the key of its parent, top down; depth does not matter."""
    waiting: list[tuple[str | None, Plain]] = [(None, one) for one in reversed(tree)]
    while waiting:
        parent, one = waiting.pop()
        key = word(one.get("snapshot")) or word(one.get("id")) or word(one.get("name")) or "unnamed"
        yield key, parent, one
        waiting.extend((key, below) for below in reversed(mappings(one.get("childSnapshotList"))))


def datastore_row(reference: str | None, told: Plain) -> Datastore:
    """From the properties of a Datastore. Raises ValueError if it has no name."""
    summary: Mapping[str, Any] = at(told, "summary") or {}
    name = word(told.get("name")) or word(summary.get("name")) or word(at(told, "info.name"))
    if name is None:
        raise ValueError("a datastore without a name")
    vmfs: Mapping[str, Any] = at(told, "info.vmfs") or {}
    uuid = word(vmfs.get("uuid"))
    accessible = truth(summary.get("accessible"))
    extents = [word(one.get("diskName")) for one in mappings(vmfs.get("extent"))]
    nas: Mapping[str, Any] = at(told, "info.nas") or {}
    export = f"{nas['remoteHost']}:{nas.get('remotePath')}" if nas.get("remoteHost") else None
    return Datastore(
        hypervisor="vmware",
        datastore=f"uuid:{uuid}" if uuid else f"name:{name}",
        name=name,
        kind=(word(summary.get("type")) or "").lower() or None,
        size_bytes=count(summary.get("capacity")) if accessible is not False else None,
        free_bytes=count(summary.get("freeSpace")) if accessible is not False else None,
        uncommitted_bytes=count(summary.get("uncommitted")),
        accessible=accessible,
        maintenance=word(summary.get("maintenanceMode")),
        shared=truth(summary.get("multipleHostAccess")),
        device=" ".join(extent for extent in extents if extent) or export or word(summary.get("url")),
    )
