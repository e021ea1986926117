"""The devices of a ZFS pool as groups with slots: what may fail, what is missing, what is being rebuilt."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analyzer.joining import by_target, grouped
from analyzer.site import Site
from collectors.block_tables import BlockDevice
from collectors.fact import Fact
from collectors.frozen import frozen
from collectors.zfs_tables import ZpoolStatus, ZpoolVdev
from collectors.zfs_words import BROKEN

_LEVELS = {"mirror": "raid1", "raidz1": "raid5", "raidz2": "raid6", "raidz3": "raidz3"}
_LEVELS |= {"draid1": "raid5", "draid2": "raid6", "draid3": "raidz3"}
_PASSING = ("replacing", "spare")
"""Groups that stand in one slot: the old device and the one that takes its place."""


@frozen
class Slot:
    """One slot of a group: the device that fills it, the one being filled, those that failed in it."""

    number: int
    filled: ZpoolVdev | None
    filling: ZpoolVdev | None
    failed: tuple[ZpoolVdev, ...]

    @property
    def spare_fills(self) -> bool:
        return self.filled is not None and bool(self.failed)


@frozen
class Group:
    """A top-level device of a pool."""

    target: str
    pool: str
    top: ZpoolVdev
    facts: tuple[Fact[ZpoolVdev], ...]
    slots: tuple[Slot, ...]

    @property
    def level(self) -> str | None:
        return _LEVELS.get(self.top.kind)

    @property
    def name(self) -> str:
        return f"{self.pool}/{self.top.place}"

    @property
    def redundancy(self) -> int:
        """Slots it may lose when whole; of a mirror whose members are not listed, at least one."""
        if self.top.kind == "mirror":
            return len(self.slots) - 1 if self.slots else 1
        return int(self.top.kind[-1]) if self.level else 0

    @property
    def missing(self) -> int:
        return sum(slot.filled is None for slot in self.slots)

    @property
    def state(self) -> str:
        """clean, degraded, failed or unknown, as tables of arrays have it."""
        if self.top.state in BROKEN or self.missing > self.redundancy:
            return "failed"
        if self.missing or (self.top.state == "DEGRADED" and not self.slots):
            return "degraded"
        return "clean" if self.top.state in ("ONLINE", "DEGRADED") else "unknown"


def healthy(leaf: ZpoolVdev) -> bool:
    """Whether the device holds all its data. DEGRADED is one with too many errors: not to be relied on."""
    return leaf.state in ("ONLINE", "INUSE") and leaf.action not in ("resilvering", "awaiting resilver")


def groups(site: Site) -> list[Group]:
    """The top-level devices of all pools without spares and caches, by target, in the order of the tree."""
    found: list[Group] = []
    for target, facts in sorted(by_target(site.facts(ZpoolVdev)).items()):
        for (pool, _), mine in grouped(facts, lambda r: (r.pool, r.top)).items():
            top = next((fact.row for fact in mine if not fact.row.parent), None)
            if top is None or top.role in ("spare", "cache") or top.kind in ("indirect", "hole"):
                continue
            slots = _slots(top, [fact.row for fact in mine])
            found.append(Group(target, pool, top, tuple(mine), slots))
    return found


def _slots(top: ZpoolVdev, rows: Sequence[ZpoolVdev]) -> tuple[Slot, ...]:
    children: dict[str, list[ZpoolVdev]] = {}
    for row in rows:
        if row.parent:
            children.setdefault(row.parent, []).append(row)
    alone = [] if top.kind in _LEVELS else [top]  # a mirror whose members are not listed has no slots told
    return tuple(_slot(child, children) for child in children.get(top.place, alone))


def _slot(child: ZpoolVdev, children: dict[str, list[ZpoolVdev]]) -> Slot:
    leaves = _leaves(child, children)
    filled = next((leaf for leaf in leaves if healthy(leaf)), None)
    filling = None
    if child.kind in _PASSING and len(leaves) > 1:
        last = leaves[-1]
        if child.kind == "replacing" and filled is last:
            filled = None  # while it is shown beside the old one, the new one is not whole yet
        filling = last if filled is not last and last.state == "ONLINE" else None
    elif leaves and leaves[0].state == "ONLINE" and not filled:
        filling = leaves[0]
    failed = tuple(leaf for leaf in leaves if leaf is not filled and leaf is not filling)
    return Slot(child.number, filled, filling, failed)


def _leaves(row: ZpoolVdev, children: dict[str, list[ZpoolVdev]]) -> list[ZpoolVdev]:
    below = children.get(row.place)
    if not below:
        return [row]
    return [leaf for child in below for leaf in _leaves(child, children)]


def pool_id(status: ZpoolStatus | None, pool: str) -> str:
    """zfs:NAME: the GUID would be better, but not every release tells it."""
    return f"zfs:{status.pool if status else pool}"


class Names:
    """Kernel names of the block devices that ZFS calls by path, by-id link, WWN or serial."""

    def __init__(self, blocks: Sequence[Fact[BlockDevice]]) -> None:
        self._known: dict[str, str] = {}
        self._rows = {fact.row.name: fact.row for fact in blocks}
        for row in self._rows.values():
            for alias in (row.name, row.mapped_name):
                if alias:
                    self._known.setdefault(alias, row.name)
            if row.type == "disk":
                for tail in (row.wwn, row.serial):
                    if tail:
                        self._known.setdefault(_plain(tail), row.name)

    def of(self, vdev: ZpoolVdev) -> str | None:
        """The kernel name; None if nothing that is known fits."""
        for word in (vdev.vdev, vdev.path or ""):
            name = word.rpartition("/")[2]
            if name in self._known:
                return self._known[name]
            whole, _, part = name.partition("-part")
            disk = self._disk(whole)
            if disk:
                joint = "p" if disk[-1].isdigit() else ""
                return f"{disk}{joint}{part}" if f"{disk}{joint}{part}" in self._rows and part else disk
        return None

    def _disk(self, link: str) -> str | None:
        """ata-MODEL_SERIAL, wwn-0x5000…, nvme-MODEL_SERIAL_1, scsi-35000…"""
        tails = [
            link.partition("-")[2],
            link.rpartition("_")[2],
            re.sub(r"_\d$", "", link).rpartition("_")[2],
        ]
        tails.append(re.sub(r"^scsi-3", "", link))
        return next(
            (self._known[_plain(tail)] for tail in tails if tail and _plain(tail) in self._known), None
        )

    def disk_text(self, name: str | None) -> str:
        """model and serial of the disk below the device, for messages."""
        row = self._rows.get(name or "")
        for _ in range(6):
            if row is None or row.type == "disk":
                break
            row = self._rows.get(row.parents.split()[0]) if row.parents else None
        if row is None:
            return ""
        told = [row.model, f"serial {row.serial}" if row.serial else None]
        return ", ".join(word for word in told if word)


def _plain(identifier: str) -> str:
    return identifier.lower().removeprefix("0x").removeprefix("eui.").removeprefix("naa.")
