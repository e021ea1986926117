# SPDX-License-Identifier: Apache-2.0
"""pymdstat: a library that reads /proc/mdstat and judges nothing.

An alarm is read into its fields as its best-known user, Glances, does: an array that is not active, or one
with fewer members in use than it should have.
"""

from __future__ import annotations

import importlib.metadata
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

from .said import Said

NAME = "pymdstat"


def version() -> str:
    """The installed version; empty if it is not."""
    try:
        return importlib.metadata.version("pymdstat")
    except importlib.metadata.PackageNotFoundError:
        return ""


def of(mdstat: str) -> Said:
    """What the fields tell of a text of /proc/mdstat."""
    if not version():
        return Said("absent")
    from pymdstat import MdStat

    with tempfile.NamedTemporaryFile("w", prefix="mdstat", encoding="utf-8") as file:
        file.write(mdstat)
        file.flush()
        try:
            with redirect_stdout(None):  # it prints lines that surprise it
                arrays = MdStat(str(Path(file.name))).get_stats()["arrays"]
        except Exception as error:  # any of them: what it raises is what is measured
            return Said("wrong", type(error).__name__)
    words = []
    for array, fields in sorted(arrays.items()):
        used, available = fields.get("used"), fields.get("available")
        if fields.get("status") != "active":
            words.append(f"{array} {fields.get('status')}")
        elif used is not None and available is not None and int(used) < int(available):
            words.append(f"{array} {used} of {available}")
    return Said("alarm", ", ".join(words)) if words else Said("silent")
