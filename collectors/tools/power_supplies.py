"""Power supplies of the machine, as its baseboard controller tells of them: `ipmitool sdr type`.

The words are those of the IPMI specification's sensor types (8, power supply) and of its generic states of
redundancy, as ipmitool(1) prints them; Redfish resources of type Power and PowerSupply tell the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.collector import Asking, collector, reader
from collectors.fact import At, GapReason, Missing, NotHere, Reading
from collectors.plain_text import is_prompt, numbered_lines
from collectors.power_tables import PowerUnit
from collectors.question import Answer, Form
from collectors.raid_words import word
from collectors.smart_json import documents
from collectors.smart_values import Tree, at, items

HERE = Form(
    ("ls", "-d", "/sys/class/ipmi/ipmi*"),
    reads="ipmi-here",
    why="Whether the machine has a baseboard controller that can be asked",
    expand=True,
)
SUPPLIES = Form(
    ("ipmitool", "sdr", "type", "Power Supply"),
    reads="ipmi-power",
    why="Whether every power supply works; only where there is a baseboard controller",
    right="root",
    timeout_seconds=60.0,
)
_LINE = re.compile(r"(\S.*?)\s*\| ([0-9A-Fa-f]{2})h \| (\w+)\s*\|\s*([\d.]+)\s*\|\s*(.*?)\s*")
_LOST = re.compile(
    r"failure detected|power supply ac lost|ac lost|input lost|config(?:uration)? error|redundancy lost"
    r"|non-redundant|insufficient",
    re.IGNORECASE,
)
_WEAK = re.compile(r"predictive failure|redundancy degraded|out-of-range", re.IGNORECASE)
_WELL = re.compile(r"presence detected|fully redundant", re.IGNORECASE)


@collector("power-supplies", asks=(HERE, SUPPLIES))
def ask() -> Asking:
    """Power supplies, by the baseboard controller"""
    (here,) = yield (HERE(),)
    if here.refusal is None and "/sys/class/ipmi/ipmi" in here.text:
        yield (SUPPLIES(),)


@reader("ipmi-here", fills=(PowerUnit,), recognises=lambda text: 0.0)
def read_here(answer: Answer) -> Iterator[Reading]:
    """whether the machine has a baseboard controller"""
    if "/sys/class/ipmi/ipmi" in answer.text:
        return
    if "No such file" in answer.complaint:
        yield NotHere(PowerUnit, "no baseboard controller is known to the kernel")
    else:
        yield Missing(PowerUnit, "failed", answer.complaint or "ls told nothing")


def recognises(text: str) -> float:
    lines = [line for _, line in numbered_lines(text[:8000]) if line.strip() and not is_prompt(line)]
    hits = sum(_LINE.fullmatch(line) is not None for line in lines)
    return 0.9 * hits / len(lines) if lines and hits * 2 > len(lines) else 0.0


@reader("ipmi-power", fills=(PowerUnit,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """power supplies as ipmitool tells them"""
    found = False
    for number, line in numbered_lines(answer.text):
        match = _LINE.fullmatch(line)
        if match is None:
            if line.strip() and not is_prompt(line):
                yield Missing(PowerUnit, "unreadable", f"line {number}: {line.strip()[:120]}")
            continue
        found = True
        name, _, status, _, said = match.groups()
        yield At(_unit(name, said, read=status != "ns"), f"line {number}")
    if not found:
        told = answer.complaint
        reason: GapReason = "denied" if re.search("ermission|root", told) else "failed" if told else "empty"
        yield Missing(PowerUnit, reason, told or "no power supply is told")


def _unit(name: str, said: str, *, read: bool) -> PowerUnit:
    """A number (watts, volts) and `No Reading` say nothing of the state."""
    state = None
    if read and said:
        state = (
            "lost"
            if _LOST.search(said)
            else "weak"
            if _WEAK.search(said)
            else "well"
            if _WELL.search(said)
            else None
        )
    return PowerUnit(name=(word(name) or "?")[:60], state=state, told_state=word(said))


_TYPE = re.compile(r'"@odata\.type"\s*:\s*"#Power(?:Supply)?\.')


def _recognises_redfish(text: str) -> float:
    return 0.97 if _TYPE.search(text[:20000]) and '"PowerSuppl' in text else 0.0


@reader("redfish-power", fills=(PowerUnit,), recognises=_recognises_redfish)
def read_redfish(answer: Answer) -> Iterator[Reading]:
    """power supplies and their redundancy as Redfish tells them"""
    trees, damaged = documents(answer.text)
    found = False
    for tree in trees:
        for name in ("PowerSupplies", "Redundancy"):
            for number, one in items(tree, name):
                found = True
                yield At(_of_redfish(one), f"{name}[{number}]")
        if str(tree.get("@odata.type")).startswith("#PowerSupply."):
            found = True
            yield At(_of_redfish(tree), "$")
    if damaged or not found:
        reason: GapReason = "truncated" if damaged else "empty"
        yield Missing(PowerUnit, reason, "the JSON is cut short" if damaged else "no power supply is told")


def _of_redfish(one: Tree) -> PowerUnit:
    health, state = word(at(one, "Status.Health")), word(at(one, "Status.State"))
    known = {"OK": "well", "Warning": "weak", "Critical": "lost"}.get(health or "")
    if state in ("UnavailableOffline", "Disabled"):
        known = "lost"
    told = ", ".join(filter(None, (health, state if state != "Enabled" else None)))
    name = word(one.get("Name")) or word(one.get("MemberId")) or "?"
    return PowerUnit(name=name[:60], state=None if state == "Absent" else known, told_state=told or None)
