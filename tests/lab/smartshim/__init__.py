# SPDX-License-Identifier: Apache-2.0
"""The real smartctl looking at fabricated drives.

with smart_bed(tmp_path) as path_directory:
    environment = os.environ | {"PATH": f"{path_directory}:{os.environ['PATH']}"}
    subprocess.run(["smartctl", "--json", "--scan-open"], env=environment)
    subprocess.run(["smartctl", "--json=c", "-x", "/dev/sdb"], env=environment)
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..beds import BedMissing, need_programs
from .make_drives import DRIVES, MEANING, Drive, make_drives

__all__ = ["DRIVES", "MEANING", "Drive", "make_drives", "need_smart", "smart_bed"]

SOURCE = Path(__file__).resolve().parent / "shim.c"


def need_smart() -> str:
    """The real smartctl's path; raises BedMissing unless this machine can run the bed."""
    need_programs({"gcc": "gcc", "smartctl": "smartmontools"})
    return shutil.which("smartctl") or ""


@contextmanager
def smart_bed(directory: Path, drives: dict[str, Drive] | None = None) -> Iterator[Path]:
    """Make the drives and yield a directory for the front of PATH: its smartctl sees them and no others."""
    real = need_smart()
    directory.mkdir(parents=True, exist_ok=True)
    shim = directory / "shim.so"
    images = directory / "drives"
    make_drives(images, drives)
    command = ["gcc", "-shared", "-fPIC", "-O1", "-o", str(shim), str(SOURCE), "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise BedMissing(f"the shim does not compile (apt package libc6-dev?): {done.stderr}")
    programs = directory / "bin"
    programs.mkdir(exist_ok=True)
    wrapper = programs / "smartctl"
    environment = f"LD_PRELOAD={shlex.quote(str(shim))} HOLDWATER_SHIM={shlex.quote(str(images))}"
    wrapper.write_text(f'#!/bin/sh\n{environment} exec {shlex.quote(real)} "$@"\n')
    wrapper.chmod(0o755)
    yield programs
