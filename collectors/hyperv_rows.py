"""Objects of Hyper-V's PowerShell module as `ConvertTo-Json` writes them: enums as numbers, lists unpacked.

Source: the enums of Microsoft.HyperV.PowerShell and Microsoft.Vhd.PowerShell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from collectors.hypervisor_tables import DiskImage, Guest, GuestDisk, GuestSnapshot
from collectors.hypervisor_words import count, depths, kept, mappings, moment, power, truth, word

Told = Mapping[str, Any]

_STATES = {"2": "running", "3": "off", "4": "running", "6": "suspended", "9": "paused", "10": "running"}
_CHECKPOINTS = {"2": "disabled", "3": "production", "4": "production only", "5": "standard"}
_KINDS = {
    "0": "standard",
    "1": "recovery",
    "2": "planned",
    "3": "missing",
    "4": "replica",
    "5": "replica",
    "6": "replica",
}
_KIND_WORDS = {"appconsistentreplica": "replica", "syncedreplica": "replica"}
_HEALTH = {"1": "normal", "2": "warning", "3": "critical"}
_FORMATS = {"2": "vhd", "3": "vhdx", "4": "vhds"}
_CONTROLLERS = {"0": "IDE", "1": "SCSI", "2": "PMEM", "ide": "IDE", "scsi": "SCSI"}


def enum(value: Any, names: Mapping[str, str]) -> str | None:
    """A member of an enum, told as its number, its name or as {value, Value}; None if it is unknown."""
    if isinstance(value, dict):
        value = value.get("Value", value.get("value"))
    text = (word(value) or "").lower()
    if text in names:
        return names[text]
    return text if text in names.values() else None


def time_of(value: Any) -> Any:
    """PowerShell 5 wraps some times as {value, DisplayHint, DateTime}."""
    return moment(value.get("value")) if isinstance(value, dict) else moment(value)


def guest_identity(told: Told) -> tuple[str, str] | None:
    """Identity and name of the guest that an object belongs to; None if it does not tell."""
    name = word(told.get("VMName"))
    uuid = word(told.get("VMId"))
    if uuid is None and name is None:
        return None
    return (f"uuid:{uuid.strip('{}').lower()}" if uuid else f"name:{name}"), name or uuid or ""


def guest_of(told: Told) -> Guest:
    """From Get-VM. Raises ValueError if it tells no name."""
    uuid = word(told.get("VMId")) or word(told.get("Id"))
    name = word(told.get("VMName")) or word(told.get("Name"))
    if name is None and uuid is None:
        raise ValueError("a machine without a name")
    status = (word(told.get("Status")) or "").lower()
    state = told.get("State")
    text = (word(state) or "").lower()
    return Guest(
        guest=f"uuid:{uuid.strip('{}').lower()}" if uuid else f"name:{name}",
        name=name or uuid or "",
        hypervisor="hyperv",
        kind="vm",
        host=word(told.get("ComputerName")),
        power=enum(state, _STATES) or power(text.removesuffix("critical")),
        state="critical" if text.endswith("critical") else None,
        lock="merge" if "merging" in status else None,
        merging="merging" in status if status else None,
        created_at=time_of(told.get("CreationTime")),
        annotation=kept(told.get("Notes")),
        checkpoint_type=enum(told.get("CheckpointType"), _CHECKPOINTS)
        or {"productiononly": "production only"}.get((word(told.get("CheckpointType")) or "").lower()),
        automatic_checkpoints=truth(told.get("AutomaticCheckpointsEnabled")),
        replication_health=enum(told.get("ReplicationHealth"), _HEALTH),
    )


def replicated_guest(told: Told) -> Guest | None:
    """From Get-VMReplication."""
    uuid = word(told.get("VMId"))
    name = word(told.get("VMName")) or word(told.get("Name"))
    if name is None and uuid is None:
        return None
    return Guest(
        guest=f"uuid:{uuid.strip('{}').lower()}" if uuid else f"name:{name}",
        name=name or uuid or "",
        hypervisor="hyperv",
        replication_health=enum(told.get("ReplicationHealth", told.get("Health")), _HEALTH),
        replication_state=word(told.get("State")),
        replicated_at=time_of(told.get("LastReplicationTime")),
    )


def disks_of(told: Told) -> Iterator[GuestDisk]:
    """From Get-VMHardDiskDrive, or the HardDrives of Get-VM."""
    for drive in mappings(told.get("HardDrives")) if "HardDrives" in told else [dict(told)]:
        owner = guest_identity(drive) or guest_identity({**told, "VMId": told.get("VMId", told.get("Id"))})
        if owner is None:
            continue
        path = word(drive.get("Path"))
        controller = enum(drive.get("ControllerType"), _CONTROLLERS) or "disk"
        place = f"{controller} {drive.get('ControllerNumber', '?')}:{drive.get('ControllerLocation', '?')}"
        ending = re.search(r"\.(a?vhdx?|vhds)$", (path or "").lower())
        passed = count(drive.get("DiskNumber")) is not None
        yield GuestDisk(
            guest=owner[0],
            guest_name=owner[1],
            disk=place,
            path=path,
            format=ending[1] if ending else None,
            raw_device="physical" if passed else None,
            sharing="multi-writer"
            if truth(drive.get("SupportPersistentReservations")) or (ending and ending[1] == "vhds")
            else None,
            delta=ending[1].startswith("avhd") if ending else None,
        )


def snapshots_of(told: list[dict[str, Any]], unnamed: str) -> Iterator[GuestSnapshot]:
    """From Get-VMSnapshot; *unnamed*: what to call the guest if the objects do not tell it."""
    keys = [
        word(one.get("Id")) or word(one.get("Name")) or f"unnamed {place}" for place, one in enumerate(told)
    ]
    names = {word(one.get("Name")): key for key, one in zip(keys, told, strict=True)}
    parents: dict[str, str | None] = {}
    for key, one in zip(keys, told, strict=True):
        above = word(one.get("ParentSnapshotId", one.get("ParentCheckpointId")))
        above = above if above and above.strip("{}").strip("0-") else None
        parents[key] = above or names.get(
            word(one.get("ParentSnapshotName", one.get("ParentCheckpointName")))
        )
    places = depths(parents)
    for key, one in zip(keys, told, strict=True):
        guest, name = guest_identity(one) or (f"name:{unnamed}", unnamed)
        sort = one.get("SnapshotType", one.get("CheckpointType"))
        sort_word = (word(sort) or "").lower()
        yield GuestSnapshot(
            guest=guest,
            guest_name=name,
            snapshot=key,
            name=word(one.get("Name")) or key,
            description=kept(one.get("Notes")),
            created_at=time_of(one.get("CreationTime")),
            parent=parents[key],
            depth=places.get(key),
            kind=enum(sort, _KINDS) or _KIND_WORDS.get(sort_word),
            memory=False if enum(one.get("State"), _STATES) == "off" else None,
        )


def image_of(told: Told) -> DiskImage:
    """From Get-VHD. Raises ValueError if it tells no path."""
    path = word(told.get("Path"))
    if path is None:
        raise ValueError("an image without a path")
    backing = word(told.get("ParentPath"))
    return DiskImage(
        path=path,
        format=enum(told.get("VhdFormat"), _FORMATS),
        size_bytes=count(told.get("Size")),
        used_bytes=count(told.get("FileSize")),
        backing=backing,
        backing_path=backing,
        missing=path if truth(told.get("Missing")) else None,
    )
