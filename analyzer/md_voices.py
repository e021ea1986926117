"""Who speaks of an md array, now and in earlier audits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from analyzer import md_state
from analyzer.joining import row_of
from analyzer.site import Site
from collectors.block_tables import MdDetail, MdMember, MdStatus, MdSysfs
from collectors.fact import Fact
from collectors.frozen import frozen


@dataclass(slots=True)
class Voices:
    """What the sources say of one array."""

    target: str
    name: str
    status: Fact[MdStatus] | None = None
    sysfs: Fact[MdSysfs] | None = None
    detail: Fact[MdDetail] | None = None
    members: tuple[Fact[MdMember], ...] = ()


@frozen
class Glimpse:
    """What an earlier audit saw of the array."""

    at: datetime
    action: str | None
    percent: float | None
    mismatch: int | None


def voices(site: Site) -> list[Voices]:
    """The words of all sources about each md array, by target and name."""
    found: dict[tuple[str, str], Voices] = {}

    def of(target: str, name: str) -> Voices:
        key = (target, name)
        if key not in found:
            found[key] = Voices(target, name)
        return found[key]

    for status in site.facts(MdStatus):
        of(status.target, status.row.array).status = status
    for sysfs in site.facts(MdSysfs):
        of(sysfs.target, sysfs.row.array).sysfs = sysfs
    for detail in site.facts(MdDetail):
        of(detail.target, detail.row.array).detail = detail
    members: dict[tuple[str, str], list[Fact[MdMember]]] = {}
    for member in site.facts(MdMember) if found else ():
        members.setdefault((member.target, member.row.array), []).append(member)
    for key, mine in members.items():
        if key in found:
            found[key].members = tuple(mine)
    return [found[key] for key in sorted(found)]


def past(site: Site) -> dict[tuple[str, str], list[Glimpse]]:
    seen: dict[tuple[str, str], list[Glimpse]] = {}
    for earlier in site.history:
        for one in voices(earlier):
            status, sysfs = row_of(one.status), row_of(one.sysfs)
            action, _ = md_state.action_of(status, sysfs, row_of(one.detail))
            glimpse = Glimpse(
                earlier.at,
                action,
                md_state.percent_of(status, sysfs),
                sysfs.mismatch_sectors if sysfs else None,
            )
            seen.setdefault((one.target, one.name), []).append(glimpse)
    return seen
