"""Synology Active Backup for Business: tasks with their versions, runs, devices and storages, as its API
tells them (`SYNO.ActiveBackup.Task list`, `.Log list_result`, `.Overview list_device_transfer_size`,
`.Share list_storage`), saved from a client or from `synowebapi --exec`; runs of devices also as
`sqlite3 -json …/@ActiveBackup/activity.db 'SELECT * FROM device_result_table'` prints them.

After public clients of this API (the Python package synology-api and its reference, exporters for Prometheus,
dashboards), not after a machine: none was asked. Of the results 2 alone is success; what these clients name
differently counts as failed, and a number that none of them names is a gap.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from collectors.backup_tables import BackupJob, BackupRepository, BackupSession, RestorePoint
from collectors.backup_values import count_of, mapping_of, text_of, unix_moment
from collectors.collector import reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.question import Answer

PRODUCT = "active-backup"
_SHAPES = {
    "tasks": ('"task_name"', '"backup_type"'),
    "results": ('"result_id"', '"job_action"'),
    "device_list": ('"transfer_list"', '"device_id"'),
    "storages": ('"repo_dir"', '"storage_id"'),
}
_RUNS = ('"device_result_id"', '"device_name"', '"time_end"')
_OF_TASKS = {2: "ok", 3: "warning", 4: "failed", 5: "failed"}
_OF_DEVICES = {2: "ok", 4: "failed", 5: "failed"}
_ACTIONS = {1: "backup", 128: "restore", 1024: "restore", 2048: "restore"}
_WHOLE = {3: True, 4: False, 5: False}
_KINDS = {1: "guest", 2: "host", 3: "host", 4: "files", 5: "host"}
_Object = Mapping[str, Any]


def _recognises(text: str) -> float:
    head = text[:200_000]
    known = any(f'"{name}"' in head and all(one in head for one in also) for name, also in _SHAPES.items())
    return 0.95 if known or all(one in head for one in _RUNS) else 0.0


@reader(
    "active-backup",
    fills=(BackupJob, BackupSession, RestorePoint, BackupRepository),
    recognises=_recognises,
)
def read(answer: Answer) -> Iterator[Reading]:
    """tasks, versions, runs and storages of Synology's Active Backup for Business"""
    # synowebapi writes its progress before the answer
    lines = [line for line in answer.text.splitlines() if not line.startswith("[Line")]
    told = json.loads("\n".join(lines))
    if isinstance(told, list):
        yield from _each(told, "runs", _of_run, BackupSession)
        return
    if mapping_of(told).get("success") is False:
        code = mapping_of(told.get("error")).get("code")
        yield Missing(BackupJob, "failed", f"the API of Active Backup refused, with its error {code}")
        return
    data = mapping_of(mapping_of(told).get("data")) or mapping_of(told)
    name = next((name for name in _SHAPES if isinstance(data.get(name), list)), "")
    if not name:
        raise ValueError("tasks, results, devices or storages of Active Backup for Business were expected")
    read_one, table = _READ[name]
    yield from _each(data[name], name, read_one, table)
    total = count_of(data.get("total")) or count_of(data.get("count")) or 0
    if total > len(data[name]):
        yield Missing(table, "truncated", f"{len(data[name])} of {total} {name} were saved")


def _each(listed: Sequence[Any], name: str, read_one: Any, table: Any) -> Iterator[Reading]:
    unread = 0
    told: set[Reading] = set()
    for number, one in enumerate(listed):
        try:
            rows = list(dict.fromkeys(read_one(mapping_of(one))))
        except KeyError:
            unread += 1
            continue
        for row in rows:
            if row not in told:  # several tasks share a storage, several runs a device
                told.add(row)
                yield row if isinstance(row, Missing) else At(row, f"{name}[{number}]")
    if unread:
        yield Missing(table, "unreadable", f"{unread} of the {name} lack a name or a number")
    if not listed:
        yield NotHere(table, f"Active Backup for Business lists no {name}")


def _named(one: _Object) -> str:
    """The identity of a task: its number; names may change. Raises KeyError."""
    number = count_of(one["task_id"])
    if number is None:
        raise KeyError("task_id")
    return f"task {number}"


def _place(share: str) -> str:
    return f"{PRODUCT}:?/{share}"


def _hosts(listed: Any) -> dict[str, int]:
    """Names of devices and what sort each is."""
    devices = [mapping_of(one) for one in listed] if isinstance(listed, list) else []
    return {
        name: count_of(one.get("backup_type")) or 0
        for one in devices
        if (name := text_of(one.get("host_name")))
    }


def _of_task(one: _Object) -> Iterator[Reading]:
    job, share, last = _named(one), text_of(one.get("share_name")), mapping_of(one.get("last_result"))
    hosts = _hosts(one.get("devices")) or _hosts(mapping_of(last.get("task_config")).get("device_list"))
    ran = count_of(last.get("job_action")) == 1
    outcome = _OF_TASKS.get(count_of(last.get("status")) or 0) if ran else None
    ended = unix_moment(last.get("time_end")) if ran else None
    yield BackupJob(
        product=PRODUCT,
        server="?",
        job=job,
        name=text_of(one.get("task_name")) or job,
        purpose="backup",
        next_run_at=unix_moment(one.get("next_trigger_time")),
        last_run_at=unix_moment(last.get("time_start")) if ran else None,
        last_success_at=ended if outcome == "ok" else None,
        last_outcome=outcome if ended else None,
        selects="\n".join(hosts) or None,
        repository=_place(share) if share else None,
    )
    if {"job_action", "status", "result_id"} <= set(last):
        yield from _of_result({**last, "task_id": one["task_id"]})
    if share:
        yield BackupRepository(repository=_place(share), name=share, product=PRODUCT, host="?")
        yield from _of_versions(one, job, share, hosts)


