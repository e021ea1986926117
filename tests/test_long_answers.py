"""Answers of any length are read as a stream under a limit: memory is bounded, and what is cut is said to be.

Each runs in a process of its own, whose greatest size is then known.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.test_bad_input import ROOT, tool

MIB = 1 << 20
LIMIT = 16 * MIB
GROWN = 8 * LIMIT
"""What reading an answer of the limit may take beyond the start of Python: the answer, and its text."""
LINE = "2026-11-19T03:10:40+0000 nas kernel: I/O error, dev sdb, sector 9000 op 0x1:(WRITE)"

PROGRAM = """
import asyncio, json, resource, sys
from collectors.collector import load
from collectors.reading import read_answer
from collectors.targets import open_target
from collectors.tools import kernel_log, smartctl

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

load()
question = {"journal": kernel_log.JOURNAL(), "scan": smartctl.SCAN()}[sys.argv[1]]
before = peak()
answer = asyncio.run(open_target("local", name="here", sudo=False).ask(question))
told = list(read_answer("here", answer))
print(json.dumps({
    "bytes": len(answer.stdout), "refusal": answer.refusal, "grown": peak() - before,
    "gaps": [[one.reason, one.detail] for one in told if hasattr(one, "reason")],
    "counts": [one.row.count for one in told if hasattr(one, "row") and hasattr(one.row, "count")],
    "seconds": answer.duration_seconds,
}))
"""


def run(folder: Path, what: str, name: str, script: str) -> dict[str, Any]:
    tool(folder, name, script)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, what],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PATH": f"{folder}:{os.environ['PATH']}"},
        capture_output=True,
        check=True,
        timeout=120,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_two_gibibytes_of_journal(tmp_path: Path) -> None:
    """Read up to the limit, counted, cut there and said so; the tool is ended, not waited for."""
    script = f"#!/bin/sh\nyes '{LINE}' | head -c 2147483648\necho done > {tmp_path}/ended\n"
    told = run(tmp_path / "bin", "journal", "journalctl", script)
    assert (told["bytes"], told["refusal"]) == (LIMIT, "truncated")
    assert ["truncated", f"more than {LIMIT} bytes"] in told["gaps"]
    assert sum(told["counts"]) - LIMIT // (len(LINE) + 1) in (0, 1)  # the line that is cut may still tell
    assert told["grown"] < GROWN, told["grown"] // MIB
    assert not (tmp_path / "ended").exists()


@pytest.mark.parametrize("size", [200_000_000, LIMIT + 1, LIMIT])
def test_two_hundred_megabytes_of_drives(size: int, tmp_path: Path) -> None:
    """A scan that never ends, or ends right at the limit."""
    script = f"#!/bin/sh\nhead -c {size} /dev/zero | tr '\\\\0' ' '\n"
    told = run(tmp_path / "bin", "scan", "smartctl", script)
    assert told["bytes"] == LIMIT
    assert told["refusal"] == (None if size == LIMIT else "truncated")
    assert told["grown"] < GROWN, told["grown"] // MIB
    assert told["gaps"]
    assert (["truncated", f"more than {LIMIT} bytes"] in told["gaps"]) == (size > LIMIT)
