"""XenServer and XCP-ng (`xe … -list`, `xe … -param-list`), Xen's own `xl list` and `xm list`."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

from collectors.collector import reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.hypervisor_tables import Datastore, DiskImage, Guest, GuestDisk, GuestSnapshot
from collectors.hypervisor_words import depths, truth
from collectors.plain_text import is_prompt, numbered_lines
from collectors.question import Answer
from collectors.xen_records import (
    datastore_of,
    disk_of,
    guest_of,
    image_of,
    named_snapshots,
    records,
    snapshot_of,
    told,
)

_DOMAIN = re.compile(
    r"(?P<name>\S.*?)\s+(?:(?P<id>\d{1,6})\s+)?(?P<mem>\d{1,9})\s+(?P<cpus>\d{1,4})\s+"
    r"(?:(?P<state>[rbpscd-]{6})\s+)?(?P<time>\d+\.\d)(?:\s+(?P<uuid>[0-9a-f-]{36})\b.*)?\s*"
)


def recognises(text: str) -> float:
    if not re.search(r"^uuid \( ?RO\)\s*: ", text[:20000], re.MULTILINE):
        return 0.0
    return 0.97 if re.search(r"^\s*name-label \( ?R[OW]\)", text[:20000], re.MULTILINE) else 0.8


@reader("xe", fills=(Guest, GuestDisk, GuestSnapshot, DiskImage, Datastore), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """guests, snapshots, virtual disks and storages as xe prints them (XenServer, XCP-ng)"""
    found = [(line, record) for line, record in records(answer.text) if "uuid" in record]
    names = {record["uuid"]: told(record, "name-label") or record["uuid"] for _, record in found}
    own = frozenset(record["uuid"] for _, record in found if _is_snapshot(record))
    parents = {record["uuid"]: told(record, "parent") for _, record in found if record["uuid"] in own}
    places = depths(parents)
    unnamed = answer.question.argv[-1]
    for line, record in found:
        row: Guest | GuestDisk | GuestSnapshot | DiskImage | Datastore | None
        if "vm-uuid" in record and "vdi-uuid" in record:
            row = disk_of(record)
        elif "virtual-size" in record or "sr-uuid" in record:
            row = image_of(record)
        elif "physical-size" in record or "content-type" in record:
            row = datastore_of(record)
        elif _is_snapshot(record):
            row = _placed(snapshot_of(record, names, unnamed), places)
        elif "power-state" in record:
            row = guest_of(record)
            for snapshot in named_snapshots(record, own):
                yield At(snapshot, f"line {line}")
        else:
            yield Missing(Guest, "unsupported", f"line {line}: {', '.join(sorted(record)[:8])}")
            continue
        if row is not None:
            yield At(row, f"line {line}")
    if found and all("power-state" in one and guest_of(one) is None for _, one in found):
        yield NotHere(Guest, "only control domains and templates that ship with it")
    if not found:
        yield from _nothing(answer)


_LISTS = {
    "vm-list": Guest,
    "template-list": Guest,
    "snapshot-list": GuestSnapshot,
    "vbd-list": GuestDisk,
    "vdi-list": DiskImage,
    "sr-list": Datastore,
}


def _nothing(answer: Answer) -> Iterator[Reading]:
    """An empty list of a host is empty; one in a file may be anything."""
    asked = _LISTS.get(answer.question.argv[1]) if len(answer.question.argv) > 1 else None
    if asked is None or answer.status or answer.stdout.strip():
        yield Missing(
            asked or Guest, "failed" if answer.status else "empty", answer.complaint or "xe told nothing"
        )
    elif answer.question.argv[1] != "template-list":
        yield NotHere(asked, "the pool lists none")


def _is_snapshot(record: dict[str, str]) -> bool:
    if "virtual-size" in record or "sr-uuid" in record or "physical-size" in record:
        return False
    if "is-a-snapshot" in record:
        return truth(record["is-a-snapshot"]) is True
    if "snapshot-time" in record or "snapshot-of" in record:
        return True
    return "power-state" not in record and set(record) == {"uuid", "name-label", "name-description"}


def _placed(row: GuestSnapshot, places: dict[str, int]) -> GuestSnapshot:
    return dataclasses.replace(row, depth=places.get(row.snapshot))


def _recognises_domains(text: str) -> float:
    known = r"^Name\s+ID\s+Mem(?:\(MiB\))?\s+VCPUs\s+State\s+Time\(s\)"
    return 0.97 if re.search(known, text[:20000], re.MULTILINE) else 0.0


@reader("xl-list", fills=(Guest,), recognises=_recognises_domains)
def read_domains(answer: Answer) -> Iterator[Reading]:
    """guests of a Xen host as xl list and xm list print them"""
    for number, line in numbered_lines(answer.text):
        match = _DOMAIN.fullmatch(line.rstrip())
        if match is None:
            if line.strip() and not line.startswith("Name ") and not is_prompt(line):
                yield Missing(Guest, "unreadable", f"line {number}: {line.strip()[:100]}")
        elif match["id"] != "0":
            yield At(_domain(match), f"line {number}")


def _domain(match: re.Match[str]) -> Guest:
    """Without a number a domain is known to the old xend, and not running."""
    flags = match["state"] or ""
    if not match["id"] or "s" in flags or "c" in flags or "d" in flags:
        state = "off"
    else:
        state = "paused" if "p" in flags else "running"
    return Guest(
        guest=f"uuid:{match['uuid']}" if match["uuid"] else f"name:{match['name']}",
        name=match["name"],
        hypervisor="xen",
        kind="vm",
        power=state,
        state="crashed" if "c" in flags else "dying" if "d" in flags else None,
    )


def _recognises_long(text: str) -> float:
    return 0.95 if re.match(r"\s*\(domain\s", text) and "(name " in text[:20000] else 0.0


@reader("xm-list-long", fills=(Guest, GuestDisk), recognises=_recognises_long)
def read_long(answer: Answer) -> Iterator[Reading]:
    """a guest of a Xen host as xm list -l prints it"""
    for part in re.split(r"^(?=\(domain\b)", answer.text, flags=re.MULTILINE):
        values = dict(re.findall(r"^ {4}\((\w+) ([^()\n]*)\)\s*$", part, re.MULTILINE))
        name = values.get("name", "").strip("'\"")
        if not part.strip() or values.get("domid") == "0":
            continue
        if not name:
            yield Missing(Guest, "truncated", "a domain without a name")
            continue
        guest = f"uuid:{values['uuid']}" if "uuid" in values else f"name:{name}"
        state = "running" if "domid" in values else "off"
        yield Guest(guest=guest, name=name, hypervisor="xen", kind="vm", power=state)
        for device in re.split(r"\(device\b", part)[1:]:
            image = re.search(r"\(uname ([^()\s]+)\)", device)
            slot = re.search(r"\(dev ([\w.-]+)(?::(\w+))?\)", device)
            if image and slot and slot[2] != "cdrom":
                path = image[1].partition(":")[2] or image[1]
                yield GuestDisk(guest=guest, guest_name=name, disk=slot[1], path=path)
