"""MegaRAID controllers as MegaCli, the tool before storcli, tells of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.collector import Asking, collector, reader
from collectors.fact import Missing, Reading
from collectors.megacli_text import rows_of
from collectors.question import Answer, Form
from collectors.raid_asking import PCI, TOOLS, asking
from collectors.raid_controller_tables import ALL, RaidController
from collectors.raid_words import sentence
from collectors.tools.storcli import PROGRAMS as STORCLI

PROGRAMS = ("MegaCli64", "megacli64", "megacli", "MegaCli", "/opt/MegaRAID/MegaCli/MegaCli64")
QUESTIONS = {
    ("-AdpAllInfo", "-aALL", "-NoLog"): "controllers",
    ("-LDPDInfo", "-aALL", "-NoLog"): "volumes with their drives",
    ("-PDList", "-aALL", "-NoLog"): "drives, also those of no volume",
    ("-AdpBbuCmd", "-GetBbuStatus", "-aALL", "-NoLog"): "state of the cache battery",
    ("-AdpPR", "-Info", "-aALL", "-NoLog"): "whether drives are read for errors",
}
FORMS = {
    program: tuple(
        Form((program, *words), "megacli", why, right="root", timeout_seconds=120.0)
        for words, why in QUESTIONS.items()
    )
    for program in PROGRAMS
}
_MARK = re.compile(
    r"^\s*(?:Adapter #\d+|Adapter \d+ ?--|BBU status for Adapter|Virtual (?:Drive|Disk): \d+"
    r"|Adapter \d+: Patrol|Enclosure Device ID: \d+|Failed to get .* adapter|Adapter \d+: .*BBU)",
    re.MULTILINE,
)


@collector("megacli", asks=(PCI, TOOLS, *(form for forms in FORMS.values() for form in forms)))
def ask() -> Asking:
    """MegaRAID controllers, asked by MegaCli where its successor is not installed"""
    yield from asking("megaraid", (*STORCLI, *PROGRAMS), _plan)


def _plan(program: str) -> Asking:
    for form in FORMS.get(program, ()):
        yield [form()]


def recognises(text: str) -> float:
    return 0.97 if _MARK.search(text[:20000]) else 0.0


@reader("megacli", fills=ALL, recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """RAID controllers, volumes and drives as MegaCli tells them"""
    told: list[Reading] = list(rows_of(answer.text.splitlines()).rows())
    for line in answer.text.splitlines():
        if re.match(r"\s*(?:Adapter \d+: ?)?(?:Failed to get|Get BBU .* failed|FAILED|ERROR)", line):
            told.append(Missing(RaidController, "failed", sentence(line)))
    yield from told
    if not told or not recognises(answer.text):
        for row_type in ALL:
            yield Missing(row_type, "empty", answer.complaint or "no adapter in the answer")
