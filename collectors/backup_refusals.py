"""Why a repository could not be read, out of the words of restic and borg, and what to do about it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from collectors.backup_tables import BackupCheck
from collectors.fact import GapReason, Missing
from collectors.question import Answer, decode
from collectors.table import Row

_NO_KEY = "name the passphrase by password_file or password_command in the [[targets]] block of site.toml"
_DAMAGED = "the repository is damaged: have its own check tell what is lost, before anything is pruned"
_DAMAGE = (
    r"ciphertext verification failed|invalid data returned|Integrity|does not match id|hash does not match"
    r"|Manifest has no|Segment entry|file truncated|unexpected EOF|invalid header|decrypt"
    r"|[0-9a-f]{8} not found in repository|(?:could not|failed to) load snapshot"
)
_NO_SESSION = r"Host key verification failed|sftp session|server unexpectedly closed connection"
"""restic tells of an unexpected EOF here, too, which of a file is damage."""
_CUT_OFF = "can this machine reach it, and is the host key known?"
_AWAY = "is it there, and is the place spelled as the tool wants it?"

_KNOWN: tuple[tuple[str, GapReason, str], ...] = (
    (
        r"wrong password|no key found|passphrase supplied .* is incorrect",
        "denied",
        "the passphrase is not accepted: is it the one of this repository, and was the key removed?",
    ),
    (
        r"empty password|Resolving password failed|repository password from stdin|passcommand .* failed"
        r"|acquire a passphrase|BORG_PASSPHRASE is not set|Passphrase query",
        "denied",
        _NO_KEY,
    ),
    (
        r"No key file for repository",
        "denied",
        "the key file is not here, nor elsewhere?, and nothing opens without",
    ),
    (
        r"already locked|unable to create lock|acquire the lock|LockTimeout|LockFailed",
        "failed",
        "a backup runs, or a lock was left behind: look who holds it, then `unlock` (restic) or `break-lock`",
    ),
    (_NO_SESSION, "unreachable", _CUT_OFF),
    (_DAMAGE, "failed", _DAMAGED),
    (
        r"connection refused|Connection closed|no route to host|could not resolve|no such host|i/o timeout"
        r"|timed out|Host key verification|Network is unreachable|broken pipe",
        "unreachable",
        _CUT_OFF,
    ),
    (
        r"permission denied|access denied|403 Forbidden|401 Unauthorized|EACCES",
        "denied",
        "run holdwater as the user who makes the backups, or name credentials that may read",
    ),
    (
        r"Is there a repository at|does not exist|not a valid repository|no such file|NoSuchBucket"
        r"|unable to open config",
        "unreachable",
        _AWAY,
    ),
    (r"unknown (?:flag|command)|unrecognized arguments|invalid choice", "unsupported", "the tool is too old"),
)


def refusal(answer: Answer) -> tuple[GapReason, str] | None:
    """Reason and one line for a person; None for an answer with its JSON."""
    if not answer.status or answer.stdout.lstrip()[:1] in (b"{", b"["):
        return None
    said = _plain(decode(answer.stdout[:2000] + b"\n" + answer.stderr[-20_000:]))
    for pattern, reason, cure in _KNOWN:
        if found := re.search(pattern, said, re.IGNORECASE):
            return reason, f"{_line(said, found.start())}; {cure}"
    last = _line(said, len(said.rstrip())) or answer.complaint or "nothing was told"
    return "failed", f"{last} (exit status {answer.status})"


def gaps(answer: Answer, *tables: type[Row]) -> Iterator[Missing]:
    """A gap in each table if the answer has no content."""
    if (why := refusal(answer)) is not None:
        yield from (Missing(row_type, *why) for row_type in tables)


def damage(answer: Answer, repository: str, *tables: type[Row]) -> Iterator[Missing | BackupCheck]:
    """A failed check, and a gap in each table, if the tool met damage, whatever its exit status."""
    said = _plain(decode(answer.stderr[-20_000:]))
    found = re.search(_DAMAGE, said, re.IGNORECASE)
    if found is None or re.search(rf"wrong password|no key found|{_NO_SESSION}", said, re.IGNORECASE):
        return
    line = _line(said, found.start())
    yield from (Missing(row_type, "failed", f"{line}; {_DAMAGED}") for row_type in tables)
    yield BackupCheck(
        repository=repository,
        check=f"{answer.question} {answer.started_at:%Y-%m-%dT%H:%MZ}" if answer.started_at else "?",
        kind="structure",
        at=answer.started_at,
        result="failed",
        message=line,
    )


def _plain(said: str) -> str:
    """With --json restic 0.18 tells errors as JSON too: their messages in place of those lines."""
    return "\n".join(map(_message, said.splitlines()))


def _message(line: str) -> str:
    if not line.startswith('{"message_type":"'):
        return line
    try:
        told = json.loads(line)
        said = told.get("message") or told.get("error", {}).get("message")
    except (ValueError, AttributeError, RecursionError):
        return line
    return " ".join(said.split()) if isinstance(said, str) else line


def _line(said: str, at: int) -> str:
    begin = said.rfind("\n", 0, at) + 1
    end = said.find("\n", at)
    return said[begin : end if end >= 0 else None].strip().removeprefix("Fatal: ")[:200]
