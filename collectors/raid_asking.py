"""How every collector of hardware RAID begins: is there such a controller, and which tool can tell of it.

The first question is the same for all of them and is put once: what stands on the PCI bus. A host without a
RAID controller is asked nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

from collectors.decoding import NONSENSE, look_into
from collectors.fact import At, NotHere
from collectors.question import Answer, Form, Question
from collectors.raid_controller_tables import ControllerTool, StorageController
from collectors.table import Row

PCI = Form(
    (
        *("grep", "-aH", "", "/sys/bus/pci/devices/*/class", "/sys/bus/pci/devices/*/vendor"),
        *("/sys/bus/pci/devices/*/device", "/sys/bus/pci/devices/*/subsystem_vendor"),
    ),
    reads="pci-storage",
    why="whether there is a RAID controller",
    expand=True,
)
_BUS = (PCI(),)
_FOLDERS = ("/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/", "/opt/MegaRAID/*/")
_NAMES = (
    *("storcli*", "perccli*", "[Mm]ega[Cc]li*", "ssacli", "hpssacli", "hpacucli", "arcconf", "sas[23]ircu"),
    *("mvcli", "tw_cli", "cli64", "areca-cli", "cciss_vol_status", "mpt-status"),
)
TOOLS = Form(
    (*("ls", "-d"), *(f"{folder}{name}" for folder in _FOLDERS for name in _NAMES)),
    reads="controller-tools",
    why="which tools of RAID controllers are installed; only where there is such a controller",
    expand=True,
)

Plan = Callable[[str], Generator[Sequence[Question], Sequence[Answer], None]]
"""Asks one tool, given the word it is called by."""


def rows(answer: Answer) -> list[Row]:
    """What the answer's reader makes of it; nothing of a refused or senseless answer."""
    if answer.refusal is not None:
        return []
    try:
        told = [
            one.row if isinstance(one, At) else one for one in look_into(answer) if type(one) is not NotHere
        ]
    except NONSENSE:
        return []
    return [one for one in told if isinstance(one, Row)]


def asking(
    family: str, programs: tuple[str, ...], plan: Plan
) -> Generator[Sequence[Question], Sequence[Answer], None]:
    """Put the questions of *plan* with the first of *programs* that is there, if the host has the family."""
    (bus,) = yield _BUS
    controllers = [row for row in rows(bus) if isinstance(row, StorageController) and row.family == family]
    if not controllers:
        return
    (listed,) = yield [TOOLS()]
    program = installed([row for row in rows(listed) if isinstance(row, ControllerTool)], programs)
    if program:
        yield from plan(program)


def installed(tools: list[ControllerTool], programs: tuple[str, ...]) -> str | None:
    """The word to call the tool by: its name where the search path has it, else its whole path."""
    for program in programs:
        for tool in tools:
            if tool.path == program or (tool.name == program and tool.path.startswith("/usr/")):
                return program
    return None
