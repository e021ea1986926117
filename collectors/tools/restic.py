"""A restic repository, asked with restic itself: which repository, which snapshots, how large.

Everything is asked with `--no-lock`, so that nothing is written into the repository. Sources: restic's manual
("Scripting", "Working with repositories") and its repository format.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from collectors.backup_refusals import damage, gaps
from collectors.backup_tables import BackupRepository, RestorePoint
from collectors.backup_values import count_of, listed, mapping_of, moment_of, object_of, objects_of, text_of
from collectors.collector import Asking, collector, reader
from collectors.fact import At, NotHere, Reading
from collectors.question import Answer, Form
from collectors.tools.repository_location import LOCATION, told
from collectors.tools.restic_state import CHECK, CHECK_CONTENT, KEYS, LOCK, LOCKS

UNNAMED = "restic:?"
MOST_SIZED = 24
"""Snapshots whose size is asked one by one: restic walks the whole tree of each."""

CONFIG = Form(
    ("restic", "--no-lock", "cat", "config"),
    reads="restic-config",
    why="Which repository it is, and whether it can be opened",
    timeout_seconds=60,
)
SNAPSHOTS = Form(
    ("restic", "--no-lock", "snapshots", "--json"),
    reads="restic-snapshots",
    why="Copies in the repository",
    timeout_seconds=300,
    max_bytes=256 * 1024 * 1024,
)
STATS = Form(
    ("restic", "--no-lock", "stats", "--json", "--mode", "raw-data"),
    reads="restic-stats",
    why="What the repository takes after deduplication",
    timeout_seconds=300,
)
SIZE = Form(
    ("restic", "--no-lock", "stats", "--json", "--mode", "restore-size", "{snapshot}"),
    reads="restic-size",
    why="How large the newest copy of each source is when restored",
    timeout_seconds=300,
)


@collector(
    "restic",
    system="restic",
    asks=(LOCATION, CONFIG, SNAPSHOTS, STATS, SIZE, KEYS, LOCKS, LOCK, CHECK, CHECK_CONTENT),
)
def ask() -> Asking:
    """A restic repository: copies, sizes, keys, locks and, where wanted, a check of its content"""
    location, config = yield (LOCATION(), CONFIG())
    if config.refusal is not None or config.status:
        return
    check = told(location).get("check", "")
    questions = [SNAPSHOTS(), LOCKS(), STATS(), KEYS()]
    if check == "structure":
        questions.append(CHECK())
    elif re.fullmatch(r"\d{1,3}", check):
        questions.append(CHECK_CONTENT(share=check))
    snapshots, locks, *_ = yield questions
    names = re.findall(r"^[0-9a-f]{64}$", locks.text, re.MULTILINE)[:8]
    yield [*(LOCK(lock=name) for name in names), *(SIZE(snapshot=name) for name in newest(snapshots))]


def newest(answer: Answer) -> list[str]:
    """The newest snapshot of each host and set of paths, newest first, at most MOST_SIZED."""
    try:
        told_snapshots = [one for _, one in _snapshots(answer.text)]
    except (ValueError, TypeError, LookupError, RecursionError):
        return []
    latest: dict[tuple[str | None, str | None], tuple[str, str]] = {}
    for one in told_snapshots:
        point, at = text_of(one.get("id")) or "", text_of(one.get("time")) or ""
        source = text_of(one.get("hostname")), listed(one.get("paths"))
        if re.fullmatch(r"[0-9a-f]{8,64}", point) and "summary" not in one:
            latest[source] = max(latest.get(source, ("", "")), (at, point))
    return [point for _, point in sorted(latest.values(), reverse=True)[:MOST_SIZED]]


def _recognises_config(text: str) -> float:
    return 0.95 if '"chunker_polynomial"' in text and '"id"' in text else 0.0


@reader("restic-config", fills=(BackupRepository, RestorePoint), recognises=_recognises_config)
def read_config(answer: Answer) -> Iterator[Reading]:
    """which restic repository it is"""
    refused = list(gaps(answer, BackupRepository, RestorePoint))
    if refused:
        yield from refused
        if any(one.reason == "unreachable" for one in refused):
            yield BackupRepository(repository=UNNAMED, name="", product="restic", reachable=False)
        return
    config = object_of(answer.text)
    identity = config["id"]
    if not isinstance(identity, str) or not re.fullmatch(r"[0-9a-f]{16,64}", identity):
        raise ValueError("the repository has no identity")
    yield BackupRepository(
        repository=f"restic:{identity}",
        name="",
        product="restic",
        reachable=True,
        encrypted=True,
        version=f"format {config['version']}" if count_of(config.get("version")) else None,
    )


def _recognises_snapshots(text: str) -> float:
    known = '"short_id"' in text and '"tree"' in text and '"paths"' in text
    return 0.95 if known and text.lstrip().startswith("[") else 0.0


@reader("restic-snapshots", fills=(RestorePoint,), recognises=_recognises_snapshots)
def read_snapshots(answer: Answer) -> Iterator[Reading]:
    """copies in a restic repository, also those of restic snapshots --group-by"""
    refused = list(gaps(answer, RestorePoint))
    damaged = list(damage(answer, UNNAMED, *(() if refused else (RestorePoint,))))
    yield from damaged
    if refused:
        yield from refused
        return
    count = 0
    for where, one in _snapshots(answer.text):
        count += 1
        yield At(_point(one), where)
    if not count and not damaged:
        yield NotHere(RestorePoint, "the repository holds no snapshot")


def _snapshots(text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each snapshot with its place, out of the list or out of the groups of it."""
    for number, one in enumerate(objects_of(text)):
        if isinstance(one.get("group_key"), dict):
            for inner, snapshot in enumerate(one.get("snapshots") or ()):
                yield f"[{number}].snapshots[{inner}]", snapshot
        else:
            yield f"[{number}]", one


