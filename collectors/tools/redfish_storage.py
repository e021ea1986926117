"""Storage, volume and drive resources of Redfish, as a baseboard controller answers them or as saved."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.collector import reader
from collectors.fact import At, Missing, Reading
from collectors.question import Answer
from collectors.raid_controller_tables import ALL, RaidController, RaidDisk, RaidVolume
from collectors.raid_words import level_of, spins, transport_of, word
from collectors.smart_json import documents
from collectors.smart_values import Tree, at, celsius, flag, natural

_TYPE = re.compile(r'"@odata\.type"\s*:\s*"#(Drive|Volume|Storage|StorageCollection)\.')
_HEALTH = {"OK": "optimal", "Warning": "attention", "Critical": "failed"}


def recognises(text: str) -> float:
    return 0.97 if _TYPE.search(text[:20000]) else 0.0


@reader("redfish-storage", fills=ALL, recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """storage, volumes and drives as Redfish tells them"""
    trees, damaged = documents(answer.text)
    known = False
    for tree in trees:
        kind = re.match(r"#(\w+)\.", str(tree.get("@odata.type")))
        row = _row(kind[1] if kind else "", tree)
        known = known or row is not None or bool(kind and kind[1] == "StorageCollection")
        if row is not None:
            yield At(row, str(tree.get("@odata.id"))[:200])
    if damaged or not known:
        for row_type in ALL:
            reason = "the JSON is cut short" if damaged else answer.complaint or "no resource of storage"
            yield Missing(row_type, "truncated" if damaged else "empty", reason)


def _row(kind: str, tree: Tree) -> RaidController | RaidVolume | RaidDisk | None:
    path = str(at(tree, "Links.Storage.@odata.id") or tree.get("@odata.id"))
    found = re.search(r"/Storage/([^/]+)", path)
    controller = f"redfish:{(found[1] if found else '0')[:60]}"
    number = (word(tree.get("Id")) or "0")[:60]
    match kind:
        case "Storage":
            health = word(at(tree, "Status.HealthRollup")) or word(at(tree, "Status.Health"))
            return RaidController(
                controller=controller,
                model=word(tree.get("Name")),
                status=_HEALTH.get(health or ""),
                told_status=health,
                disk_count=natural(tree.get("Drives@odata.count")),
            )
        case "Volume":
            return _volume(controller, number, tree)
        case "Drive":
            return _drive(controller, number, tree)
    return None


def _volume(controller: str, number: str, tree: Tree) -> RaidVolume:
    health, state = word(at(tree, "Status.Health")), word(at(tree, "Status.State"))
    states = {"OK": "optimal", "Warning": "degraded", "Critical": "failed"}
    return RaidVolume(
        controller=controller,
        volume=number,
        name=word(tree.get("Name")),
        level=level_of(word(tree.get("RAIDType"))),
        size_bytes=natural(tree.get("CapacityBytes")),
        state=states.get(health or ""),
        told_state=", ".join(filter(None, (health, state if state != "Enabled" else None))) or None,
        write_cache=_cache(word(tree.get("WriteCachePolicy"))),
    )


def _cache(told: str | None) -> str | None:
    known = {"WriteThrough": "write-through", "ProtectedWriteBack": "write-back"}
    return known.get(told or "") or ("always-write-back" if told == "UnprotectedWriteBack" else None)


def _drive(controller: str, number: str, tree: Tree) -> RaidDisk:
    health, state = word(at(tree, "Status.Health")), word(at(tree, "Status.State"))
    spare = word(tree.get("HotspareType"))
    known = (
        "failed"
        if health == "Critical"
        else "missing"
        if state == "Absent"
        else "spare"
        if spare
        else "online"
    )
    return RaidDisk(
        controller=controller,
        slot=word(at(tree, "PhysicalLocation.PartLocation.ServiceLabel")) or number,
        state=known if health else None,
        told_state=", ".join(filter(None, (health, state if state != "Enabled" else None))) or None,
        model=word(tree.get("Model")),
        serial=word(tree.get("SerialNumber")),
        firmware_version=word(tree.get("Revision")),
        size_bytes=natural(tree.get("CapacityBytes")),
        transport=transport_of(tree.get("Protocol")),
        rotational=spins(tree.get("MediaType")),
        smart_alert=flag(tree.get("FailurePredicted")),
        temperature_celsius=celsius(tree.get("CurrentTemperatureCelsius")),
        logical_sector_bytes=natural(tree.get("BlockSizeBytes")),
    )
