"""Systems and hypervisors, and until when their makers support them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from analyzer.host_roles import host_roles
from analyzer.joining import sources
from analyzer.site import Site, derived
from analyzer.support_table import support_ends
from collectors.block_tables import Host
from collectors.exposure_tables import PlatformRelease
from collectors.fact import Fact
from collectors.table import Row, column, table
from collectors.vsphere_tables import HypervisorHost


@table("platform_support", key=("host",), label=("host", "platform"))
class PlatformSupport(Row):
    """The system of a host."""

    host: str = column("Host")
    platform: str = column("System and release")
    role: str = column("repository, backup server, hypervisor, or empty: none of these", default="")
    ends: str | None = column("Last day of support; None: not in our table", default=None)
    days_over: float | None = column("Days since then; negative: days left", default=None)


@derived(PlatformSupport, out_of=(Host, HypervisorHost, PlatformRelease))
def platform_support(site: Site) -> Iterator[Fact[PlatformSupport]]:
    for fact in site.facts(Host):
        if fact.row.os_name:
            name, version = fact.row.os_name, fact.row.os_version
            yield _row(site, fact, fact.target, name, version, site.once(host_roles).of(fact.target))
    for host in site.facts(HypervisorHost):
        if host.row.version and site.systems.get(host.target) == "vsphere":
            release = re.match(r"[\d.]+", host.row.version)
            version = release[0] if release else host.row.version
            yield _row(site, host, host.row.name, "VMware ESXi", version, "hypervisor")
    for node in site.facts(PlatformRelease):
        yield _row(site, node, node.row.host, node.row.product, node.row.version, "hypervisor")


def _row(
    site: Site, fact: Fact[Any], host: str, name: str, version: str | None, role: str
) -> Fact[PlatformSupport]:
    known = support_ends(name, version)
    release = known[0] if known else f"{name} {version or ''}".strip()
    row = PlatformSupport(
        host=host,
        platform=release,
        role=role,
        ends=known[1].isoformat() if known else None,
        days_over=_since(known[1], site.at) if known else None,
    )
    return Fact(fact.target, row, sources(fact))


def _since(day: date, at: datetime) -> float:
    """Days from the end of that day."""
    return (at - datetime(day.year, day.month, day.day, tzinfo=UTC)).total_seconds() / 86_400 - 1
