"""Firmware versions of the drives of one model in one array."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from analyzer.derived.array_member import ArrayMember
from analyzer.joining import sources
from analyzer.site import Site, derived
from collectors.fact import Fact
from collectors.table import Row, column, table


@table("array_firmware", key=("array", "model"), label=("array_name", "model"))
class ArrayFirmware(Row):
    """The drives of one model in one array."""

    array: str = column("Identity of the array")
    array_name: str = column("Kernel name of the array")
    model: str = column("Model name")
    members: int = column("Drives of this model")
    untold: int = column("Drives of it whose firmware was not told", default=0)
    versions: str = column("Versions with the drives that have them: CC49: sda, sdb; CC4H: sdc")
    different: int = column("Number of different versions")


@derived(ArrayFirmware, out_of=(ArrayMember,))
def work_out(site: Site) -> Iterator[Fact[ArrayFirmware]]:
    """One row for each model that an array has at least two drives of."""
    groups: dict[tuple[str, str, str], dict[str, Fact[ArrayMember]]] = defaultdict(dict)
    for fact in site.facts(ArrayMember):
        if fact.row.model and fact.row.disk and not fact.row.virtual:
            groups[(fact.target, fact.row.array, fact.row.model)][fact.row.disk] = fact
    for (target, array, model), members in groups.items():
        if len(members) < 2:
            continue
        by_version: dict[str | None, list[str]] = defaultdict(list)
        for fact in members.values():
            by_version[fact.row.firmware_version].append(fact.row.disk_name or fact.row.member)
        untold = len(by_version.pop(None, ()))
        row = ArrayFirmware(
            array=array,
            array_name=next(iter(members.values())).row.array_name,
            model=model,
            members=len(members),
            untold=untold,
            versions="; ".join(
                f"{v}: {', '.join(sorted(by_version[v]))}" for v in sorted(by_version, key=str)
            ),
            different=len(by_version),
        )
        yield Fact(target, row, sources(*members.values()))
