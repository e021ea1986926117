# SPDX-License-Identifier: Apache-2.0
"""What one tool made of one state, in terms which fit all tools."""

from __future__ import annotations

from typing import Literal, NamedTuple

Level = Literal["alarm", "note", "unknown", "silent", "wrong", "uncovered", "absent"]
"""alarm: somebody is told. note: shown or logged, nobody is told. unknown: says that it cannot tell.
silent: looked and found nothing. wrong: broke, or gave a value that is not so. uncovered: not what the tool
looks at. absent: the tool is not on this machine."""


class Said(NamedTuple):
    """The level and the name or number which the tool gave for it."""

    level: Level
    words: str = ""


UNCOVERED = Said("uncovered")
Row = dict[str, Said]
"""Tool → what it said of the state."""
