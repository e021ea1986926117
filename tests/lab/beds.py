# SPDX-License-Identifier: Apache-2.0
"""What every test bed offers: a place where commands run, and how a missing bed is reported."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class BedError(RuntimeError):
    """A bed did not do what a scenario needs."""


class BedMissing(BedError):
    """This machine cannot offer the bed; the text says exactly what is missing."""


class Answer(NamedTuple):
    """What one command gave: its exit status and both outputs, as bytes."""

    status: int
    stdout: bytes
    stderr: bytes

    @property
    def text(self) -> str:
        """Standard output as text, undecodable bytes kept visible."""
        return self.stdout.decode(errors="backslashreplace")

    @property
    def complaint(self) -> str:
        """Standard error as text, undecodable bytes kept visible."""
        return self.stderr.decode(errors="backslashreplace")


class Bed(Protocol):
    """A place where commands run: this host, user-mode Linux, or the guest."""

    def run(self, command: str | Sequence[str], timeout: float = 60) -> Answer:
        """Run shell text, or exactly the given argument list, and return its answer."""
        ...


class DiskBed(Bed, Protocol):
    """A bed with scratch disks of its own."""

    @property
    def disks(self) -> tuple[str, ...]:
        """The scratch disks' device paths."""
        ...


@dataclass
class HostBed:
    """The host itself as a bed."""

    def run(self, command: str | Sequence[str], timeout: float = 60) -> Answer:
        """Run shell text with bash, or exactly the given argument list."""
        argv = ["bash", "-c", command] if isinstance(command, str) else list(command)
        environment = {**os.environ, "LC_ALL": "C"}
        try:
            done = subprocess.run(
                argv, capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL, env=environment
            )
        except FileNotFoundError:
            return Answer(127, b"", f"{argv[0]}: command not found\n".encode())
        return Answer(done.returncode, done.stdout, done.stderr)


def shell_text(command: str | Sequence[str]) -> str:
    """Shell text which runs the command: the text itself, or the quoted argument list."""
    return command if isinstance(command, str) else shlex.join(command)


def must(bed: Bed, command: str | Sequence[str], timeout: float = 60) -> str:
    """Run a command which has to succeed and return its standard output."""
    answer = bed.run(command, timeout)
    if answer.status:
        raise BedError(f"status {answer.status} from: {shell_text(command)}\n{answer.text}{answer.complaint}")
    return answer.text.strip()


def need_programs(packages: dict[str, str]) -> None:
    """Raise BedMissing naming each absent program (keys) and the package (values) which has it."""
    lacking = [
        f"{name} (apt package {package})" for name, package in packages.items() if not shutil.which(name)
    ]
    if lacking:
        raise BedMissing("not installed: " + ", ".join(lacking))


def need_root() -> None:
    """Raise BedMissing unless this process is root."""
    if os.geteuid() != 0:
        raise BedMissing("needs root")