def _point(one: Mapping[str, Any]) -> RestorePoint:
    """A snapshot is written last, when all of its content is in the repository; it builds on no other."""
    summary = mapping_of(one.get("summary"))
    host = text_of(one.get("hostname")) or ""
    return RestorePoint(
        repository=UNNAMED,
        point=str(one["id"]),
        source=host,
        source_name=host or None,
        source_kind="files",
        paths=listed(one.get("paths")),
        kind="full",
        created_at=moment_of(one["time"]),
        finished_at=moment_of(summary.get("backup_end")),
        size_bytes=count_of(summary.get("total_bytes_processed")),
        stored_bytes=count_of(summary.get("data_added_packed")),
        complete=True,
        encrypted=True,
        owner=text_of(one.get("username")),
    )


def _recognises_stats(text: str) -> float:
    return 0.95 if '"total_size"' in text and '_count"' in text and len(text) < 2000 else 0.0


@reader("restic-stats", fills=(BackupRepository,), recognises=_recognises_stats)
def read_stats(answer: Answer) -> Iterator[Reading]:
    """what a restic repository takes; saved output of another mode tells no size of the repository"""
    refused = list(gaps(answer, BackupRepository))
    yield from damage(answer, UNNAMED)
    if refused:
        yield from refused
        return
    stats = object_of(answer.text)
    raw = "raw-data" in answer.question.argv or "total_blob_count" in stats
    used = count_of(stats["total_size"]) if raw else None
    yield BackupRepository(repository=UNNAMED, name="", product="restic", used_bytes=used)


@reader("restic-size", fills=(RestorePoint,), recognises=_recognises_stats)
def read_size(answer: Answer) -> Iterator[Reading]:
    """the size of one copy in a restic repository when restored"""
    refused = list(gaps(answer, RestorePoint))
    damaged = list(damage(answer, UNNAMED, *(() if refused else (RestorePoint,))))
    yield from damaged
    if refused:
        yield from refused
        return
    stats = object_of(answer.text)
    size = count_of(stats["total_size"])
    if stats.get("snapshots_count") == 0:
        return  # it was removed since it was listed
    yield RestorePoint(repository=UNNAMED, point=answer.question.argv[-1], source="?", size_bytes=size)
