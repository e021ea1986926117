"""Scrubs of btrfs: `btrfs scrub status` of every release, and its status files (cmds/scrub.c)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from collectors.btrfs_tables import BtrfsScrub
from collectors.btrfs_text import date_of, seconds_of
from collectors.collector import reader
from collectors.fact import At, GapReason, Missing, Reading
from collectors.plain_text import file_lines, is_prompt, numbered_lines, unopened
from collectors.question import Answer, Form

BTRFS_SCRUB = Form(
    ("btrfs", "scrub", "status", "{mountpoint}"),
    reads="btrfs-scrub",
    why="When a btrfs file system was last scrubbed, and what was found",
    right="root",
)
BTRFS_SCRUB_FILES = Form(
    ("grep", "-aH", "", "/var/lib/btrfs/scrub.status.*"),
    reads="btrfs-scrub-files",
    why="The same with exact times, for every device",
    right="root",
    expand=True,
)

_UUID = re.compile(r"(?:UUID:|scrub (?:status|done|started|canceled) (?:for|on))\s*([0-9a-fA-F-]{36})?.*")
_PART = re.compile(r"\s*[Ss]crub device (\S.*?) \(id (\d+)\)\s*\w*.*")
_STARTED = re.compile(r"\s*(?:scrub started at|Scrub started:|Scrub resumed:|scrub resumed at)\s*(.*)")
_OLD_STATE = re.compile(
    r"(.+?\d{4})(?: and (finished|was aborted) after|, (running for|interrupted after)|,? )?\s*([\d:]+)?.*"
)
_STATUS = re.compile(r"\s*Status:\s+(\w+)\s*")
_DURATION = re.compile(r"\s*Duration:\s+([\d:]+)\s*")
_SUMMARY = re.compile(r"\s*(?:Error summary|error details):\s*(.*?)\s*")
_TOTAL_OLD = re.compile(r"\s*total bytes scrubbed: .* with (\d{1,20}) errors\s*")
_AFTER = re.compile(r"\s*(Corrected|Uncorrectable|Unverified):\s+(\d{1,20})\s*")
_AFTER_OLD = re.compile(r"(corrected|uncorrectable|unverified) errors: (\d{1,20})")
_RAW = re.compile(r"\s*(\w+): (\d{1,20})\s*")
_FOUND = ("read_errors", "csum_errors", "verify_errors", "super_errors")
_NO_STATS = re.compile(r"\s*no stats available\s*")
_STATES = {
    "finished": "finished",
    "was aborted": "aborted",
    "running for": "running",
    "interrupted after": "interrupted",
}
_FILE = re.compile(r"/var/lib/btrfs/scrub\.status\.([0-9a-fA-F-]{36})")


@dataclass(slots=True)
class _Part:
    """The scrub of a file system or of one device, as far as read."""

    line: int
    uuid: str
    device: str = ""
    status: str | None = None
    started_at: datetime | None = None
    duration: int | None = None
    summary: str | None = None
    counts: dict[str, int] = field(default_factory=dict)
    found: int | None = None


def recognises(text: str) -> float:
    head = text[:8000]
    if re.search(r"^[> \t]*scrub (?:status|done) for [0-9a-f-]{36}", head, re.MULTILINE):
        return 1.0
    started = re.search(r"^[> \t]*(?:Scrub started:|scrub started at) ", head, re.MULTILINE)
    if started or re.search(r"^[> \t]*UUID:.*\n[> \t]*no stats available", head, re.MULTILINE):
        return 1.0
    return 0.9 if re.search(r"^[> \t]*Status:\s+\w+\s*\n[> \t]*Duration:\s+\d", head, re.MULTILINE) else 0.0


@reader("btrfs-scrub", fills=(BtrfsScrub,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """the last scrub of a btrfs file system as btrfs scrub status tells it"""
    place = answer.question.argv[-1]
    parts: list[_Part] = []
    for number, line in numbered_lines(answer.text):
        if line.strip() and not is_prompt(line):
            place = _take(parts, number, line, place)
    told = [part for part in parts if part.status or part.started_at or part.counts]
    for part in told:
        yield At(_row(part), f"line {part.line}")
        if part.status is None:
            yield Missing(BtrfsScrub, "truncated", "how it ended is missing", _subject(part))
    if not told:
        yield _nothing(answer, place)


def _take(parts: list[_Part], number: int, line: str, place: str) -> str:
    if match := _UUID.match(line.strip()):
        place = match[1].lower() if match[1] else place
        parts.append(_Part(number, place))
        return place
    if match := _PART.fullmatch(line):
        if parts and not (parts[-1].status or parts[-1].started_at):
            parts.pop()
        parts.append(_Part(number, place, match[2]))
        return place
    if not parts:
        parts.append(_Part(number, place))
    _fill(parts[-1], line)
    return place


def _fill(part: _Part, line: str) -> None:
    if _NO_STATS.fullmatch(line):
        part.status = "never"
    elif match := _STARTED.fullmatch(line):
        _start(part, match[1])
    elif match := _STATUS.fullmatch(line):
        part.status = match[1].lower()
    elif match := _DURATION.fullmatch(line):
        part.duration = seconds_of(match[1])
    elif match := _TOTAL_OLD.fullmatch(line):
        part.found = int(match[1])
    elif match := _SUMMARY.fullmatch(line):
        part.summary = match[1]
        part.found = _summed(match[1]) if part.found is None else part.found
    elif match := _AFTER.fullmatch(line):
        part.counts[f"{match[1].lower()}_errors"] = int(match[2])
    elif old := _AFTER_OLD.findall(line):
        part.counts.update({f"{name}_errors": int(count) for name, count in old})
    elif (match := _RAW.fullmatch(line)) and match[1].endswith("_errors"):
        part.counts[match[1]] = int(match[2])


def _start(part: _Part, told: str) -> None:
    started = date_of(told)
    part.started_at = started or part.started_at
    if match := _OLD_STATE.fullmatch(told):
        part.status = _STATES.get(match[2] or match[3] or "", part.status)
        part.duration = seconds_of(match[4] or "") or part.duration


def _summed(summary: str) -> int | None:
    """`super=1 verify=4 csum=10240`, `no errors found`."""
    if summary.startswith("no errors"):
        return 0
    counts = re.findall(r"\w+=(\d{1,20})", summary)
    return sum(int(count) for count in counts) if counts else None


def _row(part: _Part) -> BtrfsScrub:
    raw = [part.counts[name] for name in _FOUND if name in part.counts]
    found = part.found if part.found is not None else sum(raw) if raw else None
    clean = 0 if found == 0 else None
    return BtrfsScrub(
        uuid=part.uuid,
        device=part.device,
        status=part.status,
        started_at=part.started_at,
        duration_seconds=part.duration,
        found_errors=found,
        corrected_errors=part.counts.get("corrected_errors", clean),
        uncorrectable_errors=part.counts.get("uncorrectable_errors", clean),
        unverified_errors=part.counts.get("unverified_errors", clean),
        summary=part.summary,
    )


def _subject(part: _Part) -> str:
    return f"{part.uuid}/{part.device}"


def _nothing(answer: Answer, place: str) -> Missing:
    complaint = answer.complaint
    reason: GapReason = "failed" if complaint else "empty"
    if re.search(r"ermission|not permitted", complaint):
        reason = "denied"
    return Missing(BtrfsScrub, reason, complaint or "no scrub is told", place)


def _recognises_files(text: str) -> float:
    return 1.0 if re.search(r"^\S*/scrub\.status\.[0-9a-f-]{36}:", text[:8000], re.MULTILINE) else 0.0


@reader("btrfs-scrub-files", fills=(BtrfsScrub,), recognises=_recognises_files)
def read_files(answer: Answer) -> Iterator[Reading]:
    """scrubs of btrfs file systems, device by device, as their status files remember them"""
    for number, path, value in file_lines(answer):
        match = _FILE.fullmatch(path)
        if match is None:
            yield Missing(BtrfsScrub, "unreadable", f"line {number}: {path[:100]}")
        elif not value.startswith("scrub status:"):
            row = _of_file(match[1].lower(), value)
            yield At(row, f"line {number}")
            if row.status is None:
                yield Missing(BtrfsScrub, "truncated", "how it ended is missing", row.subject)
    for path, why in unopened(answer).items():
        if "No such file" not in why:
            yield Missing(BtrfsScrub, "denied" if "ermission" in why else "failed", f"{path}: {why}")


def _of_file(uuid: str, value: str) -> BtrfsScrub:
    """`UUID:1|data_extents_scrubbed:…|…|t_start:1706…|duration:9|canceled:0|finished:1`"""
    fields = dict(word.split(":", 1) for word in value.split("|") if ":" in word)
    device = fields.pop(next((name for name in fields if re.fullmatch(r"[0-9a-fA-F-]{36}", name)), ""))
    count = {name: int(text[:20]) for name, text in fields.items()}
    status = "finished" if count.get("finished") else "aborted" if count.get("canceled") else "interrupted"
    started = count.get("t_start") or None
    return BtrfsScrub(
        uuid=uuid,
        device=device,
        status=status if "finished" in count else None,
        started_at=datetime.fromtimestamp(started, UTC) if started else None,
        duration_seconds=count.get("duration"),
        found_errors=sum(count[name] for name in _FOUND) if _FOUND[0] in count else None,
        corrected_errors=count.get("corrected_errors"),
        uncorrectable_errors=count.get("uncorrectable_errors"),
        unverified_errors=count.get("unverified_errors"),
    )
