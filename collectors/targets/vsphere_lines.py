"""Values of the vSphere API as lines of JSON.

Names and values are those of the API; times in ISO 8601; a reference is its value; `_typeName` stands where a
type is not the declared one. Unset properties, empty lists and raw SCSI pages are left out.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

_BREAKS = (("\u2028", "\\u2028"), ("\u2029", "\\u2029"), ("\x85", "\\u0085"))
"""Letters that end a line for some: escaped, so that all count the same lines."""
_LEFT_OUT = frozenset(("dynamicType", "dynamicProperty", "alternateName", "standardInquiry"))
"""Nothing of the API itself, and raw SCSI pages, byte by byte."""


class Stopped(Exception):
    """Nobody waits for the answer any more."""


def line_of(told: dict[str, Any]) -> bytes:
    """One line; letters that some take for the end of a line are escaped."""
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    for letter, written in _BREAKS:
        text = text.replace(letter, written)
    return text.encode("utf-8", "replace") + b"\n"


def plain(value: Any, declared: Any = None) -> Any:
    """A value of the API as JSON can hold it; *declared*: the type that is expected there."""
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
    return [plain(one, item) for one in value]


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
