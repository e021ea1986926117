"""Finds the JSON documents in an answer that may hold a prompt, mail text or several documents."""

from __future__ import annotations

import json
import re
from typing import Any

from collectors.smart_values import Tree

_DECODER = json.JSONDecoder()
_OPENING = re.compile(r"^[ \t]*[\[{]", re.MULTILINE)


def documents(said: str) -> tuple[list[Tree], str]:
    """The JSON objects in *said*, and the beginning of what looks like one but is damaged ("" if none)."""
    found: list[Tree] = []
    position = 0
    while opening := _OPENING.search(said, position):
        start = opening.end() - 1
        try:
            value, position = _DECODER.raw_decode(said, start)
        except (ValueError, RecursionError):
            return found, said[start : start + 400]
        found.extend(one for one in _flat(value) if isinstance(one, dict))
    return found, ""


def _flat(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