def _of_versions(one: _Object, job: str, share: str, hosts: dict[str, int]) -> Iterator[Reading]:
    """Copies. A version of a task with several devices names none: only that of the last run, if it went
    well, is known to hold those of that run."""
    last = mapping_of(one.get("last_result"))
    latest = _hosts(mapping_of(last.get("task_config")).get("device_list"))
    went_well = last.get("status") == 2 and last.get("job_action") == 1
    unknown, listed = 0, one.get("versions")
    for version in map(mapping_of, listed if isinstance(listed, list) else []):
        whole = _WHOLE.get(count_of(version.get("status")) or 0)
        number, ended = count_of(version.get("version_id")), unix_moment(version.get("time_end"))
        same = went_well and version.get("time_start") == last.get("time_start")
        held = hosts if len(hosts) == 1 else latest if same else {}
        if whole is None or number is None or ended is None or not held:
            unknown += 1
            continue
        for host in held:
            yield RestorePoint(
                repository=_place(share),
                point=f"{job} version {number}",
                source=host,
                source_name=host,
                source_kind=_KINDS.get(hosts.get(host) or count_of(one.get("backup_type")) or 0),
                job=job,
                created_at=unix_moment(version.get("time_start")) or ended,
                finished_at=ended,
                complete=whole,
                protected=True if version.get("locked") is True else None,
            )
    if unknown:
        detail = f"{job}: of {unknown} versions it is not told whether they are whole, or of which device"
        yield Missing(RestorePoint, "unreadable", detail, job)


def _of_result(one: _Object) -> Iterator[Reading]:
    """A run of a task. What deletes versions, moves or links something is no run of a backup."""
    action = count_of(one["job_action"]) or 0
    if action.bit_count() != 1:  # every action that is known is a bit of its own
        raise KeyError("job_action")
    purpose = _ACTIONS.get(action)
    if purpose is not None:
        yield from _session(one, _named(one), f"result {one['result_id']}", _OF_TASKS, purpose)


def _of_device(one: _Object) -> Iterator[Reading]:
    host, runs = text_of(mapping_of(one["device"])["host_name"]), one["transfer_list"]
    if host is None:
        raise KeyError("host_name")
    for run in runs if isinstance(runs, list) else []:
        yield from _of_run({**mapping_of(run), "device_name": host})
    if not runs:
        yield from _job_of_device(host)


def _of_run(one: _Object) -> Iterator[Reading]:
    """A run of one device. Of which task it was is not told, so the device stands for it."""
    host = text_of(one["device_name"])
    if host is None:
        raise KeyError("device_name")
    yield from _job_of_device(host)
    name = f"device result {one['device_result_id']}"
    yield from _session(one, f"device {host}", name, _OF_DEVICES, "backup")


def _job_of_device(host: str) -> Iterator[BackupJob]:
    name = f"device {host}"
    yield BackupJob(product=PRODUCT, server="?", job=name, name=name, purpose="backup", selects=host)


def _session(
    one: _Object, job: str, name: str, outcomes: Mapping[int, str], purpose: str
) -> Iterator[BackupSession | Missing]:
    status, ended = count_of(one["status"]), unix_moment(one.get("time_end"))
    outcome = outcomes.get(status or 0)
    if ended is None and outcome != "failed":
        outcome = "running"
    elif outcome is None:
        detail = f"{job}: how its {name} ended is told by an unknown number, {status}"
        yield Missing(BackupSession, "unreadable", detail, job)
    yield BackupSession(
        product=PRODUCT,
        server="?",
        session=name,
        job=job,
        purpose=purpose,
        started_at=unix_moment(one.get("time_start")),
        ended_at=ended,
        outcome=outcome,
        message=_message(one, status) if outcome != "ok" else None,
        transferred_bytes=count_of(one.get("transfered_bytes")),  # spelt so by the product
    )


def _message(one: _Object, status: int | None) -> str:
    counts = [(count_of(one.get(f"{sort}_count")), sort) for sort in ("error", "warning", "success", "none")]
    return ", ".join([f"status {status}", *(f"{sort} {count}" for count, sort in counts if count)])


def _of_storage(one: _Object) -> Iterator[BackupRepository]:
    share, volume = text_of(one["share_name"]), text_of(one.get("volume_path"))
    if share is None:
        raise KeyError("share_name")
    yield BackupRepository(
        repository=_place(share),
        name=share,
        product=PRODUCT,
        host="?",
        path=f"{volume}/{share}" if volume else None,
        reachable=one["mounted"] if isinstance(one.get("mounted"), bool) else None,
    )


_READ: dict[str, tuple[Any, Any]] = {
    "tasks": (_of_task, BackupJob),
    "results": (_of_result, BackupSession),
    "device_list": (_of_device, BackupJob),
    "storages": (_of_storage, BackupRepository),
}
