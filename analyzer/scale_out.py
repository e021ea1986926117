"""A repository that is made of others, such as a scale-out repository: what holds for all of its parts."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from collectors.backup_tables import BackupRepository

_FIRM = ("hardened", "compliance")


def whole_of(row: BackupRepository, parts: Sequence[BackupRepository]) -> BackupRepository:
    """The row with room, reach and immutability of its parts. A part that is not told leaves them open."""
    told = len(parts) == len((row.extents or "").split("\n"))
    sizes = [part.size_bytes for part in parts if part.size_bytes is not None]
    free = [part.free_bytes for part in parts if part.free_bytes is not None]
    reached = {part.reachable for part in parts}
    return dataclasses.replace(
        row,
        size_bytes=sum(sizes) if told and len(sizes) == len(parts) else row.size_bytes,
        free_bytes=sum(free) if told and len(free) == len(parts) else row.free_bytes,
        reachable=False if False in reached else True if told and reached == {True} else row.reachable,
        lock_mode=_mode({part.lock_mode for part in parts}, told) or row.lock_mode,
        lock_days=_days([part.lock_days for part in parts], told),
    )


def _mode(modes: set[str | None], told: bool) -> str | None:
    """The weakest of them: a chain that lies on two parts is lost with one."""
    if "none" in modes:
        return "none"
    if None in modes or not told or not modes:
        return None
    return "governance" if "governance" in modes else next(one for one in _FIRM if one in modes)


def _days(days: list[float | None], told: bool) -> float | None:
    known = [one for one in days if one is not None]
    return min(known) if told and known and len(known) == len(days) else None
