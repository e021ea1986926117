"""Fusion-MPT controllers (and Dell SAS, IBM ServeRAID) as sas2ircu and sas3ircu tell of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.collector import Asking, collector, reader
from collectors.fact import GapReason, Missing, Reading
from collectors.question import Answer, Form
from collectors.raid_asking import PCI, TOOLS, asking
from collectors.raid_controller_tables import ALL, RaidController, RaidDisk, RaidVolume
from collectors.raid_rows import Drafts
from collectors.raid_words import (
    action_of,
    disk_state,
    level_of,
    sentence,
    size_of,
    spins,
    transport_of,
    volume_state,
    word,
    wwn_of,
)

PROGRAMS = ("sas3ircu", "sas2ircu")
LISTS = {
    program: Form((program, "LIST"), "sasircu", "which controllers there are", right="root")
    for program in PROGRAMS
}
FORMS = {
    program: Form(
        (program, "{number}", "DISPLAY"),
        "sasircu",
        "controller, volumes and drives",
        right="root",
        timeout_seconds=60.0,
    )
    for program in PROGRAMS
}


@collector("sasircu", asks=(PCI, TOOLS, *LISTS.values(), *FORMS.values()))
def ask() -> Asking:
    """LSI SAS controllers with integrated RAID"""
    yield from asking("lsi-ir", PROGRAMS, _plan)


def _plan(program: str) -> Asking:
    (listed,) = yield [LISTS[program]()]
    numbers = re.findall(r"^\s+(\d{1,2})\s+SAS\w+\s", listed.text, re.MULTILINE)
    if numbers:
        yield [FORMS[program](number=number) for number in numbers[:16]]


_KNOWN = re.compile(
    r"^\s*(?:SAS[23]?IRCU: "
    r"|(?:Avago|Broadcom|LSI)[^\n]* SAS\d? IR Config"
    r"|Read configuration has been initiated|IR volume \d+\s*$)",
    re.IGNORECASE | re.MULTILINE,
)
_PAIR = re.compile(r"\s+(\S.*?)\s*: *(.*?)\s*$")


def recognises(text: str) -> float:
    return 0.97 if _KNOWN.search(text[:20000]) else 0.0


@reader("sasircu", fills=ALL, recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """SAS controllers, volumes and drives as sas2ircu, sas3ircu and ipssend tell them"""
    lines = answer.text.splitlines()
    family = "serveraid" if re.search(r"IBM ServeRAID controller", answer.text[:2000]) else "lsi-ir"
    found = re.search(r"for controller (\d+)", answer.text)
    controller = f"{family}:{found[1][:3] if found else '0'}"
    drafts = _drafts(lines, controller)
    yield from drafts.rows()
    failed = re.search(
        r"^\S*IRCU: (Error executing.*|.*(?:denied|MPT2/3|not found|fail).*)$",
        answer.text,
        re.MULTILINE | re.IGNORECASE,
    )
    none = re.search(r"no IR volumes", answer.text)
    if failed and not none:
        reason: GapReason = "denied" if "denied" in failed[1].lower() else "failed"
        for row_type in ALL:
            yield Missing(row_type, reason, sentence(failed[1]))
    elif not (drafts.controllers or drafts.volumes or drafts.disks):
        if none:
            yield RaidController(controller=controller, volume_count=0)
        elif not re.search(r"Adapter\s+Vendor", answer.text):
            for row_type in ALL:
                yield Missing(row_type, "empty", answer.complaint or "no controller in the answer")
    elif "ompleted" not in answer.text:
        for row_type in (RaidVolume, RaidDisk):
            yield Missing(row_type, "truncated", "the last line of the answer is missing")


def _drafts(lines: list[str], controller: str) -> Drafts:
    drafts = Drafts()
    place, number, told = "", 1, dict[str, str]()
    for at, line in enumerate(lines, 1):
        start = _start(line)
        if start:
            _flush(place, told, controller, f"line {number}", drafts)
            place, number, told = start, at, {}
        elif pair := _PAIR.match(line):
            told.setdefault(pair[1].lower(), pair[2])
    _flush(place, told, controller, f"line {number}", drafts)
    states = [one.told.get("state") for one in drafts.disks.values()]
    for one in drafts.controllers.values():
        one.tell(spare_count=states.count("spare"))
    return drafts


def _start(line: str) -> str | None:
    text = line.strip()
    if found := re.match(r"(?:IR volume|Logical drive number) (\d+)$", text, re.IGNORECASE):
        return f"volume {found[1]}"
    if text == "Controller information":
        return "controller"
    if text.startswith("Device is a"):
        return "disk" if "hard disk" in text.lower() or "solid state" in text.lower() else "other"
    ends = ("Enclosure information", "Physical device information", "IR Volume information", "Initiator at")
    return "other" if text.startswith(ends) else None


def _flush(place: str, told: dict[str, str], controller: str, where: str, drafts: Drafts) -> None:
    if not told:
        return
    if place == "controller":
        drafts.controller(controller, where).tell(
            model=word(told.get("controller type")),
            firmware_version=word(told.get("firmware version")),
            pci_address=_address(told),
        )
    elif place.startswith("volume "):
        _volume(place, told, controller, where, drafts)
    elif place == "disk" and told.get("slot #", "").isdigit():
        _disk(told, controller, where, drafts)


def _address(told: dict[str, str]) -> str | None:
    parts = [told.get(key, "") for key in ("segment", "bus", "device", "function")]
    if not all(part.isdigit() and len(part) < 6 for part in parts):
        return None
    segment, bus, device, function = (int(part) for part in parts)
    return f"{segment:04x}:{bus:02x}:{device:02x}.{function:x}"


def _volume(place: str, told: dict[str, str], controller: str, where: str, drafts: Drafts) -> None:
    said = word(
        told.get("status of volume") or told.get("volume state") or told.get("status of logical drive")
    )
    slots = [value for key, value in told.items() if re.match(r"phy\[\d+\] enclosure#/slot#", key)]
    chunks = told.get("number of chunks", "")
    draft = drafts.volume(controller, place.removeprefix("volume "), where)
    cache = told.get("write cache status", "").lower()
    draft.tell(
        group=place.removeprefix("volume "),
        level=level_of(told.get("raid level")),
        size_bytes=size_of(f"{told.get('size (in mb)', '')} MB"),
        state=volume_state(said),
        told_state=said,
        slots=" ".join(slot.strip() for slot in slots),
        members_expected=len(slots) or (int(chunks) if re.fullmatch(r"\d{1,3}", chunks) else None),
        wwn=wwn_of(told.get("volume wwid")),
        action=action_of(word(told.get("current operation"))) or action_of(said),
        write_cache="write-back" if "back" in cache else "write-through" if "through" in cache else None,
    )


def _disk(told: dict[str, str], controller: str, where: str, drafts: Drafts) -> None:
    slot = f"{told.get('enclosure #', '').strip() or '0'}:{told['slot #'].strip()}"
    said = word(told.get("state"))
    group = next(
        (
            str(one.told["group"])
            for one in drafts.volumes.values()
            if slot in str(one.told.get("slots")).split()
        ),
        None,
    )
    drafts.disk(controller, slot, where).tell(
        group=group,
        state=disk_state(said),
        told_state=said,
        model=word(" ".join(f"{told.get('manufacturer', '')} {told.get('model number', '')}".split())),
        serial=word(told.get("unit serial no(vpd)")) or word(told.get("serial no")),
        wwn=wwn_of(told.get("guid")),
        firmware_version=word(told.get("firmware revision")),
        size_bytes=size_of(f"{told.get('size (in mb)/(in sectors)', '').partition('/')[0]} MB"),
        transport=transport_of(told.get("protocol")),
        rotational=spins(told.get("drive type")),
    )
