"""Proxmox VE by its API: tasks of the nodes, and the logs of the newest backups."""

from __future__ import annotations

from collections.abc import Iterator

from collectors import proxmox_api as api
from collectors import pve_answer
from collectors.collector import reader
from collectors.fact import At, Missing, Reading
from collectors.guest_backup_tables import GuestBackupRun, HypervisorTask
from collectors.hypervisor_words import added, word
from collectors.question import Answer, Form
from collectors.vzdump_log import is_task, runs_of

SNAPSHOT_TASKS = ("qmsnapshot", "vzsnapshot", "qmdelsnapshot", "vzdelsnapshot", "qmrollback", "vzrollback")
LOGS_TOLD = 20
"""Of so many of the newest backups of a node the log is asked for; the list tells how the others ended."""
LINES = 20_000
TASKS = Form(
    ("pve-api", "GET", "/nodes/{node}/tasks", "typefilter={type}", "limit=500"),
    reads="pve-tasks",
    why="How the last backups, snapshots and removals of snapshots ended (Sys.Audit on /nodes)",
    timeout_seconds=60.0,
)
RUNNING = Form(
    ("pve-api", "GET", "/nodes/{node}/tasks", "source=active", "limit=500"),
    reads="pve-tasks",
    why="Which tasks run now: a lock without its task is a leftover (Sys.Audit on /nodes)",
)
LOG = Form(
    ("pve-api", "GET", "/nodes/{node}/tasks/{task}/log", "start=0", f"limit={LINES}"),
    reads="pve-task-log",
    why="What each guest's backup took, how fast, and whether its agent answered (Sys.Audit on /nodes)",
    timeout_seconds=60.0,
)


def newest_of(answer: Answer) -> list[str]:
    """The newest backups in a list of tasks whose log may be asked for, also one that still runs."""
    told = [one for one in pve_answer.seen(answer) if one.get("type") == "vzdump"]
    told.sort(key=lambda one: str(one.get("starttime")).rjust(20), reverse=True)
    names = (word(one.get("upid")) or "" for one in told)
    return [name for name in dict.fromkeys(names) if is_task(name)][:LOGS_TOLD]


@reader("pve-tasks", fills=(HypervisorTask,), recognises=lambda said: 0.0)  # saved ones: proxmox-api
def read_tasks(answer: Answer) -> Iterator[Reading]:
    """tasks of one node by the Proxmox VE API"""
    yield from pve_answer.refused(answer, HypervisorTask)
    if answer.status in (None, 200):
        for number, one in enumerate(pve_answer.objects(answer)):
            yield At(api.task_of(one), f"[{number}]")


def _recognises_log(said: str) -> float:
    begin = said[:20000].lstrip()
    if begin[:1] not in ("[", "{"):
        return 0.0
    return 0.96 if '"t"' in begin and "INFO: Starting Backup of VM" in begin else 0.0


@reader("pve-task-log", fills=(GuestBackupRun, HypervisorTask), recognises=_recognises_log)
def read_log(answer: Answer) -> Iterator[Reading]:
    """the log of a backup by the Proxmox VE API: what each guest took, how long and how fast"""
    path = next((one for one in answer.question.argv if "/tasks/" in one), "")
    task = path.partition("/tasks/")[2].removesuffix("/log") or "saved log"
    yield from pve_answer.refused(answer, GuestBackupRun, subject=task)
    if answer.status not in (None, 200):
        return
    lines = [one["t"] for one in pve_answer.objects(answer) if isinstance(one.get("t"), str)]
    if not lines:
        yield Missing(GuestBackupRun, "empty", f"{task}: its log is empty", task)
    if len(lines) >= LINES:
        yield Missing(GuestBackupRun, "truncated", f"{task}: more than {LINES} lines", task)
    runs = list(runs_of(lines, task, pve_answer.node_of(answer)))
    yield from runs
    if runs and len(lines) < LINES and is_task(task):
        read = [run for run in runs if run.transferred_bytes]
        moved = added(run.transferred_bytes for run in read)
        taken = sum(run.transfer_seconds or run.duration_seconds or 0.0 for run in read)
        yield HypervisorTask(
            task=task,
            kind="vzdump",
            guests_told=len(runs),
            transferred_bytes=moved,
            bytes_per_second=moved / taken if moved is not None and taken else None,
        )
