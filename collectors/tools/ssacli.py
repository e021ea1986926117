"""HPE Smart Array controllers as ssacli and its forerunners hpssacli and hpacucli tell of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.collector import Asking, collector, reader
from collectors.fact import GapReason, Missing, Reading
from collectors.question import Answer, Form
from collectors.raid_asking import PCI, TOOLS, asking
from collectors.raid_controller_tables import ALL, RaidController
from collectors.raid_words import sentence
from collectors.ssacli_text import rows_of

PROGRAMS = ("ssacli", "hpssacli", "hpacucli")
FORMS = {
    program: Form(
        (program, "ctrl", "all", "show", "config", "detail"),
        "ssacli",
        "controllers, cache, battery, logical and physical drives",
        right="root",
        timeout_seconds=180.0,
    )
    for program in PROGRAMS
}


@collector("ssacli", asks=(PCI, TOOLS, *FORMS.values()))
def ask() -> Asking:
    """HPE Smart Array controllers"""
    yield from asking("smartarray", PROGRAMS, _plan)


def _plan(program: str) -> Asking:
    yield [FORMS[program]()]


_HEADING = re.compile(
    r"^(?:[^\s:(][^:\n(]* in Slot \w+|MSA\w* \S+ in \S.*)(?: \([^()\n]*\))*\s*$", re.MULTILINE
)
_INSIDE = re.compile(
    r"^\s+(?:Controller Status:|(?:logical|physical)drive \S+|array \w+\s*$|Array: |Bus Interface:)",
    re.MULTILINE,
)


def recognises(text: str) -> float:
    head = text[:20000]
    if _HEADING.search(head) and _INSIDE.search(head):
        return 0.98
    return 0.6 if re.search(r"^Error: .*(?:controller|logical drives|device)", head, re.MULTILINE) else 0.0


@reader("ssacli", fills=ALL, recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """Smart Array controllers, logical and physical drives as ssacli tells them"""
    drafts = rows_of(answer.text.splitlines())
    yield from drafts.rows()
    complaint = re.search(r"^\s*Error: (.+)$", answer.text, re.MULTILINE)
    if complaint and not re.search(r"does not have any (?:logical|physical)", complaint[1]):
        denied = re.search(r"root|administrat|privilege|permission", complaint[1], re.IGNORECASE)
        reason: GapReason = "denied" if denied else "failed"
        yield Missing(RaidController, reason, sentence(complaint[1]))
    elif complaint:
        yield Missing(RaidController, "empty", sentence(complaint[1]))
    elif not drafts.controllers:
        for row_type in ALL:
            yield Missing(row_type, "empty", answer.complaint or "no controller in the answer")
