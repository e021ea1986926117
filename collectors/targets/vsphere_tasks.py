"""The history of tasks: who made a snapshot, and how removals and consolidations ended; page by page.

The answer is JSON Lines, in UTF-8 ::

    {"collected": ["TaskInfo"], "days": 30, "now": "2026-11-26T13:00:00+00:00", "from": "tasks"}
    {"type": "TaskInfo", "obj": "task-12", "propSet": {"descriptionId": "VirtualMachine.createSnapshot", …}}
    …
    {"read": 5210, "told": 37, "whole": true, "pages": 6}

Only tasks on snapshots and disks are told. Where there is no history of tasks (a single ESXi host), the
events that tasks leave are read instead, `"from": "events"`, and the tasks of the last minutes: of events it
is known who began them, not how they ended. *whole*: false if there were more than are read. Without the last
line the answer is cut.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any

from collectors.targets.vsphere_lines import Stopped, line_of, plain

if TYPE_CHECKING:
    from collectors.targets.vsphere_connection import Session

READ_AT_ONCE = 1000
"""What a server gives at a time, at most."""
READ_AT_MOST = 100_000
_OURS = re.compile(r"snapshot|consolidat", re.IGNORECASE)
_TOLD = (
    "descriptionId",
    "entity",
    "entityName",
    "state",
    "cancelled",
    "result",
    "queueTime",
    "startTime",
    "completeTime",
)


def task_lines(session: Session, days: int, stop: threading.Event) -> Generator[bytes, None, None]:
    """The lines of the answer."""
    from pyVmomi import vim, vmodl

    now = vim.ServiceInstance("ServiceInstance", session.stub).CurrentTime()
    since = now - timedelta(days=days)
    try:
        history, source = _task_history(session, since), "tasks"
    except (vmodl.fault.NotSupported, vmodl.fault.NotImplemented, vmodl.fault.MethodNotFound):
        history, source = _event_history(session, since), "events"
    yield line_of({"collected": ["TaskInfo"], "days": days, "now": now.isoformat(), "from": source})
    read = told = pages = 0
    try:
        for page in chain(history.pages, [_recent(session)] if source == "events" else []):
            pages, read = pages + 1, read + len(page)
            for one in page:
                info = _info(one)
                if info is not None and _OURS.search(info.descriptionId or ""):
                    told += 1
                    yield line_of(_task(info, one))
            if stop.is_set():
                raise Stopped
            if read >= READ_AT_MOST:
                break
    finally:
        history.close()
    yield line_of({"read": read, "told": told, "whole": read < READ_AT_MOST, "pages": pages})


class _History:
    """Pages of a collector of the server, oldest first, which is given back in the end."""

    def __init__(self, collector: Any, read: Callable[[int], Sequence[Any] | None]) -> None:
        self._collector = collector
        self._read = read

    @property
    def pages(self) -> Iterator[Sequence[Any]]:
        self._collector.RewindCollector()
        while page := self._read(READ_AT_ONCE):
            yield page

    def close(self) -> None:
        with contextlib.suppress(Exception):  # with the session gone it is gone too
            self._collector.DestroyCollector()


def _task_history(session: Session, since: datetime) -> _History:
    from pyVmomi import vim

    spec = vim.TaskFilterSpec(
        time=vim.TaskFilterSpec.ByTime(beginTime=since, timeType=vim.TaskFilterSpec.TimeOption.queuedTime)
    )
    collector = session.content.taskManager.CreateCollectorForTasks(spec)
    return _History(collector, collector.ReadNextTasks)


def _event_history(session: Session, since: datetime) -> _History:
    from pyVmomi import vim

    spec = vim.event.EventFilterSpec(
        eventTypeId=["TaskEvent"],
        time=vim.event.EventFilterSpec.ByTime(beginTime=since),
        maxCount=READ_AT_ONCE,
    )
    collector = session.content.eventManager.CreateCollectorForEvents(spec)
    return _History(collector, collector.ReadNextEvents)


def _recent(session: Session) -> list[Any]:
    """What the server keeps of the last minutes, in one request."""
    from pyVmomi import vim, vmodl

    query = vmodl.query.PropertyCollector
    step = query.TraversalSpec(name="recent", path="recentTask", skip=False, type=vim.TaskManager)
    manager = query.ObjectSpec(obj=session.content.taskManager, skip=True, selectSet=[step])
    spec = query.FilterSpec(
        objectSet=[manager], propSet=[query.PropertySpec(type=vim.Task, pathSet=["info"])]
    )
    told = session.content.propertyCollector.RetrievePropertiesEx([spec], query.RetrieveOptions())
    return [one.val for each in (told.objects if told else ()) for one in each.propSet]


def _info(one: Any) -> Any:
    """The TaskInfo of an event, or the TaskInfo itself."""
    return getattr(one, "info", one)


def _task(info: Any, one: Any) -> dict[str, Any]:
    properties = {name: plain(value) for name in _TOLD if (value := getattr(info, name, None)) is not None}
    user = getattr(one, "userName", None) or getattr(info.reason, "userName", None)
    if user:
        properties["userName"] = str(user)
    if info.error is not None:
        fault = getattr(info.error, "fault", info.error)
        message = getattr(info.error, "localizedMessage", None) or getattr(info.error, "msg", None)
        properties["error"] = {"fault": type(fault)._wsdlName, "message": str(message or "")}
    if one is not info:  # how it ended is not in the event that it began
        properties.pop("state", None)
    return {"type": "TaskInfo", "obj": str(info.key), "propSet": properties}
