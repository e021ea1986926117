"""A borg repository, asked with borg itself: archives, sizes, encryption, append-only, locks.

borg writes a lock into the repository for whatever it does. On this machine it is asked with `--bypass-lock`
if nobody holds a lock, so that nothing is written and no backup is held up; over SSH the lock is taken for
the moment as borg always does. Sources: borg's manual (`borg list`, `borg info`, "All about JSON").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.backup_refusals import gaps
from collectors.backup_tables import BackupRepository
from collectors.collector import Asking, collector, reader
from collectors.fact import Missing, Reading
from collectors.plain_text import file_lines, unopened
from collectors.question import Answer, Form
from collectors.tools.borg_check import CHECK, CHECK_CONTENT
from collectors.tools.repository_location import LOCATION, told

MOST_SIZED = 30
"""Archives whose sizes are asked, the newest ones: borg reads all that it has of each."""

_KEYS = "{{hostname}}{{username}}{{end}}{{comment}}"
_LIST = ("list", "--json", "--consider-checkpoints", "--format", _KEYS)
_INFO = ("info", "--json", "--last", str(MOST_SIZED))
LIST = Form(
    ("borg", "--bypass-lock", *_LIST),
    reads="borg-list",
    why="Archives of a repository on this machine",
    timeout_seconds=300,
    max_bytes=256 * 1024 * 1024,
)
LIST_AFAR = Form(
    ("borg", "--lock-wait", "5", *_LIST),
    reads="borg-list",
    why="Archives of a repository on another machine",
    timeout_seconds=300,
    max_bytes=256 * 1024 * 1024,
)
INFO = Form(
    ("borg", "--bypass-lock", *_INFO),
    reads="borg-info",
    why="Sizes of the newest archives and of the repository",
    timeout_seconds=600,
)
INFO_AFAR = Form(
    ("borg", "--lock-wait", "5", *_INFO),
    reads="borg-info",
    why="Sizes of the newest archives and of the repository, on another machine",
    timeout_seconds=600,
)
SETTINGS = Form(
    ("grep", "-aH", "-e", "^id *=", "-e", "^append_only *=", "-e", "^storage_quota *=", "{folder}/config"),
    reads="borg-config",
    why="Identity and append-only mode of a repository on this machine; the line with the key is not read",
)
LOCKS = Form(
    ("find", "{folder}", "-maxdepth", "2", "-path", "*/lock.*", "-printf", "%T@ %P\\n"),
    reads="borg-locks",
    why="Locks of a repository on this machine: a backup that runs, or one that was killed",
)


@collector(
    "borg",
    system="borg",
    asks=(LOCATION, SETTINGS, LOCKS, LIST, LIST_AFAR, INFO, INFO_AFAR, CHECK, CHECK_CONTENT),
)
def ask() -> Asking:
    """A borg repository: archives, sizes, append-only mode, locks and, where wanted, a check"""
    (location,) = yield (LOCATION(),)
    named = told(location)
    here = named.get("kind") == "local"
    held = False
    if here:
        _, locks = yield (SETTINGS(folder=named["path"]), LOCKS(folder=named["path"]))
        held = "lock.exclusive" in locks.text
    bypass = here and not held
    (archives,) = yield ((LIST if bypass else LIST_AFAR)(),)
    if archives.refusal is not None or not archives.stdout:
        return
    yield ((INFO if bypass else INFO_AFAR)(),)
    if check := named.get("check", ""):
        yield ((CHECK if check == "structure" else CHECK_CONTENT)(),)


def _recognises_config(text: str) -> float:
    return 0.9 if re.search(r"^/.*/config:append_only *=", text, re.MULTILINE) else 0.0


@reader("borg-config", fills=(BackupRepository,), recognises=_recognises_config)
def read_config(answer: Answer) -> Iterator[Reading]:
    """a borg repository's own settings"""
    words: dict[str, str] = {}
    for _, _, line in file_lines(answer):
        name, _, value = line.partition("=")
        words[name.strip()] = value.strip()
    if not re.fullmatch(r"[0-9a-f]{64}", words.get("id", "")):
        yield from gaps(answer, BackupRepository)
        missing = any("No such file" in why for why in unopened(answer).values())
        if missing:
            yield BackupRepository(repository="borg:?", name="", product="borg", reachable=False)
        elif not answer.status:
            yield Missing(BackupRepository, "failed", f"{answer.question.argv[-1]}: holds no identity")
        return
    quota = words.get("storage_quota", "")
    yield BackupRepository(
        repository=f"borg:{words['id']}",
        name="",
        product="borg",
        append_only={"0": False, "1": True}.get(words.get("append_only", "")),
        size_bytes=int(quota) if re.fullmatch(r"[1-9]\d{0,17}", quota) else None,
    )


def _recognises_locks(text: str) -> float:
    return 0.9 if re.search(r"^\d+\.\d+ (?:\S+/)?lock\.(?:exclusive|roster)", text, re.MULTILINE) else 0.0


@reader("borg-locks", fills=(BackupRepository,), recognises=_recognises_locks)
def read_locks(answer: Answer) -> Iterator[Reading]:
    """locks in the folder of a borg repository: one file for each holder; the roster outlives them"""
    from collectors.backup_values import unix_moment

    if answer.status and not answer.stdout:
        yield from gaps(answer, BackupRepository)
        return
    holders = re.findall(r"^(\d+(?:\.\d+)?) lock\.exclusive/\S+$", answer.text, re.MULTILINE)
    times = [at for at in map(unix_moment, holders) if at is not None]
    yield BackupRepository(
        repository="borg:?",
        name="",
        product="borg",
        locks=len(holders),
        locked_at=min(times, default=None),
    )
