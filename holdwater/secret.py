"""Secrets by reference: `env:NAME`, `keyring:SERVICE/USER` or `command:…`, never the secret in a file."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable

from holdwater.errors import CannotRun

SECONDS = 30


def checked_reference(reference: str, where: str) -> str:
    """The reference, if it is one. Raises ValueError, which never repeats what may be the secret itself."""
    kind, _, name = reference.partition(":")
    if kind not in _WAYS or not name:
        raise ValueError(
            f'{where} must say where the secret is kept, as "env:NAME", "keyring:SERVICE/USER" or'
            ' "command:…", and never hold it'
        )
    return reference


def secret(reference: str) -> str:
    """The secret that a reference leads to. Raises CannotRun where there is none; it is never printed."""
    kind, _, name = reference.partition(":")
    told = _WAYS[kind](name)
    if not told or not told.isprintable():
        raise CannotRun(f"{_named(reference)} holds no secret, or one with control characters")
    return told


def _named(reference: str) -> str:
    kind, _, name = reference.partition(":")
    return f"{kind}:{shlex.split(name)[0]} …" if kind == "command" and name.strip() else reference


def _of_environment(name: str) -> str:
    if name not in os.environ:
        raise CannotRun(f"the environment has no {name}; set it to the secret, in the service's own file too")
    return os.environ[name]


def _of_keyring(name: str) -> str:
    import keyring
    from keyring.errors import KeyringError

    service, _, user = name.partition("/")
    try:
        told = keyring.get_password(service, user)
    except KeyringError as error:
        raise CannotRun(f"keyring:{name}: {error or type(error).__name__}") from error
    if told is None:
        raise CannotRun(f"the keyring has no secret; keep it with: keyring set {service} {user or 'USER'}")
    return told


def _of_command(command: str) -> str:
    argv: list[str] = []
    try:
        argv = shlex.split(command)
        done = subprocess.run(argv, capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, ValueError, IndexError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CannotRun(f"command:{argv[0] if argv else ''} could not be run: {reason}") from error
    except subprocess.TimeoutExpired as error:
        raise CannotRun(f"command:{argv[0]} gave no secret within {SECONDS} s") from error
    if done.returncode:
        raise CannotRun(f"command:{argv[0]} ended with status {done.returncode} and gave no secret")
    return done.stdout.partition("\n")[0].rstrip("\r")


_WAYS: dict[str, Callable[[str], str]] = {
    "env": _of_environment,
    "keyring": _of_keyring,
    "command": _of_command,
}
