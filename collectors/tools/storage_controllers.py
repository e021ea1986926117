"""RAID controllers on the PCI bus, by sysfs, and the makers' tools that are installed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.collector import Asking, collector, reader
from collectors.fact import Missing, NotHere, Reading
from collectors.plain_text import unopened
from collectors.question import Answer
from collectors.raid_asking import PCI, TOOLS, rows
from collectors.raid_controller_tables import (
    ControllerTool,
    RaidController,
    RaidDisk,
    RaidVolume,
    StorageController,
)

_LINE = re.compile(
    r"^/sys/bus/pci/devices/([0-9a-f:.]+)/(class|vendor|device|subsystem_vendor):(0x[0-9a-f]+)\s*$",
    re.MULTILINE | re.IGNORECASE,
)
"""PCI addresses hold colons, as the separator of grep does."""

MEGARAID = ("megaraid", "storcli64 perccli64 MegaCli64")
SMART_ARRAY = ("smartarray", "ssacli")
ADAPTEC = ("adaptec", "arcconf")
MAKERS = {
    ("0x1000", "0x0104"): ("Broadcom (LSI) MegaRAID", *MEGARAID),
    ("0x1000", "0x0107"): ("Broadcom (LSI) SAS", "lsi-ir", "sas3ircu sas2ircu storcli64"),
    ("0x1000", "0x0100"): ("LSI Fusion-MPT", "lsi-ir", "mpt-status"),
    ("0x1028", "0x0104"): ("Dell PERC", *MEGARAID),
    ("0x103c", "0x0104"): ("HPE Smart Array", *SMART_ARRAY),
    ("0x103c", "0x0107"): ("HPE Smart Array", *SMART_ARRAY),
    ("0x0e11", "0x0104"): ("Compaq Smart Array", *SMART_ARRAY),
    ("0x9005", "0x0104"): ("Adaptec", *ADAPTEC),
    ("0x9005", "0x0107"): ("Adaptec", *ADAPTEC),
    ("0x13c1", "0x0104"): ("3ware", "3ware", "tw_cli"),
    ("0x17d3", "0x0104"): ("Areca", "areca", "areca-cli"),
    ("0x1b4b", "0x0104"): ("Marvell", "marvell", "mvcli"),
    ("0x1103", "0x0104"): ("HighPoint", "highpoint", ""),
    ("0x1014", "0x0104"): ("IBM Power RAID", "ipr", ""),
}
"""PCI vendor and class (without the programming interface) → maker, family, tools."""
HPE = ("0x103c", "0x1590")
"""Subsystem vendors of controllers with Adaptec's chip that ssacli speaks to."""

FAMILIES = (
    (r"(?:storcli|perccli)\w*|mega ?cli\w*", "megaraid"),
    (r"ssacli|hpssacli|hpacucli|cciss_vol_status", "smartarray"),
    (r"arcconf", "adaptec"),
    (r"sas[23]ircu|mpt-status", "lsi-ir"),
    (r"mvcli", "marvell"),
    (r"tw_cli", "3ware"),
    (r"cli64|areca-cli", "areca"),
)


@collector("storage-controllers", asks=(PCI, TOOLS))
def ask() -> Asking:
    """RAID controllers, and the tools that can tell of them"""
    (bus,) = yield [PCI()]
    if any(isinstance(row, StorageController) for row in rows(bus)):
        yield [TOOLS()]


def recognises(text: str) -> float:
    return 1.0 if re.search(r"^/sys/bus/pci/devices/[^/\n]+/class:", text[:20000], re.MULTILINE) else 0.0


@reader("pci-storage", fills=(StorageController,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """RAID controllers on the PCI bus"""
    devices: dict[str, dict[str, str]] = {}
    for found in _LINE.finditer(answer.text):
        devices.setdefault(found[1].lower(), {})[found[2]] = found[3].lower()
    denied = [path for path, why in unopened(answer).items() if "ermission" in why]
    if not devices:
        if "No such file" in answer.complaint:
            yield from _none("there is no PCI bus")
            return
        yield Missing(
            StorageController, "denied" if denied else "empty", answer.complaint or "nothing is told"
        )
        return
    found_any = False
    for address, told in sorted(devices.items()):
        row = _controller(address, told)
        if row is not None:
            found_any = True
            yield row
    if denied:
        yield Missing(StorageController, "denied", f"{denied[0]}: permission denied")
    elif not all("class" in told and "vendor" in told for told in devices.values()):
        yield Missing(StorageController, "truncated", "class or vendor of a device is missing")
    elif not found_any:
        yield from _none("no RAID controller on the PCI bus")


def _none(proof: str) -> Iterator[Reading]:
    for row_type in (StorageController, ControllerTool, RaidController, RaidVolume, RaidDisk):
        yield NotHere(row_type, proof)


def _controller(address: str, told: dict[str, str]) -> StorageController | None:
    code, vendor = told.get("class", ""), told.get("vendor", "")
    known = MAKERS.get((vendor, code[:6]))
    if known is None:
        return None
    maker, family, tools = known
    if family == "adaptec" and told.get("subsystem_vendor") in HPE:
        maker, family, tools = ("HPE Smart Array", *SMART_ARRAY)
    return StorageController(
        address=address,
        pci_class=code,
        vendor_id=vendor,
        device_id=told.get("device"),
        subsystem_vendor_id=told.get("subsystem_vendor"),
        maker=maker,
        family=family,
        tools=tools,
        hides_disks=code.startswith("0x0104"),
    )


def _lists_tools(text: str) -> float:
    lines = [line for line in text.splitlines() if line.strip()]
    known = [line for line in lines if line.startswith("/") and _family(line.rpartition("/")[2])]
    return 0.9 if lines and len(known) == len(lines) else 0.0


def _family(name: str) -> str | None:
    return next((family for pattern, family in FAMILIES if re.fullmatch(pattern, name, re.IGNORECASE)), None)


@reader("controller-tools", fills=(ControllerTool,), recognises=_lists_tools)
def read_tools(answer: Answer) -> Iterator[Reading]:
    """Which tools of RAID controllers are installed"""
    found = False
    for line in answer.text.splitlines():
        path = line.strip()
        family = _family(path.rpartition("/")[2])
        if path.startswith("/") and family:
            found = True
            yield ControllerTool(path=path, name=path.rpartition("/")[2], family=family)
    if found:
        return
    if answer.stdout.strip():
        yield Missing(ControllerTool, "unreadable", "no list of files")
    elif "No such file" in answer.complaint:
        yield NotHere(ControllerTool, "none of the known tools is installed")
    else:
        yield Missing(ControllerTool, "empty", answer.complaint or "nothing is told")
