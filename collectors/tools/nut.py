"""Network UPS Tools: which supplies upsmon watches, and what upsc(8) tells of each (nut-names)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from collectors.collector import Asking, collector, reader
from collectors.fact import At, GapReason, Missing, NotHere, Reading
from collectors.moments import date
from collectors.plain_text import file_lines, is_prompt, numbered_lines, unopened, whole_number
from collectors.power_tables import Ups, UpsSetup
from collectors.question import Answer, Form
from collectors.tools.apcupsd import STATUS as APCACCESS

# -o: what follows the name of the supply in a MONITOR line is a password, and is never read
SETUP = Form(
    (
        *("grep", "-aoHE", "^[[:blank:]]*(MONITOR[[:blank:]]+[^[:blank:]]+|SHUTDOWNCMD|UPSTYPE)"),
        *("/etc/nut/upsmon.conf", "/etc/ups/upsmon.conf", "/etc/apcupsd/apcupsd.conf"),
    ),
    reads="ups-setup",
    why="Whether a UPS tells this host of a power cut",
    right="root",
)
LIST = Form(("upsc", "-l"), reads="upsc-list", why="Supplies that NUT knows on this host")
UPSC = Form(("upsc", "{ups}"), reads="upsc", why="Battery, load, runtime and self-test of a UPS")

Lines = Sequence[tuple[int, str, str]]
"""Number, file and words of each line."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:@[A-Za-z0-9_.:-]+)?")


@collector("ups", asks=(SETUP, LIST, UPSC, APCACCESS))
def ask() -> Asking:
    """Uninterruptible power supplies, where software for one is set up"""
    (setup,) = yield (SETUP(),)
    lines = list(file_lines(setup))
    names, software = systems(lines), software_of(setup, lines)
    if software is None:
        return
    if software in ("nut", "both") and not names:
        (listed,) = yield (LIST(),)
        names = [line.strip() for line in listed.text.splitlines() if _NAME.fullmatch(line.strip())]
    questions = [UPSC(ups=name) for name in names[:20]]
    yield (*questions, APCACCESS()) if software in ("apcupsd", "both") else tuple(questions)


def systems(lines: Lines) -> list[str]:
    """The supplies of MONITOR lines."""
    words = (value.split() for _, _, value in lines)
    found = (word[1] for word in words if len(word) == 2 and word[0] == "MONITOR")
    return list(dict.fromkeys(name for name in found if _NAME.fullmatch(name)))


def software_of(answer: Answer, lines: Lines) -> str | None:
    """nut, apcupsd, both; None if neither is set up. A file that may not be read is there."""
    paths = {path for path, why in unopened(answer).items() if "No such file" not in why}
    paths |= {path for _, path, _ in lines}
    if answer.refusal is not None:
        return "nut"  # not told: asking upsc costs little
    kinds = {"apcupsd" if "apcupsd" in path else "nut" for path in paths}
    return "both" if len(kinds) == 2 else next(iter(kinds), None)


def _recognises_setup(text: str) -> float:
    known = r"^/etc/(?:nut|ups)/upsmon\.conf:\s*(?:MONITOR|SHUTDOWNCMD)"
    return 0.8 if re.search(known, text, re.MULTILINE) else 0.0


@reader("ups-setup", fills=(UpsSetup,), recognises=_recognises_setup)
def read_setup(answer: Answer) -> Iterator[Reading]:
    """whether this host is set up to be told of a power cut"""
    lines = list(file_lines(answer))
    software = software_of(answer, lines)
    told = {words[0] for _, _, value in lines if (words := value.split())}
    if software is None:
        yield NotHere(Ups, "neither NUT nor apcupsd is set up")
    yield UpsSetup(
        name="ups",
        software=software or "none",
        systems=" ".join(systems(lines)),
        shutdown_command="SHUTDOWNCMD" in told if lines and software != "apcupsd" else None,
    )


@reader("upsc-list", fills=(), recognises=lambda text: 0.0)
def read_list(answer: Answer) -> Iterator[Reading]:
    """supplies that NUT knows on this host; only their names, for further questions"""
    if answer.refusal is None and answer.status:
        yield Missing(Ups, "failed", answer.complaint or "upsc -l told nothing")


_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?")
_VALUE = re.compile(r"([a-z]+(?:\.[a-z0-9_]+)+): ?(.*)")


def _recognises(text: str) -> float:
    lines = [line for _, line in numbered_lines(text[:20000]) if line.strip() and not is_prompt(line)]
    hits = sum(1 for line in lines if _VALUE.fullmatch(line.strip()))
    known = re.search(
        r"^(?:>? ?)(?:ups\.status|battery\.charge|driver\.name|ups\.load): ", text, re.MULTILINE
    )
    return 0.95 * hits / len(lines) if lines and known and hits * 2 > len(lines) else 0.0


@reader("upsc", fills=(Ups,), recognises=_recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """battery, load, runtime and self-test of a UPS as upsc tells them"""
    told: dict[str, str] = {}
    first = 0
    for number, line in numbered_lines(answer.text):
        found = _VALUE.fullmatch(line.strip())
        if found:
            told.setdefault(found[1], found[2].strip())
            first = first or number
    name = answer.question.argv[-1] if answer.question.argv[0] == "upsc" else "ups"
    complaint = answer.complaint.removeprefix("Error: ")
    if not told:
        if re.search(
            r"stale|[Dd]river not connected|Connection (?:failure|refused)", complaint + answer.text
        ):
            yield Ups(name=name, software="nut", status="COMMLOST")  # nobody is told of a power cut
            return
        reason: GapReason = "failed" if complaint else "empty"
        yield Missing(Ups, reason, complaint or answer.text.strip()[:120] or "upsc told nothing", name)
        return
    yield At(_row(name, told), f"line {first}")


def _row(name: str, told: dict[str, str]) -> Ups:
    return Ups(
        name=name,
        software="nut",
        status=" ".join(told.get("ups.status", "").split()),
        model=told.get("ups.model") or told.get("device.model") or None,
        serial=(told.get("ups.serial") or told.get("device.serial") or "").strip() or None,
        charge_percent=_number(told.get("battery.charge")),
        runtime_seconds=_whole(told.get("battery.runtime")),
        low_runtime_seconds=_whole(told.get("battery.runtime.low")),
        load_percent=_number(told.get("ups.load")),
        battery_date=told.get("battery.date") or told.get("battery.mfr.date") or None,
        battery_at=date_of(told.get("battery.date")) or date_of(told.get("battery.mfr.date")),
        test_result=told.get("ups.test.result") or None,
        test_at=date_of(told.get("ups.test.date")),
        input_volts=_number(told.get("input.voltage")),
    )


def _number(word: str | None) -> float | None:
    return float(word) if word and _NUMBER.fullmatch(word) else None


def _whole(word: str | None) -> int | None:
    return whole_number((word or "").partition(".")[0])


def date_of(word: str | None) -> datetime | None:
    """A date as devices write it: 2023/05/12, 2023-05-12, 05/12/23 (American, as APC does); None if unsure.

    A day that a device makes up before the year 2000 is no date of its battery.
    """
    at = date(word) if word else None
    return at if at is not None and at.year >= 2000 else None
