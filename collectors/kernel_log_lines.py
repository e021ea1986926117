"""Lines of a kernel log, whoever wrote it: dmesg, the journal, syslog in its old and its new form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            *("jan", "feb", "mar mär mrz", "apr avr", "may mai", "jun", "jul", "aug aoû", "sep"),
            *("oct okt", "nov", "dec dez déc"),
        ),
        1,
    )
    for name in names.split()
}
_QUOTE = re.compile(r"^(?:[ \t]?>)+ ?")
_ISO = re.compile(
    r"(?:<\d+>\d* )?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)([.,]\d+)?(Z|[+-]\d\d:?\d\d)?(?: UTC)? *"
)
_SYSLOG = re.compile(r"(?:<\d+>)?([^\W\d]{3,4})\.? +(\d{1,2}) (?:(\d{4}) )?(\d\d):(\d\d):(\d\d)(?:\.\d+)? ")
_LONG = re.compile(r"\[(?:\w{3} )?(\w{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:\.\d+)? (\d{4})\] *")
_UPTIME = re.compile(r"(?:<\d+>)?\[ *(\d{1,9}\.\d{1,9})\](?:\[[ \w]+\])? ?")
_RELATIVE = re.compile(r"\[(?:[ +<]*\d+\.\d+>?|\w{3} ?\d{1,2} \d\d:\d\d)\] ?")
_TAG = re.compile(r"(\S+) ([\w.()/-]+?)(?:\[\d*\])?(?: \d+ - -| - - -)?: ?")
_RFC5424_TAG = re.compile(r"(\S+) ([\w./-]+) (?:\d+|-) \S+ (?:-|\[.*?\]) ")
_PRIORITY = re.compile(r"^(?:kern\s*:\s*\w+\s*: |<\d+>(?:\d (?=\d{4}-))?)")


@dataclass(frozen=True, slots=True)
class Line:
    """One message of the kernel. *at* or *uptime_seconds*, or neither, tells when."""

    message: str
    at: datetime | None = None
    uptime_seconds: float | None = None


def stamped(text: str) -> bool:
    """Whether a line begins with the time of a log, in any of its forms."""
    text = _PRIORITY.sub("", _QUOTE.sub("", text), count=1)
    return any(form.match(text) for form in (_ISO, _SYSLOG, _LONG, _UPTIME, _RELATIVE))


def line_of(text: str, now: datetime | None) -> Line | None:
    """Decode one line; None if another program than the kernel wrote it.

    *now*: when the log was read, to know the year of a time that has none; without it that time is not told.
    """
    text = _PRIORITY.sub("", _QUOTE.sub("", text.rstrip()), count=1)
    at: datetime | None = None
    stamped = True
    if found := _ISO.match(text):
        at = _iso(found[1], found[3])
    elif found := _SYSLOG.match(text):
        at = _syslog(found, now)
        stamped = at is not None or found[1].lower()[:3] in _MONTHS
    elif found := _LONG.match(text):
        return Line(text[found.end() :], _dated(int(found[6]), *found.group(1, 2, 3, 4, 5)))
    elif found := _UPTIME.match(text):
        return Line(text[found.end() :], None, float(found[1]))
    elif found := _RELATIVE.match(text):
        return Line(text[found.end() :])
    if found is None or not stamped:
        return Line(text.lstrip())
    rest = text[found.end() :]
    tag = _TAG.match(rest) or _RFC5424_TAG.match(rest)
    if tag is not None and "kernel" not in tag[2] and not _is_message(rest):
        return None
    rest = rest[tag.end() :] if tag is not None and "kernel" in tag[2] else rest
    uptime = _UPTIME.match(rest)
    return Line(
        rest[uptime.end() :] if uptime else rest.lstrip(), at, float(uptime[1]) if uptime and not at else None
    )


def _is_message(rest: str) -> bool:
    """Whether what follows the time is the message itself (dmesg --time-format iso): `sd 0:0:0:0: [sda]…`."""
    return re.match(r"(?:sd|scsi|nvme|usb|md|XFS|BTRFS|EXT4-fs|EDAC|INFO:|ata\d)[ :.\d(]", rest) is not None


def moment_of_syslog(text: str, now: datetime | None) -> datetime | None:
    """The time that a line of syslog begins with, in either form, taken for UTC if it has no zone."""
    if found := _ISO.match(text):
        return _iso(found[1], found[3])
    return _syslog(found, now) if (found := _SYSLOG.match(text)) else None


def _iso(stamp: str, zone: str | None) -> datetime | None:
    zone = "+00:00" if zone in (None, "Z") else zone
    try:
        return datetime.fromisoformat(f"{stamp.replace(' ', 'T')}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _syslog(found: re.Match[str], now: datetime | None) -> datetime | None:
    parts = found.group(1, 2, 4, 5, 6)
    if found[3]:
        return _dated(int(found[3]), *parts)
    if now is None:
        return None
    at = _dated(now.year, *parts)
    if at is None or at > now + timedelta(days=2):
        at = _dated(now.year - 1, *parts)
    return at


def _dated(year: int, month: str, day: str, hour: str, minute: str, second: str) -> datetime | None:
    number = _MONTHS.get(month.lower()[:3])
    try:
        return (
            datetime(year, number, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
            if number
            else None
        )
    except ValueError:
        return None
