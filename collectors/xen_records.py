"""Records that `xe` prints: `name ( RO): value` lines, one record after another.

Source: the chapter "Command line interface" of the XenServer and XCP-ng documentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from collectors.hypervisor_tables import Datastore, DiskImage, Guest, GuestDisk, GuestSnapshot
from collectors.hypervisor_words import count, kept, moment, power, truth

Told = Mapping[str, str]

_FIELD = re.compile(r"\s*([\w-]{1,60}) \(\s*[SM]?R[OW]\)(?: \[DEPRECATED\])?\s*: ?(.*)")
_NOTHING = ("<not in database>", "<null reference>", "")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def records(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Line and fields of each record; lines that are no field continue the value above them."""
    found: dict[str, str] = {}
    begun, last = 1, ""
    for number, line in enumerate(text.splitlines(), 1):
        match = _FIELD.fullmatch(line)
        if match and match[1] in found:
            yield begun, found
            found = {}
        if match:
            begun = begun if found else number
            last = match[1]
            found[last] = match[2].strip()
        elif line.strip() and found and len(found[last]) < 1_000_000:
            found[last] += f"\n{line.strip()}"
    if found:
        yield begun, found


def told(record: Told, name: str) -> str | None:
    value = record.get(name, "")
    return None if value in _NOTHING else value


def pairs(text: str | None) -> dict[str, str]:
    """`vgpu_pci: ; vhd-parent: X` as a mapping."""
    found = (one.partition(": ") for one in (text or "").split("; "))
    return {name.strip(): value.strip() for name, _, value in found}


def guest_of(record: Told) -> Guest | None:
    """From vm-list and vm-param-list; None for what is no guest: control domains, templates that ship."""
    name = told(record, "name-label") or record["uuid"]
    if truth(record.get("is-control-domain", "")) or name.startswith("Control domain on host"):
        return None
    template = truth(record.get("is-a-template", ""))
    if template and truth(pairs(record.get("other-config")).get("default_template", "")):
        return None
    state = power(record.get("power-state"))
    drivers = record.get("PV-drivers-version")
    tools = "not installed" if drivers in _NOTHING else "running"
    system = pairs(record.get("os-version")).get("name")
    return Guest(
        guest=f"uuid:{record['uuid']}",
        name=name,
        hypervisor="xen",
        kind=None if template is None else "template" if template else "vm",
        host=told(record, "resident-on"),
        power=state,
        tools=tools if drivers is not None and state == "running" else None,
        system=(system or "").partition("|")[0] or None,
        created_at=moment(told(record, "install-time")),
        annotation=kept(told(record, "name-description")),
    )


def snapshot_of(record: Told, names: Mapping[str, str], unnamed: str) -> GuestSnapshot:
    """From snapshot-list or a vm-param-list. *names*: guests by UUID; *unnamed*: the guest, if not told."""
    of = told(record, "snapshot-of")
    parent = told(record, "parent")
    return GuestSnapshot(
        guest=f"uuid:{of}" if of else f"name:{unnamed}",
        guest_name=names.get(of or "", "" if of else unnamed),
        snapshot=record["uuid"],
        name=told(record, "name-label") or record["uuid"],
        description=kept(told(record, "name-description")),
        created_at=moment(told(record, "snapshot-time")),
        parent=parent,
        memory=True if told(record, "suspend-VDI-uuid") else None,
        quiesced="quiesced" in (told(record, "tags") or "") or None,
    )


def named_snapshots(record: Told, known: frozenset[str]) -> Iterator[GuestSnapshot]:
    """Snapshots of which a guest's record tells only the UUID, but those that are *known* by their own."""
    for uuid in _UUID.findall(record.get("snapshots", "")):
        if uuid not in known:
            yield GuestSnapshot(
                guest=f"uuid:{record['uuid']}",
                guest_name=told(record, "name-label") or record["uuid"],
                snapshot=uuid,
                name=uuid,
                current=record.get("parent") == uuid if "parent" in record else None,
            )


def disk_of(record: Told) -> GuestDisk | None:
    """From vbd-list: a virtual disk as a guest has it; None for an empty drive and for discs."""
    image, name = told(record, "vdi-uuid"), told(record, "vm-name-label") or ""
    control = name.startswith("Control domain on host")
    if image is None or record.get("type") == "CD" or truth(record.get("empty", "")):
        return None
    return GuestDisk(
        guest=f"uuid:{record['vm-uuid']}",
        guest_name=name,
        disk=told(record, "device") or record["uuid"],
        path=image,
        # of a guest that is off no disk is plugged in, and all are its own
        attached=truth(record.get("currently-attached", "")) if control else None,
    )


def image_of(record: Told) -> DiskImage:
    """From vdi-list and vdi-param-list."""
    shape = pairs(record.get("sm-config"))
    missing = truth(record.get("missing", ""))
    return DiskImage(
        path=record["uuid"],
        format=shape.get("vdi_type")
        or shape.get("image-format")
        or ("vhd" if "vhd-parent" in shape else None),
        size_bytes=count(record.get("virtual-size")),
        used_bytes=count(record.get("physical-utilisation")),
        backing=shape.get("vhd-parent") or None,
        backing_path=shape.get("vhd-parent") or None,
        missing=record["uuid"] if missing else None,
        storage=told(record, "sr-uuid"),
        managed=truth(record["managed"]) if "managed" in record else None,
        snapshot=truth(record["is-a-snapshot"]) if "is-a-snapshot" in record else None,
        created_at=moment(told(record, "snapshot-time")) if truth(record.get("is-a-snapshot", "")) else None,
        name=told(record, "name-label"),
    )


def datastore_of(record: Told) -> Datastore:
    """From sr-list and sr-param-list. A size of -1 or 0 is none."""
    size, used = count(record.get("physical-size")), count(record.get("physical-utilisation"))
    promised = count(record.get("virtual-allocation"))
    return Datastore(
        hypervisor="xen",
        datastore=f"uuid:{record['uuid']}",
        name=told(record, "name-label") or record["uuid"],
        kind=told(record, "type"),
        size_bytes=size or None,
        free_bytes=size - used if size and used is not None else None,
        uncommitted_bytes=max(0, promised - used) if promised is not None and used is not None else None,
        shared=truth(record.get("shared", "")),
        content=told(record, "content-type"),
    )
