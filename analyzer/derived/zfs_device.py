"""Error counters of the devices in ZFS pools, and top-level devices that hold more than ordinary data."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.derived.disk import Disk
from analyzer.derived.zfs_array import short
from analyzer.joining import by_target, sources
from analyzer.site import Site, derived
from analyzer.zfs_tree import Group, Names, groups
from collectors.block_tables import BlockDevice
from collectors.fact import Fact
from collectors.table import Row, column, table
from collectors.zfs_tables import ZpoolVdev


@table("zfs_device", key=("pool", "place"), label=("device", "pool"), root=("fault_of",))
class ZfsDevice(Row):
    """A single device of a pool, with the errors that ZFS counted on it."""

    pool: str = column("Pool")
    place: str = column("Path in the tree of devices")
    device: str = column("Its name")
    fault_of: str = column("Identity of the disk below, else of the device in the pool")
    role: str = column("data, special, dedup, log, cache or spare")
    state: str | None = column("ONLINE, DEGRADED, FAULTED…", default=None)
    read_errors: int | None = column("Read errors since the counters were reset", default=None)
    write_errors: int | None = column("Write errors", default=None)
    checksum_errors: int | None = column("Checksum errors", default=None)
    grown_errors: int | None = column(
        "Errors of all three kinds that came up since the audit before; None without one", default=None
    )
    same_on_all: bool = column("All members of its group count the same checksum errors", default=False)
    note: str = column("What ZFS adds: too many errors…", default="")
    disk_text: str = column("Model and serial of the disk, for messages", default="")

    @property
    def said(self) -> str:
        """pool tank, sdb1 (ST4000, serial X), for a message."""
        return f"pool {self.pool}, {self.device}" + (f" ({self.disk_text})" if self.disk_text else "")


@derived(ZfsDevice, out_of=(ZpoolVdev,))
def zfs_device(site: Site) -> Iterator[Fact[ZfsDevice]]:
    facts = site.facts(ZpoolVdev)
    if not facts:
        return
    blocks, disks = by_target(site.facts(BlockDevice)), by_target(site.facts(Disk))
    names = {target: Names(mine) for target, mine in blocks.items()}
    of_disk = {
        (target, name): fact.row
        for target, mine in disks.items()
        for fact in mine
        for name in (fact.row.names or fact.row.name).split()
    }
    earlier = _before(site)
    siblings: dict[tuple[str, str, str], list[int | None]] = {}
    for fact in facts:
        if fact.row.parent:
            key = (fact.target, fact.row.pool, fact.row.parent)
            siblings.setdefault(key, []).append(fact.row.checksum_errors)
    for fact in facts:
        row = fact.row
        if row.kind not in ("disk", "file", "unknown") or (row.role == "spare" and row.state == "AVAIL"):
            continue
        known = names.get(fact.target)
        name = known.of(row) if known else None
        disk = of_disk.get((fact.target, _whole(name or "")))
        counts = siblings.get((fact.target, row.pool, row.parent), [])
        told = ZfsDevice(
            pool=row.pool,
            place=row.place,
            device=short(row),
            fault_of=disk.disk if disk else f"zfs:{row.pool}/{row.place}",
            role=row.role,
            state=row.state,
            read_errors=row.read_errors,
            write_errors=row.write_errors,
            checksum_errors=row.checksum_errors,
            grown_errors=_grown(row, earlier.get((fact.target, row.pool, row.guid or row.place))),
            same_on_all=len(counts) > 1 and len(set(counts)) == 1 and bool(counts[0]),
            note=row.note,
            disk_text=known.disk_text(name) if known else "",
        )
        yield Fact(fact.target, told, fact.sources)


def _before(site: Site) -> dict[tuple[str, str, str], ZpoolVdev]:
    """The devices of the newest earlier audit that saw any of the target's."""
    found: dict[tuple[str, str, str], ZpoolVdev] = {}
    for earlier in site.history:
        for fact in earlier.facts(ZpoolVdev):
            found[fact.target, fact.row.pool, fact.row.guid or fact.row.place] = fact.row
    return found


def _grown(now: ZpoolVdev, before: ZpoolVdev | None) -> int | None:
    """Counters that fell were reset: what they count now is new."""
    if before is None:
        return None
    grown = 0
    for name in ("read_errors", "write_errors", "checksum_errors"):
        new, old = getattr(now, name), getattr(before, name)
        if new is not None and old is not None:
            grown += new - old if new >= old else new
    return grown


def _whole(name: str) -> str:
    """The disk of a partition: sda of sda1, nvme0n1 of nvme0n1p2."""
    match = re.fullmatch(r"((?:nvme\d+n\d+|mmcblk\d+))p\d+|([shv]d[a-z]+)\d+", name)
    return (match[1] or match[2]) if match else name


