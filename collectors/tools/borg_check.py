"""`borg check`, asked only where site.toml wants it, or saved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from collectors.backup_refusals import gaps
from collectors.backup_tables import BackupCheck
from collectors.collector import reader
from collectors.fact import Reading
from collectors.question import Answer, Form, decode

_CHECK = ("borg", "--lock-wait", "5", "check", "-v", "--show-rc")
CHECK = Form(
    _CHECK,
    reads="borg-check",
    why="Only where site.toml asks for it: whether the repository is whole; holds its lock meanwhile",
    timeout_seconds=12 * 3600,
)
CHECK_CONTENT = Form(
    (*_CHECK, "--verify-data"),
    reads="borg-check",
    why="Only where site.toml asks for it: whether all of the content can be read back and decrypted",
    timeout_seconds=24 * 3600,
)
_BAD = re.compile(
    r"^.*(?:Data integrity error|mismatch|Exceptions? occurred|errors? found|[1-9]\d* integrity errors?"
    r"|is missing|Missing|problems found(?<!no problems found)|terminating with error).*$",
    re.MULTILINE,
)


def _recognises(text: str) -> float:
    return 0.9 if "Starting repository check" in text else 0.0


@reader("borg-check", fills=(BackupCheck,), recognises=_recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """how a check of a borg repository ended, as text or --log-json"""
    said = f"{answer.text}\n{decode(answer.stderr)}"
    begun = "Starting repository check" in said
    ended = "no problems found" in said or "rc 0" in said
    bad = _BAD.search(said)
    if not begun:
        yield from gaps(answer, BackupCheck)
        return
    if not (ended or bad or answer.status):
        raise ValueError("how the check ended is not told")
    failed = bool(bad) or bool(answer.status)
    at = answer.started_at and answer.started_at + timedelta(seconds=answer.duration_seconds)
    content = "--verify-data" in answer.question.argv or "verif" in said.lower()
    yield BackupCheck(
        repository="borg:?",
        check=f"borg check {at:%Y-%m-%dT%H:%MZ}" if at else "borg check",
        kind="content" if content else "structure",
        at=at,
        result="failed" if failed else "ok",
        share_percent=100.0 if content else None,
        seconds=answer.duration_seconds or None,
        message=bad[0].strip()[:300] if bad else "no problems found",
    )
