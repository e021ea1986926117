"""Command lines for hosts reached over SSH: for login shells of Unix, and for OpenSSH of Windows."""

from __future__ import annotations

import base64
import math
import re
import shlex

from collectors.question import Form, Question, expandable
from collectors.targets.local import SEARCH

PROBE = Form(
    ("id", "-u"), reads="", why="whether commands can be run, and as root or not", timeout_seconds=15
)
"""Put once to every host on connecting; its answer is kept in the manifest as `user_id`."""
WINDOWS_PROBE = Form(
    ("cmd", "/c", "ver"), reads="", why="whether a host without a Unix shell is Windows", timeout_seconds=15
)
"""Put where `id -u` is not understood; Windows is kept in the manifest as `system`."""

_MARK = b"holdwater-begins\n"


def remote_command(question: Question, before: tuple[str, ...] = (), *, times_out: bool = False) -> str:
    """The command line for the login shell: `exec /bin/sh -c '…'` means the same to every shell there is.

    Every word is quoted, but file name patterns of forms that want them expanded. A line is printed first to
    both outputs, so that what the login shell's start-up files print can be told from the answer.
    *times_out*: the host has `timeout`, so that a hanging command does not stay behind even if the connection
    is lost.
    """
    expands = question.form.expand
    words = [word if expands and expandable(word) else shlex.quote(word) for word in question.argv]
    script = f'LC_ALL=C TZ=UTC0 PATH="$PATH:{SEARCH}"; export LC_ALL TZ PATH; '
    script += f"echo {_MARK.decode().strip()}; echo {_MARK.decode().strip()} >&2; "
    if question.form is PROBE:
        script += "timeout -s KILL 5 true 2>/dev/null && echo timeout; "
    seconds = f"{math.ceil(question.form.timeout_seconds) + 1}"
    ends = "TERM" if before else "KILL"  # sudo hands a TERM on to what it runs; killed, it leaves that behind
    limit = ("timeout", "-s", ends, seconds) if times_out else ()
    line = " ".join([*limit, *map(shlex.quote, before), *words])
    return f"exec /bin/sh -c {shlex.quote(f'{script}exec {line} </dev/null')}"


def windows_command(question: Question) -> str:
    """The command line for OpenSSH of Windows, the same whether its shell is cmd or PowerShell.

    Scripts are handed over encoded: `$` and quotes mean other things to either shell. Raises ValueError for
    words that would need quoting, which no form for Windows has.
    """
    *words, last = question.argv
    if words[:1] == ["powershell"] and words[-1] == "-Command":
        script = base64.b64encode(last.encode("utf-16-le")).decode("ascii")
        return " ".join([*words[:-1], "-EncodedCommand", script])
    if not all(re.fullmatch(r"[\w/.:-]+", word) for word in question.argv):
        raise ValueError(f"cannot be asked of Windows: {question}")
    return " ".join(question.argv)


def after_mark(told: bytes) -> bytes:
    """What follows the line that was printed first; all of it where there is none."""
    return told.partition(_MARK)[2] if _MARK in told else told
