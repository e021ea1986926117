"""Which ports of backup and management systems could be reached from where holdwater ran."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.declared import DeclaredExposure
from analyzer.host_roles import HostRoles, host_roles
from analyzer.joining import by_target, sources
from analyzer.site import Site, derived
from analyzer.wording import listed
from collectors.exposure_tables import ReachablePort
from collectors.fact import Fact
from collectors.management_ports import OWN
from collectors.table import Row, column, table

_NEEDED = {"sftp": 22, "ssh": 22, "rest": 8000, "nfs": 2049, "cifs": 445, "smb": 445, "pbs": 8007}
"""The port that production needs for backups into a repository of that kind or product."""


@table("management_reach", key=("address",), label=("address", "role"))
class ManagementReach(Row):
    """A target whose ports were tried."""

    address: str = column("Address that was tried")
    role: str = column("repository, backup server, hypervisor, or empty: none of these")
    tried: int = column("Ports that were tried")
    exposed: str = column(
        "Open ports that administer or back up, with what usually listens there", default=""
    )
    beyond_need: str = column("Of these, those that backups from production do not need", default="")
    seen_from: str | None = column("Address that it was tried from", default=None)
    network: str | None = column("Network it stands in, as declared; None: nobody said", default=None)


@derived(ManagementReach, out_of=(ReachablePort,))
def management_reach(site: Site) -> Iterator[Fact[ManagementReach]]:
    told = next(iter(site.facts(DeclaredExposure)), None)
    for target, ports in by_target(site.facts(ReachablePort)).items():
        roles = site.once(host_roles)
        role = roles.of(target)
        exposed = [fact.row for fact in ports if fact.row.state == "open" and (role or fact.row.port in OWN)]
        needed = _needed(roles, target)
        first = ports[0].row
        row = ManagementReach(
            address=first.address or target,
            role=role,
            tried=len(ports),
            exposed=_words(exposed),
            beyond_need=_words([one for one in exposed if one.port not in needed]),
            seen_from=first.seen_from,
            network=told.row.probe_from if told else None,
        )
        yield Fact(target, row, sources(*ports, told))


def _needed(roles: HostRoles, target: str) -> set[int]:
    words = {
        word
        for fact in roles.repositories.get(target, [])
        for word in (fact.row.kind or "", fact.row.product)
    }
    return {_NEEDED[word] for word in words if word in _NEEDED}


def _words(ports: list[ReachablePort]) -> str:
    return listed([f"{one.service} ({one.port})" for one in ports], 8)
