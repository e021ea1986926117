"""What storcli, perccli and storcli2 say in JSON, as rows; their text is first put in the same shape.

The reference is Broadcom's "StorCLI Reference Manual". One answer holds one entry for each controller; tables
keep their names over the releases, but where they stand differs, so they are known by their columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from collectors.fact import GapReason, Missing, Reading
from collectors.raid_controller_tables import ALL, RaidController
from collectors.raid_rows import Drafts
from collectors.raid_words import controller_status, day_of, word, yes
from collectors.smart_values import Tree, at, branch, celsius, items, natural, whole
from collectors.storcli_battery import battery, scheduled
from collectors.storcli_overview import enclosures, overview
from collectors.storcli_tables import detailed, disks, foreign, rebuilds, topology, volumes

_NOTHING_THERE = re.compile(
    r"no (?:vd|virtual|drive|pd|physical|enclosure|device|foreign)|not (?:found|exist|present)|absent|use /c"
    r"|doesn't exist|un-?supported|not supported|invalid (?:enclosure|vd)",
    re.IGNORECASE,
)


def rows_of(tree: Tree) -> Iterator[Reading]:
    """Rows and gaps of one JSON document."""
    drafts, found = Drafts(), False
    for number, one in items(tree, "Controllers"):
        found = True
        yield from _controller(one, f"Controllers[{number}]", drafts)
    yield from _untold(tree, drafts)
    yield from drafts.rows()
    if not found:
        for row_type in ALL:
            yield Missing(row_type, "empty", "the answer lists no controller")


def _untold(tree: Tree, drafts: Drafts) -> Iterator[Reading]:
    """Controllers that an answer about whole controllers names and says nothing of."""
    entries = [one for _, one in items(tree, "Controllers")]
    if not any("Basics" in branch(one, "Response Data") for one in entries):
        return
    for one in entries:
        status = branch(one, "Command Status")
        number, why = whole(status.get("Controller")), _complaint(status)
        failed = word(status.get("Status")) == "Failure" and not branch(one, "Response Data")
        if failed and number is not None and _NOTHING_THERE.search(why):
            yield Missing(RaidController, "failed", why, f"megaraid:{number}")


def _controller(one: Tree, where: str, drafts: Drafts) -> Iterator[Reading]:
    status, told = branch(one, "Command Status"), branch(one, "Response Data")
    yield from overview(told, f"{where}.Response Data", drafts)
    number = whole(status.get("Controller"))
    if number is None and told and status.get("Controller") is not None:
        yield Missing(RaidController, "unreadable", "the number of the controller is no number")
    told_of = f"megaraid:{number}"
    before = len(drafts.controllers) + len(drafts.volumes) + len(drafts.disks)
    if number is not None and told:
        _read(told_of, told, f"{where}.Response Data", drafts)
    after = len(drafts.controllers) + len(drafts.volumes) + len(drafts.disks)
    if word(status.get("Status")) == "Success" or status.get("Status") is None:
        if not status and not told:
            yield Missing(RaidController, "empty", "no status and no data of the controller", told_of)
        return
    why = _complaint(status)
    if after > before and not re.search(r"fail|incomplete", why, re.IGNORECASE):
        return
    if not _NOTHING_THERE.search(why):
        reason: GapReason = "denied" if re.search("root|permission|privilege", why.lower()) else "failed"
        yield Missing(RaidController, reason, why, told_of if number is not None else "")


def _complaint(status: Tree) -> str:
    words = [word(status.get("Description"))]
    words += [word(one.get("ErrMsg")) for _, one in items(status, "Detailed Status")]
    return "; ".join(filter(None, words)) or "the tool reports a failure without a reason"


def _read(name: str, told: Tree, where: str, drafts: Drafts) -> None:
    _identity(name, told, where, drafts)
    battery(name, told, where, drafts)
    scheduled(name, told, where, drafts)
    foreign(name, told, where, drafts)
    volumes(name, told, where, drafts)
    disks(name, told, where, drafts)
    detailed(name, told, where, drafts)
    rebuilds(name, told, drafts)
    topology(name, told, drafts)
    _properties(name, told, drafts)


def _identity(name: str, told: Tree, where: str, drafts: Drafts) -> None:
    basics, version, status = branch(told, "Basics"), branch(told, "Version"), branch(told, "Status")
    hardware, bus = branch(told, "HwCfg"), branch(told, "Bus")
    if not basics and "Product Name" not in told:
        if trouble := enclosures(told):
            drafts.controller(name, where).tell(enclosure_trouble=trouble)
        return
    draft = drafts.controller(name, where)
    said = word(status.get("Controller Status"))
    draft.tell(
        model=word(basics.get("Model")) or word(told.get("Product Name")),
        serial=word(basics.get("Serial Number")) or word(told.get("Serial Number")),
        pci_address=_address(bus or told),
        firmware_version=word(version.get("Firmware Version")) or word(told.get("FW Version")),
        driver_version=word(version.get("Driver Version")) or word(told.get("Driver Version")),
        status=controller_status(said),
        told_status=said,
        mode=word(at(told, "Capabilities.Current Personality")) or word(hardware.get("Current Personality")),
        temperature_celsius=_chip(hardware),
        memory_correctable_errors=natural(status.get("Memory Correctable Errors")),
        memory_uncorrectable_errors=natural(status.get("Memory Uncorrectable Errors")),
        cache_bytes=_megabytes(hardware.get("On Board Memory Size")),
        preserved_cache=yes(status.get("Any Offline VD Cache Preserved")),
        alarm=_alarm(hardware.get("Alarm")),
        cache_without_battery=yes(at(told, "Defaults.Cache When BBU Bad")),
        volume_count=natural(told.get("Virtual Drives")),
        disk_count=natural(told.get("Physical Drives")),
        enclosure_trouble=enclosures(told),
    )


def _address(bus: Tree) -> str | None:
    parts = [natural(bus.get(k)) for k in ("Domain ID", "Bus Number", "Device Number", "Function Number")]
    if parts[1] is None or parts[2] is None:
        return None
    return f"{parts[0] or 0:04x}:{parts[1]:02x}:{parts[2]:02x}.{parts[3] or 0:x}"


_CHIP = ("ROC temperature", "Ctrl temperature")
_ALARM = {
    "absent": "absent",
    "disable": "off",
    "off": "off",
    "silence": "silenced",
    "enable": "on",
    "on": "on",
}


def _chip(hardware: Tree) -> int | None:
    told = [celsius(value) for key, value in hardware.items() if key.startswith(_CHIP)]
    return next((one for one in told if one is not None), None)


def _megabytes(told: Any) -> int | None:
    found = re.match(r"(\d{1,7}) ?MB", str(told))
    return int(found[1]) << 20 if found else None


def _alarm(told: Any) -> str | None:
    low = str(told or "").lower()
    return next((state for start, state in _ALARM.items() if low.startswith(start)), None)


def _properties(name: str, told: Tree, drafts: Drafts) -> None:
    """Counted at the end: spares, for a controller whose drives are listed."""
    mine = [one.told for key, one in drafts.disks.items() if key[0] == name]
    if name in drafts.controllers and ("PD LIST" in told or mine):
        drafts.controllers[name].tell(spare_count=sum(one.get("state") == "spare" for one in mine))
    made = day_of(at(told, "Version.Firmware Build Date"))
    if made and name in drafts.controllers:
        drafts.controllers[name].tell(firmware_released_at=made)
