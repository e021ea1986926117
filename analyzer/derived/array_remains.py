"""Arrays by what their members remember: for those that do not run, often the only word there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.derived.array import Array
from analyzer.joining import sources
from analyzer.site import Site, derived
from collectors.block_tables import MdSuperblock
from collectors.fact import Fact
from collectors.table import Row, column, table


@table("array_remains", key=("array_uuid",), label=("name", "level"))
class ArrayRemains(Row):
    """The superblocks of the members of one array, compared."""

    array_uuid: str = column("UUID of the array, hex digits only")
    name: str = column("Name in the metadata, else the UUID")
    level: str | None = column("Level", default=None)
    slots: int | None = column("Slots by metadata", default=None)
    superblocks: int = column("Members that were read")
    running: bool | None = column("The array runs; None if running arrays were not told", default=None)
    newest_slot_map: str | None = column(
        "A: active, .: missing, R: replaced, by the newest member", default=None
    )
    missing: int | None = column("Slots missing by the newest member", default=None)
    without_slot: int = column("Members that call themselves spares", default=0)
    replacing: int = column("Slots being replaced by the newest member", default=0)
    event_spread: int | None = column(
        "Largest minus smallest event count; None with fewer than two", default=None
    )
    member_text: str = column("Members with slot and event count, for messages", default="")
    bad_checksums: str = column("Members whose superblock checksum is wrong, blank-separated", default="")
    bad_block_members: str = column(
        "Members with entries in their bad block log, blank-separated", default=""
    )


@derived(ArrayRemains, out_of=(MdSuperblock,))
def array_remains(site: Site) -> Iterator[Fact[ArrayRemains]]:
    groups: dict[tuple[str, str], list[Fact[MdSuperblock]]] = {}
    for fact in site.facts(MdSuperblock):
        if fact.row.array_uuid and fact.row.level != "container":
            uuid = fact.row.array_uuid.lower().replace(":", "").replace("-", "")
            groups.setdefault((fact.target, uuid), []).append(fact)
    if not groups:
        return
    arrays = {(f.target, f.row.uuid): f.row.state != "inactive" for f in site.facts(Array) if f.row.uuid}
    known = {f.target for f in site.facts(Array)}
    for (target, uuid), facts in groups.items():
        running = arrays.get((target, uuid), False) if target in known else None
        yield Fact(target, _row(uuid, [f.row for f in facts], running), sources(*facts))


def _row(uuid: str, members: Sequence[MdSuperblock], running: bool | None) -> ArrayRemains:
    newest = max(members, key=lambda m: (m.events or 0, m.slot_map is not None))
    holders = [m for m in members if not (m.role or "").startswith("spare")]
    events = [m.events for m in holders if m.events is not None]
    seen = newest.slot_map
    return ArrayRemains(
        array_uuid=uuid,
        name=newest.array_name or uuid,
        level=newest.level,
        slots=newest.slots,
        superblocks=len(members),
        running=running,
        newest_slot_map=seen,
        missing=sum(seen.count(sign) for sign in ".?_") if seen else None,
        without_slot=len(members) - len(holders),
        replacing=seen.count("R") if seen else 0,
        event_spread=max(events) - min(events) if len(events) > 1 else None,
        member_text=", ".join(_member(m) for m in members),
        bad_checksums=" ".join(m.device for m in members if m.checksum_correct is False),
        bad_block_members=" ".join(m.device for m in members if m.bad_blocks_present),
    )


def _member(one: MdSuperblock) -> str:
    place = f"slot {one.slot}" if one.slot is not None else one.role or "no slot"
    return f"{one.device} ({place}, events {one.events if one.events is not None else 'not told'})"
