"""Hyper-V by saved PowerShell: Get-VM, Get-VMSnapshot, Get-VMHardDiskDrive, Get-VHD, Get-VMReplication."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from collectors.collector import reader
from collectors.fact import At, Missing, Reading
from collectors.hyperv_rows import disks_of, guest_of, image_of, replicated_guest, snapshots_of
from collectors.hypervisor_owners import owners
from collectors.hypervisor_tables import DiskImage, Guest, GuestDisk, GuestSnapshot
from collectors.hypervisor_words import mappings
from collectors.question import Answer

_KNOWN = (
    r'"(?:ParentSnapshot(?:Id|Name)|ParentCheckpoint(?:Id|Name)|SnapshotType)"\s*:',
    r'"Vhd(?:Format|Type)"\s*:',
    r'"(?:VMId|VMName)"\s*:(?s:.){0,4000}"(?:ControllerType|ReplicationHealth|CheckpointType|State)"\s*:',
    r'"(?:ControllerType|ReplicationHealth|CheckpointType|State)"\s*:(?s:.){0,4000}"(?:VMId|VMName)"\s*:',
)


def recognises(text: str) -> float:
    if text.lstrip()[:1] not in ("{", "["):
        return 0.0
    return 0.94 if any(re.search(one, text[:20000]) for one in _KNOWN) else 0.0


@reader("hyperv-json", fills=(Guest, GuestSnapshot, GuestDisk, DiskImage), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """guests, checkpoints and disks of Hyper-V as ConvertTo-Json writes them"""
    told = json.loads(answer.text)
    if isinstance(told, dict) and isinstance(told.get("value"), list) and "Count" in told:
        told = told["value"]  # what Windows PowerShell wraps arrays in
    objects = mappings(told)
    snapshots = [one for one in objects if _is_snapshot(one)]
    file = re.split(r"[/\\]", answer.question.argv[-1])[-1][:200]
    checkpoints = list(snapshots_of(snapshots, file or "unnamed"))
    yield from checkpoints
    if len(snapshots) == len(objects):
        yield from owners(checkpoints, "hyperv")
    for number, one in enumerate(objects):
        if not _is_snapshot(one):
            yield from _rows(one, f"[{number}]")
    if not objects:
        yield Missing(Guest, "empty", "no object is listed")


def _is_snapshot(one: dict[str, Any]) -> bool:
    if "SnapshotType" in one or "ParentSnapshotId" in one:
        return True
    return "ParentCheckpointId" in one and "CreationTime" in one and "Generation" not in one


def _rows(one: dict[str, Any], where: str) -> Iterator[Reading]:
    if "VhdFormat" in one or "VhdType" in one:
        yield At(image_of(one), where)
    elif "ControllerType" in one or "ControllerLocation" in one:
        for disk in disks_of(one):
            yield At(disk, where)
    elif "State" in one and ("VMId" in one or "Id" in one) and "ReplicationMode" not in one:
        yield At(guest_of(one), where)
        for disk in disks_of({**one, "HardDrives": one.get("HardDrives") or []}):
            yield At(disk, where)
    elif ("ReplicationHealth" in one or "Health" in one) and (guest := replicated_guest(one)):
        yield At(guest, where)
    else:
        yield Missing(Guest, "unsupported", f"{where}: {', '.join(sorted(one)[:8])}"[:200])
