"""pgBackRest: backups of PostgreSQL by `pgbackrest info --output=json`, and where its repositories lie.

The same cluster of PostgreSQL is known by its system identifier, wherever it is backed up to. Source: the
manual of pgBackRest ("Info Command", "Configuration Reference").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from collectors.backup_tables import BackupJob, BackupRepository, RestorePoint
from collectors.backup_values import count_of, mapping_of, objects_of, text_of, unix_moment
from collectors.collector import reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.plain_text import file_lines
from collectors.question import Answer, Form

INFO = Form(
    ("pgbackrest", "--output=json", "info"),
    reads="pgbackrest-info",
    why="Backups of PostgreSQL by pgBackRest",
    right="root",
    timeout_seconds=120,
)
SETTINGS = Form(
    (
        *("grep", "-aHE"),
        "^(repo[0-9]+-(path|type|host|sftp-host|retention-[a-z-]+|cipher-type|s3-bucket|s3-endpoint) *=|[[])",
        *("/etc/pgbackrest.conf", "/etc/pgbackrest/pgbackrest.conf"),
    ),
    reads="pgbackrest-settings",
    why="Where the repositories of pgBackRest lie and what they keep",
    right="root",
)
_KINDS = {"full": "full", "diff": "differential", "incr": "incremental"}
_STORES = {"posix": "local", "cifs": "smb", "s3": "s3", "sftp": "sftp", "azure": "cloud", "gcs": "cloud"}


def _recognises_info(text: str) -> float:
    return 0.95 if '"backrest"' in text or ('"repo-key"' in text and '"archive"' in text) else 0.0


@reader("pgbackrest-info", fills=(RestorePoint, BackupRepository), recognises=_recognises_info)
def read_info(answer: Answer) -> Iterator[Reading]:
    """backups of PostgreSQL in pgBackRest's repositories"""
    if not answer.stdout.lstrip().startswith(b"["):
        yield Missing(RestorePoint, "failed", answer.complaint or "pgbackrest told nothing")
        return
    stanzas = objects_of(answer.text)
    for number, stanza in enumerate(stanzas):
        for key, why in _faults(stanza):
            told = f"{stanza['name']}, repository {key}: {why}"
            yield Missing(RestorePoint, "failed", told, str(stanza["name"]))
        for repository in _repositories(stanza):
            yield At(repository, f"[{number}].repo")
        for place, backup in enumerate(stanza.get("backup") or ()):
            yield At(_point(backup, stanza), f"[{number}].backup[{place}]")
    if not stanzas:
        yield NotHere(RestorePoint, "pgBackRest knows no stanza")


def _faults(stanza: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Repositories whose status is neither good (0) nor just without backups (2)."""
    for repository in stanza.get("repo") or ():
        status = mapping_of(repository.get("status"))
        if status.get("code") not in (0, 2, None):
            yield str(repository.get("key", "?")), text_of(status.get("message")) or "no reason is told"


def _repositories(stanza: Mapping[str, Any]) -> Iterator[BackupRepository]:
    held = mapping_of(mapping_of(mapping_of(stanza.get("status")).get("lock")).get("backup")).get("held")
    for repository in stanza.get("repo") or ():
        cipher = text_of(repository.get("cipher"))
        code = mapping_of(repository.get("status")).get("code")
        yield BackupRepository(
            repository=f"pgbackrest:?:repo{repository['key']}",
            name="",
            product="pgbackrest",
            reachable={0: True, 2: True, 99: False}.get(code) if isinstance(code, int) else None,
            encrypted=None if cipher is None else cipher != "none",
            locks=1 if held is True else 0 if held is False else None,
        )


def _point(backup: Mapping[str, Any], stanza: Mapping[str, Any]) -> RestorePoint:
    database = mapping_of(backup.get("database"))
    sizes, times = mapping_of(backup.get("info")), mapping_of(backup.get("timestamp"))
    stored = mapping_of(sizes.get("repository"))
    key = database.get("repo-key", 1)
    system = next(
        (
            one.get("system-id")
            for one in stanza.get("db") or ()
            if one.get("id") == database.get("id") and one.get("repo-key", 1) == key
        ),
        None,
    )
    error = backup.get("error")
    return RestorePoint(
        repository=f"pgbackrest:?:repo{key}",
        point=f"{stanza['name']}/{backup['label']}",
        source=f"postgresql:{system}" if system else str(stanza["name"]),
        source_name=text_of(stanza.get("name")),
        source_kind="database",
        job=text_of(stanza.get("name")),
        kind=_KINDS.get(str(backup.get("type"))),
        parent=f"{stanza['name']}/{backup['prior']}" if backup.get("prior") else None,
        created_at=unix_moment(times.get("stop")),
        finished_at=unix_moment(times.get("stop")),
        size_bytes=count_of(sizes.get("size")),
        stored_bytes=count_of(stored.get("delta")),
        complete=True,
        verified="failed" if error is True else None,
        encrypted=None if stanza.get("cipher") in (None, "mixed") else stanza["cipher"] != "none",
        consistent="application",
    )


def _recognises_settings(text: str) -> float:
    return 0.9 if re.search(r"^/\S*pgbackrest\.conf:(?:repo\d|\[)", text, re.MULTILINE) else 0.0


@reader("pgbackrest-settings", fills=(BackupRepository, BackupJob), recognises=_recognises_settings)
def read_settings(answer: Answer) -> Iterator[Reading]:
    """repositories of pgBackRest as configured; when it runs stands in cron or a timer"""
    found: dict[str, dict[str, str]] = {}
    for _, _, line in file_lines(answer):
        option = re.match(r"(repo\d+)-([a-z0-9-]+) *= *(.+)", line)
        if option:
            found.setdefault(option[1], {})[option[2]] = option[3].strip()
    for key, told in sorted(found.items()):
        kind = _STORES.get(told.get("type", "posix"))
        host = told.get("host") or told.get("sftp-host") or told.get("s3-endpoint")
        kept = [f"{name[10:]} {value}" for name, value in told.items() if name.startswith("retention-")]
        cipher = told.get("cipher-type")
        yield BackupRepository(
            repository=f"pgbackrest:?:{key}",
            name=told.get("path", key),
            product="pgbackrest",
            kind="ssh" if kind == "local" and told.get("host") else kind,
            location=told.get("path"),
            host=host or ("?" if kind == "local" else None),
            path=told.get("path"),
            encrypted=None if cipher is None else cipher != "none",
            retention=", ".join(kept) or None,
        )
    if answer.stdout and not found:
        raise ValueError("no repository is configured")
