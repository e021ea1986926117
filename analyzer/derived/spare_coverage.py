"""Which spares could step in for each array:

present, large enough, of the same kind, sound; and how many its metadata or configuration expects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from analyzer.derived.array import Array
from analyzer.derived.array_member import ArrayMember, members_of
from analyzer.joining import sources
from analyzer.site import Site, derived
from analyzer.wording import listed, size
from collectors.block_tables import MdMonitor
from collectors.fact import Fact
from collectors.frozen import frozen_by_name
from collectors.table import Row, column, table
from collectors.zfs_tables import ZpoolVdev

_SPARELESS = ("btrfs", "lvm")
"""A replacement is free space of the pool, not a drive set aside."""
_ASIDE = ("missing", "failed", "spare")


@table("spare_coverage", key=("array",), label=("name", "level"))
class SpareCoverage(Row):
    """An array and the spares that could step in for it: its own, its pool's, controller's or group's."""

    array: str = column("Identity of the array")
    name: str = column("Name of the array")
    said: str = column("The array for a message: md0 (raid5 of 3)")
    level: str | None = column("Level of the array", default=None)
    state: str = column("State of the array")
    slots: int | None = column("Member slots by metadata", default=None)
    needed_bytes: int | None = column("What a replacement has to hold", default=None)
    expected: int = column("Spares that the metadata or mdadm.conf names; 0: none", default=0)
    spares: int | None = column("Idle spares within its reach; None: not told", default=None)
    fit: int | None = column("Of these, known to be able to take over; None: not told", default=None)
    names: str = column("The idle spares, for messages", default="")
    unfit: str = column("Spares that cannot take over, each with the reason", default="")
    unlike: str = column(
        "Spares that could, of another kind than the members: slower, other sectors", default=""
    )
    unread: str = column("Spares of which too little is known, each with what is missing", default="")
    used: str = column("Spares that have stepped in already", default="")
    lost: str = column("Spares that are configured and cannot be opened, or failed", default="")


@frozen_by_name
class _Reach:
    """All that may step in for the arrays of one pool, controller, spare group or array."""

    idle: list[Fact[ArrayMember]]
    used: list[str]
    lost: list[str]
    expected: int


@derived(SpareCoverage, out_of=(Array, ArrayMember))
def spare_coverage(site: Site) -> Iterator[Fact[SpareCoverage]]:
    """One row for each array of a kind that knows spares."""
    arrays = [fact for fact in site.facts(Array) if fact.row.kind not in _SPARELESS]
    if not arrays:
        return
    wanted = _configured(site)
    members = site.once(members_of)
    reaches = _reaches(site, arrays, members, wanted)
    for fact in arrays:
        reach = reaches[fact.target, _scope(fact.target, fact.row, wanted)]
        mine = [held.row for held in members.get((fact.target, fact.row.array), ())]
        yield Fact(fact.target, _row(fact.row, mine, reach), sources(fact, *reach.idle))


def _configured(site: Site) -> dict[tuple[str, str], tuple[int | None, str]]:
    """Target and UUID or name of an md array → spares that mdadm.conf expects, and its spare group."""
    found: dict[tuple[str, str], tuple[int | None, str]] = {}
    for fact in site.facts(MdMonitor):
        for line in filter(None, fact.row.spares_expected.split("\n")):
            named, count, group = line.split("\t")
            for name in named.split():
                found[fact.target, name] = (int(count) if count else None, group)
    return found


def _config_of(
    target: str, array: Array, wanted: Mapping[tuple[str, str], tuple[int | None, str]]
) -> tuple[int | None, str]:
    told = wanted.get((target, array.uuid or "?")) or wanted.get((target, array.name))
    return told if told and array.kind == "md" else (None, "")


def _scope(target: str, array: Array, wanted: Mapping[tuple[str, str], tuple[int | None, str]]) -> str:
    """What shares its spares: a pool, a controller, a spare group, else the array alone."""
    if array.kind in ("zfs", "controller"):
        return f"{array.kind}:{array.name.partition('/')[0]}"
    group = _config_of(target, array, wanted)[1]
    return f"group:{group}" if group else array.array


