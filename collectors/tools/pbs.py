"""Proxmox Backup Server by its API: what is asked, and how namespaces and snapshots read.

Requests: fourteen, two for each datastore, one for each namespace, one for each account that writes copies.
Datastores that are in offline maintenance or not mounted are not asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from collectors import pbs_answer
from collectors.backup_tables import RestorePoint
from collectors.backup_values import count_of, mapping_of, text_of, unix_moment
from collectors.collector import Asking, collector, reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.pve_answer import objects, seen
from collectors.question import Answer, Form, Question
from collectors.tools.pbs_job import PRUNE, SYNC, SYNC_PULL, TASKS, VERIFY, WORKERS
from collectors.tools.pbs_store import CONFIG, GARBAGE, OWNER_RIGHTS, RIGHTS, STORES, USAGE

MOST_OWNERS = 16
NAMESPACES = Form(
    ("pbs-api", "GET", "/admin/datastore/{store}/namespace"),
    reads="pbs-namespaces",
    why="Namespaces of a datastore (Datastore.Audit)",
)
SNAPSHOTS = Form(
    ("pbs-api", "GET", "/admin/datastore/{store}/snapshots"),
    reads="pbs-snapshots",
    why="Copies in the root namespace: size, owner, verification (Datastore.Audit)",
    timeout_seconds=300.0,
    max_bytes=256 * 1024 * 1024,
)
NAMED_SNAPSHOTS = Form(
    ("pbs-api", "GET", "/admin/datastore/{store}/snapshots", "ns={namespace}"),
    reads="pbs-snapshots",
    why="Copies in a namespace (Datastore.Audit)",
    timeout_seconds=300.0,
    max_bytes=256 * 1024 * 1024,
)
_KINDS = {"vm": "guest", "ct": "container", "host": "host"}


@collector(
    "pbs",
    system="pbs",
    asks=(
        *(RIGHTS, STORES, USAGE, CONFIG, PRUNE, VERIFY, SYNC, SYNC_PULL, TASKS),
        *(NAMESPACES, GARBAGE, SNAPSHOTS, NAMED_SNAPSHOTS, OWNER_RIGHTS),
    ),
)
def ask() -> Asking:
    """Proxmox Backup Server by its API: datastores, copies, their verification, jobs and tasks"""
    tasks = [TASKS(worker=one) for one in WORKERS]
    answers = yield (RIGHTS(), STORES(), USAGE(), CONFIG(), PRUNE(), VERIFY(), SYNC(), *tasks)
    stores = [text_of(one.get("store")) or "" for one in seen(answers[1]) if not pbs_answer.away(one)]
    stores = [one for one in stores if pbs_answer.STORE.fullmatch(one)]
    older = [SYNC_PULL()] if answers[6].status == 400 else []  # it knows no direction yet
    told = yield (*(NAMESPACES(store=one) for one in stores), *(GARBAGE(store=one) for one in stores), *older)
    questions: list[Question] = []
    for store, answer in zip(stores, told, strict=False):
        questions.append(SNAPSHOTS(store=store))
        names = (text_of(one.get("ns")) or "" for one in seen(answer))
        known = (one for one in names if pbs_answer.NAMESPACE.fullmatch(one))
        questions += [NAMED_SNAPSHOTS(store=store, namespace=one) for one in dict.fromkeys(known)]
    snapshots = yield questions
    owners = {text_of(one.get("owner")) or "" for answer in snapshots for one in seen(answer)}
    known_owners = sorted(one for one in owners if pbs_answer.ACCOUNT.fullmatch(one))
    yield [OWNER_RIGHTS(owner=one) for one in known_owners[:MOST_OWNERS]]


@reader("pbs-namespaces", fills=(RestorePoint,), recognises=lambda _: 0.0)
def read_namespaces(answer: Answer) -> Iterator[Reading]:
    """namespaces of a datastore: only those that cannot be asked about are told"""
    store = pbs_answer.store_of(answer)
    yield from pbs_answer.refused(answer, RestorePoint, subject=store)
    if answer.status not in (None, 200):
        return
    told = objects(answer)
    if not any(one.get("ns") == "" for one in told):
        # the root is always listed to who may see all of it
        yield Missing(
            RestorePoint, "denied", f"datastore {store}: not all of its namespaces are shown", store
        )
    for one in told:
        name = text_of(one.get("ns"))
        if name and pbs_answer.NAMESPACE.fullmatch(name) is None:
            detail = f"datastore {store}: {name!r:.80} is no name to ask about"
            yield Missing(RestorePoint, "unsupported", detail, store)


def _recognises_snapshots(text: str) -> float:
    words = ('"backup-id"', '"backup-time"', '"backup-type"', '"files"')
    return 0.95 if all(word in text[:20000] for word in words) else 0.0


@reader("pbs-snapshots", fills=(RestorePoint,), recognises=_recognises_snapshots)
def read_snapshots(answer: Answer) -> Iterator[Reading]:
    """copies in a datastore of Proxmox Backup Server, with the verification of each

    Saved output is that of `proxmox-backup-client snapshot list --output-format json`.
    """
    try:
        store = pbs_answer.store_of(answer)
    except LookupError:
        store = "?"
    namespace = pbs_answer.namespace_of(answer)
    place = f"{store}/{namespace}" if namespace else store
    yield from pbs_answer.refused(answer, RestorePoint, subject=place)
    if answer.status not in (None, 200, 0):
        return
    told = objects(answer)
    for number, one in enumerate(told):
        yield At(_point(one, store, namespace), f"[{number}]")
    if not told:
        yield NotHere(RestorePoint, f"{place} holds no snapshot")


def _point(one: Mapping[str, Any], store: str, namespace: str) -> RestorePoint:
    """Every snapshot is whole by itself; one whose list of files cannot be read has no size."""
    kind, name = str(one["backup-type"]), str(one["backup-id"])
    at = unix_moment(one["backup-time"])
    verification = mapping_of(one.get("verification"))
    state = text_of(verification.get("state"))
    group = f"{namespace}/{kind}/{name}" if namespace else f"{kind}/{name}"
    comment = (text_of(one.get("comment")) or "").partition("\n")[0].strip()
    size, files = count_of(one.get("size")), _files(one)
    guarded = one.get("protected")
    return RestorePoint(
        repository=pbs_answer.repository(store),
        point=f"{group}/{_stamp(at)}",
        source=group,
        source_name=name if kind == "host" else comment or None,
        source_kind=_KINDS.get(kind),
        paths="\n".join(files) or None,
        kind="full",
        created_at=at,
        size_bytes=size,
        complete=size is not None,
        verified=state if state in ("ok", "failed") else None,
        verified_at=pbs_answer.task_start(verification.get("upid")),
        protected=guarded if isinstance(guarded, bool) else None,
        encrypted=_encrypted(files),
        owner=text_of(one.get("owner")),
    )


def _stamp(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else "?"


def _files(one: Mapping[str, Any]) -> dict[str, str | None]:
    """Archive → how it is encrypted; the list of files and the client's log are none."""
    told = one.get("files")
    files = [mapping_of(each) for each in told] if isinstance(told, list) else []
    named = {text_of(each.get("filename")) or "": text_of(each.get("crypt-mode")) for each in files}
    aside = ("", "index.json.blob", "client.log.blob")
    return {name: mode for name, mode in named.items() if name not in aside}


def _encrypted(files: Mapping[str, str | None]) -> bool | None:
    if not files or None in files.values():
        return None
    return all(mode == "encrypt" for mode in files.values())
