"""XCP-ng and XenServer asked by `xe` on a host of the pool, over SSH: guests, snapshots, disks, storages.

`xe` answers root on the host without a password; a role that only reads exists for remote clients alone,
which would need one. Source: the chapter "Command line interface" of the XenServer documentation.
/var/log/SMlog is written by the garbage collector of the storage manager (SMGC).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from collectors.collector import Asking, collector, reader
from collectors.fact import Missing, NotHere, Reading
from collectors.hypervisor_tables import Datastore, DiskImage, Guest, GuestDisk, GuestSnapshot
from collectors.question import Answer, Form
from collectors.table import Row
from collectors.xen_tables import CoalesceLog

_TABLES: tuple[type[Row], ...] = (Guest, GuestSnapshot, GuestDisk, DiskImage, Datastore, CoalesceLog)
_XE = "/opt/xensource/bin/xe"
XEN_HERE = Form(
    ("ls", "-1", _XE),
    reads="xen-here",
    why="Whether this is a host of XCP-ng or XenServer",
)


def _list(what: str, params: str, why: str, *more: str) -> Form:
    argv = (_XE, f"{what}-list", *more, f"params={params}")
    return Form(argv, reads="xe", why=why, right="root", timeout_seconds=120.0, max_bytes=64 << 20)


XEN_GUESTS = _list(
    "vm",
    "uuid,name-label,name-description,is-a-template,is-a-snapshot,is-control-domain,power-state,resident-on,"
    "PV-drivers-version,os-version,other-config,tags",
    "Guests of the pool",
)
XEN_TEMPLATES = _list(
    "template",
    "uuid,name-label,name-description,is-a-template,is-a-snapshot,power-state,other-config",
    "Templates of one's own",
    "is-default-template=false",
)
XEN_SNAPSHOTS = _list(
    "snapshot",
    "uuid,name-label,name-description,is-a-snapshot,snapshot-of,snapshot-time,parent,suspend-VDI-uuid,tags,"
    "power-state",
    "Snapshots of guests: age, whose they are, memory",
)
XEN_DISKS = _list(
    "vbd",
    "uuid,vm-uuid,vm-name-label,vdi-uuid,device,type,empty,currently-attached",
    "Which virtual disks guests have, and what is still attached to control domains",
)
XEN_IMAGES = _list(
    "vdi",
    "uuid,name-label,is-a-snapshot,snapshot-of,snapshot-time,sr-uuid,virtual-size,physical-utilisation,managed,"
    "missing,sm-config",
    "Virtual disks with the layers they build on",
)
XEN_STORES = _list(
    "sr",
    "uuid,name-label,type,content-type,shared,physical-size,physical-utilisation,virtual-allocation",
    "Storage repositories and their space",
)
_MERGES = "SMGC.*(Coalesce|coalesce|EXCEPTION|E X C E P T I O N|[Nn]o space)"
XEN_LOG = Form(
    (
        "grep",
        "-ahE",
        "SMGC.*(Coalesce|coalesce|EXCEPTION|E X C E P T I O N|[Nn]o space)",
        "/var/log/SMlog.1",
        "/var/log/SMlog",
    ),
    reads="xen-smlog",
    why="Whether layers of removed snapshots are merged, or the merge fails",
    right="root",
    max_bytes=4 << 20,
)


@collector(
    "xen",
    asks=(
        *(XEN_HERE, XEN_GUESTS, XEN_TEMPLATES, XEN_SNAPSHOTS, XEN_DISKS),
        *(XEN_IMAGES, XEN_STORES, XEN_LOG),
    ),
)
def ask() -> Asking:
    """XCP-ng and XenServer: guests, snapshots, virtual disks, storages, coalesce"""
    (here,) = yield (XEN_HERE(),)
    if here.refusal is None and _XE.encode() not in here.stdout:
        return
    yield (XEN_GUESTS(), XEN_TEMPLATES(), XEN_SNAPSHOTS(), XEN_DISKS())
    yield (XEN_IMAGES(), XEN_STORES(), XEN_LOG())


@reader("xen-here", fills=_TABLES, recognises=lambda said: 0.0)
def read_here(answer: Answer) -> Iterator[Reading]:
    """whether this is a host of XCP-ng or XenServer"""
    if _XE in answer.text:
        return
    if re.search(rb"No such file", answer.stderr) or answer.status == 0:
        for row_type in _TABLES:
            yield NotHere(row_type, "this is no host of XCP-ng or XenServer")
    else:
        yield Missing(Guest, "failed", answer.complaint or "ls told nothing")


_LINE = re.compile(
    r"(?P<at>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) \S+ SMGC: \[\d+\]\s*(?P<said>.*)|"
    r"(?P<iso>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\S* \S+ SMGC: \[\d+\]\s*(?P<told>.*)"
)
_FAILED = re.compile(r"E X C E P T I O N|EXCEPTION|oalesce failed|[Nn]o space|failed to coalesce")
_DONE = re.compile(r"Coalesced size|Relinking|oalesce (?:succeeded|done)|leaf-coalesce.*success")


@reader(
    "xen-smlog",
    fills=(CoalesceLog,),
    recognises=lambda said: 0.95 if re.search(r" SMGC: \[\d+\]", said[:20000]) else 0.0,
)
def read_log(answer: Answer) -> Iterator[Reading]:
    """what the storage manager of XCP-ng logs about merging layers"""
    # 1: no line; 2: one of the files is missing, which before the first rotation is no fault
    if answer.status not in (0, 1, None) and not (answer.status == 2 and b"SMlog.1" in answer.stderr):
        yield Missing(CoalesceLog, "failed", answer.complaint or f"grep ended with {answer.status}")
        return
    failures: list[datetime] = []
    merges: list[datetime] = []
    said = ""
    for line in answer.text.splitlines():
        match = _LINE.match(line)
        at = _time(match["at"], match["iso"], answer.started_at) if match else None
        words = (match["said"] or match["told"] or "").strip() if match else ""
        if at is None:
            continue
        if _FAILED.search(words):
            failures.append(at)
            said = words if not re.fullmatch(r"[\W_]*E X C E P T I O N[\W_]*", words) else said
        elif _DONE.search(words):
            merges.append(at)
    if answer.started_at is None and not failures and not merges:
        yield Missing(CoalesceLog, "unreadable", "times without a year, and when it was saved is not told")
        return
    newest_good = max(merges, default=None)
    since = [at for at in failures if newest_good is None or at > newest_good]
    yield CoalesceLog(
        log="/var/log/SMlog",
        failures=len(since),
        first_failed_at=min(since, default=None),
        last_failed_at=max(since, default=None),
        last_merged_at=newest_good,
        said=said[:300] or None,
    )


def _time(short: str | None, iso: str | None, asked: datetime | None) -> datetime | None:
    """A time of the log, which tells no year and is taken as UTC: the newest before the question was put."""
    if iso:
        return datetime.fromisoformat(iso).replace(tzinfo=UTC)
    if short is None or asked is None:
        return None
    for year in (asked.year, asked.year - 1):
        try:
            written = f"{year} {' '.join(short.split())} +0000"
            at = datetime.strptime(written, "%Y %b %d %H:%M:%S %z")
        except ValueError:
            continue  # 29 February
        if at <= asked + timedelta(days=1):
            return at
    return None
