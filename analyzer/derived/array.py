"""Redundant (and not so redundant) arrays, whatever makes them: what the three voices of md say, joined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analyzer import md_shape, md_state
from analyzer.joining import by_target, first, row_of, sources
from analyzer.md_names import Blocks, by_name, earlier_holders, member_text
from analyzer.md_voices import Glimpse, Voices, past, voices
from analyzer.site import Site, derived
from collectors.block_tables import (
    BlockDevice,
    Host,
    MdCheck,
    MdDetail,
    MdMember,
    MdMonitor,
    MdStatus,
    MdSysfs,
)
from collectors.fact import Fact
from collectors.table import Row, column, table


@table("array", key=("array",), label=("name", "level"))
class Array(Row):
    """An array of member devices, expected members from its metadata, never from what is present."""

    array: str = column("Identity: md:UUID, else md:NAME")
    name: str = column("Name that its tools use: md0, volume group/volume, label or UUID")
    kind: str = column("md, lvm, btrfs and so on: who makes it", default="md")
    device: str | None = column("Kernel name, where it is not the name: dm-3", default=None)
    uuid: str | None = column("UUID in its metadata, hex digits only", default=None)
    level: str | None = column(
        "raid0, raid1, raid5, raid6, raid10, linear; None while inactive", default=None
    )
    state: str = column("clean, degraded, failed, inactive or unknown")
    slots: int | None = column("Member slots by metadata", default=None)
    in_sync: int | None = column("Slots with a working, synchronous member", default=None)
    missing: int | None = column("Slots without one", default=None)
    redundancy: int | None = column("Members it can lose when whole, in the worst case", default=None)
    redundancy_left: int | None = column("Members it can still lose; -1 when it lost too many", default=None)
    failed_count: int | None = column("Members flagged as failed", default=None)
    spare_count: int | None = column("Idle spares", default=None)
    failed_names: str = column("Members flagged as failed, blank-separated", default="")
    spare_names: str = column("Idle spares, blank-separated", default="")
    member_text: str = column("Slots with their members as far as told, for messages", default="")
    read_only: str | None = column("read-only or auto-read-only", default=None)
    action: str | None = column(
        "recovery, resync, reshape, check, repair or idle; None if not told", default=None
    )
    action_state: str | None = column("running, DELAYED, PENDING, REMOTE or frozen", default=None)
    action_percent: float | None = column("Progress", default=None)
    action_minutes_left: float | None = column("Time left by the kernel's estimate", default=None)
    action_kib_per_second: int | None = column("Speed", default=None)
    stalled_minutes: float | None = column(
        "Time since an earlier audit saw the very same progress; None: it moved, or nothing tells",
        default=None,
    )
    mismatch_sectors: int | None = column("Sectors that differed in the last check", default=None)
    mismatch_before: int | None = column("The same at the audit before", default=None)
    carries_swap: bool | None = column("Swap lies on it", default=None)
    bitmap: bool | None = column("Has a write-intent bitmap", default=None)
    consistency_policy: str | None = column("resync, bitmap, journal, ppl", default=None)
    member_size_bytes: int | None = column("Size used of each member", default=None)
    size_bytes: int | None = column("Size of the array", default=None)
    metadata: str | None = column("Metadata version", default=None)
    check_age_days: float | None = column(
        "Upper bound of the days since a check: recorded, seen by an audit, or ended since boot", default=None
    )
    check_scheduled: bool | None = column("Regular checks are scheduled", default=None)
    contradiction: str = column("What its sources disagree about", default="")

    @property
    def said(self) -> str:
        """md0 (raid5 of 3), for a message."""
        shape = f"{self.level or 'level unknown'} of {self.slots}" if self.slots else self.level
        return f"{self.name} ({shape})" if shape else self.name


@dataclass(slots=True)
class Around:
    """What is known beside the array's own words."""

    site: Site
    scheduled: bool | None
    boot_at: datetime | None
    checked_at: datetime | None
    uuid: str | None
    swap: bool | None
    blocks: Blocks
    past: list[Glimpse]


@derived(Array, out_of=(MdStatus, MdSysfs, MdDetail, MdMember))
def array(site: Site) -> Iterator[Fact[Array]]:
    found = site.once(voices)
    if not found:
        return
    scheduled = {
        f.target: f.row.check_scheduled for f in site.facts(MdMonitor) if f.row.check_scheduled is not None
    }
    finished = {(f.target, _hex(f.row.array_uuid)): f.row.finished_at for f in site.facts(MdCheck)}
    boots = {fact.target: fact.row.boot_at for fact in site.facts(Host)}
    blocks = {target: by_name(facts) for target, facts in by_target(site.facts(BlockDevice)).items()}
    swaps = {target: _with_swap(mine) for target, mine in blocks.items()}
    seen = past(site)
    for one in found:
        mine = blocks.get(one.target, {})
        uuid = _uuid(one, mine)
        around = Around(
            site=site,
            scheduled=scheduled.get(one.target),
            boot_at=boots.get(one.target),
            checked_at=finished.get((one.target, uuid or one.name)),
            uuid=uuid,
            swap=one.name in swaps[one.target] if one.target in swaps else None,
            blocks=mine,
            past=seen.get((one.target, one.name), []),
        )
        row = _row(one, around)
        if row is not None:
            yield Fact(one.target, row, sources(one.status, one.sysfs, one.detail, *one.members))


