"""From a name in the kernel's log to the disk, array or file system of today that it means."""

from __future__ import annotations

import re
from dataclasses import dataclass

from analyzer.derived.array import Array
from analyzer.derived.array_member import ArrayMember
from analyzer.derived.disk import Disk
from analyzer.derived.filesystem import Filesystem
from analyzer.site import Site
from collectors.block_tables import BlockDevice
from collectors.kernel_log_tables import BlockPath

_OF_FILE_SYSTEMS = ("xfs", "corruption", "read-only")
_OF_TYPE = re.compile(r"(?i)\b(ext|xfs|btrfs)[234]?(?=\b)")


@dataclass(frozen=True, slots=True, order=True)
class Thing:
    """What an event happened to. *root*: identity at fault. *array*: identity of the array concerned."""

    name: str
    root: str
    described: str = ""
    array: str | None = None


class Things:
    """Disks, arrays and file systems of one target by all the names that the kernel has for them."""

    def __init__(self, site: Site, target: str) -> None:
        self._blocks = {f.row.name: f.row for f in site.facts_of(target, BlockDevice)}
        disks = [f.row for f in site.facts_of(target, Disk)]
        self._disks = {name: row for row in disks for name in (row.names or row.name).split()}
        self._members = {f.row.member: f.row for f in site.facts_of(target, ArrayMember)}
        self._arrays = {f.row.name: f.row for f in site.facts_of(target, Array)}
        self._mounted: dict[str, Filesystem] = {}
        for fact in site.facts_of(target, Filesystem):
            if fact.row.device and not fact.row.alias_of:
                self._mounted.setdefault(fact.row.device, fact.row)
        self._names = _aliases(self._blocks, [f.row for f in site.facts_of(target, BlockPath)])

    def named(self, device: str, trouble: str, words: str = "") -> Thing:
        """The thing that *device* of the log means; the bare name where nothing leads further.

        *words*: what was logged. A file system of another type than today's is not the one that is mounted:
        the device was formatted since, or another one had its name.
        """
        name = self._block(device)
        if trouble in _OF_FILE_SYSTEMS and (mounted := self._mounted.get(name)):
            now = f"{mounted.fs_type} on {name}"
            then = _OF_TYPE.search(words)
            if then and mounted.fs_type and not mounted.fs_type.startswith(then[1].lower()):
                return Thing(name, name, f"{then[0].lower()} when logged; now {mounted.mountpoint}, {now}")
            return Thing(mounted.mountpoint, mounted.mountpoint, now)
        if trouble == "array":
            return self._array(device, name)
        if trouble in ("io", "lost", "link", "corrected", "pcie"):
            return self._disk(device, name)
        return Thing(name or device or "this host", name or device or "this host")

    def _block(self, device: str) -> str:
        plain = device.removeprefix("/dev/")
        for name in (plain, re.sub(r"(ata\d+)\.\d+", r"\1", plain)):
            if name in self._names:
                return self._names[name]
        return plain

    def _array(self, device: str, name: str) -> Thing:
        member = self._members.get(name)
        if member is not None:
            said = ", ".join(w for w in (f"member of {member.array_name}", member.model, member.serial) if w)
            return Thing(name, member.array, said, member.array)
        array = self._arrays.get(name)
        if array is not None:
            return Thing(name, array.array, array.level or "", array.array)
        return Thing(name or "an array", name or device or "an array")

    def _disk(self, device: str, name: str) -> Thing:
        disk = self._disks.get(name) or self._disks.get(self._whole(name))
        if disk is None:
            if array := self._arrays.get(name):
                return Thing(name, array.array, array.level or "", array.array)
            mounted = self._mounted.get(name)
            return Thing(
                name or "a disk",
                mounted.mountpoint if mounted else name or "a disk",
                mounted.mountpoint if mounted else "",
            )
        member = self._members.get(name) or next(
            (one for one in self._members.values() if one.disk == disk.disk), None
        )
        words = [disk.model or "", f"serial {disk.serial}" if disk.serial else ""]
        words.append(f"member of {member.array_name}" if member else "")
        words.append(f"logged as {device}" if disk.name not in device else "")
        described = ", ".join(word for word in words if word)
        return Thing(disk.name, disk.disk, described, member.array if member else None)

    def _whole(self, name: str) -> str:
        """The disk below a partition, or below a stack of one device on the other."""
        for _ in range(8):
            block = self._blocks.get(name)
            parents = block.parents.split() if block else []
            if len(parents) != 1:
                break
            name = parents[0]
        if name in self._disks:
            return name
        found = re.fullmatch(r"([shv]d[a-z]+|xvd[a-z]+)\d+|((?:nvme\d+n\d+|mmcblk\d+))p\d+", name)
        return (found[1] or found[2]) if found else name


def _aliases(blocks: dict[str, BlockDevice], paths: list[BlockPath]) -> dict[str, str]:
    """Every other name of a block device that leads to one device alone."""
    names: dict[str, set[str]] = {}
    for block in blocks.values():
        mapped = block.mapped_name
        for other in (block.name, block.hctl, block.device_number, mapped and f"mapper/{mapped}"):
            if other:
                names.setdefault(other, set()).add(block.name)
        if found := re.fullmatch(r"(nvme\d+)n\d+", block.name):
            names.setdefault(found[1], set()).add(block.name)
    for path in paths:
        if path.name in blocks or not blocks:
            for other in (path.ata_port, path.scsi_address, path.usb_port, path.pci_address):
                if other:
                    names.setdefault(other, set()).add(path.name)
    return {name: min(of) for name, of in names.items() if len(of) == 1}
