"""Marvell controllers (also Dell BOSS, Lenovo and HPE boot cards) as mvcli tells of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.collector import Asking, collector, reader
from collectors.fact import GapReason, Missing, Reading
from collectors.question import Answer, Form
from collectors.raid_asking import PCI, TOOLS, asking
from collectors.raid_controller_tables import ALL
from collectors.raid_rows import Drafts
from collectors.raid_words import (
    action_of,
    disk_state,
    level_of,
    percent_of,
    sentence,
    size_of,
    transport_of,
    volume_state,
    word,
)
from collectors.smart_values import natural

FORMS = tuple(
    Form(("mvcli", "info", "-o", what), "mvcli", why, right="root")
    for what, why in (("hba", "controllers"), ("vd", "volumes"), ("pd", "drives"))
)


@collector("mvcli", asks=(PCI, TOOLS, *FORMS))
def ask() -> Asking:
    """Marvell controllers"""
    yield from asking("marvell", ("mvcli",), _plan)


def _plan(_: str) -> Asking:
    yield [form() for form in FORMS]


_HEADING = re.compile(
    r"^(Adapter|HBA|Virtual Disk|Physical Disk|Block) Information\s*$", re.MULTILINE | re.IGNORECASE
)
_PAIR = re.compile(r"\s*([^:]{1,60}?):\s+(.*?)\s*$")


def recognises(text: str) -> float:
    head = text[:20000]
    if _HEADING.search(head) or re.search(r"^SMART STATUS RETURN:", head, re.MULTILINE):
        return 0.95
    return 0.6 if re.search(r"^SG driver version", head, re.MULTILINE) else 0.0


@reader("mvcli", fills=ALL, recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """Marvell controllers, volumes and drives as mvcli tells them"""
    drafts, place, line_of = Drafts(), "", 1
    health = re.search(r"^SMART STATUS RETURN: *(.+?)\.?\s*$", answer.text, re.MULTILINE)
    if health:
        drive = answer.question.argv[-1] if re.fullmatch(r"\d{1,4}", answer.question.argv[-1]) else "0"
        drafts.disk("marvell:0", drive, "the first lines").tell(smart_alert=health[1].upper() != "OK")
    told: dict[str, str] = {}
    for number, line in enumerate(answer.text.splitlines(), 1):
        heading = _HEADING.match(line)
        pair = _PAIR.match(line)
        begins = pair is not None and pair[1].lower() in ("id", "adapter id", "adapter", "pd id", "block id")
        if heading or (begins and told and place != "block"):
            _flush(place, told, f"line {line_of}", drafts)
            told, line_of = {}, number
            place = heading[1].lower() if heading else place
        if pair:
            told.setdefault(pair[1].strip().lower(), pair[2])
    _flush(place, told, f"line {line_of}", drafts)
    yield from drafts.rows()
    if drafts.controllers or drafts.volumes or drafts.disks or place == "block":
        return
    if re.search(r"No (?:virtual|physical) disk", answer.text, re.IGNORECASE):
        return
    said = re.search(r"^.*(?:error|fail|permission|not found).*$", answer.text, re.IGNORECASE | re.MULTILINE)
    reason: GapReason = "failed" if said else "empty"
    for row_type in ALL:
        why = (
            sentence(said[0]) if said else answer.complaint or "no controller, volume or drive in the answer"
        )
        yield Missing(row_type, reason, why)


def _flush(place: str, told: dict[str, str], where: str, drafts: Drafts) -> None:
    adapter = told.get("adapter", "0") if re.fullmatch(r"\d{1,3}", told.get("adapter", "0")) else "0"
    controller = f"marvell:{adapter}"
    if place in ("adapter", "hba") and told:
        drafts.controller(f"marvell:{told.get('adapter id', adapter)[:3]}", where).tell(
            model=word(told.get("product")) or word(told.get("adapter name")),
            firmware_version=word(told.get("firmware version")),
            driver_version=word(told.get("driver version")),
            mode=word(told.get("controller mode")),
        )
    elif place == "virtual disk" and re.fullmatch(r"\d{1,4}", told.get("id", "")):
        _volume(controller, told, where, drafts)
    elif place == "physical disk" and re.fullmatch(r"\d{1,4}", told.get("pd id", told.get("id", ""))):
        _disk(controller, told, where, drafts)


def _volume(controller: str, told: dict[str, str], where: str, drafts: Drafts) -> None:
    said, doing = word(told.get("status")), word(told.get("bga status"))
    members = told.get("pd raid setup", "").split()
    expected = natural(told.get("# of pds"))
    draft = drafts.volume(controller, told["id"], where)
    cache = told.get("cache mode", "").lower()
    draft.tell(
        name=word(told.get("name")),
        group=told["id"],
        level=level_of(told.get("raid mode")),
        size_bytes=size_of(told.get("size")),
        state=volume_state(said),
        told_state=said,
        slots=" ".join(members),
        members_expected=max(expected or 0, len(members)) or None,
        write_cache="write-back" if "back" in cache else "write-through" if cache else None,
        action=("idle" if doing == "not running" else action_of(f"{told.get('bga type', '')} {doing}"))
        if doing
        else None,
        action_percent=percent_of(told.get("bga progress")),
    )


def _disk(controller: str, told: dict[str, str], where: str, drafts: Drafts) -> None:
    said = word(told.get("pd status")) or word(told.get("status"))
    alert = word(told.get("smart status")) or word(told.get("smart"))
    drafts.disk(controller, told.get("pd id", told.get("id", "")), where).tell(
        device_number=word(told.get("pd id", told.get("id", ""))),
        group=word(told.get("vd id")) or word(told.get("associated vds")),
        state=disk_state(said),
        told_state=said,
        model=word(told.get("model")),
        serial=word(told.get("serial")),
        firmware_version=word(told.get("firmware version")),
        size_bytes=size_of(told.get("size")),
        transport=transport_of(told.get("type")),
        rotational=False if "ssd" in told.get("ssd type", told.get("type", "")).lower() else None,
        smart_alert=None if alert is None else not re.match(r"ok|on|enabled|supported", alert, re.IGNORECASE),
    )
