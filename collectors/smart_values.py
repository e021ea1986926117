"""Values out of a drive's answer, taken one by one: what has the wrong type, is null or absurd is "not told".

smartctl's JSON is read as it stands; a text report is first put in the same shape (`smart_text`), so that
there is one decoder. Nothing here raises for what a drive says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

Tree = Mapping[str, Any]
"""A decoded smartctl answer of one drive."""

_WHOLE = re.compile(r"[+-]?\d{1,3}(?:[,.' \u00a0\u202f]\d{3})+|[+-]?\d+(?:\.\d+)?|0[xX][0-9a-fA-F]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")
_LIMIT = 1 << 63
"""Counters beyond it are nonsense, and no table column could hold them."""


def at(tree: Any, path: str) -> Any:
    """The value at a dotted path, or None."""
    for name in _names(path):
        if not isinstance(tree, dict):
            return None
        tree = tree.get(name)
    return tree


@cache
def _names(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def branch(tree: Any, path: str) -> Tree:
    """The object at a dotted path; empty if there is none."""
    found = at(tree, path)
    return found if isinstance(found, dict) else {}


def inner(tree: Tree, name: str) -> Tree:
    """The object of that name right below; empty if there is none."""
    found = tree.get(name)
    return found if isinstance(found, dict) else {}


def items(tree: Any, path: str) -> Iterator[tuple[int, Tree]]:
    """The objects of the list at a dotted path, with their index."""
    found = at(tree, path)
    if isinstance(found, list):
        for index, one in enumerate(found):
            if isinstance(one, dict):
                yield index, one


def whole(value: Any) -> int | None:
    """A whole number from a number or a string with one (hex, thousands separators), else None."""
    if type(value) is int:
        return value if -_LIMIT < value < _LIMIT else None
    if isinstance(value, float):
        return int(value) if -_LIMIT < value < _LIMIT else None
    if isinstance(value, str) and len(value) < 40 and _WHOLE.fullmatch(value.strip()):
        return _spelled(value.strip())
    return None


def _spelled(digits: str) -> int | None:
    if digits[:2] in ("0x", "0X"):
        return whole(int(digits, 16))
    if re.fullmatch(r"[+-]?\d+\.\d+", digits) and not re.fullmatch(r"[+-]?\d{1,3}(\.\d{3})+", digits):
        return whole(float(digits))
    return whole(int(re.sub(r"[,.' \u00a0\u202f]", "", digits)))


def natural(value: Any) -> int | None:
    """A whole number that is not negative: a counter."""
    if value is None:
        return None
    if type(value) is int and 0 <= value < _LIMIT:
        return value
    number = whole(value)
    return number if number is not None and number >= 0 else None


def percent(value: Any) -> int | None:
    """A share; drives go on counting beyond 100, up to 255."""
    number = whole(value) if value is not None else None
    return number if number is not None and 0 <= number <= 255 else None


def celsius(value: Any) -> int | None:
    """A temperature a drive can have. Zero is what bridges and virtual disks say when they do not know."""
    if value is None:
        return None
    number = whole(value)
    return number if number is not None and number != 0 and -60 <= number <= 150 else None


def flag(value: Any) -> bool | None:
    """True or False, also as strings."""
    if value is None:
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return None


def text(value: Any) -> str | None:
    """A name or sentence without control characters, at most 300 characters; None if empty."""
    if value is None:
        return None
    if isinstance(value, str):
        if len(value) < 300 and value.isascii() and value.isprintable():
            return value.strip() or None
        clean = _CONTROL.sub(" ", value[:400]).strip()
        return clean[:300] or None
    return None


_known = lru_cache(maxsize=512)(text)


def name_of(value: Any) -> str | None:
    """The same, of a name that thousands of drives repeat: that of an attribute."""
    return _known(value) if type(value) is str and len(value) < 64 else text(value)


def moment(value: Any) -> datetime | None:
    """An aware UTC time from seconds since 1970."""
    seconds = whole(value)
    if seconds is None or not 0 < seconds < 4_102_444_800:  # the year 2100
        return None
    return datetime.fromtimestamp(seconds, UTC)


def first(*values: int | None) -> int | None:
    """The first that was told."""
    for value in values:
        if value is not None:
            return value
    return None


def total(*values: int | None) -> int | None:
    """The sum of those that were told; None if none was."""
    told = [value for value in values if value is not None]
    return sum(told) if told else None
