"""The `scan:` (once `scrub:`) line of `zpool status`, in the words of every release."""

from __future__ import annotations

import re
from typing import Any

from collectors.zfs_words import bytes_of, written_time

_RUNNING = re.compile(r"(scrub|resilver|rebuild)(?: \([^)]*\))? in progress")
_PAUSED = re.compile(r"scrub paused since")
_ENDED = re.compile(
    r"(?:(?P<kind>scrub|resilver|rebuild)(?: \([^)]*\))? (?:repaired|completed|copied)"
    r"|(?P<done>resilvered|rebuilt)(?: \([^)]*\))?)(?: (?P<amount>\d[\d.]*[KMGTPE]?i?B?))?\b"
)
_ERRORS = re.compile(r"with (\d{1,18}) errors")
_STOPPED = re.compile(r"(scrub|resilver|rebuild)(?: \([^)]*\))? (?:canceled|cancelled|stopped)")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)% done")
_AMOUNT = re.compile(
    r"(\d[\d.]*[KMGTPE]?i?B?) (?:repaired|resilvered)|(?:repaired|resilvered) (\d[\d.]*[KMGTPE]?i?B?)"
)
_LEFT = re.compile(r"(?:(\d+) days? )?(\d+):(\d\d):(\d\d) to go|(\d+)h(\d+)m to go")
_RESTED = re.compile(r"(?:scrub|resilver) started on ([^\n]*)")


def scan_of(lines: list[str]) -> dict[str, Any]:
    """Columns of :class:`ZpoolStatus` on the last scan; of several, the one that runs, else the newest."""
    told = [columns for columns in map(_one, lines) if columns]
    if not told:
        return {}
    return max(told, key=lambda c: (c["scan_state"] == "running", _when(c)))


def _when(columns: dict[str, Any]) -> float:
    at = columns.get("scan_ended_at") or columns.get("scan_started_at")
    return at.timestamp() if at else 0.0


def _one(text: str) -> dict[str, Any]:
    line = text.strip()
    if re.match(r"none requested|no scrub", line):
        return {"scan_kind": "none", "scan_state": None}
    if match := _RUNNING.match(line):
        return _unfinished(line, match[1], "running")
    if _PAUSED.match(line):
        return _unfinished(line, "scrub", "paused")
    if match := _STOPPED.match(line):
        return {
            "scan_kind": _kind(match[1]),
            "scan_state": "canceled",
            "scan_ended_at": written_time(line),
        }
    if match := _ENDED.match(line):
        errors = _ERRORS.search(line)
        return {
            "scan_kind": _kind(match["kind"] or match["done"]),
            "scan_state": "finished",
            "scan_ended_at": written_time(line),
            "scan_repaired_bytes": bytes_of(match["amount"]),
            "scan_errors": int(errors[1]) if errors else None,
        }
    return {}


def _unfinished(line: str, kind: str, state: str) -> dict[str, Any]:
    percent, amount = _PERCENT.search(line), _AMOUNT.search(line)
    started = _RESTED.search(line)
    return {
        "scan_kind": _kind(kind),
        "scan_state": state,
        "scan_started_at": written_time(started[1] if started else line.partition("\n")[0]),
        "scan_percent": float(percent[1]) if percent else None,
        "scan_minutes_left": _minutes(line),
        "scan_repaired_bytes": bytes_of(amount[1] or amount[2]) if amount else None,
    }


def _kind(word: str) -> str:
    return "scrub" if word == "scrub" else "resilver"


def _minutes(line: str) -> float | None:
    match = _LEFT.search(line)
    if match is None:
        return None
    days, hours, minutes, seconds, old_hours, old_minutes = (
        int((word or "0")[:9]) for word in match.groups()
    )
    return days * 1440 + (hours + old_hours) * 60 + minutes + old_minutes + seconds / 60
