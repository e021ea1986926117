"""Proxmox Backup Server by its API: datastores, how full they are, garbage collection, who may delete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors import pbs_answer
from collectors.backup_tables import BackupJob, BackupRepository, BackupSession, RestorePoint
from collectors.backup_values import count_of, mapping_of, text_of, unix_moment
from collectors.collector import reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.pve_answer import mapping, objects
from collectors.question import Answer, Form

STORES = Form(
    ("pbs-api", "GET", "/admin/datastore"),
    reads="pbs-stores",
    why="Datastores, and which of them are in maintenance (Datastore.Audit on /datastore)",
)
USAGE = Form(
    ("pbs-api", "GET", "/status/datastore-usage"),
    reads="pbs-usage",
    why="How full each datastore is (Datastore.Audit on /datastore)",
    timeout_seconds=60.0,
)
CONFIG = Form(
    ("pbs-api", "GET", "/config/datastore"),
    reads="pbs-config",
    why="Folder of each datastore and when it collects garbage (Datastore.Audit on /datastore)",
)
GARBAGE = Form(
    ("pbs-api", "GET", "/admin/datastore/{store}/gc"),
    reads="pbs-gc",
    why="Last garbage collection of a datastore (Datastore.Audit)",
)
RIGHTS = Form(
    ("pbs-api", "GET", "/access/permissions"),
    reads="pbs-rights",
    why="What the token may see: what is hidden is told as a gap",
)
OWNER_RIGHTS = Form(
    ("pbs-api", "GET", "/access/permissions", "auth-id={owner}"),
    reads="pbs-owner-rights",
    why="Whether an account that writes copies may also delete them (Sys.Audit on /access)",
)

_REMOVABLE = "/mnt/datastore"
"""Where removable datastores are mounted, each below its name; their own path is one on the device."""


def _recognises(*words: str) -> Any:
    return lambda text: 0.95 if all(f'"{word}"' in text[:20000] for word in words) else 0.0


def _row(store: str, **columns: Any) -> BackupRepository:
    return BackupRepository(
        repository=pbs_answer.repository(store), name=store, product="pbs", host="?", **columns
    )


@reader("pbs-stores", fills=(BackupRepository, RestorePoint), recognises=lambda _: 0.0)
def read_stores(answer: Answer) -> Iterator[Reading]:
    """datastores of a Proxmox Backup Server"""
    yield from pbs_answer.refused(answer, BackupRepository, RestorePoint)
    if answer.status not in (None, 200):
        return
    told = objects(answer)
    for number, one in enumerate(told):
        store, away = str(one["store"]), pbs_answer.away(one)
        yield At(_row(store, reachable=False if away else None), f"[{number}]")
        if away:
            yield Missing(RestorePoint, "unreachable", f"datastore {store} {away}", store)
        elif pbs_answer.STORE.fullmatch(store) is None:
            yield Missing(RestorePoint, "unsupported", f"{store!r:.80}: no name to ask about", store)
    if not told:
        yield NotHere(RestorePoint, "the server lists no datastore")
        yield NotHere(BackupRepository, "the server lists no datastore")


@reader("pbs-usage", fills=(BackupRepository,), recognises=_recognises("store", "gc-status", "avail"))
def read_usage(answer: Answer) -> Iterator[Reading]:
    """how full the datastores of a Proxmox Backup Server are"""
    yield from pbs_answer.refused(answer, BackupRepository)
    if answer.status not in (None, 200):
        return
    for number, one in enumerate(objects(answer)):
        store, wrong = str(one["store"]), text_of(one.get("error")) or pbs_answer.away(one)
        size = count_of(one.get("total"))
        if wrong or not size:
            detail = f"datastore {store}: {wrong or 'it tells no size'}"
            yield Missing(BackupRepository, "unreachable" if wrong else "empty", detail, store)
            yield At(_row(store), f"[{number}]")
            continue
        used, free = count_of(one.get("used")), count_of(one.get("avail"))
        yield At(
            _row(store, size_bytes=size, free_bytes=free, used_bytes=used, reachable=True), f"[{number}]"
        )


@reader(
    "pbs-config", fills=(BackupRepository, BackupJob), recognises=_recognises("name", "path", "gc-schedule")
)
def read_config(answer: Answer) -> Iterator[Reading]:
    """the configuration of the datastores of a Proxmox Backup Server"""
    yield from pbs_answer.refused(answer, BackupRepository, BackupJob)
    if answer.status not in (None, 200):
        return
    for number, one in enumerate(objects(answer)):
        store = str(one["name"])
        device = text_of(one.get("backing-device"))
        path = f"{_REMOVABLE}/{store}" if device else text_of(one.get("path"))
        yield At(_row(store, path=path, location=device or path), f"[{number}]")
        job = BackupJob(
            product="pbs",
            server="?",
            job=f"gc {store}",
            name=f"garbage collection of {store}",
            purpose="garbage collection",
            enabled=True,
            schedule=text_of(one.get("gc-schedule")) or "",
            schedule_kind="pve",
            repository=pbs_answer.repository(store),
        )
        yield At(job, f"[{number}].gc-schedule")


@reader("pbs-gc", fills=(BackupRepository,), recognises=_recognises("index-file-count", "disk-bytes"))
def read_gc(answer: Answer) -> Iterator[Reading]:
    """the last garbage collection of a datastore; one that never ran has no task"""
    store = pbs_answer.store_of(answer)
    yield from pbs_answer.refused(answer, BackupRepository, subject=store)
    if answer.status not in (None, 200):
        return
    told = mapping(answer)
    if not told:
        raise ValueError("the status of the garbage collection is empty")
    ended = unix_moment(told.get("last-run-endtime")) or pbs_answer.task_start(told.get("upid"))
    state = text_of(told.get("last-run-state"))
    still_bad = count_of(told.get("still-bad"))
    if still_bad and state in (None, "OK"):
        state = f"{still_bad} damaged chunks are still there"
    yield _row(store, cleaned_at=ended, cleaning_outcome="ok" if state == "OK" else state)


@reader(
    "pbs-rights", fills=(BackupRepository, RestorePoint, BackupSession, BackupJob), recognises=lambda _: 0.0
)
def read_rights(answer: Answer) -> Iterator[Reading]:
    """what a token of Proxmox Backup Server may see"""
    tables = (BackupRepository, RestorePoint, BackupJob, BackupSession)
    yield from pbs_answer.refused(answer, *tables)
    if answer.status not in (None, 200):
        return
    told = {path: mapping_of(held) for path, held in mapping(answer).items()}
    if not holds(told, "/datastore", "Datastore.Audit"):
        seen = sorted(path for path in told if path.startswith("/datastore/") and _any(told, path))
        but = f", all but {', '.join(seen[:3])}" if seen else ""
        for row_type in tables[:3]:
            yield Missing(
                row_type, "denied", f"without Datastore.Audit on /datastore datastores are hidden{but}"
            )
    if not holds(told, "/system/tasks", "Sys.Audit"):
        yield Missing(BackupSession, "denied", "without Sys.Audit on /system a token sees its own tasks only")
    for path in sorted(told):
        if path.startswith("/datastore/") and not holds(told, path, "Datastore.Audit"):
            name = path.removeprefix("/datastore/")
            yield Missing(RestorePoint, "denied", f"{path}: Datastore.Audit is not held there", name)
        elif path.startswith("/datastore/") and told[path].get("Datastore.Audit") in (False, 0):
            detail = f"{path}: Datastore.Audit is not handed down: namespaces below are hidden"
            yield Missing(RestorePoint, "denied", detail, path.removeprefix("/datastore/"))


def _any(told: Mapping[str, Mapping[str, Any]], path: str) -> bool:
    return "Datastore.Audit" in told[path]


def holds(told: Mapping[str, Mapping[str, Any]], path: str, privilege: str) -> bool:
    """Whether the privilege is held at the path. Rules of a path replace those above it.

    The value tells whether it is handed down, so one that stands above counts only where it is true.
    """
    if path in told:
        return privilege in told[path]
    above = path
    while above not in ("", "/"):
        above = above.rpartition("/")[0] or "/"
        if above in told:
            return told[above].get(privilege) in (1, True, "1")
    return False


@reader("pbs-owner-rights", fills=(BackupRepository,), recognises=lambda _: 0.0)
def read_owner_rights(answer: Answer) -> Iterator[Reading]:
    """whether an account that writes copies may also delete them"""
    yield from pbs_answer.refused(answer, BackupRepository)
    if answer.status not in (None, 200):
        return
    owner = next(word[8:] for word in answer.question.argv if word.startswith("auth-id="))
    told = {path: mapping_of(held) for path, held in mapping(answer).items()}
    for path in sorted(told):
        name = path.removeprefix("/datastore/")
        if not path.startswith("/datastore/") or "/" in name or not _writes(told, path):
            continue
        yield _row(name, can_delete=_deletes(told, path), credentials=owner)


def _writes(told: Mapping[str, Mapping[str, Any]], path: str) -> bool:
    return any(holds(told, path, f"Datastore.{right}") for right in ("Backup", "Modify"))


def _deletes(told: Mapping[str, Mapping[str, Any]], path: str) -> bool:
    return any(holds(told, path, f"Datastore.{right}") for right in ("Prune", "Modify"))
