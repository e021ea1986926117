"""Rows out of the XML of libvirt: domains, disks, snapshots, pools (formatdomain, formatsnapshot)."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from collectors.hypervisor_tables import Datastore, Guest, GuestDisk, GuestSnapshot
from collectors.hypervisor_words import count, kept
from collectors.plain_text import whole_number

DEEPEST_CHAIN = 300
_AGENT = "org.qemu.guest_agent.0"
_UNITS = {"b": 1, "bytes": 1, "kb": 1000, "k": 1024, "kib": 1024, "mb": 1000**2, "m": 1024**2, "mib": 1024**2}
_UNITS |= {"gb": 1000**3, "g": 1024**3, "gib": 1024**3, "tb": 1000**4, "t": 1024**4, "tib": 1024**4}
Element = ElementTree.Element


class Source(NamedTuple):
    """Where a disk lies: a path on the host, or a name of what is no path there, and its pool."""

    path: str | None
    remote: str | None
    pool: str | None


def parsed(text: str, tag: str) -> Element:
    """The document, whose root must be *tag*. Raises ValueError for anything else, also for a DTD."""
    start = text.find(f"<{tag}")
    if start < 0 or "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError(f"no <{tag}> of libvirt")
    end = text.rfind(f"</{tag}>")
    if end < 0:
        raise ValueError(f"<{tag}> is not closed: the answer is cut off")
    try:
        return ElementTree.fromstring(text[start : end + len(tag) + 3])
    except ElementTree.ParseError as error:
        raise ValueError(f"<{tag}> cannot be read: {error}") from None


def identity(domain: Element) -> str:
    """uuid:… of a domain, else name:…."""
    uuid = (domain.findtext("uuid") or "").strip().lower()
    return f"uuid:{uuid}" if uuid else f"name:{name_of(domain)}"


def name_of(domain: Element) -> str:
    """The name of a domain, snapshot or pool. Raises LookupError if there is none."""
    name = domain.findtext("name")
    if not name:
        raise LookupError("no <name>")
    return name


def guest_of(domain: Element) -> Guest:
    """The domain itself. Whether it runs or is paused is told by lists only."""
    kind = domain.get("type") or "kvm"
    qemu = kind in ("kvm", "qemu", "hvf")
    notes = "\n".join(filter(None, (domain.findtext("title"), domain.findtext("description"))))
    return Guest(
        guest=identity(domain),
        name=name_of(domain),
        hypervisor="libvirt" if qemu else {"lxc": "lxc", "xen": "xen"}.get(kind, kind),
        kind="container" if kind in ("lxc", "openvz", "vz") else "vm",
        tools=_agent(domain) if qemu else None,
        system=_system(domain),
        annotation=kept(notes),
    )


def _agent(domain: Element) -> str | None:
    """State of the guest agent's channel; only a running domain tells whether it answers."""
    for channel in domain.iterfind("devices/channel/target"):
        if channel.get("name") == _AGENT:
            return {"connected": "running", "disconnected": "not running"}.get(channel.get("state") or "")
    return "not installed"


def _system(domain: Element) -> str | None:
    """http://microsoft.com/win/2k19 and the like, as libosinfo notes it."""
    for one in domain.iterfind("metadata//*"):
        if one.tag.endswith("}os") and "libosinfo" in one.tag:
            return one.get("id")
    return None


def disks_of(domain: Element) -> Iterator[GuestDisk]:
    """The disks that hold data: no CD, no floppy, nothing read-only."""
    for disk in domain.iterfind("devices/disk"):
        if disk.get("device", "disk") not in ("disk", "lun") or disk.find("readonly") is not None:
            continue
        driver, target, source = disk.find("driver"), disk.find("target"), source_of(disk)
        depth = _depth(disk)
        yield GuestDisk(
            guest=identity(domain),
            guest_name=name_of(domain),
            disk=(target.get("dev") if target is not None else None) or "disk",
            path=source.path or source.remote,
            storage=source.pool,
            format=driver.get("type") if driver is not None else None,
            mode=_mode(disk),
            raw_device=_raw_device(disk),
            sharing="shareable" if disk.find("shareable") is not None else None,
            cache=driver.get("cache") if driver is not None else None,
            chain_depth=depth,
        )


