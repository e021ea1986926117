"""One statement for each array and each file system beside them: what a power cut in mid-write does to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from analyzer.derived.array import Array
from analyzer.derived.array_member import ArrayMember, members_of
from analyzer.derived.disk import Disk
from analyzer.derived.filesystem import Filesystem
from analyzer.derived.power_supply import PowerSupply
from analyzer.joining import by_target, sources
from analyzer.site import Site, derived
from collectors.block_tables import BlockDevice
from collectors.fact import Fact
from collectors.table import Row, column, table


@table("power_cut", key=("thing",), label=("name",), root=("thing",))
class PowerCut(Row):
    """What is known of a write that a power cut interrupts: parity, caches, barriers, journal, UPS."""

    thing: str = column("Identity of the array, or mountpoint of a file system that lies on none")
    name: str = column("Kernel name of the array, or mountpoint")
    level: str | None = column("Level of the array", default=None)
    write_hole: str = column(
        "closed (journal, partial parity log, copy on write, or copies that a resync makes equal), open, none"
        " (no redundancy to hurt) or unknown"
    )
    flushes: str = column("sent, not-sent, or unknown: whether drives are told to empty their caches")
    unflushed: str = column(
        "Drives with a volatile cache that are sent no flushes, blank-separated", default=""
    )
    without_barriers: str = column("File systems above without barriers, blank-separated", default="")
    without_journal: str = column("File systems above without a journal, blank-separated", default="")
    guard: str = column("guarded, failing, bypassed, none-told or unknown: the supply of the host")
    outcome: str = column("protected, guarded (by the UPS alone), at-risk or unknown")
    argument: str = column("Why, in words")


class Known(NamedTuple):
    """What one target tells beside the thing itself."""

    disks: dict[str, Disk]
    parents: dict[str, list[str]]
    guard: str


@derived(PowerCut, out_of=(Array, ArrayMember, Filesystem, Disk, PowerSupply))
def power_cut(site: Site) -> Iterator[Fact[PowerCut]]:
    arrays, filesystems = by_target(site.facts(Array)), by_target(site.facts(Filesystem))
    members = site.once(members_of)
    guards = {fact.target: fact.row.guard for fact in site.facts(PowerSupply)}
    disks, blocks = by_target(site.facts(Disk)), by_target(site.facts(BlockDevice))
    for target in dict.fromkeys((*arrays, *filesystems)):
        known = Known(
            {n: f.row for f in disks.get(target, []) for n in (f.row.names or f.row.name).split()},
            {f.row.name: f.row.parents.split() for f in blocks.get(target, [])},
            guards.get(target, "unknown"),
        )
        mounted = [f for f in filesystems.get(target, []) if _judged(f.row)]
        above = {f.row.mountpoint: _below(f.row.device or "", known.parents) for f in mounted}
        on_array: set[str] = set()
        for fact in arrays.get(target, []):
            mine = [f for f in mounted if fact.row.name in above[f.row.mountpoint]]
            on_array.update([f.row.mountpoint for f in mine])
            parts = members.get((target, fact.row.array), [])
            row = _of_array(fact.row, [f.row for f in parts], [f.row for f in mine], known)
            yield Fact(target, row, sources(fact, *parts, *mine))
        for one in mounted:
            if one.row.mountpoint not in on_array:
                below = [known.disks[n] for n in sorted(above[one.row.mountpoint]) if n in known.disks]
                yield Fact(target, _of_file_system(one.row, below, known.guard), sources(one))


def _judged(row: Filesystem) -> bool:
    return (
        not (row.network or row.read_only_medium or row.alias_of) and not row.read_only and bool(row.device)
    )


def _below(device: str, parents: dict[str, list[str]]) -> set[str]:
    """The device and all that it lies on."""
    seen: set[str] = set()
    waiting = [device]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting.extend(parents.get(one, []))
    return seen


def _of_array(array: Array, members: list[ArrayMember], mounted: list[Filesystem], known: Known) -> PowerCut:
    hole, why = _write_hole(array)
    names = [m.disk_name for m in members if m.disk_name and m.state not in ("missing", "failed", "spare")]
    disks = [known.disks[name] for name in dict.fromkeys(names) if name in known.disks]
    whole = len(disks) == len(set(names)) and bool(names)
    return _statement(array.array, array.name, array.level, hole, why, disks, whole, mounted, known.guard)


def _of_file_system(row: Filesystem, disks: list[Disk], guard: str) -> PowerCut:
    why = "one copy, no parity that could be torn"
    return _statement(row.mountpoint, row.mountpoint, None, "none", why, disks, bool(disks), [row], guard)


def _write_hole(array: Array) -> tuple[str, str]:
    level, policy = array.level or "", array.consistency_policy
    if array.kind == "zfs":
        return "closed", "copy on write: a torn write is never taken for data"
    if not level:
        return "unknown", "its level is not told"
    if not level.startswith(("raid4", "raid5", "raid6")):
        redundant = level.startswith(("raid1", "mirror"))
        return ("closed", "copies, made equal after a crash") if redundant else ("none", "no redundancy")
    if policy in ("journal", "ppl"):
        return "closed", f"parity protected by {policy}"
    if array.kind == "md" and policy in (None, "unknown"):
        return "unknown", "its consistency policy is not told"
    if array.kind in ("md", "lvm", "btrfs"):
        return "open", f"parity without journal or partial parity log ({policy or array.kind})"
    return "unknown", "whether the controller's cache survives is not told"


def _flushes(disks: list[Disk], whole: bool) -> tuple[str, list[str]]:
    """Whether every drive is told to empty its cache, or has none; the ones that surely are not told."""
    silent = [d.said for d in disks if d.kernel_write_cache == "write through" and d.drive_write_cache]
    if silent:
        return "not-sent", silent
    sure = [d for d in disks if d.kernel_write_cache == "write back" or d.drive_write_cache is False]
    return ("sent" if whole and len(sure) == len(disks) else "unknown"), []


def _statement(
    thing: str,
    name: str,
    level: str | None,
    hole: str,
    why: str,
    disks: list[Disk],
    whole: bool,
    mounted: list[Filesystem],
    guard: str,
) -> PowerCut:
    flushes, silent = _flushes(disks, whole)
    options = [(row.mountpoint, row.options.split(",")) for row in mounted if row.options]
    barriers = [where for where, words in options if not _NO_BARRIER.isdisjoint(words)]
    plain = [row.mountpoint for row in mounted if row.fs_type == "ext2"]
    loose = [where for where, words in options if "data=writeback" in words]
    faults = [f"write hole: {why}"] if hole == "open" else []
    faults += [f"no flushes to {', '.join(silent)}"] if silent else []
    faults += [f"no barriers on {', '.join(barriers)}"] if barriers else []
    faults += [f"no journal on {', '.join(plain)}"] if plain else []
    doubts = [why] if hole == "unknown" else []
    doubts += ["whether every drive empties its cache is not told"] if flushes == "unknown" else []
    doubts += [f"mount options of {row.mountpoint} are not told" for row in mounted if row.options is None]
    outcome = "protected"
    if faults:
        outcome = "guarded" if guard == "guarded" else "at-risk"
    elif doubts:
        outcome = "unknown"
    good = [] if hole in ("open", "unknown") else [why]
    good += ["caches are flushed in order"] if flushes == "sent" else []
    good += [f"old contents may show up in files on {', '.join(loose)} (data=writeback)"] if loose else []
    return PowerCut(
        thing=thing,
        name=name,
        level=level,
        write_hole=hole,
        flushes=flushes,
        unflushed=" ".join([d.name for d in disks if d.said in silent]) if silent else "",
        without_barriers=" ".join(barriers),
        without_journal=" ".join(plain),
        guard=guard,
        outcome=outcome,
        argument="; ".join([*faults, *doubts, *good, _UPS[guard]]),
    )


_NO_BARRIER = frozenset(("nobarrier", "barrier=0", "barrier=none"))
_UPS = {
    "guarded": "a UPS is watched and well",
    "failing": "the UPS is not well",
    "bypassed": "the UPS is out of the circuit",
    "none-told": "no UPS tells this host of a power cut",
    "unknown": "whether a UPS guards it is not told",
}
