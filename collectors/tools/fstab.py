"""What is to be mounted at boot: /etc/fstab, fstab(5)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.block_tables import FstabEntry
from collectors.collector import Asking, collector, reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.file_system_types import PSEUDO
from collectors.plain_text import is_prompt, numbered_lines, octal_unescaped, whole_number
from collectors.question import Answer, Form

FSTAB = Form(("cat", "/etc/fstab"), reads="fstab", why="What is to be mounted at boot")
_SOURCE = re.compile(r"/\S+|(?:UUID|LABEL|PARTUUID|PARTLABEL|ID)=\S+|//\S+|[\w.\[\]:-]+:/\S*|[\w.-]+")
_PLACE = re.compile(r"/\S*|none|swap|ignore")
_TYPE = re.compile(r"[a-z][\w.,-]*|9p|none|auto")


@collector("fstab", asks=(FSTAB,))
def ask() -> Asking:
    """What is to be mounted at boot"""
    yield (FSTAB(),)


def _fields(line: str) -> list[str] | None:
    """The four to six fields of an entry; None if the line is none."""
    words = line.split()
    if len(words) == 3:
        words.append("defaults")
    if not 4 <= len(words) <= 6 and not (len(words) > 6 and words[6].startswith("#")):
        return None
    shaped = _SOURCE.fullmatch(words[0]) and _PLACE.fullmatch(words[1]) and _TYPE.fullmatch(words[2])
    return words[:6] if shaped and all(word.isdigit() for word in words[4:6]) else None


def recognises(text: str) -> float:
    lines = [line for line in text[:8000].splitlines() if line.strip()]
    entries = [line for line in lines if not line.lstrip().startswith("#")]
    hits = [fields for line in entries if (fields := _fields(line)) is not None and len(fields) > 4]
    if hits and len(hits) * 2 >= len(entries):
        # /proc/mounts has the same six fields, but never UUID=, defaults or swap
        own = any("=" in f[0] or "defaults" in f[3] or f[2] == "swap" or f[3].startswith("no") for f in hits)
        return 0.96 if own else 0.5
    return 0.9 if "UNCONFIGURED FSTAB" in text or "# /etc/fstab" in text else 0.0


@reader("fstab", fills=(FstabEntry,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """what /etc/fstab wants mounted"""
    entries = 0
    for number, line in numbered_lines(answer.text):
        if not line.strip() or line.lstrip().startswith("#") or (is_prompt(line) and not _fields(line)):
            continue
        entries += 1
        fields = _fields(line)
        if fields is None:
            yield Missing(FstabEntry, "unreadable", f"line {number}: {line.strip()[:100]}")
        elif fields[1].startswith("/") and fields[2] not in PSEUDO:
            yield At(_row(fields), f"line {number}")
    if not entries and answer.status and "No such file" in answer.complaint:
        yield NotHere(FstabEntry, "there is no /etc/fstab")
    elif not entries and not answer.status:
        yield NotHere(FstabEntry, "/etc/fstab has no entry")
    elif not entries:
        yield Missing(FstabEntry, "failed", answer.complaint or "nothing is told")


def _row(fields: list[str]) -> FstabEntry:
    return FstabEntry(
        mountpoint=octal_unescaped(fields[1]),
        source=octal_unescaped(fields[0]),
        fs_type=fields[2],
        options=octal_unescaped(fields[3]),
        # a missing sixth field counts as 0, see fstab(5)
        check_pass=whole_number(fields[5]) if len(fields) > 5 else 0,
    )
