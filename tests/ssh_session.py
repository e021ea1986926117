"""An SSH target against a real OpenSSH server: fixtures and shorthands."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from collectors.question import Answer, Form, Question
from collectors.targets import open_target
from collectors.targets.ssh import SshTarget
from tests.sshd import SSHD, Sshd


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, so that nobody's real keys and hosts play a part."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return folder


@pytest.fixture
def serve(tmp_path: Path, home: Path) -> Iterator[Callable[..., Sshd]]:
    """Starts servers with the options given."""
    if SSHD is None:
        pytest.skip("sshd is not installed (apt install openssh-server)")
    started: list[Sshd] = []

    def start(before: Sequence[str] = (), **options: str) -> Sshd:
        started.append(Sshd(tmp_path / f"sshd{len(started)}", home, before=before, **options))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def server(serve: Callable[..., Sshd]) -> Sshd:
    """A server that is known and lets us in."""
    started = serve()
    started.trust()
    return started


def command(*argv: str, **form: Any) -> Question:
    return Form(argv, reads="", why="a test", **form)()


def run(target: SshTarget, *questions: Question) -> list[Answer]:
    async def all_of_them() -> list[Answer]:
        try:
            return list(await asyncio.gather(*map(target.ask, questions)))
        finally:
            await target.close()

    return asyncio.run(all_of_them())


def reach(address: str, seconds: float = 10) -> str:
    async def reached() -> str:
        target = open_target(address, connect_timeout=seconds)
        try:
            return await target.reach()
        finally:
            await target.close()

    reason = asyncio.run(reached())
    assert "\n" not in reason
    return reason


def ssh(server: Sshd, user: str = "", **words: Any) -> SshTarget:
    target = open_target(server.address(user) if user else server.address(), **words)
    assert isinstance(target, SshTarget)
    return target


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make a user for the test")


AUDITOR = f"hwaudit{os.getpid()}"


@pytest.fixture
def auditor(serve: Callable[..., Sshd]) -> Iterator[Sshd]:
    """A user of the system who is not root and may not use sudo, on a server that knows our key."""
    with auditor_on(serve) as started:
        yield started


@contextlib.contextmanager
def auditor_on(serve: Callable[..., Sshd], before: Sequence[str] = (), **options: str) -> Iterator[Sshd]:
    """That user, while it lasts, on a server with these words before its command line, and these options."""
    with _user(AUDITOR):
        started = serve(before, **options)
        started.authorized.chmod(0o644)
        for folder in started.authorized.parents:
            if folder != Path("/"):
                folder.chmod(folder.stat().st_mode | 0o055)
        started.trust()
        yield started
        started.stop()  # a user with running processes cannot be removed


class _user:  # noqa: N801 - used like a function
    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        made = subprocess.run(["useradd", "-M", "-d", "/", "-s", "/bin/sh", self._name], capture_output=True)
        if made.returncode:
            pytest.skip(f"no user can be made here: {made.stderr.decode().strip()}")
        subprocess.run(["usermod", "-p", "*", self._name], check=True, capture_output=True)

    def __exit__(self, *_: object) -> None:
        subprocess.run(["userdel", "-f", self._name], capture_output=True, check=False)