def _uuid(one: Voices, blocks: Blocks) -> str | None:
    """By mdadm, else by what udev read on a member: that needs no right."""
    told = one.detail.row.uuid if one.detail else None
    if not told and one.status:
        found = (blocks.get(name) for name in md_state.member_slots(one.status.row, (), None))
        told = next((b.fs_uuid for b in found if b and b.fs_type == "linux_raid_member" and b.fs_uuid), None)
    return _hex(told) if told else None


def _hex(uuid: str) -> str:
    """The digits alone: mdadm writes colons, udev dashes."""
    return uuid.lower().replace(":", "").replace("-", "")


def _with_swap(blocks: Blocks) -> set[str]:
    """Kernel names of all devices that swap lies on, however deep."""
    found: set[str] = set()
    waiting = [n for n, b in blocks.items() if b.fs_type == "swap" or "[SWAP]" in b.mountpoints]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(blocks[name].parents.split() if name in blocks else ())
    return found


def _row(one: Voices, around: Around) -> Array | None:
    status, sysfs, detail = row_of(one.status), row_of(one.sysfs), row_of(one.detail)
    if md_state.is_container(status, sysfs, detail):
        return None
    members = [fact.row for fact in one.members]
    shape = md_shape.shape_of(status, sysfs, detail, members)
    action, action_state = md_state.action_of(status, sysfs, detail)
    told = md_state.member_slots(status, members, detail)
    empty = md_state.empty_slots(shape.slots, told, shape.slot_map, shape.missing)
    held = earlier_holders(around.site, one.target, one.name, empty) if empty else {}
    return Array(
        array=f"md:{around.uuid or one.name}",
        name=one.name,
        uuid=around.uuid,
        level=shape.level,
        state=shape.state,
        slots=shape.slots,
        in_sync=shape.in_sync,
        missing=shape.missing,
        redundancy=shape.redundancy,
        redundancy_left=shape.redundancy_left,
        failed_count=shape.failed_count,
        spare_count=md_state.spares_of(status, detail, action),
        failed_names=" ".join(shape.failed_names),
        spare_names=md_state.spare_names(status, detail, action),
        member_text=member_text(told, empty, shape.failed_names, members, around.blocks, held),
        action=action,
        action_state=action_state,
        mismatch_before=first(*[seen.mismatch for seen in reversed(around.past)]),
        carries_swap=around.swap,
        check_age_days=_check_age(around, action, sysfs),
        check_scheduled=around.scheduled,
        contradiction=md_state.contradiction(status, sysfs, detail, action),
        **_told(status, sysfs, detail),
        **_progress(around, action, status, sysfs, detail),
    )


def _told(status: MdStatus | None, sysfs: MdSysfs | None, detail: MdDetail | None) -> dict[str, Any]:
    """Columns that one source or another tells as they are."""
    return {
        "read_only": status.read_only if status else None,
        "mismatch_sectors": sysfs.mismatch_sectors if sysfs else None,
        "bitmap": md_state.has_bitmap(status, sysfs, detail),
        "consistency_policy": first(
            sysfs.consistency_policy if sysfs else None, detail.consistency_policy if detail else None
        ),
        "member_size_bytes": first(
            sysfs.member_size_bytes if sysfs else None, detail.member_size_bytes if detail else None
        ),
        "size_bytes": first(detail.size_bytes if detail else None, status.size_bytes if status else None),
        "metadata": first(detail.metadata_version if detail else None, status.metadata if status else None),
    }


def _progress(
    around: Around,
    action: str | None,
    status: MdStatus | None,
    sysfs: MdSysfs | None,
    detail: MdDetail | None,
) -> dict[str, Any]:
    percent = md_state.percent_of(status, sysfs, detail)
    return {
        "action_percent": percent,
        "action_minutes_left": status.action_minutes_left if status else None,
        "action_kib_per_second": first(
            status.action_kib_per_second if status else None, sysfs.sync_kib_per_second if sysfs else None
        ),
        "stalled_minutes": _stalled(around, action, percent),
    }


def _stalled(around: Around, action: str | None, percent: float | None) -> float | None:
    """Minutes for which the progress has stood still, by earlier audits of the same action."""
    if action not in ("recovery", "resync", "reshape") or percent is None:
        return None
    since = None
    for seen in reversed(around.past):
        if seen.action != action or seen.percent is None or seen.percent != percent:
            break
        since = seen.at
    return (around.site.at - since).total_seconds() / 60 if since else None


def _check_age(around: Around, action: str | None, sysfs: MdSysfs | None) -> float | None:
    """Days since which a check has surely run: it runs now, an audit saw it, or it ended since boot."""
    seen = [glimpse.at for glimpse in around.past if glimpse.action == "check"]
    if action == "check":
        seen.append(around.site.at)
    if sysfs and sysfs.last_sync_action == "check" and around.boot_at is not None:
        seen.append(around.boot_at)
    if around.checked_at is not None:
        seen.append(around.checked_at)
    return max(0.0, (around.site.at - max(seen)).total_seconds() / 86_400) if seen else None
