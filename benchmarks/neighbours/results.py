# SPDX-License-Identifier: Apache-2.0
"""All results of one run, kept as JSON so that the page can be written anew."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from . import check_raid, netdata, node_exporter, pymdstat_fields, smartd
from .said import Row, Said


@dataclass
class Results:
    """What the page tells; `states` is state → tool → what it said."""

    date: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    states: dict[str, Row] = field(default_factory=dict)
    corpus: Mapping[str, Mapping[str, Mapping[Any, int]]] = field(default_factory=dict)
    corpus_words: str = ""

    def keep(self, path: Path) -> None:
        """Write as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", "utf-8")


def kept(path: Path) -> Results:
    """Read what `keep` wrote."""
    told = json.loads(path.read_text("utf-8"))
    states = told.pop("states")
    rows = {state: {tool: Said(*said) for tool, said in row.items()} for state, row in states.items()}
    return Results(states=rows, **told)


def stamped(results: Results) -> None:
    """Today's date and the versions of what is installed."""
    results.date = datetime.now(UTC).date().isoformat()
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
