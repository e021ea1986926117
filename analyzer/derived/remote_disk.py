"""Disks reached over a network or over several paths: how many paths there are, work, and should be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from analyzer.joining import by_target, sources
from analyzer.site import Site, derived
from collectors.fact import Fact
from collectors.remote_disk_tables import IscsiSession, MultipathMap, MultipathPath, NvmePath
from collectors.table import Row, column, table

_USABLE = ("ready", "ghost", "delayed", "shaky")
"""Checker states of a path that can carry requests; ghost: the standby path of an array."""


@table("remote_disk", key=("kind", "name"), label=("name",), root=("name",))
class RemoteDisk(Row):
    """A disk or target behind several paths."""

    kind: str = column("multipath, iscsi or nvme")
    name: str = column("Name of the map, the target or the subsystem")
    said: str = column("Name with what is known of it, for a message")
    paths: int = column("Paths that are told")
    working: int | None = column("Of which working; None where a state was not told", default=None)
    expected: int = column("Paths at an earlier audit, or of its siblings on the same storage, if more")
    broken: str = column("Paths that do not work, with their state", default="")
    multipath_above: bool = column("A multipath map joins such paths on this host", default=False)


@dataclass(slots=True)
class _Found:
    said: str = ""
    family: str = ""
    works: dict[str, bool | None] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    facts: list[Fact[Any]] = field(default_factory=list)

    def note(self, name: str, works: bool | None, state: str, fact: Fact[Any]) -> None:
        self.works[name], self.states[name] = works, state
        self.facts.append(fact)


@derived(RemoteDisk, out_of=(MultipathMap, MultipathPath, IscsiSession, NvmePath))
def remote_disk(site: Site) -> Iterator[Fact[RemoteDisk]]:
    before = [_all(earlier) for earlier in site.history]
    for target, found in _all(site).items():
        siblings: dict[str, int] = {}
        for one in found.values():
            siblings[one.family] = max(siblings.get(one.family, 0), len(one.works))
        above = any(kind == "multipath" for kind, _ in found)
        for (kind, name), one in found.items():
            earlier = [
                len(seen[target][kind, name].works) for seen in before if (kind, name) in seen.get(target, {})
            ]
            expected = max([len(one.works), *earlier, siblings[one.family] if one.family else 0])
            yield Fact(target, _row(kind, name, one, expected, above), sources(*one.facts))


def _row(kind: str, name: str, one: _Found, expected: int, above: bool) -> RemoteDisk:
    told = None not in one.works.values()
    broken = [f"{path} ({one.states[path]})" for path, works in one.works.items() if works is False]
    return RemoteDisk(
        kind=kind,
        name=name,
        said=one.said,
        paths=len(one.works),
        working=sum(1 for works in one.works.values() if works) if told else None,
        expected=expected,
        broken=", ".join(broken),
        multipath_above=above,
    )


def _all(site: Site) -> dict[str, dict[tuple[str, str], _Found]]:
    found: dict[str, dict[tuple[str, str], _Found]] = {}
    paths = by_target(site.facts(MultipathPath))
    for fact in site.facts(MultipathMap):
        mine = [p for p in paths.get(fact.target, ()) if p.row.map == fact.row.name]
        found.setdefault(fact.target, {})["multipath", fact.row.name] = _map(fact, mine)
    for session in site.facts(IscsiSession):
        name = session.row.target_name or session.row.session
        one = found.setdefault(session.target, {}).setdefault(("iscsi", name), _Found(f"iSCSI target {name}"))
        state = session.row.state
        path = session.row.portal or session.row.session
        path = f"{path} {session.row.session}" if path in one.works else path
        one.note(path, state == "LOGGED_IN" if state else None, state or "?", session)
    for link in site.facts(NvmePath):
        name = link.row.subsystem or link.row.controller
        one = found.setdefault(link.target, {}).setdefault(("nvme", name), _Found(f"NVMe subsystem {name}"))
        state, access = link.row.state, link.row.ana_state or ""
        works = state == "live" and access not in ("inaccessible", "persistent-loss") if state else None
        one.note(link.row.controller, works, " ".join(filter(None, (state, access))), link)
    return found


def _map(fact: Fact[MultipathMap], paths: Sequence[Fact[MultipathPath]]) -> _Found:
    row = fact.row
    maker = " ".join(filter(None, (row.vendor, row.product)))
    inside = ", ".join(filter(None, (row.device, maker, row.wwid if row.wwid != row.name else None)))
    one = _Found(f"{row.name} ({inside})" if inside else row.name, maker)
    one.facts.append(fact)
    for path in paths:
        told = path.row
        state = " ".join(filter(None, (told.dm_state, told.checker_state, told.device_state)))
        works = None
        if told.checker_state is not None or told.dm_state is not None:
            works = told.dm_state != "failed" and told.checker_state in (*_USABLE, None)
            works = works and told.device_state in ("running", None)
        one.note(told.path, works, state, path)
    return one