@table("zfs_group", key=("pool", "place"), label=("place", "pool"), root=("fault_of",))
class ZfsGroup(Row):
    """A special, dedup or log device of a pool, with the redundancy it has."""

    pool: str = column("Pool")
    place: str = column("Path in the tree of devices")
    fault_of: str = column("Identity of the group")
    role: str = column("special, dedup or log")
    kind: str = column("mirror, disk and so on")
    redundancy: int = column("Devices it can lose when whole")
    data_redundancy: int | None = column(
        "The same of the pool's weakest group of data; None if not told", default=None
    )
    devices: str = column("Its devices with model and serial, for messages", default="")
    rotational: bool | None = column("Rotates; None if not told for all of its devices", default=None)
    power_loss_protected: bool | None = column(
        "All its devices are models with capacitors; None if a model is not known", default=None
    )


_PROTECTED = re.compile(
    r"INTEL SSD(?:SC2[BK][ABGXF]|PE[D2]|SC1|SC2BP|PF|PEL)|INTEL .*DC |SOLIDIGM SSDPF|OPTANE|SSDPE[D2L]|"
    r"SAMSUNG MZ(?:7L|7K|7W|QL|WL|PL|1L|ILS|ILT|7GE|7WD)|MZ(?:7L|7K|QL|WL|1L)|"
    r"PM(?:8[68]3|9[68]3|1[67]\d\d|9A3)|"
    r"SM(?:863|883|963)|MICRON_?(?:51|52|53|54|73|74|75|9[1-5])\d\d|MTFDD(?:AK|HA|HB|CC)|"
    r"KINGSTON SEDC|KIOXIA|KXD|KCD|KPM|HUSM|WUST|WUS4|TOSHIBA PX|SEAGATE XS|XA\d+[LM]E|NYTRO",
    re.IGNORECASE,
)
_CONSUMER = re.compile(
    r"SAMSUNG SSD (?:8[3-7]0|9[5-9]0) |SAMSUNG SSD 9\d0|CT\d+(?:MX|BX|P\d)|WDC? .*(?:BLUE|GREEN|BLACK)|WDS\d|"
    r"KINGSTON SA\d|KINGSTON SNV|KINGSTON SKC|SANDISK SD|CRUCIAL|"
    r"ADATA|PATRIOT|SPCC|INTEL SSDPEKN|INTEL SSDSC2CW",
    re.IGNORECASE,
)


def power_loss_protected(model: str | None) -> bool | None:
    """Whether an SSD of that model finishes its writes on capacitors; None for models that are not known."""
    if not model:
        return None
    if _CONSUMER.search(model):
        return False
    return True if _PROTECTED.search(model) else None


@derived(ZfsGroup, out_of=(ZpoolVdev,))
def zfs_group(site: Site) -> Iterator[Fact[ZfsGroup]]:
    found = site.once(groups)
    blocks, disks = by_target(site.facts(BlockDevice)), by_target(site.facts(Disk))
    for one in found:
        if one.top.role == "data":
            continue
        data = [g for g in found if (g.target, g.pool, g.top.role) == (one.target, one.pool, "data")]
        row, below = _group(one, data, blocks.get(one.target, []), disks.get(one.target, []))
        yield Fact(one.target, row, sources(*one.facts, *below))


def _group(
    one: Group, data: list[Group], blocks: list[Fact[BlockDevice]], disks: list[Fact[Disk]]
) -> tuple[ZfsGroup, list[Fact[Disk]]]:
    names = Names(blocks)
    of_name = {name: fact for fact in disks for name in (fact.row.names or fact.row.name).split()}
    leaves = [leaf for slot in one.slots for leaf in (slot.filled, *slot.failed) if leaf is not None]
    below = [of_name.get(_whole(names.of(leaf) or "")) for leaf in leaves]
    safe = [power_loss_protected(fact.row.model) if fact else None for fact in below]
    turns = [fact.row.rotational if fact else None for fact in below]
    told = [
        f"{short(leaf)}" + (f" ({fact.row.said})" if fact else "")
        for leaf, fact in zip(leaves, below, strict=True)
    ]
    row = ZfsGroup(
        pool=one.pool,
        place=one.top.place,
        fault_of=f"zfs:{one.name}",
        role=one.top.role,
        kind=one.top.kind,
        redundancy=one.redundancy,
        data_redundancy=min((g.redundancy for g in data), default=None),
        devices=", ".join(told),
        rotational=None if None in turns or not turns else any(turns),
        power_loss_protected=False if False in safe else None if None in safe or not safe else True,
    )
    return row, [fact for fact in below if fact is not None]
