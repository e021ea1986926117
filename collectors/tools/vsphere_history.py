"""What a vCenter or ESXi tells of its past and of its datastores' files: two questions beside the inventory.

Tasks tell who made a snapshot and how removals ended; the browser tells files that belong to no machine. The
form of the answers is that of `collectors.targets.vsphere_tasks` and `collectors.targets.vsphere_browse`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from collectors.collector import Asking, collector, reader
from collectors.fact import At, Missing, Reading
from collectors.guest_backup_tables import HypervisorTask
from collectors.hypervisor_words import count, kept, mappings, moment, word
from collectors.question import Answer, Form
from collectors.vsphere_shapes import json_lines
from collectors.vsphere_tables import DatastoreFile

TASKS = Form(
    ("vsphere-api", "tasks", "30"),
    reads="vsphere-tasks",
    why="Who made snapshots, and how removing and consolidating them ended, in the last 30 days",
    timeout_seconds=300.0,
    max_bytes=32 * 1024 * 1024,
)
FILES = Form(
    ("vsphere-api", "browse"),
    reads="vsphere-files",
    why="Virtual disk files on the datastores, to find those of no machine; slow: only with ?browse=yes",
    timeout_seconds=3600.0,
    max_bytes=256 * 1024 * 1024,
)
_KINDS = (
    (re.compile(r"consolidat", re.IGNORECASE), "consolidate disks"),
    (re.compile(r"remove.?all.?snapshots", re.IGNORECASE), "remove all snapshots"),
    (re.compile(r"remove.*snapshot|snapshot\.remove", re.IGNORECASE), "remove snapshot"),
    (re.compile(r"create.*snapshot", re.IGNORECASE), "create snapshot"),
    (re.compile(r"revert", re.IGNORECASE), "revert to snapshot"),
)


@collector("vsphere-history", asks=(TASKS, FILES), system="vsphere")
def ask() -> Asking:
    """VMware vSphere: tasks on snapshots, files on datastores"""
    yield (TASKS(), FILES())


@reader(
    "vsphere-tasks",
    fills=(HypervisorTask,),
    recognises=lambda text: 0.98 if re.match(r'\s*\{"collected": ?\["TaskInfo"', text) else 0.0,
)
def read_tasks(answer: Answer) -> Iterator[Reading]:
    """tasks on snapshots that holdwater read by the vSphere API"""
    whole: bool | None = None
    for line, one in enumerate(json_lines(answer.text), 1):
        if "whole" in one:
            whole = one["whole"] is True
        if one.get("type") == "TaskInfo" and isinstance(one.get("propSet"), dict):
            yield At(_task(str(one.get("obj"))[:200], one["propSet"]), f"line {line}")
    if whole is None and answer.refusal is None:
        yield Missing(HypervisorTask, "truncated", "the answer ends before its count")
    elif whole is False:
        yield Missing(
            HypervisorTask, "truncated", "there were more tasks than are read: the newest are missing"
        )


def _task(key: str, told: Mapping[str, Any]) -> HypervisorTask:
    described = word(told.get("descriptionId")) or ""
    error = told.get("error")
    fault, message = ("", "")
    if isinstance(error, dict):
        fault, message = word(error.get("fault")) or "", word(error.get("message")) or ""
    state, entity, made = word(told.get("state")), word(told.get("entity")), word(told.get("result"))
    return HypervisorTask(
        task=key,
        kind=next((kind for pattern, kind in _KINDS if pattern.search(described)), described or "task"),
        guest=f"vm/{entity}" if entity else None,
        guest_name=word(told.get("entityName")),
        user=word(told.get("userName")),
        started_at=moment(told.get("startTime")) or moment(told.get("queueTime")),
        ended_at=moment(told.get("completeTime")),
        outcome=kept(": ".join(filter(None, (fault, message)))) or state,
        succeeded={"success": True, "error": False}.get(state or ""),
        made=made if made and made.startswith("snapshot") else None,
    )


@reader(
    "vsphere-files",
    fills=(DatastoreFile,),
    recognises=lambda text: 0.98 if re.match(r'\s*\{"collected": ?\["HostDatastoreBrowser"', text) else 0.0,
)
def read_files(answer: Answer) -> Iterator[Reading]:
    """virtual disk files that holdwater read with the datastore browser"""
    ended = False
    for line, one in enumerate(json_lines(answer.text), 1):
        ended = ended or "searched" in one
        told = one.get("propSet")
        if not isinstance(told, dict):
            continue
        if one.get("type") == "Folder":
            for row in _files(told):
                yield At(row, f"line {line}")
        elif told.get("searched") is False:
            name = str(told.get("name"))[:200]
            why = str(told.get("why") or "no reason told")[:200]
            yield Missing(DatastoreFile, "failed", f"{name}: {why}", name)
    if not ended and answer.refusal is None:
        yield Missing(DatastoreFile, "truncated", "the answer ends before its count")


def _files(told: Mapping[str, Any]) -> Iterator[DatastoreFile]:
    store, folder = word(told.get("datastore")), word(told.get("folder"))
    if store is None or folder is None:
        return
    inside = folder.removeprefix(f"[{store}]").strip().strip("/")
    for one in mappings(told.get("file")):
        name = word(one.get("path"))
        if name:
            yield DatastoreFile(
                path=f"[{store}] {inside}/{name}" if inside else f"[{store}] {name}",
                datastore=store,
                size_bytes=count(one.get("fileSize")),
                modified_at=moment(one.get("modification")),
            )
