"""Counts the events of a log while its lines go by: memory grows with what happened, not with the log."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from collectors.fact import At, Reading
from collectors.kernel_log_kinds import TELLING_BYTES, kind_of
from collectors.kernel_log_lines import line_of
from collectors.kernel_log_tables import KernelEvent, KernelLog

MOST_ROWS = 5000
_SAMPLE_CHARACTERS = 200
_REPEATED = re.compile(rb"last message repeated (\d{1,6}) times")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\u00a0-\uffff]")


@dataclass(slots=True)
class _Counted:
    number: int
    sample: str
    count: int = 0
    by_day: dict[int, int] = field(default_factory=dict)
    first_at: datetime | None = None
    last_at: datetime | None = None
    last_uptime: float | None = None


@dataclass(slots=True)
class Count:
    """What was seen so far of a log."""

    source: str
    now: datetime | None
    lines: int = 0
    events: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    told: dict[tuple[str, str], _Counted] = field(default_factory=dict)
    _last: _Counted | None = None

    def take(self, raw: bytes) -> None:
        """Count one line; most lines tell nothing and cost one search."""
        self.lines += 1
        if TELLING_BYTES.search(raw) is None:
            if self._last is not None and (again := _REPEATED.search(raw)):
                self._last.count += int(again[1])
            return
        line = line_of(raw[:2000].decode("utf-8", "replace"), self.now)
        event = kind_of(line.message) if line is not None else None
        if line is None or event is None:
            return
        kind, device, times = event
        device = _UNPRINTABLE.sub("?", device)
        self.events += 1
        one = self.told.get((kind, device))
        if one is None:
            if len(self.told) >= MOST_ROWS:
                return
            sample = _UNPRINTABLE.sub("?", line.message)[:_SAMPLE_CHARACTERS]
            one = self.told[(kind, device)] = _Counted(self.lines, sample)
        self._last = one
        _add(one, times, line.at, line.uptime_seconds)

    def rows(self, *, filtered: bool) -> Iterator[Reading]:
        """The log itself and its events, each with the line of the first that was met."""
        times = [one for counted in self.told.values() for one in (counted.first_at, counted.last_at) if one]
        yield KernelLog(
            source=self.source,
            lines=self.lines,
            events=self.events,
            filtered=filtered,
            first_at=min(times, default=None),
            last_at=max(times, default=None),
        )
        for (kind, device), one in sorted(self.told.items()):
            row = KernelEvent(
                kind=kind,
                device=device,
                count=one.count,
                last_week_count=_last_week(one),
                first_at=one.first_at,
                last_at=one.last_at,
                last_uptime_seconds=one.last_uptime,
                sample=one.sample,
            )
            yield At(row, f"line {one.number}")


def _add(one: _Counted, times: int, at: datetime | None, uptime: float | None) -> None:
    one.count += times
    if at is not None:
        one.first_at = at if one.first_at is None else min(at, one.first_at)
        one.last_at = at if one.last_at is None else max(at, one.last_at)
        day = at.toordinal()
        if day in one.by_day or len(one.by_day) < 4000:
            one.by_day[day] = one.by_day.get(day, 0) + times
    if uptime is not None:
        one.last_uptime = uptime if one.last_uptime is None else max(uptime, one.last_uptime)


def _last_week(one: _Counted) -> int | None:
    if one.last_at is None:
        return None
    since = (one.last_at - timedelta(days=7)).toordinal()
    return sum(count for day, count in one.by_day.items() if day > since)


def count(raw: bytes, source: str, now: datetime | None) -> Count:
    """Go through a log once. *raw* is not copied."""
    counted = Count(source, now)
    for line in io.BytesIO(raw):
        counted.take(line)
    return counted
