"""Kopia: `kopia snapshot list --json --all` and `kopia repository status --json`, as saved by its people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.backup_tables import BackupRepository, RestorePoint
from collectors.backup_values import count_of, mapping_of, moment_of, object_of, objects_of, text_of
from collectors.collector import reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.question import Answer

_STORES = {"filesystem": "local", "sftp": "sftp", "s3": "s3", "webdav": "rest"}


def _recognises_snapshots(text: str) -> float:
    known = '"rootEntry"' in text and '"startTime"' in text and '"source"' in text
    return 0.95 if known and text.lstrip().startswith("[") else 0.0


@reader("kopia-snapshots", fills=(RestorePoint,), recognises=_recognises_snapshots)
def read_snapshots(answer: Answer) -> Iterator[Reading]:
    """copies in a kopia repository"""
    if not answer.stdout.strip():
        yield Missing(RestorePoint, "failed", answer.complaint or "kopia told nothing")
        return
    snapshots = objects_of(answer.text)
    for number, one in enumerate(snapshots):
        yield At(_point(one), f"[{number}]")
    if not snapshots:
        yield NotHere(RestorePoint, "the repository holds no snapshot")


def _point(one: Mapping[str, Any]) -> RestorePoint:
    """`incomplete` tells why a snapshot was cut short; files that could not be read are counted as failed."""
    source, summary = mapping_of(one.get("source")), mapping_of(mapping_of(one["rootEntry"]).get("summ"))
    stats = mapping_of(one.get("stats"))
    failed = count_of(summary.get("numFailed")) or count_of(stats.get("errorCount")) or 0
    host, pins = text_of(source.get("host")) or "", one.get("pins")
    size = count_of(summary.get("size"))
    return RestorePoint(
        repository="kopia:?",
        point=str(one["id"]),
        source=host,
        source_name=host or None,
        source_kind="files",
        paths=text_of(source.get("path")),
        kind="full",
        created_at=moment_of(one["startTime"]),
        finished_at=moment_of(one.get("endTime")),
        size_bytes=size if size is not None else count_of(stats.get("totalSize")),
        complete=not one.get("incomplete") and not failed,
        protected=bool(pins) if isinstance(pins, list) else None,
        encrypted=True,
        owner=text_of(source.get("userName")),
    )


def _recognises_status(text: str) -> float:
    return 0.95 if '"uniqueIDHex"' in text and '"storage"' in text else 0.0


@reader("kopia-status", fills=(BackupRepository,), recognises=_recognises_status)
def read_status(answer: Answer) -> Iterator[Reading]:
    """which kopia repository it is and where it lies"""
    if not answer.stdout.strip():
        yield Missing(BackupRepository, "failed", answer.complaint or "kopia told nothing")
        return
    told = object_of(answer.text)
    storage = mapping_of(told.get("storage"))
    config, content = mapping_of(storage.get("config")), mapping_of(told.get("contentFormat"))
    volume = mapping_of(told.get("volume"))
    kind = _STORES.get(str(storage.get("type")), "cloud" if storage else None)
    version = content.get("version")
    host = text_of(config.get("host")) or text_of(config.get("endpoint"))
    yield BackupRepository(
        repository=f"kopia:{told['uniqueIDHex']}",
        name="",
        product="kopia",
        kind=kind,
        location=text_of(config.get("path")) or text_of(config.get("bucket")) or text_of(config.get("url")),
        host=host or ("?" if kind == "local" else None),
        path=text_of(config.get("path")) or text_of(config.get("bucket")),
        size_bytes=count_of(volume.get("capacity")),
        free_bytes=count_of(volume.get("available")),
        reachable=True,
        encrypted=bool(text_of(content.get("encryption"))) or None,
        version=f"format {version}" if count_of(version) else None,
    )
