"""Areca controllers as their cli64 (areca-cli in some distributions) tells of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.collector import Asking, collector, reader
from collectors.fact import Missing, Reading
from collectors.question import Answer, Form
from collectors.raid_asking import PCI, TOOLS, asking
from collectors.raid_controller_tables import ALL, RaidController
from collectors.raid_rows import Drafts
from collectors.raid_words import (
    action_of,
    battery_state,
    controller_status,
    day_of,
    disk_state,
    level_of,
    percent_of,
    sentence,
    size_of,
    volume_state,
    word,
)
from collectors.smart_values import natural

PROGRAMS = ("cli64", "areca-cli")
FORMS = {
    program: tuple(
        Form((program, *words), "areca", why, right="root")
        for words, why in (
            (("sys", "info"), "controller and firmware"),
            (("rsf", "info"), "raid sets"),
            (("vsf", "info"), "volumes"),
            (("disk", "info"), "drives"),
            (("hw", "info"), "battery and enclosure"),
        )
    )
    for program in PROGRAMS
}
CONTROLLER = "areca:1"
"""The tool speaks to one controller at a time; without being told otherwise, to the first."""


@collector("areca", asks=(PCI, TOOLS, *(form for forms in FORMS.values() for form in forms)))
def ask() -> Asking:
    """Areca controllers"""
    yield from asking("areca", PROGRAMS, _plan)


def _plan(program: str) -> Asking:
    for form in FORMS[program]:
        yield [form()]


_TABLES = (
    ("disk", re.compile(r"^\s*# +(?:Ch#|Enc#) .*(?:ModelName|Usage)", re.MULTILINE)),
    ("raid set", re.compile(r"^\s*# +Name +Disks +TotalCap", re.MULTILINE)),
    ("volume", re.compile(r"^\s*# +Name +Raid Name +Level", re.MULTILINE)),
    (
        "controller",
        re.compile(r"^\s*(?:The System Information|The Hardware Monitor Information)", re.MULTILINE),
    ),
)


def recognises(text: str) -> float:
    head = text[:20000]
    return (
        0.97 if any(pattern.search(head) for _, pattern in _TABLES) else 0.6 if "GuiErrMsg<" in head else 0.0
    )


@reader("areca", fills=ALL, recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """Areca controllers, raid sets, volumes and drives as cli64 tells them"""
    drafts, place = Drafts(), ""
    for number, line in enumerate(answer.text.splitlines(), 1):
        begun = next((name for name, pattern in _TABLES if pattern.match(line)), None)
        if begun:
            place = begun
        elif line.strip() and not set(line.strip()) <= {"="} and "GuiErrMsg" not in line:
            _line(place, line, f"line {number}", drafts)
    spares = [one.told.get("state") for one in drafts.disks.values()]
    if spares:
        drafts.controller(CONTROLLER, "the table of drives").tell(spare_count=spares.count("spare"))
    yield from drafts.rows()
    outcome = re.search(r"GuiErrMsg<(0x[0-9a-fA-F]+)>: *(.*?)\.?\s*$", answer.text, re.MULTILINE)
    if outcome and outcome[1].lower() != "0x00":
        yield Missing(RaidController, "failed", sentence(f"{outcome[1]}: {outcome[2]}"))
    elif place and not outcome:
        yield Missing(RaidController, "truncated", "the last line of the answer is missing")
    elif not place:
        for row_type in ALL:
            yield Missing(row_type, "empty", answer.complaint or "no table in the answer")


def _line(place: str, line: str, where: str, drafts: Drafts) -> None:
    match place:
        case "disk":
            _disk(line, where, drafts)
        case "raid set":
            _raid_set(line, where, drafts)
        case "volume":
            _volume(line, where, drafts)
        case "controller":
            _controller(line, where, drafts)


_DISK = re.compile(
    r"\s*(\d{1,4})\s+(\d{1,3})\s+(?:Slot ?#?\s?(\d+)\s+|(?=\S))(.*?)\s+(\d+(?:\.\d+)?GB)\s+(\S.*?)\s*$"
)


def _disk(line: str, where: str, drafts: Drafts) -> None:
    found = _DISK.match(line)
    if found is None or found[4].strip() in ("N.A.", "") or found[6] == "N.A.":
        return
    usage = found[6]
    known = re.match(
        r"Hot ?Spare|Failed|Free|Pass ?Through|Rebuild|Incompleted|HotSpare|Removed|Missing|Unknown",
        usage,
        re.IGNORECASE,
    )
    state = disk_state(usage) if known else "online"
    slot = f"{int(found[2])}:{int(found[3])}" if found[3] else found[1]
    drafts.disk(CONTROLLER, slot, where).tell(
        device_number=f"{int(found[3])}/{int(found[2])}" if found[3] else found[1],
        group=None if known else usage,
        state=state,
        told_state=usage if known else "in use",
        model=word(found[4]),
        size_bytes=size_of(found[5], decimal=True),
    )


_RAID_SET = re.compile(
    r"\s*(\d{1,3})\s+(.+?)\s+(\d{1,3})\s+(\d[\d.]*GB)\s+(\d[\d.]*GB)\s+(\S+)\s+(\S.*?)\s*$"
)


def _raid_set(line: str, where: str, drafts: Drafts) -> None:
    """A raid set holds volumes of any level; its state is the state of all of them."""
    found = _RAID_SET.match(line)
    if found is None:
        return
    said, count = found[7], natural(found[3])
    drafts.volume(CONTROLLER, f"set {found[1]}", where).tell(
        name=word(found[2]),
        group=word(found[2]),
        size_bytes=size_of(found[4], decimal=True),
        state=volume_state(said),
        told_state=said,
        members_expected=count,
        action=action_of(said) or ("idle" if said == "Normal" else None),
    )


_VOLUME = re.compile(
    r"\s*(\d{1,3})\s+(\S+)\s+(.+?)\s+(Raid\S+|JBOD|PassThr\w*)\s+(\d[\d.]*GB)\s+(\S+)\s+(\S.*?)\s*$",
    re.IGNORECASE,
)


def _volume(line: str, where: str, drafts: Drafts) -> None:
    found = _VOLUME.match(line)
    if found is None:
        return
    said = found[7]
    drafts.volume(CONTROLLER, found[1], where).tell(
        name=word(found[2]),
        group=word(found[3]),
        level=level_of(found[4].replace("1+0", "10")),
        size_bytes=size_of(found[5], decimal=True),
        state=volume_state(said),
        told_state=said,
        action=action_of(said) or ("idle" if said == "Normal" else None),
        action_percent=percent_of(said),
    )


def _controller(line: str, where: str, drafts: Drafts) -> None:
    name, colon, value = line.partition(":")
    if not colon:
        return
    draft, told = drafts.controller(CONTROLLER, where), word(value.strip())
    match name.strip().lower():
        case "controller name":
            draft.tell(model=told)
        case "serial number":
            draft.tell(serial=told)
        case "firmware version":
            draft.tell(firmware_version=told, firmware_released_at=day_of(told))
        case "controller status" | "current state":
            draft.tell(status=controller_status(told), told_status=told)
        case "battery status" | "battery":
            state = "ok" if told and percent_of(told) is not None else battery_state(told)
            draft.tell(
                battery_state=state, told_battery=told, battery_present=state != "missing" if state else None
            )
        case _:
            pass
