"""Volume groups with missing physical volumes, classic snapshots and caches of LVM, joined for judging."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.derived.array import Array
from analyzer.derived.lvm_array import level_of
from analyzer.joining import by_target, first, keyed, row_of, sources
from analyzer.site import Site, derived
from analyzer.wording import listed
from collectors.fact import Fact
from collectors.lvm_tables import DmTarget, LvmGroup, LvmPhysical, LvmVolume
from collectors.table import Row, column, table


@table("lvm_group_state", key=("name",))
class LvmGroupState(Row):
    """A volume group and what its missing physical volumes take with them."""

    name: str = column("Name")
    missing: int | None = column("Missing physical volumes", default=None)
    missing_text: str = column("Their UUIDs, as far as told", default="")
    lost: int = column("Volumes that lie on them without another copy", default=0)
    lost_text: str = column("Which", default="")
    degraded_text: str = column("RAID volumes that lost an image", default="")


@table("lvm_snapshot", key=("name",))
class LvmSnapshot(Row):
    """A classic (copy-on-write) snapshot."""

    name: str = column("Volume group/snapshot")
    origin: str | None = column("What it is a snapshot of", default=None)
    active: bool | None = column("Active on this host", default=None)
    used_percent: float | None = column("Used of its own space", default=None)
    invalid: bool | None = column("It overflowed and is lost", default=None)
    merge_failed: bool | None = column("Merging it back failed", default=None)
    age_days: float | None = column("Age", default=None)


@table("lvm_cache", key=("name",))
class LvmCache(Row):
    """A cached volume and what its fast device is."""

    name: str = column("Volume group/volume")
    mode: str | None = column(
        "writeback, writethrough, passthrough; writecache always writes back", default=None
    )
    pool: str | None = column("The fast volume", default=None)
    fast_redundant: bool | None = column("The fast volume survives the loss of a device", default=None)
    fast_devices: str = column("Devices of the fast volume, blank-separated", default="")


@derived(LvmGroupState, out_of=(LvmGroup, LvmPhysical, LvmVolume, Array))
def lvm_group_state(site: Site) -> Iterator[Fact[LvmGroupState]]:
    groups, physical = by_target(site.facts(LvmGroup)), by_target(site.facts(LvmPhysical))
    volumes = by_target(site.facts(LvmVolume))
    for target in dict.fromkeys((*groups, *physical)):
        known = keyed(groups.get(target, []), lambda row: row.name)
        mine = physical.get(target, [])
        for name in dict.fromkeys((*known, *(f.row.group for f in mine if f.row.group))):
            gone = [f for f in mine if f.row.group == name and f.row.missing]
            held = [f for f in volumes.get(target, []) if f.row.group == name]
            group = known.get(name)
            row = _group(str(name), row_of(group), [f.row for f in gone], [f.row for f in held], bool(mine))
            yield Fact(target, row, sources(group, *gone))


def _group(
    name: str, group: LvmGroup | None, gone: list[LvmPhysical], volumes: list[LvmVolume], listed_all: bool
) -> LvmGroupState:
    partial = [one for one in volumes if one.health == "partial" and not one.hidden]
    redundant = [one for one in partial if level_of(one.segment_type) not in (None, "raid0")]
    lost = [one for one in partial if one not in redundant]
    told = group.missing_count if group else None
    if gone or (told is None and listed_all):
        told = max(told or 0, len(gone))
    return LvmGroupState(
        name=name,
        missing=told,
        missing_text=listed([one.uuid for one in gone if one.uuid], 4),
        lost=len(lost),
        lost_text=listed([one.volume for one in lost]),
        degraded_text=listed([one.volume for one in redundant]),
    )


@derived(LvmSnapshot, out_of=(LvmVolume, DmTarget))
def lvm_snapshot(site: Site) -> Iterator[Fact[LvmSnapshot]]:
    targets = {(f.target, f.row.name): f for f in site.facts(DmTarget) if f.row.type.startswith("snapshot")}
    for fact in site.facts(LvmVolume):
        row = fact.row
        classic = (row.attributes or "")[:1] in ("s", "S") or row.segment_type == "snapshot"
        if not classic or row.pool or row.hidden:
            continue
        kernel = targets.get((fact.target, row.mapped_name or ""))
        mode = kernel.row.mode if kernel else None
        made = row.created_at
        snapshot = LvmSnapshot(
            name=row.name,
            origin=row.origin,
            active=row.active,
            used_percent=first(row.data_percent, kernel.row.data_percent if kernel else None),
            invalid=True if mode in ("Invalid", "Overflow") else row.snapshot_invalid,
            merge_failed=True if mode == "Merge failed" else row.merge_failed,
            age_days=max(0.0, (site.at - made).total_seconds() / 86_400) if made else None,
        )
        yield Fact(fact.target, snapshot, sources(fact, kernel))


@derived(LvmCache, out_of=(LvmVolume,))
def lvm_cache(site: Site) -> Iterator[Fact[LvmCache]]:
    for target, facts in by_target(site.facts(LvmVolume)).items():
        named = {fact.row.name: fact for fact in facts}
        for fact in facts:
            row = fact.row
            if row.segment_type not in ("cache", "writecache") or row.hidden:
                continue
            fast = named.get(f"{row.group}/{row.pool}") if row.pool else None
            yield Fact(target, _cache(row, row_of(fast), named), sources(fact, fast))


def _cache(row: LvmVolume, fast: LvmVolume | None, named: dict[str, Fact[LvmVolume]]) -> LvmCache:
    redundant, devices = _below(fast, named)
    return LvmCache(
        name=row.name,
        mode="writeback" if row.segment_type == "writecache" else row.cache_mode,
        pool=row.pool,
        fast_redundant=redundant,
        fast_devices=" ".join(devices),
    )


def _below(
    fast: LvmVolume | None, named: dict[str, Fact[LvmVolume]], depth: int = 6
) -> tuple[bool | None, list[str]]:
    """Whether a RAID level lies below, and the devices at the bottom."""
    if fast is None or not fast.devices or not depth:
        return None, []
    if level_of(fast.segment_type) not in (None, "raid0"):
        return True, []
    words = [word.partition("(")[0].strip("[]") for word in fast.devices.split()]
    found = [_below(row_of(named.get(f"{fast.group}/{word}")), named, depth - 1) for word in words]
    paths = [word for word in words if word.startswith("/")]
    if len(paths) == len(words):
        return False, paths
    told = [redundant for redundant, _ in found if redundant is not None]
    return (all(told) if told else None), [*paths, *(path for _, more in found for path in more)]
