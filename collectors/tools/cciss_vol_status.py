"""Smart Array controllers as the free tool cciss_vol_status tells of them, where ssacli is not installed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.collector import Asking, collector, reader
from collectors.fact import Missing, Reading
from collectors.question import Answer, Form
from collectors.raid_asking import PCI, TOOLS, asking
from collectors.raid_controller_tables import ALL
from collectors.raid_rows import Drafts
from collectors.raid_words import disk_state, level_of, sentence, volume_state, word
from collectors.tools.ssacli import PROGRAMS as SSACLI

STATUS = Form(
    ("cciss_vol_status", "-V", "/dev/sg*", "/dev/cciss/c*d0"),
    "cciss-vol-status",
    "volumes, drives and cache of Smart Array controllers",
    right="root",
    expand=True,
)


@collector("cciss-vol-status", asks=(PCI, TOOLS, STATUS))
def ask() -> Asking:
    """Smart Array controllers, without the maker's tool"""
    yield from asking("smartarray", (*SSACLI, "cciss_vol_status"), _plan)


def _plan(program: str) -> Asking:
    if program == "cciss_vol_status":
        yield [STATUS()]


_VOLUME = re.compile(
    r"\s*(/dev/\S+): \((.*?)\) RAID (\S.*?) Volume (\d+)(?:\([^)]*\))? status: (.*?)\.\s*(.*)$"
)
_DRIVE = re.compile(r"\s+connector (\S+) box (\S+) bay (\S+)\s+(.*?)\s*$")
_ENCLOSURE = re.compile(r"\s*/dev/\S+: \(.*?\) (Enclosure .*) status: (.*?)\.?\s*$")


def recognises(text: str) -> float:
    head = text[:20000]
    if any(_VOLUME.match(line) or _ENCLOSURE.match(line) for line in head.splitlines()):
        return 0.97
    return 0.9 if head.startswith("cciss_vol_status version") else 0.0


@reader("cciss-vol-status", fills=ALL, recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """Smart Array volumes and drives as cciss_vol_status tells them"""
    drafts, controller, part = Drafts(), "smartarray:0", ""
    devices: dict[str, str] = {}
    volume = ""
    for number, line in enumerate(answer.text.splitlines(), 1):
        where = f"line {number}"
        if found := _VOLUME.match(line):
            controller = devices.setdefault(_board(found[1]), f"smartarray:{len(devices)}")
            volume, part = found[4], ""
            _volume(drafts, controller, found, where)
        elif found := _DRIVE.match(line):
            _drive(drafts, controller, volume if part == "Physical" else None, part, found, where)
        elif found := _ENCLOSURE.match(line):
            controller = devices.setdefault(_board(line.split(":")[0].strip()), f"smartarray:{len(devices)}")
            if found[2] != "OK":
                drafts.controller(controller, where).tell(enclosure_trouble=f"{found[1]}: {found[2]}")
        elif found := re.match(r"\s+('?\w+'?) drives:", line):
            part = found[1].strip("'")
        else:
            _controller(drafts, controller, line, where)
    yield from drafts.rows()
    if not (drafts.volumes or drafts.disks or drafts.controllers):
        said = answer.text.strip().splitlines()
        for row_type in ALL:
            yield Missing(
                row_type, "empty", answer.complaint or (sentence(said[0]) if said else "nothing is told")
            )


def _board(device: str) -> str:
    """/dev/cciss/c0 for each of its disks; every sg device of one board stands for itself."""
    found = re.match(r"(/dev/cciss/c\d+)d\d+", device)
    return found[1] if found else "scsi"


def _volume(drafts: Drafts, controller: str, found: re.Match[str], where: str) -> None:
    said, more = word(found[5]), word(found[6])
    trouble = more if more and re.search(r"fail|degraded|not ok|problem", more, re.IGNORECASE) else None
    drafts.controller(controller, where).tell(model=word(found[2]))
    drafts.volume(controller, found[4], where).tell(
        group=found[4],
        level=level_of(found[3]),
        state=volume_state(said),
        told_state=said,
        trouble=trouble,
        device=found[1] if not found[1].startswith("/dev/sg") else None,
        action="recovery" if said and re.search("recover|rebuild", said, re.IGNORECASE) else None,
    )


def _drive(
    drafts: Drafts, controller: str, volume: str | None, part: str, found: re.Match[str], where: str
) -> None:
    words = found[4].split()
    states = {"Failed": "failed", "Replacement": "rebuilding", "Missing": "missing"}
    state = states.get(part) or disk_state(word(words[-1]) if len(words) > 4 else None)
    draft = drafts.disk(controller, f"{found[1]}:{found[2]}:{found[3]}", where)
    firmware = words[3] if len(words) > 3 else None
    draft.tell(
        group=volume,
        state=state,
        told_state=part if part in states else word(words[-1]) if len(words) > 4 else None,
        model=word(" ".join(words[:2])),
        serial=word(words[2]) if len(words) > 2 else None,
        firmware_version=word(firmware),
    )


def _controller(drafts: Drafts, controller: str, line: str, where: str) -> None:
    text = line.strip()
    if found := re.match(r"Running firmware: (\S+)", text):
        drafts.controller(controller, where).tell(firmware_version=word(found[1]))
    elif re.match(r"Write cache temporarily disabled", text):
        drafts.controller(controller, where).told.update(cache_disabled=True, cache_status=text)
    elif re.search(r"batter(?:y|ies).*(?:fail|not at|low)|battery packs are at", text, re.IGNORECASE):
        drafts.controller(controller, where).tell(
            battery_kind="battery", battery_present=True, battery_state="weak", told_battery=text
        )
    elif found := re.match(r"Write cache enabled: (Yes|No)", text):
        drafts.controller(controller, where).tell(cache_status=text)
