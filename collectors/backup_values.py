"""Values in the JSON of backup tools: text, whole numbers, times; None for what is something else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

MOST_BYTES = 1 << 62


def text_of(value: Any) -> str | None:
    """Text that is not empty."""
    return value if isinstance(value, str) and value else None


def count_of(value: Any) -> int | None:
    """A whole number from 0, also one that was written as a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < MOST_BYTES else None


def seconds_of(value: Any) -> float | None:
    """A time span in seconds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < 1e9 else None


def moment_of(value: Any) -> datetime | None:
    """ISO 8601 in UTC; a time without its zone is taken for UTC, which our own questions ask for."""
    if not isinstance(value, str):
        return None
    try:
        told = datetime.fromisoformat(value.strip())
        return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def unix_moment(value: Any) -> datetime | None:
    """Seconds since 1970, as a number or text; 0 is no time."""
    try:
        seconds = float(value)
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def listed(value: Any) -> str | None:
    """Texts of a list, newline-separated."""
    if not isinstance(value, list):
        return None
    return "\n".join(one for one in value if isinstance(one, str)) or None


def mapping_of(value: Any) -> Mapping[str, Any]:
    """An object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def objects_of(text: str) -> list[dict[str, Any]]:
    """The objects of a JSON list; `null` is an empty one. Raises ValueError for anything else."""
    told = json.loads(text)
    if told is None:
        return []
    if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
        raise ValueError("a list of objects was expected")
    return told


def object_of(text: str) -> dict[str, Any]:
    """A JSON object. Raises ValueError for anything else."""
    told = json.loads(text)
    if not isinstance(told, dict):
        raise ValueError("an object was expected")
    return told
