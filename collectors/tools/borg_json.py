"""`borg list --json`, `borg info --json` and what borgmatic prints of them: archives and sizes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from collectors.backup_refusals import gaps
from collectors.backup_tables import BackupRepository, RestorePoint
from collectors.backup_values import count_of, mapping_of, moment_of, text_of
from collectors.collector import reader
from collectors.fact import At, NotHere, Reading
from collectors.question import Answer
from collectors.targets.repository_address import borg_place

_HOST = re.compile(r"^(.+?)[-_](?=\d{4}-?\d\d-?\d\d)")


def _documents(text: str) -> list[tuple[str, dict[str, Any]]]:
    """The JSON objects with their places: borg prints one, borgmatic a list of one for each repository."""
    told = json.loads(text)
    objects = told if isinstance(told, list) else [told]
    if not all(isinstance(one, dict) and isinstance(one.get("repository"), dict) for one in objects):
        raise ValueError("JSON of borg was expected")
    return [(f"[{number}]." if isinstance(told, list) else "", one) for number, one in enumerate(objects)]


def _head(text: str) -> bool:
    return '"repository"' in text and '"last_modified"' in text and '"encryption"' in text


def _recognises_list(text: str) -> float:
    created = '"archive": {' in text[:2000]
    return 0.96 if _head(text) and (created or '"cache"' not in text) else 0.0


@reader("borg-list", fills=(RestorePoint, BackupRepository), recognises=_recognises_list)
def read_list(answer: Answer) -> Iterator[Reading]:
    """archives of borg repositories, by borg list or borgmatic list"""
    refused = list(gaps(answer, RestorePoint))
    if refused:
        yield from refused
        if any(one.reason == "unreachable" for one in refused):
            yield BackupRepository(repository="borg:?", name="", product="borg", reachable=False)
        return
    for before, told in _documents(answer.text):
        repository = _repository(told)
        yield At(repository, f"{before}repository")
        archives = told.get("archives")
        for number, one in enumerate(archives or ()):
            yield At(_point(one, told, repository.repository), f"{before}archives[{number}]")
        if isinstance(told.get("archive"), dict):  # `borg create --json`
            yield At(_point(told["archive"], told, repository.repository), f"{before}archive")
        if archives == [] and not before:
            yield NotHere(RestorePoint, "the repository holds no archive")


def _recognises_info(text: str) -> float:
    return 0.95 if _head(text) and '"cache"' in text else 0.0


@reader("borg-info", fills=(BackupRepository, RestorePoint), recognises=_recognises_info)
def read_info(answer: Answer) -> Iterator[Reading]:
    """sizes of borg repositories and archives, by borg info or borgmatic info"""
    refused = list(gaps(answer, BackupRepository))
    if refused:
        yield from refused
        return
    for before, told in _documents(answer.text):
        repository = _repository(told)
        yield At(repository, f"{before}cache.stats")
        for number, one in enumerate(told.get("archives") or ()):
            yield At(_point(one, told, repository.repository), f"{before}archives[{number}]")


def _repository(told: Mapping[str, Any]) -> BackupRepository:
    head = told["repository"]
    encryption = mapping_of(told.get("encryption"))
    mode = text_of(encryption.get("mode")) or ""
    stats = mapping_of(mapping_of(told.get("cache")).get("stats"))
    place = borg_place(text_of(head.get("location")) or "")
    return BackupRepository(
        repository=f"borg:{head['id']}",
        name="",
        product="borg",
        kind=place.kind if place else None,
        location=text_of(head.get("location")),
        host=(place.host or "?") if place else None,
        path=place.path if place else None,
        reachable=True,
        used_bytes=count_of(stats.get("unique_csize")),
        encrypted=None if not mode else mode not in ("none", "authenticated", "authenticated-blake2"),
        keys=1 if mode.startswith(("repokey", "keyfile")) else None,
        version=f"encryption {mode}" if mode else None,
    )


def _point(one: Mapping[str, Any], told: Mapping[str, Any], repository: str) -> RestorePoint:
    """Archives whose name ends with .checkpoint were cut short. The host is told or begins the name."""
    name = str(one["name"])
    by_name = _HOST.match(name)
    source = text_of(one.get("hostname")) or (by_name[1] if by_name else "")
    stats = mapping_of(one.get("stats"))
    unfinished = re.search(r"\.checkpoint(?:\.\d+)?$", name) is not None
    mode = text_of(mapping_of(told.get("encryption")).get("mode"))
    return RestorePoint(
        repository=repository,
        point=str(one.get("id") or name),
        source=source,
        source_name=source or None,
        source_kind="files",
        paths=_paths(one.get("command_line")),
        kind="full",
        created_at=moment_of(one.get("start") or one.get("time")),
        finished_at=moment_of(one.get("end")),
        size_bytes=count_of(stats.get("original_size")),
        stored_bytes=count_of(stats.get("deduplicated_size")),
        complete=not unfinished,
        encrypted=None if mode is None else mode != "none",
        owner=text_of(one.get("username")),
    )


def _paths(command: Any) -> str | None:
    """The absolute folders at the end of `borg create OPTIONS ::NAME FOLDER…`."""
    if not isinstance(command, list):
        return None
    words = [word for word in command if isinstance(word, str)]
    archive = next((number for number, word in enumerate(words) if "::" in word), None)
    if archive is None:
        return None
    return "\n".join(word for word in words[archive + 1 :] if word.startswith("/")) or None
