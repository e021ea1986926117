"""MegaRAID and PERC controllers as storcli, perccli and storcli2 tell of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from collectors.collector import Asking, collector, reader
from collectors.fact import Missing, Reading
from collectors.question import Answer, Form, Question
from collectors.raid_asking import PCI, TOOLS, asking
from collectors.raid_controller_tables import ALL
from collectors.raid_words import sentence
from collectors.smart_json import documents
from collectors.storcli_json import rows_of
from collectors.storcli_text import tree_of

PROGRAMS = (
    *("storcli64", "perccli64", "storcli2", "storcli", "perccli"),
    *("/opt/MegaRAID/storcli/storcli64", "/opt/MegaRAID/perccli/perccli64"),
    *("/opt/MegaRAID/storcli2/storcli2", "/opt/MegaRAID/perccli2/perccli2"),
)
QUESTIONS = {
    ("/cALL", "show", "all", "J"): "controllers, their volumes, drives and batteries",
    ("/cALL/vALL", "show", "all", "J"): "cache policies, and which disks the volumes are to the system",
    ("/cALL/eALL/sALL", "show", "all", "J"): "serial numbers and error counters of the drives",
    ("/cALL", "show", "patrolread", "J"): "whether drives are read for errors",
    ("/cALL", "show", "cc", "J"): "whether copies and parity are compared",
    ("/cALL/bbu", "show", "all", "J"): "state of the cache battery",
    ("/cALL/cv", "show", "all", "J"): "state of the cache's capacitor",
}
FORMS = {
    program: tuple(
        Form((program, *words), "storcli-json", why, right="root", timeout_seconds=120.0)
        for words, why in QUESTIONS.items()
    )
    for program in PROGRAMS
}


@collector("storcli", asks=(PCI, TOOLS, *(form for forms in FORMS.values() for form in forms)))
def ask() -> Asking:
    """MegaRAID and PERC controllers, asked by storcli, perccli or storcli2"""
    yield from asking("megaraid", PROGRAMS, _plan)


def _plan(program: str) -> Asking:
    """One after the other: the firmware answers one tool at a time."""
    for form in FORMS[program]:
        batch: Sequence[Question] = [form()]
        yield batch


def recognises(text: str) -> float:
    head = text[:4000]
    return 1.0 if '"Controllers"' in head and '"Command Status"' in head else 0.0


@reader("storcli-json", fills=ALL, recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """RAID controllers, volumes and drives as storcli tells them in JSON"""
    trees, damaged = documents(answer.text)
    for tree in trees:
        yield from rows_of(tree)
    if not trees and not damaged and recognises_text(answer.text):
        yield from read_text(answer)  # a version that knows no J
        return
    if damaged or not trees:
        for row_type in ALL:
            why = (
                f"JSON cut short at: {sentence(damaged[:80])}"
                if damaged
                else answer.complaint or "no JSON in the answer"
            )
            yield Missing(row_type, "truncated" if damaged else "empty", why)


def recognises_text(text: str) -> float:
    head = text[:4000]
    known = re.search(r"^CLI Version = ", head, re.MULTILINE) and re.search(r"^Status = ", head, re.MULTILINE)
    return 1.0 if known else 0.0


@reader("storcli-text", fills=ALL, recognises=recognises_text)
def read_text(answer: Answer) -> Iterator[Reading]:
    """RAID controllers, volumes and drives as storcli tells them in text"""
    if not recognises_text(answer.text):
        for row_type in ALL:
            yield Missing(row_type, "empty", answer.complaint or "the heading of storcli's text is missing")
        return
    told = list(rows_of(tree_of(answer.text.splitlines())))
    yield from told or (Missing(row_type, "empty", "nothing stands under the heading") for row_type in ALL)
