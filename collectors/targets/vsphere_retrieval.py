"""Bulk retrieval of properties: one container view and one PropertyCollector pass, page by page.

The answer is JSON Lines, in UTF-8 ::

    {"collected": ["VirtualMachine", "HostSystem"], "page": 250}
    {"type": "VirtualMachine", "obj": "vm-12", "propSet": {"name": "db1", "snapshot": {…}}, "missing": […]}
    …
    {"retrieved": 812, "expected": 812, "gone": 0, "lost": 0, "named": [], "pages": 4}

Names and values are those of the API; times in ISO 8601; a reference is its value; `_typeName` stands where a
type is not the declared one. Unset properties, empty lists and raw SCSI pages are left out, of devices all
but disks and controllers. *gone*: deleted while it ran; *lost*: in the view but not told, some of them
*named*. Without the last line it is cut.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from collectors.targets.vsphere_lines import Stopped, line_of, plain

if TYPE_CHECKING:
    from collectors.targets.vsphere_connection import Session

_MOST_NAMED = 50


def retrieve(
    session: Session,
    argv: Sequence[str],
    *,
    page: int,
    until: float,
    most: int,
    stop: threading.Event,
) -> tuple[bytes, str]:
    """The answer, and "" or why it is not whole.

    *argv*: the question after its first word; *until*: by the monotonic clock; *most*: bytes.
    """
    lines: list[bytes] = []
    why = ""
    try:
        with contextlib.closing(_asked(session, argv, page, until, stop)) as coming:
            for line in coming:
                most -= len(line)
                if most < 0 or time.monotonic() > until:
                    why = "the answer is larger than is kept" if most < 0 else "its time was up"
                    break
                lines.append(line)
    except Stopped:
        why = "collection was interrupted"
    except Exception as error:  # whatever the library or the server does ends in a sentence
        why = _why(error, session)
    if why and len(lines) < 2:
        return b"", why
    return b"".join(lines), f"{why}; {len(lines) - 1} objects were told before" if why else ""


def _asked(
    session: Session, argv: Sequence[str], page: int, until: float, stop: threading.Event
) -> Generator[bytes, None, None]:
    from collectors.targets.vsphere_browse import file_lines
    from collectors.targets.vsphere_tasks import task_lines

    if argv[0] == "tasks":
        return task_lines(session, int(argv[1]), stop)
    if argv[0] == "browse":
        return file_lines(session, until, stop)
    return _lines(session, argv[1:], page, stop)


def _why(error: Exception, session: Session) -> str:
    from collectors.targets.vsphere import Address
    from collectors.targets.vsphere_connection import said

    host, _, port = str(session.stub.host).rpartition(":")
    return said(error, Address(host, int(port), session.about.get("user", "the user"), "", 0))


def _lines(
    session: Session, wanted: Sequence[str], page: int, stop: threading.Event
) -> Generator[bytes, None, None]:
    """*wanted*: type, paths, type, paths…"""
    types = _types(wanted)
    yield line_of({"collected": [one._wsdlName for one in types], "page": page})
    kinds = [one for one in types if _in_view(one)]
    view = session.content.viewManager.CreateContainerView(session.content.rootFolder, kinds, True)
    try:
        expected = _members(session, view)
        told: set[str] = set()
        pages = 0
        for objects in _pages(session, view, types, page):
            pages += 1
            for one in objects:
                if _in_view(type(one.obj)):
                    told.add(one.obj._moId)
                yield _object(one)
            if stop.is_set():
                raise Stopped
        absent = expected - told
        there = _members(session, view) if absent else set()
        yield line_of(
            {
                "retrieved": len(told),
                "expected": len(expected),
                "gone": len(absent - there),
                "lost": len(absent & there),
                "named": sorted(absent & there)[:_MOST_NAMED],
                "pages": pages,
            }
        )
    finally:
        _destroy(view)


def _destroy(view: Any) -> None:
    """Give the view back; with the session gone it is gone too."""
    with contextlib.suppress(Exception):
        view.DestroyView()


def _types(wanted: Sequence[str]) -> dict[Any, list[str]]:
    from pyVmomi.VmomiSupport import GetWsdlType

    names, paths = wanted[::2], wanted[1::2]
    return {GetWsdlType("urn:vim25", name): told.split(",") for name, told in zip(names, paths, strict=True)}


def _members(session: Session, view: Any) -> set[str]:
    """What is in the view now: the count that the retrieval has to reach."""
    from pyVmomi import vmodl

    collector = vmodl.query.PropertyCollector
    spec = collector.FilterSpec(
        objectSet=[collector.ObjectSpec(obj=view)],
        propSet=[collector.PropertySpec(type=type(view), pathSet=["view"])],
    )
    told = session.content.propertyCollector.RetrievePropertiesEx([spec], collector.RetrieveOptions())
    values = [one.val for each in (told.objects if told else ()) for one in each.propSet]
    return {one._moId for value in values for one in value}


def _pages(session: Session, view: Any, types: dict[Any, list[str]], page: int) -> Iterator[Sequence[Any]]:
    from pyVmomi import vim, vmodl

    query = vmodl.query.PropertyCollector
    collector = session.content.propertyCollector
    step = query.TraversalSpec(name="members", path="view", skip=False, type=vim.view.ContainerView)
    spec = query.FilterSpec(
        objectSet=[query.ObjectSpec(obj=view, skip=True, selectSet=[step]), *_beside(session, types)],
        propSet=[query.PropertySpec(type=one, pathSet=paths, all=False) for one, paths in types.items()],
    )
    told = collector.RetrievePropertiesEx([spec], query.RetrieveOptions(maxObjects=page))
    while told is not None:
        token = told.token
        yield told.objects
        told = collector.ContinueRetrievePropertiesEx(token) if token else None


def _in_view(kind: Any) -> bool:
    """Whether objects of the type stand in the inventory; the others are parts of the service."""
    from pyVmomi import vim

    return issubclass(kind, vim.ManagedEntity)


def _beside(session: Session, types: dict[Any, list[str]]) -> list[Any]:
    """The parts of the service that are wanted too; a single ESXi host lacks some of them."""
    from pyVmomi import vmodl

    names = (one._wsdlName for one in types if not _in_view(one))
    managers = [getattr(session.content, f"{name[:1].lower()}{name[1:]}", None) for name in names]
    return [vmodl.query.PropertyCollector.ObjectSpec(obj=one) for one in managers if one is not None]


def _object(told: Any) -> bytes:
    """One line; what nests too deep to be written is named instead."""
    line: dict[str, Any] = {"type": told.obj._wsdlName, "obj": told.obj._moId}
    try:
        line["propSet"] = {one.name: _property(one.name, one.val) for one in told.propSet}
        if told.missingSet:
            line["missing"] = [
                {"path": one.path, "fault": type(one.fault)._wsdlName} for one in told.missingSet
            ]
        return line_of(line)
    except (RecursionError, ValueError) as error:
        return line_of({"type": line["type"], "obj": line["obj"], "unreadable": str(error)[:100]})


def _property(name: str, value: Any) -> Any:
    if name == "config.hardware.device":
        return [plain(one, None) for one in value if isinstance(one, _kept_devices())]
    return plain(value, None)


@cache
def _kept_devices() -> tuple[type, ...]:
    from pyVmomi import vim

    return (vim.vm.device.VirtualDisk, vim.vm.device.VirtualController)
