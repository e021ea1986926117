"""A real OpenSSH server on 127.0.0.1 with keys and configuration of its own in a temporary folder."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
USER = pwd.getpwuid(os.geteuid()).pw_name


class Sshd:
    """Started on construction. *home* holds the client's side: `.ssh/known_hosts`, `.ssh/id_ed25519`.

    *before*: words before the server's command line, to start it in surroundings of its own.
    """

    def __init__(self, folder: Path, home: Path, *, before: Sequence[str] = (), **options: str) -> None:
        folder.mkdir()
        self._before = before
        self._folder, self._home = folder, home
        self.port = free_port()
        self.host_key = new_key(folder / "host_key")
        (home / ".ssh").mkdir(mode=0o700, exist_ok=True)
        self.client_key = home / ".ssh" / "id_ed25519"
        if not self.client_key.exists():
            new_key(self.client_key)
        self.authorized = folder / "authorized_keys"
        shutil.copy(self.client_key.with_suffix(".pub"), self.authorized)
        self._configure(options)
        self._process = self._start()

    def _configure(self, options: dict[str, str]) -> None:
        settings = {
            "Port": str(self.port),
            "ListenAddress": "127.0.0.1",
            "HostKey": str(self.host_key),
            "PidFile": "none",
            "AuthorizedKeysFile": str(self.authorized),
            "StrictModes": "no",
            "UsePAM": "no",
            "PasswordAuthentication": "no",
            "KbdInteractiveAuthentication": "no",
            "PermitRootLogin": "yes",
            "LogLevel": "VERBOSE",
        } | options
        text = "".join(f"{name} {value}\n" for name, value in settings.items())
        (self._folder / "sshd_config").write_text(text)

    def _start(self) -> subprocess.Popen[bytes]:
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        assert SSHD is not None
        with (self._folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*self._before, SSHD, "-D", "-e", "-f", str(self._folder / "sshd_config")],
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        until = time.monotonic() + 10
        while time.monotonic() < until and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return process
            time.sleep(0.02)
        pytest.skip(f"sshd does not start here: {self.log().strip()[-300:]}")

    def address(self, user: str = USER) -> str:
        return f"ssh://{user}@127.0.0.1:{self.port}"

    def trust(self, key: Path | None = None) -> None:
        """Put the server's host key (or another) into the client's known_hosts."""
        public = (key or self.host_key).with_suffix(".pub").read_text().split()
        with (self._home / ".ssh" / "known_hosts").open("a") as known:
            known.write(f"[127.0.0.1]:{self.port} {public[0]} {public[1]}\n")

    def log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")

    def sessions(self) -> list[int]:
        """Process ids of the servers of open connections."""
        told = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self._process.pid)],
            capture_output=True,
            check=False,
            text=True,
        )
        return [int(pid) for pid in told.stdout.split()]

    def cut(self) -> None:
        """End every open connection as a crash would."""
        for pid in self.sessions():
            for one in (pid, *_children(pid)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)

    def stop(self) -> None:
        if self._process.poll() is not None:
            return
        self.cut()
        self._process.terminate()
        self._process.wait(10)


def _children(pid: int) -> list[int]:
    told = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, check=False, text=True
    )
    found = [int(word) for word in told.stdout.split()]
    return [*found, *(below for child in found for below in _children(child))]


def new_key(path: Path) -> Path:
    """An ed25519 key pair without a passphrase."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path


def free_port() -> int:
    """A port that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
