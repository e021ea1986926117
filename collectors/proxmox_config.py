"""Configuration of Proxmox guests: files of /etc/pve and the same keys from its API.

Sources: the manual pages qm.conf(5) and pct.conf(5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from collectors.hypervisor_tables import Guest, GuestDisk, GuestSnapshot
from collectors.hypervisor_words import count, depths, kept, moment, truth, word
from collectors.plain_text import size_bytes
from collectors.table import Row

_DISK = re.compile(r"(?:ide|sata|scsi|virtio|efidisk|tpmstate|mp|unused)\d{1,3}|rootfs")
_SECTION = re.compile(r"\[([^\]]{1,200})\]\s*")
_KEY = re.compile(r"([a-z][\w-]{0,60}):\s*(.*)")
_NO_SNAPSHOTS = ("PENDING", "special:")


@dataclass(slots=True)
class GuestConfig:
    """A configuration: the keys in force, those of each snapshot, and lines that are neither."""

    keys: dict[str, str] = field(default_factory=dict)
    snapshots: dict[str, dict[str, str]] = field(default_factory=dict)
    strange: list[str] = field(default_factory=list)

    def add(self, line: str, section: str) -> str:
        """Take in a line; returns the section that the next one stands in (empty: the keys in force)."""
        line = line.rstrip("\r\n")
        if match := _SECTION.fullmatch(line):
            if not match[1].startswith(_NO_SNAPSHOTS):
                self.snapshots.setdefault(match[1], {})
            return match[1]
        keys = self.keys if not section else self.snapshots.get(section, {})
        if line.startswith("#"):
            said = unquote(line[1:])
            keys["description"] = f"{keys['description']}\n{said}" if "description" in keys else said
        elif match := _KEY.fullmatch(line):
            keys.setdefault(match[1], match[2].strip())
        elif line.strip():
            self.strange.append(line.strip()[:100])
        return section


def is_container(keys: Mapping[str, str]) -> bool:
    """Whether the keys are those of a container."""
    return "rootfs" in keys or ("hostname" in keys and "smbios1" not in keys)


def guest_of(identity: str, keys: Mapping[str, str], node: str | None = None) -> Guest:
    """The guest by its keys; *identity*: qemu/101, lxc/200, else what it is called by."""
    container = identity.startswith("lxc/") or (not identity.startswith("qemu/") and is_container(keys))
    created = re.search(r"(?:^|,)ctime=(\d+)", keys.get("meta", ""))
    return Guest(
        guest=identity,
        name=keys.get("name") or keys.get("hostname") or identity,
        hypervisor="proxmox",
        kind="template" if truth(keys.get("template")) else "container" if container else "vm",
        host=node,
        lock=keys.get("lock") or None,
        system=keys.get("ostype") or None,
        created_at=moment(created[1]) if created else None,
        annotation=kept(keys.get("description")),
        agent_enabled=None if container else _agent(keys),
        protected=truth(keys.get("protection", "0")),
    )


def _agent(keys: Mapping[str, str]) -> bool:
    """Whether `agent` switches the guest agent on: `1`, or `enabled=1,…`; off unless told."""
    first = keys.get("agent", "0").partition(",")[0].removeprefix("enabled=")
    return truth(first) is True


def disks_of(identity: str, name: str, keys: Mapping[str, str]) -> Iterator[GuestDisk]:
    """The disks and mount points among the keys; CD-ROM drives are none."""
    container = identity.startswith("lxc/") or (not identity.startswith("qemu/") and is_container(keys))
    for slot in sorted(key for key in keys if _DISK.fullmatch(key)):
        volume, *rest = keys[slot].split(",")
        options = {key: value for key, _, value in (one.partition("=") for one in rest)}
        volume = options.pop("file", options.pop("volume", volume)).removeprefix("file=")
        if volume in ("", "none", "cdrom") or options.get("media") == "cdrom":
            continue
        yield _disk(identity, name, slot, volume.removeprefix("volume="), options, container)


def _disk(
    identity: str, name: str, slot: str, volume: str, options: Mapping[str, str], container: bool
) -> GuestDisk:
    storage, colon, rest = volume.partition(":")
    device = volume.startswith("/")
    ending = re.search(r"\.(qcow2|raw|vmdk|subvol)$", rest)
    return GuestDisk(
        guest=identity,
        guest_name=name,
        disk=slot,
        path=volume,
        storage=storage if colon and not device else None,
        size_bytes=count(size_bytes(options.get("size"))),
        format=options.get("format") or (ending[1] if ending else None),
        raw_device="physical" if volume.startswith("/dev/") else None,
        sharing="multi-writer" if truth(options.get("shared")) and not container else None,
        cache=options.get("cache"),
        backup=_in_backups(slot, options, container, device),
        attached=not slot.startswith("unused"),
    )


def _in_backups(slot: str, options: Mapping[str, str], container: bool, device: bool) -> bool:
    """Disks are taken unless told otherwise; mount points of containers only if told so, and if volumes."""
    if slot.startswith("unused"):
        return False
    if container and slot != "rootfs":
        return not device and truth(options.get("backup")) is True
    return truth(options.get("backup", "1")) is not False


def snapshots_of(
    identity: str, name: str, current: str | None, sections: Mapping[str, Mapping[str, str]]
) -> Iterator[GuestSnapshot]:
    """The snapshots by their sections; *current*: the one that the guest runs on top of."""
    parents = {snapshot: keys.get("parent") or None for snapshot, keys in sections.items()}
    places = depths(parents)
    for snapshot, keys in sections.items():
        memory = keys.get("vmstate")
        yield GuestSnapshot(
            guest=identity,
            guest_name=name,
            snapshot=snapshot,
            name=snapshot,
            description=kept(keys.get("description")),
            created_at=moment(keys.get("snaptime")),
            parent=parents[snapshot],
            depth=places.get(snapshot),
            current=snapshot == current,
            memory=memory not in (None, "", "0"),
            state=keys.get("snapstate") or None,
        )


def rows_of(identity: str, config: GuestConfig, node: str | None = None) -> Iterator[Row]:
    """The guest, its disks and its snapshots."""
    guest = guest_of(identity, config.keys, node)
    yield guest
    yield from disks_of(identity, guest.name, config.keys)
    yield from snapshots_of(identity, guest.name, config.keys.get("parent"), config.snapshots)


def identity_of(config: GuestConfig, file_name: str) -> str:
    """qemu/101 by the name of the file, else the UUID in it, else the name of the guest.

    Raises ValueError if nothing tells which guest it is.
    """
    kind = "lxc" if is_container(config.keys) else "qemu"
    if match := re.search(r"(?:^|[/\\_])(\d{3,9})\.conf$", file_name):
        return f"{kind}/{match[1]}"
    if match := re.search(r"uuid=([0-9a-fA-F-]{36})", config.keys.get("smbios1", "")):
        return f"uuid:{match[1].lower()}"
    name = word(config.keys.get("name") or config.keys.get("hostname"))
    if name is None:
        raise ValueError("a guest without number, UUID and name")
    return f"name:{name}"
