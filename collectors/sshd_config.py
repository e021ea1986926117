"""Settings of the OpenSSH server, as sshd_config(5) and `sshd -T` write them: the first value counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from collectors.exposure_tables import SshServer

SSHD_SETTINGS = frozenset(("permitrootlogin", "passwordauthentication"))
_ASKING = ("kbdinteractiveauthentication", "challengeresponseauthentication")
_NAMES = frozenset((*SSHD_SETTINGS, *_ASKING, "usepam"))
_OLD = {"without-password": "prohibit-password"}

Lines = Sequence[tuple[int, str]]
"""Lines with their numbers in the answer."""


def settings_of(lines: Lines, included: Lines) -> dict[str, tuple[int, str]]:
    """Line number and value of each setting that counts, up to the first Match block.

    *included*: lines of the files that stand where the configuration includes them.
    """
    found: dict[str, tuple[int, str]] = {}
    for number, name, value in _each(lines):
        if name == "match":
            break
        if name == "include" and "sshd_config.d" in value:
            _take(found, included)
        elif name in _NAMES:
            found.setdefault(name, (number, value.lower()))
    return found


def _take(found: dict[str, tuple[int, str]], lines: Lines) -> None:
    """A Match block of an included file ends with that file at the latest."""
    matching = False
    for number, name, value in _each(lines):
        matching = matching or name == "match"
        if name in _NAMES and not matching:
            found.setdefault(name, (number, value.lower()))


def _each(lines: Lines) -> Iterable[tuple[int, str, str]]:
    for number, line in lines:
        name, _, value = line.strip().replace("=", " ", 1).partition(" ")
        if value.strip():
            yield number, name.lower(), value.split("#")[0].strip().strip('"')


def server_of(settings: dict[str, tuple[int, str]], line: int) -> tuple[int, SshServer]:
    """The server, and the line that tells of it. What is not set is OpenSSH's default since 7.0 (2015)."""
    number, root = settings.get("permitrootlogin", (line, "prohibit-password"))
    typed = settings.get("passwordauthentication", (0, "yes"))[1] == "yes"
    asked = next((settings[name][1] for name in _ASKING if name in settings), "yes") == "yes"
    pam = settings.get("usepam", (0, "no"))[1] == "yes"
    row = SshServer(
        software="OpenSSH",
        root_login=_OLD.get(root, root),
        passwords=typed or (asked and pam),
        stated=settings.keys() >= SSHD_SETTINGS,
    )
    return number, row
