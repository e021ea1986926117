"""Proxmox Backup Server by its API: prune, verify and sync jobs, and what has run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors import pbs_answer
from collectors.backup_tables import BackupJob, BackupSession
from collectors.backup_values import text_of, unix_moment
from collectors.collector import reader
from collectors.fact import At, NotHere, Reading
from collectors.pve_answer import objects
from collectors.question import Answer, Form

PRUNE = Form(
    ("pbs-api", "GET", "/admin/prune"),
    reads="pbs-jobs",
    why="Prune jobs: what is kept, and how they last ended (Datastore.Audit)",
)
VERIFY = Form(
    ("pbs-api", "GET", "/admin/verify"),
    reads="pbs-jobs",
    why="Verify jobs: what is read again and when (Datastore.Audit)",
)
SYNC = Form(
    ("pbs-api", "GET", "/admin/sync", "sync-direction=all"),
    reads="pbs-jobs",
    why="Sync jobs: what goes to or comes from another server (Datastore.Audit, Remote.Audit)",
)
SYNC_PULL = Form(
    ("pbs-api", "GET", "/admin/sync"),
    reads="pbs-jobs",
    why="Sync jobs of a release without directions (Datastore.Audit, Remote.Audit)",
)
TASKS = Form(
    ("pbs-api", "GET", "/nodes/localhost/tasks", "typefilter={worker}", "limit=500"),
    reads="pbs-tasks",
    why="The newest runs of backups and jobs (Sys.Audit on /system)",
    timeout_seconds=60.0,
)
WORKERS = {
    "backup": "backup",
    "verif": "verify",
    "garbage_collection": "garbage collection",
    "sync": "copy",
    "prune": "prune",
}
"""Part of the worker's name → purpose."""
_SHORT = {"garbage": "gc", "prune": "prune", "verif": "verify"}
"""Start of the worker's name → how a run is named that tells no job; a prune job tells its datastore only."""
_PURPOSES = {"prune": "prune", "verify": "verify", "sync": "copy"}


def _recognises(text: str) -> float:
    known = '"last-run-upid"' in text[:20000] and '"store"' in text[:20000]
    return 0.95 if known and '"id"' in text[:20000] else 0.0


@reader("pbs-jobs", fills=(BackupJob,), recognises=_recognises)
def read_jobs(answer: Answer) -> Iterator[Reading]:
    """prune, verify and sync jobs of a Proxmox Backup Server"""
    if answer.status == 400 and "sync-direction=all" in answer.question.argv:
        return  # an older release: it is asked again without the direction
    yield from pbs_answer.refused(answer, BackupJob)
    if answer.status not in (None, 200):
        return
    told = objects(answer)
    for number, one in enumerate(told):
        yield At(_job(one, _sort(answer, one)), f"[{number}]")
    if not told:
        yield NotHere(BackupJob, "the server lists no such job")


def _sort(answer: Answer, one: Mapping[str, Any]) -> str:
    path = answer.question.argv[2] if len(answer.question.argv) > 2 else ""
    if path.startswith("/admin/"):
        return path.removeprefix("/admin/")
    return "sync" if "remote-store" in one else "prune" if pbs_answer.retention(one) else "verify"


def _job(one: Mapping[str, Any], sort: str) -> BackupJob:
    store, identity = str(one["store"]), str(one["id"])
    namespace = text_of(one.get("ns"))
    place = f"{store}/{namespace}" if namespace else store
    state = pbs_answer.outcome(one.get("last-run-state"))
    ended = unix_moment(one.get("last-run-endtime"))
    began = pbs_answer.task_start(one.get("last-run-upid"))
    return BackupJob(
        product="pbs",
        server="?",
        job=identity,
        name=text_of(one.get("comment")) or f"{sort} {place} ({identity})",
        purpose=_PURPOSES.get(sort),
        enabled=one.get("disable") not in (True, 1, "1"),
        schedule=text_of(one.get("schedule")) or "",
        schedule_kind="pve",
        next_run_at=unix_moment(one.get("next-run")),
        last_run_at=began or ended,
        last_success_at=ended if state in ("ok", "warning") else None,
        last_outcome=state,
        selects=_from(one) if sort == "sync" else place,
        repository=_to(one, store) if sort == "sync" else pbs_answer.repository(store),
        retention=pbs_answer.retention(one),
    )


def _remote(one: Mapping[str, Any]) -> str:
    parts = (text_of(one.get(name)) for name in ("remote", "remote-store", "remote-ns"))
    return "/".join(part for part in parts if part)


def _from(one: Mapping[str, Any]) -> str:
    return str(one["store"]) if one.get("sync-direction") == "push" else _remote(one)


def _to(one: Mapping[str, Any], store: str) -> str:
    """A remote is known by the name it has here, so a datastore there stays a name."""
    return _remote(one) if one.get("sync-direction") == "push" else pbs_answer.repository(store)


def _recognises_tasks(text: str) -> float:
    return 0.95 if all(f'"{word}"' in text[:20000] for word in ("upid", "worker_type", "starttime")) else 0.0


@reader("pbs-tasks", fills=(BackupSession,), recognises=_recognises_tasks)
def read_tasks(answer: Answer) -> Iterator[Reading]:
    """runs of backups and jobs of a Proxmox Backup Server"""
    yield from pbs_answer.refused(answer, BackupSession)
    if answer.status not in (None, 200):
        return
    told = objects(answer)
    for number, one in enumerate(told):
        yield At(_session(one), f"[{number}]")
    if not told:
        yield NotHere(BackupSession, "the server lists no such task")


def _session(one: Mapping[str, Any]) -> BackupSession:
    """worker_id is STORE:KIND/NUMBER of a backup, whatever its namespace; …:JOB of a verify or sync job."""
    worker, told = str(one["worker_type"]), text_of(one.get("worker_id")) or ""
    status, parts = text_of(one.get("status")), told.split(":")
    backup = worker == "backup"
    named = parts[-1] if worker in ("verificationjob", "syncjob") else ""
    short = next((word for start, word in _SHORT.items() if worker.startswith(start)), worker)
    job = named or f"{short} {parts[0] if backup else told}".strip()
    return BackupSession(
        product="pbs",
        server="?",
        session=str(one["upid"]),
        job=job,
        source="/".join(part for part in parts[1:] if part) if backup else "",
        purpose=next((purpose for word, purpose in WORKERS.items() if word in worker), None),
        started_at=unix_moment(one.get("starttime")),
        ended_at=unix_moment(one.get("endtime")),
        outcome="running" if one.get("endtime") is None else pbs_answer.outcome(status),
        message=status if status != "OK" else None,
    )
