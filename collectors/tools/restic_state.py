"""Keys, locks and checks of a restic repository."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from collectors.backup_refusals import gaps
from collectors.backup_tables import BackupCheck, BackupRepository
from collectors.backup_values import moment_of, object_of, objects_of
from collectors.collector import reader
from collectors.fact import Reading
from collectors.question import Answer, Form, decode

KEYS = Form(
    ("restic", "--no-lock", "list", "keys"),  # `key list` writes a lock even so (0.14)
    reads="restic-key-names",
    why="How many passwords open the repository",
    timeout_seconds=120,
)
LOCKS = Form(
    ("restic", "--no-lock", "list", "locks"),
    reads="restic-locks",
    why="Locks: a backup that runs, or one that was killed",
    timeout_seconds=120,
)
LOCK = Form(
    ("restic", "--no-lock", "cat", "lock", "{lock}"),
    reads="restic-lock",
    why="Since when a lock is held, and by whom",
    timeout_seconds=20,  # restic looks for one that was given back meanwhile for a minute
)
CHECK = Form(
    ("restic", "--no-lock", "check"),
    reads="restic-check",
    why="Only where site.toml asks for it: whether the repository is whole, without reading the content",
    timeout_seconds=3600,
)
CHECK_CONTENT = Form(
    ("restic", "--no-lock", "check", "--read-data-subset={share}%"),
    reads="restic-check",
    why="Only where site.toml asks for it: whether that share of the content can be read back",
    timeout_seconds=12 * 3600,
)


def _recognises_keys(text: str) -> float:
    return 0.95 if '"userName"' in text and '"hostName"' in text and '"current"' in text else 0.0


@reader("restic-keys", fills=(BackupRepository,), recognises=_recognises_keys)
def read_keys(answer: Answer) -> Iterator[Reading]:
    """how many keys open a restic repository"""
    refused = list(gaps(answer, BackupRepository))
    if refused:
        yield from refused
        return
    yield BackupRepository(
        repository="restic:?", name="", product="restic", keys=len(objects_of(answer.text))
    )


@reader("restic-key-names", fills=(BackupRepository,), recognises=lambda _: 0.0)
def read_key_names(answer: Answer) -> Iterator[Reading]:
    """how many keys open a restic repository, by their names"""
    refused = list(gaps(answer, BackupRepository))
    if refused:
        yield from refused
        return
    yield BackupRepository(repository="restic:?", name="", product="restic", keys=len(_names(answer)))


def _names(answer: Answer) -> list[str]:
    names = answer.text.split()
    if not all(re.fullmatch("[0-9a-f]{64}", name) for name in names):
        raise ValueError("names of 64 hexadecimal digits were expected")
    return names


@reader("restic-locks", fills=(BackupRepository,), recognises=lambda _: 0.0)
def read_locks(answer: Answer) -> Iterator[Reading]:
    """locks of a restic repository"""
    refused = list(gaps(answer, BackupRepository))
    if refused:
        yield from refused
        return
    yield BackupRepository(repository="restic:?", name="", product="restic", locks=len(_names(answer)))


def _recognises_lock(text: str) -> float:
    return 0.9 if '"exclusive"' in text and '"pid"' in text and '"hostname"' in text else 0.0


@reader("restic-lock", fills=(BackupRepository,), recognises=_recognises_lock)
def read_lock(answer: Answer) -> Iterator[Reading]:
    """since when a restic repository is locked"""
    if answer.status:
        return  # it was given back since it was listed
    lock = object_of(answer.text)
    at = moment_of(lock["time"])
    if at is None:
        raise ValueError("the lock has no time")
    yield BackupRepository(repository="restic:?", name="", product="restic", locked_at=at)


def _recognises_check(text: str) -> float:
    known = ("check snapshots, trees and blobs", "repository contains errors", "check all packs")
    return 0.9 if any(words in text for words in known) and "load indexes" in text else 0.0


@reader("restic-check", fills=(BackupCheck,), recognises=_recognises_check)
def read_check(answer: Answer) -> Iterator[Reading]:
    """how a check of a restic repository ended"""
    said = answer.text + "\n" + decode(answer.stderr)
    bad = re.search(
        r"contains errors|does not exist|error for tree|^error: |Pack ID does not match", said, re.MULTILINE
    )
    good = re.search(r"^no errors were found", said, re.MULTILINE)
    if not (bad or good):
        yield from gaps(answer, BackupCheck)
        if not answer.status:
            raise ValueError("how the check ended is not told")
        return
    share = next((m[1] for w in answer.question.argv if (m := re.search(r"subset=(\d+)%", w))), None)
    read = share is not None or "read all data" in said
    at = answer.started_at and answer.started_at + timedelta(seconds=answer.duration_seconds)
    failed = bool(bad) or bool(answer.status)
    yield BackupCheck(
        repository="restic:?",
        check=f"restic check {at:%Y-%m-%dT%H:%MZ}" if at else "restic check",
        kind="content" if read and share in (None, "100") else "sample" if read else "structure",
        at=at,
        result="failed" if failed else "ok",
        share_percent=float(share) if share else 100.0 if read else None,
        seconds=answer.duration_seconds or None,
        message=_first_fault(said) if failed else "no errors were found",
    )


def _first_fault(said: str) -> str:
    pattern = r"^.*(?:does not exist|Pack ID does not match|^error|mismatch|ReadFull|contains errors).*$"
    found = re.search(pattern, said, re.MULTILINE)
    return found[0].strip()[:300] if found else "the check failed"
