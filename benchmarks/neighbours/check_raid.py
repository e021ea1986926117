# SPDX-License-Identifier: Apache-2.0
"""check_raid (monitoring-plugins-contrib) with its defaults; exit status 1 or 2 is an alarm."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.lab.beds import Bed

from .said import Said

NAME = "check_raid"
PROGRAM = "/usr/lib/nagios/plugins/check_raid"


def version() -> str:
    """As the program says; empty if it is not there."""
    if not Path(PROGRAM).exists():
        return ""
    told = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True).stdout
    return told.split()[-1]


def verdict(status: int, text: str) -> Said:
    """Exit status and output as the monitoring plugins agree on them."""
    word = text.partition(":")[0].strip() or f"status {status}"
    if status == 0:
        return Said("silent")
    if status in (1, 2):
        return Said("alarm", word)
    return Said("unknown", "no RAID found" if "No active plugins" in text else word)


def inside(bed: Bed) -> Said:
    """Run in a bed."""
    if not version():
        return Said("absent")
    answer = bed.run([PROGRAM])
    return verdict(answer.status, answer.text)


def of(mdstat: str) -> Said:
    """Run with a text as /proc/mdstat, in a mount namespace of its own (root only)."""
    if not version() or not shutil.which("unshare"):
        return Said("absent")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "mdstat").write_text(mdstat)
        setting = f"mount -t tmpfs proc /proc && cp {folder}/mdstat /proc/mdstat && exec {PROGRAM} -p mdstat"
        done = subprocess.run(["unshare", "-m", "sh", "-c", setting], capture_output=True, text=True)
    return verdict(done.returncode, done.stdout)
