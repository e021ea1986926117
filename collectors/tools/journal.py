"""What the machine remembers of itself: the kernel's log, how its boots ended (journalctl(1), last(1))."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from collectors.collector import Asking, collector, reader
from collectors.decoding import look_into
from collectors.fact import At, Missing, Reading
from collectors.frozen import frozen
from collectors.kernel_log_tables import Boot
from collectors.moments import ctime
from collectors.plain_text import numbered_lines
from collectors.question import Answer, Form
from collectors.tools.kernel_log import DMESG, FILES, JOURNAL, LAST

# catalogue of systemd, sd-messages.h: journal started and stopped, and the shutdown that logind announces
STARTED = "f77379a8490b408bbe5f6940505a777b"
STOPPED = ("d93fb3c9c24d451a97cea615ce59c00b", "98268866d1d54a499c4e98921d93bc40")

WTMP = Form(
    ("last", "-x", "-F", "reboot", "shutdown"), reads="last", why="How each boot ended", replaced=True
)
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
    if told.refusal is not None or not any(isinstance(one, At) for one in look_into(told)):
        yield (BOOTS(),)


_LAST_LINE = re.compile(
    r"(reboot|shutdown) +system (?:boot|down) .*?"
    r"(?:\w{3} )?(\w{3} +\d{1,2} \d\d:\d\d:\d\d \d{4})(?:\s+(?:- +)?(\S.*))?$"
)
_ENDED = re.compile(r"(?:\w{3} )?(\w{3} +\d{1,2} \d\d:\d\d:\d\d \d{4})\b")
_OF_WTMPDB = re.compile(r"^(?:wtmpdb|\S+\.db) begins ", re.MULTILINE)


def _recognises_last(text: str) -> float:
    return 0.9 if re.search(r"^reboot +system boot ", text[:20000], re.MULTILINE) else 0.0


@reader("last", fills=(Boot,), recognises=_recognises_last)
def read(answer: Answer) -> Iterator[Reading]:
    """boots and how they ended, as last -x lists them from wtmp or wtmpdb, newest first"""
    entries: list[_Entry] = []
    for number, line in numbered_lines(answer.text):
        found = _LAST_LINE.match(line) if " system " in line else None
        at = ctime(found[2]) if found else None
        if found is not None and at is not None:
            ended = _ENDED.match(found[3] or "")
            entries.append(_Entry(number, found[1] == "reboot", at, ctime(ended[1]) if ended else None))
        elif line.startswith(("reboot ", "shutdown ")):
            yield Missing(Boot, "unreadable", f"line {number}: {line[:100]}")
    by_wtmpdb = _OF_WTMPDB.search(answer.text) is not None or any(
        first.is_boot and not second.is_boot and first.ended_at == second.at
        for first, second in itertools.pairwise(entries)
    )
    boots = [one for one in entries if one.is_boot]
    for place, one in enumerate(entries):
        if one.is_boot:
            ended_at = (
                one.ended_at if by_wtmpdb else _end_by_order(entries[place - 1] if place else None, one)
            )
            clean = None if one is boots[0] and ended_at is None else ended_at is not None
            row = Boot(boot=one.at.isoformat(), began_at=one.at, ended_at=ended_at, clean=clean)
            yield At(row, f"line {one.number}")
    if not boots:
        yield from _no_boot(answer, WTMP)


@frozen
class _Entry:
    number: int
    is_boot: bool
    at: datetime
    ended_at: datetime | None


def _end_by_order(newer: _Entry | None, boot: _Entry) -> datetime | None:
    """When a boot was shut down; None: it was not. wtmpdb(8) notes the end of each boot; the last of
    util-linux gives one that crashed the end of a later one, and only the order of its lines tells.
    """
    if newer is not None and not newer.is_boot:
        return newer.at
    if boot.ended_at is None or (newer is not None and boot.ended_at > newer.at):
        return None
    return boot.ended_at  # shutdowns were not listed


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
