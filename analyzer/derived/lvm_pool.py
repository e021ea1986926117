"""Thin and VDO pools of LVM: how full, whether they grow by themselves, whether anybody watches."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.joining import by_target, first, keyed, row_of, sources
from analyzer.site import Site, derived
from collectors.fact import Fact
from collectors.lvm_tables import DmTarget, LvmGroup, LvmSetting, LvmVolume
from collectors.table import Row, column, table


@table("lvm_pool", key=("name",))
class LvmPool(Row):
    """A thin or VDO pool."""

    name: str = column("Volume group/pool")
    kind: str = column("thin or vdo")
    active: bool | None = column("Active on this host", default=None)
    size_bytes: int | None = column("Size of its data", default=None)
    data_percent: float | None = column("Used of its data", default=None)
    metadata_percent: float | None = column("Used of its metadata", default=None)
    health: str | None = column("failed, out_of_data, metadata_read_only; empty: nothing", default=None)
    mode: str | None = column("rw, ro, out_of_data_space, Fail, Error by the kernel", default=None)
    vdo_mode: str | None = column("normal, recovering or read-only, of a VDO pool", default=None)
    check_needed: bool | None = column("Its metadata want a check", default=None)
    when_full: str | None = column("queue or error", default=None)
    volumes: int = column("Volumes in it, snapshots included", default=0)
    virtual_bytes: int | None = column("Their sizes together; None if one was not told", default=None)
    monitored: bool | None = column("Watched by dmeventd", default=None)
    autoextend_percent: int | None = column("Grows when so full; 100: never", default=None)
    group_free_bytes: int | None = column("Free space of the volume group", default=None)
    spare_metadata: bool | None = column("The group keeps a spare for a repair of metadata", default=None)


@derived(LvmPool, out_of=(LvmVolume, LvmGroup, LvmSetting, DmTarget))
def lvm_pool(site: Site) -> Iterator[Fact[LvmPool]]:
    groups, settings = by_target(site.facts(LvmGroup)), by_target(site.facts(LvmSetting))
    targets = by_target(site.facts(DmTarget))
    for target, facts in by_target(site.facts(LvmVolume)).items():
        known = keyed(groups.get(target, []), lambda row: row.name)
        wanted = keyed(settings.get(target, []), lambda row: row.name)
        mapped = keyed(targets.get(target, []), lambda row: row.name)
        hidden = any(fact.row.hidden for fact in facts)
        held: dict[str, list[LvmVolume]] = {}
        for fact in facts:
            if fact.row.pool or "pmspare" in fact.row.volume:
                held.setdefault(f"{fact.row.group}/{fact.row.pool or 'pmspare'}", []).append(fact.row)
        for fact in facts:
            if fact.row.segment_type in ("thin-pool", "vdo-pool"):
                kernel = mapped.get(f"{fact.row.mapped_name}-tpool") or mapped.get(fact.row.mapped_name)
                group = known.get(fact.row.group)
                mine = held.get(fact.row.name, [])
                spare = True if f"{fact.row.group}/pmspare" in held else False if hidden else None
                row = _row(fact.row, mine, spare, wanted, group, kernel)
                yield Fact(target, row, sources(fact, kernel, group, *wanted.values()))


def _row(
    pool: LvmVolume,
    mine: list[LvmVolume],
    spare: bool | None,
    settings: dict[str, Fact[LvmSetting]],
    group: Fact[LvmGroup] | None,
    kernel: Fact[DmTarget] | None,
) -> LvmPool:
    sizes = [one.size_bytes for one in mine]
    told = row_of(kernel)
    threshold = settings.get("activation/thin_pool_autoextend_threshold")
    return LvmPool(
        name=pool.name,
        kind="thin" if pool.segment_type == "thin-pool" else "vdo",
        active=pool.active,
        size_bytes=pool.size_bytes,
        data_percent=first(pool.data_percent, told.data_percent if told else None),
        metadata_percent=first(pool.metadata_percent, told.metadata_percent if told else None),
        health=pool.health,
        mode=told.mode if told else None,
        vdo_mode=pool.vdo_mode,
        check_needed=True if told and told.needs_check else pool.check_needed,
        when_full=pool.when_full,
        volumes=len(mine),
        virtual_bytes=sum(size for size in sizes if size is not None) if None not in sizes else None,
        monitored=pool.monitored,
        autoextend_percent=_number(threshold.row.value) if threshold else None,
        group_free_bytes=group.row.free_bytes if group else None,
        spare_metadata=spare,
    )


def _number(word: str) -> int | None:
    return int(word) if word.isdigit() and len(word) < 6 else None
