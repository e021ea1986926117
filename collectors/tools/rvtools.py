"""Sheets that RVTools exports, as CSV or in a workbook: vInfo, vSnapshot, vDisk, vDatastore."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime

from collectors.collector import reader
from collectors.fact import At, Missing, Reading
from collectors.hypervisor_owners import owners
from collectors.hypervisor_tables import Datastore, Guest, GuestDisk, GuestSnapshot
from collectors.hypervisor_words import kept, power, truth
from collectors.question import Answer
from collectors.rvtools_cells import Line, cell, day_first, lines, moment, size_bytes
from collectors.table import Row
from collectors.vsphere_shapes import datastore_name

_WORKBOOK = "PK\x03\x04"
_SHEETS: dict[str, tuple[str, ...]] = {
    "vSnapshot": ("vm", "name", "filename", "size mib (total)"),
    "vDisk": ("vm", "disk mode", "capacity mib"),
    "vDatastore": ("name", "accessible", "capacity mib", "free mib"),
    "vInfo": ("vm", "powerstate", "consolidation needed"),
}
_SHEET = re.compile(r"^=== sheet: [^\n]* ===$", re.MULTILINE)
_TRUE = ("true", "wahr", "vrai", "verdadero", "vero", "waar", "ja", "yes", "1")
_FALSE = ("false", "falsch", "faux", "falso", "onwaar", "nein", "no", "0")


def _sheet(text: str) -> str | None:
    head = text.removeprefix("\ufeff")[:20000]
    if head[:4].lower() == "sep=":
        head = head.partition("\n")[2]
    names = {
        re.sub(r"\bmb\b", "mib", name.strip(' "\ufeff\r').lower())
        for name in re.split(r"[;,\t]", head.partition("\n")[0])
    }
    return next((sheet for sheet, known in _SHEETS.items() if names.issuperset(known)), None)


def recognises(text: str) -> float:
    if text.startswith(_WORKBOOK):
        return 0.9 if "xl/" in text[:200_000] else 0.0
    if _SHEET.match(text):
        return 0.97 if any(_sheet(text[one.end() + 1 :]) for one in _SHEET.finditer(text)) else 0.0
    return 0.97 if _sheet(text) else 0.0


@reader("rvtools", fills=(Guest, GuestSnapshot, GuestDisk, Datastore), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """guests, snapshots, disks and datastores as RVTools exports them (CSV, xlsx)"""
    text = answer.text
    if text.startswith(_WORKBOOK):
        yield Missing(Guest, "unsupported", "a workbook as it is: give its file to `holdwater read`")
    elif _SHEET.match(text):
        yield from _workbook(text)
    else:
        yield from _one_sheet(text)


def _workbook(text: str) -> Iterator[Reading]:
    """The sheets that are known, in the text that stands for a workbook (`collectors.xlsx_sheets`)."""
    begins = [match.start() for match in _SHEET.finditer(text)]
    parts = []
    for begin, end in zip(begins, [*begins[1:], len(text)], strict=True):
        sheet = text[begin:end].partition("\n")[2]
        if _sheet(sheet):
            parts.append((_sheet(sheet) != "vInfo", text.count("\n", 0, begin) + 1, sheet))
    known: set[str] = set()
    for _, above, sheet in sorted(parts):  # what vInfo tells of a guest is more than that it has a disk
        for told in _one_sheet(sheet):
            row = told.row if isinstance(told, At) else told
            if isinstance(row, Guest):
                if row.guest in known:
                    continue
                known.add(row.guest)
            yield _moved(told, above)


def _moved(told: Reading, lines_above: int) -> Reading:
    """The same with the line of the whole text."""
    if isinstance(told, At) and (line := re.fullmatch(r"line (\d+)", told.where)):
        return At(told.row, f"line {lines_above + int(line[1])}")
    return told


def _one_sheet(text: str) -> Iterator[Reading]:
    sheet = _sheet(text)
    if sheet is None:
        raise ValueError("none of the sheets vInfo, vSnapshot, vDisk, vDatastore")
    if sheet == "vSnapshot":
        yield from _snapshots(text)
        return
    make: Callable[[Line], Row | None] = {"vDisk": _disk, "vDatastore": _datastore, "vInfo": _guest}[sheet]
    row_type = {"vDisk": GuestDisk, "vDatastore": Datastore, "vInfo": Guest}[sheet]
    seen: set[str] = set()
    for number, line in lines(text):
        row = make(line)
        if isinstance(row, GuestDisk) and row.guest not in seen:
            seen.add(row.guest)
            yield from owners([row], "vmware")
        if row is None:
            yield Missing(row_type, "unreadable", f"line {number} names nothing")
        elif row.subject not in seen:
            seen.add(row.subject)
            yield At(row, f"line {number}")
    if not seen:
        yield Missing(row_type, "empty", f"{sheet} has no line below its headings")


def _truth(text: str | None) -> bool | None:
    word = (text or "").strip().lower()
    return True if word in _TRUE else False if word in _FALSE else truth(word)


def _identity(line: Line) -> tuple[str, str] | None:
    """Identity and name of the guest of a line."""
    name = cell(line, "vm")
    if name is None:
        return None
    if uuid := cell(line, "vm uuid"):
        return f"uuid:{uuid.lower()}", name
    return (f"vm/{reference}" if (reference := cell(line, "vm id")) else f"name:{name}"), name


def _guest(line: Line) -> Guest | None:
    told = _identity(line)
    if told is None:
        return None
    connection = cell(line, "connection state")
    template = _truth(cell(line, "template"))
    created = cell(line, "creation date")
    return Guest(
        guest=told[0],
        name=told[1],
        hypervisor="vmware",
        kind=None if template is None else "template" if template else "vm",
        host=cell(line, "host"),
        power=power(cell(line, "powerstate")),
        state=connection if connection and connection.lower() != "connected" else None,
        system=cell(line, "os according to the vmware tools", "os according to the configuration file"),
        created_at=moment(created, day_first([created])),
        consolidation_needed=_truth(cell(line, "consolidation needed")),
        changed_block_tracking=_truth(cell(line, "cbt")),
        annotation=kept(cell(line, "annotation")),
    )


def _snapshots(text: str) -> Iterator[Reading]:
    order = day_first(cell(line, "date / time") for _, line in lines(text))
    seen: set[tuple[str, str]] = set()
    for number, line in lines(text):
        told = _identity(line)
        if told is None:
            yield Missing(GuestSnapshot, "unreadable", f"line {number} names no machine")
            continue
        written = cell(line, "date / time")
        row = _snapshot(line, told, moment(written, order))
        if (row.guest, row.snapshot) in seen:
            continue
        seen.add((row.guest, row.snapshot))
        if (row.guest, "") not in seen:
            seen.add((row.guest, ""))
            yield from owners([row], "vmware")
        yield At(row, f"line {number}")
        if row.created_at is None:
            doubt = f"line {number}: {(written or 'nothing')[:60]} can be read in two ways, or is no time"
            yield Missing(GuestSnapshot, "unreadable", doubt, row.subject)


def _snapshot(line: Line, told: tuple[str, str], created: datetime | None) -> GuestSnapshot:
    name = cell(line, "name") or "unnamed"
    return GuestSnapshot(
        guest=told[0],
        guest_name=told[1],
        snapshot=cell(line, "filename") or f"{name} {cell(line, 'date / time') or ''}".strip(),
        name=name,
        description=kept(cell(line, "description")),
        created_at=created,
        memory=False if power(cell(line, "state")) == "off" else None,
        quiesced=_truth(cell(line, "quiesced")),
        size_bytes=size_bytes(cell(line, "size mib (total)")),
    )


def _disk(line: Line) -> GuestDisk | None:
    told = _identity(line)
    if told is None:
        return None
    path = cell(line, "path", "disk path")
    raw = _truth(cell(line, "raw"))
    mode = (cell(line, "raw comp. mode") or "").lower()
    bus = (cell(line, "shared bus") or "").lower()
    multi = "multiwriter" in (cell(line, "sharing mode") or "").lower().replace("-", "")
    return GuestDisk(
        guest=told[0],
        guest_name=told[1],
        disk=cell(line, "disk", "label") or path or "disk",
        path=path,
        storage=datastore_name(path),
        size_bytes=size_bytes(cell(line, "capacity mib")),
        format="vmdk",
        mode=cell(line, "disk mode"),
        raw_device=("physical" if "physical" in mode else "virtual") if raw else None,
        sharing="multi-writer" if multi else "bus sharing" if bus in ("physical", "virtual") else None,
        delta=bool(re.search(r"-\d{6}\.vmdk$", path)) if path else None,
    )


def _datastore(line: Line) -> Datastore | None:
    name = cell(line, "name")
    if name is None:
        return None
    accessible = _truth(cell(line, "accessible"))
    size = size_bytes(cell(line, "capacity mib"))
    free = size_bytes(cell(line, "free mib"))
    provisioned = size_bytes(cell(line, "provisioned mib"))
    in_use = size_bytes(cell(line, "in use mib"))
    hosts = cell(line, "# hosts")
    return Datastore(
        hypervisor="vmware",
        datastore=f"name:{name}",
        name=name,
        kind=(cell(line, "type") or "").lower() or None,
        size_bytes=size if accessible is not False else None,
        free_bytes=free if accessible is not False else None,
        uncommitted_bytes=max(0, provisioned - in_use)
        if provisioned is not None and in_use is not None and accessible is not False
        else None,
        accessible=accessible,
        shared=int(hosts) > 1 if hosts and re.fullmatch(r"\d{1,6}", hosts) else None,
        device=cell(line, "address", "url"),
    )
