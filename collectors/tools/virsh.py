"""Answers of virsh(1), asked read-only: guests, their XML, snapshots, storage pools."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from collectors.collector import reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.hypervisor_tables import Datastore, DiskImage, Guest, GuestDisk, GuestSnapshot
from collectors.hypervisor_words import power
from collectors.libvirt_xml import disks_of, guest_of, has_memory, parsed, pool_of, snapshot_of
from collectors.plain_text import ends_within_a_line, numbered_lines, size_bytes
from collectors.question import Answer, Form
from collectors.table import Row
from collectors.tools.qemu_img import IMAGE_CHAIN

VIRSH = ("virsh", "-r", "-c", "qemu:///system")
_LIST = (*VIRSH, "list", "--uuid", "--name")
GUESTS = Form((*_LIST, "--all"), reads="virsh-uuids", why="Guests of libvirt")
RUNNING = Form((*_LIST, "--state-running"), reads="virsh-uuids", why="Those that run")
PAUSED = Form((*_LIST, "--state-paused"), reads="virsh-uuids", why="Those that are paused")
SHUT_OFF = Form((*_LIST, "--state-shutoff"), reads="virsh-uuids", why="Those that are shut off")
TRACKED = Form(
    (*_LIST, "--all", "--with-checkpoint"), reads="virsh-uuids", why="Guests with checkpoints for backups"
)
SNAPPED = Form((*_LIST, "--all", "--with-snapshot"), reads="virsh-with-snapshot", why="Guests with snapshots")
DOMAIN = Form((*VIRSH, "dumpxml", "{guest}"), reads="virsh-dumpxml", why="A guest and its disks")
SNAPSHOTS = Form(
    (*VIRSH, "snapshot-list", "{guest}", "--parent"), reads="virsh-snapshot-list", why="Snapshots of a guest"
)
SNAPSHOT = Form(
    (*VIRSH, "snapshot-dumpxml", "{guest}", "{snapshot}"),
    reads="virsh-snapshot",
    why="A snapshot: memory, internal or external, the images written to since",
)
POOLS = Form(
    (*VIRSH, "pool-list", "--all", "--details"), reads="virsh-pool-list", why="Storage pools and their state"
)
POOL = Form((*VIRSH, "pool-dumpxml", "{pool}"), reads="virsh-pool", why="A storage pool: kind, place, space")

UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_PAIR = re.compile(rf"({UUID.pattern})(?:\s+(.*?))?\s*", re.IGNORECASE)
_STATES = "running|idle|paused|in shutdown|shut off|crashed|pmsuspended|dying|no state|blocked"
_GUEST = re.compile(rf"\s*(?:\d+|-)\s+(.+?)\s+({_STATES})(?:\s{{2,}}.*)?\s*")
_HEADING = re.compile(r"\s*Id\s+Name\s+State(?:\s+Title)?\s*")
_SNAPSHOT_HEADING = re.compile(r"\s*Name\s+Creation Time\s+State(\s+Parent)?\s*")
_SNAPSHOT_STATES = f"{_STATES}|shutoff|disk-snapshot|nostate"
_SNAPSHOT = re.compile(
    r"\s*(.+?)\s+(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4})\s+"
    rf"({_SNAPSHOT_STATES})(?:\s+(\S.*?))?\s*"
)
_POOL_SIZE = r"(-|[\d.]{1,20} [KMGTPE]?i?B)"
_POOL = re.compile(
    rf"\s*(.+?)\s+(running|inactive|building|degraded|inaccessible|active)\s+(yes|no)\s+(yes|no)"
    rf"\s+{_POOL_SIZE}\s+{_POOL_SIZE}\s+{_POOL_SIZE}\s*"
)
_POOL_HEADING = re.compile(r"\s*Name\s+State\s+Autostart\s+Persistent\s+Capacity\s+Allocation\s+Available\s*")


def failed(answer: Answer, *tables: type[Row]) -> Iterator[Missing]:
    """A gap for each table if virsh said that it could not; it may exit with 0 all the same."""
    if answer.status or answer.stderr.lstrip().startswith(b"error:"):
        for one in tables:
            yield Missing(one, "failed", answer.complaint or f"virsh exited with {answer.status}")


def pairs(answer: Answer) -> list[tuple[str, str]]:
    """UUID and name of each guest that the list holds."""
    found = (_PAIR.fullmatch(line.strip()) for _, line in numbered_lines(answer.text))
    return [(match[1].lower(), match[2] or match[1]) for match in found if match]


def _strange(answer: Answer, row_type: type[Guest] | type[GuestSnapshot]) -> Iterator[Missing]:
    """Lines of a list that name no guest."""
    for number, line in numbered_lines(answer.text):
        if line.strip() and not _PAIR.fullmatch(line.strip()):
            yield Missing(row_type, "unreadable", f"line {number}: {line.strip()[:120]}")


def _recognises_uuids(text: str) -> float:
    lines = [line for line in text[:5000].splitlines() if line.strip()]
    return 0.9 if lines and all(_PAIR.fullmatch(line.strip()) for line in lines[:20]) else 0.0


@reader("virsh-uuids", fills=(Guest,), recognises=_recognises_uuids)
def read_uuids(answer: Answer) -> Iterator[Reading]:
    """guests as virsh list --uuid --name lists them"""
    option = answer.question.argv[-1]
    if option == "--with-checkpoint" and b"doesn't support option" in answer.stderr:
        return  # a libvirt before 5.6 knows no checkpoints
    yield from failed(answer, Guest)
    state = power(option.removeprefix("--state-")) if option.startswith("--state-") else None
    tracked = True if option == "--with-checkpoint" else None
    found = pairs(answer)
    yield from _strange(answer, Guest)
    for uuid, name in found:
        yield Guest(
            guest=f"uuid:{uuid}",
            name=name,
            hypervisor="libvirt",
            power=state,
            changed_block_tracking=tracked,
        )
    whole = answer.status in (0, None) and not answer.stderr.strip()
    if not found and option in ("--all", "file") and whole:
        for row_type in (Guest, GuestDisk, GuestSnapshot):
            yield NotHere(row_type, "libvirt knows no guest")


@reader("virsh-with-snapshot", fills=(GuestSnapshot,), recognises=lambda text: 0.0)
def read_with_snapshot(answer: Answer) -> Iterator[Reading]:
    """which guests have snapshots; the snapshots themselves are told by their own lists"""
    yield from failed(answer, GuestSnapshot)
    yield from _strange(answer, GuestSnapshot)
    if answer.status in (0, None) and not answer.stdout.strip() and not answer.stderr.strip():
        yield NotHere(GuestSnapshot, "libvirt knows no snapshot of any guest")


def _recognises_list(text: str) -> float:
    return 0.95 if any(_HEADING.fullmatch(line) for line in text[:3000].splitlines()) else 0.0


@reader("virsh-list", fills=(Guest,), recognises=_recognises_list)
def read_list(answer: Answer) -> Iterator[Reading]:
    """guests and whether they run as virsh list prints them"""
    yield from failed(answer, Guest)
    begun = found = strange = False
    for number, line in numbered_lines(answer.text):
        if _HEADING.fullmatch(line):
            begun = True
        elif begun and (match := _GUEST.fullmatch(line)):
            found = True
            state = "off" if match[2] == "shut off" else power(match[2])
            wrong = match[2] if match[2] == "crashed" else None
            row = Guest(
                guest=f"name:{match[1]}", name=match[1], hypervisor="libvirt", power=state, state=wrong
            )
            yield At(row, f"line {number}")
        elif begun and line.strip() and not line.strip().startswith("---"):
            strange = True
            yield Missing(Guest, "unreadable", f"line {number}: {line.strip()[:120]}")
    if not begun:
        yield Missing(Guest, "empty", answer.complaint or "virsh list told nothing")
    elif not found and not strange and "--all" in answer.question.argv:
        yield NotHere(Guest, "libvirt knows no guest")


def _recognises_domain(text: str) -> float:
    head = text.lstrip()[:2000]
    if "<domainsnapshot>" in head or "<domaincheckpoint>" in head:
        return 0.0
    return 0.95 if re.search(r"^<domain\s[^>]*type=", head, re.MULTILINE) else 0.0


@reader("virsh-dumpxml", fills=(Guest, GuestDisk), recognises=_recognises_domain)
def read_domain(answer: Answer) -> Iterator[Reading]:
    """a guest and its disks from its XML"""
    if "Domain not found" in answer.complaint or "failed to get domain" in answer.complaint:
        return  # it was removed since the list was made
    if any(failed(answer, Guest)):
        yield from failed(answer, Guest, GuestDisk)
        return
    domain = parsed(answer.text, "domain")
    yield guest_of(domain)
    disks = list(disks_of(domain))
    yield from disks
    for one in disks:
        if one.path and one.path.startswith("/"):
            try:
                IMAGE_CHAIN(format=one.format or "raw", path=one.path)
            except ValueError as error:
                yield Missing(DiskImage, "unsupported", str(error), one.path)
        elif one.path:
            yield Missing(DiskImage, "unsupported", "not a file or device of this host", one.path)


def _recognises_snapshots(text: str) -> float:
    return 0.95 if any(_SNAPSHOT_HEADING.fullmatch(line) for line in text[:5000].splitlines()) else 0.0


@reader("virsh-snapshot-list", fills=(GuestSnapshot,), recognises=_recognises_snapshots)
def read_snapshots(answer: Answer) -> Iterator[Reading]:
    """snapshots of a guest as virsh snapshot-list prints them"""
    yield from failed(answer, GuestSnapshot)
    guest = next((word for word in answer.question.argv if UUID.fullmatch(word)), None)
    begun = parents = told = False
    for number, line in numbered_lines(answer.text):
        told = told or bool(begun and line.strip().strip("-"))
        if heading := _SNAPSHOT_HEADING.fullmatch(line):
            begun, parents = True, heading[1] is not None
        elif begun and (match := _SNAPSHOT.fullmatch(line)):
            row = GuestSnapshot(
                guest=f"uuid:{guest.lower()}" if guest else "name:?",
                snapshot=match[1],
                name=match[1],
                created_at=datetime.strptime(match[2], "%Y-%m-%d %H:%M:%S %z").astimezone(UTC),
                parent=match[4] if parents else None,
                memory=has_memory(match[3]),
            )
            yield At(row, f"line {number}")
        elif (begun or _SNAPSHOT.fullmatch(line)) and line.strip() and not line.strip().startswith("---"):
            yield Missing(GuestSnapshot, "unreadable", f"line {number}: {line.strip()[:120]}")
    if begun and not told and ends_within_a_line(answer.text):
        yield Missing(GuestSnapshot, "truncated", "the list ends within a line")
    if not begun and not answer.status:
        yield Missing(GuestSnapshot, "empty", answer.complaint or "virsh snapshot-list told nothing")


def snapshot_names(answer: Answer) -> list[str]:
    """Names of the snapshots that the list holds."""
    told = (one.row for one in read_snapshots(answer) if isinstance(one, At))
    return [row.name for row in told if isinstance(row, GuestSnapshot)]


@reader(
    "virsh-snapshot",
    fills=(GuestSnapshot,),
    recognises=lambda text: 0.96 if "<domainsnapshot>" in text[:3000] else 0.0,
)
def read_snapshot(answer: Answer) -> Iterator[Reading]:
    """a snapshot from its XML"""
    if "Domain snapshot not found" in answer.complaint:
        return  # it was removed since the list was made
    if any(failed(answer, GuestSnapshot)):
        yield from failed(answer, GuestSnapshot)
        return
    parts = re.split(r"(?=<domainsnapshot>)", answer.text)[1:]
    for part in parts:
        yield snapshot_of(parsed(part, "domainsnapshot"))
    if not parts:
        yield Missing(GuestSnapshot, "empty", answer.complaint or "virsh snapshot-dumpxml told nothing")


def _recognises_pools(text: str) -> float:
    return 0.95 if any(_POOL_HEADING.fullmatch(line) for line in text[:3000].splitlines()) else 0.0


@reader("virsh-pool-list", fills=(Datastore,), recognises=_recognises_pools)
def read_pools(answer: Answer) -> Iterator[Reading]:
    """storage pools and their state as virsh pool-list --details prints them"""
    yield from failed(answer, Datastore)
    begun = found = strange = False
    for number, line in numbered_lines(answer.text):
        if _POOL_HEADING.fullmatch(line):
            begun = True
        elif begun and (match := _POOL.fullmatch(line)):
            found = True
            # its sizes are rounded; pool-dumpxml tells them to the byte
            saved = answer.question.argv != POOLS.argv
            active = match[2] in ("running", "active")
            row = Datastore(
                datastore=f"name:{match[1]}",
                name=match[1],
                hypervisor="libvirt",
                size_bytes=size_bytes(match[5]) if saved else None,
                free_bytes=size_bytes(match[7]) if saved else None,
                accessible=active if match[2] != "inactive" or match[3] == "yes" else None,
            )
            yield At(row, f"line {number}")
        elif begun and line.strip() and not line.strip().startswith("---"):
            strange = True
            yield Missing(Datastore, "unreadable", f"line {number}: {line.strip()[:120]}")
    if not begun and not answer.status:
        yield Missing(Datastore, "empty", answer.complaint or "virsh pool-list told nothing")
    elif begun and not found and not strange and not answer.status:
        yield NotHere(Datastore, "libvirt knows no storage pool")


def pool_names(answer: Answer) -> list[str]:
    """Names of the pools that the list holds."""
    told = (one.row for one in read_pools(answer) if isinstance(one, At))
    return [row.name for row in told if isinstance(row, Datastore)]


@reader(
    "virsh-pool",
    fills=(Datastore,),
    recognises=lambda text: 0.95 if re.search(r"^<pool\s", text[:3000], re.MULTILINE) else 0.0,
)
def read_pool(answer: Answer) -> Iterator[Reading]:
    """a storage pool from its XML"""
    if any(failed(answer, Datastore)):
        yield from failed(answer, Datastore)
        return
    yield pool_of(parsed(answer.text, "pool"))
