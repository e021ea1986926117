"""Mounted file systems: /proc/self/mountinfo (proc(5)); saved files of /proc/mounts and mount(8)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from collectors.block_tables import FsUsage, Mount
from collectors.collector import reader
from collectors.fact import At, Missing, Reading
from collectors.file_system_types import holds_data, over_network
from collectors.plain_text import is_prompt, numbered_lines, octal_unescaped
from collectors.question import Answer, Form

MOUNTINFO = Form(
    ("cat", "/proc/self/mountinfo"), reads="mountinfo", why="Which file systems are mounted, and how"
)

MOUNT = Form(("mount",), reads="mount", why="Which file systems are mounted, on a system without /proc")

_MOUNTINFO = re.compile(
    r"(\d+) (\d+) (\d+:\d+) (\S+) (\S+) (\S+)(?: [^\s:]+:\S+| unbindable)* - (\S+) (\S*) (\S+)\s*"
)
_MOUNTS = re.compile(r"(\S+) (/\S*) ([\w.-]+) (r[wo](?:,\S+)?) (\d+) (\d+)\s*")
_LINUX_MOUNT = re.compile(r"(.+?) on (/.*?) type ([\w.-]+) \(([^()]*)\)(?: \[([^]]*)\])?\s*")
_BSD_MOUNT = re.compile(r"(.+?) on (/.*?) \(([\w.-]+)(?:, ([^()]*))?\)\s*")


def _recogniser(line_pattern: re.Pattern[str], sureness: float) -> Callable[[str], float]:
    def recognises(text: str) -> float:
        lines = [line for _, line in numbered_lines(text[:20000]) if line.strip() and not is_prompt(line)][
            :40
        ]
        hits = sum(line_pattern.fullmatch(line) is not None for line in lines)
        return sureness * hits / len(lines) if lines and hits * 2 >= len(lines) else 0.0

    return recognises


@reader("mountinfo", fills=(Mount,), recognises=_recogniser(_MOUNTINFO, 1.0))
def read(answer: Answer) -> Iterator[Reading]:
    """mounted file systems as /proc/self/mountinfo lists them"""
    if answer.question.argv == MOUNTINFO.argv and "No such file" in answer.complaint:
        return  # not Linux: asked in another way, and that answer counts
    mounts: dict[str, tuple[Mount, str]] = {}
    for number, line in numbered_lines(answer.text):
        match = _MOUNTINFO.fullmatch(line)
        if match is None:
            if line.strip() and not is_prompt(line):
                yield _strange(number, line)
            continue
        _, _, device, root, place, options, fs_type, source, more = match.groups()
        row = _row(place, source, fs_type, f"{options},{more}", device=device, root=root)
        # the later of two mounts at one place hides the earlier
        mounts.pop(row.mountpoint, None)
        if holds_data(fs_type, row.mountpoint):
            mounts[row.mountpoint] = (row, f"line {number}")
    yield from _all(mounts, answer)
    for row, _ in mounts.values():
        if over_network(row.fs_type, row.source) and not askable(row.mountpoint):
            yield Missing(FsUsage, "not-asked", "its name cannot stand in a command", row.mountpoint)


def askable(mountpoint: str) -> bool:
    """Whether the name may stand for the blank of a form."""
    return re.fullmatch(r"/[A-Za-z0-9_./,:+@=!# -]*", mountpoint) is not None


@reader("mounts", fills=(Mount,), recognises=_recogniser(_MOUNTS, 0.95))
def read_mounts(answer: Answer) -> Iterator[Reading]:
    """mounted file systems as /proc/mounts or /etc/mtab lists them"""
    mounts: dict[str, tuple[Mount, str]] = {}
    for number, line in numbered_lines(answer.text):
        match = _MOUNTS.fullmatch(line)
        if match is None:
            if line.strip() and not is_prompt(line) and not line.startswith("#"):
                yield _strange(number, line)
            continue
        source, place, fs_type, options, _, _ = match.groups()
        _keep(mounts, _row(place, source, fs_type, options), number)
    yield from _all(mounts, answer)


def _recognises_mount(text: str) -> float:
    return max(_recogniser(pattern, 0.95)(text) for pattern in (_LINUX_MOUNT, _BSD_MOUNT))


@reader("mount", fills=(Mount,), recognises=_recognises_mount)
def read_mount(answer: Answer) -> Iterator[Reading]:
    """mounted file systems as mount(8) of Linux, macOS or BSD prints them"""
    mounts: dict[str, tuple[Mount, str]] = {}
    for number, line in numbered_lines(answer.text):
        if match := _LINUX_MOUNT.fullmatch(line):
            source, place, fs_type, options, _ = match.groups()
        elif match := _BSD_MOUNT.fullmatch(line):
            source, place, fs_type, options = match.groups()
            options = re.sub(r",\s+", ",", options or "").replace("read-only", "ro")
        else:
            if line.strip() and not is_prompt(line):
                yield _strange(number, line)
            continue
        _keep(mounts, _row(place, source, fs_type, options), number)
    yield from _all(mounts, answer)


def _keep(mounts: dict[str, tuple[Mount, str]], row: Mount, number: int) -> None:
    mounts.pop(row.mountpoint, None)
    if holds_data(row.fs_type, row.mountpoint):
        mounts[row.mountpoint] = (row, f"line {number}")


def _row(
    place: str, source: str, fs_type: str, options: str, *, device: str | None = None, root: str = "/"
) -> Mount:
    words = {octal_unescaped(word) for word in options.split(",")} - {""}
    return Mount(
        mountpoint=octal_unescaped(place).removesuffix("//deleted"),
        source=octal_unescaped(source),
        fs_type=fs_type,
        device_number=device,
        options=",".join(sorted(words)),
        read_only="ro" in words,
        subtree=octal_unescaped(root) if root != "/" else None,
    )


def _strange(number: int, line: str) -> Missing:
    return Missing(Mount, "unreadable", f"line {number}: {line.strip()[:120]}")


def _all(mounts: dict[str, tuple[Mount, str]], answer: Answer) -> Iterator[Reading]:
    if not answer.text.strip():
        yield Missing(Mount, "empty", answer.complaint or "no mount is listed")
    for row, where in mounts.values():
        yield At(row, where)
