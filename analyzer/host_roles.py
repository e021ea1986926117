"""What a target is to an intruder: it holds backups, makes them, or runs the machines of others."""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.derived.asset import BACKUP_SYSTEMS, HYPERVISOR_SYSTEMS, REPOSITORY_SYSTEMS
from analyzer.derived.repository import Repository
from analyzer.guest_places import guests_of, within
from analyzer.site import Site
from collectors.fact import Fact
from collectors.hypervisor_tables import Datastore


@dataclass(frozen=True, slots=True)
class HostRoles:
    """Roles by target: repository, backup server, hypervisor; what is not there is none of these."""

    roles: dict[str, str]
    repositories: dict[str, list[Fact[Repository]]]

    def of(self, target: str) -> str:
        return self.roles.get(target, "")

    def kept_in(self, target: str, path: str | None) -> list[str]:
        """Names of the repositories on a target that lie in a folder, or that it lies in."""
        if not path:
            return []
        return [
            fact.row.name
            for fact in self.repositories.get(target, [])
            if fact.row.path and (within(fact.row.path, path) or within(path, fact.row.path))
        ]


def host_roles(site: Site) -> HostRoles:
    """The roles of all targets, and the repositories that lie on each; worked out once for a site."""
    found: dict[str, list[Fact[Repository]]] = {}
    for fact in site.facts(Repository):
        if not fact.row.holds and not _own(site, fact):
            continue  # a folder made by an installation; one that was named counts even if it stays shut
        nodes = (line.partition("\t")[0] for line in fact.row.nodes.split("\n"))
        for target in dict.fromkeys(one for one in (fact.row.host, *nodes, _own(site, fact)) if one):
            found.setdefault(target, []).append(fact)
    roles = {fact.target: "hypervisor" for fact in guests_of(site)}
    roles |= {fact.target: "hypervisor" for fact in site.facts(Datastore)}
    roles |= {one: "hypervisor" for one, system in site.systems.items() if system in HYPERVISOR_SYSTEMS}
    roles |= {target: "repository" for target in found if target not in roles}
    roles |= {one: "backup server" for one, system in site.systems.items() if system in BACKUP_SYSTEMS}
    return HostRoles(roles, found)


def _own(site: Site, fact: Fact[Repository]) -> str:
    """The target that is the repository itself."""
    return fact.target if site.systems.get(fact.target) in REPOSITORY_SYSTEMS else ""
