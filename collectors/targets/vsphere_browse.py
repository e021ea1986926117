"""The virtual disk files on every datastore, as the datastore browser lists them: slow, so only on request.

The answer is JSON Lines, in UTF-8 ::

    {"collected": ["HostDatastoreBrowser"], "datastores": 12}
    {"type": "Folder", "obj": "datastore-12", "propSet": {"datastore": "ds1", "folder": "[ds1] web1/",
     "file": [{"path": "web1.vmdk", "fileSize": 512, "modification": "2026-11-26T13:00:00+00:00"}]}}
    …
    {"type": "Datastore", "obj": "datastore-12", "propSet": {"name": "ds1", "searched": true}}
    …
    {"datastores": 12, "searched": 11, "files": 4210}

*searched*: false, with *why*, where a datastore could not be looked through. Without the last line the answer
is cut.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from collectors.targets.vsphere_lines import Stopped, line_of, plain

if TYPE_CHECKING:
    from collectors.targets.vsphere_connection import Session

_POLL_SECONDS = (0.05, 2.0)


def file_lines(session: Session, until: float, stop: threading.Event) -> Generator[bytes, None, None]:
    """The lines of the answer, one datastore after another so that the server is not pressed."""
    stores = _stores(session)
    yield line_of({"collected": ["HostDatastoreBrowser"], "datastores": len(stores)})
    searched = files = 0
    for store, told in stores:
        name, why = str(told.get("name")), ""
        if told.get("summary.accessible") is False:
            why = "it is not accessible"
        else:
            try:
                for folder in _search(told["browser"], name, until, stop):
                    files += len(folder["file"])
                    yield line_of({"type": "Folder", "obj": store, "propSet": {"datastore": name, **folder}})
                searched += 1
            except _NotSearched as error:
                why = str(error)
        yield line_of(
            {"type": "Datastore", "obj": store, "propSet": {"name": name, "searched": not why, "why": why}}
        )
    yield line_of({"datastores": len(stores), "searched": searched, "files": files})


class _NotSearched(Exception):
    """Why a datastore was not looked through."""


def _stores(session: Session) -> list[tuple[str, dict[str, Any]]]:
    from pyVmomi import vim, vmodl

    view = session.content.viewManager.CreateContainerView(session.content.rootFolder, [vim.Datastore], True)
    query = vmodl.query.PropertyCollector
    step = query.TraversalSpec(name="members", path="view", skip=False, type=vim.view.ContainerView)
    wanted = query.PropertySpec(type=vim.Datastore, pathSet=["name", "browser", "summary.accessible"])
    spec = query.FilterSpec(
        objectSet=[query.ObjectSpec(obj=view, skip=True, selectSet=[step])], propSet=[wanted]
    )
    collector = session.content.propertyCollector
    try:
        told = collector.RetrievePropertiesEx([spec], query.RetrieveOptions())
        found = list(told.objects) if told else []
        while told is not None and told.token:
            told = collector.ContinueRetrievePropertiesEx(told.token)
            found += told.objects
    finally:
        view.DestroyView()
    return sorted((one.obj._moId, {each.name: each.val for each in one.propSet}) for one in found)


def _search(browser: Any, name: str, until: float, stop: threading.Event) -> Iterator[dict[str, Any]]:
    from pyVmomi import vim, vmodl

    details = vim.host.DatastoreBrowser.FileInfo.Details(
        fileType=False, fileSize=True, modification=True, fileOwner=False
    )
    spec = vim.host.DatastoreBrowser.SearchSpec(matchPattern=["*.vmdk"], details=details)
    try:
        task = browser.SearchDatastoreSubFolders_Task(f"[{name}]", spec)
        info = _ended(task, until, stop)
    except (vim.fault.NoPermission, vim.fault.VimFault, vmodl.RuntimeFault) as error:
        raise _NotSearched(f"{type(error)._wsdlName}: {str(error.msg or '')[:200]}") from error
    if info.state != "success":
        said = getattr(info.error, "msg", None) or "no reason told"
        raise _NotSearched(f"the search failed: {str(said)[:200]}")
    for folder in info.result or ():
        yield {"folder": str(folder.folderPath), "file": [_file(one) for one in folder.file]}


def _ended(task: Any, until: float, stop: threading.Event) -> Any:
    """The TaskInfo of the task when it has ended."""
    pause, longest = _POLL_SECONDS
    while True:
        info = task.info
        if info.state in ("success", "error"):
            return info
        if time.monotonic() > until:
            raise _NotSearched("the search took too long")
        if stop.wait(pause):
            raise Stopped
        pause = min(2 * pause, longest)


def _file(one: Any) -> dict[str, Any]:
    told: Sequence[tuple[str, Any]] = (
        ("path", one.path),
        ("fileSize", one.fileSize),
        ("modification", one.modification),
    )
    return {name: plain(value) for name, value in told if value is not None}
