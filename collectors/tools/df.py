"""Space and inodes: df(1) of GNU, BusyBox, BSD and macOS, with plain, human or block sizes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from collectors.block_tables import FsUsage, Mount
from collectors.collector import Asking, collector, reader
from collectors.decoding import look_into
from collectors.fact import At, Missing, Reading
from collectors.file_system_types import holds_data, over_network, source_holds_data
from collectors.plain_text import is_prompt, not_understood, numbered_lines, size_bytes, unopened
from collectors.question import Answer, Form, Question
from collectors.tools.host import PSUTIL
from collectors.tools.mounts import MOUNT, MOUNTINFO, askable

# -l before anything else: a server that is gone must not hold up the answer about the disks here
DF_SPACE = Form(("df", "-l", "-P", "-B1", "-T"), reads="df", why="Space of local file systems")
DF_INODES = Form(("df", "-l", "-P", "-i", "-T"), reads="df", why="Inodes of local file systems")
DF_PLAIN = Form(("df", "-P", "-k"), reads="df", why="Space, where df knows no -B", timeout_seconds=20)
DF_ONE = Form(
    ("df", "-P", "-B1", "-T", "{mountpoint}"),
    reads="df",
    why="Space of one network file system, which may not answer",
    timeout_seconds=10,
)

_UNITS = {"512-blocks": 512, "1K-blocks": 1024, "1024-blocks": 1024, "1-blocks": 1, "1B-blocks": 1}
_HEADING = re.compile(
    r"Filesystem\s+(?P<type>Type\s+)?(?P<unit>\d+[KMG]?B?-blocks|Size|Inodes|blocks)\s+(?:Used|IUsed)\s+"
    r"(?:Available|Avail|IFree)\s+(?P<share>Capacity|Use%|IUse%|%Used)"
    r"(?P<inodes>\s+iused\s+ifree\s+%iused)?\s+Mounted on\s*"
)
_AMOUNT = r"(-|-?\d+(?:[.,]\d+)?(?:[KMGTPEZY]i?)?B?)"
_SHARE = r"(-|\d+(?:\.\d+)?%)"


@collector("file-systems", asks=(MOUNTINFO, DF_SPACE, DF_INODES, DF_PLAIN, DF_ONE, PSUTIL, MOUNT))
def ask() -> Asking:
    """Mounted file systems, their space and inodes"""
    (mounted,) = yield (MOUNTINFO(),)
    if not mounted.stdout:  # not Linux
        (told,) = yield (PSUTIL(),)
        if told.refusal is not None:
            yield (MOUNT(), DF_PLAIN())
        return
    (space,) = yield (DF_SPACE(),)
    if space.refusal is None and not_understood(space):
        yield (DF_PLAIN(),)
    else:
        yield (DF_INODES(), *_network(mounted))


def _network(mounted: Answer) -> list[Question]:
    told = look_into(mounted, "mountinfo") if mounted.refusal is None else ()
    rows = [one.row for one in told if isinstance(one, At) and isinstance(one.row, Mount)]
    return [
        DF_ONE(mountpoint=row.mountpoint)
        for row in rows
        if over_network(row.fs_type, row.source) and askable(row.mountpoint)
    ]


@dataclass(frozen=True, slots=True)
class _Layout:
    """What a heading line says of the lines below it."""

    pattern: re.Pattern[str]
    unit: int | None
    inodes_only: bool
    inodes_too: bool
    typed: bool


def recognises(text: str) -> float:
    lines = [line for _, line in numbered_lines(text[:3000]) if line.strip() and not is_prompt(line)]
    return 0.98 if lines and _HEADING.fullmatch(lines[0]) else 0.0


@reader("df", fills=(FsUsage,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """space and inodes as df prints them"""
    layout: _Layout | None = None
    held = ""
    if answer.question.argv == DF_SPACE.argv and not_understood(answer):
        return  # asked again in words that every df knows, and that answer counts
    for number, line in numbered_lines(answer.text):
        if match := _HEADING.fullmatch(line):
            layout = _layout(match["unit"], match["type"] is not None, match["inodes"] is not None)
        elif layout is None or not line.strip() or is_prompt(line):
            if line.strip() and not is_prompt(line):
                yield Missing(FsUsage, "unreadable", f"line {number}: {line.strip()[:120]}")
        elif match := layout.pattern.fullmatch(f"{held} {line}".strip()):
            held = ""
            row = _row(layout, match)
            if row is not None:
                yield At(row, f"line {number}")
        elif not held:
            held = line.strip()  # a long source stands on a line of its own
        else:
            yield Missing(FsUsage, "unreadable", f"line {number}: {held[:60]} {line.strip()[:60]}")
            held = ""
    if held:
        yield Missing(FsUsage, "unreadable", f"not understood: {held[:120]}")
    if layout is None:
        yield Missing(FsUsage, "empty", answer.complaint or "df told nothing")
    yield from _refused(answer)


@lru_cache(maxsize=16)
def _layout(unit: str, typed: bool, inodes_too: bool) -> _Layout:
    parts = [r"(.+?)", r"([\w.-]+)" if typed else "()", _AMOUNT, _AMOUNT, _AMOUNT, _SHARE]
    parts += [_AMOUNT, _AMOUNT, _SHARE] if inodes_too else []
    between = r"\s+".join(part for part in parts if part != "()")
    blocks = re.fullmatch(r"(\d+[KMG]?)B?-blocks", unit)
    return _Layout(
        re.compile(between + r"\s+(/.*|[A-Z]:\\?.*)"),
        None if not blocks else _UNITS.get(unit, size_bytes(blocks[1])),
        unit == "Inodes",
        inodes_too,
        typed,
    )


def _row(layout: _Layout, match: re.Match[str]) -> FsUsage | None:
    words = list(match.groups())
    source = words.pop(0)
    fs_type = words.pop(0) if layout.typed else None
    mountpoint = words[-1].strip()
    if not (
        holds_data(fs_type, mountpoint) if fs_type is not None else source_holds_data(source, mountpoint)
    ):
        return None
    told: dict[str, int | None] = {}
    if layout.inodes_only:
        total = _amount(words[0], 1)
        told = {"inodes": total or None, "inodes_used": _amount(words[1], 1) if total else None}
    else:
        names = ("size_bytes", "used_bytes", "available_bytes")
        told = {name: _amount(word, layout.unit) for name, word in zip(names, words, strict=False)}
    if layout.inodes_too:
        used, free = _amount(words[4], 1), _amount(words[5], 1)
        fixed = used is not None and free is not None and 0 < used + free < 1 << 62
        told |= {
            "inodes": (used or 0) + (free or 0) if fixed else None,
            "inodes_used": used if fixed else None,
        }
    return FsUsage(mountpoint=mountpoint, source=source, fs_type=fs_type, **told)


def _amount(word: str, unit: int | None) -> int | None:
    """*unit* None: sizes as people read them (`1.8T`), or plain bytes."""
    sign = -1 if word.startswith("-") and len(word) > 1 else 1
    size = size_bytes(word.removeprefix("-"))
    if size is None or size * (unit or 1) >= 1 << 72:
        return None
    return sign * size * (unit or 1)


def _refused(answer: Answer) -> Iterator[Reading]:
    for path, why in unopened(answer).items():
        if not path.startswith(("/run/user/", "/proc/", "/sys/", "/dev/")):
            yield Missing(FsUsage, "denied" if "ermi" in why else "failed", why, path)
