"""Shared by the tests of the store."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from analyzer.engine import Judgement
from holdwater.judging import judged
from holdwater.store import writing
from tests.canned import host

ROOT = Path(__file__).parent.parent


SICK = host("db", sick=lambda number: number == 0)


NO_SMART = {argv: raw for argv, raw in SICK.items() if argv[0] != "smartctl"}


def holdwater(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """The program as a shell would run it."""
    return subprocess.run(
        [sys.executable, "-m", "holdwater", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
        check=False,
    )


def add(store: Path, path: Path) -> tuple[Path, Judgement]:
    judgement = judged(path, store=store)
    return writing.keep(store, judgement, path), judgement


def said(judgement: Judgement) -> list[tuple[str, ...]]:
    return sorted((f.rule, f.outcome, f.severity, f.subject, f.message) for f in judgement.findings)
