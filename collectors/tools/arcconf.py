"""Adaptec and Microchip controllers as arcconf tells of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.arcconf_text import rows_of
from collectors.collector import Asking, collector, reader
from collectors.fact import GapReason, Missing, Reading
from collectors.question import Answer, Form
from collectors.raid_asking import PCI, TOOLS, asking
from collectors.raid_controller_tables import ALL, RaidController, RaidVolume
from collectors.raid_words import action_of, sentence

CONFIGURATION = Form(
    ("arcconf", "GETCONFIG", "{number}"),
    "arcconf",
    "controller, cache, battery, logical and physical drives",
    right="root",
    timeout_seconds=120.0,
)
MOST = 8


@collector("arcconf", asks=(PCI, TOOLS, CONFIGURATION))
def ask() -> Asking:
    """Adaptec and Microchip controllers"""
    yield from asking("adaptec", ("arcconf",), _plan)


def _plan(_: str) -> Asking:
    """The first answer says how many controllers there are."""
    (first,) = yield [CONFIGURATION(number="1")]
    found = re.search(r"Controllers found: (\d{1,2})", first.text, re.IGNORECASE)
    count = min(int(found[1]), MOST) if found else 1
    if count > 1:
        yield [CONFIGURATION(number=str(number)) for number in range(2, count + 1)]


_KNOWN = re.compile(
    r"^\s*(?:Controller Status|Logical device name|Status of logical device"
    r"|Device is a Hard drive|Current operation)\s",
    re.IGNORECASE | re.MULTILINE,
)


def recognises(text: str) -> float:
    head = text[:20000]
    told = re.search(r"^Controllers found: \d+", head, re.IGNORECASE | re.MULTILINE)
    known = _KNOWN.search(head) or re.search(r"^\s*Device is a Hard drive", head, re.MULTILINE)
    return (
        0.98
        if told and known
        else 0.9
        if re.search(r"^Logical device number \d+", head, re.IGNORECASE | re.MULTILINE)
        else 0.0
    )


@reader("arcconf", fills=ALL, recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """Adaptec controllers, logical and physical drives as arcconf tells them"""
    number = answer.question.argv[-1] if answer.question.argv[-1].isdigit() else "1"
    lines = answer.text.splitlines()
    drafts = rows_of(lines, f"adaptec:{number}")
    yield from drafts.rows()
    if drafts.controllers or drafts.volumes or drafts.disks:
        if "Command completed successfully" not in answer.text and drafts.controllers:
            yield Missing(RaidController, "truncated", "the last line of arcconf's answer is missing")
        return
    tasks = list(_tasks(lines, f"adaptec:{number}"))
    yield from tasks
    if not tasks:
        wrong = re.compile("error|invalid|not found", re.IGNORECASE)
        said = next((sentence(line) for line in lines if wrong.search(line)), "")
        reason: GapReason = (
            "denied" if re.search("root|permission", said, re.IGNORECASE) else "failed" if said else "empty"
        )
        for row_type in ALL:
            yield Missing(row_type, reason, said or answer.complaint or "no controller in the answer")


def _tasks(lines: list[str], controller: str) -> Iterator[Reading]:
    """What GETSTATUS tells: the task that runs on a logical device. Nothing else of it is told."""
    told: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            told[name.strip().lower()] = value.strip()
    doing, number = told.get("current operation"), told.get("logical device")
    if doing and number and number.isdigit():
        share = told.get("percentage complete", "")
        yield RaidVolume(
            controller=controller,
            volume=number[:9],
            action=action_of(doing) or "check",
            action_percent=float(share) if re.fullmatch(r"\d{1,2}|100", share) else None,
        )
