"""borgmatic where it is set up: it holds its own credentials, and remembers when it checked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.backup_tables import BackupCheck
from collectors.backup_values import unix_moment
from collectors.collector import reader
from collectors.fact import At, Reading
from collectors.question import Answer, Form

BORGMATIC_LIST = Form(
    ("borgmatic", "--verbosity", "-1", "list", "--json"),
    reads="borg-list",
    why="Archives of the repositories that borgmatic writes to; borg holds their lock for a moment",
    right="root",
    timeout_seconds=300,
    max_bytes=64 * 1024 * 1024,
)
BORGMATIC_INFO = Form(
    ("borgmatic", "--verbosity", "-1", "info", "--json", "--last", "10"),
    reads="borg-info",
    why="Sizes of the newest archives of the repositories that borgmatic writes to",
    right="root",
    timeout_seconds=300,
)
BORGMATIC_CHECKS = Form(
    (
        *("find", "/root/.borgmatic/checks", "/var/lib/borgmatic", "/root/.local/state/borgmatic"),
        *("-type", "f", "-path", "*/checks/*", "-printf", "%T@ %p\\n"),
    ),
    reads="borgmatic-checks",
    why="When borgmatic checked each repository last, and what",
    right="root",
)
_KINDS = {"repository": "structure", "archives": "structure", "data": "content", "extract": "restore",
          "spot": "sample"}  # fmt: skip
_DONE = re.compile(
    r"(\d+(?:\.\d+)?) \S*/checks/([0-9a-f]{64})/(repository|archives|data|extract|spot)(?:/\w+)?$"
)


def _recognises(text: str) -> float:
    return 0.9 if re.search(r"^\d+\.\d+ \S*/checks/[0-9a-f]{64}/", text, re.MULTILINE) else 0.0


@reader("borgmatic-checks", fills=(BackupCheck,), recognises=_recognises)
def read_checks(answer: Answer) -> Iterator[Reading]:
    """checks that borgmatic carried out; it notes only those that ended well"""
    for number, line in enumerate(answer.text.splitlines(), 1):
        found = _DONE.match(line)
        if found and found[3] in _KINDS:
            yield At(
                BackupCheck(
                    repository=f"borg:{found[2]}",
                    check=f"borgmatic {found[3]}",
                    kind=_KINDS[found[3]],
                    at=unix_moment(found[1]),
                    result="ok",
                ),
                f"line {number}",
            )
