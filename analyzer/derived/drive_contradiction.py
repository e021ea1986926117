"""Drives of which SMART and the kernel's log tell different stories."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.derived.disk import Disk
from analyzer.derived.kernel_trouble import KernelTrouble
from analyzer.joining import sources
from analyzer.site import Site, derived
from collectors.drive_tables import Drive
from collectors.fact import Fact
from collectors.kernel_log_tables import KernelLog
from collectors.table import Row, column, table

MEDIUM = ("medium-error", "drive-error", "io-error")
"""Events that speak of the drive and not only of the way to it, the most telling first."""


@table("drive_contradiction", key=("disk",), label=("name", "model", "serial"))
class DriveContradiction(Row):
    """What the drive says of itself beside what the kernel met on it. Drives that were read only."""

    disk: str = column("Identity of the disk")
    name: str = column("Kernel name")
    named: str = column("Name, model and serial number, for messages")
    model: str | None = column("Model", default=None)
    serial: str | None = column("Serial number", default=None)
    passed: bool | None = column("The drive's own verdict", default=None)
    sick: str | None = column("What SMART shows; empty: nothing; None: not told", default=None)
    logged: int | None = column(
        "Errors of the medium in the kernel's log; None: no log was read", default=None
    )
    kinds: str = column("Which, blank-separated", default="")
    age_days: float | None = column(
        "Days since the last; None: none, or the log tells no times", default=None
    )


@derived(DriveContradiction, out_of=(Disk, KernelTrouble, KernelLog))
def drive_contradiction(site: Site) -> Iterator[Fact[DriveContradiction]]:
    told = {(f.target, f.row.concerns): f for f in site.facts(KernelTrouble) if f.row.trouble == "io"}
    logs = {fact.target for fact in site.facts(KernelLog)} | {target for target, _ in told}
    verdicts = {(f.target, f.row.drive): f.row.passed for f in site.facts(Drive)}
    for fact in site.facts(Disk):
        row = fact.row
        if row.status != "read":
            continue
        met = told.get((fact.target, row.disk))
        seen = met.row.kinds.split() if met else ()
        kinds = [kind for kind in MEDIUM if kind in seen]
        known = DriveContradiction(
            disk=row.disk,
            name=row.name,
            named=row.said,
            model=row.model,
            serial=row.serial,
            passed=verdicts.get((fact.target, row.disk)),
            sick=row.sick,
            logged=(met.row.count if met and kinds else 0) if fact.target in logs else None,
            kinds=" ".join(kinds),
            age_days=met.row.age_days if met and kinds else None,
        )
        yield Fact(fact.target, known, sources(fact, met))
