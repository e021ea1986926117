"""Logs of the kernel: journalctl(1), dmesg(1), and the files of syslog, live and saved."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from collectors.collector import reader
from collectors.fact import Missing, Reading
from collectors.kernel_log_counting import count
from collectors.kernel_log_kinds import TELLING, kind_of
from collectors.kernel_log_lines import line_of, stamped
from collectors.kernel_log_tables import KernelEvent, KernelLog
from collectors.plain_text import is_prompt, unopened
from collectors.question import Answer, Form

LAST = Form(
    ("journalctl", "--quiet", "--no-pager", "--output=short-iso", "--lines=1", "_TRANSPORT=kernel"),
    reads="kernel-log-last",
    why="Whether the journal holds messages of the kernel",
    right="root",
)
JOURNAL = Form(
    (
        *("journalctl", "--quiet", "--no-pager", "--output=short-iso", "--since=-30d", "--reverse"),
        *(f"--grep={TELLING}", "_TRANSPORT=kernel"),
    ),
    reads="kernel-log",
    why="What the kernel said of disks, arrays, file systems and memory in thirty days, newest first",
    right="root",
    timeout_seconds=180.0,
)
DMESG = Form(
    ("dmesg",),
    reads="kernel-log",
    why="The same since the last boot, where the journal cannot tell it",
    right="root",
)
FILES = Form(
    (
        *("grep", "-ahE", TELLING, "/var/log/kern.log.1", "/var/log/kern.log", "/var/log/messages.1"),
        *("/var/log/messages", "/var/log/syslog.1", "/var/log/syslog"),
    ),
    reads="kernel-log",
    why="The same from the files of syslog, where there is no journal",
    right="root",
    timeout_seconds=60.0,
)

_KERNEL_WORDS = re.compile(r"\bkernel: |^(?:kern +:\w+ *: )?(?:<\d+>)?\[ *\d+\.\d{6}\]", re.MULTILINE)
_NO_GREP = re.compile(r"pattern matching|unrecognized option|invalid option|nknown option")
_MARK = re.compile(r"-- (?:Journal|Logs|Reboot|Boot|No entries)")


def recognises(text: str) -> float:
    """Of the first lines, the share that is a line of a log of the kernel or a message of a known kind."""
    head = [line for line in itertools.islice(text[:40_000].splitlines(), 80) if line.strip()]
    lines = [line for line in head if not is_prompt(line) and not _MARK.match(line)]
    if not lines:
        return 0.6 if any(_MARK.match(line) for line in head) else 0.0
    hits = sum(1 for line in lines if _is_line(line))
    if hits * 3 >= len(lines) and hits:
        return 0.55 + 0.4 * hits / len(lines)
    return 0.0


def _is_line(text: str) -> bool:
    stripped = re.sub(r"^(?:[ \t]?>)+ ?", "", text.strip())
    if _KERNEL_WORDS.search(stripped) or re.match(r"\[(?:\w{3} *){1,2}\d{1,2} \d\d:\d\d[^]]*\] ", stripped):
        return True
    if re.match(r"\[ +[+]\d+\.\d{6}\] ", stripped):
        return True
    line = line_of(stripped, None)
    return line is not None and kind_of(line.message) is not None


@reader("kernel-log", fills=(KernelEvent, KernelLog), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """what the kernel logged of disks, arrays, file systems and memory"""
    asked = answer.question.argv
    filtered = asked in (JOURNAL.argv, FILES.argv)
    if not answer.stdout.strip():
        yield from _nothing(answer, filtered)
        if not filtered or answer.complaint or answer.status not in (None, 0, 1, 2):
            return
    source = "journal" if asked == JOURNAL.argv else "syslog" if asked == FILES.argv else asked[-1]
    counted = count(answer.stdout, source, answer.started_at)
    if asked in (JOURNAL.argv, FILES.argv, DMESG.argv) and not counted.events and not _dated(answer):
        for row_type in (KernelEvent, KernelLog):
            yield Missing(row_type, "unreadable", "no line of it looks like one of a log")
        return
    yield from counted.rows(filtered=filtered)


def _dated(answer: Answer) -> bool:
    """Whether a line of the first hundred begins with a time, as every log does that holds anything.

    An old kernel may be told to leave the time out of what dmesg shows; it then tells of itself.
    """
    head = itertools.islice(answer.text[:40_000].splitlines(), 100)
    lines = [line for line in head if line.strip()]
    return not lines or any(stamped(line) or "Linux version" in line for line in lines)


def _nothing(answer: Answer, filtered: bool) -> Iterator[Reading]:
    """An empty answer is good news only where lines were asked for by what they tell."""
    complaint = answer.complaint
    if answer.status not in (None, 0, 1, 2) and not complaint:
        yield Missing(KernelEvent, "failed", f"{answer.question.argv[0]} ended with status {answer.status}")
    if answer.question.argv == FILES.argv:
        denied = [f"{path}: {why}" for path, why in unopened(answer).items() if "ermission" in why]
        if denied:
            yield Missing(KernelEvent, "denied", "; ".join(denied)[:200])
        return
    if complaint and _NO_GREP.search(complaint):
        yield Missing(KernelEvent, "unsupported", f"journalctl cannot search: {complaint}")
    elif complaint or not filtered:
        yield Missing(KernelEvent, "failed" if complaint else "empty", complaint or "the log is empty")


@reader("kernel-log-last", fills=(), recognises=lambda text: 0.0)
def read_last(answer: Answer) -> Iterator[Reading]:
    """whether the journal holds messages of the kernel; tells nothing itself"""
    yield from ()
