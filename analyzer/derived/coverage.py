"""How much of each target was seen, how old that is, and how long it has been watched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from analyzer.derived.array import Array
from analyzer.derived.asset import REPOSITORY_SYSTEMS
from analyzer.derived.disk import Disk
from analyzer.firmware_table import table as table_of_firmware
from analyzer.joining import by_target, first
from analyzer.site import Site, derived
from analyzer.wording import listed
from collectors.block_tables import Host
from collectors.drive_tables import Drive
from collectors.fact import Fact, Gap, Origin, Source
from collectors.table import Row, column, table

DAMAGED = ("truncated", "unreadable", "damaged", "empty")
"""Reasons of gaps behind which a fault may stand that the whole answer would have told."""


@table("coverage", key=("host",))
class Coverage(Row):
    """What the evidence about one target is worth."""

    host: str = column("Name of the target")
    disks: int = column("Disks that should be there", default=0)
    disks_read: int = column("Disks whose health was read", default=0)
    disks_virtual: int = column("Virtual disks, which have none", default=0)
    reached: bool = column("Anything at all came from it", default=True)
    unread_text: str = column("Unread disks by reason", default="")
    denied: int = column("Answers refused for want of a right", default=0)
    denied_text: str = column("Tables they would have filled", default="")
    unreadable: int = column("Answers that could not be understood", default=0)
    unreadable_text: str = column("Which", default="")
    arrays_damaged: int = column("Answers about arrays that were cut off, empty or not understood", default=0)
    drives_damaged: int = column("Drives whose answer was cut off or not understood", default=0)
    drives_damaged_text: str = column("Which", default="")
    arrays_damaged_text: str = column("What became of them", default="")
    clock_skew_seconds: float | None = column("Target's clock minus collector's clock", default=None)
    evidence_age_days: float | None = column(
        "Age of its newest answer at the time of the audit", default=None
    )
    audits: int = column("Audits that saw it, this one included", default=1)
    history_days: float = column("Days between the first of them and this one", default=0.0)
    firmware_table_age_days: int | None = column(
        "Age of the table of known firmware faults; None where no disk was seen", default=None
    )
    tier: int | None = column("Importance that its owner gave it; None: nobody did", default=None)
    repository: bool = column("A repository of backups, and no machine", default=False)


@derived(Coverage, out_of=(Host,))
def coverage(site: Site) -> Iterator[Fact[Coverage]]:
    disks, hosts = by_target(site.facts(Disk)), by_target(site.facts(Host))
    newest = _newest(site)
    tiers = {asset.name: asset.tier for asset in site.assets if asset.tier is not None}
    gaps: dict[str, list[Gap]] = {}
    for gap in site.gaps:
        gaps.setdefault(gap.target, []).append(gap)
    damaged = any(gap.reason in DAMAGED for gap in site.gaps)
    about_arrays = {gap for gap in site.blind_spots(Array) if gap.reason in DAMAGED} if damaged else set()
    table_age = max(0, (site.at.date() - table_of_firmware().date).days)
    silent = {gap.target for gap in site.gaps if gap.reason == "unreachable"}
    for target in site.targets:
        told = hosts.get(target, [])
        seen = [earlier.at for earlier in site.history if target in earlier.targets]
        latest = newest.get(target)
        lost = [gap for gap in gaps.get(target, ()) if gap.reason == "denied" or gap.reason in DAMAGED]
        mine = [fact.row for fact in disks.get(target, ())]
        row = Coverage(
            host=target,
            disks=len(mine),
            disks_read=len([one for one in mine if one.status == "read"]),
            disks_virtual=len([one for one in mine if one.status == "virtual"]),
            reached=target not in silent,
            unread_text=_unread(mine),
            clock_skew_seconds=first(*[fact.row.clock_skew_seconds for fact in told]),
            evidence_age_days=_age(site.at, latest[0]) if latest else None,
            audits=len(seen) + 1,
            history_days=(site.at - min(seen)).total_seconds() / 86_400 if seen else 0.0,
            firmware_table_age_days=table_age if mine else None,
            tier=tiers.get(target),
            repository=site.systems.get(target) in REPOSITORY_SYSTEMS,
            **(_of_gaps(lost, about_arrays) if lost else {}),
        )
        told_by = [gap for reason in ("denied", "unreadable") for gap in lost if gap.reason == reason]
        sources = [gap.source for gap in told_by if gap.source is not None][:12]
        yield Fact(target, row, tuple(sources) or ((latest[1],) if latest else ()))


def _of_gaps(lost: list[Gap], about_arrays: set[Gap]) -> dict[str, Any]:
    """Columns about answers that were refused or damaged."""
    refused = [gap for gap in lost if gap.reason == "denied"]
    strange = [gap for gap in lost if gap.reason == "unreadable"]
    cut = [gap for gap in lost if gap in about_arrays]
    torn = {gap.subject or gap.detail for gap in lost if _tears(gap)}
    return {
        "denied": len({(gap.detail, gap.subject) for gap in refused}),
        "denied_text": _tables(refused),
        "unreadable": len({(gap.detail, gap.subject) for gap in strange}),
        "unreadable_text": _tables(strange),
        "drives_damaged": len(torn),
        "drives_damaged_text": listed(sorted(torn), 6),
        "arrays_damaged": len({(gap.detail, gap.subject) for gap in cut}),
        "arrays_damaged_text": listed(sorted({gap.detail or gap.reason for gap in cut}), 3),
    }


def _tears(gap: Gap) -> bool:
    """Whether a drive's health stood in what is missing. Empty answers of devices that have none do not."""
    return gap.table is Drive and gap.reason in DAMAGED and gap.reason != "empty"


def _newest(site: Site) -> dict[str, tuple[datetime, Source]]:
    """The newest answer of each target."""
    found: dict[str, tuple[datetime, Source]] = {}
    for facts in site.tables.values():
        last: Origin | None = None
        of = ""
        for fact in facts:
            if not fact.sources:
                continue
            source, target = fact.sources[0], fact.target
            if source.origin is last and target == of:
                continue  # another row of the same answer
            last, of = source.origin, target
            at = last.at
            if at is not None and (target not in found or at > found[target][0]):
                found[target] = (at, source)
    return found


def _age(at: datetime, then: datetime) -> float:
    """Days; answers of the audit itself are newer than its start by moments."""
    return max(0.0, (at - then).total_seconds() / 86_400)


def _unread(disks: list[Disk]) -> str:
    reasons: dict[str, list[str]] = {}
    for one in disks:
        if one.status not in ("read", "virtual"):
            reasons.setdefault(one.status, []).append(one.name)
    return "; ".join(f"{reason}: {listed(reasons[reason])}" for reason in sorted(reasons))


def _tables(gaps: list[Gap]) -> str:
    return listed(sorted({gap.table.TABLE.replace("_", " ") for gap in gaps}), 8)