def _reaches(
    site: Site,
    arrays: Sequence[Fact[Array]],
    members: Mapping[tuple[str, str], list[Fact[ArrayMember]]],
    wanted: Mapping[tuple[str, str], tuple[int | None, str]],
) -> dict[tuple[str, str], _Reach]:
    found: dict[tuple[str, str], _Reach] = {}
    for fact in arrays:
        key = (fact.target, _scope(fact.target, fact.row, wanted))
        reach = found.get(key) or _Reach(idle=[], used=[], lost=[], expected=0)
        count = _config_of(fact.target, fact.row, wanted)[0]
        if count is not None:
            reach = _Reach(idle=reach.idle, used=reach.used, lost=reach.lost, expected=reach.expected + count)
        held = members.get((fact.target, fact.row.array), ())
        reach.idle.extend(one for one in held if one.row.state == "spare")
        found[key] = reach
    for vdev in site.facts(ZpoolVdev):
        key = (vdev.target, f"zfs:{vdev.row.pool}")
        if vdev.row.role == "spare" and vdev.row.kind != "spare" and key in found:
            found[key] = _with_vdev(found[key], vdev.row)
    return found


def _with_vdev(reach: _Reach, vdev: ZpoolVdev) -> _Reach:
    """A pool's configuration names its spares, also those that are in use or cannot be opened."""
    name = vdev.vdev.rpartition("/")[2] or vdev.vdev
    if vdev.state == "INUSE":
        reach.used.append(name)
    elif vdev.state not in ("AVAIL", "ONLINE", None):
        reach.lost.append(f"{name} {vdev.state}")
    return _Reach(idle=reach.idle, used=reach.used, lost=reach.lost, expected=reach.expected + 1)


def _row(array: Array, members: Sequence[ArrayMember], reach: _Reach) -> SpareCoverage:
    working = [one for one in members if one.state not in _ASIDE]
    sizes = [one.size_bytes for one in working if one.size_bytes]
    needed = array.member_size_bytes or (min(sizes) if sizes else None)
    idle = [one.row for one in reach.idle]
    unfit = [(one, why) for one in idle if (why := _unfit(one, needed))]
    unread = [(one, why) for one in idle if not _unfit(one, needed) and (why := _unread(one, needed))]
    unlike = [(one, why) for one in idle if (why := _unlike(one, working))]
    sure = len(idle) - len(unfit)
    counted = len(idle) if idle else array.spare_count
    return SpareCoverage(
        array=array.array,
        name=array.name,
        said=array.said,
        level=array.level,
        state=array.state,
        slots=array.slots,
        needed_bytes=needed,
        expected=reach.expected,
        spares=counted,
        fit=0 if counted == 0 or (idle and not sure) else sure - len(unread) if sure > len(unread) else None,
        names=listed([one.said for one in idle], 4),
        unfit=_told(unfit),
        unlike=_told(unlike),
        unread=_told(unread),
        used=" ".join(reach.used),
        lost=", ".join(reach.lost),
    )


def _told(found: Sequence[tuple[ArrayMember, str]]) -> str:
    return "; ".join(f"{one.said}: {why}" for one, why in found[:8])


def _unfit(spare: ArrayMember, needed: int | None) -> str:
    if spare.sick:
        return f"the spare is failing itself: {spare.sick}"
    if spare.size_bytes is not None and needed is not None and spare.size_bytes < needed:
        return f"{size(spare.size_bytes)} is too small, {size(needed)} needed"
    return ""


def _unread(spare: ArrayMember, needed: int | None) -> str:
    if spare.size_bytes is None or needed is None:
        return "the size of the spare or of the members was not told"
    return "the health of the spare was not read" if spare.sick is None else ""


def _unlike(spare: ArrayMember, working: Sequence[ArrayMember]) -> str:
    """What differs from every member of which it is told."""
    kinds = {one.rotational for one in working} - {None}
    sectors = {one.logical_sector_bytes for one in working} - {None}
    if spare.rotational is not None and kinds and spare.rotational not in kinds:
        return "a spinning disk among solid-state drives" if spare.rotational else "solid-state among disks"
    if spare.logical_sector_bytes and sectors and spare.logical_sector_bytes not in sectors:
        told = ", ".join(str(one) for one in sorted(one for one in sectors if one))
        return f"sectors of {spare.logical_sector_bytes} bytes, its members have {told}"
    return ""
