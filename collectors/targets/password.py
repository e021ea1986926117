"""A password by reference: the file or the command that tells it, else the environment."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from collectors.targets.repository_address import Access


def password(access: Access, environment: Mapping[str, str], *variables: str) -> str:
    """The password; empty if nothing tells one. The first of the *variables* that is set counts.

    Raises OSError and SubprocessError if the file or the command gives none.
    """
    if access.password_file:
        return Path(access.password_file).read_text().strip()
    if access.password_command:
        done = subprocess.run(
            shlex.split(access.password_command), capture_output=True, text=True, check=True, timeout=30
        )
        return done.stdout.strip()
    return next((told for name in variables if (told := environment.get(name, "").strip())), "")
