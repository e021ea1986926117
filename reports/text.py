"""Text for people: hostile characters made visible, numbers with the units people read.

Everything a target says passes through :func:`visible` before it is shown anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from analyzer import wording

_HUGE = 10**21
LONGEST = 300
"""Characters of a target's text shown outside evidence; the rest stands in the evidence."""

_INVISIBLE = (
    "\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff"
)
_HOSTILE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_INVISIBLE}]")
_ANSI = re.compile("\x1b(?:\\[[0-9;?]{0,40}[A-Za-z]|\\][^\x07\x1b]{0,200}(?:\x07|\x1b\\\\)?|.)?", re.DOTALL)
_STACKED = re.compile(
    r"([\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{3})[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)


def visible(text: str) -> str:
    """The text with escape sequences, control, direction and zero-width characters written as ‹U+202E›.

    Tabs and line feeds stay. Nothing is dropped but stacks of more than three combining marks.
    """
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n")
    text = _ANSI.sub(lambda m: _named(m[0][:1]) + m[0][1:], text)
    text = _HOSTILE.sub(lambda m: _named(m[0]), text)
    return _STACKED.sub(r"\1…", text)


def _named(character: str) -> str:
    return f"‹U+{ord(character):04X}›"


def short(text: str, longest: int = LONGEST) -> str:
    """The visible text, its middle cut out where it is longer than *longest*."""
    text = visible(text)
    if len(text) <= longest:
        return text
    tail = longest // 3
    return f"{text[: longest - tail - 1]}…{text[-tail:]}"


def beginning(text: str, longest: int) -> str:
    """The text up to the last word that fits."""
    if len(text) <= longest:
        return text
    return (
        text[: longest - 1].rpartition(" ")[0].rstrip(" ,;:([") + "…"
        if " " in text[:longest]
        else text[: longest - 1] + "…"
    )


def one_line(text: str, longest: int = LONGEST) -> str:
    """The same in one line."""
    return short(" ".join(text.split()), longest)


def size(count: float | None) -> str:
    """Bytes in the units that the findings use."""
    return wording.size(count)


def number(value: float) -> str:
    """A count with thin spaces between thousands: 12 345."""
    if abs(value) >= _HUGE:
        return "more than 10²¹"
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.2f}".rstrip("0").rstrip(".").replace(",", "\u202f")
    return f"{value:,.0f}".replace(",", "\u202f")


def duration(seconds: float) -> str:
    """A span in the two largest units that matter: 3 days 4 h, 250 ms."""
    whole = abs(seconds)
    if whole < 1:
        return f"{seconds * 1000:.0f} ms"
    if whole < 120:
        return f"{seconds:.3g} s"
    if whole < 7200:
        return f"{seconds / 60:.0f} min"
    if whole < 172800:
        return f"{seconds / 3600:.3g} h"
    days = seconds / 86400
    return f"{days:.0f} days" if abs(days) < 730 else f"{days / 365.25:.1f} years"


def moment(at: datetime | None) -> str:
    """A time in UTC to the minute: 23 Nov 2026 08:41 UTC."""
    if at is None:
        return "time unknown"
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return f"{at.day} {at:%b %Y %H:%M} UTC"


def many(count: int, one: str, more: str = "") -> str:
    """1 disk, 2 disks."""
    return f"{number(count)} {one if count == 1 else more or one + 's'}"


def listed(words: Iterable[str], most: int = 4) -> str:
    """a, b, c and 3 more."""
    every = list(words)
    if len(every) > most:
        every = [*every[: most - 1], f"{number(len(every) - most + 1)} more"]
    return ", ".join(every[:-1]) + " and " + every[-1] if len(every) > 1 else "".join(every)


_UNITS = (
    ("_bits_per_second", lambda v: f"{v / 1e9:.3g} Gbit/s"),
    ("_kib_per_second", lambda v: f"{size(v * 1024)}/s"),
    ("_bytes", size),
    ("_celsius", lambda v: f"{number(v)} °C"),
    ("_percent", lambda v: f"{number(round(v, 1))} %"),
    ("_milliseconds", lambda v: duration(v / 1000)),
    ("_deciseconds", lambda v: duration(v / 10)),
    ("_seconds", duration),
    ("_minutes", lambda v: duration(v * 60)),
    ("_hours", lambda v: f"{number(v)} h ({duration(v * 3600)})"),
    ("_days", lambda v: f"{number(round(v, 1))} days"),
    ("_rpm", lambda v: f"{number(v)} rpm"),
)


def told(name: str, value: Any) -> str:
    """The value of the column or limit *name*, with the unit that its name ends in."""
    match value:
        case None:
            return "not told"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return moment(value)
        case int() | float() if abs(value) < _HUGE:
            for ending, write in _UNITS:
                if name.endswith(ending):
                    return write(value)
            return number(value)
        case int() | float():
            return number(value)
        case tuple() | list() | set() | frozenset():
            return one_line(", ".join(told("", one) for one in value))
        case _:
            return one_line(str(value)) or "empty"


def words(name: str) -> str:
    """A column, table or limit name as words without its unit: `temperature_celsius` → temperature."""
    for ending, _ in _UNITS:
        if name.endswith(ending) and name != ending[1:]:
            name = name.removesuffix(ending)
            break
    return visible(name.replace("_", " ").replace("-", " "))
