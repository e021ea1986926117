"""/proc/mdstat, as md_seq_show and status_resync of the kernel's drivers/md/md.c and the levels write it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from collectors.block_tables import (
    MdCheck,
    MdDetail,
    MdMember,
    MdMonitor,
    MdStatus,
    MdSuperblock,
    MdSysfs,
)
from collectors.collector import reader
from collectors.fact import At, GapReason, Missing, NotHere, Reading
from collectors.plain_text import is_prompt, numbered_lines
from collectors.question import Answer, Form

MDSTAT = Form(("cat", "/proc/mdstat"), reads="mdstat", why="Which md arrays run, degraded or rebuilding")

_ARRAY = re.compile(r"\s{0,3}(\S+)\s+: (active|inactive|broken)\b\s*(.*)")
_MEMBER = re.compile(r"([^\s\[\]()]+)\[(\d+)\]((?:\([A-Z]\))*)")
_BLOCKS = re.compile(r"\s*(\d+) blocks\b(.*)")
_SLOTS = re.compile(r"\[(\d+)/(\d+)\] \[([A-Za-z_]+)\]")
_SUPER = re.compile(r"\bsuper (\S+)")
_ACTION = re.compile(r"\b(resync|recovery|recover|reshape|check|repair)\s*=\s*(\d+(?:\.\d+)?)%")
_WAITING = re.compile(r"\s*(resync|recovery|recover|reshape|check|repair)\s*=\s*([A-Z]+)\s*$")
_FINISH = re.compile(r"\bfinish=(\d+(?:\.\d+)?)min")
_SPEED = re.compile(r"\bspeed=(\d+)K/sec")
_BITMAP = re.compile(r"\s*bitmap: ")
_TAIL = re.compile(r"\s*(?:finish=|speed=|\(\d+/\d+\))")
_NAMES = {"recover": "recovery"}


@dataclass(slots=True)
class _Block:
    """The lines of one array as they are read."""

    name: str
    line: int
    state: str
    read_only: str | None = None
    level: str | None = None
    members: list[tuple[int, str, str]] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)


def recognises(text: str) -> float:
    head = text[:20000]
    if re.search(r"^[> \t]*Personalities :", head, re.MULTILINE):
        return 1.0
    return 0.9 if re.search(r"^[> \t]*md\S* : (?:(?:in)?active|broken) ", head, re.MULTILINE) else 0.0


@reader("mdstat", fills=(MdStatus,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """md arrays as /proc/mdstat lists them"""
    blocks: list[_Block] = []
    strange: list[str] = []
    opened = closed = False
    for number, line in numbered_lines(answer.text):
        words = line.strip()
        if words.startswith("Personalities"):
            opened = True
        elif words.startswith("unused devices:"):
            closed = True
        elif ": " in line and (match := _ARRAY.match(line)):
            blocks.append(_opened(match, number))
        elif not words or is_prompt(line) or words.startswith("read_ahead"):
            continue
        elif blocks and not closed:
            _take(blocks[-1], line)
        elif not closed:
            strange.append(words)
    if not blocks and not strange and (not opened or not answer.text.strip()):
        yield from _nothing(answer)
        return
    for block in blocks:
        yield from _told(block)
    for line in strange:
        yield Missing(MdStatus, "unreadable", f"line not understood: {line[:120]}")
    if not closed:
        yield Missing(MdStatus, "truncated", "the end of /proc/mdstat is missing: arrays may follow")
    elif not blocks and not strange:
        yield from _no_arrays("/proc/mdstat lists no array")


def _nothing(answer: Answer) -> Iterator[Reading]:
    if answer.status and "No such file" in answer.complaint:
        yield from _no_arrays("no md driver: there is no /proc/mdstat")
        return
    reason: GapReason = "denied" if "denied" in answer.complaint.lower() else "empty"
    yield Missing(MdStatus, reason, answer.complaint or "/proc/mdstat is empty")


def _no_arrays(proof: str) -> Iterator[Reading]:
    for row_type in (MdStatus, MdSysfs, MdMember, MdDetail, MdSuperblock, MdMonitor, MdCheck):
        yield NotHere(row_type, proof)


def _opened(match: re.Match[str], number: int) -> _Block:
    block = _Block(match[1], number, match[2])
    rest = match[3]
    if flag := re.match(r"\((read-only|auto-read-only)\)\s*", rest):
        block.read_only = flag[1]
        rest = rest[flag.end() :]
    first = rest.partition(" ")[0]
    if first and not _MEMBER.fullmatch(first):
        block.level = first
        rest = rest[len(first) :]
    _members(block, rest)
    return block


def _members(block: _Block, words: str) -> None:
    for word in words.split():
        if match := _MEMBER.fullmatch(word):
            block.members.append((int(match[2][:9]), match[1], match[3]))
        else:
            block.strange.append(word)


def _take(block: _Block, line: str) -> None:
    known = (_BLOCKS, _WAITING, _BITMAP, _TAIL)
    if any(pattern.match(line) for pattern in known) or _ACTION.search(line) or _SLOTS.search(line):
        block.body.append(line)
    elif all(_MEMBER.fullmatch(word) for word in line.split()):
        _members(block, line)  # a long list of members, wrapped by a mail program
    else:
        block.strange.append(line.strip())


def _told(block: _Block) -> Iterator[Reading]:
    yield At(_row(block), f"line {block.line}")
    for word in block.strange:
        yield Missing(MdStatus, "unreadable", f"not understood: {word[:120]}", block.name)
    body = "\n".join(block.body)
    if not _BLOCKS.search(body):
        yield Missing(MdStatus, "truncated", "the line with its size and slots is missing", block.name)


def _row(block: _Block) -> MdStatus:
    body = "\n".join(block.body)
    slots, action = _SLOTS.search(body), _ACTION.search(body)
    waiting = next((match for line in block.body if (match := _WAITING.match(line))), None)
    size, metadata = _BLOCKS.search(body), _SUPER.search(body)
    finish, speed = _FINISH.search(body), _SPEED.search(body)
    doing, runs = action or waiting, block.state != "inactive"
    return MdStatus(
        array=block.name,
        active=runs,
        broken=block.state == "broken",
        read_only=block.read_only,
        level=block.level,
        members=" ".join(f"{name}[{slot}]" for slot, name, _ in sorted(block.members)),
        failed_members=_flagged(block, "F"),
        spare_members=_flagged(block, "S"),
        journal_members=_flagged(block, "J"),
        write_mostly_members=_flagged(block, "W"),
        replacement_members=_flagged(block, "R"),
        slots=int(slots[1][:9]) if slots else None,
        slots_in_sync=int(slots[2][:9]) if slots else None,
        slot_map=slots[3] if slots else None,
        action=_NAMES.get(doing[1], doing[1]) if doing else None,
        action_state="running" if action else waiting[2] if waiting else None,
        action_percent=float(action[2]) if action else None,
        action_minutes_left=float(finish[1]) if finish else None,
        action_kib_per_second=int(speed[1][:18]) if speed else None,
        bitmap=any(_BITMAP.match(line) for line in block.body)
        if size and block.state != "inactive"
        else None,
        size_bytes=int(size[1][:18]) * 1024 if size else None,
        metadata=metadata[1] if metadata else None,
        container=_is_container(metadata[1]) if metadata else False if size else None,
    )


def _flagged(block: _Block, letter: str) -> str:
    flag = f"({letter})"
    return " ".join([name for _, name, flags in sorted(block.members) if flag in flags])


def _is_container(metadata: str) -> bool:
    """`external:imsm` is the container itself, always inactive; `external:/md127/0` an array inside."""
    return metadata.startswith("external:") and not metadata.startswith("external:/")
