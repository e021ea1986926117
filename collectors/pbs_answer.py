"""Answers of Proxmox Backup Server: its JSON, the identities in it, and why there is none.

Sources: tests/pbs_api.toml tells what was read of the server's own sources, and of which release.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from collectors.backup_values import text_of, unix_moment
from collectors.fact import GapReason, Missing
from collectors.question import Answer
from collectors.table import Row

STORE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")
NAMESPACE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*){0,7}")
ACCOUNT = re.compile(r"[A-Za-z0-9_][^\s:/@!]{0,60}@[A-Za-z0-9][\w.-]{0,31}(?:![A-Za-z0-9_][\w.-]{0,31})?")
"""What names in answers must look like before they may stand in the next question."""

_STORE_IN_PATH = re.compile(r"/admin/datastore/([^/]+)/")
_UPID = re.compile(r"UPID:[^:]*:[0-9A-F]+:[0-9A-F]+:[0-9A-F]+:([0-9A-F]{8,9}):", re.IGNORECASE)
_AWAY = re.compile(r"maintenance|offline|not mounted|unmount|unavailable", re.IGNORECASE)


def repository(store: str) -> str:
    """Identity of a datastore; the server's name is put in where the target is known."""
    return f"pbs:?/{store}"


def store_of(answer: Answer) -> str:
    """The datastore asked about. Raises LookupError."""
    found = next((m for word in answer.question.argv if (m := _STORE_IN_PATH.search(word))), None)
    if found is None:
        raise LookupError("the path names no datastore")
    return found[1]


def namespace_of(answer: Answer) -> str:
    """The namespace asked about; empty for the root."""
    told = (word[3:] for word in answer.question.argv if word.startswith("ns="))
    return next(told, "")


def refused(answer: Answer, *tables: type[Row], subject: str = "") -> Iterator[Missing]:
    """Gaps for an answer with a status of failure; none for a good one."""
    if answer.status in (None, 200):
        return
    said = answer.complaint
    reason: GapReason = "unreachable" if _AWAY.search(said) else "failed"
    if answer.status == 404:
        reason = "unsupported"  # the release has no such path yet
    for row_type in tables:
        yield Missing(row_type, reason, f"{answer.question}: {said}", subject)


def task_start(upid: Any) -> datetime | None:
    """When a task began, out of its id."""
    found = _UPID.match(upid) if isinstance(upid, str) else None
    return unix_moment(int(found[1], 16)) if found else None


def outcome(status: Any) -> str | None:
    """ok, warning or failed, of the word a task ended with."""
    told = text_of(status)
    if told is None or told == "unknown":
        return None
    return "ok" if told == "OK" else "warning" if told.startswith("WARNINGS") else "failed"


def away(one: Mapping[str, Any]) -> str | None:
    """Why a datastore of the list cannot be asked now; None if it can. Written as `offline,message="…"`."""
    told = text_of(one.get("maintenance"))
    mode = told.split(",")[0].removeprefix("type=").strip() if told else "read-only"
    if mode != "read-only":
        return f"is in maintenance: {told}"
    return "is not mounted" if one.get("mount-status") == "notmounted" else None


def retention(told: Mapping[str, Any]) -> str | None:
    """`keep-daily=7, keep-weekly=4`; None if nothing is told."""
    kept = [f"{key}={told[key]}" for key in sorted(told) if key.startswith("keep-") and told[key]]
    return ", ".join(kept) or None
