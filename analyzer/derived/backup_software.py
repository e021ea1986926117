"""Backup products with their versions, and the holes known of these."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.advisory_table import holes
from analyzer.declared import DeclaredExposure
from analyzer.joining import sources
from analyzer.site import Site, derived
from analyzer.wording import listed
from collectors.backup_tables import BackupServer
from collectors.fact import Fact
from collectors.table import Row, column, table

_NAMED = re.compile(r"(.*?)\s+v?(\d[\w.]*)")


@table("backup_software", key=("software",))
class BackupSoftware(Row):
    """A backup product of the site."""

    software: str = column("Its name and version, as declared or as the server itself tells")
    version: str | None = column("Version; None: not told", default=None)
    judged: bool = column("Our table of holes knows of this product and main version", default=False)
    holes: str = column("Holes that anybody who reaches it can use", default="")
    domain_holes: str = column("Holes that any account of its domain can use", default="")
    fixed: str | None = column("First version without any of them", default=None)
    domain_joined: bool | None = column("It is in the production domain; None: nobody said", default=None)


@derived(BackupSoftware, out_of=(DeclaredExposure, BackupServer))
def backup_software(site: Site) -> Iterator[Fact[BackupSoftware]]:
    told = next(iter(site.facts(DeclaredExposure)), None)
    joined = told.row.backup_domain_joined if told else None
    asked: dict[str, Fact[BackupServer]] = {}
    for fact in site.facts(BackupServer):
        asked.setdefault(f"{fact.row.product} {fact.row.version or ''}".strip(), fact)
    lines = (one.strip() for one in ((told.row.backup_software if told else None) or "").split("\n"))
    for line in dict.fromkeys(one for one in lines if one and one not in asked):
        yield Fact(site.name, _row(line, joined), sources(told))
    for line, fact in asked.items():
        yield Fact(fact.target, _row(line, joined), sources(fact, told))


def _row(line: str, domain_joined: bool | None) -> BackupSoftware:
    named = _NAMED.fullmatch(line)
    found = holes(named[1], named[2]) if named else None
    return BackupSoftware(
        software=line,
        version=named[2] if named else None,
        judged=found is not None,
        holes=listed([f"{one.id} ({one.effect})" for one in found or () if not one.domain], 3),
        domain_holes=listed([f"{one.id} ({one.effect})" for one in found or () if one.domain], 3),
        fixed=found[-1].fixed if found else None,
        domain_joined=domain_joined,
    )
