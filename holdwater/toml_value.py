"""Typed values of `site.toml`, each refused in one line that names it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def text(told: Mapping[str, Any], name: str, otherwise: str | None = None) -> str:
    """A text without control characters. Raises ValueError if it is none, or missing without a default."""
    value = told.get(name, otherwise)
    if value is None:
        raise ValueError(f"{name} is missing")
    if not isinstance(value, str):
        raise ValueError(f"{name} must be text, not {value!r}")
    if not value.isprintable():
        raise ValueError(f"{name} holds a line break or another control character")
    return value


def number(told: Mapping[str, Any], name: str, otherwise: float, least: float, most: float) -> float:
    """A number within bounds. Raises ValueError."""
    value = told.get(name, otherwise)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise ValueError(f"{name} must be a number from {least:g} to {most:g}, not {value!r}")
    return float(value)


def chosen(told: Mapping[str, Any], name: str, otherwise: str, known: Sequence[str]) -> str:
    """One of the words *known*. Raises ValueError."""
    value = text(told, name, otherwise)
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}, not {value!r}")
    return value


def several(
    told: Mapping[str, Any], name: str, otherwise: Sequence[str], known: Sequence[str]
) -> tuple[str, ...]:
    """Some of the words *known*. Raises ValueError."""
    value = told.get(name, list(otherwise))
    if not isinstance(value, list) or not set(value) <= set(known):
        raise ValueError(f"{name} must be a list of some of {', '.join(known)}, not {value!r}")
    return tuple(value)


def only(told: Any, known: set[str], where: str) -> Mapping[str, Any]:
    """The table, if it has no other keys than *known*. Raises ValueError."""
    if not isinstance(told, dict):
        raise ValueError(f"{where}: a table is wanted, not {told!r}")
    for name in sorted(told.keys() - known):
        raise ValueError(f"{where}: {name!r} is not known; known: {', '.join(sorted(known))}")
    return told
