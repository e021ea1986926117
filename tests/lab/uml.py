# SPDX-License-Identifier: Apache-2.0
"""A user-mode Linux bed: a real kernel with md, dm and file systems as an ordinary process.

    with Uml(tmp_path, disks=[48 << 20] * 8) as bed:
        status, stdout, stderr = bed.run(["cat", "/proc/mdstat"])

The guest's root is the host's ``/``, read-only, so the host's tools are its tools; ``/run``, ``/tmp``,
``/var``, ``/mnt``, ``/root`` and a copy of ``/etc`` live in memory. ``mounts`` shares host directories.
"""

from __future__ import annotations

import base64
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from .beds import Answer, BedError, BedMissing, must, need_programs, shell_text

AGENT = Path(__file__).resolve().parent / "uml_agent.sh"
WIDE_REGISTERS = Path(__file__).resolve().parent / "uml_wide_registers.c"
MODULES = Path("/usr/lib/uml/modules")
HIDDEN = ("run", "tmp", "var", "mnt", "root", "etc")  # in memory inside, see uml_agent.sh
TOOLS = {"linux.uml": "user-mode-linux", "udevadm": "udev", "modprobe": "kmod", "mdadm": "mdadm"}


def need_uml() -> None:
    """Raise BedMissing unless this machine can run the bed."""
    need_programs(TOOLS)
    if not MODULES.is_dir():
        raise BedMissing(f"no directory {MODULES} (apt package user-mode-linux)")
    try:
        Path("/lib/modules").mkdir(exist_ok=True)  # the guest's modules are mounted on it, inside
    except OSError as error:
        raise BedMissing(f"no directory /lib/modules, and it cannot be made: {error.strerror}") from error


def python_mounts(*others: Path) -> dict[str, Path]:
    """The ``mounts`` with which ``sys.executable`` runs inside, plus other directories at their own paths.

    Only what lies under a directory which memory hides inside needs a mount; the rest is there anyway.
    """
    wanted = (Path(sys.base_prefix), Path(sys.prefix), *others)
    hidden = [path for path in wanted if path.is_absolute() and path.parts[1] in HIDDEN]
    return {str(path): path for path in hidden}