def source_of(disk: Element) -> Source:
    """What a <disk> or <backingStore> lies on."""
    source = disk.find("source")
    if source is None:
        return Source(None, None, None)
    path = source.get("file") or source.get("dev") or source.get("dir")
    if path and path.startswith("/"):
        return Source(path, None, None)
    if source.get("pool"):
        return Source(None, f"{source.get('pool')}/{source.get('volume')}", source.get("pool"))
    protocol, name = source.get("protocol"), source.get("name") or path
    return Source(None, f"{protocol}:{name}" if protocol else name, None)


def _mode(disk: Element) -> str:
    """VMware's words, since they mean the same: snapshots leave out a disk with snapshot='no'."""
    if disk.find("transient") is not None:
        return "independent_nonpersistent"
    return "independent_persistent" if disk.get("snapshot") in ("no", "manual") else "persistent"


def _raw_device(disk: Element) -> str | None:
    if disk.get("device") == "lun":
        return "physical"
    return None


def _depth(disk: Element) -> int | None:
    """Layers below, where libvirt tells them: a running domain, or one that was defined with them."""
    below = disk.find("backingStore")
    if below is None:
        return None
    depth = 0
    while below is not None and below.find("source") is not None and depth < DEEPEST_CHAIN:
        depth, below = depth + 1, below.find("backingStore")
    return depth


def snapshot_of(snapshot: Element) -> GuestSnapshot:
    """A snapshot as snapshot-dumpxml tells it, with the images that are written to since."""
    domain = snapshot.find("domain")
    created = whole_number(snapshot.findtext("creationTime"))
    memory = snapshot.find("memory")
    sorts = {disk.get("snapshot") or "" for disk in snapshot.iterfind("disks/disk")}
    overlays = [
        source.path
        for disk in snapshot.iterfind("disks/disk")
        if disk.get("snapshot") == "external" and (source := source_of(disk)).path
    ]
    name = name_of(snapshot)
    held = memory.get("snapshot") if memory is not None else None
    return GuestSnapshot(
        guest=identity(domain) if domain is not None else "name:?",
        guest_name=(domain.findtext("name") if domain is not None else None) or "",
        snapshot=name,
        name=name,
        description=kept(snapshot.findtext("description")),
        created_at=moment_of(created),
        parent=snapshot.findtext("parent/name"),
        memory=held != "no" if held else has_memory(snapshot.findtext("state") or ""),
        kind="external" if "external" in sorts or held == "external" else "internal" if sorts else None,
        files="\n".join(path for path in overlays if path) or None,
    )


def moment_of(seconds: int | None) -> datetime | None:
    """Seconds since 1970 as a time; None where they cannot be one."""
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (OverflowError, OSError, ValueError):
        return None


def has_memory(state: str) -> bool | None:
    """Whether the state that a snapshot was made in comes with memory."""
    known = {"running": True, "paused": True, "shutoff": False, "shut off": False, "disk-snapshot": False}
    return known.get(state.strip())


def pool_of(pool: Element) -> Datastore:
    """A storage pool; of an inactive one libvirt tells no sizes."""
    name = name_of(pool)
    capacity, available = _bytes(pool, "capacity"), _bytes(pool, "available")
    source = pool.find("source")
    remote = source.find("host") if source is not None else None
    where = source.find("dir") if source is not None else None
    device = pool.findtext("target/path")
    if remote is not None and where is not None:
        device = f"{remote.get('name')}:{where.get('path')}"
    return Datastore(
        datastore=f"name:{name}",
        name=name,
        hypervisor="libvirt",
        kind=pool.get("type"),
        size_bytes=capacity or None,
        free_bytes=available if capacity else None,
        device=device,
        content=pool.findtext("target/path"),
    )


def _bytes(element: Element, tag: str) -> int | None:
    one = element.find(tag)
    value = count(one.text) if one is not None else None
    if value is None or one is None:
        return None
    unit = _UNITS.get((one.get("unit") or "bytes").lower())
    return value * unit if unit else None
