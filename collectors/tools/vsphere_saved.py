"""Saved answers of vSphere: SOAP of RetrieveProperties, JSON of govc and of the API."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from collectors.collector import reader
from collectors.fact import At, Missing, Reading
from collectors.hypervisor_tables import Datastore, Guest, GuestDisk, GuestSnapshot
from collectors.hypervisor_words import listed, mappings
from collectors.question import Answer
from collectors.table import Row
from collectors.vsphere_rows import datastore_row, machine_rows
from collectors.vsphere_shapes import Plain, Refused, at, from_json, nested, xml_objects

_FILLS: tuple[type[Row], ...] = (Guest, GuestDisk, GuestSnapshot, Datastore)
_READ = ("VirtualMachine", "Datastore")


def _recognises_soap(text: str) -> float:
    known = r"<(?:\w+:)?RetrieveProperties(?:Ex)?Response\b[^>]*urn:(?:vim25|internalvim25|vpx)"
    return 0.96 if re.search(known, text[:20000]) else 0.0


@reader("vsphere-soap", fills=_FILLS, recognises=_recognises_soap)
def read_soap(answer: Answer) -> Iterator[Reading]:
    """guests, snapshots and datastores in a RetrieveProperties answer of vSphere (XML)"""
    objects = 0
    seen: set[str] = set()
    try:
        for sort, reference, told, withheld in xml_objects(answer.text.encode("utf-8", "replace")):
            objects += 1
            seen.add(sort)
            yield from _rows(sort, reference, told)
            for one in withheld:
                reason = at(one, "fault.fault._typeName") or "not told"
                yield Missing(_table(sort), "denied", f"{one.get('path')}: {reason}"[:200], reference)
    except Refused:
        raise
    except ValueError as error:
        for row_type in _FILLS:
            yield Missing(row_type, "truncated" if objects else "unreadable", str(error)[:200])
        return
    if not seen & set(_READ):
        said = ", ".join(sorted(seen))[:200] or "nothing"
        yield Missing(Guest, "empty", f"no virtual machine and no datastore is told of, but {said}")


def _table(sort: str) -> type[Row]:
    return Datastore if sort == "Datastore" else Guest


def _rows(sort: str, reference: str, told: Plain) -> Iterator[Reading]:
    try:
        if sort == "VirtualMachine" and told:
            for row in machine_rows(reference, told):
                yield At(row, reference)
        elif sort == "Datastore" and told:
            yield At(datastore_row(reference, told), reference)
        elif sort in _READ:
            yield Missing(_table(sort), "empty", "a reference without properties", reference)
    except (ValueError, LookupError, TypeError) as error:
        yield Missing(_table(sort), "unreadable", f"{reference}: {error}"[:200], reference)


def _recognises_json(text: str) -> float:
    if text.lstrip()[:1] not in ("{", "["):
        return 0.0
    begin = text[:200_000]
    if re.search(
        r'"(?:virtualMachines|VirtualMachines|Datastores)"\s*:\s*(?!\{)\S', begin
    ):  # Veeam has objects
        return 0.95
    if re.search(r'"(?:[Pp]ropSet|PropSet)"\s*:', begin) and re.search(r'"[Oo]bj"|"[Oo]bjects"', begin):
        return 0.95
    if re.search(r'"_typeName"\s*:\s*"(?:VirtualMachine|RetrieveResult|ObjectContent|Datastore)', begin):
        return 0.95
    return 0.9 if re.search(r'"(?:vmPathName|VmPathName|rootSnapshotList|RootSnapshotList)"', begin) else 0.0


@reader("vsphere-json", fills=_FILLS, recognises=_recognises_json)
def read_json(answer: Answer) -> Iterator[Reading]:
    """guests, snapshots and datastores in JSON of govc or of the vSphere API"""
    told = from_json(json.loads(answer.text))
    found = list(_objects(told))
    for number, (sort, reference, one) in enumerate(found):
        yield from _rows(sort, reference or f"[{number}]", one)
    if not any(sort in _READ for sort, _, _ in found):
        yield Missing(Guest, "empty", "no virtual machine and no datastore is told of")


def _objects(told: Any) -> Iterator[tuple[str, str, Plain]]:
    """Sort, reference and properties of each object, whichever command told it."""
    if isinstance(told, dict) and ("virtualMachines" in told or "datastores" in told):
        for one in mappings(told.get("virtualMachines")):
            yield "VirtualMachine", _reference(one), one
        for one in mappings(told.get("datastores")):
            yield "Datastore", _reference(one), one
        return
    if isinstance(told, dict) and "objects" in told:
        told = told["objects"]
    for one in mappings(told):
        if "propSet" in one:
            pairs = [(str(each.get("name")), each.get("val")) for each in mappings(one["propSet"])]
            properties = nested(pairs)
            yield _sort(properties, str(one.get("_of", ""))), _reference(one), properties
        elif one.get("_typeName") == "VirtualMachineConfigInfo" or "vmPathName" in (one.get("files") or {}):
            yield "VirtualMachine", "", {"config": one}
        elif "rootSnapshotList" in one:
            yield "VirtualMachine", "", {"snapshot": one, "name": "unnamed"}
        else:
            yield _sort(one, str(one.get("_typeName", ""))), _reference(one), one


def _reference(one: Plain) -> str:
    return next((str(each) for key in ("self", "obj", "moref") for each in listed(one.get(key))), "")


def _sort(properties: Plain, told: str) -> str:
    if told in _READ:
        return told
    config = properties.get("config")
    if "layoutEx" in properties or (isinstance(config, dict) and ("files" in config or "guestId" in config)):
        return "VirtualMachine"
    if isinstance(at(properties, "summary.config"), dict) and "runtime" in properties:
        return "VirtualMachine"
    if at(properties, "summary.maintenanceMode") and "freeSpace" in (properties.get("summary") or {}):
        return "Datastore"
    return told
