"""SMART of drives behind RAID controllers that smartctl's own scan does not list.

smartctl reaches them by a number that only the maker's tool tells (smartctl(8), -d). The scan finds MegaRAID
drives on Linux by itself; where it does, nothing is asked twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from collectors.collector import Asking, collector
from collectors.question import Answer, Question
from collectors.raid_asking import PCI, TOOLS, installed, rows
from collectors.raid_controller_tables import (
    ControllerTool,
    RaidController,
    RaidDisk,
    RaidVolume,
    StorageController,
)
from collectors.smart_identity import RAID_VOLUME
from collectors.smart_values import items, text
from collectors.table import Row
from collectors.tools import arcconf, ssacli, storcli, tw_cli
from collectors.tools.smartctl import ASKABLE, DISKS, MOST, READ, SCAN

_TELL = (
    *(forms[0] for forms in storcli.FORMS.values()),
    *ssacli.FORMS.values(),
    arcconf.CONFIGURATION,
    tw_cli.SHOW,
    tw_cli.OF_ONE,
)
_NODES = (("9750", "twl"), ("7", "twe"), ("8", "twe"))
"""Device nodes of 3ware controllers by model: 9750 twl, 7000 and 8000 twe, the others twa."""


@dataclass(frozen=True, slots=True)
class Volume:
    """A disk of the system that is a volume of a controller, and the number of its SCSI host."""

    device: str
    host: str


@collector("raid-smart", asks=(PCI, TOOLS, SCAN, DISKS, *_TELL, READ))
def ask() -> Asking:
    """SMART of drives behind RAID controllers, by the numbers that the makers' tools tell"""
    (bus,) = yield [PCI()]
    families = {row.family for row in rows(bus) if isinstance(row, StorageController)}
    if not families & {"megaraid", "smartarray", "adaptec", "3ware"}:
        return
    scan, disks, listed = yield [SCAN(), DISKS(), TOOLS()]
    if scan.refusal is not None:
        return
    tools = [row for row in rows(listed) if isinstance(row, ControllerTool)]
    volumes = list(_volumes(disks))
    wanted: list[tuple[str, str]] = []
    for family in sorted(families):
        told: list[Row] = []
        for question in _questions(family, tools):
            (answer,) = yield [question]
            told.extend(rows(answer))
        if family == "3ware":
            numbers = sorted(
                {row.controller.partition(":")[2] for row in told if isinstance(row, RaidController)}
            )
            for number in numbers if installed(tools, ("tw_cli",)) else ():
                (answer,) = yield [tw_cli.OF_ONE(number=number)]
                told.extend(rows(answer))
        wanted.extend(_reached(family, told, volumes))
    missed = [(kind, device) for kind, device in dict.fromkeys(wanted) if not _scanned(scan, kind)]
    if missed:
        yield [READ(type=kind, device=device) for kind, device in missed[:MOST]]


def _questions(family: str, tools: list[ControllerTool]) -> Iterator[Question]:
    """What tells the drives, as the collector of the family asks it too: the answer is the same one."""
    if family == "megaraid" and (program := installed(tools, storcli.PROGRAMS)):
        yield storcli.FORMS[program][0]()
    if family == "smartarray" and (program := installed(tools, ssacli.PROGRAMS)):
        yield ssacli.FORMS[program]()
    if family == "adaptec" and installed(tools, ("arcconf",)):
        yield arcconf.CONFIGURATION(number="1")
    if family == "3ware" and installed(tools, ("tw_cli",)):
        yield tw_cli.SHOW()


def _volumes(answer: Answer) -> Iterator[Volume]:
    """Disks that lsblk lists and that are volumes by their vendor or model."""
    if answer.refusal is not None:
        return
    try:
        tree = json.loads(answer.text)
    except ValueError:
        return
    for _, one in items(tree, "blockdevices"):
        name, hctl = text(one.get("name")) or "", text(one.get("hctl")) or ""
        words = f"{text(one.get('vendor')) or ''} {text(one.get('model')) or ''}"
        if RAID_VOLUME.search(words) and ASKABLE.fullmatch(f"/dev/{name}"):
            yield Volume(f"/dev/{name}", hctl.partition(":")[0])


def _reached(family: str, told: Sequence[Row], volumes: Sequence[Volume]) -> Iterator[tuple[str, str]]:
    """Type and device for smartctl of every drive told."""
    drives = [row for row in told if isinstance(row, RaidDisk) and row.state != "missing"]
    devices = {row.controller: row.device for row in told if isinstance(row, RaidVolume) and row.device}
    models = {row.controller: row.model or "" for row in told if isinstance(row, RaidController)}
    count: dict[str, int] = {}
    for row in drives:
        number = row.device_number if re.fullmatch(r"\d{1,4}", row.device_number or "") else None
        device = devices.get(row.controller) or (volumes[0].device if volumes else None)
        place = count[row.controller] = count.get(row.controller, -1) + 1
        if family == "3ware" and number:
            yield f"3ware,{number}", _node(row.controller, models.get(row.controller, ""))
        elif device is None or not ASKABLE.fullmatch(device):
            continue
        elif family == "megaraid" and number and row.state != "jbod":
            yield f"megaraid,{number}", device
        elif family == "smartarray" or "SmartRAID" in models.get(row.controller, ""):
            yield f"cciss,{place}", device
        elif family == "adaptec" and number and volumes and volumes[0].host.isdigit():
            yield f"aacraid,{volumes[0].host},0,{number}", device


def _node(controller: str, model: str) -> str:
    kind = next((node for start, node in _NODES if model.startswith(start)), "twa")
    return f"/dev/{kind}{controller.partition(':')[2] or 0}"


def _scanned(scan: Answer, kind: str) -> bool:
    """Whether the scan lists this very type: then the collector of smartctl asks it."""
    return re.search(rf"""["+ ]{re.escape(kind)}\b""", scan.text) is not None
