"""Words of Veeam Backup & Replication, alike in its PowerShell objects, its exports and its REST API.

Sources: the REST API reference and the PowerShell reference of Veeam Backup & Replication.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from collectors.backup_values import moment_of

_DATE = re.compile(r"/Date\((-?\d{1,15})")
_KINDS = (
    (r"^(?:win|linux|hyperv)local|hardened", "local"),
    (r"cifs|smb", "smb"),
    (r"nfs", "nfs"),
    (r"s3|wasabi|objectstorage", "s3"),
    (r"azure|google|cloud|glacier|databox|snowball", "cloud"),
    (r"ddboost|storeonce|exagrid|quantum|infinidat|fujitsu|dedup|hpe", "dedup appliance"),
    (r"tape", "tape"),
)
_RUNNING = ("working", "starting", "stopping", "postprocessing", "pausing", "resuming", "running")
_OUTCOMES = {"success": "ok", "warning": "warning", "failed": "failed", "error": "failed"}


def repository(name: str) -> str:
    """Identity of a repository by its name; the server's name is put in where the target is known."""
    return f"veeam:?/{name}"


def known_id(told: Any) -> str | None:
    """An id; none for the one of zeros that stands for nothing."""
    return told if isinstance(told, str) and told.strip("0-") else None


def kind_of(told: str | None) -> str | None:
    """local, smb, nfs, s3, cloud, dedup appliance or tape, of the type of a repository."""
    lower = (told or "").lower()
    return next((kind for words, kind in _KINDS if re.search(words, lower)), None)


def outcome(told: Any, state: Any = None) -> str | None:
    """ok, warning, failed or running, of a session's result; None for one that is not told."""
    if str(state).lower() in _RUNNING:
        return "running"
    return _OUTCOMES.get(str(told).lower())


def truth(told: Any) -> bool | None:
    """True and False as PowerShell or JSON writes them."""
    if isinstance(told, bool):
        return told
    return {"true": True, "false": False, "enabled": True, "disabled": False}.get(str(told).strip().lower())


def moment(told: Any) -> datetime | None:
    """ISO 8601, or the milliseconds of older PowerShell; the year 1 means never."""
    if isinstance(told, dict):  # ConvertTo-Json wraps a time: {"value": "/Date(…)/", "DateTime": "…"}
        told = told.get("value")
    if isinstance(told, str) and (stamp := _DATE.match(told)):
        told_seconds = int(stamp[1]) / 1000
        try:
            return datetime.fromtimestamp(told_seconds, UTC) if told_seconds > 0 else None
        except (ValueError, OverflowError, OSError):
            return None
    at = moment_of(told)
    return at if at and at.year > 1970 else None


def gigabytes(told: Any) -> int | None:
    """Bytes of a size in GB, as number or text."""
    try:
        size = float(str(told).replace(",", "."))
    except ValueError:
        return None
    return int(size * (1 << 30)) if 0 <= size < 1e9 else None


def first_of(row: Mapping[str, Any], *names: str) -> str | None:
    """The first of the columns that holds text."""
    for name in names:
        told = row.get(name)
        if isinstance(told, str) and told.strip():
            return told.strip()
    return None