def registers_environment(directory: Path) -> dict[str, str]:
    """What linux.uml 6.1 needs in its environment on processors with AMX (see uml_wide_registers.c)."""
    if " amx_tile" not in Path("/proc/cpuinfo").read_text():
        return {}
    need_programs({"gcc": "gcc"})
    library = directory / "wide_registers.so"
    command = ["gcc", "-shared", "-fPIC", "-O1", "-o", str(library), str(WIDE_REGISTERS)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise BedMissing(f"this processor has AMX, and the help for it does not compile: {done.stderr}")
    return {"LD_PRELOAD": str(library)}


class Uml:
    """One user-mode Linux machine, running inside its ``with`` block."""

    def __init__(
        self,
        directory: Path,
        disks: Sequence[int] = (),
        memory: str = "512M",
        mounts: Mapping[str, Path] | None = None,
        udev: bool = True,
        name: str = "lab-uml",
        arguments: Sequence[str] = (),
    ) -> None:
        """Prepare scratch disks of the given sizes; ``mounts`` maps paths inside to host directories.

        *arguments*: more words for the kernel's command line.
        """
        self.directory = directory
        self.name = name
        self.disks = tuple(f"/dev/ubd{chr(ord('b') + index)}" for index in range(len(disks)))
        self.images = tuple(directory / f"disk{index}.img" for index in range(len(disks)))
        self.console = directory / "console.log"
        self.boot_seconds = 0.0
        self._sizes = tuple(disks)
        self._memory = memory
        self._mounts = dict(mounts or {})
        self._udev = udev
        self._extra = tuple(arguments)
        self._process: subprocess.Popen[bytes] | None = None
        self._log: BinaryIO | None = None
        self._sockets = ""
        self._received = b""
        self._number = 0

    def __enter__(self) -> Uml:
        """Boot, wait until commands run, and share the host directories."""
        need_uml()
        self.directory.mkdir(parents=True, exist_ok=True)
        for image, size in zip(self.images, self._sizes, strict=True):
            with image.open("wb") as handle:
                handle.truncate(size)
        try:
            self._start(30)
            for inside, host in self._mounts.items():
                self.share(host, inside)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Power off; end the process if it does not go by itself."""
        self._stop()

    def _arguments(self) -> list[str]:
        """The kernel's command line."""
        extra = [] if self._udev else ["no_udev=1"]
        return [
            shutil.which("linux.uml") or "linux.uml",
            f"mem={self._memory}",
            f"lab_name={self.name}",  # the kernel hands what it does not know to init's environment
            # A short place for its control socket: socket paths end at 108 characters.
            "umid=u",
            f"uml_dir={self._sockets}/",
            *("rootfstype=hostfs", "rootflags=/", "ro", f"init={self._sockets}/init", *extra),
            *("con=null", "con0=null,fd:2", "ssl=null", "ssl0=fd:0,fd:1", "quiet", "loglevel=7"),
            # The hostfs root takes the device number of ubd0, so disks start at ubd1 (/dev/ubdb).
            # Relative, because the kernel logs its command line, and recordings keep the log.
            *(f"ubd{index + 1}={image.name}" for index, image in enumerate(self.images)),
            *self._extra,
        ]

    def _start(self, timeout: float) -> None:
        """Start the process and wait for the agent's first line."""
        began = time.monotonic()
        self._sockets = tempfile.mkdtemp(prefix="uml-")
        shutil.copy(AGENT, f"{self._sockets}/init")
        self._log = self.console.open("wb")
        memory_directory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else str(self.directory)
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.directory), "TMPDIR": memory_directory}
        self._process = subprocess.Popen(
            self._arguments(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
            cwd=self.directory,
            env=environment | registers_environment(self.directory),
        )
        while not self._line(began + timeout).startswith(b"@@READY"):
            pass
        self.boot_seconds = time.monotonic() - began

    def _line(self, deadline: float) -> bytes:
        """The next line from the serial line."""
        assert self._process is not None
        assert self._process.stdout is not None
        stream = self._process.stdout.fileno()
        while b"\n" not in self._received:
            ready, _, _ = select.select([stream], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise BedError(f"no answer from user-mode Linux; console:\n{self.console_tail()}")
            data = os.read(stream, 1 << 16)
            if not data:
                raise BedError(f"user-mode Linux ended; console:\n{self.console_tail()}")
            self._received += data
        line, self._received = self._received.split(b"\n", 1)
        return line.rstrip(b"\r")

    def console_tail(self) -> str:
        """The last lines the kernel printed."""
        return self.console.read_text(errors="replace")[-2000:]

    def run(self, command: str | Sequence[str], timeout: float = 60) -> Answer:
        """Run shell text, or exactly the given argument list; status 124 or 137 means it took too long."""
        if self._process is None or self._process.stdin is None:
            raise BedError("user-mode Linux is not running")
        self._number += 1
        text = base64.b64encode(shell_text(command).encode(errors="surrogateescape"))
        self._process.stdin.write(b"%d %d %s\n" % (self._number, max(1, round(timeout)), text))
        self._process.stdin.flush()
        deadline = time.monotonic() + timeout + 10
        while True:
            fields = self._line(deadline).split(b" ")
            if fields[0] == b"@@" and len(fields) == 5 and int(fields[1]) == self._number:
                return Answer(int(fields[2]), base64.b64decode(fields[3]), base64.b64decode(fields[4]))

    def share(self, host: Path, inside: str | None = None) -> str:
        """Make a host directory writable inside, by default under its own path; return that path."""
        source = str(host.resolve())
        target = inside or source
        must(self, f"mkdir -p {shell_text([target])} 2>/dev/null; true")
        # fsconfig(2), which mount of util-linux 2.39 prefers, knows no option of that name
        must(
            self,
            ["env", "LIBMOUNT_FORCE_MOUNT2=always", "mount", "-t", "hostfs", "none", target, "-o", source],
        )
        return target

    def _stop(self) -> None:
        """Ask for power off, then end our own process group."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            if process.stdin is not None:
                process.stdin.write(b"@@quit\n")
                process.stdin.close()
            process.wait(8)
        except (OSError, subprocess.TimeoutExpired):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
        if self._log is not None:
            self._log.close()
        shutil.rmtree(self._sockets, ignore_errors=True)
