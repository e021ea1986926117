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
import json
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collectors.targets.vsphere_connection import Session

_MOST_NAMED = 50
_BREAKS = (("\u2028", "\\u2028"), ("\u2029", "\\u2029"), ("\x85", "\\u0085"))
"""Letters that end a line for some: escaped, so that all count the same lines."""
_LEFT_OUT = frozenset(("dynamicType", "dynamicProperty", "alternateName", "standardInquiry"))
"""Nothing of the API itself, and raw SCSI pages, byte by byte."""


def retrieve(
    session: Session,
    wanted: Sequence[str],
    *,
    page: int,
    until: float,
    most: int,
    stop: threading.Event,
) -> tuple[bytes, str]:
    """The answer, and "" or why it is not whole. *wanted*: type, paths, type, paths…; *until*: monotonic."""
    lines: list[bytes] = []
    why = ""
    try:
        with contextlib.closing(_lines(session, wanted, page, stop)) as coming:
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


class Stopped(Exception):
    """Nobody waits for the answer any more."""


def _why(error: Exception, session: Session) -> str:
    from collectors.targets.vsphere import Address
    from collectors.targets.vsphere_connection import said

    host, _, port = str(session.stub.host).rpartition(":")
    return said(error, Address(host, int(port), session.about.get("user", "the user"), "", 0))


def _lines(
    session: Session, wanted: Sequence[str], page: int, stop: threading.Event
) -> Generator[bytes, None, None]:
    types = _types(wanted)
    yield _line({"collected": [one._wsdlName for one in types], "page": page})
    view = session.content.viewManager.CreateContainerView(session.content.rootFolder, list(types), True)
    try:
        expected = _members(session, view)
        told: set[str] = set()
        pages = 0
        for objects in _pages(session, view, types, page):
            pages += 1
            for one in objects:
                told.add(one.obj._moId)
                yield _object(one)
            if stop.is_set():
                raise Stopped
        absent = expected - told
        there = _members(session, view) if absent else set()
        yield _line(
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
        objectSet=[query.ObjectSpec(obj=view, skip=True, selectSet=[step])],
        propSet=[query.PropertySpec(type=one, pathSet=paths, all=False) for one, paths in types.items()],
    )
    told = collector.RetrievePropertiesEx([spec], query.RetrieveOptions(maxObjects=page))
    while told is not None:
        token = told.token
        yield told.objects
        told = collector.ContinueRetrievePropertiesEx(token) if token else None


def _object(told: Any) -> bytes:
    """One line; what nests too deep to be written is named instead."""
    line: dict[str, Any] = {"type": told.obj._wsdlName, "obj": told.obj._moId}
    try:
        line["propSet"] = {one.name: _property(one.name, one.val) for one in told.propSet}
        if told.missingSet:
            line["missing"] = [
                {"path": one.path, "fault": type(one.fault)._wsdlName} for one in told.missingSet
            ]
        return _line(line)
    except (RecursionError, ValueError) as error:
        return _line({"type": line["type"], "obj": line["obj"], "unreadable": str(error)[:100]})


def _property(name: str, value: Any) -> Any:
    if name == "config.hardware.device":
        return [_plain(one, None) for one in value if isinstance(one, _kept_devices())]
    return _plain(value, None)


@cache
def _kept_devices() -> tuple[type, ...]:
    from pyVmomi import vim

    return (vim.vm.device.VirtualDisk, vim.vm.device.VirtualController)


def _line(told: dict[str, Any]) -> bytes:
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    for letter, written in _BREAKS:
        text = text.replace(letter, written)
    return text.encode("utf-8", "replace") + b"\n"


def _plain(value: Any, declared: Any) -> Any:
    kind: Any = type(value)
    return _how(kind)(value, declared)


def _same(value: Any, _: Any) -> Any:
    return value


def _text(value: Any, _: Any) -> str:
    return str(value)


def _moment(value: datetime, _: Any) -> str:
    return value.isoformat()


def _bytes(value: bytes, _: Any) -> str:
    return b64encode(value).decode("ascii")


def _list(value: Sequence[Any], _: Any) -> list[Any]:
    item = getattr(value, "Item", None)
    return [_plain(one, item) for one in value]


def _reference(value: Any, _: Any) -> str:
    return str(value._moId)


def _structure(value: Any, declared: Any) -> dict[str, Any]:
    kind: Any = type(value)
    told: dict[str, Any] = {}
    if declared is not kind:
        told["_typeName"] = value._wsdlName
    held = value.__dict__
    for name, wanted in _names(kind):
        one = held[name]
        if one is None:
            continue
        held_kind: Any = type(one)
        convert = _how(held_kind)
        if convert is _same:
            told[name] = one
        elif convert is not _list or one:
            told[name] = convert(one, wanted)
    return told


@cache
def _names(kind: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((one.name, one.type) for one in kind._GetPropertyList() if one.name not in _LEFT_OUT)


@cache
def _how(kind: Any) -> Callable[[Any, Any], Any]:
    """What turns values of a type into something JSON can hold."""
    from pyVmomi.VmomiSupport import DataObject, ManagedObject

    if issubclass(kind, str | int | float | type(None)):
        return _same
    ways: tuple[tuple[type, Callable[[Any, Any], Any]], ...] = (
        (datetime, _moment),
        (list, _list),
        (DataObject, _structure),
        (ManagedObject, _reference),
        (bytes, _bytes),
    )
    return next((way for parent, way in ways if issubclass(kind, parent)), _text)
