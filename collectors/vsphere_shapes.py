"""Objects of the vSphere API out of XML and JSON, as one shape: plain mappings, lists and values.

Keys are the names of the vSphere Web Services API reference (`config`, `layoutEx`…), a type stands under
`_typeName`, a reference to a managed object is its value as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from xml.parsers import expat

Plain = dict[str, Any]

_MOST_DEEP = 400
_TYPE = "http://www.w3.org/2001/XMLSchema-instance type"


def nested(properties: Iterable[tuple[str, Any]]) -> Plain:
    """Properties told by their paths (`config.name`) as mappings in mappings."""
    found: Plain = {}
    for path, value in properties:
        *above, last = path.split(".")
        place = found
        for step in above:
            below = place.setdefault(step, {})
            if not isinstance(below, dict):
                below = place[step] = {}
            place = below
        if isinstance(value, dict) and isinstance(place.get(last), dict):
            place[last].update(value)
        else:
            place[last] = value
    return found


def from_json(value: Any) -> Any:
    """The same with keys in the API's spelling, references as text, typed lists and values unwrapped.

    Older clients write the names of Go's fields: Config, VmPathName, CapacityInKB.
    """
    if isinstance(value, list):
        return [from_json(one) for one in value]
    if not isinstance(value, dict):
        return value
    keys = {_spelled(key): one for key, one in value.items()}
    if set(keys) - {"_typeName", "serverGUID", "serverGuid"} == {"type", "value"}:
        return str(keys["value"])
    if set(keys) == {"_typeName", "_value"}:
        return from_json(keys["_value"])
    return {key: from_json(one) for key, one in keys.items()}


def _spelled(key: str) -> str:
    return key if key.startswith("_") else key[:1].lower() + key[1:]


def at(told: Any, path: str) -> Any:
    """What stands at a path of mappings; None if nothing does."""
    for step in path.split("."):
        if not isinstance(told, Mapping):
            return None
        told = told.get(step)
    return told


class Refused(ValueError):
    """XML that declares entities or a document type: no answer of a server needs them."""


class _Element:
    __slots__ = ("attributes", "children", "name", "text")

    def __init__(self, name: str, attributes: Mapping[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.children: Plain = {}
        self.text: list[str] = []

    def value(self) -> Any:
        if self.attributes.get("type") and not self.children:  # a reference: its type is no xsi:type
            return "".join(self.text)
        told = self.attributes.get(_TYPE, "").rpartition(":")[2]
        if told.startswith("ArrayOf"):
            return [
                each for one in self.children.values() for each in (one if isinstance(one, list) else [one])
            ]
        if not self.children:
            return _value("".join(self.text).strip())
        if told:
            self.children["_typeName"] = told
        return self.children


def _value(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    return text


def xml_objects(raw: bytes) -> Iterator[tuple[str, str, Plain, list[Plain]]]:
    """Type, value, properties and withheld properties of each object in a RetrieveProperties answer.

    Entities and document types are refused. Raises Refused and ValueError for XML that is cut or no XML;
    objects before the cut are yielded.
    """
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    for begin in range(0, max(len(raw), 1), 65536):
        try:
            parser.Parse(raw[begin : begin + 65536], begin + 65536 >= len(raw))
        except expat.ExpatError as error:
            yield from reader.take()
            raise ValueError(f"no whole XML: {error}") from error
        yield from reader.take()


def _refuse(*_: Any) -> None:
    raise Refused("XML with a document type or entities is not read")


class _Reader:
    """Collects `returnval` and `objects` elements; keeps nothing else."""

    def __init__(self) -> None:
        self.stack: list[_Element] = []
        self.found: list[tuple[str, str, Plain, list[Plain]]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.stack) > _MOST_DEEP:
            raise ValueError(f"more than {_MOST_DEEP} elements within one another")
        self.stack.append(_Element(name.rpartition(" ")[2], attributes))

    def characters(self, text: str) -> None:
        if self.stack:
            self.stack[-1].text.append(text)

    def end(self, _: str) -> None:
        element = self.stack.pop()
        if element.name == "obj" and self.stack:
            self.stack[-1].children["_of"] = element.attributes.get("type", "")
        if element.name in ("returnval", "objects") and "obj" in element.children:
            self.found.append(_object(element.children))
        elif self.stack and element.name not in ("Body", "Envelope", "RetrievePropertiesResponse"):
            _put(self.stack[-1].children, element.name, element.value())

    def take(self) -> list[tuple[str, str, Plain, list[Plain]]]:
        found, self.found = self.found, []
        return found


def _put(children: Plain, name: str, value: Any) -> None:
    """Elements of the same name become a list."""
    if name not in children:
        children[name] = value
    elif isinstance(children[name], list):
        children[name].append(value)
    else:
        children[name] = [children[name], value]


def _object(told: Plain) -> tuple[str, str, Plain, list[Plain]]:
    properties = told.get("propSet", [])
    missing = told.get("missingSet", [])
    pairs = [
        (str(one.get("name")), one.get("val"))
        for one in (properties if isinstance(properties, list) else [properties])
        if isinstance(one, dict)
    ]
    withheld = [one for one in (missing if isinstance(missing, list) else [missing]) if isinstance(one, dict)]
    return str(told.get("_of", "")), str(told["obj"]), nested(pairs), withheld


def datastore_name(path: Any) -> str | None:
    """`[datastore1] web/web.vmdk` → datastore1."""
    match = re.match(r"\[([^\]]{1,200})\]", path) if isinstance(path, str) else None
    return match[1] if match else None


def json_lines(text: str) -> Iterator[Plain]:
    """The lines as objects. Raises ValueError for one that is none, save the last, which may be cut."""
    lines = text.rstrip("\n").split("\n")  # splitlines would cut texts at U+2028 and the like
    for number, line in enumerate(lines, 1):
        try:
            told = json.loads(line) if line.strip() else {}
        except ValueError as error:
            if number == len(lines):
                return
            raise ValueError(f"line {number}: {error}") from error
        if not isinstance(told, dict):
            raise ValueError(f"line {number} is no object")
        yield told
