"""What the machine remembers of itself: the kernel's log, how its boots ended (journalctl(1), last(1))."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from collectors.collector import Asking, collector, reader
from collectors.fact import At, Missing, Reading
from collectors.kernel_log_tables import Boot
from collectors.moments import ctime
from collectors.plain_text import numbered_lines
from collectors.question import Answer, Form
from collectors.tools.kernel_log import DMESG, FILES, JOURNAL, LAST

# catalogue of systemd, sd-messages.h: journal started and stopped, and the shutdown that logind announces
STARTED = "f77379a8490b408bbe5f6940505a777b"
STOPPED = ("d93fb3c9c24d451a97cea615ce59c00b", "98268866d1d54a499c4e98921d93bc40")

WTMP = Form(("last", "-x", "-F", "reboot", "shutdown"), reads="last", why="How each boot ended")
BOOTS = Form(
    (
        *("journalctl", "--quiet", "--no-pager", "--output=json", "--since=-90d"),
        *(f"MESSAGE_ID={one}" for one in (STARTED, *STOPPED)),
    ),
    reads="journal-boots",
    why="How each boot ended, where there is no wtmp",
    right="root",
)


@collector("kernel-log", asks=(LAST, JOURNAL, DMESG, FILES))
def ask() -> Asking:
    """What the kernel logged of disks, arrays, file systems and memory"""
    (last,) = yield (LAST(),)
    if last.refusal is None and last.stdout.strip():
        (found,) = yield (JOURNAL(),)
        if found.refusal is None and (found.stdout.strip() or not found.complaint):
            return
    yield (DMESG(), FILES())


@collector("boots", asks=(WTMP, BOOTS))
def ask_boots() -> Asking:
    """How the boots of the machine ended"""
    (told,) = yield (WTMP(),)
    if told.refusal is not None or not any(_boot_of(line) for line in told.text.splitlines()):
        yield (BOOTS(),)


_LAST_LINE = re.compile(
    r"(reboot|shutdown) +system (?:boot|down) .*?"
    r"(?:\w{3} )?(\w{3} +\d{1,2} \d\d:\d\d:\d\d \d{4})(?:\s.*)?$"
)


def _recognises_last(text: str) -> float:
    return 0.9 if re.search(r"^reboot +system boot ", text[:20000], re.MULTILINE) else 0.0


@reader("last", fills=(Boot,), recognises=_recognises_last)
def read(answer: Answer) -> Iterator[Reading]:
    """boots and how they ended, as last -x lists them from wtmp, newest first"""
    newer: tuple[str, datetime] | None = None
    boots = 0
    for number, line in numbered_lines(answer.text):
        found = _LAST_LINE.match(line)
        at = _time(found[2]) if found else None
        if found is None or at is None:
            if line.startswith(("reboot ", "shutdown ")):
                yield Missing(Boot, "unreadable", f"line {number}: {line[:100]}")
            continue
        if found[1] == "reboot":
            boots += 1
            ended = newer[1] if newer and newer[0] == "shutdown" else None
            clean = None if newer is None else newer[0] == "shutdown"
            yield At(Boot(boot=at.isoformat(), began_at=at, ended_at=ended, clean=clean), f"line {number}")
        newer = (found[1], at)
    if not boots:
        yield from _no_boot(answer, WTMP)


def _boot_of(line: str) -> bool:
    """Whether a line of last tells of a boot and its time."""
    found = _LAST_LINE.match(line)
    return found is not None and found[1] == "reboot" and _time(found[2]) is not None


def _time(told: str) -> datetime | None:
    return ctime(told)


def _no_boot(answer: Answer, asked_first: Form) -> Iterator[Reading]:
    if answer.question.argv == asked_first.argv:
        return  # the journal is asked then, and that answer counts
    yield Missing(Boot, "empty", answer.complaint or "no boot is told")


def _recognises_boots(text: str) -> float:
    return 0.9 if text.lstrip().startswith("{") and STARTED in text[:20000] and "_BOOT_ID" in text else 0.0


@reader("journal-boots", fills=(Boot,), recognises=_recognises_boots)
def read_boots(answer: Answer) -> Iterator[Reading]:
    """boots and how they ended, by the first and last words of the journal in each"""
    began: dict[str, datetime] = {}
    ended: dict[str, datetime | None] = {}
    for number, line in enumerate(answer.text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            told = json.loads(line)
            boot, what = str(told["_BOOT_ID"]), str(told["MESSAGE_ID"])
            at = datetime.fromtimestamp(int(told["__REALTIME_TIMESTAMP"]) / 1e6, UTC)
        except (ValueError, LookupError, TypeError, OverflowError, RecursionError):
            yield Missing(Boot, "unreadable", f"line {number}: {line[:80]}")
            continue
        if what == STARTED:
            began.setdefault(boot, at)
            ended[boot] = None  # also when the journal is started anew within a boot
        elif what in STOPPED:
            ended[boot] = at
    order = sorted(began, key=lambda one: began[one])
    for boot in order:
        end = ended[boot]
        clean = None if boot == order[-1] and end is None else end is not None
        yield Boot(boot=boot, began_at=began[boot], ended_at=end, clean=clean)
    if not order:
        yield Missing(Boot, "empty", answer.complaint or "the journal tells of no boot")
