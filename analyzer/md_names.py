"""Names members of an md array by slot, kernel name and serial, so that nobody pulls the wrong drive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from analyzer import md_state
from analyzer.joining import by_target, row_of
from analyzer.md_voices import Voices, voices
from analyzer.site import Site
from collectors.block_tables import BlockDevice, MdMember
from collectors.fact import Fact

Blocks = Mapping[str, BlockDevice]


def serial_below(name: str, blocks: Blocks) -> str | None:
    """Serial number of the one disk that the device lies on; None if there are several, or it told none."""
    for _ in range(8):
        block = blocks.get(name)
        if block is None:
            return None
        if block.serial:
            return block.serial
        parents = block.parents.split()
        if len(parents) != 1:
            return None
        name = parents[0]
    return None


def named(name: str, blocks: Blocks) -> str:
    """sdc1 (serial ZC1A2B3C)"""
    serial = serial_below(name, blocks)
    return f"{name} (serial {serial})" if serial else name


def member_text(
    told: Mapping[str, int | None],
    empty: Iterable[int],
    failed: Sequence[str],
    members: Iterable[MdMember],
    blocks: Blocks,
    held: Mapping[int, str],
) -> str:
    """Every slot with its member, then those without a slot.

    *held*: what an earlier audit saw in a slot that is empty now.
    """
    said = {
        slot: f"slot {slot}: missing" + (f", held {held[slot]}" if slot in held else "") for slot in empty
    }
    busy = {m.member for m in members if m.slot is not None and m.state and "spare" in m.state.split(",")}
    beside: list[str] = []
    for name, slot in told.items():
        flag = " FAILED" if name in failed else " rebuilding" if name in busy else ""
        if slot is None:
            beside.append(f"{named(name, blocks)}{flag}")
        else:
            said[slot] = f"slot {slot}: {named(name, blocks)}{flag}"
    return ", ".join([said[slot] for slot in sorted(said)] + beside)


def earlier_holders(site: Site, target: str, array: str, empty: Sequence[int]) -> dict[int, str]:
    """What the newest earlier audit that saw them filled had in these slots."""
    found: dict[int, str] = {}
    for earlier in reversed(site.history):
        if not set(empty) - set(found):
            break
        one = next((v for v in voices(earlier) if v.target == target and v.name == array), None)
        if one is not None:
            blocks = {f.row.name: f.row for f in by_target(earlier.facts(BlockDevice)).get(target, ())}
            for name, slot in _slots(one).items():
                if slot is not None and slot in empty:
                    found.setdefault(slot, named(name, blocks))
    return found


def _slots(one: Voices) -> dict[str, int | None]:
    members: list[MdMember] = [fact.row for fact in one.members]
    return md_state.member_slots(row_of(one.status), members, row_of(one.detail))


def by_name(blocks: Iterable[Fact[BlockDevice]]) -> dict[str, BlockDevice]:
    """The block devices by kernel name."""
    return {fact.row.name: fact.row for fact in blocks}
