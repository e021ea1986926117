"""Arrays as `mdadm --detail`, members as `mdadm --examine` tell them (mdadm's Detail.c, super1.c)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.block_tables import MdDetail, MdStatus, MdSuperblock
from collectors.collector import Asking, collector, reader
from collectors.decoding import look_into
from collectors.fact import At, GapReason, Missing, Reading
from collectors.mdadm_text import Section, detail_of, export_of, sections, superblocks_of
from collectors.plain_text import numbered_lines, whole_number
from collectors.question import Answer, Form, Question
from collectors.tools.md_monitor import MD_CHECKS, MD_MONITOR
from collectors.tools.md_sysfs import MD_SYSFS
from collectors.tools.mdstat import MDSTAT

MDADM_DETAIL = Form(
    ("mdadm", "--detail", "{array}"),
    reads="mdadm-detail",
    why="Members, UUID and state of an md array",
    right="root",
)
MDADM_EXAMINE = Form(
    ("mdadm", "--examine", "{member}"),
    reads="mdadm-examine",
    why="What the members of an array that does not run remember of it",
    right="root",
)


@collector("md", asks=(MDSTAT, MD_SYSFS, MD_MONITOR, MD_CHECKS, MDADM_DETAIL, MDADM_EXAMINE))
def ask() -> Asking:
    """Linux software RAID: arrays, members, checks, and whether anybody is told"""
    (mdstat,) = yield (MDSTAT(),)
    told = look_into(mdstat, "mdstat") if mdstat.refusal is None else ()
    arrays = [one.row for one in told if isinstance(one, At) and isinstance(one.row, MdStatus)]
    if arrays or mdstat.refusal is not None:
        yield (MD_SYSFS(), MD_MONITOR(), MD_CHECKS(), *_each(arrays))


def _each(arrays: list[MdStatus]) -> list[Question]:
    details = [MDADM_DETAIL(array=f"/dev/{array.array}") for array in arrays]
    asleep = [array for array in arrays if not array.active and not array.container]
    members = sorted({word.partition("[")[0] for array in asleep for word in array.members.split()})
    return details + [MDADM_EXAMINE(member=f"/dev/{member}") for member in members]


def _recognises_detail(text: str) -> float:
    head = text[:20000]
    if re.search(r"^[> \t]*MD_LEVEL=", head, re.MULTILINE):
        return 1.0
    lines = re.search(
        r"^[> \t]*(?:Raid Level|Raid Devices|Working Devices|Total Devices) :", head, re.MULTILINE
    )
    return 0.95 if lines and not re.search(r"^[> \t]*Magic : ", head, re.MULTILINE) else 0.0


@reader("mdadm-detail", fills=(MdDetail,), recognises=_recognises_detail)
def read_detail(answer: Answer) -> Iterator[Reading]:
    """md arrays as mdadm --detail tells them, also with --export"""
    said = answer.text
    lines = [(number, line.rstrip()) for number, line in numbered_lines(said)]
    if "MD_LEVEL=" in said and any(line.lstrip().startswith("MD_LEVEL=") for _, line in lines):
        yield from export_of(lines, answer.question.argv[-1])
        return
    found = [section for section in sections(lines, answer.question.argv[-1]) if section.values]
    for section in found:
        yield At(detail_of(section), f"line {section.line}")
        yield from _cut(section)
    if not found:
        yield _nothing(MdDetail, answer)


def _cut(section: Section) -> Iterator[Reading]:
    array = section.name.removeprefix("/dev/")
    if "State" not in section.values and section.values.get("Raid Level") != "container":
        yield Missing(MdDetail, "truncated", "its state is missing", array)
    slots = whole_number(section.values.get("Raid Devices")) or 0
    if not section.members or sum(slot is not None for slot, _, _ in section.members) < slots:
        yield Missing(MdDetail, "truncated", "the table of its members is missing or cut short", array)


def _recognises_examine(text: str) -> float:
    return (
        0.97
        if re.search(r"^[> \t]*Magic : (?:a92b4efc|de11de11|Intel Raid ISM)", text[:20000], re.MULTILINE)
        else 0.0
    )


@reader("mdadm-examine", fills=(MdSuperblock,), recognises=_recognises_examine)
def read_examine(answer: Answer) -> Iterator[Reading]:
    """what members remember of their md array, as mdadm --examine reads it"""
    lines = [(number, line.rstrip()) for number, line in numbered_lines(answer.text)]
    found = [section for section in sections(lines, answer.question.argv[-1]) if "Magic" in section.values]
    for section in found:
        yield from superblocks_of(section)
    for section in sections(lines, answer.question.argv[-1]):
        if "MBR Magic" in section.values:
            yield Missing(MdSuperblock, "unsupported", "holds a partition table, not a member", section.name)
    if not found:
        yield _nothing(MdSuperblock, answer)


def _nothing(row_type: type[MdDetail] | type[MdSuperblock], answer: Answer) -> Missing:
    complaint = answer.complaint
    reason: GapReason = "failed" if complaint else "empty"
    if re.search(r"ermission|super-user|must be root", complaint):
        reason = "denied"
    return Missing(row_type, reason, complaint or "mdadm told nothing")
