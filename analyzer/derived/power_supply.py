"""Uninterruptible power supplies with the age of battery and test, and whether one guards a host."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analyzer.declared import DeclaredPower
from analyzer.declared_names import said_of
from analyzer.derived.array import Array
from analyzer.derived.array_member import ArrayMember
from analyzer.derived.disk import Disk
from analyzer.joining import by_target, sources
from analyzer.site import Site, derived
from collectors.block_tables import Host
from collectors.fact import Fact
from collectors.power_tables import Ups, UpsSetup
from collectors.table import Row, column, table


@table("ups_state", key=("name",), label=("name", "model"))
class UpsState(Row):
    """A supply, as a rule needs it: ages instead of dates."""

    name: str = column("Name")
    model: str | None = column("Model", default=None)
    software: str = column("nut or apcupsd")
    status: str = column("Flags in the words of NUT, blank-separated; empty: not told", default="")
    charge_percent: float | None = column("Charge", default=None)
    runtime_seconds: int | None = column("Time it would last at this load", default=None)
    low_runtime_seconds: int = column("Time left at which the shutdown begins; 0: not told", default=0)
    shutdown_seconds: float = column("How long a shutdown takes, as measured; 0: not told", default=0.0)
    load_percent: float | None = column("Load", default=None)
    battery_age_days: float | None = column("Age of the battery", default=None)
    battery_date: str | None = column("Its date in the device's words", default=None)
    test_result: str | None = column("Result of the last self-test", default=None)
    test_age_days: float | None = column("Days since then", default=None)

    @property
    def said(self) -> str:
        """ups@nas (Smart-UPS 1500), for a message."""
        return f"{self.name} ({self.model})" if self.model else self.name

    @property
    def flags(self) -> frozenset[str]:
        """The status as a set."""
        return frozenset(self.status.split())


@table("power_supply", key=("name",))
class PowerSupply(Row):
    """Whether a supply guards this host: it is told of a power cut and can go down in order."""

    name: str = column("Always power")
    guard: str = column(
        "guarded, failing (a supply is watched and not well), bypassed (it is out of the circuit), none-told"
        " (no software for one is set up) or unknown"
    )
    supplies: str = column("Names of the supplies with their status, semicolon-separated", default="")
    virtualization: str | None = column("Hypervisor, none for hardware", default=None)
    ups_said: bool | None = column("site.toml says that a UPS feeds it; None: nobody said", default=None)
    caches: str = column("Disks whose volatile write cache is on, blank-separated", default="")
    caches_told: bool = column("Of every disk it is known whether that cache is on", default=False)
    parity: str = column("Arrays with parity, blank-separated", default="")
    parity_caches: str = column("Of these disks, members of an array with parity", default="")


@table("shutdown_drill", key=("name",))
class ShutdownDrill(Row):
    """Whether the orderly shutdown of a host that a UPS feeds was ever tried."""

    name: str = column("Name of the host")
    tested_days: float | None = column(
        "Since it was last tried; None: never, as far as is said", default=None
    )
    seconds: float | None = column("How long it took", default=None)
    said: bool = column("site.toml tells of the power of this host", default=False)


@derived(UpsState, out_of=(Ups,))
def ups_state(site: Site) -> Iterator[Fact[UpsState]]:
    for fact in site.facts(Ups):
        row = fact.row
        said = said_of(site, DeclaredPower, fact.target)
        battery, test = row.battery_at, row.test_at
        yield Fact(
            fact.target,
            UpsState(
                name=row.name,
                model=row.model,
                software=row.software,
                status=row.status,
                charge_percent=row.charge_percent,
                runtime_seconds=row.runtime_seconds,
                low_runtime_seconds=row.low_runtime_seconds or 0,
                shutdown_seconds=(said.row.shutdown_seconds or 0.0) if said else 0.0,
                load_percent=row.load_percent,
                battery_age_days=(site.at - battery).total_seconds() / 86_400 if battery else None,
                battery_date=row.battery_date,
                test_result=row.test_result,
                test_age_days=(site.at - test).total_seconds() / 86_400 if test else None,
            ),
            fact.sources,
        )


WELL = frozenset({"OL"})
OUT = frozenset({"BYPASS", "OFF", "NOBATT"})
ILL = OUT | {"OB", "LB", "RB", "COMMLOST", "FSD"}


@derived(PowerSupply, out_of=(UpsSetup, Ups))
def power_supply(site: Site) -> Iterator[Fact[PowerSupply]]:
    setups, supplies = by_target(site.facts(UpsSetup)), by_target(site.facts(Ups))
    hosts = by_target(site.facts(Host))
    for target in sorted({*setups, *supplies, *hosts}):
        mine, setup = supplies.get(target, []), setups.get(target, [])
        host = hosts.get(target, [])
        said = said_of(site, DeclaredPower, target)
        disks = [fact.row for fact in site.facts_of(target, Disk)]
        physical = [disk for disk in disks if not disk.virtual]
        cached = {disk.name for disk in physical if disk.drive_write_cache}
        parity, below = _parity(site, target)
        row = PowerSupply(
            name="power",
            guard=_guard([f.row for f in mine], [f.row for f in setup]),
            supplies="; ".join([f"{f.row.name}: {f.row.status or 'status not told'}" for f in mine]),
            virtualization=host[0].row.virtualization if host else None,
            ups_said=said.row.ups if said else None,
            caches=" ".join(sorted(cached)),
            caches_told=bool(disks) and None not in [disk.drive_write_cache for disk in physical],
            parity=" ".join(parity),
            parity_caches=" ".join(sorted(cached & below)),
        )
        yield Fact(target, row, sources(*mine, *setup, *host[:1], said))


def _parity(site: Site, target: str) -> tuple[list[str], set[str]]:
    """Names of the target's arrays with parity that no controller cares for, and of their disks."""
    arrays = {
        fact.row.array: fact.row.name
        for fact in site.facts_of(target, Array)
        if (fact.row.level or "").startswith(("raid4", "raid5", "raid6", "raidz"))
        and fact.row.kind not in ("zfs", "controller")
    }
    members = site.facts_of(target, ArrayMember) if arrays else ()
    disks = {fact.row.disk_name or "" for fact in members if fact.row.array in arrays}
    return sorted(arrays.values()), disks


@derived(ShutdownDrill, out_of=(UpsSetup, Ups))
def shutdown_drill(site: Site) -> Iterator[Fact[ShutdownDrill]]:
    for fact in site.facts(PowerSupply):
        row, said = fact.row, said_of(site, DeclaredPower, fact.target)
        if row.virtualization not in (None, "none") or not (row.supplies or (said and said.row.ups)):
            continue
        tested = said.row.shutdown_tested_at if said else None
        drill = ShutdownDrill(
            name=fact.target,
            tested_days=(site.at - tested).total_seconds() / 86_400 if tested else None,
            seconds=said.row.shutdown_seconds if said else None,
            said=said is not None,
        )
        yield Fact(fact.target, drill, sources(said) or fact.sources)


def _guard(supplies: Iterable[Ups], setup: Iterable[UpsSetup]) -> str:
    flags = [frozenset(row.status.split()) for row in supplies]
    if any(one & WELL and not one & ILL for one in flags):
        return "guarded"
    if flags and all(one & OUT for one in flags):
        return "bypassed"
    if flags:
        return "failing"
    return "none-told" if any(row.software == "none" for row in setup) else "unknown"
