"""Shapes that hypervisors share: times, texts of any length, numbers as words, trees of snapshots."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

LONGEST_TEXT = 2000
_FRACTION = re.compile(r"\.(\d{1,9})")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d):(\d\d):(\d\d)Z?")
_CIM = re.compile(r"(\d{14})\.(\d{6})([+-]\d{3})")
_MILLISECONDS = re.compile(r"\\?/Date\((-?\d{1,16})(?:[+-]\d{4})?\)\\?/")
_POWER = {
    **dict.fromkeys(("poweredon", "running", "on", "started", "up", "powered on"), "running"),
    **dict.fromkeys(
        ("poweredoff", "stopped", "off", "halted", "shut off", "shutoff", "powered off", "aborted"), "off"
    ),
    **dict.fromkeys(("suspended", "saved", "prelaunch"), "suspended"),
    **dict.fromkeys(("paused", "frozen"), "paused"),
}


def kept(text: Any) -> str | None:
    """A description as far as it is kept, with a mark where it was cut; None if there is none."""
    if not isinstance(text, str) or not text.strip():
        return None
    if len(text) <= LONGEST_TEXT:
        return text.strip()
    return f"{text[:LONGEST_TEXT].strip()} [cut, {len(text)} characters]"


def word(value: Any) -> str | None:
    """A name or a number as text; None for nothing, blanks and anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value)[:LONGEST_TEXT].strip() or None


def number(value: Any) -> int | None:
    """A whole number, told as such or as digits; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if abs(value) < 2**63 else None
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and abs(value) < 2**63 else None
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,18}\s*", value):
        return int(value)
    return None


def count(value: Any) -> int | None:
    """A number that cannot be below zero; -1 and the like stand for "not told"."""
    found = number(value)
    return found if found is not None and found >= 0 else None


def truth(value: Any) -> bool | None:
    """true, 1, yes, "True"… as a truth value; None for anything else."""
    if isinstance(value, bool):
        return value
    said = str(value).strip().lower()
    if said in ("1", "true", "yes", "on", "enabled"):
        return True
    return False if said in ("0", "false", "no", "off", "disabled") else None


def power(value: Any) -> str | None:
    """running, off, suspended or paused out of the words of a hypervisor; None if it is none of them."""
    return _POWER.get(str(value).strip().lower())


def moment(value: Any) -> datetime | None:
    """A time with its zone: ISO 8601, `20150113T15:30:03Z`, `/Date(ms)/`, CIM, seconds since 1970.

    None for what is no time or what stands for "never" (1970, year 1). A time without a zone is taken as UTC.
    """
    try:
        found = _moment(value)
    except (ValueError, OverflowError, OSError):
        return None
    return found if found is not None and 1980 < found.year < 9000 else None


def _moment(value: Any) -> datetime | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, UTC)
    if not isinstance(value, str):
        return None
    text = value.strip()[:64]
    if re.fullmatch(r"\d{9,11}", text):
        return datetime.fromtimestamp(int(text), UTC)
    if match := _MILLISECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(match[1]) / 1000, UTC)
    if match := _COMPACT.fullmatch(text):
        return datetime(*(int(part) for part in match.groups()), tzinfo=UTC)  # type: ignore[misc,arg-type]  # six numbers
    if match := _CIM.fullmatch(text):
        zone = timezone(timedelta(minutes=int(match[3])))
        return datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=zone)
    # fromisoformat takes three or six digits of a second; hypervisors write up to nine
    text = _FRACTION.sub(lambda match: f".{match[1][:6]:0<6}", text, count=1)
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def depths(parents: Mapping[str, str | None]) -> dict[str, int]:
    """Place of each snapshot in its chain, 1 for the first, from the parent of each.

    A parent that is not listed counts as none; what hangs in a circle is left out.
    """
    found: dict[str, int] = {}
    for start in parents:
        way: list[str] = []
        at: str | None = start
        while at is not None and at in parents and at not in found and at not in way:
            way.append(at)
            at = parents[at]
        if at in way:
            continue
        base = found.get(at, 0) if at is not None else 0
        for step, name in enumerate(reversed(way), 1):
            found[name] = base + step
    return found


def listed(value: Any) -> list[Any]:
    """A list as it is, nothing as an empty one, one thing as a list of it: XML and PowerShell drop lists."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def mappings(value: Any) -> list[dict[str, Any]]:
    """The objects of a list (or the one object); whatever else stands there is left out."""
    return [one for one in listed(value) if isinstance(one, dict)]


def added(values: Iterable[int | None]) -> int | None:
    """Sum of what is told; None if nothing is."""
    told = [value for value in values if value is not None]
    return sum(told) if told else None


def percent(part: int | None, whole: int | None) -> float | None:
    """A share as a percentage; None if a part of it was not told."""
    return 100.0 * part / whole if part is not None and whole else None
