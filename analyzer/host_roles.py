"""What a target is to an intruder: it holds backups, makes them, or runs the machines of others."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.derived.asset import BACKUP_SYSTEMS, HYPERVISOR_SYSTEMS, REPOSITORY_SYSTEMS
from analyzer.derived.repository import Repository
from analyzer.fate import fates_of
from analyzer.guest_places import guests_of, within
from analyzer.site import Site
from collectors.fact import Fact
from collectors.frozen import frozen
from collectors.hypervisor_tables import Datastore


@frozen
class HostRoles:
    """Roles by target: repository, backup server, hypervisor; what is not there is none of these."""

    roles: dict[str, str]
    repositories: dict[str, list[Fact[Repository]]]
    folders: dict[str, list[tuple[str, str]]]
    """By target: folder in which a repository lies there, and its name."""

    def of(self, target: str) -> str:
        return self.roles.get(target, "")

    def kept_in(self, target: str, path: str | None) -> list[str]:
        """Names of the repositories on a target that lie in a folder, or that it lies in."""
        if not path:
            return []
        kept = self.folders.get(target, [])
        return [name for folder, name in kept if within(folder, path) or within(path, folder)]


def host_roles(site: Site) -> HostRoles:
    """The roles of all targets, and the repositories that lie on each; worked out once for a site."""
    found: dict[str, list[Fact[Repository]]] = {}
    folders: dict[str, list[tuple[str, str]]] = {}
    for fact in site.facts(Repository):
        if not fact.row.holds and not _own(site, fact):
            continue  # a folder made by an installation; one that was named counts even if it stays shut
        for target, folder in dict.fromkeys(_places(site, fact)):
            if fact not in found.setdefault(target, []):
                found[target].append(fact)
            if folder:
                folders.setdefault(target, []).append((folder, fact.row.name))
    roles = {fact.target: "hypervisor" for fact in site.once(guests_of)}
    roles |= {fact.target: "hypervisor" for fact in site.facts(Datastore)}
    roles |= {one: "hypervisor" for one, system in site.systems.items() if system in HYPERVISOR_SYSTEMS}
    roles |= {target: "repository" for target in found if target not in roles}
    roles |= {one: "backup server" for one, system in site.systems.items() if system in BACKUP_SYSTEMS}
    return HostRoles(roles, found, folders)


def _places(site: Site, fact: Fact[Repository]) -> Iterator[tuple[str, str]]:
    """Targets on which a repository lies, with its folder there, those whose exports are mounted included."""
    row = fact.row
    fates = site.once(fates_of)
    nodes = [(target, node) for target, _, node in (line.partition("\t") for line in row.nodes.split("\n"))]
    for target in (row.host, *(target for target, _ in nodes), _own(site, fact)):
        if target:
            yield target, row.path or ""
    for target, node in nodes:
        yield from fates.folders(target, node, row.path)


def _own(site: Site, fact: Fact[Repository]) -> str:
    """The target that is the repository itself."""
    return fact.target if site.systems.get(fact.target) in REPOSITORY_SYSTEMS else ""
