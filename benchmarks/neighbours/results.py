# SPDX-License-Identifier: Apache-2.0
"""All results of one run, kept as JSON so that the page can be written anew."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from . import check_raid, netdata, node_exporter, pymdstat_fields, smartd
from .said import Row, Said

Counted = Mapping[str, Mapping[str, Mapping[Any, int]]]
"""Tool → expected conclusion → level → how many texts."""


@dataclass
class Results:
    """What the page tells; `states` is state → tool → what it said."""

    dates: dict[str, str] = field(default_factory=dict)
    """Part → the day it was run."""
    versions: dict[str, str] = field(default_factory=dict)
    states: dict[str, Row] = field(default_factory=dict)
    corpus: Counted = field(default_factory=dict)
    corpus_words: str = ""
    pools: Counted = field(default_factory=dict)
    """The same over saved texts of `zpool status`."""

    @property
    def told_dates(self) -> str:
        """The day of most parts, then the others with theirs."""
        by_day: dict[str, list[str]] = {}
        for part, day in self.dates.items():
            by_day.setdefault(day, []).append(part)
        usual = max(by_day, key=lambda day: len(by_day[day]), default="")
        others = [f"{', '.join(by_day[day])} on {day}" for day in sorted(by_day) if day != usual]
        return "; ".join([usual, *others])

    def keep(self, path: Path) -> None:
        """Write as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", "utf-8")


def kept(path: Path) -> Results:
    """Read what `keep` wrote."""
    told = json.loads(path.read_text("utf-8"))
    states = told.pop("states")
    rows = {state: {tool: Said(*said) for tool, said in row.items()} for state, row in states.items()}
    return Results(states=rows, **told)


def stamped(results: Results, parts: Iterable[str]) -> None:
    """Today's date for the parts that were run, and the versions of what is installed."""
    results.dates |= dict.fromkeys(parts, datetime.now(UTC).date().isoformat())
    uml = subprocess.run(["linux.uml", "--version"], capture_output=True, text=True).stdout.strip()
    results.versions = {
        "holdwater": version("holdwater"),
        "smartd": smartd.version(),
        "node_exporter": node_exporter.version(),
        "Netdata": netdata.version(),
        "check_raid": check_raid.version(),
        "pymdstat": pymdstat_fields.version(),
        "kernel of the beds": uml,
        "Python": platform.python_version(),
    }
